//! Beside: who shares a GPU with whom. When a neighbour comes or goes, a running job goes on at another rate, and its end moves;
//! a replica serves at another speed from its next batch or iteration on.
//!
//! Nothing of it is kept in a world without a table of slowdown.

use std::collections::{BTreeMap, BTreeSet};

use super::advance::expected;
use super::event::{Event, Pending};
use super::jobs::{Attempt, Standing};
use super::run::Engine;
use crate::course::{Footing, Piece, Progress, Slowdown, UNIT_RATE};
use crate::model::{GpuDemand, Seat};
use crate::units::{JobId, ModelId, NodeId, SimTime, Span};
use crate::watch::Observer;

/// A GPU, by node and number.
type Place = (NodeId, u32);

/// Who shares GPUs, and how far attempts had come when their rates last changed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside {
    /// Tasks with a share, by GPU; a job stands once for each of its tasks.
    on: BTreeMap<Place, Vec<JobId>>,
    /// Running jobs whose rate has changed since they started.
    past: BTreeMap<JobId, Past>,
    /// Replicas whose rate has changed, and that do not serve at it yet.
    turned: BTreeSet<JobId>,
}

/// The pieces of an attempt before the present one, and their sums.
#[derive(Clone, Debug, Default)]
pub(crate) struct Past {
    pieces: Vec<(u64, Footing)>,
    us: u64,
    work: u128,
    /// Microseconds in which it waited for data.
    stall_us: u64,
}

impl Beside {
    /// Of a job's attempt, what lies before its last change of rate.
    pub(crate) fn past(&self, job: JobId) -> Option<&Past> {
        self.past.get(&job)
    }

    /// What a task keeps of its speed beside the others on its GPU; `labels` tells what the table calls a job.
    fn factor(
        &self,
        place: Place,
        (job, model): (JobId, ModelId),
        (table, gpus): (&Slowdown, u32),
        label: impl Fn(JobId) -> Option<u16>,
    ) -> u64 {
        let here = self.on.get(&place).map_or(&[][..], Vec::as_slice);
        let Some(own) = label(job).filter(|_| here.len() > 1) else {
            return UNIT_RATE;
        };
        let itself = here.iter().position(|other| *other == job);
        let others = here.iter().enumerate();
        let others = others.filter(|(at, _)| Some(*at) != itself);
        let factor = |(_, other): (usize, &JobId)| {
            let beside = label(*other)?;
            Some(table.factor((own, gpus), beside, model))
        };
        let mut factors: Vec<u64> = others.filter_map(factor).collect();
        Slowdown::together(&mut factors)
    }
}

impl Past {
    /// The piece that was under way ends after `us`, and the next begins at `next`: none that takes no time is kept, and two
    /// alike are one.
    fn change(&mut self, us: u64, on: &Footing, next: &Footing) {
        if us > 0 {
            self.pieces.push((us, *on));
            self.us += us;
            self.work += piece(us, on).work();
            self.stall_us += stall(us, on);
        }
        if let Some((us, on)) = self.pieces.pop_if(|(_, last)| last == next) {
            self.us -= us;
            self.work -= piece(us, &on).work();
            self.stall_us -= stall(us, &on);
        }
    }

    /// The pieces of the first `worked` of an attempt, the present one at `on`.
    fn first(&self, worked: Span, on: &Footing) -> Vec<Piece> {
        let mut left = worked.us();
        let cut = |(us, on): &(u64, Footing)| {
            let us = left.min(*us);
            left -= us;
            piece(us, on)
        };
        let now = (u64::MAX, *on);
        self.pieces.iter().chain([&now]).map(cut).collect()
    }

    /// Credits so much of the attempt's working time; returns what of it was of use.
    pub(crate) fn advance(&self, progress: &mut Progress, worked: Span, on: &Footing) -> Span {
        progress.advance_in(&self.first(worked, on))
    }

    /// Of so much working time, all of it, that in which it waited for data.
    pub(crate) fn waits(&self, worked: Span, on: &Footing) -> Span {
        let us = self.stall_us + stall(worked.us() - self.us, on);
        Span::from_us(us).expect("part of the run")
    }
}

fn piece(us: u64, on: &Footing) -> Piece {
    Piece {
        us,
        rate_ppb: on.rate_ppb,
    }
}

fn stall(us: u64, on: &Footing) -> u64 {
    on.waits(Span::from_us(us).expect("part of the run")).us()
}

impl Engine {
    /// A job lies in its seats from now on.
    #[inline]
    pub(super) fn join(&mut self, job: JobId) {
        if self.state.beside.is_some() {
            self.lie_down(job);
        }
    }

    #[inline(never)]
    fn lie_down(&mut self, job: JobId) {
        let seats = self.state.jobs.live(job).allocation.seats.clone();
        self.meet(job, &seats, Vec::push);
    }

    /// A job does not lie in these seats any more, and what it did there is booked.
    pub(super) fn part(&mut self, job: JobId, seats: &[Seat]) {
        if let Some(beside) = &mut self.state.beside {
            beside.past.remove(&job);
            self.meet(job, seats, |here, job| {
                let at = here.iter().position(|other| *other == job);
                here.swap_remove(at.expect("it lay there"));
            });
        }
    }

    /// Changes who lies on the shared GPUs of `seats`, and the rates of whoever else does.
    #[inline(never)]
    fn meet(&mut self, job: JobId, seats: &[Seat], change: fn(&mut Vec<JobId>, JobId)) {
        let roles = self.state.jobs.live(job).job.gang.roles();
        let shared = |seat: &&Seat| {
            matches!(
                roles[usize::from(seat.role)].demand.gpu,
                GpuDemand::Milli(_)
            )
        };
        let places: Vec<Place> = seats
            .iter()
            .filter(shared)
            .map(|seat| (seat.node, seat.gpus.lowest_index()))
            .collect();
        let Some(beside) = &mut self.state.beside else {
            return;
        };
        let mut others: Vec<JobId> = Vec::new();
        for place in places {
            let here = beside.on.entry(place).or_default();
            change(here, job);
            others.extend(here.iter().filter(|other| **other != job));
            if here.is_empty() {
                beside.on.remove(&place);
            }
        }
        others.sort_unstable();
        others.dedup();
        for other in others {
            self.go_on(other);
        }
    }

    /// A running job goes on at the rate that its neighbours leave it. One that saves its state does no work.
    fn go_on(&mut self, job: JobId) {
        let on = self.state.jobs.live(job).attempt.on;
        // It lies where it lay: only its rates are others.
        let on = self.at_rates(job, (on.model, on.gpus, on.reach));
        let now = self.state.now;
        let Some(beside) = &mut self.state.beside else {
            return;
        };
        let live = self.state.jobs.live_mut(job);
        assert!(live.standing == Standing::Running, "only they have seats");
        let attempt = &mut live.attempt;
        if attempt.on == on || attempt.saving.is_some() {
            return;
        }
        let worked = attempt.split(now).worked;
        let past = beside.past.entry(job).or_default();
        past.change(worked.us() - past.us, &attempt.on, &on);
        attempt.on = on;
        if job.replica().is_some() {
            beside.turned.insert(job);
        }
        let done = past.work + piece(worked.us() - past.us, &on).work();
        attempt.left = worked.saturating_add(live.progress.left_after(done, &on));
        if !move_end(attempt) {
            return;
        }
        if attempt.due < SimTime::MAX {
            self.events
                .push(Pending::new(attempt.due, Event::Done(job)));
        }
        let state = &self.state;
        self.events.cancel(|pending| expected(state, pending));
    }

    /// Replicas that somebody was seated beside, or unseated, serve on at the speed that is left to them.
    #[inline]
    pub(super) fn turn_replicas(&mut self, watch: &mut dyn Observer) {
        if let Some(beside) = &mut self.state.beside
            && !beside.turned.is_empty()
        {
            let turned = std::mem::take(&mut beside.turned);
            self.go_on_serving(turned, watch);
        }
    }

    /// What the neighbours of a job leave of its speed: of its tasks, the slowest sets the pace.
    pub(super) fn left_by_neighbours(&self, job: JobId, gpus: u32) -> u64 {
        let (Some(beside), Some(table)) = (&self.state.beside, &self.state.world.slowdown) else {
            return UNIT_RATE;
        };
        let live = self.state.jobs.live(job);
        let label = |job: JobId| {
            let spec = &self.state.jobs.live(job).job;
            table.label(spec.class, spec.kind)
        };
        let factor = |seat: &Seat| {
            let offering = self.capacity.offering_of(seat.node);
            let (place, model) = (
                (seat.node, seat.gpus.lowest_index()),
                self.capacity.shape(offering).model,
            );
            match live.job.gang.roles()[usize::from(seat.role)].demand.gpu {
                GpuDemand::Milli(_) => beside.factor(place, (job, model), (table, gpus), label),
                // Slices do not disturb each other.
                GpuDemand::None | GpuDemand::Whole(_) | GpuDemand::Slice(_) => UNIT_RATE,
            }
        };
        let factors = live.allocation.seats().iter().map(factor);
        factors.min().unwrap_or(UNIT_RATE)
    }
}

/// Reckons the end of an attempt anew; whether it has moved.
fn move_end(attempt: &mut Attempt) -> bool {
    let due = attempt
        .works
        .saturating_add(attempt.cadence.length(attempt.left));
    let before = std::mem::replace(&mut attempt.due, due);
    before != due
}
