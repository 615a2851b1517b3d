//! Checkpoints at the pace that theory recommends for the losses seen so far. A gang is lost with any of its machines: their
//! rates add up. What each pool's machines live is observed, with a prior that weighs as much as one loss.

use sim_core::course::theory::{daly, exact, young};
use sim_core::engine::{Capacity, Change, Decision, JobView, View};
use sim_core::model::{Keep, Placement};
use sim_core::units::{NodeId, Span, convert};

use super::losses::{Losses, distinct};

/// How the stretch of work between checkpoints is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Formula {
    /// As the workload says.
    Given,
    /// Young (1974).
    Young,
    /// Daly (2006), of higher order.
    Daly,
    /// The exact optimum under exponential losses.
    Exact,
}

/// The pace of checkpoints.
#[derive(Clone, Debug)]
pub struct Pace {
    /// How it is chosen.
    pub formula: Formula,
    /// Mean time between losses of a machine before any was seen.
    pub prior: Span,
    /// What was seen.
    pub losses: Losses,
}

const SECOND_US: u64 = 1_000_000;

impl Pace {
    /// As the workload says.
    pub fn given() -> Self {
        Self {
            formula: Formula::Given,
            prior: Span::MAX,
            losses: Losses::default(),
        }
    }

    /// The stretch of work between checkpoints of a job that starts there, in whole seconds; none if it writes none, or at
    /// no cost.
    pub fn stretch(
        &self,
        (job, placement): (&JobView<'_>, &Placement),
        view: &View<'_>,
        capacity: &Capacity,
    ) -> Option<Span> {
        let checkpoint = job.checkpoint();
        let writes = match checkpoint.keep {
            Keep::All | Keep::Nothing => false,
            Keep::Every(_) | Keep::Steps(_) | Keep::Either(..) => true,
        };
        if !writes || checkpoint.dump == Span::ZERO {
            return None;
        }
        let nodes: Vec<NodeId> = placement.seats.iter().map(|seat| seat.node).collect();
        let rates = distinct(&nodes).map(|node| {
            let offering = capacity.offering_of(node);
            let mean = self.losses.mean(offering, view.now(), self.prior);
            1.0 / convert::real(mean.us().max(1))
        });
        let mean = convert::floor(1.0 / rates.sum::<f64>()).max(1);
        let mean = Span::from_us(mean).unwrap_or(Span::MAX);
        let best = match self.formula {
            Formula::Given => return None,
            Formula::Young => young(checkpoint.dump, mean),
            Formula::Daly => daly(checkpoint.dump, mean),
            Formula::Exact => exact(checkpoint.dump, mean),
        };
        // A checkpoint is uploaded before the next one is written.
        let least = checkpoint.upload.us().div_ceil(SECOND_US).max(1);
        let secs = (best.us() / SECOND_US).max(least);
        Some(Span::from_us(secs.saturating_mul(SECOND_US)).unwrap_or(Span::MAX))
    }

    /// Takes note of what happened.
    pub(crate) fn note(&mut self, change: &Change, view: &View<'_>, capacity: &Capacity) {
        self.losses.note(change, view, capacity);
    }

    /// Takes note of what was decided.
    pub(crate) fn seal(&mut self, decisions: &[Decision]) {
        self.losses.seal(decisions);
    }
}
