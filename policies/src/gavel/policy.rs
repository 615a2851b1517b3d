//! A decision: a round ends, the next begins.

use sim_core::engine::{Change, Plan, Policy, Reason, View, Wakes};
use sim_core::units::{JobId, Span};
use sim_core::world::draw::{Part as Name, Stream};

use super::faithful::Faithful;
use super::goals::Goal;
use super::journal::Journal;
use super::ledger::Ledger;
use super::members;
use super::pick::Newcomers;
use super::round::{Part, Round, is_last};

/// Gavel, with a goal.
pub struct Gavel {
    pub(super) goal: Box<dyn Goal + Send>,
    pub(super) ledger: Ledger,
    /// Models in the order in which they are given away.
    pub(super) order: Vec<usize>,
    /// Jobs that came since the round began.
    pub(super) coming: Vec<JobId>,
    pub(super) round: Option<Round>,
    pub(super) newcomers: Newcomers,
    /// Who was in the round before.
    pub(super) before: Vec<Part>,
    /// By which models are shuffled.
    pub(super) luck: Stream,
    pub(super) faithful: Option<Faithful>,
    pub(super) journal: Option<Journal>,
}

/// How rounds go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ways {
    /// How long a round is.
    pub round: Span,
    /// The least time between two computations of shares.
    pub between: Span,
    /// What of jobs that came since shares were computed; whoever keeps the published simulator's ways holds their place.
    pub newcomers: Newcomers,
    /// What it draws by.
    pub seed: u64,
    /// Whether it keeps the published simulator's ways.
    pub faithful: bool,
}

impl Gavel {
    /// With nobody there.
    pub fn new(goal: Box<dyn Goal + Send>, ways: Ways) -> Self {
        let unit = if ways.faithful { 1.0 } else { 1e6 };
        Self {
            goal,
            ledger: Ledger::new(ways, unit),
            order: Vec::new(),
            coming: Vec::new(),
            round: None,
            newcomers: if ways.faithful {
                Newcomers::Hold
            } else {
                ways.newcomers
            },
            before: Vec::new(),
            luck: Stream::new(
                ways.seed,
                &[Name::Name("policy"), Name::Name("gavel-order")],
            ),
            faithful: ways.faithful.then(|| Faithful::new(ways.seed)),
            journal: None,
        }
    }

    /// Notes who came and who is gone.
    fn take_in(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        for change in view.changes() {
            match change {
                Change::Arrived(id) => {
                    let Some(job) = view.job(*id) else { continue };
                    let ways = (self.faithful.is_some(), self.goal.packs());
                    if members::describes(&job, ways) {
                        self.coming.push(*id);
                    } else {
                        plan.reject(*id).expect("it has just come");
                    }
                }
                Change::Ended(id) | Change::Requeued(id) => {
                    if let Some(round) = &mut self.round {
                        round.note(*id, view);
                    }
                }
                Change::Started(_)
                | Change::Reseated(_)
                | Change::Node(_)
                | Change::Price(_)
                | Change::Availability(_)
                | Change::Waiting(_)
                | Change::Woken => {}
            }
        }
    }
}

impl Policy for Gavel {
    fn name(&self) -> &str {
        self.goal.name()
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::ARRIVAL | Wakes::END | Wakes::NODE | Wakes::WAKE
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        if self.ledger.models.is_empty() {
            self.order = members::models(view, &mut self.ledger);
        }
        self.take_in(view, plan);
        let published = self.faithful.is_some() && self.goal.packs() && !is_last(view);
        let waits = |round: &Round| !round.is_over(view.now(), published);
        if self.round.as_ref().is_some_and(waits) {
            plan.hold_others(Reason::BetweenRounds);
            self.hold_back(view, plan);
            return;
        }
        plan.hold_others(Reason::Outranked);
        if self.round.is_some() {
            self.close(view, plan);
        } else if !self.jump(view) && !self.catch_up(view) {
            return;
        }
        self.admit(view, plan);
        self.open(view, plan);
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(Self {
            goal: self.goal.fork(),
            ledger: self.ledger.clone(),
            order: self.order.clone(),
            coming: self.coming.clone(),
            round: self.round.clone(),
            newcomers: self.newcomers,
            before: self.before.clone(),
            luck: self.luck.clone(),
            faithful: self.faithful.clone(),
            journal: self.journal.clone(),
        })
    }
}
