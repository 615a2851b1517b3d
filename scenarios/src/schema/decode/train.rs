//! `[train]` and `[reward]`.

use super::super::fields::{Fields, Item};
use super::super::place::Spanned;
use super::super::spec::{Choice, KeySpec, TableSpec, Takes};
use super::super::train::{NetworkKind, RewardSpec, TrainSpec};

/// No training is longer.
const MOST: i64 = 1_000_000;

pub(super) static TRAIN: TableSpec = TableSpec::closed(
    "[train]",
    "How `windtunnel train` teaches a policy of kind \"learned\": by proximal policy optimisation (Schulman et al. 2017), with masks.",
    &[
        KeySpec::new("network", Takes::Choice(&NETWORKS), "What answers.").default("\"mlp\""),
        KeySpec::new("hidden", Takes::Integer(1, 1024), "Its hidden units.").default("128"),
        KeySpec::new(
            "iterations",
            Takes::Integer(1, MOST),
            "Rounds of flying and learning.",
        )
        .default("200"),
        KeySpec::new(
            "arenas",
            Takes::Integer(1, 4096),
            "Runs that are flown side by side, each with seeds of its own.",
        )
        .default("16"),
        KeySpec::new(
            "steps",
            Takes::Integer(1, MOST),
            "Decisions that each of them makes in a round.",
        )
        .default("256"),
        KeySpec::new(
            "imitate",
            Takes::Integer(0, MOST),
            "The first of these, in which the heuristic is imitated that the policy is built on.",
        )
        .default("0"),
        KeySpec::new(
            "epochs",
            Takes::Integer(1, 1000),
            "Passes over the decisions of a round.",
        )
        .default("4"),
        KeySpec::new(
            "minibatch",
            Takes::Integer(1, MOST),
            "Decisions that a step of learning goes by.",
        )
        .default("256"),
        KeySpec::new(
            "rate",
            Takes::Number(0.0, 1.0, true),
            "Length of the first step of learning; it falls to nothing over the training.",
        )
        .default("0.001"),
        KeySpec::new(
            "discount",
            Takes::Number(0.0, 1.0, true),
            "What a reward one decision later is worth.",
        )
        .default("0.99"),
        KeySpec::new(
            "trace",
            Takes::Number(0.0, 1.0, false),
            "How far back a surprise is passed on: lambda of generalised advantages.",
        )
        .default("0.95"),
        KeySpec::new(
            "clip",
            Takes::Number(0.0, 1.0, true),
            "By how much a decision may become more or less likely in a round.",
        )
        .default("0.2"),
        KeySpec::new(
            "entropy",
            Takes::Number(0.0, 1.0, false),
            "What it is worth to stay undecided.",
        )
        .default("0.01"),
        KeySpec::new(
            "check-every",
            Takes::Integer(1, MOST),
            "Rounds from one check to the next; what did best at one is kept.",
        )
        .default("10"),
        KeySpec::new(
            "checks",
            Takes::Integer(1, 10_000),
            "Runs that a check flies, of seeds that nothing is trained or evaluated on.",
        )
        .default("8"),
    ],
);

static NETWORKS: [Choice; 2] = [
    Choice::new("mlp", "Each row by itself, with what is the same for all."),
    Choice::new("attention", "Each row beside the others of its question."),
];

static SHARE: Takes = Takes::Number(0.0, 1e6, false);

pub(super) static REWARD: TableSpec = TableSpec::closed(
    "[reward]",
    "What a learned policy is to want: less of the sum of these terms, each times its weight.",
    &[
        KeySpec::new(
            "spend",
            SHARE,
            "Of what machines cost, over what the GPU hours of the jobs would cost on demand.",
        )
        .default("0.6"),
        KeySpec::new(
            "penalty",
            SHARE,
            "Of broken promises and interruptions, over the number of jobs.",
        )
        .default("0.3"),
        KeySpec::new("queue", SHARE, "Of hours waited, over the number of jobs.").default("0.1"),
        KeySpec::new(
            "slowdown",
            SHARE,
            "Of bounded slowdown (10 s), on average over the jobs.",
        )
        .default("0"),
        KeySpec::new(
            "interruption",
            SHARE,
            "What an interruption is of a broken promise.",
        )
        .default("0.1"),
    ],
);

/// What counts are where nothing is said.
const COUNTS: [(&str, u32); 9] = [
    ("hidden", 128),
    ("iterations", 200),
    ("imitate", 0),
    ("arenas", 16),
    ("steps", 256),
    ("epochs", 4),
    ("minibatch", 256),
    ("check-every", 10),
    ("checks", 8),
];

/// The same of numbers.
const REALS: [(&str, f64); 5] = [
    ("rate", 1e-3),
    ("discount", 0.99),
    ("trace", 0.95),
    ("clip", 0.2),
    ("entropy", 0.01),
];

pub(super) fn train(top: &Fields<'_>) -> Option<TrainSpec> {
    let empty = super::super::value::Table::default();
    let fields = match top.item("train") {
        Some(item) => item.table()?,
        None => Fields::new(&TRAIN, (&empty, top.place), top.cx),
    };
    let network = fields.optional("network", Item::choice);
    let count = |key: &str, default: u32| -> Option<Spanned<u32>> {
        let given = fields.optional(key, Item::count)?;
        Some(given.unwrap_or(Spanned::new(default, fields.place)))
    };
    let real = |key: &str, default: f64| -> Option<f64> {
        let given = fields.optional(key, Item::number)?;
        Some(given.map_or(default, |number| number.value))
    };
    let counts = COUNTS.map(|(key, default)| count(key, default));
    let reals = REALS.map(|(key, default)| real(key, default));
    if let [_, Some(iterations), Some(imitate), ..] = counts
        && imitate.value > iterations.value
    {
        let shown = format!("imitate = {}", imitate.value);
        let rule = "there are not so many iterations";
        fields.refuse(imitate.place, &shown, rule, "imitate in some of them");
        return None;
    }
    let [
        hidden,
        iterations,
        imitate,
        arenas,
        steps,
        epochs,
        minibatch,
        check_every,
        checks,
    ] = counts;
    let [rate, discount, trace, clip, entropy] = reals;
    Some(TrainSpec {
        network: NetworkKind::ALL[network?.map_or(0, |network| network.value)],
        hidden: hidden?,
        iterations: iterations?,
        arenas: arenas?,
        steps: steps?,
        imitate: imitate?.value,
        epochs: epochs?,
        minibatch: minibatch?,
        rate: rate?,
        discount: discount?,
        trace: trace?,
        clip: clip?,
        entropy: entropy?,
        check_every: check_every?,
        checks: checks?,
        written: fields.table.clone(),
    })
}

pub(super) fn reward(top: &Fields<'_>) -> Option<RewardSpec> {
    let empty = super::super::value::Table::default();
    let fields = match top.item("reward") {
        Some(item) => item.table()?,
        None => Fields::new(&REWARD, (&empty, top.place), top.cx),
    };
    let weight = |key: &str, default: f64| -> Option<f64> {
        let given = fields.optional(key, Item::number)?;
        Some(given.map_or(default, |number| number.value))
    };
    let spec = RewardSpec {
        spend: weight("spend", 0.6)?,
        penalty: weight("penalty", 0.3)?,
        queue: weight("queue", 0.1)?,
        slowdown: weight("slowdown", 0.0)?,
        interruption: weight("interruption", 0.1)?,
        written: fields.table.clone(),
    };
    if spec.spend + spec.penalty + spec.queue + spec.slowdown == 0.0 {
        let rule = "nothing counts";
        fields.refuse(
            fields.place,
            "[reward]",
            rule,
            "give one of its terms a weight",
        );
        return None;
    }
    Some(spec)
}
