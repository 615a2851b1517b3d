//! `vllm-requests`: what a real engine did with each request, one JSON object a line.

use serde::Deserialize;
use serde_json::value::RawValue;
use sim_core::units::SimTime;

use super::gather::{Clock, Draft, Gather, Stamp, on_clock, signed, sorted, tokens};
use super::{Format, Measured, Reads, RequestLog, RequestRecord};
use crate::error::{Refused, Rule, TraceError};
use crate::import::{Evidence, Options};
use crate::reader::{Lines, Source, scaled};

pub(super) const FORMAT: Format = Format {
    name: "vllm-requests",
    doc: "vLLM, when each request was queued, scheduled and answered: vllm_requests.jsonl",
    origin: "github.com/casys-kaist/LLMServingSim, validation runs",
    columns: "input_toks, output_toks, arrival_time, queued_ts, scheduled_ts, first_token_ts, \
              last_token_ts",
    evidence: Evidence::RealRows,
    reads: Reads::Requests(read),
};

/// Numbers as the digits that stand in the file: a wall clock in doubles has lost its microseconds.
#[derive(Deserialize)]
#[serde(expecting = "an object with the fields of a request")]
struct Line<'a> {
    #[serde(borrow)]
    input_toks: &'a RawValue,
    #[serde(borrow)]
    output_toks: &'a RawValue,
    #[serde(borrow)]
    arrival_time: &'a RawValue,
    #[serde(borrow)]
    queued_ts: &'a RawValue,
    #[serde(borrow)]
    scheduled_ts: &'a RawValue,
    #[serde(borrow)]
    first_token_ts: &'a RawValue,
    #[serde(borrow)]
    last_token_ts: &'a RawValue,
}

/// A request in microseconds: its arrival on the wall clock, the rest on the engine's own.
struct Served {
    stamp: Stamp,
    record: RequestRecord,
    engine: [i64; 4],
}

/// Arrivals stand on the wall clock, all else on a clock of the engine's own. The two are set so
/// that the request that was queued fastest was queued at once: a queue that never was faster than
/// some lag hides that lag.
fn read(source: Source<'_>, options: &Options) -> Result<RequestLog, Refused> {
    let file = source.name();
    let mut gather = Gather::new(source.name(), options);
    let mut lines = Lines::open(source)?;
    let mut served = Vec::new();
    while lines.advance()? {
        if lines.bytes().is_empty() {
            continue;
        }
        match request(&lines) {
            Ok(request) => served.push(request),
            Err(error) => gather.take(Err(error))?,
        }
    }
    let ahead = served.iter().map(|one| one.engine[0] - one.stamp.at).min();
    let ahead = ahead.unwrap_or(0);
    for one in &served {
        gather.take(Ok(Draft::Request(one.stamp, one.record)))?;
    }
    let (mut log, origin) = gather.finish(Clock::Utc)?;
    let mut measured = Vec::with_capacity(served.len());
    for one in &served {
        let instants = one.engine.map(|at| on_clock(at - ahead, origin));
        let arrived = on_clock(one.stamp.at, origin);
        let (Some(arrived), [Some(queued), Some(scheduled), Some(first), Some(last)]) =
            (arrived, instants)
        else {
            let rule = Rule::new("ends 100 years after its arrival", "check the clocks");
            return Err(rule.at(&file, (one.stamp.line.into(), 1), "request").into());
        };
        let told = Measured {
            queued,
            scheduled,
            first_token: first,
            last_token: last,
        };
        measured.push((arrived, told));
    }
    log.measured = sorted(measured);
    Ok(log)
}

fn request(lines: &Lines<'_>) -> Result<Served, TraceError> {
    let text = lines.text()?;
    let number = lines.number();
    let line: Line<'_> = serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        let what = message
            .rsplit_once(" at line ")
            .map_or(message.as_str(), |(what, _)| what);
        let remedy = "correct it, or check for a truncated file";
        Rule::new(what.to_owned(), remedy).at(lines.file(), (number, error.column()), "")
    })?;
    let fault = |name: &str, raw: &RawValue, rule: Rule| {
        // The value is a part of the line, so its address says its column.
        let column = raw.get().as_ptr().addr() - text.as_ptr().addr() + 1;
        let value = format!("{name} = {}", raw.get());
        rule.at(lines.file(), (number, column), &value)
    };
    let instant = |name: &str, raw: &RawValue| {
        let us = scaled(raw.get(), 6).and_then(|us| {
            let beyond = || Rule::new("is beyond 100 years", "check the unit");
            SimTime::from_us(us)
                .map(|at| signed(at.us()))
                .ok_or_else(beyond)
        });
        us.map_err(|rule| fault(name, raw, rule))
    };
    let amount =
        |name: &str, raw: &RawValue| tokens(raw.get()).map_err(|rule| fault(name, raw, rule));
    let stages = [
        ("queued_ts", line.queued_ts),
        ("scheduled_ts", line.scheduled_ts),
        ("first_token_ts", line.first_token_ts),
        ("last_token_ts", line.last_token_ts),
    ];
    let mut engine = [0; 4];
    let mut before = 0;
    for (at, (name, raw)) in engine.iter_mut().zip(stages) {
        *at = instant(name, raw)?;
        if *at < before {
            let rule = Rule::new("is before the stage in front of it", "check the clock");
            return Err(fault(name, raw, rule));
        }
        before = *at;
    }
    let at = instant("arrival_time", line.arrival_time)?;
    let input = amount("input_toks", line.input_toks)?;
    let output = amount("output_toks", line.output_toks)?;
    let stamp = Stamp {
        at,
        line: u32::try_from(number).unwrap_or(u32::MAX),
    };
    Ok(Served {
        stamp,
        record: RequestRecord::new(SimTime::ZERO, input, output),
        engine,
    })
}
