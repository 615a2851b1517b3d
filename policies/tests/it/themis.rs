//! Themis: auctions against all sets of bids, and leases small enough to follow by hand.

use policies::params::Value;
use policies::registry::POLICIES;
use policies::themis::{Bid, winners};
use sim_core::engine::World;
use sim_core::model::{Gang, Job, Market};
use sim_core::units::Span;
use sim_core::world::draw::{Part, Stream};

use crate::contract::rig::attempts;
use crate::plain::{self, HONEST, fleet, job, made, standing, text};

/// What the best of all sets of bids that fit is worth.
fn best(bids: &[Bid], offered: u64) -> f64 {
    let sets = 0..1_u32 << bids.len();
    let worth = |set: u32| {
        let members = || (0..bids.len()).filter(move |at| set >> at & 1 == 1);
        let wanted: u64 = members().map(|at| bids[at].gpu_milli).sum();
        (wanted <= offered).then(|| members().map(|at| bids[at].worth).sum::<f64>())
    };
    sets.filter_map(worth).fold(0.0, f64::max)
}

#[test]
fn the_winners_of_random_auctions_are_worth_as_much_as_any_set_that_fits() {
    let mut luck = Stream::new(7, &[Part::Name("auction")]);
    for _ in 0..2_000 {
        let count = luck.below(9) + 1;
        let bids: Vec<Bid> = (0..count)
            .map(|_| {
                let sizes = [0, 250, 500, 1000, 2000, 4000, 8000];
                let size = sizes[usize::try_from(luck.below(7)).expect("a place")];
                let waited = 1.0 + f64::from(u32::try_from(luck.below(5_000)).expect("small"));
                Bid::for_lease(size, waited, Span::from_secs(1200))
            })
            .collect();
        let offered = luck.below(24) * 500 + luck.below(3);
        let wins = winners(&bids, offered);
        let won = || bids.iter().zip(&wins).filter(|(_, wins)| **wins);
        let wanted: u64 = won().map(|(bid, _)| bid.gpu_milli).sum();
        assert!(wanted <= offered, "{wanted} of {offered}");
        let worth: f64 = won().map(|(bid, _)| bid.worth).sum();
        let best = best(&bids, offered);
        assert!(
            (worth - best).abs() < 1e-12,
            "{worth}, not {best}: {bids:?}"
        );
    }
}

/// From when to when each attempt ran on one GPU, with leases of 100 s.
fn ran(jobs: &[Job], fairness: f64) -> Vec<(u32, f64, f64)> {
    let world: World = plain::world(vec![standing(fleet(Market::Owned, 1, 1))]);
    let given = [
        ("lease".to_owned(), text("100s")),
        ("fairness".to_owned(), Value::Float(fairness)),
    ];
    attempts(&world, jobs, made(POLICIES, "themis", &given, &HONEST))
}

#[test]
fn a_lease_is_kept_to_its_end_and_then_the_worst_off_goes_first() {
    // At 100 s the first would take 1000 s for its own 2000 s (two share one GPU), the second 130 s for its own 200 s.
    let jobs = [job(0, Gang::of(1, 1), 1000), job(70, Gang::of(1, 1), 100)];
    assert_eq!(
        ran(&jobs, 1.0),
        [(0, 0.0, 100.0), (1, 100.0, 200.0), (0, 200.0, 1100.0)]
    );
    // The second is as long as the first, which fares worse for as long as it came first; at 200 s it is the other way round.
    let jobs = [job(0, Gang::of(1, 1), 300), job(10, Gang::of(1, 1), 300)];
    let turns = ran(&jobs, 1.0);
    assert_eq!(turns[..2], [(0, 0.0, 100.0), (1, 100.0, 200.0)]);
}

#[test]
fn of_those_who_may_bid_the_one_that_is_done_sooner_wins() {
    // All wait for the same time, the longest is worst off; alone it may bid, and so wins. If all may, the shortest does.
    let jobs = [
        job(0, Gang::of(1, 1), 50),
        job(0, Gang::of(1, 1), 80),
        job(0, Gang::of(1, 1), 60),
    ];
    let order = |fairness: f64| {
        ran(&jobs, fairness)
            .iter()
            .map(|ran| ran.0)
            .collect::<Vec<_>>()
    };
    assert_eq!(order(0.0), [0, 2, 1]);
    let waiting = [
        job(0, Gang::of(1, 1), 90),
        job(10, Gang::of(1, 1), 400),
        job(85, Gang::of(1, 1), 50),
    ];
    let order = |fairness: f64| {
        ran(&waiting, fairness)
            .iter()
            .map(|ran| ran.0)
            .collect::<Vec<_>>()
    };
    assert_eq!(order(0.0)[..2], [0, 2]);
    assert_eq!(order(1.0)[1], 1, "{:?}", ran(&waiting, 1.0));
}

#[test]
fn while_nobody_waits_leases_are_renewed_without_a_stop() {
    let jobs = [job(0, Gang::of(1, 1), 1000), job(250, Gang::of(1, 1), 10)];
    // The third lease is over at 300 s.
    assert_eq!(
        ran(&jobs, 1.0),
        [(0, 0.0, 300.0), (1, 300.0, 310.0), (0, 310.0, 1010.0)]
    );
}
