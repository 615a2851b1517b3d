//! Admission by tenant: whoever stands worst starts its first job, then the next, as far as limits and machines go.

use sim_core::engine::Reason;
use sim_core::units::{JobId, QueueId};

use super::Admit;
use crate::compose::Desk;
use crate::queue::Pass;
use crate::tenants::{Fairness, Held};

/// Admission by tenant.
#[derive(Clone, Debug)]
pub struct ByTenant {
    /// Who stands worst.
    pub fairness: Fairness,
    /// Whether a job that cannot start lets those behind it in its own queue go before it.
    pub skips: bool,
    pass: Pass,
}

impl ByTenant {
    /// By this measure.
    pub fn new(fairness: Fairness, skips: bool) -> Self {
        Self {
            fairness,
            skips,
            pass: Pass::default(),
        }
    }
}

impl Admit for ByTenant {
    fn admit(&mut self, desk: &mut Desk<'_, '_, '_>) {
        let mut pass = std::mem::take(&mut self.pass);
        desk.queue.begin(&mut pass);
        let mut open = desk.queue.tenants(&pass);
        while let Some(queue) = desk
            .tenants()
            .next(self.fairness, &|queue| open.contains(&queue))
        {
            let Some((job, lane)) = desk.queue.next_of(&mut pass, queue) else {
                open.retain(|other| *other != queue);
                continue;
            };
            if try_start(desk, job, queue) {
                continue;
            }
            if self.skips {
                pass.skip(lane);
            } else {
                open.retain(|other| *other != queue);
            }
        }
        if !self.skips {
            desk.plan.hold_others(Reason::BehindHead);
        }
        self.pass = pass;
    }

    fn is_by_tenant(&self) -> bool {
        true
    }

    fn fork(&self) -> Box<dyn Admit> {
        Box::new(self.clone())
    }
}

/// Starts a job if it fits, and its queue may hold as much; says why not.
fn try_start(desk: &mut Desk<'_, '_, '_>, job: JobId, queue: QueueId) -> bool {
    let gang = desk.job(job).gang();
    if desk.tenants().may_hold(queue, Held::least(gang)) {
        let Some(placement) = desk.lay(job) else {
            desk.hold_unplaced(job);
            return false;
        };
        // An elastic job may come to hold more than the least.
        if desk.is_within_limits(job, &placement.seats) {
            desk.start(job, &placement);
            return true;
        }
    }
    desk.plan.hold_alike(job, Reason::OverLimit);
    false
}
