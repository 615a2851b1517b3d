//! `serving` of a service: whole requests in batches, or tokens by iterations; times to the picosecond.

use sim_core::serve::{self, BLOCK, Batch, Iteration, Law, Prefix, Serving, StepTime};
use sim_core::units::{Span, convert};

use super::super::fields::{Fields, Item};
use super::super::place::Spanned;
use super::super::read::every;
use super::super::service::{BatchSpec, BatchTime, PrefixSpec, ServingSpec, SharedSpec};
use super::super::spec::{Choice, KeySpec, TableSpec, Takes};
use super::requests::none_of;
use super::service::{count_or, millionths};

/// A time: a number of microseconds, or a duration.
pub(super) const TIME: Takes =
    Takes::Either(&[Takes::Number(0.0, 1e12, false), Takes::Duration(false)]);

pub(super) static SERVING: TableSpec = TableSpec::closed(
    "serving",
    "How a replica serves at speed 1.0. Times are durations, or numbers of microseconds with as many digits as are known: of tokens they are \
     kept to the picosecond, of batches to the microsecond.",
    &[
        KeySpec::new("kind", Takes::Choice(&KINDS), "What is served at a time.").required(),
        KeySpec::new("fixed", TIME, "Time of a batch or an iteration, whatever is in it.")
            .default("0"),
        KeySpec::new(
            "line",
            Takes::Integer(0, 100_000_000),
            "Requests that may wait in a replica.",
        )
        .default("any number"),
        KeySpec::new("servers", Takes::Integer(1, 100_000), "Batches at a time.").default("1"),
        KeySpec::new("size", Takes::Integer(1, 1_000_000), "Requests of a batch, at most.")
            .default("1"),
        KeySpec::new("timeout", TIME, "How long the first of a batch waits for others.")
            .default("0"),
        KeySpec::new("per-request", TIME, "Time for each request of a batch.").default("0"),
        KeySpec::new(
            "mean",
            TIME,
            "In place of fixed and per-request: the mean of the requests' own times, of which the longest is that of a batch.",
        ),
        KeySpec::new(
            "law",
            Takes::Either(&[Takes::Choice(&LAWS), Takes::Table(&LAW)]),
            "How these vary; drawn by the request's number.",
        )
        .default("\"constant\""),
        KeySpec::new(
            "fan-out",
            Takes::Integer(1, 100_000),
            "Shards that a request asks at the same time; each takes its own time, and the slowest counts.",
        )
        .default("1"),
        KeySpec::new("per-token", TIME, "Time for each token that an iteration computes.")
            .default("0"),
        KeySpec::new("per-sequence", TIME, "Time for each sequence that it advances.")
            .default("0"),
        KeySpec::new(
            "per-context",
            TIME,
            "Time for each token of those sequences that was there before.",
        )
        .default("0"),
        KeySpec::new(
            "tokens",
            Takes::Integer(1, 4_000_000_000),
            "Tokens that an iteration computes, at most.",
        )
        .default("8192"),
        KeySpec::new(
            "sequences",
            Takes::Integer(1, 4_000_000_000),
            "Sequences that run, at most; no more than tokens.",
        )
        .default("256"),
        KeySpec::new(
            "kv-tokens",
            Takes::Integer(16, 1_073_741_824),
            "Tokens that the memory holds, in whole blocks of 16; tokens need it.",
        ),
        KeySpec::new(
            "reserve",
            Takes::Bool,
            "Whether a request is admitted only where all its tokens fit, not just those of its first iteration.",
        )
        .default("true"),
        KeySpec::new(
            "prefix",
            Takes::Table(&PREFIX),
            "What of a prompt is found and not computed again.",
        )
        .default("nothing"),
    ],
);

static KINDS: [Choice; 2] = [
    Choice::new("batch", "Whole requests, in batches by size and timeout."),
    Choice::new(
        "tokens",
        "Tokens, iteration by iteration: continuous batching of a language model.",
    ),
];

static LAWS: [Choice; 2] = [
    Choice::new("constant", "Not at all."),
    Choice::new("exponential", "Exponentially."),
];

static LAW: TableSpec = TableSpec::closed(
    "law",
    "How times vary.",
    &[
        KeySpec::new(
            "erlang",
            Takes::Integer(1, 10_000),
            "As the sum of so many exponentials.",
        ),
        KeySpec::new(
            "hyperexponential",
            Takes::Number(1.0, 1e6, true),
            "As two exponentials, each of half of the work: the square of the coefficient of variation.",
        ),
    ],
);

static PREFIX: TableSpec = TableSpec::closed(
    "prefix",
    "First tokens of a prompt that a replica has seen.",
    &[
        KeySpec::new(
            "shared",
            Takes::Either(&[SHARED, Takes::Map(&SHARED)]),
            "First tokens that the requests of a class share: of every class, or by class.",
        )
        .default("0"),
        KeySpec::new(
            "session",
            Takes::Number(0.0, 1.0, false),
            "Part of its prompt that a later request of a session finds.",
        )
        .default("0.0")
        .bound("a part is 0 to 1", "write a number in that range"),
        KeySpec::new(
            "sessions",
            Takes::Integer(0, 100_000_000),
            "Sessions that a replica remembers, the last used.",
        )
        .default("0"),
    ],
);

const SHARED: Takes = Takes::Integer(0, 100_000_000);

/// Keys of batches alone, of drawn times alone, and of tokens alone.
const BATCHES: [&str; 7] = [
    "servers",
    "size",
    "timeout",
    "per-request",
    "mean",
    "law",
    "fan-out",
];
const TOKENS: [&str; 8] = [
    "per-token",
    "per-sequence",
    "per-context",
    "tokens",
    "sequences",
    "kv-tokens",
    "reserve",
    "prefix",
];

pub(super) fn decode(item: Item<'_>) -> Option<Spanned<ServingSpec>> {
    let (fields, place) = (item.table()?, item.value.place);
    let serving = if fields.item("kind")?.choice()?.value == 0 {
        none_of(&fields, &TOKENS, "is of kind = \"tokens\"")?;
        ServingSpec::Batch(batch(&fields)?)
    } else {
        none_of(&fields, &BATCHES, "is of kind = \"batch\"")?;
        let (iteration, prefix) = (iteration(&fields), prefix(&fields));
        ServingSpec::Tokens(iteration?, prefix?)
    };
    if let Err(error) = serving.plain().check() {
        item.refuse::<()>(&error.to_string(), "correct it");
        return None;
    }
    Some(Spanned::new(serving, place))
}

fn batch(fields: &Fields<'_>) -> Option<BatchSpec> {
    let servers = count_or(fields, "servers", 1);
    let size = count_or(fields, "size", 1);
    let timeout = span_or_zero(fields, "timeout");
    let line = fields.optional("line", Item::count);
    let time = if fields.item("mean").is_some() {
        if fields.exclusive("fixed", "mean") || fields.exclusive("per-request", "mean") {
            return None;
        }
        let mean = span_or_zero(fields, "mean");
        let law = fields.item("law").map_or(Some(Law::Constant), law);
        let fan_out = count_or(fields, "fan-out", 1);
        BatchTime::Drawn {
            law: law?,
            mean: mean?,
            fan_out: fan_out?,
        }
    } else {
        none_of(
            fields,
            &["law", "fan-out"],
            "is about times around a mean, and there is none",
        )?;
        let fixed = span_or_zero(fields, "fixed");
        let per_request = span_or_zero(fields, "per-request");
        BatchTime::Affine {
            fixed: fixed?,
            per_request: per_request?,
        }
    };
    Some(BatchSpec {
        servers: servers?,
        size: size?,
        timeout: timeout?,
        line: line?.map(|line| line.value),
        time,
    })
}

fn law(item: Item<'_>) -> Option<Law> {
    let item = item.pick()?;
    if item.is_text() {
        return Some([Law::Constant, Law::Exponential][item.choice()?.value]);
    }
    let fields = item.table()?;
    if fields.exclusive("erlang", "hyperexponential") {
        return None;
    }
    if let Some(phases) = fields.item("erlang") {
        return Some(Law::Erlang(phases.count()?.value));
    }
    let Some(squared) = fields.item("hyperexponential") else {
        return item.refuse(
            "no law",
            "write { erlang = 4 } or { hyperexponential = 4.0 }",
        );
    };
    Some(Law::Hyperexponential(squared.number()?.value))
}

fn iteration(fields: &Fields<'_>) -> Option<Iteration> {
    let time = |key| picoseconds_or_zero(fields, key);
    let [fixed, each, sequence, context] =
        ["fixed", "per-token", "per-sequence", "per-context"].map(time);
    let tokens = count_or(fields, "tokens", 8192);
    let sequences = count_or(fields, "sequences", 256);
    let Some(memory) = fields.item("kv-tokens") else {
        let remedy = "add it: the tokens that fit beside the model";
        fields.refuse_here("kv-tokens", "missing in serving", remedy);
        return None;
    };
    let memory = memory.count::<u32>();
    let line = fields.optional("line", Item::count);
    let reserve = fields
        .item("reserve")
        .map_or(Some(true), |item| Some(item.bool()?.value));
    Some(Iteration {
        step: StepTime {
            fixed_ps: fixed?,
            per_token_ps: each?,
            per_sequence_ps: sequence?,
            per_context_ps: context?,
        },
        tokens: tokens?,
        sequences: sequences?,
        blocks: memory?.value / BLOCK,
        reserve: reserve?,
        line: line?.map(|line| line.value),
        prefix: Prefix::default(),
    })
}

fn prefix(fields: &Fields<'_>) -> Option<PrefixSpec> {
    let Some(item) = fields.item("prefix") else {
        return Some(PrefixSpec::default());
    };
    let fields = item.table()?;
    let shared = fields
        .item("shared")
        .map_or(Some(SharedSpec::default()), shared);
    let session = fields
        .item("session")
        .map_or(Some(0.0), |item| Some(item.number()?.value));
    let sessions = count_or(&fields, "sessions", 0);
    Some(PrefixSpec {
        shared: shared?,
        session_ppm: millionths(session?),
        sessions: sessions?,
    })
}

fn shared(item: Item<'_>) -> Option<SharedSpec> {
    let item = item.pick()?;
    if !item.is_table() {
        return Some(SharedSpec::Alike(item.count()?.value));
    }
    let read = |(key, item): (&Spanned<String>, Item<'_>)| Some((key.clone(), item.count()?.value));
    every(item.map()?.into_iter().map(read)).map(SharedSpec::ByClass)
}

/// A time in picoseconds, to the nearest; nothing where none is written.
pub(super) fn picoseconds_or_zero(fields: &Fields<'_>, key: &str) -> Option<u64> {
    let Some(item) = fields.item(key) else {
        return Some(0);
    };
    let item = item.pick()?;
    if item.is_text() {
        return Some(item.span()?.value.us().saturating_mul(1_000_000));
    }
    Some(convert::floor(item.number()?.value * 1e6 + 0.5))
}

/// A time, to the nearest microsecond; nothing where none is written.
pub(super) fn span_or_zero(fields: &Fields<'_>, key: &str) -> Option<Span> {
    let Some(item) = fields.item(key) else {
        return Some(Span::ZERO);
    };
    let item = item.pick()?;
    if item.is_text() {
        return Some(item.span()?.value);
    }
    let us = convert::floor(item.number()?.value + 0.5);
    Some(Span::from_us(us).unwrap_or(Span::MAX))
}

impl ServingSpec {
    /// The same for a station, but for luck and prefixes.
    fn plain(&self) -> Serving {
        let luck = serve::Luck {
            seed: 0,
            service: String::new(),
        };
        match self {
            Self::Batch(batch) => Serving::Batch(batch.model(&luck).into()),
            Self::Tokens(iteration, _) => Serving::Iteration(iteration.clone().into()),
        }
    }
}

impl BatchSpec {
    /// The same for a station.
    pub(crate) fn model(&self, luck: &serve::Luck) -> Batch {
        Batch {
            servers: self.servers,
            size: self.size,
            timeout: self.timeout,
            line: self.line,
            service: match self.time {
                BatchTime::Affine { fixed, per_request } => {
                    serve::Service::Affine { fixed, per_request }
                }
                BatchTime::Drawn { law, mean, fan_out } => serve::Service::Drawn {
                    law,
                    mean,
                    fan_out,
                    luck: luck.clone(),
                },
            },
        }
    }
}
