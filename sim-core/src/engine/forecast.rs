//! A forecast: what would be free if some jobs ended and others were started.

use super::capacity::Capacity;
use super::view::JobView;
use crate::model::{Gang, Seat, Seats};

/// A copy of what is free, to look ahead in. It changes nothing.
#[derive(Clone, Debug)]
pub struct Forecast {
    capacity: Capacity,
}

impl Forecast {
    pub(crate) fn new(capacity: &Capacity) -> Self {
        Self {
            capacity: capacity.clone(),
        }
    }

    pub(crate) fn reset(&mut self, capacity: &Capacity) {
        self.capacity.clone_from(capacity);
    }

    /// What would be free.
    pub fn capacity(&self) -> &Capacity {
        &self.capacity
    }

    /// Supposes that a running job has ended. To be said once per job.
    pub fn end(&mut self, job: &JobView<'_>) {
        let roles = job.gang().roles();
        for seat in job.allocation().seats() {
            self.capacity
                .give(seat, &roles[usize::from(seat.role)].demand);
        }
    }

    /// Supposes that `gang` lies at `seats`; returns what it got, or `None`, and nothing changes, if it does not fit.
    pub fn start(&mut self, gang: &Gang, seats: &[Seat]) -> Option<Seats> {
        let (roles, mut granted) = (gang.roles(), Seats::new());
        for seat in seats {
            let demand = &roles.get(usize::from(seat.role))?.demand;
            let Some(seat) = self.capacity.choose(seat, demand) else {
                self.stop(gang, &granted);
                return None;
            };
            self.capacity.take(&seat, demand);
            granted.push(seat);
        }
        Some(granted)
    }

    /// Takes back a supposed start.
    pub fn stop(&mut self, gang: &Gang, granted: &[Seat]) {
        for seat in granted {
            self.capacity
                .give(seat, &gang.roles()[usize::from(seat.role)].demand);
        }
    }
}
