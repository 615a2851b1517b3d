//! The footing of a job: what its allocation, and its neighbours, are to its course.

use std::collections::BTreeSet;

use super::run::Engine;
use crate::course::{Footing, Rates, Reach};
use crate::model::Seat;
use crate::units::{JobId, ModelId, NodeId, OfferingId, convert};

impl Engine {
    /// What the allocation of `job` is to its course.
    pub(super) fn footing(&self, job: JobId) -> Footing {
        let live = self.state.jobs.live(job);
        let (seats, capacity) = (live.allocation.seats(), &self.capacity);
        let first = seats.first().expect("a gang has a task").node;
        let (mut reach, mut model) = (Reach::Node, None);
        let zone = |offering: OfferingId| self.state.world.offerings[offering.index()].zone;
        for seat in seats {
            let offering = capacity.offering_of(seat.node);
            if !seat.gpus.is_empty() {
                model = Some(capacity.shape(offering).model);
            }
            if seat.node != first {
                let apart = if capacity.rack_of(seat.node) == capacity.rack_of(first) {
                    Reach::Rack
                } else if zone(offering) == zone(capacity.offering_of(first)) {
                    Reach::Zone
                } else {
                    Reach::Zones
                };
                reach = reach.max(apart);
            }
        }
        self.at_rates(job, (model, live.job.gang.gpus_in(seats), reach))
    }

    /// The footing of `job` in its seats, which are of this model and reach so far.
    #[expect(
        clippy::inline_always,
        reason = "every start goes through it, and its other caller is rare"
    )]
    #[inline(always)]
    pub(super) fn at_rates(
        &self,
        job: JobId,
        (model, gpus, reach): (Option<ModelId>, u32, Reach),
    ) -> Footing {
        let live = self.state.jobs.live(job);
        let seats = live.allocation.seats();
        let rates = &self.state.world.classes[live.job.class.index()]
            .course
            .rates;
        let tasks = seats.iter().map(|seat| seat.tasks).sum();
        let rate = rates.on(live.job.kind, model, gpus, reach);
        let mut compute = rates.of_part(rate, (tasks, live.job.gang.tasks()));
        if self.state.beside.is_some() {
            compute = Rates::slowed(compute, self.left_by_neighbours(job, gpus));
        }
        Footing {
            model,
            gpus,
            reach,
            rate_ppb: match rates.feeds {
                Some(_) => rates.fed(compute, nodes(seats), gpus),
                None => compute,
            },
            compute_ppb: compute,
        }
    }
}

/// Nodes under a gang.
fn nodes(seats: &[Seat]) -> u32 {
    let nodes: BTreeSet<NodeId> = seats.iter().map(|seat| seat.node).collect();
    convert::narrow(nodes.len())
}
