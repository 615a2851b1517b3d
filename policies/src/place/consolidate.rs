//! Consolidate: the fewest nodes on which the gang could ever lie, or none; it waits rather than scatter.

use sim_core::engine::Capacity;
use sim_core::model::{ModelSet, Role, Seats};
use sim_core::units::OfferingId;

use super::{BestFit, Place, fill};

/// As best-fit, but refuses a placement on more nodes than empty ones would need.
#[derive(Clone, Copy, Debug)]
pub struct Consolidate;

impl Place for Consolidate {
    fn lay(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) -> Option<Seats> {
        let seats = BestFit.lay(capacity, role, models)?;
        let group = fill::allowed(capacity, role, models);
        (nodes(&seats) <= fewest(capacity, role, &group)).then_some(seats)
    }

    fn fork(&self) -> Box<dyn Place> {
        Box::new(*self)
    }
}

fn nodes(seats: &Seats) -> u32 {
    let mut ids: Vec<_> = seats.iter().map(|seat| seat.node).collect();
    ids.sort_unstable();
    ids.dedup();
    u32::try_from(ids.len()).expect("few nodes")
}

/// Nodes needed if all were empty: the roomiest ones.
fn fewest(capacity: &Capacity, role: &Role, group: &[OfferingId]) -> u32 {
    let room = |offering: &OfferingId| {
        let shape = capacity.shape(*offering);
        let by_gpu = u64::from(shape.gpus) * 1000 / role.demand.gpu_milli().max(1);
        let by_gpu = if role.demand.gpu_milli() == 0 {
            u64::from(u32::MAX)
        } else {
            by_gpu
        };
        let by_cpu = shape
            .cpu_milli
            .checked_div(role.demand.cpu_milli)
            .unwrap_or(u32::MAX);
        let by_memory = shape
            .memory_mib
            .checked_div(role.demand.memory_mib)
            .unwrap_or(u32::MAX);
        u32::try_from(by_gpu)
            .unwrap_or(u32::MAX)
            .min(by_cpu)
            .min(by_memory)
    };
    let most = group.iter().map(room).max().unwrap_or(0).max(1);
    role.tasks.div_ceil(most)
}
