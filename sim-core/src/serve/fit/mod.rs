//! Coefficients of iterations from what a serving engine's log says of each request.
//!
//! The station is run on the log's arrivals with the engine's own limits, and the four coefficients are sought that bring its
//! times nearest to the measured ones: the mean over the requests that count of the error of the first token and of the last,
//! both relative to the measured time from arrival to end, and a little for being far from what is usual: how little is tried
//! out on the last third of the requests that count. The search is Nelder and Mead's (Computer Journal 7, 1965) over
//! logarithms, begun anew from where it ends until that no longer helps; some thousands of runs in all. Other requests of the
//! log load the engine, but are not looked at, so that an error can be told on what was held back.

mod simplex;

use std::ops::Range;
use std::sync::Arc;

use super::request::{Request, Served, Task};
use super::station::{Iteration, Serving, StepTime};
use crate::units::{SimTime, Span, convert};

/// What a log says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The request, numbered by its place in the log, from zero.
    pub request: Request,
    /// From its arrival to its first token.
    pub first_token: Span,
    /// From its arrival to its last.
    pub whole: Span,
}

/// How far a station's times are from the measured ones: means over requests.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Misfit {
    /// Error of the time from arrival to end, relative to it.
    pub whole: f64,
    /// Error of the time to the first token, relative to the time from arrival to end.
    pub first_token: f64,
}

/// Fits the coefficients to those requests of a log whose places are in `counted`, whatever `limits` says of them. The log is
/// in order of arrival. `None` where no such request has a time, or where the memory cannot hold one of the log.
pub fn fit(limits: &Iteration, log: &[Measured], counted: Range<usize>) -> Option<StepTime> {
    let weight = weight(limits, log, &counted).unwrap_or(WEIGHTS[0]);
    seek(limits, log, counted, weight)
}

/// How far a station of this model is from the log's requests whose places are in `counted`. `None` if there are none, or its
/// memory cannot hold a request of the log.
pub fn misfit(model: &Iteration, log: &[Measured], counted: Range<usize>) -> Option<Misfit> {
    let errors = errors(model, log, counted)?;
    let count = convert::real(convert::wide(errors.len()));
    let mean = |of: fn(&Misfit) -> f64| errors.iter().map(of).sum::<f64>() / count;
    Some(Misfit {
        whole: mean(|one| one.whole),
        first_token: mean(|one| one.first_token),
    })
}

/// What it may cost that a coefficient is a factor of e from where the search begins, least first. A log under one steady load
/// does not tell the coefficients apart, and would be met as well by ones that are far off under another.
const WEIGHTS: [f64; 5] = [0.0003, 0.001, 0.003, 0.01, 0.03];
/// Searches are begun anew this often at most.
const MOST_ROUNDS: u32 = 12;

/// The largest weight with which a fit to the first two thirds of what counts does as well on the last third as with any, up
/// to one standard error of that (Breiman et al., Classification and Regression Trees, 1984). `None` where a part is empty.
fn weight(limits: &Iteration, log: &[Measured], counted: &Range<usize>) -> Option<f64> {
    let cut = counted.start + counted.len() * 2 / 3;
    let mut tried = Vec::new();
    for weight in WEIGHTS {
        let step = seek(limits, log, counted.start..cut, weight)?;
        let errors = errors(&with(limits, step), log, cut..counted.end)?;
        let count = convert::real(convert::wide(errors.len()));
        let each = || errors.iter().map(|one| one.whole + one.first_token);
        let mean = each().sum::<f64>() / count;
        let squares: f64 = each().map(|error| (error - mean) * (error - mean)).sum();
        tried.push((weight, mean, squares.sqrt() / count));
    }
    let (_, least, stderr) = *tried.iter().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let as_good = |one: &&(f64, f64, f64)| one.1 <= least + stderr;
    tried.iter().rfind(as_good).map(|one| one.0)
}

/// The search, under a weight.
fn seek(
    limits: &Iteration,
    log: &[Measured],
    counted: Range<usize>,
    weight: f64,
) -> Option<StepTime> {
    let start = guess(log.get(counted.clone())?)?;
    let mut of = |logs: &[f64; 4]| {
        let found = misfit(&with(limits, step(logs)), log, counted.clone());
        let far = logs
            .iter()
            .zip(&start)
            .map(|(log, start)| (log - start) * (log - start));
        let far: f64 = far.sum();
        found.map_or(f64::INFINITY, |found| {
            found.whole + found.first_token + weight * far
        })
    };
    let mut best = (of(&start), start);
    if !best.0.is_finite() {
        return None;
    }
    // The other way round each time, lest the search stays in a plane that it has fallen into.
    let mut width = 0.7;
    let mut idle = 0;
    for _ in 0..MOST_ROUNDS {
        let found = simplex::least(&mut of, &best.1, width);
        let gained = best.0 - found.0;
        if gained > 0.0 {
            best = found;
        }
        idle = if gained < best.0 * 1e-3 { idle + 1 } else { 0 };
        if idle == 2 {
            break;
        }
        width *= -0.7;
    }
    Some(step(&best.1))
}

/// Errors of each of the requests whose places are in `counted`, in the order in which they end. `None` if there are none, or
/// the memory cannot hold a request of the log.
fn errors(model: &Iteration, log: &[Measured], counted: Range<usize>) -> Option<Vec<Misfit>> {
    let mut errors = Vec::with_capacity(counted.len());
    let mut compare = |served: Served| {
        let request = served.task.request;
        let Some(place) = usize::try_from(request.id.0)
            .ok()
            .filter(|at| counted.contains(at))
        else {
            return;
        };
        let measured = &log[place];
        let since = |at: SimTime| real(at.since(request.arrived));
        let whole = real(measured.whole).max(1.0);
        let first = since(served.times.first_token) - real(measured.first_token);
        errors.push(Misfit {
            whole: (since(served.times.done) - whole).abs() / whole,
            first_token: first.abs() / whole,
        });
    };
    let model = Iteration {
        line: None,
        ..model.clone()
    };
    let mut station = Serving::Iteration(Arc::new(model)).station(1_000_000);
    for measured in log {
        let now = measured.request.arrived;
        station.advance(now, &mut compare);
        station.offer(now, Task::whole(measured.request)).ok()?;
    }
    station.advance(SimTime::MAX, &mut compare);
    (!errors.is_empty()).then_some(errors)
}

/// Where the search begins, as logarithms of seconds: the fastest answer tells an iteration's length; what tokens, sequences
/// and context add to it is of the size seen in published measurements.
fn guess(log: &[Measured]) -> Option<[f64; 4]> {
    let paces = log
        .iter()
        .filter(|one| one.request.counts.output > 1 && one.whole > Span::ZERO);
    let paces = paces.map(|one| {
        let later = f64::from(one.request.counts.output - 1);
        real(one.whole.saturating_sub(one.first_token)) / later / 1e6
    });
    let fastest = paces.filter(|pace| *pace > 0.0).min_by(f64::total_cmp)?;
    let parts = [0.7, 2e-3, 1e-3, 4e-6];
    Some(parts.map(|part| libm::log(fastest * part)))
}

fn step(logs: &[f64; 4]) -> StepTime {
    // No coefficient beyond its bound.
    let [fixed_ps, per_token_ps, per_sequence_ps, per_context_ps] =
        logs.map(|log| convert::floor((libm::exp(log) * 1e12).min(1e12) + 0.5));
    StepTime {
        fixed_ps: fixed_ps.max(1),
        per_token_ps,
        per_sequence_ps,
        per_context_ps,
    }
}

fn with(limits: &Iteration, step: StepTime) -> Iteration {
    Iteration {
        step,
        ..limits.clone()
    }
}

fn real(span: Span) -> f64 {
    convert::real(span.us())
}
