//! Nobody starves where it is claimed: a large job starts by a stated time under a stream of small
//! ones that came later.

use sim_core::model::{Gang, Job};

use super::rig::{self, fates, fleet, job, world};
use super::roster;
use super::scenes::luck;

/// Longest true time of a small job, and the longest that one says it takes, in seconds.
const LONGEST: u64 = 200;
const LONGEST_SAID: u64 = 600;

/// Some small jobs, a large one, and hours of small ones that more than fill the fleet.
fn stream(seed: u64, large: Gang) -> (Vec<Job>, usize) {
    let mut luck = luck(seed, "stream");
    let mut small = |arrival| {
        let secs = 20 + luck.below(LONGEST - 20);
        let mut job = job(arrival, Gang::of(1, 1), secs);
        let said = match seed % 3 {
            0 => secs,
            1 => secs + luck.below(LONGEST_SAID - secs),
            // They say less than they take.
            _ => 1 + luck.below(secs),
        };
        job.estimate = Some(rig::span(said));
        job
    };
    let mut jobs: Vec<Job> = (0..40).map(&mut small).collect();
    let position = jobs.len();
    jobs.push(job(40, large, 500));
    jobs.extend((0..1500).map(|at| small(41 + 4 * at)));
    (jobs, position)
}

/// The small jobs ahead of it, all of them one after the other on their share of 16 GPUs, and one
/// more generation that was let past because it said it would be gone in time.
fn bound() -> u64 {
    40 * LONGEST_SAID / 16 + 2 * LONGEST_SAID
}

#[test]
fn where_it_is_claimed_a_large_job_starts_by_its_bound_under_a_stream_of_small_ones() {
    let fair = roster::all()
        .into_iter()
        .filter(roster::Contender::is_starvation_free);
    let mut claimed = 0;
    for contender in fair {
        claimed += 1;
        let gangs = [Gang::of(1, 8), Gang::of(2, 8), Gang::of(16, 1)];
        for seed in 0..9 {
            let large = gangs[usize::try_from(seed / 3).expect("three")].clone();
            let (jobs, position) = stream(seed, large);
            let fates = fates(world(vec![fleet(2, 8)]), &jobs, &contender);
            let waited = fates.starts()[position].since(jobs[position].arrival);
            let what = format!("{}, stream {seed}", contender.name());
            assert!(waited <= rig::span(bound()), "{what}: waited {waited}");
        }
    }
    assert!(claimed >= 10, "some claim it: {claimed}");
}

/// The bound says something: where nothing is claimed, the large job waits for the end of the stream.
#[test]
fn under_skip_a_large_job_starves() {
    let (jobs, position) = stream(0, Gang::of(16, 1));
    let skip = roster::plain("fifo", "skip", "best-fit");
    let fates = fates(world(vec![fleet(2, 8)]), &jobs, &skip);
    let waited = fates.starts()[position].since(jobs[position].arrival);
    assert!(waited > rig::span(2 * bound()), "{waited}");
}
