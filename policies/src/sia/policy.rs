//! The rounds of Sia.

use std::collections::BTreeMap;

use sim_core::engine::{JobView, Plan, Policy, View, Wakes};
use sim_core::units::{JobId, ModelId, SimTime, Span, convert};

use super::outlook::Outlook;
use super::program::{Choice, Desk};
use super::seats::{Wish, held, seat};

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
}

/// Highest cost of a configuration.
const MOST_COST: f64 = 3000.0;

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
}

/// Nodes, and GPUs on each, of a model.
pub(super) struct Pool {
    pub(super) model: ModelId,
    pub(super) nodes: u32,
    pub(super) each: u32,
}

impl Policy for Sia {
    fn name(&self) -> &'static str {
        "sia"
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::ARRIVAL | Wakes::WAKE
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        if is_round(view.now(), self.ways.round) {
            self.starts.retain(|job, _| view.job(*job).is_some());
            let wishes = self.wishes(view, plan);
            for wish in &wishes {
                if held(view, wish.job).as_ref() != Some(wish) {
                    *self.starts.entry(wish.job).or_default() += 1;
                }
            }
            seat(&wishes, view, plan);
        }
        come_back(view, plan, self.ways.round);
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(self.clone())
    }
}

impl Sia {
    fn wishes(&mut self, view: &View<'_>, plan: &Plan<'_>) -> Vec<Wish> {
        let pools = pools(view, plan);
        let mut jobs: Vec<JobView<'_>> = view.pending().chain(view.running()).collect();
        jobs.sort_by_key(JobView::id);
        let mut choices = Vec::new();
        for (at, job) in jobs.iter().enumerate() {
            choices.extend(self.choices(at, job, (view, &pools)));
        }
        let room = pools
            .iter()
            .map(|pool| (pool.model, pool.nodes * pool.each));
        let chosen = self.desk.choose((choices.clone(), room.collect()));
        let wish = |at: &usize| {
            let choice = &choices[*at];
            let job = jobs[choice.job].id();
            let pool = pools.iter().find(|pool| pool.model == choice.model)?;
            let same = held(view, job).filter(|held| held.model == choice.model);
            let same = same.filter(|held| held.counts.iter().sum::<u32>() == choice.gpus);
            Some(same.unwrap_or_else(|| Wish {
                job,
                model: choice.model,
                counts: pool.counts(choice.gpus),
            }))
        };
        chosen.iter().filter_map(wish).collect()
    }

    /// What a job may have, at what cost.
    fn choices(
        &self,
        at: usize,
        job: &JobView<'_>,
        (view, pools): (&View<'_>, &[Pool]),
    ) -> Vec<Choice> {
        let now = held(view, job.id());
        let here = |model, gpus| {
            let now = now.as_ref().filter(|now| now.model == model);
            now.is_some_and(|now| now.counts.iter().sum::<u32>() == gpus)
        };
        let goodputs = self.goodputs(job, pools);
        // It still sets up: to move it now would be to set up for nothing.
        let sets_up = job
            .started()
            .is_some_and(|at| at.saturating_add(job.restore()) > view.now());
        let goodput = goodputs.iter().map(|(_, _, goodput)| *goodput);
        let least = goodput.fold(f64::INFINITY, f64::min);
        let stays = self.stays(job, view);
        let choice = |(model, gpus, goodput): &(ModelId, u32, f64)| {
            let same = here(*model, *gpus);
            let share = if now.is_none() || same { 1.0 } else { stays };
            let cost = libm::pow(share * goodput / least, self.ways.power);
            let cost = if cost.is_finite() {
                cost.min(MOST_COST)
            } else {
                MOST_COST
            };
            Choice {
                job: at,
                model: *model,
                gpus: *gpus,
                cost: (cost * 100.0).round_ties_even() / 100.0 - self.ways.idle,
                pinned: same && sets_up,
            }
        };
        goodputs.iter().map(choice).collect()
    }

    /// The share of its goodput that a job of this age keeps if it restarts once more.
    fn stays(&self, job: &JobView<'_>, view: &View<'_>) -> f64 {
        let seconds = |span: Span| convert::real(span.us()) / 1e6;
        let age = seconds(view.now().since(job.arrival()));
        let restarts = self
            .starts
            .get(&job.id())
            .map_or(0, |starts| starts.saturating_sub(1));
        let penalty = seconds(job.restore());
        (age - f64::from(restarts) * penalty).max(0.0) / (age + penalty)
    }

    /// Goodput by configuration; a job whose course tells of none may have what it asks for, anywhere.
    fn goodputs(&self, job: &JobView<'_>, pools: &[Pool]) -> Vec<(ModelId, u32, f64)> {
        let allowed = pools.iter().filter(|pool| job.models().allows(pool.model));
        let (Some(kind), Some(report)) = (job.kind(), job.report()) else {
            let gpus = job.gang().gpus();
            let fitting = allowed.filter(|pool| pool.nodes * pool.each >= gpus);
            return fitting.map(|pool| (pool.model, gpus, 1.0)).collect();
        };
        let outlook = Outlook::new(kind, report);
        let (most, least) = if job.gang().is_elastic() {
            (outlook.most_gpus(self.ways.most_gpus), 1)
        } else {
            (job.gang().gpus(), job.gang().gpus())
        };
        let most = most.min(job.gang().gpus());
        let mut goodputs = Vec::new();
        for pool in allowed {
            let sizes = pool.sizes().chain([least]);
            let mut sizes: Vec<u32> = sizes.filter(|gpus| (least..=most).contains(gpus)).collect();
            sizes.sort_unstable();
            sizes.dedup();
            for gpus in sizes
                .into_iter()
                .filter(|gpus| *gpus <= pool.nodes * pool.each)
            {
                let goodput = outlook.goodput(pool.model, gpus.div_ceil(pool.each), gpus);
                goodputs.extend(goodput.filter(|g| *g > 0.0).map(|g| (pool.model, gpus, g)));
            }
        }
        goodputs
    }
}

impl Pool {
    /// Powers of two on a node, then whole nodes.
    fn sizes(&self) -> impl Iterator<Item = u32> {
        let powers = std::iter::successors(Some(1_u32), |gpus| gpus.checked_mul(2));
        let each = self.each;
        powers
            .take_while(move |gpus| *gpus < each)
            .chain((1..=self.nodes).map(move |nodes| nodes * each))
    }

    pub(super) fn counts(&self, gpus: u32) -> Vec<u32> {
        let full = std::iter::repeat_n(self.each, convert::index(gpus / self.each));
        let rest = gpus % self.each;
        full.chain((rest > 0).then_some(rest)).collect()
    }
}

/// Open nodes by model; where nodes of a model differ, all count as the smallest.
pub(super) fn pools(view: &View<'_>, plan: &Plan<'_>) -> Vec<Pool> {
    let capacity = plan.capacity();
    let mut pools: Vec<Pool> = Vec::new();
    for (id, offering) in view.offerings() {
        let (model, each) = (offering.shape.model, offering.shape.gpus);
        let nodes = convert::narrow(
            capacity
                .slots_of(id)
                .filter(|node| capacity.is_open(*node))
                .count(),
        );
        if each == 0 || nodes == 0 {
            continue;
        }
        match pools.iter_mut().find(|pool| pool.model == model) {
            Some(pool) => (pool.nodes, pool.each) = (pool.nodes + nodes, pool.each.min(each)),
            None => pools.push(Pool { model, nodes, each }),
        }
    }
    pools
}

/// Whether a round begins now; none does at time zero.
pub(super) fn is_round(now: SimTime, round: Span) -> bool {
    now > SimTime::ZERO && now.us().is_multiple_of(round.us())
}

/// Asks to be woken at the next round, as long as there are jobs.
pub(super) fn come_back(view: &View<'_>, plan: &mut Plan<'_>, round: Span) {
    let now = view.now().us();
    let next = SimTime::from_us((now / round.us() + 1).saturating_mul(round.us()));
    if let Some(next) = next.filter(|_| view.pending_len() + view.running_len() > 0) {
        plan.wake_at(next).expect("it lies ahead");
    }
}
