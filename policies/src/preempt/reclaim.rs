//! Reclaim: a queue that holds less than it is guaranteed takes back what others borrowed, from whoever started last.
//!
//! A queue gives jobs only as long as it holds more than it is guaranteed; the last of them may take it below, as jobs do not
//! come in pieces. Source: Kubernetes Kueue, "Preemption", `reclaimWithinCohort`; Apache Hadoop, "Capacity Scheduler".

use std::cmp::Reverse;
use std::collections::BTreeMap;

use sim_core::units::{JobId, QueueId, Span};

use super::{Preempt, room};
use crate::compose::Desk;
use crate::order::Order;
use crate::tenants::{Fairness, Held};

/// Reclaim.
#[derive(Clone, Copy, Debug)]
pub struct Reclaim {
    /// Most jobs for which room is made at an instant.
    pub depth: u32,
}

impl Preempt for Reclaim {
    fn relieve(&mut self, desk: &mut Desk<'_, '_, '_>) -> bool {
        let mut relieved = false;
        for _ in 0..self.depth {
            if !take_back(desk) {
                break;
            }
            relieved = true;
        }
        relieved
    }

    fn quantum(&self, _order: &dyn Order) -> Option<Span> {
        None
    }

    fn is_by_tenant(&self) -> bool {
        true
    }

    fn fork(&self) -> Box<dyn Preempt> {
        Box::new(*self)
    }
}

/// Makes room for the first job of the queue that stands worst, of those for which that is possible.
fn take_back(desk: &mut Desk<'_, '_, '_>) -> bool {
    let mut heads: BTreeMap<QueueId, JobId> = desk.queue.heads().collect();
    while let Some(queue) = desk
        .tenants()
        .next(Fairness::Guaranteed, &|queue| heads.contains_key(&queue))
    {
        let Some(head) = heads.remove(&queue) else {
            break;
        };
        let least = Held::least(desk.job(head).gang());
        if desk.tenants().is_guaranteed(queue, least) && make_room(desk, head) {
            return true;
        }
    }
    false
}

/// Starts `head` in the place of jobs whose queues hold more than they are guaranteed.
fn make_room(desk: &mut Desk<'_, '_, '_>, head: JobId) -> bool {
    let tenants = desk.tenants();
    let mut running: Vec<_> = desk
        .view
        .running()
        .filter(|job| desk.plan.is_running(job.id()))
        .collect();
    running.sort_unstable_by_key(|job| Reverse((job.started(), job.id())));
    let mut borrowed: BTreeMap<QueueId, u64> = BTreeMap::new();
    let mut victims = Vec::new();
    for job in running {
        let Some((queue, held)) = tenants.held_by(job.id()) else {
            continue;
        };
        let borrowed = borrowed
            .entry(queue)
            .or_insert_with(|| tenants.borrowed(queue));
        if *borrowed > 0 {
            *borrowed = borrowed.saturating_sub(held.gpu_milli);
            victims.push(job.id());
        }
    }
    room::make(desk, head, &victims)
}
