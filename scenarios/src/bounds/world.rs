//! From a world and the jobs that a run completed to the problem that bounds speak of: what every run that completes the same
//! jobs in time is up against.
//!
//! What is not told makes a run only longer or dearer: nodes and what fits on them, boots, reclaims, failures, slowdown across
//! racks, checkpoints and restores, waiting for data, granules and minima of the bill, fees, stores and services. GPUs are
//! counted in thousandths. A machine that is taken away may be used until its notice runs out, so what the provider has counts
//! that much longer; and where what was paid for it may be let off, time on it is free (`rebates`).

use std::collections::BTreeSet;

use sim_core::course::{CourseKind, Reach, UNIT_RATE};
use sim_core::engine::World;
use sim_core::model::{Commitment, Job as Spec, Offering, Risk};
use sim_core::units::{ModelId, SimTime, convert};

use super::problem::{Feature, Floor, Job, Pool, Problem, Unbounded};
use super::rebates::{free_in, let_off};
use super::steps::{LAST, Steps};

/// A job that a run completed.
#[derive(Clone, Copy, Debug)]
pub struct Done<'a> {
    /// The job.
    pub job: &'a Spec,
    /// Whether it met its deadline; one that was missed binds nobody.
    pub in_time: bool,
}

/// Prices are in nano-dollars an hour for a GPU, times this, for a thousandth of it; so each is rounded down by less than a
/// millionth of a nano-dollar an hour.
const FINENESS: u64 = 1_000_000;
/// Of a cost, so much is a nano-dollar.
const NANOUSD: u128 = 3_600_000_000 * 1_000_000;

/// A bound of a cost in nano-dollars, rounded down.
pub fn nanousd(cost: u128) -> u128 {
    cost / NANOUSD
}

/// The problem of a run that completed these jobs. What is paid before `warmup` does not count, as if it cost nothing.
///
/// # Errors
/// Numbers beyond what bounds count with, or a job of which it cannot be said what it takes.
pub fn problem<'a>(
    world: &World,
    jobs: impl IntoIterator<Item = Done<'a>>,
    warmup: SimTime,
) -> Result<Problem, Unbounded> {
    let told = jobs.into_iter().map(|done| job(world, done));
    let told = told.collect::<Result<Vec<Job>, Unbounded>>()?;
    let (mut pools, mut floors) = (Vec::new(), Vec::new());
    for offering in &world.offerings {
        let kept = kept(offering);
        if kept > 0 {
            floors.push(Floor {
                model: usize::from(offering.shape.model.0),
                gpus: milli(offering, kept),
                price: Steps::new(prices(offering)).least(warmup.us(), LAST),
                from: warmup.us(),
            });
        }
        if kept < offering.max {
            pools.push(pool(offering, offering.max - kept, warmup));
        }
    }
    Problem::new(told, (pools, floors), features(world))
}

pub(super) fn features(world: &World) -> BTreeSet<Feature> {
    let mut features = BTreeSet::new();
    if world.slowdown.is_some() {
        features.insert(Feature::Sharing);
    }
    let mut let_off = world.offerings.iter().map(let_off);
    if let_off.any(|stretches| stretches.is_none()) {
        features.insert(Feature::Rebates);
    }
    let covers = |commitment: &Commitment| matches!(commitment, Commitment::Reserved(_));
    if world.commitments.iter().any(covers) {
        features.insert(Feature::Commitments);
    }
    features
}

/// Machines of an offering that are paid for from the beginning to the end, whatever is done.
fn kept(offering: &Offering) -> u32 {
    if offering.terms.whether_used {
        return offering.max;
    }
    let steps = offering.availability.steps().iter();
    let always = steps.map(|(_, nodes)| *nodes).min().unwrap_or(0);
    // One that may be lost or come to nothing is not always paid for.
    let lasts = offering.risk == Risk::default() && !offering.terms.only_while_used;
    let kept = offering.min.min(offering.initial).min(always);
    if lasts { kept } else { 0 }
}

fn pool(offering: &Offering, nodes: u32, warmup: SimTime) -> Pool {
    let steps = offering.availability.steps().iter();
    let gpus = steps.map(|(at, there)| (at.us(), milli(offering, nodes.min(*there))));
    Pool {
        model: usize::from(offering.shape.model.0),
        gpus: held_longer(&Steps::new(gpus), offering.notice.us()),
        price: prices_of(offering, warmup),
    }
}

/// The least that a thousandth of a GPU costs a microsecond, from `warmup` on.
pub(super) fn prices_of(offering: &Offering, warmup: SimTime) -> Steps {
    let price = Steps::new(prices(offering)).none_before(warmup.us());
    free_in(price, &let_off(offering).unwrap_or_default())
}

fn milli(offering: &Offering, nodes: u32) -> u64 {
    u64::from(nodes) * u64::from(offering.shape.gpus) * 1000
}

/// The price of a thousandth of a GPU.
fn prices(offering: &Offering) -> impl Iterator<Item = (u64, u64)> {
    let parts = u64::from(offering.shape.gpus) * 1000;
    let steps = offering.price.steps().iter();
    steps.map(move |(at, price)| {
        let price = u128::from(price.nanousd_h()) * u128::from(FINENESS);
        let part = price.checked_div(parts.into()).unwrap_or(0);
        (at.us(), u64::try_from(part).unwrap_or(u64::MAX))
    })
}

/// The most there was within this time.
fn held_longer(steps: &Steps, time: u64) -> Steps {
    if time == 0 {
        return steps.clone();
    }
    let instants = steps
        .instants()
        .flat_map(|at| [at, at.saturating_add(time)]);
    let most = |at: u64| {
        let within = steps.stretches(at.saturating_sub(time), at + 1);
        within.map(|stretch| stretch.value).max().unwrap_or(0)
    };
    Steps::new(instants.map(|at| (at, most(at))))
}

fn job(world: &World, Done { job, in_time }: Done<'_>) -> Result<Job, Unbounded> {
    let class = &world.classes[usize::from(job.class.0)];
    if job.gang.is_elastic() {
        return Err(Unbounded::Unless(Feature::Elastic));
    }
    let unit = match &class.course.kind {
        CourseKind::Linear => 1,
        CourseKind::Stepwise(step) => step.us(),
        CourseKind::Goodput(_) => return Err(Unbounded::Unless(Feature::Goodput)),
    };
    let work = u128::from(job.work) * u128::from(unit);
    // Who is interrupted while he sets up for the first time sets up as if for another; and who may go from one model to
    // another sets up once, perhaps on the slowest, and then only changes seats.
    let [first, later] = [true, false].map(|first| class.setup(job.kind, first).us());
    let models = 0..convert::narrow(world.models.len());
    let allowed = |model| {
        let model = ModelId(u16::try_from(model).expect("few models"));
        job.models.allows(model).then_some(model)
    };
    let allowed: Vec<Option<ModelId>> = models.map(allowed).collect();
    let setup = if allowed.iter().flatten().count() > 1 {
        first.min(later).min(class.checkpoint.reseat.us())
    } else {
        first.min(later)
    };
    let span = |model: ModelId| {
        let us = work.saturating_mul(UNIT_RATE.into()) / u128::from(rate(world, job, model));
        u64::try_from(us).map_or(u64::MAX, |us| us.saturating_add(setup))
    };
    let deadline = job.deadline.filter(|_| in_time);
    Ok(Job {
        release: job.arrival.us(),
        deadline: deadline.into_iter().chain(world.end).min().map(SimTime::us),
        width: job.gang.gpu_milli(),
        spans: allowed.into_iter().map(|model| model.map(span)).collect(),
    })
}

/// The rate on a model at the best.
fn rate(world: &World, job: &Spec, model: ModelId) -> u64 {
    let rates = &world.classes[usize::from(job.class.0)].course.rates;
    let gpus = job.gang.gpus();
    // What needs no GPU runs at the speed of machines without one, wherever it is.
    let model = (gpus > 0).then_some(model);
    let reaches = [Reach::Node, Reach::Rack, Reach::Zone, Reach::Zones];
    let rates = reaches.map(|reach| rates.on(job.kind, model, gpus, reach));
    rates.into_iter().max().expect("four of them")
}
