//! The answer: GPUs change hands as long as that is better, from what jobs have and from nothing, and the better end is taken.
//!
//! A job takes of what is free what is best for it; for what that does not find there are `exchange`s. An end is a local optimum,
//! therefore.

use std::collections::BTreeSet;

use super::exchange::{insist, make_way, trade};
use super::problem::{Problem, Spot};
use super::stand::{Stand, is_gain};
use super::worths::Worths;

/// Most rounds of moves. Each makes things better, so that a few are all it takes.
const MOST_ROUNDS: usize = 64;

/// What each job gets, by position.
pub(super) fn search(problem: &Problem<'_>) -> Vec<Spot> {
    let mut worths = Worths::new(problem);
    let mut going = Stand::new(problem, &mut worths);
    for (job, seeker) in problem.seekers.iter().enumerate() {
        going.put(job, seeker.now.clone());
    }
    climb(&mut going);
    let (spots, values) = (going.spots, going.values);
    let mut anew = Stand::new(problem, &mut worths);
    fill(&mut anew);
    climb(&mut anew);
    if is_gain(values.into_iter().zip(anew.values)) {
        anew.spots
    } else {
        spots
    }
}

/// A little for everybody before anybody gets more.
fn fill(stand: &mut Stand<'_, '_>) {
    let all: Vec<usize> = stand.jobs().collect();
    little_by_little(stand, &all);
}

/// These take what they can have, few GPUs each before anybody takes more.
pub(super) fn little_by_little(stand: &mut Stand<'_, '_>, jobs: &[usize]) {
    let sizes = jobs
        .iter()
        .flat_map(|job| stand.problem.seekers[*job].sizes.clone());
    let limits: BTreeSet<u32> = sizes.collect();
    for limit in limits {
        stand.limit = limit;
        for job in jobs {
            if !stand.is_content(*job) {
                relay(stand, *job);
            }
        }
    }
    stand.limit = u32::MAX;
}

/// Moves until none makes it better, costly ones when no other does.
fn climb(stand: &mut Stand<'_, '_>) {
    for _ in 0..MOST_ROUNDS {
        while settle(stand, None) {}
        if !trade(stand) && !make_way(stand) && !insist(stand) {
            break;
        }
    }
}

/// Each job but one takes what is best for it; says whether one did better.
pub(super) fn settle(stand: &mut Stand<'_, '_>, but: Option<usize>) -> bool {
    let (mut better, mut hopeless) = (false, BTreeSet::new());
    for job in stand.jobs() {
        let (waits, like) = (stand.waits(job), stand.likes[job]);
        if but == Some(job) || stand.is_content(job) || (waits && hopeless.contains(&like)) {
            continue;
        }
        if relay(stand, job) {
            better = true;
        } else if waits {
            hopeless.insert(like);
        }
    }
    better
}

/// A job takes what is best for it; says whether that was better.
fn relay(stand: &mut Stand<'_, '_>, job: usize) -> bool {
    let mark = stand.mark();
    stand.put(job, Spot::new());
    let (_, spot) = stand.best(job);
    stand.put(job, spot);
    stand.keep(mark)
}
