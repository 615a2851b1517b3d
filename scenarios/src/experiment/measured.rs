//! A run to measure, and the sums that its metrics are made of.

use sim_core::books::{Kind, Source};
use sim_core::engine::{Counters, World};
use sim_core::model::Market;
use sim_core::units::{Money, Span};
use sim_core::watch::{Outcome, Record, Row};

use super::bounded::Bounded;
use super::judged::{Window, is_violated, jct};
use super::metrics::Known;
use super::number::{hours, ratio, real_i128, real_u128, secs};
use super::power;
use super::services::Totals;
use super::tenancy::Fairness;

/// What was watched beside the record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watched {
    /// Share of the GPU time that was a fragment, where jobs share GPUs.
    pub(super) fragmentation: Option<f64>,
    /// How tenants fared, where there are several.
    pub(super) fairness: Option<Fairness>,
    /// What no such run is below.
    pub(super) bounded: Bounded,
    /// What all services came to, where there are any.
    pub(super) services: Option<Totals>,
}

/// A run to measure.
pub(super) struct Run<'a> {
    pub(super) world: &'a World,
    pub(super) record: &'a Record,
    pub(super) counters: Counters,
    pub(super) window: Window,
    pub(super) known: &'a Known,
    pub(super) watched: Watched,
    /// In the order of the workload: jobs submitted in the window.
    pub(super) counted: Vec<&'a Row>,
    /// Ascending, in seconds.
    pub(super) jct: Vec<f64>,
    pub(super) wait: Vec<f64>,
    /// By job that counts and finished: what its time is of what it would be on its part of the fleet.
    pub(super) stretches: Vec<f64>,
}

impl Run<'_> {
    pub(super) fn cost(&self, market: Option<Market>) -> f64 {
        let bill = self.record.ledger.bill();
        usd(bill.sum(|line| {
            market
                .is_none_or(|market| super::money::market(self.world, line.source) == Some(market))
        }))
    }

    /// Lines of these kinds, with what minimum terms of stores add.
    pub(super) fn unmetered(&self, kinds: &[Kind]) -> f64 {
        let stores = kinds.contains(&Kind::Storage);
        usd(self.record.ledger.bill().sum(|line| {
            let minimum = line.kind == Kind::Rounding && matches!(line.source, Source::Store(_));
            kinds.contains(&line.kind) || (stores && minimum)
        }))
    }

    /// Lines of one kind.
    pub(super) fn line(&self, kind: Kind) -> f64 {
        usd(self.record.ledger.bill().sum(|line| line.kind == kind))
    }

    pub(super) fn billed(&self) -> f64 {
        real_u128(self.record.gpu_use.iter().map(|time| time.billed).sum())
    }

    pub(super) fn allocated(&self) -> f64 {
        real_u128(self.record.gpu_use.iter().map(|time| time.used).sum())
    }

    pub(super) fn busy(&self) -> u128 {
        let time = &self.record.gpu_time;
        time.kept + time.lost + time.restoring + time.dumping + time.stalled
    }

    pub(super) fn kept_gpu_hours(&self) -> f64 {
        hours(self.record.gpu_time.kept) / 1000.0
    }

    /// GPU-hours at speed one of the jobs that finished in the window, if that is known of all.
    pub(super) fn finished_gpu_hours(&self) -> Option<f64> {
        let rows = self.record.rows.iter().enumerate();
        let late = |row: &Row| row.finish.get().is_some_and(|at| at >= self.window.warmup);
        let done = rows.filter(|(_, row)| row.outcome == Outcome::Completed && late(row));
        let work = done.map(|(at, row)| Some(u128::from(row.gpu_milli) * self.known.work_us(at)?));
        Some(hours(work.sum::<Option<u128>>()?) / 1000.0)
    }

    pub(super) fn completed(&self) -> impl Iterator<Item = &&Row> {
        self.counted
            .iter()
            .filter(|row| row.outcome == Outcome::Completed)
    }

    /// What the jobs brought in that finished in the window.
    pub(super) fn earned(&self) -> Option<Money> {
        let worths = self.known.worths()?;
        Some(worths.earned_since(&self.record.rows, self.window.warmup))
    }

    pub(super) fn sum(&self, of: fn(&Row) -> u16) -> f64 {
        self.record.rows.iter().map(|row| f64::from(of(row))).sum()
    }
}

pub(super) fn violations(run: &Run<'_>) -> Option<f64> {
    let judged = run
        .counted
        .iter()
        .filter_map(|row| is_violated(row, &run.window, run.record.end));
    let judged: Vec<bool> = judged.collect();
    let violated = judged.iter().filter(|violated| **violated).count();
    ratio(count(violated)?, count(judged.len())?)
}

pub(super) fn slowdown(run: &Run<'_>) -> Option<f64> {
    let floor = Span::from_secs(10);
    let bounded = |row: &&&Row| Some((secs(jct(row)?) / secs(row.run.max(floor))).max(1.0));
    let values: Vec<f64> = run.counted.iter().filter_map(|row| bounded(&row)).collect();
    mean(&values)
}

pub(super) fn makespan(run: &Run<'_>) -> Option<f64> {
    let first = run.record.rows.first()?.submit;
    let ended = |row: &Row| row.finish.get().unwrap_or(run.record.end);
    let last = run.record.rows.iter().map(ended).max()?;
    Some(secs(last.since(first)))
}

#[expect(clippy::unnecessary_wraps, reason = "a column of the table")]
pub(super) fn unfinished(run: &Run<'_>) -> Option<f64> {
    let left = run
        .record
        .rows
        .iter()
        .filter(|row| row.outcome != Outcome::Completed);
    let milli = left
        .map(|row| u128::from(row.run.us()) * u128::from(row.gpu_milli))
        .sum();
    Some(hours(milli) / 1000.0)
}

/// Kilowatt-hours of all machines within the window.
pub(super) fn energy(run: &Run<'_>) -> Option<f64> {
    let watts = run.known.watts.as_ref()?;
    let window = (run.window.warmup, run.record.end);
    let machines = run.record.machines.iter();
    let energy = machines
        .map(|machine| power::energy(machine, watts[machine.offering.index()], window))
        .sum();
    Some(real_i128(power::kwh_billionths(energy)) / 1e9)
}

pub(super) fn usd(money: Money) -> f64 {
    real_i128(money.nanousd()) / 1e9
}

#[expect(clippy::unnecessary_wraps, reason = "a column of the table")]
pub(super) fn count(n: usize) -> Option<f64> {
    Some(super::number::real(sim_core::units::convert::wide(n)))
}

pub(super) fn mean(values: &[f64]) -> Option<f64> {
    ratio(values.iter().sum(), count(values.len())?)
}
