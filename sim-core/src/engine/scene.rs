//! The scene: the world while time passes, for those who watch.

use super::capacity::Capacity;
use super::reason::{Reason, Whom};
use super::run::Engine;
use super::view::{Grants, View};
use crate::units::SimTime;
use crate::watch::Observer;

/// The world while time passes: nothing of it changes before that ends.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// What a policy without any leave would see.
    pub view: View<'a>,
    /// What is free.
    pub capacity: &'a Capacity,
    /// Times that the policy was asked so far.
    pub asked: u64,
    /// Whether anything has happened since it was asked last.
    pub unheard: bool,
    /// Whom the policy holds back, and why, as it said when it was asked last; of the same whom the last word counts.
    pub holds: &'a [(Whom, Reason)],
}

impl Engine {
    /// The clock is about to move to `until`; whoever wants to know why jobs wait is shown how things stand meanwhile.
    pub(crate) fn pass(&mut self, until: SimTime, watch: &mut dyn Observer) {
        if !self.draft.asks_why || until <= self.state.now {
            return;
        }
        let scene = Scene {
            view: View {
                state: &self.state,
                grants: Grants::default(),
                more_arrivals: false,
                cast: None,
                shut: &[],
            },
            capacity: &self.capacity,
            asked: self.counters.asked,
            unheard: self.draft.unheard,
            holds: &self.draft.said,
        };
        watch.passes(until, &scene);
    }
}
