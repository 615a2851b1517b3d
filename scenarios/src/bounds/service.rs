//! Replicas of a service: clairvoyant provisioning for the requests that a run answered, those in time that came in time.
//!
//! Assumes a service that is looked at request by request, with replicas that are alike, serve requests one by one and keep no
//! answers: then a request takes a replica as long in every run. Holds with any line, patience and router, with several
//! services and with jobs beside them; it says nothing of who leaves requests unanswered that the run answered.
//!
//! Why no run beats it: cut time into intervals. What came within one and was answered within it, as promised, must be served
//! within it, so that over the interval replicas serve so many on average. Look at a run once an interval, at the same offset
//! into each: whoever serves has been paid for ever since its machine was asked for, which took it to boot, and since it began
//! to load. So what is seen is a way to ask for whole replicas and to give them back, and its numbers, on average over all
//! offsets, meet the need. The cheapest such ways for a need in fractions are those of levels as thin
//! ([`policies::scale::optimum`]), of which no average is cheaper. Whoever is there at the beginning costs nothing before, and
//! the price is the lowest there is.

use policies::scale::Bounds;
use policies::scale::optimum::Pool;
use sim_core::course::{Rates, UNIT_RATE};
use sim_core::engine::{ReplicaSet, World};
use sim_core::model::{ChargedFrom, Role};
use sim_core::serve::{Objective, Serving};
use sim_core::units::{OfferingId, ServiceId, SimTime, Span, convert};

use super::bound::{Bound, COST_UNLESS};
use super::problem::{Feature, Unbounded};
use super::provisioning::{PROVISIONING_FREELY, provisioning};
use super::steps::Steps;
use super::world::{features, prices_of};

/// A service of which it is known what its requests take.
#[derive(Clone, Debug)]
pub struct Served {
    /// Of how long an interval is.
    interval_us: u64,
    from: SimTime,
    promise: Option<Span>,
    /// By interval: how long replicas were at work on what had to be done within it.
    work_us: Vec<u128>,
    /// Requests that a replica serves at a time.
    servers: u32,
    /// From asking for a machine to serving.
    start_us: u64,
    /// Price of a replica for a microsecond.
    price: u128,
}

/// Intervals are so many times as long as the promise, so that most of what comes in one must be done in it.
const PROMISES: u64 = 16;
/// The shortest interval.
const SHORTEST_US: u64 = 60_000_000;
/// A level is such a part of a replica, if there are not too many.
const PARTS: u128 = 16;
/// Most levels times intervals.
const LARGEST: u128 = 1 << 22;

impl Served {
    /// Nothing has come yet. What comes before `from` does not count, and the run ends at `end`.
    ///
    /// # Errors
    /// What the service allows that the relaxation does not know of.
    pub fn new(
        world: &World,
        (service, promise): (ServiceId, &Objective),
        (from, end): (SimTime, SimTime),
    ) -> Result<Self, Unbounded> {
        let features = features(world);
        if let Some(feature) = COST_UNLESS.iter().find(|one| features.contains(*one)) {
            return Err(Unbounded::Unless(*feature));
        }
        let set = alone(world, service)?;
        let promise = promise.whole;
        let whole = end.us().saturating_sub(from.us()).max(1);
        let interval_us = promise.map_or(whole, |promise| {
            promise.us().saturating_mul(PROMISES).max(SHORTEST_US)
        });
        let count = usize::try_from(whole / interval_us).map_err(|_| Unbounded::TooLarge)?;
        let (price, boot) = machines(world, set, (from, end));
        let class = &world.classes[set.replica.class.index()];
        let [first, later] = [true, false].map(|first| class.setup(set.replica.kind, first).us());
        Ok(Self {
            interval_us: interval_us.min(whole),
            from,
            promise,
            work_us: vec![0; count.max(1)],
            servers: set.serving.servers(),
            start_us: boot + first.min(later),
            price: u128::from(price) * u128::from(set.replica.gang.gpu_milli()),
        })
    }

    /// A request that came then was answered; a replica was at work on it from one instant to another.
    pub fn answered(&mut self, came: SimTime, (started, done): (SimTime, SimTime), in_time: bool) {
        let Some(since) = came.us().checked_sub(self.from.us()) else {
            return;
        };
        let due = match self.promise {
            None => since,
            Some(promise) if in_time => since.saturating_add(promise.us()),
            Some(_) => return,
        };
        let at = since / self.interval_us;
        let here = usize::try_from(at)
            .ok()
            .and_then(|at| self.work_us.get_mut(at));
        if let Some(work) = here.filter(|_| due <= (at + 1) * self.interval_us) {
            *work += u128::from(done.since(started).us());
        }
    }

    /// The least that replicas cost which answer the same, in the unit of the prices.
    ///
    /// # Errors
    /// Numbers beyond what bounds count with.
    pub fn bound(&self) -> Result<Bound, Unbounded> {
        let there = u128::from(self.servers.max(1)) * u128::from(self.interval_us);
        let most = self
            .work_us
            .iter()
            .copied()
            .max()
            .unwrap_or(0)
            .div_ceil(there);
        let levels = most
            .saturating_mul(u128::from(convert::wide(self.work_us.len())))
            .max(1);
        let parts = (LARGEST / levels).clamp(1, PARTS);
        let need = self
            .work_us
            .iter()
            .map(|work| u32::try_from(work * parts / there));
        let need: Vec<u32> = need
            .collect::<Result<_, _>>()
            .map_err(|_| Unbounded::TooLarge)?;
        let most = need.iter().copied().max().unwrap_or(0);
        let start = u32::try_from(self.start_us / self.interval_us).unwrap_or(u32::MAX);
        let pool = Pool {
            initial: most,
            bounds: Bounds::new(0, most).expect("nothing is less"),
            start,
            minimum: 1,
            cost: 1,
            // Dearer than to serve for one interval, with all that comes before.
            penalty: u64::from(start) + 2,
        };
        let units = provisioning(&need, &pool)?.value;
        let time = units.checked_mul(self.interval_us.into());
        let cost = time.and_then(|time| time.checked_mul(self.price));
        Ok(Bound {
            value: cost.ok_or(Unbounded::TooLarge)? / parts,
            by: PROVISIONING_FREELY,
        })
    }
}

/// The only set of a service, if its requests take the same in every run.
fn alone(world: &World, service: ServiceId) -> Result<&ReplicaSet, Unbounded> {
    let own = &world.services[service.index()];
    if own.fluid.is_some() {
        return Err(Unbounded::Unless(Feature::Rates));
    }
    if own.model.caching.is_some() {
        return Err(Unbounded::Unless(Feature::Answers));
    }
    let mut sets = world.sets.iter().filter(|set| set.service == service);
    let (Some(set), None) = (sets.next(), sets.next()) else {
        return Err(Unbounded::Unless(Feature::Ways));
    };
    let class = &world.classes[set.replica.class.index()];
    let rates = &class.course.rates;
    let plain = Rates {
        feeds: rates.feeds,
        ..Rates::default()
    };
    if *rates != plain || rates.feeds.is_some_and(|feeds| feeds < UNIT_RATE) {
        return Err(Unbounded::Unless(Feature::Ways));
    }
    match &set.serving {
        Serving::Batch(batch) if batch.size == 1 => Ok(set),
        Serving::Batch(_) | Serving::Iteration(_) => Err(Unbounded::Unless(Feature::Batches)),
    }
}

/// The lowest price of a thousandth of a GPU that replicas of a set may hold, and the shortest boot of such a machine that is
/// paid for.
fn machines(world: &World, set: &ReplicaSet, (from, end): (SimTime, SimTime)) -> (u64, u64) {
    let roles = set.replica.gang.roles();
    let offerings = world.offerings.iter().enumerate().filter(|(at, offering)| {
        let at = OfferingId(u16::try_from(*at).expect("few offerings"));
        let may = |role: &Role| {
            role.demand.markets.allows(offering.market) && role.demand.offerings.allows(at)
        };
        set.replica.models.allows(offering.shape.model) && roles.iter().any(may)
    });
    let both = offerings.map(|(_, offering)| {
        let price: Steps = prices_of(offering, from);
        let is_paid = offering.terms.from == ChargedFrom::Grant
            && !offering.terms.only_while_used
            && offering.risk.boot.is_none();
        let boot = if is_paid { offering.boot.us() } else { 0 };
        (price.least(from.us(), end.us()), boot)
    });
    let both: Vec<(u64, u64)> = both.collect();
    let price = both.iter().map(|(price, _)| *price).min().unwrap_or(0);
    (price, both.iter().map(|(_, boot)| *boot).min().unwrap_or(0))
}
