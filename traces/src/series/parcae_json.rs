//! `parcae-json`: a segment of an hour, one JSON list per minute.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use sim_core::units::{SimTime, Span};

use super::gather::{Faults, Steps};
use super::json::{broken, place_of};
use super::lifetimes::Lifetimes;
use super::live::Live;
use super::{Evidence, Format, Options, Reads, Series};
use crate::error::{Refused, Rule, TraceError};
use crate::reader::{Lines, Source, labelled, span_of};

pub(super) const FORMAT: Format = Format {
    name: "parcae-json",
    doc: "machines that come and go, a JSON list per minute with what the study's policies chose",
    origin: "github.com/JF-D/Parcae, *_trace_{hh,hl,lh,ll}_*.txt; Duan et al., NSDI 2024",
    columns: "[time in ms, add or remove or no-op or migration, {nodes, duration}] per line",
    options: &[],
    evidence: Evidence::RealRows,
    reads: Reads {
        availability: Some(availability),
        lifetimes: Some(lifetimes),
        ..Reads::NONE
    },
};

/// The trace ends when its last line's duration does.
fn availability(source: Source<'_>, _: &Options) -> Result<Series<u32>, Refused> {
    let file = source.name();
    let minutes = minutes(source)?;
    minutes.steps.finish(&file, minutes.end)
}

/// A machine that is there at the end is cut off there.
fn lifetimes(source: Source<'_>, _: &Options) -> Result<Lifetimes, Refused> {
    let minutes = minutes(source)?;
    Ok(minutes.live.finish(minutes.end))
}

#[derive(Deserialize)]
struct Minute<'a>(
    #[serde(borrow)] &'a RawValue,
    #[serde(borrow)] Cow<'a, str>,
    #[serde(borrow)] Body<'a>,
);

/// What the policies of the study chose stands beside and is not read.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    nodes: Vec<&'a RawValue>,
    #[serde(borrow)]
    duration: &'a RawValue,
}

struct Minutes {
    end: SimTime,
    live: Live,
    steps: Steps<u32>,
}

fn minutes(source: Source<'_>) -> Result<Minutes, Refused> {
    let mut lines = Lines::open(source)?;
    let mut faults = Faults::default();
    let mut minutes = Minutes {
        end: SimTime::ZERO,
        live: Live::default(),
        steps: Steps::new(),
    };
    while lines.advance()? {
        if !lines.bytes().is_empty() {
            let taken = minutes.take(&lines);
            faults.take(taken)?;
        }
    }
    faults.settle()?;
    Ok(minutes)
}

impl Minutes {
    fn take(&mut self, lines: &Lines<'_>) -> Result<(), TraceError> {
        let line = lines.text()?;
        let fault = |part: &str, rule: Rule| {
            // A part of the line tells its place by its address.
            let column = part.as_ptr().addr().saturating_sub(line.as_ptr().addr()) + 1;
            rule.at(lines.file(), (lines.number(), column), part)
        };
        let minute: Result<Minute<'_>, _> = serde_json::from_str(line);
        let Minute(time, event, body) = minute.map_err(|error| {
            let place = (lines.number(), place_of(&error).1);
            broken(&error).at(lines.file(), place, "")
        })?;
        let span = |raw: &RawValue| -> Result<Span, TraceError> {
            span_of(raw.get(), 3).map_err(|rule| fault(raw.get(), rule))
        };
        let at = SimTime::ZERO.saturating_add(span(time)?);
        let end = at.saturating_add(span(body.duration)?);
        if at < self.end {
            let rule = Rule::new("a line starts when the one above it ends", "sort the file");
            return Err(fault(time.get(), rule));
        }
        let quiet = match event.as_ref() {
            "add" | "remove" => false,
            "no-op" | "migration" => true,
            _ => {
                let rule = "an event is add, remove, no-op or migration";
                return Err(fault(line, Rule::new(rule, "correct it")));
            }
        };
        for node in &body.nodes {
            let name: Result<Cow<'_, str>, _> = serde_json::from_str(node.get());
            let name = name.map_err(|error| fault(node.get(), broken(&error)))?;
            let named = labelled(&name).and_then(|name| match event.as_ref() {
                _ if quiet => Err(Rule::new(
                    "only add and remove name machines",
                    "correct the event, or the machines",
                )),
                "add" => self.live.add(name, at),
                _ => self.live.remove(name, at),
            });
            named.map_err(|rule| fault(node.get(), rule))?;
        }
        let set = self.steps.set(at, self.live.count());
        set.map_err(|rule| fault(time.get(), rule))?;
        self.end = end;
        Ok(())
    }
}
