//! Configurations as they are told, round by round: for comparisons with published runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::goodput::{Wish, come_back, held, hold_back, is_round, news, seat, wake_next};
use sim_core::engine::{Plan, Policy, View, Wakes};
use sim_core::units::{ModelId, SimTime, Span};

/// A configuration as it is told: the ordinal of the job in the workload, the GPU model, GPUs by node (none: it
/// is to wait).
pub type Told = (u32, ModelId, Vec<u32>);

/// Gives at each instant what is told of it; who runs and of whom nothing is told goes on as it is.
#[derive(Clone, Debug)]
pub struct Replay {
    round: Span,
    /// By instant.
    told: Arc<BTreeMap<SimTime, Vec<Told>>>,
}

impl Replay {
    /// What is told, by instants that are multiples of `round`.
    pub fn new(round: Span, told: BTreeMap<SimTime, Vec<Told>>) -> Self {
        Self {
            round,
            told: Arc::new(told),
        }
    }
}

impl Policy for Replay {
    fn name(&self) -> &'static str {
        "replay"
    }

    fn wakes_on(&self) -> Wakes {
        news()
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        hold_back(view, plan, self.round);
        if !is_round(view.now(), self.round) {
            return wake_next(view, plan, self.round);
        }
        let live = || view.pending().chain(view.running());
        let told = self.told.get(&view.now()).map_or(&[][..], Vec::as_slice);
        let wish = |(ordinal, model, counts): &Told| {
            let job = live().find(|job| job.id().ordinal() == *ordinal)?;
            Some(Wish {
                job: job.id(),
                model: *model,
                counts: counts.clone(),
            })
        };
        let mut wishes: Vec<Wish> = told.iter().filter_map(wish).collect();
        // Where nothing more is told of a job, the original was done with it: it goes on until it is.
        let silent = view.running().filter(|job| {
            let mut told = told.iter();
            told.all(|(ordinal, _, _)| *ordinal != job.id().ordinal())
        });
        wishes.extend(silent.filter_map(|job| held(view, job.id())));
        wishes.retain(|wish| !wish.counts.is_empty());
        seat(&wishes, view, plan);
        let last = self.told.keys().next_back();
        if last.is_some_and(|last| *last > view.now()) {
            wake_next(view, plan, self.round);
        } else {
            come_back(view, plan, self.round);
        }
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(self.clone())
    }
}
