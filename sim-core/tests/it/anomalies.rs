//! What is known of schedules by hand or by proof: the anomalies, so that nobody mends them, and
//! what does hold.

use std::sync::Arc;

use sim_core::engine::{Plan, View, Wakes};
use sim_core::model::{Job, Offering};
use sim_core::units::{SimTime, Span};
use sim_core::watch::Fact;
use sim_core::world::draw::Stream;

use crate::rig::{Watched, fleet, job, watch, world};
use crate::zoo::{Animal, Script, Scripted, start_all};

/// Starts jobs in order of arrival, none before the one ahead of it.
fn strict(view: &View<'_>, plan: &mut Plan<'_>) {
    for job in view.pending() {
        let Some(placement) = plan.fits(job.id()) else {
            return;
        };
        plan.start(job.id(), &placement).unwrap();
    }
}

/// Runs the job that has least left by its estimate.
fn least_left_first(view: &View<'_>, plan: &mut Plan<'_>) {
    let left = |job: &sim_core::engine::JobView<'_>| {
        (
            job.estimate().unwrap().saturating_sub(job.served()),
            job.id(),
        )
    };
    let Some((_, best)) = view
        .pending()
        .chain(view.running())
        .map(|job| left(&job))
        .min()
    else {
        return;
    };
    if plan.is_pending(best) {
        let running: Vec<_> = view.running().map(|job| job.id()).collect();
        for job in running {
            plan.preempt(job).unwrap();
        }
        let placement = plan.fits(best).unwrap();
        plan.start(best, &placement).unwrap();
    }
}

fn run(offerings: Vec<Offering>, jobs: &[Job], script: Script) -> Watched {
    let world = Arc::new(world(offerings));
    let seen = watch(&world, jobs, Scripted::policy(Wakes::ALL, script));
    assert!(seen.report.is_clean(), "{:?}", seen.report.violations);
    seen
}

/// When all is done, in seconds.
fn makespan(offerings: Vec<Offering>, jobs: &[Job], script: Script) -> u64 {
    run(offerings, jobs, script).end.us() / 1_000_000
}

/// Jobs given as (arrival, GPUs, seconds), sorted by arrival.
fn jobs(rows: &[(u64, u16, u64)]) -> Vec<Job> {
    let mut jobs: Vec<Job> = rows.iter().map(|row| job(row.0, row.1, row.2)).collect();
    jobs.sort_by_key(|job| job.arrival);
    jobs
}

#[test]
fn under_backfill_a_fourth_gpu_makes_it_worse() {
    let jobs = jobs(&[(0, 2, 1), (0, 2, 1), (0, 1, 2)]);
    assert_eq!(makespan(vec![fleet(1, 3)], &jobs, start_all), 2);
    assert_eq!(makespan(vec![fleet(1, 4)], &jobs, start_all), 3);
}

#[test]
fn under_backfill_a_shorter_job_makes_it_worse() {
    let last = |second| jobs(&[(0, 2, 1), (0, 1, second), (0, 1, 1), (0, 2, 2), (0, 1, 3)]);
    assert_eq!(makespan(vec![fleet(1, 3)], &last(2), start_all), 4);
    assert_eq!(makespan(vec![fleet(1, 3)], &last(1), start_all), 5);
}

#[test]
fn with_gangs_on_one_node_even_strict_order_can_get_worse_by_a_node() {
    let jobs = jobs(&[(1, 2, 5), (0, 2, 5), (2, 3, 3)]);
    assert_eq!(makespan(vec![fleet(1, 3), fleet(1, 2)], &jobs, strict), 8);
    let more = vec![fleet(1, 2), fleet(1, 3), fleet(1, 2)];
    assert_eq!(makespan(more, &jobs, strict), 9);
}

/// Jobs at random: few arrivals, GPUs up to `widest`, short.
fn random_jobs(seed: u64, widest: u64) -> Vec<Job> {
    let mut luck = Stream::new(seed, &["random-jobs".into()]);
    let row = |luck: &mut Stream| {
        let gpus = u16::try_from(luck.between(1, widest)).unwrap();
        (luck.below(12), gpus, luck.between(1, 9))
    };
    let rows: Vec<_> = (0..luck.between(1, 12)).map(|_| row(&mut luck)).collect();
    let mut jobs = jobs(&rows);
    for job in &mut jobs {
        job.estimate = Span::from_us(job.work);
    }
    jobs
}

/// By job: when it first starts.
fn starts(gpus: u32, jobs: &[Job]) -> Vec<SimTime> {
    let mut starts = Vec::new();
    let mut note = Note(&mut starts);
    let world = Arc::new(world(vec![fleet(1, gpus)]));
    let mut engine = crate::rig::engine(&world, jobs);
    let mut policy = Scripted::policy(Wakes::ALL, strict);
    let finish = engine.run(&mut *policy, sim_core::engine::Grants::default(), &mut note);
    assert_eq!(finish, Ok(sim_core::engine::Finish::Drained));
    starts
}

/// Notes the starts; in strict order they come in the order of jobs.
struct Note<'a>(&'a mut Vec<SimTime>);

impl sim_core::watch::Observer for Note<'_> {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        if let Fact::Started { .. } = fact {
            self.0.push(now);
        }
    }
}

#[test]
fn in_strict_order_and_one_pool_more_gpus_delay_no_start() {
    for seed in 0..3_000 {
        let jobs = random_jobs(seed, 4);
        let (few, more) = (starts(4, &jobs), starts(5, &jobs));
        assert!(
            few.iter().zip(&more).all(|(few, more)| more <= few),
            "seed {seed}"
        );
    }
}

#[test]
fn on_one_gpu_least_left_first_spends_the_least_time_in_the_system() {
    let mut better = 0;
    for seed in 0..2_000 {
        let jobs = random_jobs(seed, 1);
        let best = run(vec![fleet(1, 1)], &jobs, least_left_first);
        let fifo = run(vec![fleet(1, 1)], &jobs, strict);
        assert!(
            best.report.sojourn_us <= fifo.report.sojourn_us,
            "seed {seed}"
        );
        better += u32::from(best.report.sojourn_us < fifo.report.sojourn_us);
        assert_eq!(
            best.end, fifo.end,
            "a GPU that never idles is done at the same time"
        );
    }
    assert!(better > 1_000, "the two differ on most: {better}");
}

#[test]
fn littles_law_is_an_equality_of_integers() {
    // Every two seconds a job of three seconds, for one GPU: waits of 0, 1, 2, 3 seconds.
    let jobs = jobs(&[(0, 1, 3), (2, 1, 3), (4, 1, 3), (6, 1, 3)]);
    let seen = run(vec![fleet(1, 1)], &jobs, strict);
    assert_eq!(seen.report.sojourn_us, (3 + 4 + 5 + 6) * 1_000_000);
    assert_eq!(seen.report.gpu.allocated, 12 * 1_000_000 * 1_000);
    assert_eq!(seen.report.gpu.idle, 0);
    assert_eq!(seen.end, SimTime::from_secs(12));
}

#[test]
fn a_job_that_is_interrupted_for_nothing_finishes_as_if_it_had_not_been() {
    let script: Script = |view, plan| {
        for job in view.running().map(|job| job.id()).collect::<Vec<_>>() {
            let on = view.job(job).unwrap().allocation().seats().to_vec();
            plan.preempt(job).unwrap();
            let seats = on.into_iter().collect();
            plan.start(job, &sim_core::model::Placement { seats })
                .unwrap();
        }
        start_all(view, plan);
        if view.now() < SimTime::from_secs(20) {
            plan.wake_at(view.now() + Span::from_us(777_777).unwrap())
                .unwrap();
        }
    };
    let jobs = jobs(&[(0, 1, 7), (3, 2, 5), (4, 1, 9)]);
    let (calm, restless) = (
        makespan(vec![fleet(1, 3)], &jobs, start_all),
        run(vec![fleet(1, 3)], &jobs, script),
    );
    assert_eq!(restless.end, SimTime::from_secs(calm));
    assert!(restless.report.interrupted > 20);
}

#[test]
fn a_world_that_ends_empty_is_drained_under_every_policy() {
    let world = Arc::new(world(vec![fleet(1, 1)]));
    for animal in Animal::all(1) {
        let seen = watch(&world, &[], animal.policy());
        assert_eq!(seen.finish, Ok(sim_core::engine::Finish::Drained));
    }
}
