//! What may go wrong with machines: laws of lifetimes, shocks, failures, boots.

use sim_core::units::Span;
use sim_core::world::{BathtubSpans, BootTime, Lifetime, ParameterError};

use super::super::curve::NodeSource;
use super::super::fields::{Fields, Item, suggestion};
use super::super::fleet::{MeasuredSpec, RiskSpec, ShockSpec};
use super::super::place::Spanned;
use super::super::pools;
use super::super::spec::{Choice, KeySpec, TableSpec, Takes};

pub(super) static VISIBLE: [Choice; 2] = [
    Choice::new("availability", "How many nodes the provider has."),
    Choice::new("by-request", "Only what comes of asking for some."),
];

static LAWS: [Choice; 5] = [
    Choice::new("exponential", "A hazard that does not depend on age."),
    Choice::new(
        "weibull",
        "A hazard that falls (shape < 1) or rises with age.",
    ),
    Choice::new(
        "bathtub",
        "High for the young and the old, with a hard limit.",
    ),
    Choice::new(
        "calibrated",
        "As a published trace of a pool: all or none, with its mean and median stretches.",
    ),
    Choice::new(
        "measured",
        "As the machines in a file lived: their Kaplan-Meier curve.",
    ),
];

pub(super) static RECLAIM: TableSpec = TableSpec::closed(
    "reclaim",
    "A law of the time from when a machine is ready to when it is taken back.",
    &[
        KeySpec::new("model", Takes::Choice(&LAWS), "The law.").required(),
        KeySpec::new(
            "pool",
            Takes::Name,
            "Calibrated: which pool; `windtunnel list pools` names them.",
        ),
        KeySpec::new(
            "format",
            Takes::Name,
            "Measured: format of the file; `windtunnel list formats` names them.",
        ),
        KeySpec::new("file", Takes::File, "Measured: lifetimes of machines."),
        KeySpec::new(
            "label",
            Takes::Text,
            "Measured: only machines with this among their names.",
        )
        .default("all"),
        KeySpec::new(
            "only-ended",
            Takes::Bool,
            "Measured: whether machines count that their users ended.",
        )
        .default("they count for as long as they were seen"),
        KeySpec::new("mean", Takes::Duration(true), "Mean of an exponential one."),
        KeySpec::new("scale", Takes::Duration(true), "Scale of a Weibull one."),
        KeySpec::new("shape", Takes::Number(0.01, 100.0, false), "Its shape."),
        KeySpec::new(
            "a",
            Takes::Number(0.0, 1.0, true),
            "Bathtub: size of the early part.",
        )
        .default("0.414, as fitted to 717 preempted machines"),
        KeySpec::new(
            "infant",
            Takes::Duration(true),
            "Bathtub: time constant of the early part.",
        )
        .default("56m27s"),
        KeySpec::new(
            "wear",
            Takes::Duration(true),
            "Bathtub: time constant of the late part.",
        )
        .default("46m5s"),
        KeySpec::new(
            "onset",
            Takes::Duration(true),
            "Bathtub: where the late part is one.",
        )
        .default("24h27m"),
        KeySpec::new(
            "limit",
            Takes::Duration(true),
            "Bathtub: age that no machine survives.",
        )
        .default("24h"),
    ],
);

pub(super) static SHOCKS: TableSpec = TableSpec::closed(
    "shocks",
    "Instants at which the provider takes back a random part of a pool.",
    &[
        KeySpec::new("every", Takes::Duration(true), "Mean time between them.").required(),
        KeySpec::new(
            "total",
            Takes::Number(0.0, 1.0, false),
            "Probability that one takes all.",
        )
        .default("one half"),
        KeySpec::new(
            "partial",
            Takes::Number(0.001, 0.999, false),
            "Mean part that another takes.",
        )
        .default("one half"),
    ],
);

pub(super) static FAILURES: TableSpec = TableSpec::closed(
    "failures",
    "When hardware breaks.",
    &[
        KeySpec::new(
            "mtbf",
            Takes::Duration(true),
            "Mean time from ready, or repaired, to broken.",
        )
        .required(),
        KeySpec::new("repair", Takes::Duration(false), "How long a repair takes.")
            .default("a machine that breaks is gone"),
    ],
);

pub(super) static BOOT: TableSpec = TableSpec::closed(
    "boot",
    "A lognormal law of boot times.",
    &[
        KeySpec::new("median", Takes::Duration(true), "Half take no longer.").required(),
        KeySpec::new("p95", Takes::Duration(true), "95 of 100 take no longer.").required(),
    ],
);

/// The boot time that is told, and the law of it.
pub(super) fn boot(item: Item<'_>) -> Option<(Spanned<Span>, Option<BootTime>)> {
    let item = item.pick()?;
    if item.is_text() {
        return Some((item.span()?, None));
    }
    let fields = item.table()?;
    let median = fields.item("median").and_then(Item::span);
    let p95 = fields.item("p95").and_then(Item::span);
    let median = median?;
    let law = of(
        &fields,
        "p95",
        BootTime::log_normal(median.value, p95?.value),
    )?;
    Some((median, Some(law)))
}

pub(super) fn decode(fields: &Fields<'_>) -> Option<RiskSpec> {
    let span = |key| {
        fields
            .item(key)
            .map_or(Some(Span::ZERO), |item| Some(item.span()?.value))
    };
    let (poll, advice) = (span("poll"), span("advice"));
    let lifetime = fields.optional("reclaim", |item| law(&item.table()?));
    let measured = measured(fields);
    let shocks = fields.optional("shocks", |item| shocks(&item.table()?));
    let launch = fields.optional("launch", Item::number);
    let failure = fields.optional("failures", |item| failure(&item.table()?));
    Some(RiskSpec {
        boot: None,
        lifetime: lifetime?,
        measured: measured?,
        shocks: shocks?,
        poll: poll?,
        advice: advice?,
        launch: launch?.map(|share| share.value),
        failure: failure?,
    })
}

fn law(fields: &Fields<'_>) -> Option<Lifetime> {
    let known: [&[&str]; 5] = [
        &["mean"],
        &["scale", "shape"],
        &["a", "infant", "wear", "onset", "limit"],
        &["pool"],
        &["format", "file", "label", "only-ended"],
    ];
    let model = fields.item("model")?.choice()?.value;
    for (other, keys) in known.iter().enumerate().filter(|(at, _)| *at != model) {
        for key in *keys {
            if let Some(place) = fields.key_place(key) {
                let rule = format!("a parameter of the {} law", LAWS[other].word);
                fields.refuse(place, key, &rule, "remove it, or change the model");
                return None;
            }
        }
    }
    let span = |key: &str| needed(fields, key, Item::span).map(|span| span.value);
    let span_or = |key, secs| match fields.item(key) {
        Some(item) => item.span().map(|span| span.value),
        None => Some(Span::from_secs(secs)),
    };
    match model {
        0 => of(fields, "mean", Lifetime::exponential(span("mean")?)),
        1 => {
            let shape = needed(fields, "shape", Item::number);
            of(
                fields,
                "scale",
                Lifetime::weibull(span("scale")?, shape?.value),
            )
        }
        3 | 4 => Some(Lifetime::endless()),
        _ => {
            let a = match fields.item("a") {
                Some(item) => item.number()?.value,
                None => 0.414,
            };
            // Fitted to 717 preempted machines (HPDC 2020): tau1 .941 h, tau2 .768 h, b 24.45 h.
            let spans = BathtubSpans {
                infant: span_or("infant", 3387)?,
                wear: span_or("wear", 2765)?,
                onset: span_or("onset", 88_020)?,
                limit: span_or("limit", 86_400)?,
            };
            of(fields, "a", Lifetime::bathtub(a, spans))
        }
    }
}

/// The file that a measured reclaim names; of another reclaim none.
#[expect(clippy::option_option, reason = "not said, or wrongly")]
fn measured(fields: &Fields<'_>) -> Option<Option<MeasuredSpec>> {
    let Some(item) = fields.item("reclaim") else {
        return Some(None);
    };
    let inner = item.table()?;
    let model = inner
        .table
        .get("model")
        .and_then(|model| model.value.as_text());
    if model != Some("measured") {
        return Some(None);
    }
    let format = needed(&inner, "format", Item::name);
    let file = needed(&inner, "file", Item::file);
    let label = inner.optional("label", Item::text);
    let only_ended = inner.optional("only-ended", Item::bool);
    let format = format?;
    let reads = traces::series::formats().iter();
    let reads = reads.filter(|format| format.reads.lifetimes.is_some());
    let known: Vec<&str> = reads.map(|format| format.name).collect();
    if !known.contains(&format.value.as_str()) {
        let rule = "no format of lifetimes has this name";
        let remedy = suggestion(&format.value, &known);
        fields.refuse(format.place, &format.value, rule, &remedy);
        return None;
    }
    Some(Some(MeasuredSpec {
        format,
        file: file?,
        label: label?.map(|label| label.value),
        only_ended: only_ended?.is_some_and(|only| only.value),
    }))
}

/// The availability of the pool that a calibrated reclaim names; of another reclaim none.
pub(super) fn calibrated(fields: &Fields<'_>) -> Option<Spanned<NodeSource>> {
    let inner = fields.item("reclaim")?.table()?;
    let model = inner.table.get("model")?.value.as_text()?;
    if model != "calibrated" {
        return None;
    }
    let name = needed(&inner, "pool", Item::name)?;
    if let Some(place) = fields.key_place("availability") {
        let rule = "a calibrated reclaim says itself when there are machines";
        fields.refuse(place, "availability", rule, "keep one of them");
        return None;
    }
    let known = pools::pools();
    let found = known.iter().find(|pool| pool.name == name.value);
    let Some(pool) = found else {
        let names: Vec<&str> = known.iter().map(|pool| pool.name.as_str()).collect();
        let remedy = suggestion(&name.value, &names);
        fields.refuse(name.place, &name.value, "no pool has this name", &remedy);
        return None;
    };
    Some(name.map(|_| NodeSource::UpDown(pool.law.clone())))
}

fn shocks(fields: &Fields<'_>) -> Option<ShockSpec> {
    let every = fields.item("every").and_then(Item::span);
    let share = |key| match fields.item(key) {
        Some(item) => item.number().map(|share| share.value),
        None => Some(0.5),
    };
    let (total, partial) = (share("total"), share("partial"));
    Some(ShockSpec {
        every: every?.value,
        total: total?,
        partial: partial?,
    })
}

fn failure(fields: &Fields<'_>) -> Option<(Lifetime, Option<Span>)> {
    let mtbf = fields.item("mtbf").and_then(Item::span);
    let repair = fields.optional("repair", Item::span);
    let law = of(fields, "mtbf", Lifetime::exponential(mtbf?.value))?;
    Some((law, repair?.map(|repair| repair.value)))
}

/// A key that the chosen model needs.
pub(super) fn needed<'a, T>(
    fields: &Fields<'a>,
    key: &str,
    read: impl FnOnce(Item<'a>) -> Option<T>,
) -> Option<T> {
    if let Some(item) = fields.item(key) {
        return read(item);
    }
    let rule = "missing: the model needs it";
    fields.refuse_here(key, rule, "add it, or change the model");
    None
}

/// What a constructor made, or its objection at the key.
pub(super) fn of<T>(fields: &Fields<'_>, key: &str, made: Result<T, ParameterError>) -> Option<T> {
    match made {
        Ok(made) => Some(made),
        Err(error) => {
            let place = fields.key_place(key).unwrap_or(fields.place);
            // The message ends in what to do about it.
            let said = error.to_string();
            let (rule, remedy) = said.split_once(": ").unwrap_or((&said, "change it"));
            fields.refuse(place, key, rule, remedy);
            None
        }
    }
}
