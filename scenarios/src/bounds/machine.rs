//! One machine in the place of all: give the GPUs of each model a worth, and they add up.
//!
//! Any worths do. A run of a job uses GPU time worth at least its *area*, its width times the least worth of its span on a
//! model that it may run on: a share `x` of it on model `m` takes `x width span_m` GPU time, worth `x width span_m worth_m`, no
//! less than `x` of the area, and the shares add up to one or more. At every instant no more worth is used than there is.
//! So whatever a run does, a machine of that speed can do with tasks of these areas, one after the other or in parts.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::problem::{Job, Problem};
use super::steps::Steps;

/// A machine that works on parts of tasks at once.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    /// Worth of the GPUs over time.
    pub(super) speed: Steps,
    /// What takes some of its time, by release.
    pub(super) tasks: Vec<Task>,
    /// Positions of the jobs that take none of its time.
    pub(super) others: Vec<usize>,
}

/// What a job is to the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Task {
    /// Position of the job.
    pub(super) job: usize,
    /// When it comes.
    pub(super) release: u64,
    /// Work, positive.
    pub(super) area: u128,
}

/// Which task goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shortest {
    /// That with the least left.
    Left,
    /// That which was least from the beginning.
    Whole,
}

/// A part of a task, in amounts that the machine has done since time zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Position of the task.
    pub(super) task: usize,
    /// What the machine has done before it.
    pub(super) from: u128,
    /// What it has done after it.
    pub(super) until: u128,
}

impl Machine {
    /// That of these worths, one for each model.
    pub(super) fn new(problem: &Problem, worths: &[u64]) -> Self {
        let parts = worths.iter().copied().zip(problem.capacity());
        let speed = Steps::sum(&parts.collect::<Vec<_>>());
        let (mut tasks, mut others) = (Vec::new(), Vec::new());
        for (position, job) in problem.jobs().iter().enumerate() {
            let release = job.release;
            match area(job, worths) {
                0 => others.push(position),
                area => tasks.push(Task {
                    job: position,
                    release,
                    area,
                }),
            }
        }
        tasks.sort_by_key(|task| (task.release, task.job));
        Self {
            speed,
            tasks,
            others,
        }
    }

    /// What it does when, if the task that comes first in an order always goes first.
    pub(super) fn run(&self, first: Shortest, mut on_piece: impl FnMut(Piece)) {
        let mut waiting: BinaryHeap<Reverse<(u128, usize)>> = BinaryHeap::new();
        let mut left: Vec<u128> = self.tasks.iter().map(|task| task.area).collect();
        let mut done = 0_u128;
        let arrivals = self
            .tasks
            .iter()
            .map(|task| self.speed.amount(task.release));
        let arrivals = arrivals.map(Some).chain([None]).enumerate();
        for (next, arrival) in arrivals {
            while let Some(Reverse((key, task))) = waiting.pop() {
                let length = match arrival {
                    Some(arrival) => left[task].min(arrival - done),
                    None => left[task],
                };
                if length > 0 {
                    let (from, until) = (done, done + length);
                    on_piece(Piece { task, from, until });
                }
                left[task] -= length;
                done += length;
                if left[task] > 0 {
                    let key = match first {
                        Shortest::Left => left[task],
                        Shortest::Whole => key,
                    };
                    waiting.push(Reverse((key, task)));
                    break;
                }
            }
            if let Some(arrival) = arrival {
                done = done.max(arrival);
                waiting.push(Reverse((left[next], next)));
            }
        }
    }
}

fn area(job: &Job, worths: &[u64]) -> u128 {
    let worth = |(span, worth): (&Option<u64>, &u64)| {
        span.map(|span| u128::from(span) * u128::from(*worth))
    };
    let least = job.spans.iter().zip(worths).filter_map(worth).min();
    u128::from(job.width) * least.unwrap_or(0)
}

/// Most jobs times choices of worths: of crowds fewer choices are looked at.
const LARGEST: usize = 1 << 20;
/// The most that a GPU is worth.
const MOST_WORTH: u64 = 64;
/// Most kinds of jobs whose speeds are looked at.
const MOST_KINDS: usize = 8;
/// Most choices of worths.
const MOST_CHOICES: usize = 32;

/// Choices of worths, by model, that a bound may be best with: the same for all models of a set that jobs are confined to,
/// and for the jobs with most to do, as fast as each model is for them.
pub(super) fn worths(jobs: &[Job], models: usize) -> Vec<Vec<u64>> {
    let mut choices = vec![vec![1; models]];
    if models < 2 {
        return choices;
    }
    let kinds = kinds(jobs);
    for (spans, _) in &kinds {
        let choice = spans.iter().map(|span| u64::from(span.is_some())).collect();
        if choices.len() < MOST_CHOICES && !choices.contains(&choice) {
            choices.push(choice);
        }
    }
    for (spans, _) in kinds.iter().take(MOST_KINDS) {
        let shortest = spans.iter().flatten().min().copied().unwrap_or(1);
        // Where it may not run, GPUs are worth nothing to it, or as much as the best.
        for elsewhere in [0, MOST_WORTH] {
            let worth = |span: &Option<u64>| match span {
                Some(span) => {
                    let worth = MOST_WORTH * shortest + span / 2;
                    worth.checked_div(*span).unwrap_or(MOST_WORTH)
                }
                None => elsewhere,
            };
            choices.push(spans.iter().map(worth).collect());
        }
    }
    // Twice the worth is the same choice.
    let least = |worths: Vec<u64>| {
        let divisor = worths.iter().copied().fold(0, gcd).max(1);
        worths.into_iter().map(|worth| worth / divisor).collect()
    };
    let mut once: Vec<Vec<u64>> = Vec::new();
    for choice in choices.into_iter().map(least) {
        if !once.contains(&choice) {
            once.push(choice);
        }
    }
    once.truncate((LARGEST / jobs.len().max(1)).max(2));
    once
}

/// Spans of jobs, each once, with the work of all jobs that have them: those with most of it first.
fn kinds(jobs: &[Job]) -> Vec<(&[Option<u64>], u128)> {
    let work = |job: &Job| u128::from(job.width) * u128::from(job.shortest());
    let mut all: Vec<(&[Option<u64>], u128)> = jobs
        .iter()
        .map(|job| (job.spans.as_slice(), work(job)))
        .collect();
    all.sort_unstable();
    all.dedup_by(|job, kind| {
        let is_alike = job.0 == kind.0;
        if is_alike {
            kind.1 += job.1;
        }
        is_alike
    });
    all.sort_by_key(|(spans, work)| (Reverse(*work), *spans));
    all
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
