//! Predictions from the past: what earlier jobs took, as far as it is known when a job is
//! submitted.
//!
//! Known durations are those of jobs that would have ended by now had they started when they
//! were submitted: without a schedule nothing better can be said, and a duration is known too
//! early by at most its job's wait.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use sim_core::units::{SimTime, Span, convert};

use crate::{Positive, Record, Workload};

/// Calls `predict` for each job at its submission, and `note` for each that has ended by then.
fn replay<P>(
    workload: &Workload,
    past: &mut P,
    note: impl Fn(&mut P, &Record),
    predict: impl Fn(&P, &Record) -> Option<Span>,
) -> Vec<Option<Positive>> {
    let mut running: BinaryHeap<Reverse<(SimTime, usize)>> = BinaryHeap::new();
    let mut predictions = Vec::with_capacity(workload.jobs.len());
    for (position, job) in workload.jobs.iter().enumerate() {
        while let Some(&Reverse((end, ended))) = running.peek() {
            if end > job.submit {
                break;
            }
            running.pop();
            note(past, &workload.jobs[ended]);
        }
        let predicted = predict(past, job).and_then(Positive::new);
        predictions.push(predicted.or(job.estimate));
        running.push(Reverse((job.submit.saturating_add(job.duration), position)));
    }
    predictions
}

/// The mean of the last two durations that each user has seen.
pub(crate) fn last_two(workload: &Workload) -> Vec<Option<Positive>> {
    const WINDOW: usize = 2;
    let mut seen: BTreeMap<u32, VecDeque<Span>> = BTreeMap::new();
    let note = |seen: &mut BTreeMap<u32, VecDeque<Span>>, past: &Record| {
        if let Some(user) = past.user {
            let last = seen.entry(user).or_default();
            last.push_back(past.duration);
            if last.len() > WINDOW {
                last.pop_front();
            }
        }
    };
    replay(workload, &mut seen, note, |seen, job| {
        let last = seen.get(&job.user?)?;
        let sum: u64 = last.iter().map(|span| span.us()).sum();
        Span::from_us(sum / convert::wide(last.len()))
    })
}

/// Who is alike: the same user and size, the same user, the same size; nobody named: everybody.
type Kin = (Option<u32>, Option<u64>);

/// The weighted mean duration of the jobs that are most alike.
pub(crate) fn similar(workload: &Workload, weight: f64) -> Vec<Option<Positive>> {
    let size = |job: &Record| u64::from(job.tasks) * u64::from(job.gpus.max(1));
    let kin = |job: &Record| -> [Option<Kin>; 4] {
        let (user, size) = (job.user, size(job));
        [
            user.map(|user| (Some(user), Some(size))),
            user.map(|user| (Some(user), None)),
            Some((None, Some(size))),
            Some((None, None)),
        ]
    };
    let mut means: BTreeMap<Kin, f64> = BTreeMap::new();
    let note = |means: &mut BTreeMap<Kin, f64>, past: &Record| {
        let took = convert::real(past.duration.us());
        for kin in kin(past).into_iter().flatten() {
            let mean = means.entry(kin).or_insert(took);
            *mean += weight * (took - *mean);
        }
    };
    replay(workload, &mut means, note, |means, job| {
        let mut known = kin(job).into_iter().flatten();
        let mean = known.find_map(|kin| means.get(&kin))?;
        Span::from_us(convert::floor(mean + 0.5))
    })
}
