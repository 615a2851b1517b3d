//! An attempt as the auditor sees it: where it lies, how fast it is, and how its time passes.

use super::jobs::Row;
use super::work::{Pace, Stretch};
use crate::model::{Class, Seat};
use crate::units::{SimTime, Span};
use crate::watch::Spent;

/// The running attempt.
#[derive(Clone, Debug)]
pub(super) struct Running {
    pub(super) seats: Vec<Seat>,
    pub(super) started: SimTime,
    pub(super) works: SimTime,
    /// What it worked before its rate last changed, in order.
    before: Vec<Stretch>,
    rate: u64,
    /// What the rate would be without waiting for data.
    compute: u64,
    pub(super) pace: Pace,
    /// Since when it has been saving its state at a notice.
    pub(super) saving: Option<SimTime>,
}

impl Running {
    /// One that begins, and works from a later instant on, at a rate and what that would be without waiting for data.
    pub(super) fn new(
        seats: &[Seat],
        (started, works): (SimTime, SimTime),
        (rate, compute): (u64, u64),
        (class, row): (&Class, &Row),
    ) -> Self {
        Self {
            seats: seats.to_vec(),
            started,
            works,
            before: Vec::new(),
            rate,
            compute,
            pace: Pace::of(class, &row.work, rate, row.every),
            saving: None,
        }
    }

    /// From `now` on it goes on at another rate; `left` says how long it takes to do what is then left of its work.
    pub(super) fn go_on(
        &mut self,
        now: SimTime,
        (rate, compute): (u64, u64),
        left: impl FnOnce(&[Stretch], u64) -> u64,
    ) {
        let worked = self.worked(now);
        let done = self.stretches(worked);
        self.pace.work = worked.saturating_add(left(&done, rate));
        self.before = done;
        self.before.retain(|stretch| stretch.us > 0);
        // There and back at one instant is no change.
        let last = self.before.last();
        if last.is_some_and(|last| (last.rate, last.compute) == (rate, compute)) {
            self.before.pop();
        }
        (self.rate, self.compute) = (rate, compute);
    }

    /// Whether these are its rates.
    pub(super) fn goes_at(&self, rates: (u64, u64)) -> bool {
        (self.rate, self.compute) == rates
    }

    /// The first so many microseconds of its work, by rate.
    pub(super) fn stretches(&self, worked: u64) -> Vec<Stretch> {
        let now = Stretch {
            us: u64::MAX,
            rate: self.rate,
            compute: self.compute,
        };
        let (mut left, mut cut) = (worked, Vec::new());
        for stretch in self.before.iter().chain([&now]) {
            let us = stretch.us.min(left);
            left -= us;
            cut.push(Stretch { us, ..*stretch });
        }
        cut
    }

    /// Microseconds since it began to work, up to `now` or to when it began to save its state.
    pub(super) fn elapsed(&self, now: SimTime) -> u64 {
        let until = self.saving.unwrap_or(now);
        until.us().saturating_sub(self.works.us())
    }

    /// Microseconds it has worked by `now`.
    pub(super) fn worked(&self, now: SimTime) -> u64 {
        self.pace.worked(self.elapsed(now))
    }

    /// Its parts are what happened: setting up, work, and the rest of the time for writing.
    pub(super) fn passed(&self, now: SimTime, spent: &Spent) -> bool {
        let restore = now.us().min(self.works.us()) - self.started.us();
        let work = spent.kept.us() + spent.lost.us();
        let all = now.us() - self.started.us();
        let waited = self.stretches(work);
        let waited: u64 = waited.iter().map(Stretch::waited).sum();
        restore == spent.restore.us()
            && work == self.worked(now)
            && spent.stall.us() == waited
            && spent.total().us() == all
    }

    /// When it ends if it is left alone.
    pub(super) fn due(&self, dump: Span) -> SimTime {
        let (from, length) = match self.saving {
            Some(since) => (since, dump.us()),
            None => (self.works, self.pace.length()),
        };
        from.saturating_add(Span::from_us(length).unwrap_or(Span::MAX))
    }
}
