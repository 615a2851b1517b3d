//! Generators: parameters of a scenario become a model of `traces`.

use sim_core::units::Span;
use traces::synth::{
    Arrivals, Deadlines, Durations, GangWeight, Length, Lublin, Luck, ParameterError, Parametric,
    Philly2017, Users, Week,
};

use super::args::Args;
use crate::schema::{Diagnostic, Part, Seam};

/// Every generator of jobs, and what it is.
pub const JOB_MODELS: [(&str, &str); 3] = [
    (
        "philly-2017",
        "sizes, durations and arrivals calibrated to Microsoft's Philly cluster of 2017",
    ),
    (
        "lublin",
        "the batch model of Lublin and Feitelson 2003: sizes in powers of two, daily arrivals",
    ),
    (
        "parametric",
        "arrivals, durations, gangs, users and deadlines of independent parts",
    ),
];

/// A generator with its parameters.
#[derive(Clone, Debug)]
pub(super) enum Generator {
    Philly(Philly2017),
    Lublin(Lublin),
    Parametric(Parametric),
}

impl Generator {
    /// Reads the parameters; what is wrong is told.
    pub(super) fn read(part: &Part, reasons: &mut Vec<Diagnostic>) -> Option<Self> {
        let before = reasons.len();
        let mut args = Args::of(part, reasons);
        let generator = match part.kind.value.as_str() {
            "philly-2017" => Self::Philly(Philly2017 {
                jobs_per_hour: args.number("jobs-per-hour", 30.0),
                length: length(&mut args),
                starts_at: 0,
            }),
            "lublin" => {
                let length = length(&mut args);
                let procs = args.count("procs", 128).max(1);
                Self::Lublin(match args.word("kinds", "one") {
                    "batch-and-interactive" => Lublin::batch_and_interactive(length),
                    _ => Lublin::typeless(procs, length),
                })
            }
            _ => Self::Parametric(parametric(&mut args)),
        };
        if reasons.len() > before {
            return None;
        }
        // A generator says what is wrong with a number when it is opened.
        match generator.jobs(
            Luck {
                seed: 0,
                workload: "check",
            },
            true,
        ) {
            Ok(_) => Some(generator),
            Err(error) => {
                let shown = format!("{} = {}", error.field, error.value);
                reasons.push(Diagnostic::new(part.kind.place, shown, error.rule).or("change it"));
                None
            }
        }
    }

    /// The same where the run begins at this hour of the week; the days of the batch model begin with the run.
    pub(super) fn starting_at(&self, hour: u32) -> Self {
        match self.clone() {
            Self::Philly(model) => Self::Philly(Philly2017 {
                starts_at: hour,
                ..model
            }),
            Self::Lublin(model) => Self::Lublin(model),
            Self::Parametric(model) => Self::Parametric(Parametric {
                arrivals: model.arrivals.starting_at(hour),
                ..model
            }),
        }
    }

    /// The jobs of one seed; with `only_check`, none, but the parameters are checked.
    pub(super) fn jobs(
        &self,
        luck: Luck<'_>,
        only_check: bool,
    ) -> Result<traces::Workload, ParameterError> {
        if only_check {
            match self {
                Self::Philly(model) => model.jobs(luck).map(drop)?,
                Self::Lublin(model) => model.jobs(luck).map(drop)?,
                Self::Parametric(model) => model.jobs(luck).map(drop)?,
            }
            return Ok(traces::Workload::default());
        }
        match self {
            Self::Philly(model) => model.workload(luck),
            Self::Lublin(model) => model.workload(luck),
            Self::Parametric(model) => model.workload(luck),
        }
    }
}

/// A workload by itself, from a generator and its parameters.
///
/// # Errors
/// What is wrong with the model or a parameter, in words.
pub fn generate(part: &Part, seed: u64) -> Result<traces::Workload, String> {
    let known = super::known(Seam::Synth).expect("generators are registered");
    let Some(kind) = known.iter().find(|known| known.kind == part.kind.value) else {
        let names: Vec<&str> = known.iter().map(|known| known.kind.as_str()).collect();
        return Err(format!(
            "{}: no such model; use one of {}",
            part.kind.value,
            names.join(", ")
        ));
    };
    let stranger = part
        .params
        .iter()
        .find(|(key, _)| kind.params.iter().all(|param| param.name != key.value));
    if let Some((key, _)) = stranger {
        let names: Vec<&str> = kind
            .params
            .iter()
            .map(|param| param.name.as_str())
            .collect();
        return Err(format!(
            "{}: no such parameter; it takes {}",
            key.value,
            names.join(", ")
        ));
    }
    let mut reasons = Vec::new();
    let generator = Generator::read(part, &mut reasons).ok_or_else(|| {
        let told = reasons
            .iter()
            .map(|reason| format!("{}: {}; {}", reason.value, reason.rule, reason.remedy));
        told.collect::<Vec<_>>().join("\n")
    })?;
    let luck = Luck {
        seed,
        workload: &part.kind.value,
    };
    generator
        .jobs(luck, false)
        .map_err(|error| error.to_string())
}

fn length(args: &mut Args<'_>) -> Length {
    if args.has("jobs") {
        return Length::Jobs(args.count("jobs", 1000));
    }
    Length::Time(args.span("length").unwrap_or(Span::from_secs(7 * 86_400)))
}

fn parametric(args: &mut Args<'_>) -> Parametric {
    let arrivals = args
        .table("arrivals")
        .map_or(Arrivals::Poisson { per_hour: 30.0 }, arrivals);
    let hour = Span::from_secs(3600);
    let durations = args
        .table("durations")
        .map_or(Durations::Exponential { mean: hour }, durations);
    let mut gangs = args.tables("gangs", |gang| {
        gang.only(&["tasks", "gpus", "cpus", "memory-gib", "weight"]);
        GangWeight {
            tasks: gang.count("tasks", 1),
            gpus: u16::try_from(gang.count("gpus", 1)).unwrap_or(u16::MAX),
            cpus: gang.count("cpus", 0),
            memory_gib: gang.count("memory-gib", 0),
            weight: gang.number("weight", 1.0),
        }
    });
    if gangs.is_empty() {
        gangs.push(GangWeight {
            tasks: 1,
            gpus: 1,
            cpus: 0,
            memory_gib: 0,
            weight: 1.0,
        });
    }
    let users = args.table("users").map(|mut users| {
        users.only(&["count", "exponent"]);
        Users {
            count: users.count("count", 100),
            exponent: users.number("exponent", 1.0),
        }
    });
    let deadlines = args.table("deadlines").map(|mut deadlines| {
        deadlines.only(&["share", "slack-low", "slack-high"]);
        Deadlines {
            share: deadlines.number("share", 1.0),
            slack_low: deadlines.number("slack-low", 1.5),
            slack_high: deadlines.number("slack-high", 3.0),
        }
    });
    let priorities = args.tables("priorities", |entry| {
        entry.only(&["priority", "weight"]);
        let priority = entry.number("priority", 0.0);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "held to the range by the cast"
        )]
        let priority = priority as i16;
        (priority, entry.number("weight", 1.0))
    });
    let models = args.tables("models", |entry| {
        entry.only(&["models", "weight"]);
        (entry.words("models"), entry.number("weight", 1.0))
    });
    Parametric {
        arrivals,
        durations,
        gangs,
        length: length(args),
        users,
        deadlines,
        priorities,
        models,
    }
}

fn arrivals(mut args: Args<'_>) -> Arrivals {
    let per_hour = args.number("per-hour", 30.0);
    match args.word("kind", "poisson") {
        "diurnal" => {
            args.only(&["kind", "per-hour", "amplitude", "peak-hour"]);
            let (amplitude, peak) = (args.number("amplitude", 0.5), args.count("peak-hour", 15));
            Arrivals::diurnal(per_hour, amplitude, peak).unwrap_or_else(|error| {
                let key = error.field.rsplit('.').next().unwrap_or("kind").to_owned();
                args.refuse(&key, &error.rule, "change it");
                Arrivals::Poisson { per_hour }
            })
        }
        "weekly" => {
            args.only(&["kind", "per-hour", "weekend"]);
            let weekend = args.number("weekend", 0.5);
            let mut hours = [1.0; 24];
            for hour in &mut hours[8..20] {
                *hour = 2.0;
            }
            let days = [1.0, 1.0, 1.0, 1.0, 1.0, weekend, weekend];
            Arrivals::Weekly {
                per_hour,
                week: Box::new(Week {
                    hours,
                    days,
                    starts_at: 0,
                }),
            }
        }
        "bursty" => {
            args.only(&["kind", "calm-per-hour", "burst-per-hour", "calm", "burst"]);
            let hour = Span::from_secs(3600);
            Arrivals::Bursty {
                calm_per_hour: args.number("calm-per-hour", 10.0),
                burst_per_hour: args.number("burst-per-hour", 100.0),
                calm: args.span("calm").unwrap_or(hour.saturating_mul(4)),
                burst: args.span("burst").unwrap_or(hour),
            }
        }
        "poisson" => {
            args.only(&["kind", "per-hour"]);
            Arrivals::Poisson { per_hour }
        }
        _ => {
            args.refuse(
                "kind",
                "no such arrivals",
                "use poisson, diurnal, weekly or bursty",
            );
            Arrivals::Poisson { per_hour }
        }
    }
}

fn durations(mut args: Args<'_>) -> Durations {
    let hour = Span::from_secs(3600);
    let mut span = |key: &str| args.span(key).unwrap_or(hour);
    let (mean, median, low, value) = (span("mean"), span("median"), span("low"), span("value"));
    let scale = span("scale");
    let high = args.span("high");
    match args.word("kind", "exponential") {
        "constant" => {
            args.only(&["kind", "value"]);
            Durations::Constant(value)
        }
        "lognormal" => {
            args.only(&["kind", "median", "sigma"]);
            Durations::Lognormal {
                median,
                sigma: args.number("sigma", 1.0),
            }
        }
        "pareto" => {
            args.only(&["kind", "shape", "low", "high"]);
            Durations::Pareto {
                shape: args.number("shape", 1.5),
                low,
                high,
            }
        }
        "gamma" => {
            args.only(&["kind", "shape", "mean"]);
            Durations::Gamma {
                shape: args.number("shape", 1.0),
                mean,
            }
        }
        "weibull" => {
            args.only(&["kind", "shape", "scale"]);
            Durations::Weibull {
                shape: args.number("shape", 1.0),
                scale,
            }
        }
        "empirical" => {
            args.only(&["kind", "quantiles"]);
            Durations::Empirical(args.tables("quantiles", |entry| {
                entry.only(&["p", "duration"]);
                (
                    entry.number("p", 0.0),
                    entry.span("duration").unwrap_or(Span::ZERO),
                )
            }))
        }
        "exponential" => {
            args.only(&["kind", "mean"]);
            Durations::Exponential { mean }
        }
        _ => {
            let all = "use constant, exponential, lognormal, pareto, gamma, weibull or empirical";
            args.refuse("kind", "no such distribution", all);
            Durations::Exponential { mean }
        }
    }
}
