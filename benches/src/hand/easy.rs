//! Textbook EASY backfilling on counts, decided anew at each instant.

use std::collections::{BTreeSet, VecDeque};

use super::{Count, Ends, earlier};

/// When each of `jobs`, sorted by arrival, starts on `gpus` GPUs.
pub fn easy(jobs: &[Count], gpus: u32) -> Vec<u64> {
    let mut starts = vec![0; jobs.len()];
    let (mut ends, mut free, mut arrived) = (Ends::default(), gpus, 0);
    let mut queue: VecDeque<usize> = VecDeque::new();
    // Running jobs by estimated end.
    let mut running: BTreeSet<(u64, usize)> = BTreeSet::new();
    while let Some(now) = earlier(ends.next(), jobs.get(arrived).map(|job| job.arrival)) {
        while let Some(job) = ends.pop_at(now) {
            free += jobs[job].gpus;
            running.remove(&(starts[job] + jobs[job].estimate, job));
        }
        while jobs.get(arrived).is_some_and(|job| job.arrival == now) {
            queue.push_back(arrived);
            arrived += 1;
        }
        let mut start = |job: usize, free: &mut u32, running: &mut BTreeSet<(u64, usize)>| {
            *free -= jobs[job].gpus;
            starts[job] = now;
            ends.push(now + jobs[job].run, job);
            running.insert((now + jobs[job].estimate, job));
        };
        while let Some(head) = queue.front().copied().filter(|job| jobs[*job].gpus <= free) {
            queue.pop_front();
            start(head, &mut free, &mut running);
        }
        let Some(head) = queue
            .front()
            .copied()
            .filter(|_| queue.len() > 1 && free > 0)
        else {
            continue;
        };
        let (shadow, mut extra) = reservation(jobs, &running, jobs[head].gpus, free, now);
        queue.retain(|job| {
            let (fits, in_time) = (jobs[*job].gpus <= free, now + jobs[*job].estimate <= shadow);
            if !fits || !(in_time || jobs[*job].gpus <= extra) {
                return true;
            }
            if !in_time {
                extra -= jobs[*job].gpus;
            }
            start(*job, &mut free, &mut running);
            false
        });
    }
    starts
}

/// When `needed` GPUs will be free by the estimates, and how many more are free then.
fn reservation(
    jobs: &[Count],
    running: &BTreeSet<(u64, usize)>,
    needed: u32,
    mut free: u32,
    now: u64,
) -> (u64, u32) {
    let mut shadow = None;
    for (end, job) in running {
        let end = now.max(*end);
        if shadow.is_some_and(|shadow| end > shadow) {
            break;
        }
        free += jobs[*job].gpus;
        if free >= needed {
            shadow.get_or_insert(end);
        }
    }
    (shadow.unwrap_or(u64::MAX), free.saturating_sub(needed))
}

#[cfg(test)]
mod tests {
    use crate::flight::Rule;
    use crate::hand::tests::same_starts;

    #[test]
    fn starts_every_job_when_the_engine_does() {
        same_starts(Rule::Easy, super::easy);
    }
}
