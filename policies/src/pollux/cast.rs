//! What a round is about: nodes, jobs, and what they may have.

use std::collections::BTreeMap;

use sim_core::engine::{JobView, Plan, View};
use sim_core::model::Role;
use sim_core::units::{ModelId, NodeId, Span, convert};
use sim_core::world::draw::{Part, Stream};

use super::policy::Ways;
use super::problem::{Seeker, Site, Spot};
use super::speedup::{Fits, Share, Speedup, outlook};
use crate::goodput::tasks;

/// Nodes and jobs, by position.
pub(super) struct Cast<'a> {
    pub(super) nodes: Vec<NodeId>,
    pub(super) sites: Vec<Site>,
    pub(super) jobs: Vec<JobView<'a>>,
    pub(super) seekers: Vec<Seeker>,
    pub(super) speedups: Vec<Speedup<'a>>,
}

impl<'a> Cast<'a> {
    /// All who run or wait, in the order in which they came.
    pub(super) fn new((view, plan): (&View<'a>, &Plan<'_>), ways: &Ways, fits: &mut Fits) -> Self {
        let waiting = view.pending().filter(|job| plan.is_pending(job.id()));
        let mut jobs: Vec<JobView<'a>> = waiting.chain(view.running()).collect();
        jobs.sort_by_key(JobView::id);
        let (nodes, sites) = ground(&jobs, (view, plan));
        let mut cast = Self {
            nodes,
            sites,
            jobs: Vec::new(),
            seekers: Vec::new(),
            speedups: Vec::new(),
        };
        let share = cast.share(convert::narrow(jobs.len()));
        for (at, job) in jobs.iter().enumerate() {
            let outlook = outlook(job);
            let each = tasks(view, job.id()).map_or(1, Role::gpus_each).max(1);
            let most = outlook
                .as_ref()
                .map(|outlook| outlook.most_gpus(ways.most_gpus));
            let speedup = Speedup::new(job.id(), outlook, share, fits);
            cast.seekers.push(Seeker {
                sizes: sizes(job, each, most),
                each,
                models: cast.models(job, ways.seed),
                now: cast.spot(job),
                stays: stays(job, view, ways.restart),
                pinned: job.is_saving(),
                kind: match speedup {
                    Speedup::Even(_) => 0,
                    Speedup::Fitted(..) => at + 1,
                },
            });
            cast.speedups.push(speedup);
        }
        cast.jobs = jobs;
        cast
    }

    /// The share of each of so many jobs.
    fn share(&self, jobs: u32) -> Share {
        let open = || self.sites.iter().filter(|site| site.open);
        let nodes = convert::narrow(open().count());
        let gpus: u32 = open().map(|site| site.gpus).sum();
        (nodes.div_ceil(jobs.max(1)) > 1, gpus.div_ceil(jobs.max(1)))
    }

    /// The models that a job may have. It does not know which is better: drawn anew for each start, the larger rather than the
    /// smaller first.
    fn models(&self, job: &JobView<'_>, seed: u64) -> Vec<ModelId> {
        let mut gpus: BTreeMap<ModelId, u32> = BTreeMap::new();
        for site in self.sites.iter().filter(|site| site.open) {
            *gpus.entry(site.model).or_default() += site.gpus;
        }
        gpus.retain(|model, gpus| job.models().allows(*model) && *gpus > 0);
        if gpus.len() < 2 {
            return gpus.into_keys().collect();
        }
        let name = [Part::Name("policy"), Part::Name("pollux")];
        let own = [job.id().ordinal(), job.attempts()].map(Part::from);
        let mut luck = Stream::new(seed, &[name, own].concat());
        let draws = gpus.into_iter();
        let mut draws: Vec<(f64, ModelId)> = draws
            .map(|(model, gpus)| (luck.exponential(1.0 / f64::from(gpus)), model))
            .collect();
        draws.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        draws.into_iter().map(|(_, model)| model).collect()
    }

    /// Where a job lies.
    fn spot(&self, job: &JobView<'_>) -> Spot {
        let mut spot: BTreeMap<usize, u32> = BTreeMap::new();
        for seat in job.allocation().seats() {
            if let Ok(at) = self.nodes.binary_search(&seat.node) {
                *spot.entry(at).or_default() += seat.gpus.count();
            }
        }
        spot.into_iter().collect()
    }
}

/// Nodes that are open, and those on which someone runs; GPUs are those that are free and those that jobs hold.
fn ground(jobs: &[JobView<'_>], (view, plan): (&View<'_>, &Plan<'_>)) -> (Vec<NodeId>, Vec<Site>) {
    let mut held: BTreeMap<NodeId, u32> = BTreeMap::new();
    for seat in jobs.iter().flat_map(|job| job.allocation().seats()) {
        *held.entry(seat.node).or_default() += seat.gpus.count();
    }
    let capacity = plan.capacity();
    let mut all: Vec<(NodeId, Site)> = Vec::new();
    for (id, offering) in view.offerings() {
        for node in capacity.slots_of(id) {
            let open = capacity.is_open(node);
            let held = held.get(&node).copied();
            if open || held.is_some() {
                let free = if open {
                    capacity.free_on(node).count()
                } else {
                    0
                };
                let site = Site {
                    model: offering.shape.model,
                    gpus: free + held.unwrap_or(0),
                    open,
                };
                all.push((node, site));
            }
        }
    }
    all.sort_by_key(|(node, _)| *node);
    all.into_iter().unzip()
}

/// How many GPUs a job may have: any number of tasks up to `most` GPUs if it adapts, all of them if not.
fn sizes(job: &JobView<'_>, each: u32, most: Option<u32>) -> Vec<u32> {
    let gang = job.gang();
    let least = gang.roles().first().map_or(1, |role| role.least).max(1);
    match most {
        Some(most) => (least..=gang.tasks())
            .map(|tasks| tasks * each)
            .take_while(|gpus| *gpus <= most.max(least * each))
            .collect(),
        None => vec![gang.gpus()],
    }
}

/// The part of its speedup that a job of this age keeps if it restarts once more.
fn stays(job: &JobView<'_>, view: &View<'_>, restart: Span) -> f64 {
    let seconds = |span: Span| convert::real(span.us()) / 1e6;
    let (age, restart) = (seconds(view.now().since(job.arrival())), seconds(restart));
    let before = f64::from(job.attempts().saturating_sub(1)) * restart;
    (age - before).max(0.0) / (age + restart)
}
