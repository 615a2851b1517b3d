//! Preemption by order: a waiting job takes the place of running ones that rank strictly behind it, the last first, and
//! only of those whose nodes it comes to lie on.

use sim_core::model::Placement;
use sim_core::units::{JobId, Span};

use super::Preempt;
use crate::compose::Desk;
use crate::order::Order;
use crate::queue::Key;

/// Preemption by order.
#[derive(Clone, Copy, Debug)]
pub struct ByOrder {
    /// Most jobs, from the front of the queue, for which room is made at an instant.
    pub depth: u32,
}

impl Preempt for ByOrder {
    fn relieve(&mut self, desk: &mut Desk<'_, '_, '_>) -> bool {
        let mut relieved = false;
        for _ in 0..self.depth {
            let Some((head, key)) = desk.queue.first() else {
                break;
            };
            if !make_room(desk, head, key) {
                break;
            }
            relieved = true;
        }
        relieved
    }

    fn quantum(&self, order: &dyn Order) -> Option<Span> {
        order.quantum()
    }

    fn fork(&self) -> Box<dyn Preempt> {
        Box::new(*self)
    }
}

/// Starts `head` in the place of jobs that rank behind it; nothing changes if they do not hold enough.
fn make_room(desk: &mut Desk<'_, '_, '_>, head: JobId, key: Key) -> bool {
    let behind = desk.view.running().map(|job| (desk.key(&job), job.id()));
    let mut victims: Vec<(Key, JobId)> = behind
        .filter(|(rank, job)| *rank > key && desk.plan.is_running(*job))
        .collect();
    victims.sort_unstable_by(|a, b| b.cmp(a));
    let Some((placement, needed)) = room_by(desk, head, &victims) else {
        return false;
    };
    let on_it = |victim: JobId| {
        let seats = desk.job(victim).allocation().seats();
        seats
            .iter()
            .any(|seat| placement.seats.iter().any(|asked| asked.node == seat.node))
    };
    let hit: Vec<JobId> = victims[..needed]
        .iter()
        .map(|(_, job)| *job)
        .filter(|job| on_it(*job))
        .collect();
    for job in &hit {
        desk.plan
            .preempt(*job)
            .expect("it runs, and this plan has not touched it");
    }
    desk.start(head, &placement);
    for job in hit {
        desk.requeue(job);
    }
    true
}

/// How many of `victims` must go for `head` to fit, and where it would lie then; the plan is left as it was.
fn room_by(
    desk: &mut Desk<'_, '_, '_>,
    head: JobId,
    victims: &[(Key, JobId)],
) -> Option<(Placement, usize)> {
    let mark = desk.plan.mark();
    let (wanted, mut freed) = (desk.job(head).gang().gpu_milli(), free_milli(desk));
    let mut found = None;
    for (position, (_, victim)) in victims.iter().enumerate() {
        freed += desk.job(*victim).gang().gpu_milli();
        desk.plan
            .preempt(*victim)
            .expect("it runs, and this plan has not touched it");
        if wanted >= 1000 && freed < wanted {
            continue;
        }
        if let Some(placement) = desk.lay(head) {
            found = Some((placement, position + 1));
            break;
        }
    }
    desk.plan.rollback(mark);
    found
}

/// Thousandths of GPUs that are wholly free, anywhere: what is missing to the wanted must come from victims.
fn free_milli(desk: &Desk<'_, '_, '_>) -> u64 {
    let capacity = desk.plan.capacity();
    let free: u64 = capacity
        .offerings()
        .map(|offering| u64::from(capacity.free_gpus(offering)))
        .sum();
    free * 1000
}
