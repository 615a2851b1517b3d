//! The rounds of Pollux.

use sim_core::engine::{Plan, Policy, Reason, View, Wakes};
use sim_core::units::{NodeId, Span};

use super::cast::Cast;
use super::problem::Problem;
use super::search::search;
use super::speedup::Fits;
use crate::goodput::{Wish, come_back, give_up, hold_back, is_round, news, turn_away};

/// How it goes about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ways {
    /// How long a round is.
    pub round: Span,
    /// The power of the mean of speedups: -1 in the paper; the lower, the fairer.
    pub fairness: f64,
    /// What a restart is taken to cost, whatever it does cost.
    pub restart: Span,
    /// Whether jobs that lie across nodes are kept apart.
    pub apart: bool,
    /// Most GPUs of a job.
    pub most_gpus: u32,
    /// What models are drawn by.
    pub seed: u64,
}

/// Pollux: the allocation of all GPUs by which the power mean of the jobs' speedups is greatest.
#[derive(Clone, Debug)]
pub struct Pollux {
    ways: Ways,
    fits: Fits,
}

impl Pollux {
    /// It has seen nothing.
    pub fn new(ways: Ways) -> Self {
        Self {
            ways,
            fits: Fits::default(),
        }
    }

    /// Jobs, and the nodes on which they are to lie.
    fn wishes(&mut self, view: &View<'_>, plan: &mut Plan<'_>) -> Vec<(Wish, Vec<NodeId>)> {
        self.fits.retain(|job| view.job(job).is_some());
        let cast = Cast::new((view, plan), &self.ways, &mut self.fits);
        let speedup = |job: usize, shape| cast.speedups[job].of(shape);
        let problem = Problem {
            sites: cast.sites,
            seekers: cast.seekers,
            speedup: &speedup,
            power: self.ways.fairness,
            alone: self.ways.apart,
        };
        let spots = search(&problem);
        let mut wishes = Vec::new();
        for ((spot, job), seeker) in spots.iter().zip(&cast.jobs).zip(&problem.seekers) {
            if *spot == seeker.now || !plan.can_spare(job.id()) {
                continue;
            }
            if job.is_running() {
                plan.preempt(job.id()).expect("it runs");
            }
            if let Some((first, _)) = spot.first() {
                let nodes = spot.iter().map(|(site, _)| cast.nodes[*site]).collect();
                let wish = Wish {
                    job: job.id(),
                    model: problem.sites[*first].model,
                    counts: spot.iter().map(|(_, gpus)| *gpus).collect(),
                };
                wishes.push((wish, nodes));
            }
        }
        wishes
    }
}

impl Policy for Pollux {
    fn name(&self) -> &'static str {
        "pollux"
    }

    fn wakes_on(&self) -> Wakes {
        news()
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        turn_away(view, plan);
        hold_back(view, plan, self.ways.round);
        if is_round(view.now(), self.ways.round) {
            let wishes = self.wishes(view, plan);
            for (wish, nodes) in &wishes {
                let mark = plan.mark();
                if plan.start(wish.job, &wish.on(nodes, view)).is_err() {
                    // Of what it wants beside GPUs there is too little.
                    plan.rollback(mark);
                    plan.hold(wish.job, Reason::Unplaced);
                }
            }
            let wishes: Vec<Wish> = wishes.into_iter().map(|(wish, _)| wish).collect();
            give_up(&wishes, view, plan);
        }
        come_back(view, plan, self.ways.round);
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(self.clone())
    }
}
