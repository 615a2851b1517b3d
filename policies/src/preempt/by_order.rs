//! Preemption by order: a waiting job takes the place of running ones that rank strictly behind it, the last first, and
//! only of those whose nodes it comes to lie on.

use sim_core::units::{JobId, Span};

use super::{Preempt, room};
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
    let victims: Vec<JobId> = victims.into_iter().map(|(_, job)| job).collect();
    room::make(desk, head, &victims)
}
