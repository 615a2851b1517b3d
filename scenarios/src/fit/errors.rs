//! How far modelled latencies lie from measured ones: request by request, and in the statistics that are published.

use sim_core::serve::Times;
use sim_core::units::{SimTime, Span, convert};
use traces::requests::{Measured, RequestRecord};

use super::replay::real;

/// Latencies of a request, in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Latency {
    /// From its arrival to its first token.
    pub(super) ttft: f64,
    /// From token to token after the first; none where all came at once.
    pub(super) tpot: Option<f64>,
    /// From its arrival to its last token.
    pub(super) end_to_end: f64,
}

/// Errors of a model over some requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Errors {
    /// Requests.
    pub requests: usize,
    /// Mean absolute error of the end-to-end latency, each relative to the measured one.
    pub mape: f64,
    /// Relative errors of mean, median, 90, 95 and 99 % (nearest rank) of [`Errors::LATENCIES`] in turn.
    pub statistics: [[f64; 5]; 3],
}

impl Latency {
    pub(super) fn measured(record: &RequestRecord, told: &Measured) -> Self {
        Self::of(record, told.first_token, told.last_token)
    }

    pub(super) fn modelled(record: &RequestRecord, times: &Times) -> Self {
        Self::of(record, times.first_token, times.done)
    }

    fn of(record: &RequestRecord, first: SimTime, last: SimTime) -> Self {
        let seconds = |span: Span| convert::real(span.us()) / 1e6;
        let later = record.output.saturating_sub(1);
        Self {
            ttft: seconds(first.since(record.arrived)),
            tpot: (later > 0 && last > first)
                .then(|| seconds(last.since(first)) / f64::from(later)),
            end_to_end: seconds(last.since(record.arrived)),
        }
    }
}

impl Errors {
    /// What the rows of [`Errors::statistics`] are of.
    pub const LATENCIES: [&str; 3] = ["time to first token", "time per token", "end to end"];
    /// What its columns are.
    pub const STATISTICS: [&str; 5] = ["mean", "p50", "p90", "p95", "p99"];

    /// Of pairs of (modelled, measured).
    pub(super) fn of(pairs: &[(Latency, Latency)]) -> Self {
        let relative =
            |(model, real): &(Latency, Latency)| (model.end_to_end / real.end_to_end - 1.0).abs();
        let picks: [fn(&Latency) -> Option<f64>; 3] = [
            |one| Some(one.ttft),
            |one| one.tpot,
            |one| Some(one.end_to_end),
        ];
        let statistics = picks.map(|pick| {
            let model = statistics(pairs.iter().filter_map(|(model, _)| pick(model)).collect());
            let real = statistics(pairs.iter().filter_map(|(_, real)| pick(real)).collect());
            std::array::from_fn(|at| model[at] / real[at] - 1.0)
        });
        Self {
            requests: pairs.len(),
            mape: pairs.iter().map(relative).sum::<f64>() / real(pairs.len()),
            statistics,
        }
    }

    /// Mean absolute error of all statistics.
    pub fn mean_statistic(&self) -> f64 {
        let all = self.statistics.iter().flatten();
        all.map(|error| error.abs()).sum::<f64>() / 15.0
    }
}

fn statistics(mut sample: Vec<f64>) -> [f64; 5] {
    if sample.is_empty() {
        return [1.0; 5];
    }
    sample.sort_by(f64::total_cmp);
    let rank = |percent: usize| sample[(sample.len() * percent).div_ceil(100).max(1) - 1];
    let mean = sample.iter().sum::<f64>() / real(sample.len());
    [mean, rank(50), rank(90), rank(95), rank(99)]
}
