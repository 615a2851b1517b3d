//! Heeding a budget, by what is seen of the spending: past a first share an alert is noted; past a second, jobs that are not
//! critical start no more, and nothing is bought for them; past a third, they are interrupted and machines given back. When
//! the next period begins all is open again.

use sim_core::engine::{Reason, Wakes};
use sim_core::model::Market;
use sim_core::units::{JobId, Money, OfferingId, SimTime};

use super::{Keeper, Shut, earlier};
use crate::compose::Desk;

/// How far a budget is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Not far.
    #[default]
    Open,
    /// Far enough to say so.
    Alert,
    /// Only critical jobs start.
    Freeze,
    /// Only critical jobs run.
    Shrink,
}

const STAGES: [Stage; 3] = [Stage::Alert, Stage::Freeze, Stage::Shrink];

/// Heeds budgets.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Names of those that it heeds; none: all.
    pub names: Vec<String>,
    /// Shares of the amount at which the stages begin, in millionths.
    pub shares: [u32; 3],
    /// A job of this priority or above is critical.
    pub critical: i32,
    /// Markets in which machines are given back, first to last.
    pub release: Vec<Market>,
    /// How far the budget is gone that is gone furthest.
    pub stage: Stage,
    /// Jobs taken out of the queue.
    pub withheld: Vec<JobId>,
    /// By offering: whether a budget for it is so far gone that machines are given back.
    pub spent: Vec<bool>,
}

impl Keeper for Budget {
    fn begin(&mut self, desk: &mut Desk<'_, '_, '_>, shut: &mut Shut) -> Option<SimTime> {
        let before = self.stage;
        let wish = self.look(desk);
        if self.stage > before {
            desk.plan.alert();
        }
        if self.stage < Stage::Freeze {
            self.let_in(desk);
            return wish;
        }
        for job in desk.queue.jobs() {
            if desk.job(job).priority() < self.critical {
                desk.queue.remove(job);
                self.withheld.push(job);
            }
        }
        for job in &self.withheld {
            desk.plan.hold(*job, Reason::OverBudget);
        }
        if self.stage == Stage::Shrink {
            self.interrupt(desk);
        }
        if desk.queue.is_empty() {
            shut.resize(desk.plan.capacity().offerings().count(), true);
        }
        wish
    }

    fn finish(&mut self, desk: &mut Desk<'_, '_, '_>) -> Option<SimTime> {
        // What a critical job waits for is not given back.
        if self.stage == Stage::Shrink && desk.queue.is_empty() {
            for market in &self.release {
                let offerings = desk.view.offerings();
                for (id, _) in offerings.filter(|(_, offering)| offering.market == *market) {
                    self.give_back(desk, id);
                }
            }
        }
        None
    }

    fn wakes_on(&self) -> Wakes {
        if self.stage == Stage::Shrink {
            Wakes::END
        } else {
            Wakes::NONE
        }
    }

    fn fork(&self) -> Box<dyn Keeper> {
        Box::new(self.clone())
    }
}

impl Budget {
    /// How far the budgets are gone; returns when the next stage may begin, or the next period.
    fn look(&mut self, desk: &Desk<'_, '_, '_>) -> Option<SimTime> {
        (self.stage, self.spent) = (Stage::Open, Vec::new());
        let mut wish = None;
        for (position, budget) in desk.view.budgets().iter().enumerate() {
            if !self.names.is_empty() && !self.names.contains(&budget.name) {
                continue;
            }
            let spend = desk.view.spend(position);
            let mut stage = Stage::Open;
            for (begins, share) in STAGES.into_iter().zip(self.shares) {
                let from = spend.amount.nanousd().saturating_mul(share.into()) / 1_000_000;
                if spend.seen.nanousd() >= from {
                    (stage, wish) = (begins, earlier(wish, Some(spend.until)));
                } else {
                    let at = desk.view.seen_at(position, Money::from_nanousd(from));
                    wish = earlier(wish, at);
                }
            }
            self.stage = self.stage.max(stage);
            if stage == Stage::Shrink {
                self.spent
                    .resize(desk.plan.capacity().offerings().count(), false);
                for offering in &budget.covers {
                    self.spent[offering.index()] = true;
                }
            }
        }
        wish
    }

    /// Whoever was withheld waits in the queue again.
    fn let_in(&mut self, desk: &mut Desk<'_, '_, '_>) {
        for job in self.withheld.drain(..) {
            if desk.view.job(job).is_some() {
                desk.requeue(job);
            }
        }
    }

    /// Stops jobs that are not critical, where machines shall be given back. They are withheld when they come to wait.
    fn interrupt(&self, desk: &mut Desk<'_, '_, '_>) {
        let goes = |id: OfferingId| {
            let offering = desk.view.offering(id).expect("of the view");
            self.spent[id.index()] && self.release.contains(&offering.market)
        };
        let running = desk.view.running();
        let victims = running.filter(|job| job.priority() < self.critical);
        let victims = victims.filter(|job| {
            let mut seats = job.allocation().seats().iter();
            seats.any(|seat| goes(desk.plan.capacity().offering_of(seat.node)))
        });
        for job in victims.map(|job| job.id()).collect::<Vec<_>>() {
            if desk.plan.can_spare(job) {
                desk.plan.preempt(job).expect("it runs");
                desk.plan.hold(job, Reason::OverBudget);
            }
        }
    }

    fn give_back(&self, desk: &mut Desk<'_, '_, '_>, offering: OfferingId) {
        if !self.spent[offering.index()] {
            return;
        }
        for node in desk.plan.capacity().slots_of(offering) {
            if desk.plan.capacity().is_empty(node) && desk.plan.may_leave(node) {
                desk.plan.release(node).expect("it may leave, and is empty");
            }
        }
    }
}
