//! Shares of GPUs: where the placements of the FGD paper lay them, and who moves to where less is in pieces, by hand.

use std::sync::Arc;

use policies::admit::TurnAway;
use policies::buy::Keep;
use policies::compose::{Composed, Standing};
use policies::fragment::{Class, Seen, Typical};
use policies::keeping::Keeping;
use policies::order::Fifo;
use policies::params::Value;
use policies::place::{Fgd, Place};
use policies::preempt::Never;
use policies::registry::{PLACEMENTS, RELOCATIONS};
use policies::relocate::{Relocate, Stay};
use sim_core::engine::{Engine, Grants, World};
use sim_core::model::{Demand, Gang, GpuDemand, Job, Market, ModelSet, Offering, Role, Shape};
use sim_core::units::SimTime;
use sim_core::watch::{Fact, Observer, Outcome};
use sim_core::world::Trace;

use crate::plain::{HONEST, fleet, job, made, span, standing, text, world};

fn demand(gpu: GpuDemand, cores: u32) -> Demand {
    Demand {
        gpu,
        cpu_milli: cores * 1000,
        ..Demand::gpus(1)
    }
}

fn share(arrival: u64, milli: u16, cores: u32, secs: u64) -> Job {
    let demand = demand(GpuDemand::Milli(milli), cores);
    job(arrival, Gang::One(Role::rigid(1, demand)), secs)
}

fn machines(nodes: u32, gpus: u32, cores: u32) -> Offering {
    let fleet = standing(fleet(Market::Owned, gpus, nodes));
    Offering {
        shape: Shape {
            cpu_milli: cores * 1000,
            ..fleet.shape
        },
        ..fleet
    }
}

/// Where each job was started, node and lowest GPU; who moved, when and where to; who was turned away.
#[derive(Debug, Default)]
struct Log {
    starts: Vec<(u32, u32)>,
    moves: Vec<(u64, u32, u32)>,
    turned_away: Vec<u32>,
}

impl Observer for Log {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        if let Fact::Started { seats, .. } = fact {
            let seat = seats[0];
            self.starts.push((seat.node.0, seat.gpus.lowest_index()));
        }
        if let Fact::Reseated { job, seats, .. } = fact {
            let secs = now.us() / 1_000_000;
            self.moves.push((secs, job.ordinal(), seats[0].node.0));
        }
        if let Fact::Ended {
            job,
            outcome: Outcome::Rejected,
            ..
        } = fact
        {
            self.turned_away.push(job.ordinal());
        }
    }
}

fn fly(fleets: Vec<Offering>, jobs: &[Job], parts: (Box<dyn Place>, Box<dyn Relocate>)) -> Log {
    fly_in(world(fleets), jobs, parts)
}

fn fly_in(
    world: World,
    jobs: &[Job],
    (place, relocate): (Box<dyn Place>, Box<dyn Relocate>),
) -> Log {
    let mut policy = Composed {
        name: "by hand".to_owned(),
        order: Box::new(Fifo),
        admit: Box::new(TurnAway),
        place,
        preempt: Box::new(Never),
        buy: Box::new(Keep),
        relocate,
        keep: Keeping::default(),
        state: Standing::default(),
    };
    let trace = Trace::new(jobs.into());
    let mut engine = Engine::new(Arc::new(world), Box::new(trace));
    let mut log = Log::default();
    let flown = engine.run(&mut policy, Grants::default(), &mut log);
    assert!(flown.is_ok(), "{flown:?}");
    assert_eq!(engine.counters().refusals, 0);
    log
}

fn placed(kind: &str, fleets: Vec<Offering>, jobs: &[Job]) -> Vec<(u32, u32)> {
    let place = made(PLACEMENTS, kind, &[], &HONEST);
    fly(fleets, jobs, (place, Box::new(Stay))).starts
}

#[test]
fn fgd_lays_a_share_where_the_least_becomes_a_fragment() {
    let half = Class::of(&demand(GpuDemand::Milli(500), 1), ModelSet::ANY);
    let whole = Class::of(&demand(GpuDemand::Whole(1), 1), ModelSet::ANY);
    let typical = Typical::ranked(&[(half, 1), (whole, 1)], 2, 1_000_000);
    let place = |squeezes| Fgd::placement(Seen::given(typical.clone()), squeezes);
    // On a free GPU 700 would be left, of no use to the whole ones: 350 more. Beside the first 400 would, of no use to
    // either: 200 more than the 200 there were.
    let jobs = [
        share(0, 600, 1, 900),
        share(1, 300, 1, 900),
        share(2, 400, 1, 900),
    ];
    for squeezes in [false, true] {
        let log = fly(
            vec![machines(1, 3, 96)],
            &jobs,
            (place(squeezes), Box::new(Stay)),
        );
        // 100 are left of the first: the third would not fit. Its 600 on a free GPU are a fragment to half of them.
        assert_eq!(log.starts, [(0, 0), (0, 0), (0, 1)], "{squeezes}");
    }
}

#[test]
fn who_does_not_fit_is_turned_away_and_nobody_waits() {
    let jobs = [
        share(0, 600, 1, 100),
        share(1, 600, 1, 100),
        share(2, 400, 1, 100),
    ];
    let place = made(PLACEMENTS, "best-fit", &[], &HONEST);
    let log = fly(vec![machines(1, 1, 96)], &jobs, (place, Box::new(Stay)));
    assert_eq!(log.turned_away, [1]);
    assert_eq!(log.starts, [(0, 0), (0, 0)]);
}

#[test]
fn packing_fills_gpus_in_use_and_clustering_keeps_kinds_apart() {
    let one = |arrival| job(arrival, Gang::of(1, 1), 900);
    let jobs = [one(0), share(1, 300, 1, 900), share(2, 300, 1, 900), one(3)];
    // In use before free GPUs, free GPUs of nodes in use before free nodes.
    let packed = placed("gpu-packing", vec![machines(3, 2, 96)], &jobs);
    assert_eq!(packed, [(0, 0), (0, 1), (0, 1), (1, 0)]);
    // A share does not lie beside a whole GPU while a node is free, and whole ones go back to their own.
    let clustered = placed("gpu-clustering", vec![machines(3, 2, 96)], &jobs);
    assert_eq!(clustered, [(0, 0), (1, 0), (1, 0), (0, 1)]);
}

#[test]
fn the_vector_fits_take_cpu_and_gpu_together() {
    let rich = machines(1, 4, 128);
    let poor = machines(1, 4, 16);
    let fleets = || vec![rich.clone(), poor.clone()];
    let frugal = [share(0, 500, 1, 900)];
    // The fit leaves the least of both; the product avoids much CPU where little is asked for.
    assert_eq!(placed("vector-fit", fleets(), &frugal), [(1, 0)]);
    assert_eq!(placed("dot-prod", fleets(), &frugal), [(1, 0)]);
    // Where the CPU is asked for only the rich one has it.
    let hungry = [share(0, 500, 64, 900)];
    assert_eq!(placed("vector-fit", fleets(), &hungry), [(0, 0)]);
    assert_eq!(placed("dot-prod", fleets(), &hungry), [(0, 0)]);
}

#[test]
fn a_gang_lies_on_one_model_and_its_shares_side_by_side() {
    let mut other = machines(1, 2, 96);
    other.shape.model = sim_core::units::ModelId(1);
    let demand = demand(GpuDemand::Milli(500), 1);
    let jobs = [job(0, Gang::One(Role::rigid(4, demand)), 900)];
    for kind in [
        "fgd",
        "vector-fit",
        "dot-prod",
        "gpu-packing",
        "gpu-clustering",
        "random-node",
    ] {
        let log = placed(kind, vec![machines(1, 1, 96), other.clone()], &jobs);
        assert_eq!(log.len(), 1, "{kind}");
        assert_eq!(log[0].0, 1, "{kind}: the first node has room for two only");
    }
}

#[test]
fn a_job_moves_out_of_a_fragment_where_it_is_worth_it() {
    // After 100 s the first is gone: 400 lie alone on one GPU, and 400 of the other are of no use to those of 600.
    let mut jobs = [
        share(0, 600, 1, 100),
        share(0, 600, 1, 9000),
        share(0, 400, 1, 9000),
    ];
    let moves = |given: &[(&str, Value)], jobs: &[Job], reseat: u64| {
        let given: Vec<(String, Value)> = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        let place = made(PLACEMENTS, "best-fit", &[], &HONEST);
        let relocate = made(RELOCATIONS, "defragment", &given, &HONEST);
        let mut world = world(vec![machines(2, 1, 96)]);
        world.classes[0].checkpoint.reseat = span(reseat);
        fly_in(world, jobs, (place, relocate)).moves
    };
    // Two of three ask for 600: 267 thousandths cease to be a fragment, whichever of the two moves.
    assert_eq!(moves(&[], &jobs, 0), [(900, 1, 0)]);
    assert_eq!(moves(&[("every", text("2m"))], &jobs, 0), [(120, 1, 0)]);
    assert_eq!(moves(&[("gain", Value::Float(0.3))], &jobs, 0), []);
    // Whoever ends before the move would have paid stays, and the other goes.
    jobs[1] = share(0, 600, 1, 1000);
    assert_eq!(moves(&[], &jobs, 99), [(900, 1, 0)]);
    assert_eq!(moves(&[], &jobs, 100), [(900, 2, 1)]);
}
