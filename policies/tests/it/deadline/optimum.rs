//! The optimum against all schedules there are.

use policies::deadline::On;
use policies::deadline::optimum::{Order, cheapest};
use sim_core::world::draw::{Part, Stream};

use super::rig::{self, Pilot, pilot, ticking};

const STATES: [On; 3] = [On::Idle, On::Spot, On::OnDemand];

/// The price of a schedule, if it does the work.
fn price(up: &[bool], order: Order, schedule: &[On]) -> Option<u64> {
    let (mut price, mut needed, mut spent, mut before) = (0, order.work, 0, On::Idle);
    for (on, up) in schedule.iter().zip(up) {
        match on {
            On::Idle => {}
            On::Spot if !up => return None,
            On::Spot => price += order.prices[0],
            On::OnDemand => price += order.prices[1],
        }
        if *on != On::Idle {
            spent += order.tick;
            needed += if *on == before { 0 } else { order.changeover };
        }
        before = *on;
    }
    (spent >= needed).then_some(price)
}

/// The least price of all schedules.
fn enumerated(up: &[bool], order: Order) -> Option<u64> {
    let count = 3_usize.pow(u32::try_from(up.len()).expect("few"));
    let schedule = |mut number: usize| -> Vec<On> {
        let mut next = || {
            let on = STATES[number % 3];
            number /= 3;
            on
        };
        (0..up.len()).map(|_| next()).collect()
    };
    (0..count)
        .filter_map(|number| price(up, order, &schedule(number)))
        .min()
}

#[test]
fn no_schedule_is_cheaper_in_hundreds_of_small_instances() {
    let mut luck = Stream::new(11, &[Part::Name("optimum")]);
    let mut solved = 0;
    for instance in 0..400 {
        let ticks = if instance % 40 == 0 {
            12
        } else {
            3 + luck.below(6)
        };
        let share = luck.uniform();
        let up: Vec<bool> = (0..ticks).map(|_| luck.chance(share)).collect();
        let order = Order {
            tick: luck.between(1, 10),
            work: luck.between(1, 10 * ticks),
            changeover: luck.below(15),
            prices: [luck.between(1, 5), luck.between(1, 12)],
        };
        let found = cheapest(&up, order);
        let least = enumerated(&up, order);
        let paid = found
            .as_ref()
            .and_then(|schedule| price(&up, order, schedule));
        assert_eq!(paid, least, "{order:?} {up:?} {found:?}");
        assert_eq!(found.is_some(), least.is_some(), "{order:?} {up:?}");
        solved += u32::from(least.is_some());
    }
    assert!(solved > 100, "only {solved} can be done");
}

/// On random series, in ticks: nobody pays less than the optimum, and all are in time.
#[test]
fn nobody_is_cheaper_than_the_optimum() {
    for seed in 0..60 {
        let mut luck = Stream::new(seed, &[Part::Name("series")]);
        let (mut up, mut now) = (Vec::new(), luck.chance(0.5));
        while up.len() < 60 {
            now ^= luck.chance(0.2);
            up.push(now);
        }
        let changeover = 60 * luck.below(16);
        let world = rig::world(&up, 600, rig::span(changeover), 1);
        let work = 600 * luck.between(20, 40) + 60 * luck.below(10);
        let jobs = [rig::job(0, work, 600 * 50)];
        let cost = |pilot: Pilot| {
            let log = rig::fly(&world, &jobs, pilot, 600);
            assert!(
                log.ends[0] <= rig::at(600 * 50),
                "{pilot:?} in {seed} is late"
            );
            log.cost()
        };
        let least = cost(pilot("omniscient"));
        for kind in ["greedy", "uniform-progress", "on-demand-only"] {
            let paid = cost(ticking(kind, "10m"));
            assert!(paid >= least - 1e-9, "{kind} in {seed}: {paid} < {least}");
        }
    }
}
