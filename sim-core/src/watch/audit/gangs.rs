//! The auditor's account of gangs: each lies as it asked to.

use super::jobs::Row;
use super::nodes::Phase;
use super::{Auditor, Rule};
use crate::model::{GpuDemand, Role, Seat};
use crate::units::NodeId;

impl Row {
    /// Seats on `node`, each with what one of its tasks asks for.
    pub(super) fn seats_on(&self, node: NodeId) -> impl Iterator<Item = (&Seat, &Role)> {
        let seats = self.running.iter().flat_map(|running| &running.seats);
        let here = seats.filter(move |seat| seat.node == node);
        here.filter_map(|seat| {
            let role = self.spec.gang.roles().get(usize::from(seat.role))?;
            Some((seat, role))
        })
    }
}

impl Auditor {
    /// The seats are the gang, on ready nodes of one allowed model, with the GPUs that the tasks need.
    pub(super) fn check_gang(&mut self, at: usize, seats: &[Seat], held: &[Seat]) {
        let (job, spec) = (self.jobs[at].id, self.jobs[at].spec.clone());
        for (position, role) in spec.gang.roles().iter().enumerate() {
            let of_role = seats
                .iter()
                .filter(|seat| usize::from(seat.role) == position);
            let seated: u64 = of_role.map(|seat| u64::from(seat.tasks)).sum();
            let enough = u64::from(role.least)..=u64::from(role.tasks);
            self.demand(enough.contains(&seated), Rule::Gang, || {
                format!(
                    "{job}: {seated} of {} tasks of role {position} are seated",
                    role.tasks
                )
            });
        }
        let mut lies_on = None;
        for seat in seats {
            let Some(role) = spec.gang.roles().get(usize::from(seat.role)) else {
                self.blame(Rule::Gang, format!("{job} has no role {}", seat.role));
                continue;
            };
            let Some(offering) = self.offering_of(seat.node) else {
                self.blame(
                    Rule::Closed,
                    format!("{job} starts on no node: {:?}", seat.node),
                );
                continue;
            };
            let phase = self.slots[seat.node.index()].phase;
            // What it held before it may go on holding.
            let stays = held.contains(seat) && phase != Phase::Absent;
            self.demand(phase == Phase::Ready || stays, Rule::Closed, || {
                format!("{job} starts on {:?}, which is {phase:?}", seat.node)
            });
            self.check_gpus(job, seat, role);
            self.check_offered(job, (offering, seat), role);
            let market = self.world.offerings[offering].market;
            self.demand(role.demand.markets.allows(market), Rule::Market, || {
                format!("{job} lies on {:?}, got on {market:?}", seat.node)
            });
            if role.demand.gpu != GpuDemand::None {
                let model = self.world.offerings[offering].shape.model;
                let fits = spec.models.allows(model) && lies_on.is_none_or(|other| other == model);
                lies_on = Some(model);
                self.demand(fits, Rule::Model, || format!("{job} lies on {model:?}"));
            }
        }
    }
}
