//! The file of a gate's baseline: what policies did when somebody last said that it is right.
//!
//! It is TOML, written to be read in a diff: names in order, doubles as short as they come back the same, a digest a line. What
//! is read is checked as a scenario is, and a mean that its values do not have is refused, lest a file be mended by hand.

use std::collections::BTreeSet;

use super::diagnostic::Rejection;
use super::fields::{Context, Fields, Item};
use super::load::sourced;
use super::path::{DataRoots, Roots};
use super::place::Place;
use super::read::every;
use super::source::Sources;
use super::spec::{Choice, KeySpec, TableSpec, Takes};
use super::tree;
use crate::stats::{Mean, mean::deviation};

/// What policies did.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    /// The version of Windtunnel that flew them.
    pub version: String,
    /// The name of the scenario.
    pub scenario: String,
    /// The digest of what they were judged on, [`super::premises`].
    pub premises: String,
    /// The version of the digests of decisions.
    pub digest_version: u32,
    /// At least one, each once.
    pub seeds: Vec<u64>,
    /// At least one, by name, each once.
    pub policies: Vec<Behaviour>,
}

/// What a policy did.
#[derive(Clone, Debug, PartialEq)]
pub struct Behaviour {
    /// Its name.
    pub name: String,
    /// By seed, the digest of its decisions.
    pub decisions: Vec<String>,
    /// By name of the metric, each once.
    pub metrics: Vec<Series>,
}

/// What a metric came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The name of the metric.
    pub metric: String,
    /// By seed; none where it is not defined.
    pub values: Vec<Option<f64>>,
}

impl Baseline {
    /// A policy by its name.
    pub fn policy(&self, name: &str) -> Option<&Behaviour> {
        self.policies.iter().find(|policy| policy.name == name)
    }
}

impl Behaviour {
    /// The values of a metric.
    pub fn values(&self, metric: &str) -> Option<&[Option<f64>]> {
        let found = self.metrics.iter().find(|series| series.metric == metric);
        found.map(|series| series.values.as_slice())
    }
}

impl Series {
    /// The values that there are.
    fn known(&self) -> Vec<f64> {
        self.values.iter().copied().flatten().collect()
    }
}

/// The form of the file.
const FORM: i64 = 1;

/// Where a metric is not defined.
const NONE: &str = "n/a";

const HEAD: &str = "# The baseline of a gate: `windtunnel gate accept` wrote it, `windtunnel gate check` compares with it.\n";

/// The file as text.
pub fn print_baseline(baseline: &Baseline) -> String {
    let seeds: Vec<String> = baseline.seeds.iter().map(u64::to_string).collect();
    let mut text = format!(
        "{HEAD}form = {FORM}\nwindtunnel = {:?}\nscenario = {:?}\npremises = {:?}\ndigest-version = {}\nseeds = [{}]\n",
        baseline.version,
        baseline.scenario,
        baseline.premises,
        baseline.digest_version,
        seeds.join(", "),
    );
    for policy in &baseline.policies {
        text.extend([
            "\n[[policy]]\nname = \"",
            policy.name.as_str(),
            "\"\ndecisions = [\n",
        ]);
        for digest in &policy.decisions {
            text.extend(["    \"", digest.as_str(), "\",\n"]);
        }
        text += "]\n";
        for series in &policy.metrics {
            text += &printed(series);
        }
    }
    text
}

fn printed(series: &Series) -> String {
    let known = series.known();
    let mut text = format!("\n[[policy.metric]]\nname = {:?}\n", series.metric);
    if let Some(mean) = Mean::of(&known) {
        text = format!("{text}mean = {:?}\n", mean.mean);
    }
    if let Some(deviation) = deviation(&known) {
        text = format!("{text}deviation = {deviation:?}\n");
    }
    let shown =
        |value: &Option<f64>| value.map_or(format!("{NONE:?}"), |value| format!("{value:?}"));
    let values: Vec<String> = series.values.iter().map(shown).collect();
    text + &format!("values = [{}]\n", values.join(", "))
}

static FILE: TableSpec = TableSpec::closed(
    "the baseline",
    "What policies did.",
    &[
        KeySpec::new("form", Takes::Integer(FORM, FORM), "The form of the file.")
            .required()
            .bound("not a form that is known", "accept the scenario again"),
        KeySpec::new("windtunnel", Takes::Text, "Its version.").required(),
        KeySpec::new("scenario", Takes::Name, "Its name.").required(),
        KeySpec::new("premises", Takes::Text, "Their digest.").required(),
        KeySpec::new(
            "digest-version",
            Takes::Integer(0, 1 << 31),
            "Of decisions.",
        )
        .required(),
        KeySpec::new("seeds", Takes::List(&SEED), "The seeds.").required(),
        KeySpec::new("policy", Takes::Tables(&POLICY), "The policies.").required(),
    ],
);

static POLICY: TableSpec = TableSpec::closed(
    "[[policy]]",
    "What a policy did.",
    &[
        KeySpec::new("name", Takes::Name, "Its name.").required(),
        KeySpec::new("decisions", Takes::List(&Takes::Text), "Digests, by seed.").required(),
        KeySpec::new("metric", Takes::Tables(&METRIC), "Its metrics."),
    ],
);

static METRIC: TableSpec = TableSpec::closed(
    "[[policy.metric]]",
    "What a metric came to.",
    &[
        KeySpec::new("name", Takes::Name, "Its name.").required(),
        KeySpec::new("mean", NUMBER, "Of the values."),
        KeySpec::new("deviation", NUMBER, "Of the values."),
        KeySpec::new("values", Takes::List(&VALUE), "By seed.").required(),
    ],
);

const NUMBER: Takes = Takes::Number(f64::MIN, f64::MAX, false);
static SEED: Takes = Takes::Integer(0, i64::MAX);
static VALUE: Takes = Takes::Either(&[NUMBER, Takes::Choice(&HOLE)]);
static HOLE: [Choice; 1] = [Choice::new(NONE, "Not defined in this run.")];

/// Reads the file, called `name` in messages.
///
/// # Errors
/// Every reason to refuse it.
pub fn parse_baseline(name: &str, bytes: &[u8]) -> Result<Baseline, Rejection> {
    let mut sources = Sources::default();
    let id = match sourced(&mut sources, name, bytes) {
        Ok(id) => id,
        Err(reasons) => return Err(Rejection::new(sources, reasons)),
    };
    let tree = match tree::parse(id, sources.text(id)) {
        Ok(tree) => tree,
        Err(reasons) => return Err(Rejection::new(sources, reasons)),
    };
    let roots = Roots {
        folder: std::path::PathBuf::new(),
        data: DataRoots::default(),
    };
    let cx = Context::new(&roots, Vec::new(), &|_| None);
    let read = file(&Fields::new(&FILE, (&tree, Place::new(id, 0..0)), &cx));
    let reasons = cx.reasons.take();
    match read.filter(|_| reasons.is_empty()) {
        Some(baseline) => Ok(baseline),
        None => Err(Rejection::new(sources, reasons)),
    }
}

fn file(fields: &Fields<'_>) -> Option<Baseline> {
    let form = fields.item("form").and_then(Item::integer);
    let text = |key| fields.item(key).and_then(Item::text);
    let (version, premises) = (text("windtunnel"), text("premises"));
    let scenario = fields.item("scenario").and_then(Item::name);
    let digest_version = fields.item("digest-version").and_then(Item::count);
    let seeds = fields.item("seeds").and_then(seeds);
    let policies = fields.item("policy")?.tables()?;
    let many = seeds.as_ref().map_or(0, Vec::len);
    let policies = every(policies.iter().map(|fields| policy(fields, many)));
    form?;
    let baseline = Baseline {
        version: version?.value,
        scenario: scenario?.value,
        premises: premises?.value,
        digest_version: digest_version?.value,
        seeds: seeds?,
        policies: policies?,
    };
    let names = baseline.policies.iter().map(|policy| policy.name.as_str());
    once(fields, "policy", names)?;
    Some(baseline)
}

/// Seeds: some, none of them twice.
fn seeds(item: Item<'_>) -> Option<Vec<u64>> {
    let seeds = every(item.list()?.into_iter().map(Item::count::<u64>))?;
    let seeds: Vec<u64> = seeds.into_iter().map(|seed| seed.value).collect();
    let different: BTreeSet<u64> = seeds.iter().copied().collect();
    if seeds.is_empty() || different.len() < seeds.len() {
        return item.refuse("not seeds, each of them once", "accept the scenario again");
    }
    Some(seeds)
}

fn policy(fields: &Fields<'_>, seeds: usize) -> Option<Behaviour> {
    let name = fields.item("name").and_then(Item::name);
    let decisions = fields.item("decisions").and_then(|item| {
        let digests = every(item.list()?.into_iter().map(digest))?;
        as_many(&item, digests.len(), seeds)?;
        Some(digests)
    });
    let metrics = fields.item("metric").map_or(Some(Vec::new()), |item| {
        every(item.tables()?.iter().map(|fields| metric(fields, seeds)))
    });
    let behaviour = Behaviour {
        name: name?.value,
        decisions: decisions?,
        metrics: metrics?,
    };
    let names = behaviour
        .metrics
        .iter()
        .map(|series| series.metric.as_str());
    once(fields, "metric", names)?;
    Some(behaviour)
}

/// 256 bits in lower-case hexadecimal.
fn digest(item: Item<'_>) -> Option<String> {
    let text = item.text()?.value;
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != 64 || !text.bytes().all(is_hex) {
        return item.refuse("not a digest of 64 digits", "accept the scenario again");
    }
    Some(text)
}

fn metric(fields: &Fields<'_>, seeds: usize) -> Option<Series> {
    let name = fields.item("name").and_then(Item::name);
    let number = |key| fields.optional(key, Item::number);
    let (mean, spread) = (number("mean"), number("deviation"));
    let item = fields.item("values")?;
    let values = every(item.list()?.into_iter().map(value))?;
    as_many(&item, values.len(), seeds)?;
    let series = Series {
        metric: name?.value,
        values,
    };
    let known = series.known();
    let told = [
        ("mean", mean?, Mean::of(&known).map(|mean| mean.mean)),
        ("deviation", spread?, deviation(&known)),
    ];
    for (key, told, is) in told {
        let told = told.map(|told| told.value);
        let largest = known
            .iter()
            .fold(0.0_f64, |most, value| most.max(value.abs()));
        let agree = match (told, is) {
            (Some(told), Some(is)) => (told - is).abs() <= 1e-9 * largest,
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if !agree {
            let place = fields.key_place(key).unwrap_or(fields.place);
            let rule = "not that of the values: the file was changed by hand";
            fields.refuse(place, key, rule, "accept the scenario again");
            return None;
        }
    }
    Some(series)
}

#[expect(
    clippy::option_option,
    reason = "refused, not defined and a number are three answers"
)]
fn value(item: Item<'_>) -> Option<Option<f64>> {
    let item = item.pick()?;
    if item.is_text() {
        return item.choice().map(|_| None);
    }
    Some(Some(item.number()?.value))
}

/// There are as many as there are seeds.
fn as_many(item: &Item<'_>, have: usize, seeds: usize) -> Option<()> {
    if have == seeds {
        return Some(());
    }
    let rule = format!("{have} of them, for {seeds} seeds");
    item.refuse(&rule, "accept the scenario again")
}

/// Names are there once.
fn once<'a>(fields: &Fields<'_>, key: &str, names: impl Iterator<Item = &'a str>) -> Option<()> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            let place = fields.key_place(key).unwrap_or(fields.place);
            let rule = format!("the {key} {name} stands twice");
            fields.refuse(place, key, &rule, "accept the scenario again");
            return None;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Baseline {
        let series = |metric: &str, values: Vec<Option<f64>>| Series {
            metric: metric.to_owned(),
            values,
        };
        let policy = |name: &str| Behaviour {
            name: name.to_owned(),
            decisions: vec!["0".repeat(64), "f".repeat(64)],
            metrics: vec![
                series("cost_usd", vec![Some(0.1 + 0.2), Some(-1e-300)]),
                series("roi", vec![None, Some(1e21)]),
                series("value_usd", vec![None, None]),
            ],
        };
        Baseline {
            version: "0.1.0".to_owned(),
            scenario: "small".to_owned(),
            premises: "a".repeat(64),
            digest_version: 2,
            seeds: vec![1, 9_000_000_000_000_000_000],
            policies: vec![policy("easy"), policy("fifo")],
        }
    }

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let text = print_baseline(&some());
        let read = parse_baseline("b.toml", text.as_bytes());
        assert_eq!(read.unwrap_or_else(|no| panic!("{no}")), some());
    }

    #[test]
    fn what_was_changed_by_hand_is_refused_with_its_place() {
        let text = print_baseline(&some());
        let said = |from: &str, to: &str| {
            assert!(text.contains(from), "{from}");
            let changed = text.replacen(from, to, 1);
            parse_baseline("b.toml", changed.as_bytes())
                .expect_err("a reason")
                .lines()
        };
        let cases = [
            ("form = 1", "form = 2", "b.toml:2:8: form = 2: more than 1"),
            ("mean = 0.15", "mean = 0.25", "mean: not that of the values"),
            ("\nmean = 1e21", "", "mean: not that of the values"),
            ("[1, 9000000000000000000]", "[1]", "2 of them, for 1 seeds"),
            ("[1, 9000000000000000000]", "[1, 1]", "each of them once"),
            ("ffff", "FFFF", "not a digest of 64 digits"),
            ("\"n/a\", 1e21", "\"none\", 1e21", "known are n/a"),
            ("\"n/a\", 1e21", "nan, 1e21", "not a finite number"),
            ("\"fifo\"", "\"easy\"", "the policy easy stands twice"),
            (
                "\"roi\"",
                "\"cost_usd\"",
                "the metric cost_usd stands twice",
            ),
            ("premises", "premise", "did you mean `premises`?"),
            ("values = [", "values = [[", "b.toml:"),
        ];
        for (from, to, expected) in cases {
            let said = said(from, to);
            assert!(said.contains(expected), "{from} -> {to}: {said}");
        }
    }

    #[test]
    fn no_prefix_panics() {
        let text = print_baseline(&some());
        for end in (0..text.len()).step_by(7) {
            let _ = parse_baseline("b.toml", &text.as_bytes()[..end]);
        }
    }
}
