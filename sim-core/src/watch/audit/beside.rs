//! The auditor's account of neighbours: after every change of seats, the rate of everybody is looked at anew.

use super::work;
use super::{Auditor, jobs::Row};
use crate::course::{Slowdown, UNIT_RATE};
use crate::model::{GpuDemand, Job, Role, Seat};

impl Auditor {
    /// The rate of a job in these seats beside whoever runs, and what it would be without waiting for data.
    pub(super) fn rates(&self, at: usize, seats: &[Seat]) -> (u64, u64) {
        let spec = &self.jobs[at].spec;
        let left = match &self.world.slowdown {
            Some(table) => self.left(table, (at, seats)),
            None => UNIT_RATE,
        };
        work::rate(&self.world, spec, seats, left)
    }

    /// Whoever does not save its state goes on at the rate that its neighbours leave it.
    pub(super) fn meet_neighbours(&mut self) {
        if self.world.slowdown.is_none() {
            return;
        }
        for at in 0..self.jobs.len() {
            let Some(running) = &self.jobs[at].running else {
                continue;
            };
            let rates = self.rates(at, &running.seats.clone());
            let (now, row) = (self.now, &mut self.jobs[at]);
            let Row { running, work, .. } = row;
            let Some(running) = running.as_mut().filter(|running| running.saving.is_none()) else {
                continue;
            };
            if !running.goes_at(rates) {
                running.go_on(now, rates, |done, rate| work.left_after(done, rate));
            }
        }
    }

    /// What neighbours leave of the speed of a job in these seats, in parts per billion.
    fn left(&self, table: &Slowdown, (at, seats): (usize, &[Seat])) -> u64 {
        let spec = &self.jobs[at].spec;
        let tasks = seats.iter().enumerate();
        let tasks = tasks.filter(|(_, seat)| is_share(spec, seat));
        let least = tasks.map(|(position, seat)| {
            let mine = seats.iter().enumerate();
            let mine = mine.filter(|(other, _)| *other != position);
            let mine = mine.map(|(_, other)| (spec, other));
            let others = self.jobs.iter().enumerate().filter(|(row, _)| *row != at);
            let others = others.flat_map(|(_, row)| {
                let seats = row.running.iter().flat_map(|running| &running.seats);
                seats.map(|seat| (&row.spec, seat))
            });
            let here = mine.chain(others).filter(|(spec, other)| {
                is_share(spec, other) && (other.node, other.gpus) == (seat.node, seat.gpus)
            });
            self.beside(table, (spec, seats, seat), here.map(|(spec, _)| spec))
        });
        least.min().unwrap_or(UNIT_RATE)
    }

    /// The product of the factors beside each of these on one GPU, from the least on.
    fn beside<'a>(
        &self,
        table: &Slowdown,
        (spec, seats, seat): (&Job, &[Seat], &Seat),
        others: impl Iterator<Item = &'a Job>,
    ) -> u64 {
        let offering = self.offering_of(seat.node);
        let model = offering.map(|at| self.world.offerings[at].shape.model);
        let gpus: u64 = seats.iter().map(|seat| work::gpus_of(spec, seat)).sum();
        let own = table.label(spec.class, spec.kind);
        let factor = |other: &Job| {
            let beside = table.label(other.class, other.kind);
            let pairs = table.pairs().iter();
            let pairs = pairs.filter(|pair| {
                (Some(pair.own), Some(pair.beside), Some(pair.model)) == (own, beside, model)
                    && u64::from(pair.gpus) <= gpus
            });
            let pair = pairs.max_by_key(|pair| pair.gpus);
            pair.map_or(UNIT_RATE, |pair| pair.factor_ppb)
        };
        let mut factors: Vec<u64> = others.map(factor).collect();
        factors.sort_unstable();
        let product = |left: u64, factor: u64| {
            let exact = u128::from(left) * u128::from(factor) / u128::from(UNIT_RATE);
            u64::try_from(exact).unwrap_or(UNIT_RATE)
        };
        factors.into_iter().fold(UNIT_RATE, product)
    }
}

/// Whether the tasks of a seat hold a share of a GPU.
fn is_share(spec: &Job, seat: &Seat) -> bool {
    let role: Option<&Role> = spec.gang.roles().get(usize::from(seat.role));
    role.is_some_and(|role| matches!(role.demand.gpu, GpuDemand::Milli(_)))
}
