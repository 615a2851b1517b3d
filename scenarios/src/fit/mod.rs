//! Fitting: a serving engine's step time from its own log.
//!
//! An iteration of a language model engine takes `a + b x tokens + c x sequences + d x context`. The four coefficients are
//! those whose modelled run of the log, under the engine's own limits, has the latencies of the measured one: a search
//! without derivatives in their logarithms, from several starts. They are sought on the first half of the requests and told
//! with their errors on the second, of which nothing was used but when its requests came and how long they were.
//!
//! Source: the model and its domain are those of `sim_core::serve::StepTime`. Assumed: one engine, no prefix hits, a log
//! that begins with an idle engine. On three real vLLM runs the end-to-end latencies of the half held back are 1.4 to 1.6 %
//! off; what is minimised was settled with these runs in sight, and its neighbours give 1.2 to 2.4 %. A log in which the
//! engine is never nearly empty tells the fixed part badly from the part by token: what it says of light load is a guess.

mod errors;
mod replay;
mod simplex;

pub use errors::Errors;
pub use replay::{Engine, served};

use sim_core::serve::{Serving, StepTime};
use sim_core::units::convert;
use traces::requests::RequestLog;

use errors::Latency;
use replay::{real, replay};

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The coefficients.
    pub step: StepTime,
    /// Errors on the requests that they were sought on.
    pub fitted: Errors,
    /// Errors on those that were held back.
    pub held_back: Errors,
    /// Runs of the model that the search took.
    pub runs: u32,
}

/// Why nothing can be fitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FitError {
    /// The log does not say when its requests were served.
    Unmeasured,
    /// Fewer requests than a fit of four coefficients and its test can be trusted on.
    TooFew {
        /// How many there are.
        requests: usize,
    },
    /// The engine's limits are none.
    Engine(String),
    /// A request that the engine's memory could never hold, though it served it.
    TooLong {
        /// Its position in the log.
        at: usize,
    },
    /// A request whose answer came when it did.
    Instant {
        /// Its position in the log.
        at: usize,
    },
}

/// Fewest requests of a log.
pub const LEAST: usize = 40;

/// The coefficients of the engine that wrote `log`.
///
/// # Errors
/// A log that does not say what is needed, or limits that the logged engine cannot have had.
pub fn fit(log: &RequestLog, engine: Engine) -> Result<Fitted, FitError> {
    let measured = measured(log)?;
    let serving = engine.serving(StepTime {
        fixed_ps: 1,
        ..StepTime::default()
    });
    serving
        .check()
        .map_err(|error| FitError::Engine(error.to_string()))?;
    if let Some(at) = replay(log, &serving).iter().position(Option::is_none) {
        return Err(FitError::TooLong { at });
    }
    let half = log.records.len() / 2;
    let mut runs = 0;
    let mut cost = |point: &[f64], first_token: f64| {
        runs += 1;
        let modelled = modelled(log, &engine.serving(coefficients(point)));
        misfit(&modelled[..half], &measured[..half], first_token)
    };
    let best = search(&mut cost, &starts(&measured[..half], engine));
    let step = coefficients(&best);
    let modelled = modelled(log, &engine.serving(step));
    let pairs: Vec<(Latency, Latency)> = modelled.into_iter().zip(measured).collect();
    let (first, second) = pairs.split_at(half);
    Ok(Fitted {
        step,
        fitted: Errors::of(first),
        held_back: Errors::of(second),
        runs,
    })
}

fn measured(log: &RequestLog) -> Result<Vec<Latency>, FitError> {
    let requests = log.records.len();
    if requests < LEAST {
        return Err(FitError::TooFew { requests });
    }
    if log.measured.len() != requests {
        return Err(FitError::Unmeasured);
    }
    let pairs = log.records.iter().zip(&log.measured);
    let latencies: Vec<Latency> = pairs
        .map(|(one, told)| Latency::measured(one, told))
        .collect();
    match latencies.iter().position(|one| one.ttft <= 0.0) {
        Some(at) => Err(FitError::Instant { at }),
        None => Ok(latencies),
    }
}

fn modelled(log: &RequestLog, serving: &Serving) -> Vec<Latency> {
    let pairs = log.records.iter().zip(replay(log, serving));
    pairs
        .map(|(one, times)| Latency::modelled(one, &times.expect("its memory holds them all")))
        .collect()
}

/// What clients and front ends may add to a time to the first token, in seconds: less than that is no difference.
const ALLOWANCE_S: f64 = 0.03;

/// Mean square of the logarithms of modelled over measured latencies: end to end, by token and, with a weight, to the first
/// token.
fn misfit(modelled: &[Latency], measured: &[Latency], first_token: f64) -> f64 {
    let square = |model: f64, real: f64| {
        let log = libm::log(model / real);
        log * log
    };
    let of = |(model, real): (&Latency, &Latency)| {
        let by_token = model.tpot.zip(real.tpot);
        square(model.end_to_end, real.end_to_end)
            + by_token.map_or(0.0, |(model, real)| square(model, real))
            + first_token * square(model.ttft + ALLOWANCE_S, real.ttft + ALLOWANCE_S)
    };
    let pairs = modelled.iter().zip(measured);
    pairs.map(of).sum::<f64>() / real(measured.len())
}

/// Coefficients whose logarithms these are, in picoseconds.
fn coefficients(point: &[f64]) -> StepTime {
    let ps = |at: usize| convert::floor(libm::exp(point[at].clamp(0.0, 27.0)) + 0.5);
    StepTime {
        fixed_ps: ps(0),
        per_token_ps: ps(1),
        per_sequence_ps: ps(2),
        per_context_ps: ps(3),
    }
}

/// Where the search begins: the fixed part is most of the fastest token's time, and a full iteration takes as much again
/// for its tokens, its sequences or its context.
fn starts(measured: &[Latency], engine: Engine) -> Vec<Vec<f64>> {
    let mut tpot: Vec<f64> = measured.iter().filter_map(|one| one.tpot).collect();
    tpot.sort_by(f64::total_cmp);
    let fastest = tpot.get(tpot.len() / 10).copied().unwrap_or(0.01).max(1e-6);
    let (tokens, sequences) = (f64::from(engine.tokens), f64::from(engine.sequences));
    let mut starts = Vec::new();
    for fixed in [0.3, 0.8] {
        for (b, c, d) in [(1.0, 0.1, 0.1), (3.0, 0.3, 0.3), (1.0, 0.1, 1.0)] {
            let seconds = [
                fastest * fixed,
                fastest * b / tokens,
                fastest * c / sequences,
                fastest * d / (sequences * 500.0),
            ];
            starts.push(seconds.map(|s| libm::log(s * 1e12)).to_vec());
        }
    }
    starts
}

/// Short searches from all starts and a long one from the best of them, without the times to the first token, of which
/// small changes make large ones; and with them from there.
fn search(cost: &mut impl FnMut(&[f64], f64) -> f64, starts: &[Vec<f64>]) -> Vec<f64> {
    let mut smooth = |point: &[f64]| cost(point, 0.0);
    let short = starts
        .iter()
        .map(|start| simplex::descend(&mut smooth, start, (0.7, 1e-12, 150)));
    let mut ends: Vec<simplex::Least> = short.collect();
    ends.sort_by(|a, b| a.value.total_cmp(&b.value));
    ends.truncate(3);
    let long: Vec<simplex::Least> = ends
        .into_iter()
        .map(|end| refine(&mut smooth, end.at))
        .collect();
    let near = long
        .into_iter()
        .min_by(|a, b| a.value.total_cmp(&b.value))
        .expect("there are starts")
        .at;
    refine(&mut |point: &[f64]| cost(point, 1.0), near).at
}

/// Spreads a simplex that has collapsed out anew, ever smaller.
fn refine(cost: &mut impl FnMut(&[f64]) -> f64, from: Vec<f64>) -> simplex::Least {
    let mut best = simplex::Least {
        value: cost(&from),
        at: from,
    };
    for size in [0.5, -0.3, 0.2, -0.1, 0.05, -0.02, 0.01] {
        let again = simplex::descend(cost, &best.at, (size, 1e-14, 200));
        if again.value < best.value {
            best = again;
        }
    }
    best
}

impl std::fmt::Display for FitError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unmeasured => f.write_str(
                "the log does not say when its requests were served; use one in the format vllm-requests",
            ),
            Self::TooFew { requests } => {
                write!(f, "{requests} requests: a fit and its test need {LEAST} at least")
            }
            Self::Engine(error) => write!(f, "{error}; state the engine's own limits"),
            Self::TooLong { at } => write!(
                f,
                "request {at} has more tokens than the memory holds, though it was served; state more blocks"
            ),
            Self::Instant { at } => {
                write!(f, "request {at} was answered when it came; check the log's clock")
            }
        }
    }
}

impl std::error::Error for FitError {}
