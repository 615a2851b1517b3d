//! `[sweep]`: which keys take which values, and how the cells are chosen.

use std::collections::BTreeSet;

use sim_core::units::limits;

use super::super::diagnostic::{Diagnostic, quoted};
use super::super::fields::{Fields, Item};
use super::super::place::Spanned;
use super::super::read::every;
use super::super::spec::{Choice, KeySpec, TableSpec, Takes};
use super::super::sweep::{AxisSpec, Between, Levels, Quantity, SweepMethod, SweepSpec};

const MOST_CELLS: i64 = 1_000_000;
const _: () = assert!(limits::MAX_GRID == 1_000_000);

/// Most keys: Saltelli's design takes two dimensions of Sobol's sequence for each, of which there are 32.
const MOST_AXES: usize = 16;

pub(super) static SWEEP: TableSpec = TableSpec::closed(
    "[sweep]",
    "Cells around the experiment, each with other values of some keys; `windtunnel sweep` runs them.",
    &[
        KeySpec::new(
            "method",
            Takes::Choice(&METHODS),
            "How the cells are chosen.",
        )
        .default("\"grid\""),
        KeySpec::new(
            "n",
            Takes::Integer(1, MOST_CELLS),
            "How many points are drawn; of \"sobol\" a power of 2, each of which stands for 2 cells and 1 more for each key.",
        )
        .default("a grid has every combination"),
        KeySpec::new(
            "seed",
            Takes::Integer(0, i64::MAX),
            "What the points are drawn by.",
        )
        .default("1"),
        KeySpec::new(
            "over",
            Takes::Map(&AXIS),
            "What is varied: paths in quotes as `--set` takes them, each with a list of values, which may be relative as there (`+20%`), or a range.",
        )
        .required(),
    ],
);

static METHODS: [Choice; 4] = [
    Choice::new("grid", "Every combination, the last key changing fastest."),
    Choice::new("random", "Independent uniform points."),
    Choice::new(
        "latin-hypercube",
        "One point in each of n equal strata of each key.",
    ),
    Choice::new(
        "sobol",
        "Saltelli's design over Sobol's sequence: its results give first-order and total indices.",
    ),
];

static AXIS: Takes = Takes::Either(&[Takes::List(&Takes::Raw), Takes::Table(&RANGE)]);

static RANGE: TableSpec = TableSpec::closed(
    "[sweep.over] range",
    "A range of numbers, durations, money, sizes or parts, the ends included.",
    &[
        KeySpec::new("from", Takes::Raw, "The lower end.").required(),
        KeySpec::new("to", Takes::Raw, "The upper end.").required(),
        KeySpec::new(
            "steps",
            Takes::Integer(2, MOST_CELLS),
            "How many values are taken, the ends among them.",
        )
        .default("all of the range; a grid needs it"),
        KeySpec::new(
            "scale",
            Takes::Choice(&SCALES),
            "What is the same from step to step.",
        )
        .default("\"linear\""),
    ],
);

static SCALES: [Choice; 2] = [
    Choice::new("linear", "The difference."),
    Choice::new("log", "The ratio."),
];

/// The sweep, if every key and value can be one of its.
pub(super) fn decode(item: Item<'_>) -> Option<SweepSpec> {
    let written = item.value.value.as_table().cloned();
    let fields = item.table()?;
    let method = match fields.item("method") {
        Some(item) => SweepMethod::ALL[item.choice()?.value],
        None => SweepMethod::Grid,
    };
    let seed = fields
        .item("seed")
        .map_or(Some(1), |item| item.count::<u64>().map(|seed| seed.value));
    let n = points(&fields, method);
    let axes = fields.item("over").and_then(|item| axes(item, method));
    let spec = SweepSpec {
        method,
        n: n?,
        seed: seed?,
        axes: axes?,
        written: written?,
    };
    let cells = spec.cells();
    if cells > limits::MAX_GRID {
        let rule = format!("{cells} cells, more than {}", limits::MAX_GRID);
        return item.refuse(&rule, "vary fewer keys, or draw points in place of a grid");
    }
    Some(spec)
}

/// How many points are drawn.
fn points(fields: &Fields<'_>, method: SweepMethod) -> Option<u32> {
    let Some(item) = fields.item("n") else {
        if method == SweepMethod::Grid {
            return Some(1);
        }
        let value = format!("method = \"{}\"", method.name());
        fields.refuse_here(&value, "no number of points", "add n = 64");
        return None;
    };
    let n: Spanned<u32> = item.count()?;
    match method {
        SweepMethod::Grid => item.refuse("a grid has every combination", "remove it"),
        SweepMethod::Sobol if !n.value.is_power_of_two() => {
            let remedy =
                "write a power of 2, such as 64: between them the sequence is not balanced";
            item.refuse("not a power of 2", remedy)
        }
        SweepMethod::Random | SweepMethod::LatinHypercube | SweepMethod::Sobol => Some(n.value),
    }
}

fn axes(item: Item<'_>, method: SweepMethod) -> Option<Vec<AxisSpec>> {
    let entries = item.map()?;
    if entries.is_empty() {
        let remedy = "add a key and its values, such as \"fleet.NAME.count\" = [8, 16]";
        return item.refuse("nothing is varied", remedy);
    }
    if entries.len() > MOST_AXES {
        return item.refuse("more than 16 keys", "vary fewer");
    }
    let read = entries.into_iter().map(|(path, item)| {
        Some(AxisSpec {
            path: path.clone(),
            levels: levels(item, method)?,
        })
    });
    let axes = every(read)?;
    let mut seen = BTreeSet::new();
    // Two spellings of one path would overwrite each other.
    let spelt = |path: &str| path.replace(['"', ' '], "");
    if let Some(twice) = axes
        .iter()
        .find(|axis| !seen.insert(spelt(&axis.path.value)))
    {
        let value = format!("\"{}\"", quoted(&twice.path.value));
        let reason = Diagnostic::new(twice.path.place, value, "the same key twice");
        item.cx.refuse(reason.or("remove one of them"));
        return None;
    }
    Some(axes)
}

fn levels(item: Item<'_>, method: SweepMethod) -> Option<Levels> {
    let item = item.pick()?;
    if let Some(table) = item.value.value.as_table() {
        if table.get("from").is_none() && table.get("to").is_none() {
            let remedy = "write the path in quotes: \"fleet.NAME.count\" = [8, 16]";
            return item.refuse("neither values nor a range", remedy);
        }
        return range(item, method);
    }
    let values: Vec<_> = item.list()?.iter().map(|one| one.value.clone()).collect();
    if values.is_empty() {
        return item.refuse("no value", "write a list such as [8, 16]");
    }
    Some(Levels::Listed(values))
}

fn range(item: Item<'_>, method: SweepMethod) -> Option<Levels> {
    let fields = item.table()?;
    let log = match fields.item("scale") {
        Some(item) => item.choice()?.value == 1,
        None => false,
    };
    let steps: Option<Spanned<u32>> = fields.optional("steps", Item::count)?;
    let (low, high) = (fields.item("from")?, fields.item("to")?);
    let (from, to) = (quantity(low)?, quantity(high)?);
    let Some((from, to)) = from.alike(to) else {
        return high.refuse("of another kind than from", "write both in the same unit");
    };
    if from.real() >= to.real() {
        return high.refuse("not above from", "raise it, or write a list of values");
    }
    if log && from.real() <= 0.0 {
        return low.refuse("no ratio leads up from here", "start above zero");
    }
    let between = Between {
        from: low.spanned(from),
        to: high.spanned(to),
        log,
    };
    match steps {
        Some(steps) => Some(Levels::Listed(between.steps(steps.value))),
        None if method == SweepMethod::Grid => {
            let remedy = "add steps = 5, or draw points with a method";
            item.refuse("a grid needs to know how many values", remedy)
        }
        None => Some(Levels::Between(between)),
    }
}

fn quantity(item: Item<'_>) -> Option<Quantity> {
    let found = Quantity::of(&item.value.value);
    if found.is_none() {
        let remedy = "write a number, a duration, money, a size or a part, or list the values";
        return item.refuse("nothing lies between such values", remedy);
    }
    found
}
