//! A bound and where it comes from.

use super::alone::ALONE;
use super::busy::BUSY_TIME;
use super::capacity::CAPACITY;
use super::covering::COVERING;
use super::critical::CRITICAL_PATH;
use super::kept::KEPT_WORK;
use super::own_time::OWN_TIME;
use super::problem::{Feature, Problem, Unbounded};
use super::srpt::SRPT;
use super::timed::TIMED;

/// What is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    /// The instant at which the last job ends.
    Makespan,
    /// The sum of the times from release to end: divided by their number, the mean job completion time.
    FlowTime,
    /// What the jobs cost, in the unit of the prices.
    Cost,
}

/// A simpler problem, whose optimum no run of the real one beats.
#[derive(Clone, Copy, Debug)]
pub struct Relaxation {
    /// What it is called in tables.
    pub name: &'static str,
    /// What it bounds.
    pub of: Quantity,
    /// What it does not know of, so that it says nothing of a run that has it.
    pub unless: &'static [Feature],
    /// The bound.
    pub value: fn(&Problem) -> Result<u128, Unbounded>,
}

/// What bounds of the work on GPUs do not know of.
pub(super) const WORK_UNLESS: &[Feature] = &[Feature::Sharing, Feature::Elastic, Feature::Goodput];

/// What bounds of what that costs do not know of.
pub(super) const COST_UNLESS: &[Feature] = &[
    Feature::Sharing,
    Feature::Elastic,
    Feature::Goodput,
    Feature::Rebates,
    Feature::Commitments,
];

/// What no run of a problem is below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// How much: microseconds, or units of the prices.
    pub value: u128,
    /// The name of the relaxation.
    pub by: &'static str,
}

/// All relaxations, in the order in which ties are settled.
pub const RELAXATIONS: [Relaxation; 9] = [
    CRITICAL_PATH,
    CAPACITY,
    OWN_TIME,
    SRPT,
    BUSY_TIME,
    TIMED,
    KEPT_WORK,
    ALONE,
    COVERING,
];

impl Relaxation {
    /// The bound, if it holds for the problem.
    ///
    /// # Errors
    /// Why it says nothing of it.
    pub fn bound(&self, problem: &Problem) -> Result<Bound, Unbounded> {
        let known = |feature: &&Feature| problem.features().contains(feature);
        if let Some(feature) = self.unless.iter().find(known) {
            return Err(Unbounded::Unless(*feature));
        }
        let value = (self.value)(problem)?;
        Ok(Bound {
            value,
            by: self.name,
        })
    }
}

/// The best bound of a quantity there is.
///
/// # Errors
/// Why no relaxation says anything: the reason of the first, unless one says that there is no such run.
pub fn best(problem: &Problem, of: Quantity) -> Result<Bound, Unbounded> {
    let mut best: Option<Bound> = None;
    let mut reason = None;
    for relaxation in RELAXATIONS.iter().filter(|one| one.of == of) {
        match relaxation.bound(problem) {
            Ok(bound) if best.is_none_or(|best| best.value < bound.value) => best = Some(bound),
            Ok(_) => {}
            Err(why @ Unbounded::Impossible(_)) => return Err(why),
            Err(why) => reason = reason.or(Some(why)),
        }
    }
    best.ok_or_else(|| reason.expect("every quantity has a relaxation"))
}
