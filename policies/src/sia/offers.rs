//! What a job may have, and what it costs: the more of its goodput it keeps, the less.

use sim_core::course::goodput::Layout;
use sim_core::engine::{JobView, View};
use sim_core::units::{ModelId, SimTime, Span, convert};

use super::policy::Ways;
use super::program::Choice;
use crate::goodput::{Outlook, Pool, Wish, held};

/// Highest cost of a configuration.
const MOST_COST: f64 = 3000.0;

/// What is cheaper by this goes on where it is: of equal ones whoever runs does. Far below a hundredth, to which costs are rounded.
const GOES_ON: f64 = 1e-4;

/// A configuration: a model, GPUs, and how good it is beside the worst one.
type Offer = (ModelId, u32, f64);

/// What the job at a position may have. `restarts` are those that it has behind it.
pub(super) fn choices(
    (at, job): (usize, &JobView<'_>),
    restarts: u32,
    (view, pools): (&View<'_>, &[Pool]),
    ways: &Ways,
) -> Vec<Choice> {
    let now = held(view, job.id());
    let is_now = |wish: &Wish, model, gpus| wish.model == model && wish.gpus() == gpus;
    let stays = stays(job, restarts, (view, ways));
    let choice = |(model, gpus, worth): &Offer| {
        let same = now.as_ref().is_some_and(|now| is_now(now, *model, *gpus));
        let share = if now.is_none() || same { 1.0 } else { stays };
        let cost = libm::pow(share * worth, ways.power);
        // It loses all that it did, or can do nothing.
        let cost = if cost.is_finite() {
            cost.min(MOST_COST)
        } else {
            MOST_COST
        };
        Choice {
            job: at,
            model: *model,
            gpus: *gpus,
            cost: (cost * 100.0).round_ties_even() / 100.0
                - ways.idle
                - if same { GOES_ON } else { 0.0 },
            pinned: same && is_new(job, (view, ways)),
        }
    };
    offers(job, pools, ways).iter().map(choice).collect()
}

/// Whether to move a job now would be to have set it up for nothing. One that does not adapt and takes a round or more to set up
/// works for a round at least, lest two of equal worth take turns for ever.
fn is_new(job: &JobView<'_>, (view, ways): (&View<'_>, &Ways)) -> bool {
    let slow = job.training().is_none() && job.restore() >= ways.round;
    let round = if slow { ways.round } else { Span::ZERO };
    let soon = |from: SimTime| view.now() < from.saturating_add(round);
    job.works().is_some_and(soon)
}

/// The share of its goodput that a job of this age keeps if it restarts once more.
fn stays(job: &JobView<'_>, restarts: u32, (view, ways): (&View<'_>, &Ways)) -> f64 {
    let seconds = |span: Span| convert::real(span.us()) / 1e6;
    let age = seconds(view.now().since(job.arrival()));
    let name = job.training().map(|training| training.name().to_owned());
    let listed = ways
        .penalties
        .iter()
        .find(|(listed, _)| Some(*listed) == name.as_deref());
    let penalty = listed.map_or_else(|| seconds(job.restore()), |(_, penalty)| *penalty);
    if age < penalty {
        return 1.0;
    }
    (age - f64::from(restarts) * penalty).max(0.0) / (age + penalty)
}

fn offers(job: &JobView<'_>, pools: &[Pool], ways: &Ways) -> Vec<Offer> {
    let allowed: Vec<&Pool> = pools
        .iter()
        .filter(|pool| job.models().allows(pool.model))
        .collect();
    let outlook = job.training().filter(|_| job.gang().is_elastic());
    let outlook = outlook.and_then(|training| Some(Outlook::new(training, job.report()?)));
    match outlook {
        Some(outlook) => adaptive(&outlook, job, (&allowed, pools), ways),
        None => rigid(job, &allowed),
    }
}

/// Of a job that runs on any number of GPUs: the worst of them is worth one.
fn adaptive(
    outlook: &Outlook<'_>,
    job: &JobView<'_>,
    (allowed, pools): (&[&Pool], &[Pool]),
    ways: &Ways,
) -> Vec<Offer> {
    let most = outlook.most_gpus(ways.most_gpus).min(job.gang().gpus());
    let mut offers: Vec<Offer> = Vec::new();
    for pool in allowed {
        let sizes = pool.sizes().filter(|gpus| *gpus <= most);
        let goodputs = sizes.filter_map(|gpus| Some((gpus, outlook.goodput(pool, pools, gpus)?)));
        let some = goodputs.filter(|(_, goodput)| *goodput > 0.0);
        offers.extend(some.map(|(gpus, goodput)| (pool.model, gpus, goodput)));
    }
    relative(offers, 1.0)
}

/// Of a job of fixed size: the slowest model is worth as much as it has GPUs.
fn rigid(job: &JobView<'_>, allowed: &[&Pool]) -> Vec<Offer> {
    let gpus = job.gang().gpus();
    let offer = |pool: &&Pool| {
        let layout = || Layout {
            model: pool.model,
            counts: pool.counts(gpus),
        };
        let own = job.training().map(|training| training.speed(&layout()));
        let speed = own.unwrap_or_else(|| job.speed(pool.model))?;
        let fits = pool.gpus() >= gpus && pool.seats(job.gang());
        (fits && speed > 0.0).then_some((pool.model, gpus, speed))
    };
    relative(allowed.iter().filter_map(offer).collect(), f64::from(gpus))
}

/// The same, with the worst one worth `least`.
fn relative(mut offers: Vec<Offer>, least: f64) -> Vec<Offer> {
    let worst = offers.iter().map(|(_, _, worth)| *worth);
    let worst = worst.fold(f64::INFINITY, f64::min);
    for (_, _, worth) in &mut offers {
        *worth *= least / worst;
    }
    offers
}
