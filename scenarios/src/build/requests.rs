//! Generators of requests: parameters of the command line become a model of `traces`.

use std::fs::File;

use sim_core::units::Span;
use traces::requests::synth::{
    Arrivals, Class, Dialogues, FlashSale, Length, Popularity, State, Synthetic, Tokens, mixtures,
};
use traces::requests::{RateCurve, RequestLog, import_rates};
use traces::synth::{Luck, ParameterError};
use traces::{Source, requests};

use super::args::Args;
use super::known::{kind, optional};
use crate::schema::{Diagnostic, Known, ParamTakes, Part};

/// A generator of requests.
#[derive(Clone, Copy, Debug)]
pub struct RequestModel {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Its own parameters, with their defaults; all take [`COMMON`] as well.
    pub params: &'static [&'static str],
}

/// What every generator of requests takes, with the defaults.
pub const COMMON: &[&str] = &[
    "length = 1h",
    "requests",
    "input = 1000",
    "input-p99",
    "output = 200",
    "output-p99",
    "class",
    "contents",
    "zipf = 0.9",
    "turns",
    "pause = 30s",
    "prompt = 50",
    "context = 32768",
];

/// The generator that follows a file.
const CURVE: &str = "rate-curve";

/// Every generator of requests.
pub const REQUEST_MODELS: &[RequestModel] = &[
    RequestModel {
        name: "poisson",
        doc: "a constant rate",
        params: &["per-second = 1"],
    },
    RequestModel {
        name: "mmpp",
        doc: "calm and busy in turn, both for exponential times",
        params: &[
            "calm-per-second = 1",
            "busy-per-second = 10",
            "calm = 10m",
            "busy = 1m",
        ],
    },
    RequestModel {
        name: "diurnal",
        doc: "a rate that follows the hours of the day",
        params: &["per-second = 1", "amplitude = 0.5", "peak-hour = 14"],
    },
    RequestModel {
        name: "weekly",
        doc: "a rate that follows the hours of the day and the days of the week, from Monday",
        params: &[
            "per-second = 1",
            "amplitude = 0.5",
            "peak-hour = 14",
            "weekend = 0.6",
        ],
    },
    RequestModel {
        name: "bursts",
        doc: "a constant rate, and bursts on top that come of themselves",
        params: &[
            "per-second = 1",
            "bursts-per-hour = 2",
            "size = 600",
            "burst = 1m",
        ],
    },
    RequestModel {
        name: "flash-sale",
        doc: "a rate that rises to a multiple, stays, and falls again",
        params: &[
            "per-second = 1",
            "factor = 10",
            "start = 20m",
            "ramp = 2m",
            "sale = 10m",
        ],
    },
    RequestModel {
        name: CURVE,
        doc: "what a file in the format rate-curve-csv counted, at random instants of each bucket",
        params: &["file", "keep = counts"],
    },
    RequestModel {
        name: "azure-code-like",
        doc: "arrivals and lengths fitted to the coding service of Azure in 2023",
        params: &[],
    },
    RequestModel {
        name: "azure-conversation-like",
        doc: "arrivals and lengths fitted to the conversation service of Azure in 2023",
        params: &[],
    },
];

/// Classes of requests, in place of `class` and of the lengths: of each its name, weight and lengths.
const CLASSES: &str = "classes";

/// Requests by themselves, from a generator and its parameters; nothing where there is no such
/// generator of requests.
///
/// # Errors
/// What is wrong with a parameter, in words.
pub fn generate_requests(part: &Part, seed: u64) -> Option<Result<RequestLog, String>> {
    let mut models = REQUEST_MODELS.iter();
    let model = models.find(|model| model.name == part.kind.value)?;
    Some(generate(model, part, seed))
}

fn generate(model: &RequestModel, part: &Part, seed: u64) -> Result<RequestLog, String> {
    let mut reasons = Vec::new();
    let mut args = Args::of(part, &mut reasons);
    let keys: Vec<&str> = model
        .params
        .iter()
        .chain(COMMON)
        .map(|param| key(param))
        .collect();
    args.only(&keys);
    let made = read(model.name, &mut args, Span::from_secs(3600));
    if !reasons.is_empty() {
        let told = reasons
            .iter()
            .map(|reason| format!("{}: {}; {}", reason.value, reason.rule, reason.remedy));
        return Err(told.collect::<Vec<_>>().join("\n"));
    }
    let luck = Luck {
        seed,
        workload: model.name,
    };
    made?.log(luck).map_err(|error| error.to_string())
}

/// The generators that a scenario may name, with their parameters; a file of rates is told of by its format.
pub(super) fn generators() -> Vec<Known> {
    let named = REQUEST_MODELS.iter().filter(|model| model.name != CURVE);
    let known = |model: &RequestModel| {
        let params = model.params.iter().chain(COMMON).map(|param| key(param));
        let params = params.chain([CLASSES]);
        kind(
            model.name,
            params.map(|name| optional(name, takes(name))).collect(),
        )
    };
    named.map(known).collect()
}

fn takes(name: &str) -> ParamTakes {
    match name {
        "length" | "pause" | "calm" | "busy" | "burst" | "start" | "ramp" | "sale" => {
            ParamTakes::Duration
        }
        "requests" | "input" | "input-p99" | "output" | "output-p99" | "contents" | "prompt"
        | "context" => ParamTakes::Integer(0, u32::MAX.into()),
        "class" => ParamTakes::Text,
        CLASSES => ParamTakes::Any,
        _ => ParamTakes::Number(0.0, 1e9),
    }
}

/// A generator of a scenario, whose parameters the registry has seen; it goes on for `length` if it is not said, and its days
/// and weeks are those of the local calendar: so much of a week has passed when the run `begins`.
pub(super) fn model(
    part: &Part,
    (begins, length): (Span, Span),
    reasons: &mut Vec<Diagnostic>,
) -> Result<Synthetic, String> {
    let name = part.kind.value.as_str();
    let mut model = read(name, &mut Args::of(part, reasons), length)?;
    if let Arrivals::Curve(week) = &mut model.arrivals
        && has_calendar(part)
    {
        week.turn(begins);
    }
    Ok(model)
}

/// Whether a generator's rates are those of hours of the calendar.
pub(super) fn has_calendar(part: &Part) -> bool {
    ["diurnal", "weekly"].contains(&part.kind.value.as_str())
}

/// Requests that come as a curve says, with the lengths and the rest that `part` tells of.
pub(super) fn on_curve(
    part: &Part,
    (curve, counted): (RateCurve, bool),
    length: Span,
    reasons: &mut Vec<Diagnostic>,
) -> Synthetic {
    let mut args = Args::of(part, reasons);
    let keys = COMMON.iter().map(|param| key(param)).chain([CLASSES]);
    args.only(&keys.collect::<Vec<_>>());
    let arrivals = if counted {
        Arrivals::Counted(curve)
    } else {
        Arrivals::Curve(curve)
    };
    let plain = plain(arrivals, length_of(&mut args, length), &mut args);
    shaped(plain, &mut args)
}

/// The name of a parameter that stands with its default.
fn key(param: &'static str) -> &'static str {
    param.split_once(" = ").map_or(param, |(key, _)| key)
}

fn read(name: &str, args: &mut Args<'_>, length: Span) -> Result<Synthetic, String> {
    let length = length_of(args, length);
    let model = match name {
        "azure-code-like" => mixtures::azure_code_like(length),
        "azure-conversation-like" => mixtures::azure_conversation_like(length),
        _ => plain(arrivals(name, args)?, length, args),
    };
    Ok(shaped(model, args))
}

fn length_of(args: &mut Args<'_>, default: Span) -> Length {
    if args.has("requests") {
        return Length::Requests(args.count("requests", 0).into());
    }
    Length::Time(args.span("length").unwrap_or(default))
}

/// A generator with one class, of no name.
fn plain(arrivals: Arrivals, length: Length, args: &mut Args<'_>) -> Synthetic {
    Synthetic {
        arrivals,
        classes: vec![Class {
            name: String::new(),
            weight: 1.0,
            input: tokens(args, "input", 1000),
            output: tokens(args, "output", 200),
        }],
        length,
        contents: None,
        dialogues: None,
    }
}

/// The same, with the classes, contents and sessions that are asked for.
fn shaped(mut model: Synthetic, args: &mut Args<'_>) -> Synthetic {
    // A mixture keeps its lengths where no others are asked for.
    let class = &mut model.classes[0];
    if args.has("input") || args.has("input-p99") {
        class.input = tokens(args, "input", 1000);
    }
    if args.has("output") || args.has("output-p99") {
        class.output = tokens(args, "output", 200);
    }
    args.word("class", "").clone_into(&mut class.name);
    if args.has(CLASSES) {
        model.classes = args.tables(CLASSES, |own| {
            own.only(&[
                "name",
                "weight",
                "input",
                "input-p99",
                "output",
                "output-p99",
            ]);
            Class {
                name: own.word("name", "").to_owned(),
                weight: own.number("weight", 1.0),
                input: tokens(own, "input", 1000),
                output: tokens(own, "output", 200),
            }
        });
    }
    if args.has("contents") || args.has("zipf") {
        model.contents = Some(Popularity {
            contents: args.count("contents", 10_000).into(),
            exponent: args.number("zipf", 0.9),
        });
    }
    if ["turns", "pause", "prompt"].iter().any(|key| args.has(key)) {
        model.dialogues = Some(Dialogues {
            turns: args.number("turns", 4.0),
            pause: span(args, "pause", 30),
            prompt: Tokens::Constant(args.count("prompt", 50)),
            most: args.count("context", 32_768),
        });
    }
    model
}

fn arrivals(name: &str, args: &mut Args<'_>) -> Result<Arrivals, String> {
    let per_s = args.number("per-second", 1.0);
    let curve = |curve: Result<RateCurve, ParameterError>| {
        curve
            .map(Arrivals::Curve)
            .map_err(|error| error.to_string())
    };
    match name {
        "mmpp" => {
            let calm = State {
                per_s: args.number("calm-per-second", 1.0),
                mean: span(args, "calm", 600),
            };
            let busy = State {
                per_s: args.number("busy-per-second", 10.0),
                mean: span(args, "busy", 60),
            };
            let states = vec![calm, busy];
            Ok(Arrivals::Mmpp { states })
        }
        "diurnal" => {
            let amplitude = args.number("amplitude", 0.5);
            let peak_hour = args.number("peak-hour", 14.0);
            curve(RateCurve::diurnal(per_s, amplitude, peak_hour))
        }
        "weekly" => {
            let amplitude = args.number("amplitude", 0.5);
            let peak_hour = args.number("peak-hour", 14.0);
            let weekend = args.number("weekend", 0.6);
            curve(RateCurve::weekly(per_s, amplitude, peak_hour, weekend))
        }
        "bursts" => Ok(Arrivals::Bursts {
            per_s,
            bursts_per_h: args.number("bursts-per-hour", 2.0),
            size: args.number("size", 600.0),
            length: span(args, "burst", 60),
        }),
        "flash-sale" => curve(RateCurve::flash_sale(FlashSale {
            per_s,
            factor: args.number("factor", 10.0),
            start: span(args, "start", 1200),
            ramp: span(args, "ramp", 120),
            length: span(args, "sale", 600),
        })),
        CURVE => recorded(args),
        _ => Ok(Arrivals::Poisson { per_s }),
    }
}

/// The curve of a file, whose counts are kept, or followed as a rate.
fn recorded(args: &mut Args<'_>) -> Result<Arrivals, String> {
    let (path, keep) = (args.word("file", ""), args.word("keep", "counts"));
    if path.is_empty() {
        return Err("file: this generator follows a file; write file=arrivals.csv".to_owned());
    }
    let file = File::open(path).map_err(|error| format!("{path}: {error}"))?;
    let curve = import_rates("rate-curve-csv", Source::new(path, file));
    let curve = curve.map_err(|refused| refused.to_string())?;
    match keep {
        "counts" => Ok(Arrivals::Counted(curve)),
        "rate" => Ok(Arrivals::Curve(curve)),
        _ => Err(format!("keep = {keep}: write counts or rate")),
    }
}

/// A constant number of tokens, or a lognormal one where a 99 % point is given beside its median.
fn tokens(args: &mut Args<'_>, name: &str, default: u32) -> Tokens {
    let median = args.count(name, default);
    let tail = format!("{name}-p99");
    if !args.has(&tail) {
        return Tokens::Constant(median);
    }
    Tokens::Lognormal {
        median,
        p99: args.count(&tail, default),
        most: Some(args.count("context", 32_768).min(requests::MAX_TOKENS)),
    }
}

fn span(args: &mut Args<'_>, name: &str, default_s: u64) -> Span {
    args.span(name).unwrap_or(Span::from_secs(default_s))
}
