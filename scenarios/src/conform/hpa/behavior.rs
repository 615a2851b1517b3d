//! Rates, limits and stabilization, row by row.

use policies::scale::Bounds;
use policies::scale::hpa::behavior::{Behavior, Change, Held, Rate, Rules, Select, limit_plainly};
use policies::scale::hpa::history::{Events, Recommendations};
use sim_core::units::{SimTime, Span};

use super::{Row, input};
use crate::conform::Place;
use crate::conform::cases::Case;
use crate::conform::table::Table;

const OPTIONS: [&str; 4] = ["rows", "now_s", "kinds", "inputs_columns"];
const COLUMNS: [&str; 2] = ["expected_replicas", "expected_condition"];

/// Now is zero in the rows, and what was is before; here time begins with the run.
const NOW: SimTime = SimTime::from_secs(1_000_000);

pub(super) fn run(case: &Case, place: &Place<'_>) -> Result<Table, String> {
    case.only(&OPTIONS)?;
    if case.number("now_s")? != 0 {
        return Err("now_s: only 0 is known to this family".to_owned());
    }
    let input = input(case, place)?;
    let mut table = Table::new(&COLUMNS);
    for row in Row::all(&input) {
        let (replicas, held) = outcome(&row)?;
        // A blank condition is not compared.
        let condition = match held {
            Some(held) if !row.text("expected_condition")?.is_empty() => held.reason(),
            Some(_) | None => "",
        };
        table
            .rows
            .push(vec![replicas.to_string(), condition.to_owned()]);
    }
    Ok(table)
}

fn outcome(row: &Row<'_>) -> Result<(u32, Option<Held>), String> {
    let current = row.get("current_replicas")?.unwrap_or(0);
    let desired = || row.must::<u32>("desired_replicas");
    let bounds = || {
        let bounds = Bounds::new(row.must("min_replicas")?, row.must("max_replicas")?);
        bounds.ok_or_else(|| "max_replicas: below min_replicas".to_owned())
    };
    let events = || -> Result<(Events, Events), String> {
        let of = |column| Ok::<_, String>(Events::new(moments(row, column)?));
        Ok((of("up_events_change@t")?, of("down_events_change@t")?))
    };
    let window = |column| Ok::<_, String>(Span::from_secs(row.must(column)?));
    let mut made = Recommendations::new(moments(row, "recommendations_value@t")?);
    let kind = row.text("kind")?;
    Ok(match kind {
        "behavior_rate" => {
            let behavior = Behavior {
                up: rules(row, "up")?,
                down: rules(row, "down")?,
            };
            let (ups, downs) = events()?;
            let wish = (current, desired()?);
            let (replicas, held) = behavior.limit(NOW, wish, bounds()?, (&ups, &downs));
            (replicas, Some(held))
        }
        "scale_up_limit_only" | "scale_down_limit_only" => {
            let (ups, downs) = events()?;
            let limit = if kind == "scale_up_limit_only" {
                rules(row, "up")?.up_limit(NOW, current, (&ups, &downs))
            } else {
                rules(row, "down")?.down_limit(NOW, current, (&ups, &downs))
            };
            (limit, None)
        }
        "no_behavior_limit" => {
            let (replicas, held) = limit_plainly(current, desired()?, bounds()?);
            (replicas, Some(held))
        }
        "stabilize_no_behavior" => {
            let window = window("down_stabilization_s")?;
            let replicas = made.most(NOW, desired()?, window);
            kept(row, &made)?;
            (replicas, None)
        }
        "stabilize_behavior" => {
            let windows = (
                window("up_stabilization_s")?,
                window("down_stabilization_s")?,
            );
            let replicas = made.stabilize(NOW, current, desired()?, windows);
            kept(row, &made)?;
            (replicas, None)
        }
        other => return Err(format!("kind {other}: not known")),
    })
}

/// What the note says is remembered: how many recommendations, or which.
fn kept(row: &Row<'_>, made: &Recommendations) -> Result<(), String> {
    let note = row.text("expected_note")?;
    let log: Vec<String> = made.kept().map(|replicas| replicas.to_string()).collect();
    let as_said = match note.split_once('=') {
        Some(("log_len", length)) => length == log.len().to_string(),
        Some(("log", values)) => values == log.join(";"),
        Some(_) | None => return Err(format!("expected_note {note}: not known")),
    };
    let case = row.text("case")?;
    as_said
        .then_some(())
        .ok_or_else(|| format!("{case}: {} is remembered, and not {note}", log.join(";")))
}

/// `VALUE@SECONDS;...`, where the seconds are from now, and before it.
fn moments(row: &Row<'_>, column: &str) -> Result<Vec<(SimTime, u32)>, String> {
    let moment = |part: &str| {
        let (value, at) = part.split_once('@')?;
        let ago: u64 = at.strip_prefix('-')?.parse().ok()?;
        let at = SimTime::from_us(NOW.us().checked_sub(ago * 1_000_000)?)?;
        Some((at, value.parse().ok()?))
    };
    row.list(column)?
        .map(|part| moment(part).ok_or_else(|| format!("{column}: {part}: no moment")))
        .collect()
}

/// `TYPE:VALUE:SECONDS;...` and which of them counts.
fn rules(row: &Row<'_>, direction: &str) -> Result<Rules, String> {
    let column = format!("{direction}_policies");
    let rate = |part: &str| {
        let mut fields = part.split(':');
        let (kind, value) = (fields.next()?, fields.next()?.parse().ok()?);
        let period = Span::from_secs(fields.next()?.parse().ok()?);
        change(kind, value).map(|change| Rate { change, period })
    };
    let policies = row
        .list(&column)?
        .map(|part| rate(part).ok_or_else(|| format!("{column}: {part}: no policy")));
    let word = row.text(&format!("{direction}_select"))?;
    Ok(Rules {
        window: Span::ZERO,
        select: select(word).ok_or_else(|| format!("select {word}: not known"))?,
        policies: policies.collect::<Result<_, _>>()?,
        tolerance: None,
    })
}

/// A change by the name of its kind.
pub(super) fn change(kind: &str, value: u32) -> Option<Change> {
    match kind {
        "Pods" => Some(Change::Pods(value)),
        "Percent" => Some(Change::Percent(value)),
        _ => None,
    }
}

/// Which policy counts, by its name.
pub(super) fn select(word: &str) -> Option<Select> {
    match word {
        "Max" => Some(Select::Max),
        "Min" => Some(Select::Min),
        "Disabled" => Some(Select::Disabled),
        _ => None,
    }
}
