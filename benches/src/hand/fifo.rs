//! First come, first served on counts: the head starts as soon as enough GPUs are free, wherever they are.

use super::{Count, Ends, earlier};

/// When each of `jobs`, sorted by arrival, starts on `gpus` GPUs.
pub fn fifo(jobs: &[Count], gpus: u32) -> Vec<u64> {
    let mut starts = vec![0; jobs.len()];
    let (mut ends, mut free) = (Ends::default(), gpus);
    let (mut head, mut arrived) = (0, 0);
    while let Some(now) = earlier(ends.next(), jobs.get(arrived).map(|job| job.arrival)) {
        while let Some(job) = ends.pop_at(now) {
            free += jobs[job].gpus;
        }
        while jobs.get(arrived).is_some_and(|job| job.arrival == now) {
            arrived += 1;
        }
        while head < arrived && jobs[head].gpus <= free {
            free -= jobs[head].gpus;
            starts[head] = now;
            ends.push(now + jobs[head].run, head);
            head += 1;
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use crate::flight::Rule;
    use crate::hand::tests::same_starts;

    #[test]
    fn starts_every_job_when_the_engine_does() {
        same_starts(Rule::Fifo, super::fifo);
    }
}
