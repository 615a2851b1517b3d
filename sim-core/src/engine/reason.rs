//! Why a job waits: what the state alone proves, what a policy says, and what is left.

use super::plan::Plan;
use crate::units::JobId;

/// Why a job waits.
///
/// A waiting job has a *placement* if the engine would start it now: its gang, each elastic role with as few tasks as it can
/// do with, on machines that it may use. Where there is none the reason follows from what is free, whatever anybody says;
/// where there is one the policy has the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// No placement: it needs more than is free in total on the machines that it may use.
    NoCapacity,
    /// No placement, though in total enough is free: not one of its tasks fits anywhere.
    Fragmentation,
    /// No placement, though in total enough is free: some of its tasks fit, and not all of them together.
    GangIncomplete,
    /// No placement, though there would be one if a gang could lie on several GPU models.
    Topology,
    /// No placement before machines have started that were granted, and with them there is one.
    Booting,
    /// No placement, and there would be one with the machines that were asked for last and that the provider did not have.
    Unavailable,
    /// No placement with all the machines that quotas leave, and there would be one with those that fleets may have.
    Quota,
    /// The policy's rule of placement takes none of the placements there are.
    Unplaced,
    /// It would delay a job that holds a reservation.
    WouldDelay,
    /// A job before it in line cannot start, and the line is strict.
    BehindHead,
    /// Its tenant, or its class of jobs, holds all that it may.
    OverLimit,
    /// A budget comes to its end, and the job is not critical.
    OverBudget,
    /// The policy lets it lie on none of the offerings that have room, for now.
    NotRouted,
    /// What has room costs more than its submitter pays.
    PriceCap,
    /// What has room is more likely to be taken away than its submitter puts up with.
    Risk,
    /// What has room is kept free: for others, for later, or because it is to go.
    Reserved,
    /// By the policy's measure others have their turn.
    Outranked,
    /// The policy decides in rounds, and the next one has not begun.
    BetweenRounds,
    /// The policy has not been asked since there is a placement.
    NotAsked,
    /// The policy leaves it, and does not say why.
    LeftIdle,
}

/// Whom a policy holds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// A job: this goes before all else.
    One(JobId),
    /// A job, and all others of its tenant that want the same on the same models.
    Alike(JobId),
    /// All of whom nothing else is said.
    Others,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::NoCapacity,
        Self::Fragmentation,
        Self::GangIncomplete,
        Self::Topology,
        Self::Booting,
        Self::Unavailable,
        Self::Quota,
        Self::Unplaced,
        Self::WouldDelay,
        Self::BehindHead,
        Self::OverLimit,
        Self::OverBudget,
        Self::NotRouted,
        Self::PriceCap,
        Self::Risk,
        Self::Reserved,
        Self::Outranked,
        Self::BetweenRounds,
        Self::NotAsked,
        Self::LeftIdle,
    ];

    /// Its place among them.
    pub fn index(self) -> usize {
        let place = Self::ALL.iter().position(|other| *other == self);
        place.expect("all are in the list")
    }

    /// Whether it says that there is no placement.
    pub fn is_physical(self) -> bool {
        self <= Self::Quota
    }

    /// What is made of it where a policy says it of a job that has a placement: one that finds no room takes none of what
    /// there is.
    #[must_use]
    pub fn as_said(self) -> Self {
        if self.is_physical() {
            Self::Unplaced
        } else if self == Self::NotAsked {
            Self::LeftIdle
        } else {
            self
        }
    }

    /// Its name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoCapacity => "no-capacity",
            Self::Fragmentation => "fragmentation",
            Self::GangIncomplete => "gang-incomplete",
            Self::Topology => "topology",
            Self::Booting => "booting",
            Self::Unavailable => "unavailable",
            Self::Quota => "quota",
            Self::Unplaced => "unplaced",
            Self::WouldDelay => "would-delay",
            Self::BehindHead => "behind-head",
            Self::OverLimit => "over-limit",
            Self::OverBudget => "over-budget",
            Self::NotRouted => "not-routed",
            Self::PriceCap => "price-cap",
            Self::Risk => "risk",
            Self::Reserved => "reserved",
            Self::Outranked => "outranked",
            Self::BetweenRounds => "between-rounds",
            Self::NotAsked => "not-asked",
            Self::LeftIdle => "left-idle",
        }
    }

    /// What it says, in a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoCapacity => "needs more than was free in total",
            Self::Fragmentation => "enough was free in total, but not one task fitted anywhere",
            Self::GangIncomplete => {
                "enough was free in total, but only some of the tasks fitted together"
            }
            Self::Topology => "would have fitted only on several GPU models",
            Self::Booting => "its machines were starting",
            Self::Unavailable => "the provider did not have the machines",
            Self::Quota => "a quota of the provider left too few machines",
            Self::Unplaced => "the rule of placement took none of the places there were",
            Self::WouldDelay => "would have delayed a job with a reservation",
            Self::BehindHead => "a job before it in line could not start",
            Self::OverLimit => "its tenant or class held all that it may",
            Self::OverBudget => "the budget was coming to its end",
            Self::NotRouted => "kept from the offerings that had room",
            Self::PriceCap => "what had room cost more than it pays",
            Self::Risk => "what had room was too likely to be taken away",
            Self::Reserved => "what had room was kept free",
            Self::Outranked => "others had their turn",
            Self::BetweenRounds => "the next round had not begun",
            Self::NotAsked => "the policy had not been asked yet",
            Self::LeftIdle => "left waiting, and the policy did not say why",
        }
    }
}

impl Plan<'_> {
    /// Whether anybody wants to know why jobs wait; a reason that nobody wants to know costs nothing, and no decision may
    /// depend on this.
    pub fn asks_why(&self) -> bool {
        self.draft.asks_why
    }

    /// Says why a pending job is not started: for explanations only.
    pub fn hold(&mut self, job: JobId, reason: Reason) {
        self.withhold(Whom::One(job), reason);
    }

    /// Says the same of a pending job and of all others of its tenant that want the same on the same models, unless something
    /// else is said of one of them.
    pub fn hold_alike(&mut self, job: JobId, reason: Reason) {
        self.withhold(Whom::Alike(job), reason);
    }

    /// Says why whoever else waits is not started.
    pub fn hold_others(&mut self, reason: Reason) {
        self.withhold(Whom::Others, reason);
    }

    /// Whether nodes are set aside in this plan.
    pub fn sets_aside(&self) -> bool {
        self.draft.sets_aside()
    }

    fn withhold(&mut self, whom: Whom, reason: Reason) {
        if self.draft.asks_why {
            self.draft.holds.push((whom, reason));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_stand_in_their_order_and_have_names_of_their_own() {
        assert!(Reason::ALL.is_sorted());
        for (place, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason.index(), place);
            assert!(!reason.as_said().is_physical());
            let alike = Reason::ALL.map(|other| other.name() == reason.name());
            assert_eq!(alike.iter().filter(|same| **same).count(), 1);
        }
    }
}
