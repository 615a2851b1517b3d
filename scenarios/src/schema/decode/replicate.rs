//! `[replicate]`: how often, what differs between replications, and when it is enough.

use sim_core::units::{Span, limits};

use super::super::fields::{Fields, Item};
use super::super::place::Spanned;
use super::super::scenario::{Inference, IntervalKind, Over, Replicate, TestKind, Until};
use super::super::spec::{Choice, KeySpec, Seam, TableSpec, Takes};

const MOST_CELLS: i64 = 1_000_000;
const _: () = assert!(limits::MAX_GRID == 1_000_000);

/// A number of replications that is out of bounds.
const TIMES: (&str, &str) = (
    "an experiment runs 1 to 1,000,000 times",
    "choose a number in that range",
);

/// Goes on to so many where nothing is said.
const MOST: u32 = 200;

pub(super) static REPLICATE: TableSpec = TableSpec::closed(
    "[replicate]",
    "How often the experiment is repeated; differences are paired within a replication.",
    &[
        KeySpec::new(
            "over",
            Takes::Choice(&OVER),
            "What differs between replications.",
        )
        .default("\"seeds\""),
        KeySpec::new(
            "n",
            Takes::Integer(1, MOST_CELLS),
            "Number of replications.",
        )
        .default("1")
        .bound(TIMES.0, TIMES.1),
        KeySpec::new(
            "window",
            Takes::Duration(true),
            "Length of a window, or of a block: longer than what hangs together, and whole days where the hour of the day counts.",
        ),
        KeySpec::new(
            "until",
            Takes::Table(&UNTIL),
            "Goes on beyond `n` until an interval is narrow enough.",
        ),
        KeySpec::new(
            "interval",
            Takes::Choice(&INTERVALS),
            "How the 95 % intervals of means and differences are found; `until` and `[gate]` go by Student's t.",
        )
        .default("\"t\""),
        KeySpec::new(
            "test",
            Takes::Choice(&TESTS),
            "How the p-values of differences from the baseline are found, before Holm's correction.",
        )
        .default("\"t\""),
    ],
);

static INTERVALS: [Choice; 3] = [
    Choice::new("t", "Student's t: mean ± t s / √n."),
    Choice::new(
        "bca",
        "Bias-corrected and accelerated bootstrap, 9,999 resamples drawn by the first seed: for skewed metrics, from some thirty replications on.",
    ),
    Choice::new(
        "batch-means",
        "Of one long run, n = 1: Student's t of the means of 8 to 64 stretches of its jobs, in the order of their submission. Of means over jobs alone: JCT, wait, SLA violations, bounded slowdown.",
    ),
];

static TESTS: [Choice; 2] = [
    Choice::new("t", "Student's t of the paired differences."),
    Choice::new(
        "wilcoxon",
        "Wilcoxon's signed ranks, zeros ranked (Pratt), exact up to 50 pairs: assumes no law; deaf below six pairs.",
    ),
];

static OVER: [Choice; 3] = [
    Choice::new("seeds", "Replication r draws from seed + r."),
    Choice::new(
        "windows",
        "The same, and meets a window of the history in files: traces of jobs, logs of requests, series of prices and machines. The `n` windows are equally far apart.",
    ),
    Choice::new(
        "block-bootstrap",
        "The same, and meets a history as long, put together of blocks of the one in files that are drawn.",
    ),
];

static UNTIL: TableSpec = TableSpec::closed(
    "[replicate] until",
    "When `windtunnel compare` has flown enough: no 95 % interval of a metric is wider.",
    &[
        KeySpec::new("metric", Takes::Name, "The metric.").required(),
        KeySpec::new(
            "precision",
            Takes::Percent,
            "Half the width of the interval of each policy's difference from the baseline, as a part of the baseline's mean; of the mean itself where there is one policy.",
        )
        .required(),
        KeySpec::new(
            "at-most",
            Takes::Integer(2, MOST_CELLS),
            "Replications after which it ends, narrow or not.",
        )
        .default("200")
        .bound(TIMES.0, TIMES.1),
    ],
);

pub(super) fn replicate(top: &Fields<'_>) -> Option<Replicate> {
    let default = Replicate {
        n: Spanned::new(1, top.place),
        over: Over::Seeds,
        until: None,
        inference: Inference::default(),
    };
    let Some(item) = top.item("replicate") else {
        return Some(default);
    };
    let fields = item.table()?;
    let over = fields.optional("over", Item::choice);
    let n = fields.item("n").map_or(Some(default.n), Item::count);
    let window = fields.optional("window", Item::span);
    let until = fields.optional("until", until);
    let inference = inference(&fields);
    let (over, n, window, until) = (over?, n?, window?, until?);
    let over = match (over.map_or(0, |over| over.value), window) {
        (0, None) => Over::Seeds,
        (0, Some(window)) => {
            let rule = "seeds have no windows";
            let remedy = "write over = \"windows\" or \"block-bootstrap\", or remove it";
            fields.refuse(window.place, "window", rule, remedy);
            return None;
        }
        (_, None) => {
            let place = fields.key_place("over").unwrap_or(fields.place);
            let rule = "nobody says how long its windows are";
            fields.refuse(place, "over", rule, "add for example window = \"7d\"");
            return None;
        }
        (_, Some(window)) if !is_whole(window.value) => {
            let rule = "a window is of whole seconds";
            fields.refuse(window.place, "window", rule, "round it");
            return None;
        }
        (1, Some(window)) => Over::Windows(window),
        (_, Some(window)) => Over::Blocks(window),
    };
    let sound = is_sound(&fields, (&over, n), until.as_ref());
    let inference = inference.filter(|own| is_of_one(&fields, *own, (&over, n), until.is_some()));
    Some(Replicate {
        n,
        over,
        until,
        inference: inference?,
    })
    .filter(|_| sound)
}

fn inference(fields: &Fields<'_>) -> Option<Inference> {
    let interval = fields.optional("interval", Item::choice);
    let test = fields.optional("test", Item::choice);
    let interval = match interval?.map_or(0, |interval| interval.value) {
        0 => IntervalKind::T,
        1 => IntervalKind::Bca,
        _ => IntervalKind::BatchMeans,
    };
    let test = match test?.map_or(0, |test| test.value) {
        0 => TestKind::T,
        _ => TestKind::Wilcoxon,
    };
    Some(Inference { interval, test })
}

/// Batch means are of one run.
fn is_of_one(
    fields: &Fields<'_>,
    inference: Inference,
    (over, n): (&Over, Spanned<u32>),
    until: bool,
) -> bool {
    let is_one = n.value == 1 && *over == Over::Seeds && !until;
    if inference.interval != IntervalKind::BatchMeans || is_one {
        return true;
    }
    let place = fields.key_place("interval").unwrap_or(fields.place);
    let remedy = "set n = 1 without over and until, or choose another interval";
    fields.refuse(
        place,
        "\"batch-means\"",
        "batch means are of one run",
        remedy,
    );
    false
}

/// The clock of a calendar is moved by them.
fn is_whole(window: Span) -> bool {
    window.us().is_multiple_of(1_000_000)
}

fn until(item: Item<'_>) -> Option<Until> {
    let fields = item.table()?;
    let metric = fields.item("metric");
    let metric = metric.and_then(|item| super::claim::named(item, Seam::Metric));
    let precision = fields.item("precision").and_then(Item::percent);
    let most = fields.optional("at-most", Item::count);
    let (metric, precision) = (metric?, precision?);
    if precision.value == 0 {
        let rule = "no interval is that narrow";
        fields.refuse(
            precision.place,
            "precision",
            rule,
            "write for example \"1%\"",
        );
        return None;
    }
    Some(Until {
        metric,
        precision_ppm: precision.value,
        at_most: most?.unwrap_or(Spanned::new(MOST, fields.place)),
    })
}

/// What its keys say of each other.
fn is_sound(fields: &Fields<'_>, (over, n): (&Over, Spanned<u32>), until: Option<&Until>) -> bool {
    let Some(until) = until else {
        return true;
    };
    if let Over::Windows(_) = over {
        let place = fields.key_place("until").unwrap_or(fields.place);
        let rule = "where the windows are depends on how many there are";
        let remedy = "choose n, or write over = \"block-bootstrap\"";
        fields.refuse(place, "until", rule, remedy);
        return false;
    }
    if until.at_most.value < n.value {
        let rule = "it ends before n is reached";
        let most = until.at_most.value.to_string();
        fields.refuse(until.at_most.place, &most, rule, "raise it to n at least");
        return false;
    }
    true
}
