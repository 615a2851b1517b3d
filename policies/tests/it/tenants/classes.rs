//! Two classes of jobs by hand: what is kept free for the high ones, and which spot jobs make way.

use sim_core::model::{Job, Keep, Queue};
use sim_core::units::Span;

use super::rig::{Seen, composed, fly, jobs, ran, world};
use crate::plain::text;

const HOUR: u64 = 3600;

/// Jobs of one GPU, of the spot class (queue 0) or the high one (queue 1).
fn class(high: bool, count: usize, when: (u64, u64)) -> Vec<Job> {
    let mut jobs = jobs(u16::from(high), count, when);
    for job in &mut jobs {
        job.priority = i32::from(high);
    }
    jobs
}

fn queues() -> Vec<Queue> {
    ["spot", "high"].map(Queue::named).to_vec()
}

/// On eight GPUs four high jobs come at nine every day, for three hours; spot jobs for ten hours come at eight on the second day.
fn two_days(admit: &str, horizon: &str) -> Seen {
    let all = [
        class(true, 4, (9 * HOUR, 3 * HOUR)),
        class(false, 8, (32 * HOUR, 10 * HOUR)),
        class(true, 4, (33 * HOUR, 3 * HOUR)),
    ];
    let horizon = [("horizon", text(horizon))];
    let admit = match admit {
        "spot-quota" => (admit, &horizon[..]),
        _ => (admit, &[][..]),
    };
    fly(
        world(8, queues()),
        all.concat(),
        composed(admit, ("least-waste", &[])),
    )
}

#[test]
fn what_high_jobs_wanted_yesterday_is_kept_for_them_today() {
    let kept = two_days("spot-quota", "1h");
    assert_eq!(ran(&kept, 32 * HOUR), [4, 0]);
    assert_eq!(ran(&kept, 33 * HOUR), [4, 4]);
    assert_eq!(kept.interrupted.len(), 0);
    // They are done at noon, which is not known before; by then no more are expected for the day.
    assert_eq!(ran(&kept, 36 * HOUR), [8, 0]);
    // Without a quota spot jobs take it all, and make way.
    let taken = two_days("skip", "1h");
    assert_eq!(ran(&taken, 32 * HOUR), [8, 0]);
    assert_eq!(ran(&taken, 33 * HOUR), [4, 4]);
    assert_eq!(taken.interrupted.len(), 4);
    // Who looks less far ahead sees it too late.
    let late = two_days("spot-quota", "59m");
    assert_eq!(ran(&late, 32 * HOUR), [8, 0]);
    assert_eq!(late.interrupted.len(), 4);
}

#[test]
fn the_spot_job_that_loses_least_makes_way() {
    let gone = |keep| {
        let mut world = world(2, queues());
        world.classes[0].checkpoint.keep = keep;
        let all = [
            class(false, 1, (0, 300)),
            class(false, 1, (50, 400)),
            class(true, 1, (100, 10)),
        ];
        let seen = fly(
            world,
            all.concat(),
            composed(("skip", &[]), ("least-waste", &[])),
        );
        // The one that goes on alone ends first: at 300 s, or at 450 s.
        let ends = seen.after.iter();
        let first = ends
            .filter(|(at, _)| at.us() > 110_000_000)
            .map(|(at, _)| at.us() / 1_000_000);
        first.min()
    };
    // After 100 s the first loses 100 s, the second 50 s.
    assert_eq!(gone(Keep::Nothing), Some(300));
    // With a checkpoint every minute the first loses 40 s, the second 50 s; the first is back at 110 s, with 60 s kept.
    assert_eq!(gone(Keep::Every(Span::from_secs(60))), Some(350));
}
