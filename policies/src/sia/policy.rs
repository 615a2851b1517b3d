//! The rounds of Sia.

use std::collections::BTreeMap;

use sim_core::engine::{JobView, Plan, Policy, View, Wakes};
use sim_core::units::{JobId, Span};

use super::offers::choices;
use super::program::Desk;
use crate::goodput::{
    Wish, come_back, give_up, held, hold_back, is_round, news, pools, seat, turn_away,
};

/// How it goes about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ways {
    /// How long a round is.
    pub round: Span,
    /// The power to which relative goodputs are raised, below zero; the closer to zero, the fairer.
    pub power: f64,
    /// What it costs to leave a job without GPUs.
    pub idle: f64,
    /// Most GPUs of a job.
    pub most_gpus: u32,
    /// By application, seconds that a restart is taken to cost; of others, what it does cost.
    pub penalties: &'static [(&'static str, f64)],
}

/// What the artifact takes restarts to cost, whatever they do cost in its simulator.
pub const PUBLISHED_PENALTIES: &[(&str, f64)] = &[
    ("bert", 120.0),
    ("cifar10", 30.0),
    ("deepspeech2", 25.0),
    ("imagenet", 250.0),
    ("ncf", 30.0),
    ("yolov3", 45.0),
];

/// Sia: jobs that adapt get the configurations by which relative goodputs, and a penalty for each restart, add up best.
#[derive(Clone, Debug)]
pub struct Sia {
    ways: Ways,
    desk: Desk,
    /// By job: starts and changes of configuration.
    starts: BTreeMap<JobId, u32>,
}

impl Sia {
    /// It has seen nothing.
    pub fn new(ways: Ways) -> Self {
        Self {
            ways,
            desk: Desk::default(),
            starts: BTreeMap::new(),
        }
    }

    /// A configuration for each job that gets one; none at all if the program has no solution.
    fn wishes(&mut self, view: &View<'_>, plan: &Plan<'_>) -> Option<Vec<Wish>> {
        let pools = pools(view, plan);
        let mut jobs: Vec<JobView<'_>> = view
            .pending()
            .filter(|job| plan.is_pending(job.id()))
            .chain(view.running())
            .collect();
        jobs.sort_by_key(JobView::id);
        let mut all = Vec::new();
        for (at, job) in jobs.iter().enumerate() {
            let starts = self.starts.get(&job.id()).copied().unwrap_or(0);
            let restarts = starts.saturating_sub(1);
            all.extend(choices((at, job), restarts, (view, &pools), &self.ways));
        }
        let room = pools.iter().map(|pool| (pool.model, pool.gpus()));
        let chosen = self.desk.choose((all.clone(), room.collect()))?;
        let wish = |at: &usize| {
            let (choice, job) = (&all[*at], jobs[all[*at].job].id());
            let pool = pools.iter().find(|pool| pool.model == choice.model)?;
            let same = held(view, job).filter(|held| held.model == choice.model);
            let same = same.filter(|held| held.gpus() == choice.gpus);
            Some(same.unwrap_or_else(|| Wish {
                job,
                model: choice.model,
                counts: pool.counts(choice.gpus),
            }))
        };
        Some(chosen.iter().filter_map(wish).collect())
    }
}

impl Policy for Sia {
    fn name(&self) -> &'static str {
        "sia"
    }

    fn wakes_on(&self) -> Wakes {
        news()
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        turn_away(view, plan);
        hold_back(view, plan, self.ways.round);
        if is_round(view.now(), self.ways.round) {
            self.starts.retain(|job, _| view.job(*job).is_some());
            if let Some(wishes) = self.wishes(view, plan) {
                for wish in &wishes {
                    if held(view, wish.job).as_ref() != Some(wish) {
                        *self.starts.entry(wish.job).or_default() += 1;
                    }
                }
                seat(&wishes, view, plan);
                give_up(&wishes, view, plan);
            }
        }
        come_back(view, plan, self.ways.round);
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(self.clone())
    }
}
