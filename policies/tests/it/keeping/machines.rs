//! Machines that are idle, or hardly used, or in standby.

use policies::params::Value;
use sim_core::model::{Demand, Gang, GpuDemand, Market, Role};

use super::rig::{expect, fleet, fly, job, text, world};

/// Two jobs of ten minutes, ten minutes apart, and one much later.
#[test]
fn idle_machines_go_at_once_or_after_a_while_or_never() {
    let jobs = [job(0, 10), job(20, 10), job(100, 10)];
    let launches = |idle: &str| {
        let buy = [("idle", text(idle))];
        let fleets = vec![fleet("f", Market::OnDemand, 1, 4)];
        let (log, _) = fly(world(fleets), &jobs, &[("buy", "queue-depth", &buy)]);
        let of = |what: &str| {
            let lines = log.lines.iter().filter(|line| line.contains(what));
            lines.cloned().collect::<Vec<_>>()
        };
        (of("is ready").len(), of("is released"))
    };
    let at_once = [10, 30, 110].map(|minute| format!("{minute} node 0 is released"));
    assert_eq!(launches("0s"), (3, at_once.to_vec()));
    assert_eq!(
        launches("15m"),
        (2, vec!["45 node 0 is released".to_owned()])
    );
    assert_eq!(launches("never"), (1, vec![]));
}

/// A twentieth of a machine for hours keeps it up; below a tenth it is drained after a while, and the next job gets another.
#[test]
fn a_machine_that_is_hardly_used_is_drained() {
    let share = |milli| {
        let demand = Demand {
            gpu: GpuDemand::Milli(milli),
            ..Demand::gpus(1)
        };
        Gang::One(Role::rigid(1, demand))
    };
    let mut small = job(0, 60);
    small.gang = share(400);
    let mut large = job(0, 60);
    large.gang = Gang::of(1, 8);
    let mut late = job(30, 10);
    late.gang = share(100);
    let buy = [("idle", text("15m")), ("below", Value::Float(0.1))];
    expect(
        world(vec![fleet("f", Market::OnDemand, 8, 4)]),
        &[small, large, late],
        &[("buy", "queue-depth", &buy)],
        &[
            "0 node 0 is ready",
            "0 node 1 is ready",
            "0 job 0 starts on 0",
            "0 job 1 starts on 1",
            "15 node 0 drains",
            "30 node 2 is ready",
            "30 job 2 starts on 2",
            "40 job 2 ends",
            "45 node 2 is released",
            "60 job 0 ends",
            "60 node 0 is released",
            "60 job 1 ends",
        ],
    );
}

#[test]
fn in_standby_a_machine_is_ready_before_it_is_wanted() {
    let buy = [("idle", text("0s")), ("standby", Value::Integer(1))];
    let mut fleets = vec![fleet("f", Market::OnDemand, 1, 4)];
    fleets[0].boot = super::rig::minutes(5);
    expect(
        world(fleets),
        &[job(0, 20), job(10, 5)],
        &[("buy", "queue-depth", &buy)],
        &[
            "5 node 0 is ready",
            "5 node 1 is ready",
            "5 job 0 starts on 0",
            "10 job 1 starts on 1",
            "15 job 1 ends",
            "15 node 2 is ready",
            "15 node 2 is released",
            "25 job 0 ends",
            "25 node 1 is released",
        ],
    );
}
