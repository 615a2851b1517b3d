//! Neighbours on a GPU, and what an attempt is made of whose rate they change: told stretch by stretch.

use super::Naive;
use super::attempt::span;
use crate::course::{Change, Course, Footing, Piece, Progress, Slowdown, UNIT_RATE};
use crate::model::{GpuDemand, Seat};
use crate::units::{ModelId, Span};

impl Naive<'_> {
    /// An attempt begins, or goes on in other seats.
    pub(super) fn set_off(&mut self, at: usize, on: Footing) {
        let row = &mut self.rows[at];
        (row.on, row.first) = (on, on);
        row.before.clear();
        self.rows[at].due = self.due(at);
        self.meet_neighbours();
    }

    /// Looks at everybody, and lets those whose rate is another now go on at it.
    pub(super) fn meet_neighbours(&mut self) {
        if self.world.slowdown.is_none() {
            return;
        }
        for at in self.in_order() {
            let row = &self.rows[at];
            if row.seats.is_empty() || row.saving.is_some() {
                continue;
            }
            let on = self.footing(at, &row.seats);
            if on == row.on {
                continue;
            }
            let before: u64 = row.before.iter().map(|(span, _)| span.us()).sum();
            let worked = self.walk(at, self.now).worked - before;
            let row = &mut self.rows[at];
            if worked > 0 {
                row.before.push((span(worked), row.on));
            }
            // There and back at one instant is no change.
            row.before.pop_if(|(_, last)| *last == on);
            row.on = on;
            self.rows[at].due = self.due(at);
        }
    }

    /// What neighbours leave of a job's speed in these seats: every other task on the same GPU counts, its own ones too.
    pub(super) fn left_by_neighbours(
        &self,
        table: &Slowdown,
        (at, seats): (usize, &[Seat]),
        (model, gpus): (ModelId, u32),
    ) -> u64 {
        let label = |at: usize| table.label(self.rows[at].spec.class, self.rows[at].spec.kind);
        let shares = |at: usize, seat: &Seat| {
            let role = &self.rows[at].spec.gang.roles()[usize::from(seat.role)];
            matches!(role.demand.gpu, GpuDemand::Milli(_))
        };
        let mut slowest = UNIT_RATE;
        for (position, seat) in seats.iter().enumerate() {
            if !shares(at, seat) {
                continue;
            }
            let mut factors = Vec::new();
            for other in 0..self.rows.len() {
                let lies = if other == at {
                    seats
                } else {
                    &self.rows[other].seats
                };
                for (place, neighbour) in lies.iter().enumerate() {
                    let itself = (other, place) == (at, position);
                    let here = (neighbour.node, neighbour.gpus) == (seat.node, seat.gpus);
                    if here && !itself && shares(other, neighbour) {
                        let labels = label(at).zip(label(other));
                        factors.extend(
                            labels.map(|(own, beside)| table.factor((own, gpus), beside, model)),
                        );
                    }
                }
            }
            slowest = slowest.min(Slowdown::together(&mut factors));
        }
        slowest
    }

    /// Working time of the whole attempt.
    pub(super) fn work_of(&self, at: usize) -> Span {
        let row = &self.rows[at];
        if row.before.is_empty() {
            let Change::Done(left) = row.progress.next(&row.on);
            return left;
        }
        let done = row.before.iter().map(|(span, on)| piece(*span, on).work());
        let rest = row.progress.left_after(done.sum(), &row.on);
        let before = row.before.iter().map(|(span, _)| *span);
        before.fold(rest, Span::saturating_add)
    }

    /// The first `worked` of the attempt, by footing.
    fn stretches(&self, at: usize, worked: Span) -> Vec<(Span, Footing)> {
        let row = &self.rows[at];
        let (mut left, mut all) = (worked, Vec::new());
        for (span, on) in row.before.iter().chain([&(Span::MAX, row.on)]) {
            let taken = left.min(*span);
            left = left - taken;
            all.push((taken, *on));
        }
        all
    }

    /// What is left of the job after so much of the attempt, and how much of that was of use.
    pub(super) fn advanced(&self, at: usize, worked: Span) -> (Progress, Span) {
        let mut progress = self.rows[at].progress.clone();
        let kept = match self.stretches(at, worked).as_slice() {
            [(span, on)] => progress.advance(*span, on),
            several => {
                let pieces = several.iter().map(|(span, on)| piece(*span, on));
                progress.advance_in(&pieces.collect::<Vec<_>>())
            }
        };
        (progress, kept)
    }

    /// Of so much working time, that in which data is waited for.
    pub(super) fn waits(&self, at: usize, worked: Span) -> Span {
        let stretches = self.stretches(at, worked).into_iter();
        let waits = stretches.map(|(span, on)| on.waits(span));
        waits.fold(Span::ZERO, Span::saturating_add)
    }
}

fn piece(span: Span, on: &Footing) -> Piece {
    Piece {
        us: span.us(),
        rate_ppb: on.rate_ppb,
    }
}
