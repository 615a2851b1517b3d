//! What placements made of the nodes that they could have taken: told to whoever listens, for explanations alone.

use std::cmp::Reverse;
use std::sync::mpsc::{Receiver, Sender, channel};

use sim_core::engine::{Capacity, JobView};
use sim_core::model::{OfferingSet, Placement, Role};
use sim_core::units::{NodeId, SimTime, convert};

use super::Place;
use crate::order::keys;

/// Most nodes that are told of a start.
pub const MOST_TOLD: usize = 5;

/// A node, and how well tasks lie there by the rule of a placement; more is better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rated {
    /// The node.
    pub node: NodeId,
    /// In whatever unit the rule has.
    pub score: f64,
}

/// What a placement made of the nodes for a job that starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighed {
    /// When it starts.
    pub at: SimTime,
    /// Its ordinal.
    pub job: u32,
    /// Nodes on which its first tasks would have lain.
    pub nodes: u32,
    /// The best of them, [`MOST_TOLD`] at most and the best first; of equals those that were taken, then by id.
    pub best: Vec<Rated>,
}

/// Where what was weighed is told.
#[derive(Clone, Debug)]
pub struct Scales(Sender<Weighed>);

impl Scales {
    /// Scales, and whoever listens to them.
    pub fn new() -> (Self, Receiver<Weighed>) {
        let (sender, receiver) = channel();
        (Self(sender), receiver)
    }

    /// Tells what a placement makes of the nodes for the first role of a job that may lie on these offerings, and is about to be
    /// started where it was laid.
    pub(crate) fn weigh(
        &self,
        (job, offerings): (&JobView<'_>, OfferingSet),
        (at, capacity): (SimTime, &Capacity),
        placement: &Placement,
        place: &mut dyn Place,
    ) {
        let first = placement.seats.iter().filter(|seat| seat.role == 0);
        let role = Role {
            tasks: first.map(|seat| seat.tasks).sum(),
            ..job.gang().roles()[0].within(offerings)
        };
        let mut rated = place.rated(capacity, &role, job.models());
        if rated.is_empty() {
            return;
        }
        let taken = |node| placement.seats.iter().any(|seat| seat.node == node);
        rated.sort_by_key(|one| (Reverse(keys::real(one.score)), !taken(one.node), one.node));
        let weighed = Weighed {
            at,
            job: job.id().ordinal(),
            nodes: convert::narrow(rated.len()),
            best: rated.into_iter().take(MOST_TOLD).collect(),
        };
        // If nobody listens any more there is nobody to be told.
        let _ = self.0.send(weighed);
    }
}
