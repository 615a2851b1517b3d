//! The guard of a budget.

use policies::params::Value;
use sim_core::model::Market;
use sim_core::units::{Money, OfferingId};

use super::rig::{self, Part, budget, expect, fleet, job, minutes, text, texts, world};

const GUARD: Part<'_> = ("guard", "budget", &[]);

fn buy() -> [(&'static str, Value); 2] {
    [
        ("idle", text("0s")),
        ("market", texts(&["on-demand", "spot"])),
    ]
}

/// Ten dollars for four hours, of which a machine takes ten cents a minute: eight are spent at minute 80, nine at 90. From 96
/// on there are two machines, and the tenth is spent at 98.
#[test]
fn past_a_share_nothing_starts_past_another_nothing_runs_but_what_is_critical() {
    let mut world = world(vec![fleet("f", Market::OnDemand, 1, 4)]);
    world.budgets = vec![budget(&world, 1000, 240)];
    let mut critical = job(96, 10);
    critical.priority = 1;
    let jobs = [job(0, 200), job(95, 30), critical];
    let counters = expect(
        world,
        &jobs,
        &[("buy", "queue-depth", &buy()), GUARD],
        &[
            "0 node 0 is ready",
            "0 job 0 starts on 0",
            "96 node 1 is ready",
            "96 job 2 starts on 1",
            "98 job 0 is interrupted",
            "98 node 0 is released",
            "106 job 2 ends",
            "106 node 1 is released",
            "240 node 0 is ready",
            "240 node 1 is ready",
            "240 job 0 starts on 0",
            "240 job 1 starts on 1",
            "270 job 1 ends",
            "270 node 1 is released",
            "310 job 0 is interrupted",
            "310 node 0 is released",
            "480 node 0 is ready",
            "480 job 0 starts on 0",
            "512 job 0 ends",
            "512 node 0 is released",
        ],
    );
    // Three stages in each of two periods; the critical job spent eight minutes' money too much.
    assert_eq!(counters.alerts, 6);
    assert_eq!(counters.overspent, Money::from_nanousd(800_000_000));
}

#[test]
fn what_is_seen_late_is_heeded_late() {
    let mut world = world(vec![fleet("f", Market::OnDemand, 1, 4)]);
    world.budgets = vec![budget(&world, 1000, 240)];
    world.budgets[0].delay = minutes(30);
    let counters = expect(
        world,
        &[job(0, 150)],
        &[("buy", "queue-depth", &buy()), GUARD],
        &[
            "0 node 0 is ready",
            "0 job 0 starts on 0",
            "130 job 0 is interrupted",
            "130 node 0 is released",
            "240 node 0 is ready",
            "240 job 0 starts on 0",
            "260 job 0 ends",
            "260 node 0 is released",
        ],
    );
    assert_eq!(counters.overspent, Money::from_nanousd(3_000_000_000));
}

#[test]
fn machines_go_in_the_order_of_their_markets_and_only_those_it_is_for() {
    let fleets = vec![
        fleet("other", Market::OnDemand, 1, 1),
        fleet("dear", Market::OnDemand, 1, 1),
        fleet("cheap", Market::Spot, 1, 1),
    ];
    let mut world = world(fleets);
    world.budgets = vec![budget(&world, 400, 240)];
    world.budgets[0].covers = vec![OfferingId(1), OfferingId(2)];
    let jobs = [job(0, 60), job(0, 30), job(0, 30)];
    expect(
        world,
        &jobs,
        &[("buy", "queue-depth", &buy()), GUARD],
        &[
            "0 node 0 is ready",
            "0 node 1 is ready",
            "0 node 2 is ready",
            "0 job 0 starts on 0",
            "0 job 1 starts on 1",
            "0 job 2 starts on 2",
            "20 job 1 is interrupted",
            "20 job 2 is interrupted",
            "20 node 2 is released",
            "20 node 1 is released",
            "60 job 0 ends",
            "60 node 0 is released",
            "240 node 0 is ready",
            "240 node 1 is ready",
            "240 job 1 starts on 0",
            "240 job 2 starts on 1",
            "250 job 1 ends",
            "250 job 2 ends",
            "250 node 0 is released",
            "250 node 1 is released",
        ],
    );
}

#[test]
fn a_job_that_no_budget_allows_does_not_keep_the_run_going_for_ever() {
    let mut world = world(vec![
        fleet("f", Market::OnDemand, 1, 4),
        rig::standing("s", 1, 1),
    ]);
    world.budgets = vec![budget(&world, 0, 240)];
    let mut engine = sim_core::engine::Engine::new(
        world.into(),
        Box::new(sim_core::world::Trace::new([job(0, 1)][..].into())),
    );
    let mut policy = rig::policy(&[GUARD]);
    let grants = sim_core::engine::Grants::default();
    let finish = engine.run(&mut policy, grants, &mut ());
    assert_eq!(finish, Ok(sim_core::engine::Finish::Stuck));
}
