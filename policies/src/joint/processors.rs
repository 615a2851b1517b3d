//! A fleet as numbered processors: a GPU is one, in the order of nodes and of GPUs in a node.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::engine::{JobView, Plan, View};
use sim_core::model::{Demand, Gang, GpuSet, ModelSet, Placement, Seat};
use sim_core::units::{JobId, NodeId, SimTime};

/// A set of processors.
pub(super) type Processors = BTreeSet<(NodeId, u32)>;

/// Processors a job asks for, or `None` if it is not made of single-GPU tasks.
pub(super) fn wanted(job: &JobView<'_>) -> Option<usize> {
    let simple = match job.gang() {
        Gang::One(role) => role.demand == Demand::gpus(1) && job.models() == ModelSet::ANY,
        Gang::Many(_) => false,
    };
    simple.then(|| usize::try_from(job.gang().gpus()).expect("32 bits fit"))
}

/// Whether a job can be thought of in processors: it is made of them, and they are all alike, so that a gang may lie on any.
pub(super) fn describes(plan: &Plan<'_>, job: &JobView<'_>) -> bool {
    let capacity = plan.capacity();
    let shapes = capacity
        .offerings()
        .map(|offering| capacity.shape(offering));
    let mut models = shapes
        .filter(|shape| shape.gpus > 0)
        .map(|shape| shape.model);
    let first = models.next();
    wanted(job).is_some() && models.all(|model| Some(model) == first)
}

/// The free ones, the plan so far included.
pub(super) fn free(plan: &Plan<'_>) -> Processors {
    let capacity = plan.capacity();
    let nodes = capacity
        .offerings()
        .flat_map(|offering| capacity.nodes(offering));
    nodes
        .flat_map(|node| capacity.free_on(node).iter().map(move |gpu| (node, gpu)))
        .collect()
}

/// Those that a job holds by its seats.
pub(super) fn held(seats: &[Seat]) -> impl Iterator<Item = (NodeId, u32)> + '_ {
    seats
        .iter()
        .flat_map(|seat| seat.gpus.iter().map(move |gpu| (seat.node, gpu)))
}

/// Starts a job on these processors.
pub(super) fn start(plan: &mut Plan<'_>, job: JobId, on: &[(NodeId, u32)]) {
    let mut by_node: BTreeMap<NodeId, GpuSet> = BTreeMap::new();
    for (node, gpu) in on {
        let gpus = by_node.entry(*node).or_default();
        *gpus = gpus.with(GpuSet::one(*gpu));
    }
    let seat = |(node, gpus): (NodeId, GpuSet)| Seat {
        gpus,
        ..Seat::anywhere(node, 0, gpus.count())
    };
    let placement = Placement {
        seats: by_node.into_iter().map(seat).collect(),
    };
    plan.start(job, &placement)
        .expect("free processors, as many as asked for");
}

/// Jobs that run, those started in this plan included, by estimated end: end, job, processors held.
pub(super) fn running(view: &View<'_>, plan: &Plan<'_>, fresh: &[JobId]) -> Vec<(SimTime, JobId)> {
    let end = |job: JobView<'_>| (job.estimated_end().unwrap_or(SimTime::MAX), job.id());
    let known = view
        .running()
        .filter(|job| plan.is_running(job.id()))
        .map(end);
    let fresh = fresh.iter().filter_map(|job| view.job(*job)).map(end);
    let mut all: Vec<(SimTime, JobId)> = known.chain(fresh).collect();
    all.sort_unstable();
    all
}

/// What a running job holds, started in this plan or before.
pub(super) fn holdings(view: &View<'_>, plan: &Plan<'_>, job: JobId) -> Vec<(NodeId, u32)> {
    let seats = plan
        .seats_of(job)
        .or_else(|| view.job(job).map(|job| job.allocation().seats()));
    held(seats.unwrap_or_default()).collect()
}

/// Least estimated end at which `needed` processors are free, with how many have ended by then.
pub(super) fn shadow(view: &View<'_>, plan: &Plan<'_>, fresh: &[JobId], needed: usize) -> SimTime {
    let mut free = free(plan).len();
    for (end, job) in running(view, plan, fresh) {
        free += holdings(view, plan, job).len();
        if free >= needed {
            return end;
        }
    }
    SimTime::MAX
}
