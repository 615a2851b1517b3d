//! From a world and the jobs that a run completed to the problem that bounds speak of: what every run that completes the same
//! jobs in time is up against.
//!
//! What is not told makes a run only longer or dearer: nodes and what fits on them, boots, reclaims, failures, slowdown across
//! racks, checkpoints and restores, waiting for data, granules and minima of the bill, fees, stores and services. GPUs are
//! counted in thousandths. A machine that is taken away may be used until its notice runs out, so what the provider has counts
//! that much longer.

use std::collections::BTreeSet;

use sim_core::course::{CourseKind, Reach, UNIT_RATE};
use sim_core::engine::World;
use sim_core::model::{Commitment, Job as Spec, Offering, Risk};
use sim_core::units::{ModelId, SimTime, convert};

use super::problem::{Feature, Floor, Job, Pool, Problem, Unbounded};
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
/// Numbers beyond what bounds count with.
pub fn problem<'a>(
    world: &World,
    jobs: impl IntoIterator<Item = Done<'a>>,
    warmup: SimTime,
) -> Result<Problem, Unbounded> {
    let mut features = of_world(world);
    let mut told = Vec::new();
    for done in jobs {
        let class = &world.classes[usize::from(done.job.class.0)];
        if done.job.gang.is_elastic() {
            features.insert(Feature::Elastic);
        }
        if matches!(class.course.kind, CourseKind::Goodput(_)) {
            features.insert(Feature::Goodput);
        }
        told.push(job(world, done));
    }
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
    Problem::new(told, (pools, floors), features)
}

fn of_world(world: &World) -> BTreeSet<Feature> {
    let mut features = BTreeSet::new();
    if world.slowdown.is_some() {
        features.insert(Feature::Sharing);
    }
    let lets_off = |offering: &Offering| {
        let terms = offering.terms;
        terms.free_if_reclaimed_within.us() > 0 || terms.reclaimed_partial_free
    };
    if world.offerings.iter().any(lets_off) {
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
        price: Steps::new(prices(offering)).none_before(warmup.us()),
    }
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

fn job(world: &World, Done { job, in_time }: Done<'_>) -> Job {
    let width = job.gang.gpu_milli();
    let models = 0..convert::narrow(world.models.len());
    let spans = models.map(|model| {
        let model = ModelId(u16::try_from(model).expect("few models"));
        job.models.allows(model).then(|| span(world, job, model))
    });
    let mut spans: Vec<Option<u64>> = spans.collect();
    let class = &world.classes[usize::from(job.class.0)];
    let [first, later] = [true, false].map(|first| class.setup(job.kind, first).us());
    // Who may go from one model to another pays the first start once, perhaps on the slowest.
    let several = spans.iter().flatten().count() > 1;
    let every = first.min(later).min(class.checkpoint.reseat.us());
    let setup = if several { every } else { first };
    for span in spans.iter_mut().flatten() {
        *span = span.saturating_add(setup);
    }
    Job {
        release: job.arrival.us(),
        deadline: job.deadline.filter(|_| in_time).map(SimTime::us),
        width,
        spans,
    }
}

/// Working time on a model at the best there is.
fn span(world: &World, job: &Spec, model: ModelId) -> u64 {
    let course = &world.classes[usize::from(job.class.0)].course;
    let gpus = job.gang.gpus();
    // What needs no GPU runs at the speed of machines without one, wherever it is.
    let model = (gpus > 0).then_some(model);
    let reaches = [Reach::Node, Reach::Rack, Reach::Zone, Reach::Zones];
    let rates = reaches.map(|reach| course.rates.on(job.kind, model, gpus, reach));
    let rate = rates.into_iter().max().expect("four of them");
    let unit = match &course.kind {
        CourseKind::Linear => 1,
        CourseKind::Stepwise(step) => step.us(),
        // No bound asks for it.
        CourseKind::Goodput(_) => return 1,
    };
    let work = u128::from(job.work) * u128::from(unit);
    let us = work.saturating_mul(UNIT_RATE.into()) / u128::from(rate);
    u64::try_from(us).unwrap_or(u64::MAX)
}
