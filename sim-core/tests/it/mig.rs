//! Slices of partitioned GPUs: the rules of placement against all that could be done, and cases worked by hand.

use std::collections::BTreeSet;
use std::sync::Arc;

use sim_core::engine::{Capacity, Engine, Forecast, Grants, Plan, Refusal, View, Wakes};
use sim_core::model::{
    Gang, GpuDemand, GpuSet, Job, Offering, Placement, Profile, Seat, Sliced, Start,
};
use sim_core::naive;
use sim_core::units::{JobId, NodeId, Price, SimTime};
use sim_core::watch::{Recorder, Recording};
use sim_core::world::Curve;

use crate::rig::{check, engine, fleet, job, world};
use crate::zoo::{Animal, Script, Scripted};

/// Compute slices, memory slices, starts.
type Row = (u8, u8, &'static [u8]);

/// Of the A100 and its successors, as their vendor prints them.
const SEVEN: [Row; 6] = [
    (1, 1, &[0, 1, 2, 3, 4, 5, 6]),
    (1, 2, &[0, 2, 4, 6]),
    (2, 2, &[0, 2, 4]),
    (3, 4, &[0, 4]),
    (4, 4, &[0]),
    (7, 8, &[0]),
];

/// Of the A30.
const FOUR: [Row; 3] = [(1, 1, &[0, 1, 2, 3]), (2, 2, &[0, 2]), (4, 4, &[0])];

fn profiles(of: u8, rows: &[Row]) -> Vec<Profile> {
    let profile = |(compute, memory, starts): &Row| {
        Profile::new((*compute, of), (*memory, memory * 5), starts)
    };
    rows.iter().map(|row| profile(row).unwrap()).collect()
}

pub(crate) const ONE: usize = 0;
const ONE_WITH_MORE: usize = 1;
const TWO: usize = 2;
pub(crate) const THREE: usize = 3;
const FOURS: usize = 4;
const ALL: usize = 5;

/// Slices that lie on a GPU, by row and start, in order.
type Layout = BTreeSet<(usize, u8)>;

/// Whether slices share no memory slice and compute on no more than there is.
fn is_sound(of: u8, rows: &[Row], layout: &Layout) -> bool {
    let mut memory = [0; 16];
    let mut compute = 0;
    for (row, start) in layout {
        let (own, length, _) = rows[*row];
        compute += own;
        for slice in *start..*start + length {
            memory[usize::from(slice)] += 1;
        }
    }
    compute <= of && memory.iter().all(|times| *times < 2)
}

/// Every layout that can be come to from an empty GPU, slice by slice, and what of it is taken then.
fn reachable(of: u8, rows: &[Row]) -> BTreeSet<(Layout, Sliced)> {
    let profiles = profiles(of, rows);
    let mut seen = BTreeSet::new();
    let mut next = vec![(Layout::new(), Sliced::default())];
    while let Some((layout, taken)) = next.pop() {
        if !seen.insert((layout.clone(), taken)) {
            continue;
        }
        for (at, (_, _, starts)) in rows.iter().enumerate() {
            for start in 0..8 {
                let mut more = layout.clone();
                let is_new = more.insert((at, start));
                let may = starts.contains(&start) && is_new && is_sound(of, rows, &more);
                assert_eq!(
                    profiles[at].fits(taken, start),
                    may,
                    "{layout:?} {at} {start}"
                );
                if may {
                    let then = taken.with(profiles[at], start);
                    assert_eq!(then.without(profiles[at], start), taken);
                    next.push((more, then));
                }
            }
        }
    }
    seen
}

#[test]
fn every_sequence_of_slices_is_allowed_exactly_where_the_tables_allow_it() {
    for (of, rows, full) in [(7, &SEVEN[..], 19), (4, &FOUR[..], 5)] {
        let profiles = profiles(of, rows);
        let all = reachable(of, rows);
        let ends = |(layout, taken): &&(Layout, Sliced)| {
            // The rows with more memory for the same compute are not in the published figure.
            let plain = of == 4 || layout.iter().all(|(row, _)| *row != ONE_WITH_MORE);
            let more = profiles.iter().enumerate();
            let more = more.filter(|(row, _)| of == 4 || *row != ONE_WITH_MORE);
            plain && more.map(|(_, own)| own.room(*taken)).sum::<u32>() == 0
        };
        // The number of full layouts that is published for the A100 is 19.
        assert_eq!(all.iter().filter(ends).count(), full);
        for (layout, taken) in &all {
            for (at, profile) in profiles.iter().enumerate() {
                assert_eq!(
                    profile.room(*taken),
                    most(of, rows, (layout, at)),
                    "{layout:?} {at}"
                );
                let best = profile.best_start(*taken, &profiles);
                assert_eq!(best, by_trial(of, rows, (layout, at)), "{layout:?} {at}");
            }
        }
    }
}

/// The most slices of a row that can be added, found by trying everything.
fn most(of: u8, rows: &[Row], (layout, row): (&Layout, usize)) -> u32 {
    let starts = rows[row].2.iter();
    let more = starts.filter_map(|start| {
        let mut more = layout.clone();
        let fits = more.insert((row, *start)) && is_sound(of, rows, &more);
        fits.then(|| 1 + most(of, rows, (&more, row)))
    });
    more.max().unwrap_or(0)
}

/// The lowest start after which most slices of any row could be the next.
fn by_trial(of: u8, rows: &[Row], (layout, row): (&Layout, usize)) -> Option<u8> {
    let mut best: Option<(usize, u8)> = None;
    for start in rows[row].2 {
        let mut then = layout.clone();
        if !then.insert((row, *start)) || !is_sound(of, rows, &then) {
            continue;
        }
        let next = rows.iter().enumerate().flat_map(|(at, (_, _, starts))| {
            let then = &then;
            starts.iter().filter(move |next| {
                let mut more = then.clone();
                more.insert((at, **next)) && is_sound(of, rows, &more)
            })
        });
        let left = next.count();
        if best.is_none_or(|(most, _)| left > most) {
            best = Some((left, *start));
        }
    }
    best.map(|(_, start)| start)
}

#[test]
fn what_lies_where_is_what_it_is_by_hand() {
    let own = profiles(7, &SEVEN);
    let lay = |slices: &[(usize, u8)]| {
        let taken = slices.iter();
        taken.fold(Sliced::default(), |taken, (row, start)| {
            taken.with(own[*row], *start)
        })
    };
    let best = |slices: &[(usize, u8)], row: usize| own[row].best_start(lay(slices), &own);
    // The first small slice goes where only halves of three, and all of it, are lost.
    assert_eq!(best(&[], ONE), Some(6));
    // Then four, two and one fill the GPU to the last slice.
    assert_eq!(best(&[(ONE, 6)], FOURS), Some(0));
    assert_eq!(best(&[(ONE, 6), (FOURS, 0)], TWO), Some(4));
    // Had it gone to the front, four would not fit.
    assert_eq!(best(&[(ONE, 0)], FOURS), None);
    assert_eq!(best(&[], TWO), Some(4));
    assert_eq!(best(&[], THREE), Some(4));
    assert_eq!(best(&[(THREE, 4)], THREE), Some(0));
    assert_eq!(best(&[(FOURS, 0)], THREE), Some(4));
    // Two of three leave a compute slice to nobody.
    let full = lay(&[(THREE, 0), (THREE, 4)]);
    assert!(own.iter().all(|profile| profile.room(full) == 0));
    assert_eq!(full.left_milli(7), 142);
    assert_eq!(lay(&[(ALL, 0)]).left_milli(7), 0);
    let parts: u64 = [ONE, TWO, FOURS].iter().map(|row| own[*row].parts()).sum();
    assert_eq!(parts, sim_core::model::GPU_PARTS);
    // Compute slices may run out first: three of two of four leave none for the fourth start.
    let tight = Profile::new((2, 4), (1, 5), &[0, 1, 2, 3]).unwrap();
    assert_eq!((tight.per_gpu(), tight.starts().count()), (2, 4));
    let two = Sliced::default().with(tight, 0).with(tight, 3);
    assert!(!tight.fits(two, 1) && tight.fits(two.without(tight, 3), 1));
    for broken in [
        Profile::new((0, 7), (1, 5), &[0]),
        Profile::new((8, 7), (1, 5), &[0]),
        Profile::new((1, 3), (1, 5), &[0]),
        Profile::new((1, 7), (0, 5), &[0]),
        Profile::new((1, 7), (2, 5), &[7]),
        Profile::new((1, 7), (2, 5), &[0, 1]),
        Profile::new((1, 7), (1, 5), &[]),
        Profile::new((1, 7), (1, 5), &[255]),
    ] {
        assert_eq!(broken, None);
    }
}

pub(crate) fn partitioned(nodes: u32, gpus: u32) -> Offering {
    Offering {
        mig: Some(profiles(7, &SEVEN).into()),
        ..fleet(nodes, gpus)
    }
}

/// A job of so many tasks that take a slice each.
pub(crate) fn sliced(arrival_s: u64, (row, tasks): (usize, u32), work_s: u64) -> Job {
    let mut job = job(arrival_s, 1, work_s);
    if let Gang::One(role) = &mut job.gang {
        role.demand.gpu = GpuDemand::Slice(profiles(7, &SEVEN)[row]);
        (role.tasks, role.least) = (tasks, tasks);
    }
    job
}

fn asking(gpu: GpuDemand, work_s: u64) -> Job {
    let mut job = job(0, 1, work_s);
    if let Gang::One(role) = &mut job.gang {
        role.demand.gpu = gpu;
    }
    job
}

/// GPU and start of every seat that jobs get at time zero, in the order of jobs; none of one that does not fit.
fn seats(offering: Offering, jobs: &[Job]) -> Vec<Option<(u32, u32, Option<u8>)>> {
    let mut engine = engine(&Arc::new(world(vec![offering])), jobs);
    engine.advance(Wakes::ALL, &mut ()).unwrap();
    let (view, mut plan) = engine.open(Grants::default());
    let mut seats = Vec::new();
    let waiting: Vec<JobId> = view.pending().map(|job| job.id()).collect();
    for id in waiting {
        let Some(placement) = plan.fits(id) else {
            seats.push(None);
            continue;
        };
        plan.start(id, &placement).unwrap();
        let granted = plan.seats_of(id).unwrap().iter();
        let spot = |seat: &Seat| Some((seat.node.0, seat.gpus.lowest_index(), seat.start.get()));
        seats.extend(granted.map(spot));
    }
    seats
}

#[test]
fn the_engine_takes_the_tightest_gpu_and_leaves_the_most_starts() {
    let jobs = [ONE, THREE, FOURS, TWO, ONE, ALL].map(|row| sliced(0, (row, 1), 5));
    let on = |gpu, start| Some((0, gpu, Some(start)));
    let laid = seats(partitioned(1, 2), &jobs);
    // What is in slices goes first, the fullest of it: one at the back of the first GPU, three at its front, two between
    // them. Four fit on the other only, and what is left there is the last start for one.
    assert_eq!(
        laid,
        [on(0, 6), on(0, 0), on(1, 0), on(0, 4), on(1, 6), None]
    );
    let gang = seats(partitioned(1, 2), &[sliced(0, (TWO, 5), 5)]);
    assert_eq!(gang, [on(0, 4), on(0, 0), on(0, 2), on(1, 4), on(1, 0)]);
}

#[test]
fn a_gpu_in_slices_takes_nothing_else_and_the_reverse() {
    let (whole, half) = (GpuDemand::Whole(1), GpuDemand::Milli(500));
    let small = GpuDemand::Slice(profiles(7, &SEVEN)[ONE]);
    let order = |demands: &[GpuDemand]| {
        let jobs: Vec<Job> = demands.iter().map(|gpu| asking(*gpu, 5)).collect();
        let gpus = seats(partitioned(1, 2), &jobs).into_iter();
        gpus.map(|seat| seat.map(|(_, gpu, _)| gpu))
            .collect::<Vec<_>>()
    };
    assert_eq!(order(&[small, half, whole]), [Some(0), Some(1), None]);
    assert_eq!(
        order(&[half, small, small, whole]),
        [Some(0), Some(1), Some(1), None]
    );
    assert_eq!(
        order(&[whole, small, half, half]),
        [Some(0), Some(1), None, None]
    );
    // Where nothing is partitioned there are no slices.
    assert_eq!(seats(fleet(1, 2), &[asking(small, 5)]), [None]);
}

fn start(plan: &mut Plan<'_>, job: JobId, (gpus, start): (u64, Start)) -> Result<(), Refusal> {
    let seat = Seat {
        gpus: GpuSet(gpus),
        start,
        ..Seat::anywhere(NodeId(0), 0, 1)
    };
    let seats = std::iter::once(seat).collect();
    plan.start(job, &Placement { seats })
}

#[test]
fn what_is_named_is_honoured_where_it_is_free_and_refused_elsewhere() {
    let jobs = [TWO, THREE, ONE, ONE].map(|row| sliced(0, (row, 1), 5));
    let mut jobs = jobs.to_vec();
    jobs.push(job(0, 1, 5));
    let mut engine = engine(
        &Arc::new(world(vec![partitioned(1, 2), fleet(1, 2)])),
        &jobs,
    );
    engine.advance(Wakes::ALL, &mut ()).unwrap();
    let (view, mut plan) = engine.open(Grants::default());
    let ids: Vec<JobId> = view.pending().map(|job| job.id()).collect();
    let full = Err(Refusal::NoRoom(NodeId(0)));
    let at = Start::at;
    // Where it may not start, beyond the GPU, on two GPUs, on none that is named, on one that is not there.
    for named in [
        (1, at(1)),
        (1, at(7)),
        (1, at(200)),
        (3, at(0)),
        (0, at(2)),
        (4, at(0)),
    ] {
        assert_eq!(start(&mut plan, ids[0], named), full, "{named:?}");
    }
    assert_eq!(start(&mut plan, ids[0], (2, at(2))), Ok(()));
    // Beside it there is no room for three in front.
    assert_eq!(start(&mut plan, ids[1], (2, at(0))), full);
    assert_eq!(start(&mut plan, ids[1], (2, at(4))), Ok(()));
    // The GPU named, the start is the engine's; the front, for behind all is taken.
    assert_eq!(start(&mut plan, ids[2], (2, Start::NONE)), Ok(()));
    assert_eq!(plan.seats_of(ids[2]).unwrap()[0].start, at(0));
    assert_eq!(start(&mut plan, ids[3], (2, at(0))), full);
    // Only slices start somewhere, and only on GPUs that are partitioned.
    assert_eq!(start(&mut plan, ids[4], (1, at(0))), full);
    let elsewhere = Placement {
        seats: std::iter::once(Seat::anywhere(NodeId(1), 0, 1)).collect(),
    };
    let wrong = Err(Refusal::WrongModel(NodeId(1)));
    assert_eq!(plan.start(ids[3], &elsewhere), wrong);
    assert_eq!(plan.start(ids[4], &elsewhere), Ok(()));
    // A forecast keeps the same books.
    let mut forecast: Forecast = plan.forecast();
    let own = Gang::clone(&jobs[3].gang);
    let granted = forecast.start(&own, &[Seat::anywhere(NodeId(0), 0, 1)]);
    assert_eq!(granted.as_ref().unwrap()[0].start, at(1));
    forecast.stop(&own, &granted.unwrap());
    let taken = |capacity: &Capacity| capacity.slices_on(NodeId(0)).to_vec();
    assert_eq!(taken(forecast.capacity()), taken(plan.capacity()));
}

#[test]
fn seven_slices_pay_for_a_gpu_to_the_last_nano_dollar() {
    // A price that no seventh divides.
    let price = Price::from_nanousd_h(10_000_000_001).unwrap();
    let offering = Offering {
        price: Curve::constant(price),
        ..partitioned(1, 1)
    };
    let world = Arc::new(world(vec![offering]));
    let jobs: Vec<Job> = (0..7).map(|_| sliced(0, (ONE, 1), 3600)).collect();
    let recording = Recording {
        warmup: SimTime::ZERO,
        sample: None,
        stays: 0,
        attribute: true,
        balance: None,
    };
    let mut recorder = Recorder::new(&world, recording);
    let script: Script = |view: &View<'_>, plan: &mut Plan<'_>| {
        let waiting: Vec<JobId> = view.pending().map(|job| job.id()).collect();
        for id in waiting {
            let placement = plan.fits(id).unwrap();
            plan.start(id, &placement).unwrap();
        }
    };
    let mut engine: Engine = engine(&world, &jobs);
    let mut policy = Scripted::policy(Wakes::ALL, script);
    engine
        .run(&mut *policy, Grants::default(), &mut recorder)
        .unwrap();
    let record = recorder.finish(SimTime::from_secs(3600));
    let costs: Vec<u64> = record.rows.iter().map(|row| row.cost_nanousd).collect();
    assert_eq!(costs.iter().sum::<u64>(), 10_000_000_001);
    assert!(
        costs
            .iter()
            .all(|cost| [1_428_571_428, 1_428_571_429].contains(cost))
    );
    let used = record.gpu_use[0];
    assert_eq!(used.used, used.billed);
    assert_eq!(record.gpu_time.kept, 3_600_000_000 * 1000);
}

#[test]
fn engine_auditor_and_naive_simulator_agree_on_a_busy_partitioned_fleet() {
    for seed in 0..40 {
        let jobs: Vec<Job> = (0..60_u64)
            .map(|at| {
                let luck = (at * 7919 + seed * 104_729) % 31;
                let rows = [ONE, ONE_WITH_MORE, TWO, THREE, FOURS, ALL];
                let row = rows[usize::try_from(luck).unwrap() % 6];
                match luck % 5 {
                    0 => job(at / 3, 1, 1 + luck),
                    _ => sliced(
                        at / 3,
                        (row, 1 + u32::try_from(luck % 3).unwrap() / 2),
                        1 + luck,
                    ),
                }
            })
            .collect();
        let world = Arc::new(world(vec![
            partitioned(1, 2),
            fleet(1, 1),
            partitioned(1, 1),
        ]));
        check(&format!("busy {seed}"), &world, &jobs, &Animal::Ant);
    }
}

#[test]
fn the_naive_simulator_objects_to_slices_that_were_moved() {
    let world = Arc::new(world(vec![partitioned(1, 2)]));
    let jobs = [ONE, THREE, THREE].map(|row| sliced(0, (row, 1), 5));
    let seen = check("genuine", &world, &jobs, &Animal::Ant);
    let forge = |moved: (usize, u64, Start), names_gpus: bool| {
        let mut recording = seen.recording.clone();
        recording.names_gpus = names_gpus;
        let decisions = &mut recording.asked[0].decisions;
        // The same start, found by a policy that names its seats.
        let mut engine = engine(&world, &jobs);
        engine.advance(Wakes::ALL, &mut ()).unwrap();
        let (view, mut plan) = engine.open(Grants::default());
        let id = view.pending().nth(moved.0).unwrap().id();
        start(&mut plan, id, (moved.1, moved.2)).unwrap();
        decisions[moved.0] = plan.decisions()[0].clone();
        naive::replay(&world, &jobs, &recording, &mut ()).is_ok()
    };
    let (at, fine) = (Start::at, true);
    // One lies at 6 on the first GPU, three at 0 beside it, the other three on the second GPU.
    for names in [false, true] {
        assert_eq!(forge((0, 1, at(6)), names), fine);
        assert_eq!(forge((1, 1, at(0)), names), fine);
        // On top of another.
        assert_eq!(forge((0, 1, at(2)), names), !fine);
        assert_eq!(forge((2, 1, at(4)), names), !fine);
    }
    // Allowed, and not what the engine would choose.
    assert_eq!(forge((0, 1, at(5)), false), !fine);
    assert_eq!(forge((0, 1, at(5)), true), fine);
    assert_eq!(forge((2, 2, at(0)), false), !fine);
    assert_eq!(forge((2, 2, at(0)), true), fine);
}
