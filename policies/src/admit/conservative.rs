//! Conservative backfilling (Mu'alem and Feitelson 2001): every waiting job, in order, holds a reservation at the earliest
//! time at which it fits around those before it; a job starts when its time has come.
//!
//! Reservations count GPUs by model, not nodes. A gang whose time has come but that does not fit on the nodes as they are
//! waits, and stops all behind it on its model, lest they take the nodes it waits for, for ever. Recomputed from nothing at
//! every decision, for the first `depth` jobs.
//!
//! Where a buyer keeps jobs from some pools, reservations count those pools as well: a job that waits for spot stops those
//! behind it on its model, until its machine is there or it is late and takes another.
//!
//! Estimates are of a job alone, as in EASY: jobs that neighbours slow down end later than is reckoned.

use sim_core::engine::{Capacity, Change, JobView, Reason, View};
use sim_core::model::{ModelSet, Seat};
use sim_core::units::{ModelId, SimTime, Span};

use super::Admit;
use super::ends::{Ends, end_of, list_fresh};
use crate::compose::Desk;

/// Conservative backfilling.
#[derive(Clone, Debug)]
pub struct Conservative {
    /// Jobs that hold a reservation.
    pub depth: u32,
    ends: Ends,
}

/// Free GPUs of one model over time, in thousandths: from each instant to the next.
struct Profile {
    model: ModelId,
    steps: Vec<(SimTime, i64)>,
}

impl Conservative {
    /// With reservations for the first `depth` jobs.
    pub fn new(depth: u32) -> Self {
        Self {
            depth,
            ends: Ends::default(),
        }
    }

    fn profiles(&self, desk: &Desk<'_, '_, '_>) -> Vec<Profile> {
        let (now, capacity) = (desk.view.now(), desk.plan.capacity());
        let mut profiles: Vec<Profile> = Vec::new();
        for offering in capacity.offerings() {
            let (model, free) = (
                capacity.shape(offering).model,
                i64::from(capacity.free_gpus(offering)) * 1000,
            );
            match profiles.iter_mut().find(|profile| profile.model == model) {
                Some(profile) => profile.steps[0].1 += free,
                None => profiles.push(Profile {
                    model,
                    steps: vec![(now, free)],
                }),
            }
        }
        let mut fresh = Vec::new();
        list_fresh(desk, &mut fresh);
        for (end, job) in fresh {
            let seats = desk.plan.seats_of(job).unwrap_or_default();
            free_at(&mut profiles, capacity, (end, seats), milli(&desk.job(job)));
        }
        for (end, job) in self.ends.iter(now) {
            if desk.plan.is_running(job) {
                let job = desk.job(job);
                let seats = job.allocation().seats();
                free_at(&mut profiles, capacity, (end, seats), milli(&job));
            }
        }
        profiles
    }
}

/// What a job holds on the model it lies on is free from its end on.
fn free_at(
    profiles: &mut [Profile],
    capacity: &Capacity,
    (end, seats): (SimTime, &[Seat]),
    milli: i64,
) {
    // Its CPU tasks may lie on another model.
    let mut on_gpus = seats.iter().filter(|seat| !seat.gpus.is_empty());
    let lies_on = on_gpus.next().map(|seat| capacity.offering_of(seat.node));
    let model = lies_on.map(|offering| capacity.shape(offering).model);
    let mut profiles = profiles.iter_mut();
    if let Some(profile) = profiles.find(|profile| Some(profile.model) == model) {
        profile.add(end, SimTime::MAX, milli);
    }
}

impl Admit for Conservative {
    fn admit(&mut self, desk: &mut Desk<'_, '_, '_>) {
        let now = desk.view.now();
        let mut profiles = self.profiles(desk);
        let depth = usize::try_from(self.depth).expect("32 bits fit");
        let mut stopped: Vec<usize> = Vec::new();
        desk.plan.hold_others(Reason::BehindHead);
        for job in desk.queue.jobs().into_iter().take(depth) {
            let view = desk.job(job);
            let length = end_of(&view).since(now);
            let slot = earliest(&profiles, view.models(), milli(&view), length);
            let Some((profile, from)) = slot else {
                desk.plan.hold(job, Reason::NoCapacity);
                continue;
            };
            profiles[profile].add(from, from.saturating_add(length), -milli(&view));
            // A CPU task may lie beside any GPU.
            let (stops, anywhere) = (stopped.contains(&profile), milli(&view) == 0);
            if from > now || stops || (anywhere && !stopped.is_empty()) {
                desk.plan.hold(job, Reason::WouldDelay);
            } else if !desk.try_start(job) {
                if anywhere {
                    stopped.extend(0..profiles.len());
                } else {
                    stopped.push(profile);
                }
            }
        }
    }

    fn note(&mut self, change: &Change, view: &View<'_>) {
        self.ends.note(change, view);
    }

    fn needs_estimate(&self) -> bool {
        true
    }

    fn fork(&self) -> Box<dyn Admit> {
        Box::new(self.clone())
    }
}

fn milli(job: &JobView<'_>) -> i64 {
    i64::try_from(job.gang().gpu_milli()).expect("a gang is bounded")
}

/// The profile and the earliest instant from which `needed` is free for `length`, the first such model on a tie.
fn earliest(
    profiles: &[Profile],
    models: ModelSet,
    needed: i64,
    length: Span,
) -> Option<(usize, SimTime)> {
    let allowed = profiles
        .iter()
        .enumerate()
        .filter(|(_, profile)| models.allows(profile.model));
    let starts = allowed
        .filter_map(|(position, profile)| Some((position, profile.earliest(needed, length)?)));
    starts.min_by_key(|(position, from)| (*from, *position))
}

impl Profile {
    fn earliest(&self, needed: i64, length: Span) -> Option<SimTime> {
        let mut from: Option<SimTime> = None;
        for (at, free) in &self.steps {
            if from.is_some_and(|from| at.since(from) >= length) {
                return from;
            }
            from = if *free < needed {
                None
            } else {
                from.or(Some(*at))
            };
        }
        from
    }

    /// Adds `milli` from `from` until `until`.
    fn add(&mut self, from: SimTime, until: SimTime, milli: i64) {
        let (first, last) = (
            self.split(from),
            if until < SimTime::MAX {
                self.split(until)
            } else {
                self.steps.len()
            },
        );
        for (_, free) in &mut self.steps[first..last] {
            *free += milli;
        }
    }

    /// The position of a step that begins at `at`, which is put in if there is none.
    fn split(&mut self, at: SimTime) -> usize {
        let position = self.steps.partition_point(|(from, _)| *from < at);
        if self.steps.get(position).is_none_or(|(from, _)| *from != at) {
            let free = self.steps[position.saturating_sub(1)].1;
            self.steps.insert(position, (at, free));
        }
        position
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> SimTime {
        SimTime::from_secs(secs)
    }

    #[test]
    fn a_hole_is_used_only_if_it_is_long_enough() {
        let mut profile = Profile {
            model: ModelId(0),
            steps: vec![(at(0), 4000)],
        };
        profile.add(at(10), at(20), -3000);
        let earliest = |needed, secs| profile.earliest(needed, Span::from_secs(secs));
        assert_eq!(earliest(1000, 100), Some(at(0)));
        assert_eq!(earliest(2000, 10), Some(at(0)));
        assert_eq!(earliest(2000, 11), Some(at(20)));
        assert_eq!(earliest(5000, 1), None);
    }
}
