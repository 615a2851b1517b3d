//! The rate of reclaims as it is seen comes to the true one.

use std::sync::Arc;

use policies::reclaims::{Prior, Reclaims};
use sim_core::engine::{Change, Engine, Grants, Plan, Policy, View, Wakes};
use sim_core::model::{Market, Offering};
use sim_core::units::{NodeId, OfferingId, SimTime};
use sim_core::world::{Lifetime, Trace};

use super::rig::{at, fleet, job, span, world};

/// Taken away after a time without memory, this long on average.
pub(crate) fn exponential(mean_secs: u64) -> Lifetime {
    Lifetime::exponential(span(mean_secs)).expect("a mean above zero")
}

/// Holds as many machines as it may, and gives some back now and then.
#[derive(Clone, Debug, Default)]
struct Watcher {
    seen: Reclaims,
    asked: u64,
    wakes: SimTime,
}

const POOL: OfferingId = OfferingId(0);

impl Policy for Watcher {
    fn name(&self) -> &'static str {
        "watcher"
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::ARRIVAL | Wakes::NODE | Wakes::NOTICE | Wakes::WAKE
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        for change in view.changes() {
            if let Change::Node(node) = change {
                self.seen.note(*node, view);
            }
        }
        let of = view.offering(POOL).expect("the only one");
        let missing = of.max - plan.holds(POOL);
        if missing > 0 {
            plan.request(POOL, missing).expect("within the quota");
        }
        self.asked += 1;
        let idle: Vec<NodeId> = plan.capacity().nodes(POOL).collect();
        if let Some(node) = idle.last().filter(|_| self.asked.is_multiple_of(7)) {
            plan.release(*node).expect("it is empty");
        }
        self.seen.note_plan(plan, view);
        if self.wakes <= view.now() {
            self.wakes = view.now().saturating_add(span(1800));
            plan.wake_at(self.wakes).expect("later");
        }
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(self.clone())
    }
}

/// What is seen of a pool in a thousand hours.
fn watched(offering: Offering, seed: u64) -> (u32, f64) {
    let mut world = world(vec![offering]);
    let end = at(1000 * 3600);
    (world.seed, world.end) = (seed, Some(end));
    let trace = Trace::new([job(0, 1)].into());
    let mut engine = Engine::new(Arc::new(world), Box::new(trace));
    let mut watcher = Watcher::default();
    let finish = engine.run(&mut watcher, Grants::default(), &mut ());
    assert!(finish.is_ok(), "{finish:?}");
    watcher.seen.seen(POOL, end)
}

/// Reclaims of a Poisson process: the standard error of a count is the root of its mean.
#[test]
fn the_rate_seen_is_the_true_one() {
    for (seed, notice) in [(1, 0), (2, 120), (3, 0), (4, 30)] {
        let mut pool = fleet(Market::Spot, 100, 8);
        (pool.notice, pool.risk.lifetime) = (span(notice), exponential(2 * 3600));
        let (reclaims, hours) = watched(pool, seed);
        // What is left has no memory, so that it is the same rate up to a notice.
        let mean = hours / 2.0;
        let z = (f64::from(reclaims) - mean) / mean.sqrt();
        assert!(hours > 4000.0, "{hours}");
        assert!(z.abs() < 4.0, "seed {seed}: {reclaims} in {hours} h, z {z}");
    }
}

#[test]
fn what_is_given_back_is_no_reclaim() {
    let (reclaims, hours) = watched(fleet(Market::Spot, 100, 8), 1);
    assert_eq!(reclaims, 0);
    assert!(hours > 7000.0, "{hours}");
}

#[test]
fn before_anything_is_seen_the_prior_is_believed() {
    let prior = Prior {
        rate: 0.3,
        hours: 10.0,
    };
    let rate = Reclaims::default().rate(POOL, prior, at(50));
    assert!((rate - 0.3).abs() < 1e-12, "{rate}");
}
