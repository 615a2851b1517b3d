//! EASY against the textbook, restated from its rules alone, in counts, slow and obvious.

use std::sync::Arc;

use sim_core::engine::{Plan, Policy, View, Wakes};
use sim_core::model::{Demand, Gang, GpuDemand, Job, MarketSet, OfferingSet, Role};
use sim_core::units::{JobId, SimTime, Span};

use super::rig::{self, Drive, fates, fleet, job, world};
use super::roster;
use super::scenes::{luck, small};

/// A job of the textbook: so many of the GPUs, for so long, by its word for so much longer.
#[derive(Clone, Copy, Debug)]
struct Rigid {
    arrival: u64,
    gpus: u64,
    secs: u64,
    requested: u64,
}

#[derive(Clone, Copy, Debug)]
struct Running {
    at: usize,
    end: u64,
    promised: u64,
}

/// Starts, second by second of events: completions first, then submissions, then the rule once.
fn textbook(jobs: &[Rigid], gpus: u64) -> Vec<u64> {
    let mut starts = vec![u64::MAX; jobs.len()];
    let (mut queue, mut running) = (Vec::new(), Vec::<Running>::new());
    let mut next = 0;
    loop {
        let arrival = jobs.get(next).map(|job| job.arrival);
        let end = running.iter().map(|job| job.end).min();
        let Some(now) = arrival.into_iter().chain(end).min() else {
            return starts;
        };
        running.retain(|job| job.end > now);
        while next < jobs.len() && jobs[next].arrival == now {
            queue.push(next);
            next += 1;
        }
        for at in rule(jobs, gpus, now, &queue, &running) {
            let (job, begun) = (jobs[at], now);
            starts[at] = begun;
            let (end, promised) = (begun + job.secs, begun + job.requested);
            running.push(Running { at, end, promised });
            queue.retain(|waiting| *waiting != at);
        }
    }
}

/// Who starts now.
fn rule(jobs: &[Rigid], gpus: u64, now: u64, queue: &[usize], running: &[Running]) -> Vec<usize> {
    let mut holds: Vec<(u64, u64)> = running
        .iter()
        .map(|job| (job.promised.max(now), jobs[job.at].gpus))
        .collect();
    let mut free = gpus - holds.iter().map(|(_, gpus)| gpus).sum::<u64>();
    let (mut starts, mut queue) = (Vec::new(), queue.iter().copied());
    // 1. Heads, while they fit.
    let head = loop {
        let Some(at) = queue.next() else {
            return starts;
        };
        if jobs[at].gpus > free {
            break at;
        }
        free -= jobs[at].gpus;
        holds.push((now + jobs[at].requested, jobs[at].gpus));
        starts.push(at);
    };
    // 2. The shadow time of the head, and what is to spare then.
    let freed = |by: u64| {
        let ended = holds.iter().filter(|(end, _)| *end <= by);
        free + ended.map(|(_, gpus)| gpus).sum::<u64>()
    };
    let enough = |by: &u64| freed(*by) >= jobs[head].gpus;
    let shadow = holds.iter().map(|(end, _)| *end).filter(enough).min();
    let shadow = shadow.expect("a head fits on the empty fleet");
    let mut extra = freed(shadow) - jobs[head].gpus;
    // 3. Once through the rest.
    for at in queue {
        let job = jobs[at];
        let in_time = now + job.requested <= shadow;
        if job.gpus <= free && (in_time || job.gpus <= extra) {
            free -= job.gpus;
            if !in_time {
                extra -= job.gpus;
            }
            starts.push(at);
        }
    }
    starts
}

/// 60 jobs that keep `gpus` GPUs busy; `honest` ones never run longer than they asked for.
fn rigid(seed: u64, gpus: u64, honest: bool) -> Vec<Rigid> {
    let mut luck = luck(seed, "rigid");
    let mut arrival = 0;
    let next = |_| {
        arrival += luck.below(30);
        let secs = 1 + luck.below(100);
        let requested = match luck.below(3) {
            0 => secs,
            1 if !honest => 1 + luck.below(secs),
            _ => secs + luck.below(2 * secs),
        };
        let most = if luck.chance(0.2) { gpus } else { 1 + gpus / 3 };
        Rigid {
            arrival,
            gpus: 1 + luck.below(most),
            secs,
            requested,
        }
    };
    (0..60).map(next).collect()
}

/// The same for the engine; `cpu_milli` is more than nothing and far less than there is.
fn jobs(rigid: &[Rigid], cpu_milli: u32) -> Vec<Job> {
    let job = |rigid: &Rigid| {
        let demand = Demand {
            gpu: GpuDemand::Whole(1),
            cpu_milli,
            memory_mib: 0,
            markets: MarketSet::ANY,
            offerings: OfferingSet::ANY,
        };
        let tasks = small(rigid.gpus);
        let gang = Gang::One(Role::rigid(tasks, demand));
        let mut job = job(rigid.arrival, gang, rigid.secs);
        job.estimate = Some(rig::span(rigid.requested));
        job
    };
    rigid.iter().map(job).collect()
}

/// Fleets of one model, in one piece or several.
fn fleets(seed: u64) -> (Vec<sim_core::model::Offering>, u64) {
    match seed % 3 {
        0 => (vec![fleet(1, 12)], 12),
        1 => (vec![fleet(16, 1)], 16),
        _ => (vec![fleet(2, 4), fleet(3, 2)], 14),
    }
}

fn seconds(starts: &[SimTime]) -> Vec<u64> {
    starts.iter().map(|at| at.us() / 1_000_000).collect()
}

#[test]
fn every_start_is_that_of_the_textbook() {
    for seed in 0..300 {
        let (fleets, gpus) = fleets(seed);
        let rigid = rigid(seed, gpus, seed % 2 == 0);
        let fates = fates(
            world(fleets),
            &jobs(&rigid, 0),
            &roster::plain("fifo", "easy", "best-fit"),
        );
        let expected = textbook(&rigid, gpus);
        assert_eq!(seconds(&fates.starts()), expected, "workload {seed}");
    }
}

/// A demand for CPU that is always met sends the same jobs down the path that looks at nodes.
#[test]
fn looking_at_nodes_comes_to_the_same_as_counting_where_every_task_takes_one_gpu() {
    for seed in 0..300 {
        let (fleets, gpus) = fleets(seed);
        let rigid = rigid(seed, gpus, seed % 2 == 0);
        let places = [
            "best-fit",
            "first-fit",
            "worst-fit",
            "spread",
            "random",
            "rack-aware",
        ];
        let place = places[usize::try_from(seed % 6).expect("six")];
        let easy = roster::plain("fifo", "easy", place);
        let fates = fates(world(fleets), &jobs(&rigid, 1), &easy);
        let expected = textbook(&rigid, gpus);
        assert_eq!(
            seconds(&fates.starts()),
            expected,
            "{place}, workload {seed}"
        );
    }
}

/// A second model that nobody can use, for it has no machine, changes the path and nothing else.
#[test]
fn an_empty_fleet_of_another_model_changes_no_start() {
    for seed in 0..100 {
        let (mut fleets, gpus) = fleets(seed);
        let mut empty = fleet(0, 8);
        empty.shape.model = sim_core::units::ModelId(1);
        fleets.push(empty);
        let rigid = rigid(seed, gpus, true);
        let easy = roster::plain("fifo", "easy", "best-fit");
        let fates = fates(world(fleets), &jobs(&rigid, 0), &easy);
        assert_eq!(seconds(&fates.starts()), textbook(&rigid, gpus), "{seed}");
    }
}

/// Starts one job as soon as it fits, and nobody else.
struct Alone {
    job: JobId,
}

impl Policy for Alone {
    fn name(&self) -> &'static str {
        "alone"
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::ALL
    }

    fn decide(&mut self, _view: &View<'_>, plan: &mut Plan<'_>) {
        if plan.is_pending(self.job)
            && let Some(placement) = plan.fits(self.job)
        {
            plan.start(self.job, &placement).expect("it fits");
        }
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(Self { job: self.job })
    }
}

/// Gangs of tasks of several GPUs on nodes of several sizes; no estimate is too short.
fn gangs(seed: u64) -> Vec<Job> {
    let mut luck = luck(seed, "gangs");
    let mut arrival = 0;
    let next = |_| {
        arrival += luck.below(40);
        let gpus = 1 + luck.below(4);
        let gang = Gang::of(small(1 + luck.below(8 / gpus)), small(gpus));
        let secs = 1 + luck.below(100);
        let mut job = job(arrival, gang, secs);
        job.estimate = Some(rig::span(secs + luck.below(4) * luck.below(secs)));
        job
    };
    (0..40).map(next).collect()
}

/// When `job` would start if nobody else did and everyone took as long as they said.
fn promised(engine: &mut sim_core::engine::Engine, job: JobId, estimates: &[Span]) -> SimTime {
    // Running jobs, by their estimates, in a world of their own: those that end first make room first.
    let (view, mut plan) = engine.open(sim_core::engine::Grants::default());
    let mut forecast = plan.forecast();
    let head = view.job(job).expect("it waits");
    let mut ends: Vec<(SimTime, JobId)> = view
        .running()
        .map(|job| {
            let started = job.started().expect("it runs");
            let at = usize::try_from(job.id().ordinal()).expect("few");
            (
                started.saturating_add(estimates[at]).max(view.now()),
                job.id(),
            )
        })
        .collect();
    ends.sort_unstable();
    let role = head.gang().roles()[0];
    let fits = |capacity: &sim_core::engine::Capacity| {
        let nodes = (0..capacity.slots()).map(sim_core::units::NodeId);
        let rooms = nodes.map(|node| capacity.room(node, &role.demand));
        rooms.sum::<u32>() >= role.tasks
    };
    assert!(plan.fits(job).is_none(), "the head is blocked");
    for (end, running) in ends {
        forecast.end(&view.job(running).expect("it runs"));
        if fits(forecast.capacity()) {
            return end;
        }
    }
    unreachable!("a head fits on the empty fleet");
}

/// Where no estimate is too short, the head starts no later than it would if all others were turned
/// away at the instant at which it becomes head, and all that run took as long as they said.
#[test]
fn the_head_starts_no_later_than_its_shadow_time() {
    let mut heads = 0_u32;
    for seed in 0..60 {
        let jobs = gangs(seed);
        let estimates: Vec<Span> = jobs
            .iter()
            .map(|job| job.estimate.expect("all have one"))
            .collect();
        let world = Arc::new(world(vec![fleet(2, 4), fleet(2, 2)]));
        let places = ["best-fit", "first-fit", "worst-fit", "spread"];
        let place = places[usize::try_from(seed % 4).expect("four")];
        let contender = roster::plain("fifo", "easy", place);
        let mut drive = Drive::new(rig::engine(&world, &jobs), contender.grants);
        let mut policy = contender.policy();
        let mut promises: Vec<(JobId, SimTime)> = Vec::new();
        drive.run_out(&mut *policy, &mut |engine, policy| {
            let (view, mut plan) = engine.open(sim_core::engine::Grants::default());
            policy.fork().decide(&view, &mut plan);
            let mut waiting = view.pending().map(|job| job.id());
            // Who is blocked after the decision; only those who ran before it are counted on, so the
            // promise is asked of the first instant at which nobody starts before the head.
            let head = waiting.find(|job| plan.is_pending(*job));
            drop(waiting);
            let quiet = plan.decisions().is_empty();
            if let Some(head) = head.filter(|_| quiet)
                && promises.iter().all(|(job, _)| *job != head)
            {
                promises.push((head, promised(engine, head, &estimates)));
            }
        });
        let starts = drive.seen.0.starts();
        for (head, by) in promises {
            heads += 1;
            let start = starts[usize::try_from(head.ordinal()).expect("few")];
            assert!(start <= by, "{place}, {seed}: {head} at {start}, not {by}");
        }
    }
    assert!(heads > 200, "heads were blocked: {heads}");
}

/// The precondition: a backfilled job that runs longer than it said can delay the head.
#[test]
fn an_estimate_that_is_too_short_can_delay_the_head() {
    let mut liar = job(2, Gang::of(1, 1), 50);
    liar.estimate = Some(rig::span(5));
    let jobs = [job(0, Gang::of(1, 1), 10), job(1, Gang::of(2, 1), 10), liar];
    let easy = roster::plain("fifo", "easy", "best-fit");
    let fates = fates(world(vec![fleet(1, 2)]), &jobs, &easy);
    assert_eq!(seconds(&fates.starts()), [0, 52, 2]);
}

/// A job that was interrupted takes longer than what is left of it.
#[test]
fn what_it_takes_to_set_up_again_counts_against_the_shadow_time() {
    let mut nodes = fleet(2, 1);
    // The second node is lost at 10, and back at 20.
    let stock = vec![(rig::at(0), 2), (rig::at(10), 1), (rig::at(20), 2)];
    nodes.availability = sim_core::world::Curve::new(stock).expect("ascending");
    let mut world = world(vec![nodes]);
    world.classes[0].checkpoint.restore = rig::span(60);
    let jobs = [
        job(0, Gang::of(1, 1), 100),
        job(1, Gang::of(2, 1), 10),
        // Passes the second; at 20 it has 42 seconds to do, and 60 to set up.
        job(2, Gang::of(1, 1), 50),
    ];
    let fates = fates(world, &jobs, &roster::plain("fifo", "easy", "first-fit"));
    assert_eq!(seconds(&fates.starts()), [0, 100, 2]);
}

/// Making room and backfilling at one instant: the shadow of the next head counts on the job that
/// was just started in the place of others.
#[test]
fn what_is_started_in_the_place_of_others_ends_as_well() {
    let with_priority = |mut job: Job, priority| {
        job.priority = priority;
        job
    };
    let jobs = [
        with_priority(job(0, Gang::of(3, 1), 1000), 0),
        // Takes the place of the first, on two GPUs of three, until 20.
        with_priority(job(10, Gang::of(2, 1), 10), 2),
        // Head from then on: its time is 20, and it will need all three.
        with_priority(job(10, Gang::of(3, 1), 10), 1),
        // Fits beside the second, but would be in the way at 20.
        with_priority(job(10, Gang::of(1, 1), 100), 0),
    ];
    let kinds = ["priority", "easy", "best-fit", "by-order", "keep"];
    let fates = fates(world(vec![fleet(1, 3)]), &jobs, &roster::parts(kinds));
    assert_eq!(seconds(&fates.starts())[..3], [0, 10, 20]);
    assert!(fates.starts()[3] >= rig::at(30));
}

/// The same against a fork of the run in which nobody but the head is let start.
#[test]
fn the_head_alone_starts_when_its_shadow_says_if_estimates_are_right() {
    let jobs: Vec<Job> = gangs(3)
        .into_iter()
        .map(|mut job| {
            job.estimate = Some(Span::from_us(job.work).expect("short"));
            job
        })
        .collect();
    let world = Arc::new(world(vec![fleet(2, 4), fleet(2, 2)]));
    let contender = roster::plain("fifo", "easy", "first-fit");
    let mut drive = Drive::new(rig::engine(&world, &jobs), contender.grants);
    let mut policy = contender.policy();
    let mut alone: Vec<(JobId, SimTime)> = Vec::new();
    drive.run_out(&mut *policy, &mut |engine, _| {
        let (view, mut plan) = engine.open(sim_core::engine::Grants::default());
        let Some(head) = view.pending().next().map(|job| job.id()) else {
            return;
        };
        if plan.fits(head).is_some() || alone.iter().any(|(job, _)| *job == head) {
            return;
        }
        let (mut copy, _) = engine.snapshot(&Alone { job: head }).resume();
        copy.open(sim_core::engine::Grants::default());
        copy.commit(&mut ());
        let mut seen = First {
            job: head,
            start: None,
        };
        let ended = copy.run(
            &mut Alone { job: head },
            sim_core::engine::Grants::default(),
            &mut seen,
        );
        assert!(ended.is_ok());
        alone.push((head, seen.start.expect("it fits in the end")));
    });
    let starts = drive.seen.0.starts();
    for (head, by) in &alone {
        let start = starts[usize::try_from(head.ordinal()).expect("few")];
        assert!(start <= *by, "{head} at {start}, alone at {by}");
    }
    assert!(alone.len() > 5);
}

/// The first start of one job.
struct First {
    job: JobId,
    start: Option<SimTime>,
}

impl sim_core::watch::Observer for First {
    fn observe(&mut self, now: SimTime, fact: &sim_core::watch::Fact<'_>) {
        if let sim_core::watch::Fact::Started { job, .. } = fact
            && *job == self.job
        {
            self.start.get_or_insert(now);
        }
    }
}
