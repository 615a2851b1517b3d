//! A round of a goodput course: epochs end in it, and the batch is chosen anew after each and at its end.

use std::sync::Arc;

use super::application::{Kind, Machine};
use super::batch::{Batch, Place};
use super::fit::{Fit, Seen};
use super::{Known, Layout, State, whole};
use crate::units::convert;

/// The layout as far as it was measured: on more nodes than that, it counts as evenly spread over as many as were.
fn measured(machine: &Machine, counts: &[u32]) -> Vec<u32> {
    let most = machine.most_nodes();
    let nodes: u32 = counts.iter().map(|_| 1).sum();
    let gpus: u32 = counts.iter().sum();
    if nodes <= most {
        return counts.to_vec();
    }
    let each = gpus.div_ceil(most);
    let rest = gpus % each;
    let full = std::iter::repeat_n(each, convert::index(gpus / each));
    full.chain((rest > 0).then_some(rest)).collect()
}

impl Kind {
    /// Whether a job gets on in this layout.
    pub fn runs_in(&self, layout: &Layout) -> bool {
        let machine = self.application.machine(layout.model);
        let gpus = layout.counts.iter().sum();
        machine.is_some_and(|machine| self.application.replicas(machine, gpus) > 0)
    }

    /// Seconds of an iteration with the batch that a job begins with in this layout, of a pipeline for each batch of a replica;
    /// none where it does not run.
    pub fn iteration_s(&self, layout: &Layout) -> Option<f64> {
        let machine = self.application.machine(layout.model)?;
        if !self.runs_in(layout) {
            return None;
        }
        let counts = measured(machine, &layout.counts);
        let place = Place {
            kind: self,
            machine,
            counts: &counts,
        };
        let batch = place.choose(None, None);
        let iteration_s = machine.iteration_s(&counts, batch);
        let at_once = machine.stages().map_or(1, |_| place.replicas());
        Some(iteration_s / f64::from(at_once))
    }
}

/// Chooses the batch for a layout.
pub(super) fn choose(kind: &Kind, layout: &Layout, state: &mut State) {
    let Some(machine) = kind.application.machine(layout.model) else {
        return;
    };
    let counts = measured(machine, &layout.counts);
    let place = Place {
        kind,
        machine,
        counts: &counts,
    };
    state.chosen_by = None;
    rechoose(&place, layout, state);
}

/// Chooses it anew if more is known than when it was chosen.
fn rechoose(place: &Place<'_>, layout: &Layout, state: &mut State) {
    let known = (state.fit(layout.model).copied(), state.noise);
    if state.chosen_by != Some(known) {
        state.batch = Some(place.choose(known.0.as_ref(), known.1));
        state.chosen_by = Some(known);
    }
}

/// Goes on from one instant to another within a round, or until the last epoch is over; returns when that is.
pub(super) fn round(
    kind: &Kind,
    (layout, epochs): (&Layout, usize),
    state: &mut State,
    (from, until): (u64, u64),
) -> u64 {
    let application = &*kind.application;
    let machine = application.machine(layout.model);
    let Some(machine) = machine.filter(|_| kind.runs_in(layout)) else {
        return until;
    };
    let counts = measured(machine, &layout.counts);
    let place = Place {
        kind,
        machine,
        counts: &counts,
    };
    let is_round = until.is_multiple_of(kind.round.us());
    let mut clock = from;
    while clock < until && state.epoch < epochs {
        let left_s = convert::real(until - clock) / 1e6;
        let batch = state.batch.unwrap_or_else(|| place.choose(None, None));
        observe(&place, layout, state, batch);
        let rate = rate(&place, state, batch);
        let target = application.end_of(state.epoch);
        let ends = state.progress + rate * left_s >= target;
        if ends {
            clock += whole(((target - state.progress) / rate).round_ties_even());
            state.progress = target;
            state.epoch += 1;
        } else {
            state.progress += rate * left_s;
            clock = until;
        }
        if ends || is_round {
            rechoose(&place, layout, state);
        }
    }
    clock
}

/// The job times its steps, and how noisy their gradients are. One that does not tune its batch anywhere, a pipeline, makes
/// nothing of the times.
fn observe(place: &Place<'_>, layout: &Layout, state: &mut State, batch: Batch) {
    let total = batch.total(place.replicas());
    state.noise = Some(place.kind.application.noise_at(total, state.epoch));
    if place.machine.stages().is_some() {
        return;
    }
    let (step_s, sync_s) = place.machine.step_s(place.counts, batch.local);
    let seen = Seen {
        nodes: place.counts.iter().map(|_| 1).sum(),
        replicas: place.counts.iter().sum(),
        local: batch.local,
        step_s,
        sync_s,
    };
    let triple = |seen: &Seen| (seen.nodes, seen.replicas, seen.local);
    let here = state
        .known
        .iter()
        .position(|known| known.model == layout.model);
    let is_new = |known: &Known| known.seen.iter().all(|old| triple(old) != triple(&seen));
    match here {
        Some(at) if is_new(&state.known[at]) => {
            let known = &mut Arc::make_mut(&mut state.known)[at];
            known.seen.push(seen);
            known.fit = Fit::new(&known.seen);
        }
        Some(_) => {}
        None => Arc::make_mut(&mut state.known).push(Known {
            model: layout.model,
            fit: Fit::new(&[seen]),
            seen: vec![seen],
        }),
    }
}

/// Iterations with the initial batch that are done in a second, so to speak.
fn rate(place: &Place<'_>, state: &State, batch: Batch) -> f64 {
    let application = &place.kind.application;
    let total = batch.total(place.replicas());
    let scale = f64::from(total) / f64::from(application.batches.0);
    let noise = application.noise_at(total, state.epoch);
    noise.gain(scale) / place.machine.iteration_s(place.counts, batch) / application.slowdown
}
