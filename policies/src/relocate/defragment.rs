//! Defragment: a running job that holds a share or a slice of a GPU goes on where the policy's placement would lay it now, if that
//! takes away enough of what is a fragment to the tasks that typically come.
//!
//! Its going makes room where it lay, its coming fills where it will lie; what both take away, in GPUs, is the gain. The move
//! costs what the job's class says of a change of seats, so a job with less left to do than that stays. All is looked at once
//! in a while only, the largest gains first; fragments only ever become fewer, so nobody goes to and fro.

use sim_core::engine::{Decision, JobDecision, JobView};
use sim_core::model::{Placement, Seat};
use sim_core::units::{JobId, NodeId, SimTime, Span, convert};

use super::Relocate;
use crate::buy::remaining;
use crate::compose::Desk;
use crate::fragment::Seen;

/// Out of fragments.
#[derive(Clone, Debug)]
pub struct Defragment {
    /// The least gain worth a move, in thousandths of a GPU.
    pub gain_milli: f64,
    /// How often to look.
    pub every: Span,
    /// Most moves at a look.
    pub most: u32,
    /// What is typical.
    pub seen: Seen,
    /// When to look next.
    pub next: SimTime,
}

impl Relocate for Defragment {
    fn relocate(&mut self, desk: &mut Desk<'_, '_, '_>) -> Option<SimTime> {
        self.seen.note(desk.view);
        let now = desk.view.now();
        if now >= self.next {
            self.next = now.saturating_add(self.every);
            self.look(desk);
        }
        let starts =
            |decision: &Decision| matches!(decision, Decision::Job(JobDecision::Start(..)));
        let anyone_runs = desk.view.running_len() > 0 || desk.plan.decisions().iter().any(starts);
        anyone_runs.then_some(self.next)
    }

    fn fork(&self) -> Box<dyn Relocate> {
        Box::new(self.clone())
    }
}

impl Defragment {
    fn look(&self, desk: &mut Desk<'_, '_, '_>) {
        let sharing = desk
            .view
            .running()
            .filter(|job| is_sharing(job) && !job.is_saving());
        let worth_it = sharing.filter(|job| remaining(job, desk.view) > job.checkpoint().reseat);
        let jobs: Vec<JobId> = worth_it.map(|job| job.id()).collect();
        let mut gains: Vec<(f64, JobId)> = Vec::new();
        for job in jobs {
            let mark = desk.plan.mark();
            if let Some(gain) = self.try_move(desk, job) {
                desk.plan.rollback(mark);
                gains.push((gain, job));
            }
        }
        gains.sort_by(|(a, one), (b, other)| b.total_cmp(a).then(one.cmp(other)));
        let mut moves = 0;
        for (_, job) in gains {
            // Those who moved before it may have taken its place, or its gain.
            if moves < self.most && self.try_move(desk, job).is_some() {
                moves += 1;
            }
        }
    }

    /// Moves a job and returns the gain, if there is enough; else all is as it was.
    fn try_move(&self, desk: &mut Desk<'_, '_, '_>, id: JobId) -> Option<f64> {
        if !desk.plan.is_running(id) || id.replica().is_some() {
            return None;
        }
        let held = desk.job(id).allocation().seats();
        let to = desk.lay(id)?;
        let nodes = nodes(held, &to);
        let mark = desk.plan.mark();
        let before = self.fragments(desk, &nodes);
        let moved = desk.plan.reseat(id, &to);
        moved.expect("it runs, saves nothing, and was laid out on this plan");
        let gain = before - self.fragments(desk, &nodes);
        if gain < self.gain_milli || tasks(&to.seats) < tasks(held) {
            desk.plan.rollback(mark);
            return None;
        }
        Some(gain)
    }

    fn fragments(&self, desk: &Desk<'_, '_, '_>, nodes: &[NodeId]) -> f64 {
        let capacity = desk.plan.capacity();
        let typical = self.seen.typical();
        let of = |node: &NodeId| typical.fragment_on(capacity, *node);
        nodes.iter().map(of).sum()
    }
}

fn is_sharing(job: &JobView<'_>) -> bool {
    let mut roles = job.gang().roles().iter();
    roles.any(|role| role.demand.gpu.is_part())
}

fn tasks(seats: &[Seat]) -> u64 {
    seats
        .iter()
        .map(|seat| convert::wide(convert::index(seat.tasks)))
        .sum()
}

/// Nodes that a job leaves or comes to, each once.
fn nodes(held: &[Seat], to: &Placement) -> Vec<NodeId> {
    let mut nodes: Vec<NodeId> = held.iter().chain(&to.seats).map(|seat| seat.node).collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}
