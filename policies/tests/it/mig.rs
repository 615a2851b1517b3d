//! Slices of partitioned GPUs: where placements lay them, by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use policies::admit::TurnAway;
use policies::buy::Keep;
use policies::compose::{Composed, Standing};
use policies::fragment::{Class, Seen, Typical};
use policies::keeping::Keeping;
use policies::order::Fifo;
use policies::place::{Fgd, Place};
use policies::preempt::Never;
use policies::registry::PLACEMENTS;
use policies::relocate::Stay;
use sim_core::engine::{Engine, Grants};
use sim_core::model::{Demand, Gang, GpuDemand, Job, Market, ModelSet, Offering, Profile, Role};
use sim_core::units::{JobId, SimTime};
use sim_core::watch::audit::Auditor;
use sim_core::watch::{Fact, Observer, Outcome};
use sim_core::world::Trace;

use crate::plain::{HONEST, fleet, job, made, standing, world};

/// Of 1, 2, 3, 4 and 7 compute slices.
fn slice(compute: u8) -> Profile {
    let (memory, starts): (u8, &[u8]) = match compute {
        1 => (1, &[0, 1, 2, 3, 4, 5, 6]),
        2 => (2, &[0, 2, 4]),
        3 => (4, &[0, 4]),
        4 => (4, &[0]),
        _ => (8, &[0]),
    };
    Profile::new((compute, 7), (memory, 5 * memory), starts).expect("a slice")
}

fn machines(nodes: u32, gpus: u32) -> Offering {
    Offering {
        mig: Some([1, 2, 3, 4, 7].map(slice).into()),
        ..standing(fleet(Market::Owned, gpus, nodes))
    }
}

fn sliced(arrival: u64, compute: u8, secs: u64) -> Job {
    let demand = Demand {
        gpu: GpuDemand::Slice(slice(compute)),
        ..Demand::gpus(1)
    };
    job(arrival, Gang::One(Role::rigid(1, demand)), secs)
}

fn whole(arrival: u64, gpus: u16, secs: u64) -> Job {
    job(arrival, Gang::of(1, gpus), secs)
}

/// Where each job was started: node, lowest GPU, and where a slice starts.
type Spot = (u32, u32, Option<u8>);

#[derive(Default)]
struct Log {
    starts: BTreeMap<JobId, Spot>,
    turned_away: usize,
}

impl Observer for Log {
    fn observe(&mut self, _now: SimTime, fact: &Fact<'_>) {
        if let Fact::Started { job, seats, .. } = fact {
            let seat = seats[0];
            let spot = (seat.node.0, seat.gpus.lowest_index(), seat.start.get());
            self.starts.insert(*job, spot);
        }
        if let Fact::Ended {
            outcome: Outcome::Rejected,
            ..
        } = fact
        {
            self.turned_away += 1;
        }
    }
}

fn fly(fleets: Vec<Offering>, jobs: &[Job], place: Box<dyn Place>) -> (Vec<Spot>, usize) {
    let mut policy = Composed {
        name: "by hand".to_owned(),
        order: Box::new(Fifo),
        admit: Box::new(TurnAway),
        place,
        preempt: Box::new(Never),
        buy: Box::new(Keep),
        relocate: Box::new(Stay),
        keep: Keeping::default(),
        state: Standing::default(),
    };
    let world = Arc::new(world(fleets));
    let mut engine = Engine::new(Arc::clone(&world), Box::new(Trace::new(jobs.into())));
    let mut watch = (Log::default(), Auditor::new(world));
    let flown = engine.run(&mut policy, Grants::default(), &mut watch);
    assert!(flown.is_ok(), "{flown:?}");
    assert_eq!(engine.counters().refusals, 0);
    let end = engine.now();
    let (log, auditor) = watch;
    let report = auditor.finish(end);
    assert!(report.is_clean(), "{:?}", report.violations);
    (log.starts.into_values().collect(), log.turned_away)
}

fn placed(kind: &str, fleets: Vec<Offering>, jobs: &[Job]) -> Vec<Spot> {
    fly(fleets, jobs, made(PLACEMENTS, kind, &[], &HONEST)).0
}

#[test]
fn a_small_slice_leaves_room_for_the_large_ones_under_every_placement() {
    let jobs = [
        sliced(0, 1, 9),
        sliced(1, 4, 9),
        sliced(2, 2, 9),
        sliced(3, 1, 9),
    ];
    for entry in PLACEMENTS
        .iter()
        .filter(|entry| entry.kind != "random-node")
    {
        let place = made(PLACEMENTS, entry.kind, &[], &HONEST);
        let (starts, turned_away) = fly(vec![machines(1, 1)], &jobs, place);
        let on = |start| (0, 0, Some(start));
        assert_eq!(starts, [on(6), on(0), on(4)], "{}", entry.kind);
        // One more does not fit: seven of seven compute slices are taken.
        assert_eq!(turned_away, 1, "{}", entry.kind);
    }
}

#[test]
fn best_fit_lays_a_slice_beside_others_before_it_partitions_a_gpu() {
    // The first node ends with a full GPU and a free one, the second with one in use and a free one.
    let jobs = [
        sliced(0, 7, 99),
        whole(1, 1, 9),
        sliced(2, 1, 99),
        sliced(20, 1, 9),
    ];
    let fleet = || vec![machines(2, 2)];
    let before = [(0, 0, Some(0)), (0, 1, None), (1, 0, Some(6))];
    let best = placed("best-fit", fleet(), &jobs);
    assert_eq!(best, [&before[..], &[(1, 0, Some(4))]].concat());
    let first = placed("first-fit", fleet(), &jobs);
    assert_eq!(first, [&before[..], &[(0, 1, Some(6))]].concat());
}

#[test]
fn fgd_spares_the_last_start_of_what_typically_comes() {
    let three = Demand {
        gpu: GpuDemand::Slice(slice(3)),
        ..Demand::gpus(1)
    };
    let typical = Typical::ranked(&[(Class::of(&three, ModelSet::ANY), 1)], 1, 1_000_000);
    let fgd = Fgd::placement(Seen::given(typical), false);
    let jobs = [sliced(0, 4, 99), sliced(1, 1, 99), sliced(2, 3, 99)];
    // Beside the four there is a start for three: one goes onto the other GPU, though that is free.
    let fleet = || vec![machines(1, 2)];
    let own = fly(fleet(), &jobs, fgd).0;
    assert_eq!(own, [(0, 0, Some(0)), (0, 1, Some(6)), (0, 0, Some(4))]);
    // By tightness it goes beside the four, and three onto the other.
    let tight = placed("best-fit", fleet(), &jobs);
    assert_eq!(tight, [(0, 0, Some(0)), (0, 0, Some(6)), (0, 1, Some(4))]);
}

#[test]
fn slices_whole_gpus_and_fleets_without_partitions_keep_apart() {
    let plain = || standing(fleet(Market::Owned, 2, 1));
    let jobs = [
        sliced(0, 1, 99),
        whole(1, 2, 99),
        whole(2, 1, 99),
        sliced(3, 3, 99),
    ];
    for kind in [
        "first-fit",
        "best-fit",
        "worst-fit",
        "fgd",
        "vector-fit",
        "gpu-packing",
    ] {
        let starts = placed(kind, vec![plain(), machines(1, 2)], &jobs);
        let on = |start| (1, 0, Some(start));
        assert_eq!(starts, [on(6), (0, 0, None), (1, 1, None), on(0)], "{kind}");
    }
}
