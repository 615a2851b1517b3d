//! Moves of several jobs: two share anew what they have, one gives way to all others, one insists.

use std::collections::BTreeSet;

use super::problem::Spot;
use super::search::{little_by_little, settle};
use super::stand::{Stand, is_gain};

/// Two jobs share anew what they have; says whether that was better for some pair.
pub(super) fn trade(stand: &mut Stand<'_, '_>) -> bool {
    let (mut better, mut hopeless) = (false, BTreeSet::new());
    for one in stand.jobs() {
        let (waits, like) = (stand.waits(one), stand.likes[one]);
        if stand.is_pinned(one) || (waits && hopeless.contains(&like)) {
            continue;
        }
        let (mut tried, mut shared) = (BTreeSet::new(), false);
        for other in stand.jobs() {
            let idle = stand.waits(one) && stand.waits(other);
            let content = stand.is_content(one) && stand.is_content(other);
            if one == other || idle || content || stand.is_pinned(other) {
                continue;
            }
            if !stand.waits(other) || tried.insert(stand.likes[other]) {
                shared |= share(stand, one, other);
            }
        }
        better |= shared;
        if waits && !shared {
            hopeless.insert(like);
        }
    }
    better
}

/// The first of them chooses first.
fn share(stand: &mut Stand<'_, '_>, one: usize, other: usize) -> bool {
    let (mark, before) = (stand.mark(), [stand.values[one], stand.values[other]]);
    let gains = |after: [f64; 2]| is_gain(before.into_iter().zip(after));
    stand.put(one, Spot::new());
    stand.put(other, Spot::new());
    let most = stand.best(other).0;
    let mut found: Option<(f64, Spot, Spot)> = None;
    for spot in stand.options(one) {
        let own = stand.worth(one, &spot);
        if !gains([own, most]) {
            continue;
        }
        let (rest, others) = stand.best_beside(other, &spot);
        let sum = own - before[0] + (rest - before[1]);
        if gains([own, rest]) && found.as_ref().is_none_or(|(most, _, _)| sum > *most) {
            found = Some((sum, spot, others));
        }
    }
    let Some((_, spot, others)) = found else {
        stand.undo(mark);
        return false;
    };
    stand.put(one, spot);
    stand.put(other, others);
    true
}

/// A job gives way to all others; says whether that was better for some job.
pub(super) fn make_way(stand: &mut Stand<'_, '_>) -> bool {
    let mut better = false;
    for job in stand.jobs() {
        let content = stand
            .jobs()
            .all(|other| other == job || stand.is_content(other));
        if stand.waits(job) || stand.is_pinned(job) || content {
            continue;
        }
        let mark = stand.mark();
        stand.put(job, Spot::new());
        while settle(stand, Some(job)) {}
        let (_, spot) = stand.best(job);
        stand.put(job, spot);
        better |= stand.keep(mark);
    }
    better
}

/// A job takes what it would like better, and those who lie there look for something else; says whether that was better for some
/// job.
pub(super) fn insist(stand: &mut Stand<'_, '_>) -> bool {
    let mut tried = BTreeSet::new();
    for job in stand.jobs() {
        if stand.is_content(job) || (stand.waits(job) && !tried.insert(stand.likes[job])) {
            continue;
        }
        for spot in stand.dreams(job) {
            let gain = stand.worth(job, &spot) > stand.values[job];
            if gain && push_in(stand, job, spot) {
                return true;
            }
        }
    }
    false
}

fn push_in(stand: &mut Stand<'_, '_>, job: usize, spot: Spot) -> bool {
    let mark = stand.mark();
    let others: Vec<usize> = stand
        .jobs()
        .filter(|other| *other != job && !stand.is_pinned(*other) && stand.meets(*other, &spot))
        .collect();
    for other in others.iter().chain([&job]) {
        stand.put(*other, Spot::new());
    }
    stand.put(job, spot);
    little_by_little(stand, &others);
    settle(stand, None);
    // Whoever is left with nothing asks the others, but those that can give no part of what they have.
    for poor in others {
        for other in stand.jobs().filter(|other| *other != job && *other != poor) {
            let gives = stand.problem.seekers[other].sizes.len() > 1;
            if stand.waits(poor) && gives && !stand.waits(other) && !stand.is_pinned(other) {
                share(stand, poor, other);
            }
        }
    }
    stand.keep(mark)
}
