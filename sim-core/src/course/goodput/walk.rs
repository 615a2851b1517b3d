//! A round of a goodput course: epochs end in it, and the batch is chosen anew after each and at its end.

use std::sync::Arc;

use super::application::{Application, Kind, Machine};
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
    /// Seconds of an iteration with the batch that a job begins with in this layout; none where it does not run.
    pub fn iteration_s(&self, layout: &Layout) -> Option<f64> {
        let machine = self.application.machine(layout.model)?;
        let counts = measured(machine, &layout.counts);
        let place = Place {
            kind: self,
            machine,
            counts: &counts,
        };
        let batch = place.choose(None, None);
        let (step_s, sync_s) = machine.step_s(&counts, batch.local);
        Some(step_s + f64::from(batch.accumulated) * (step_s - sync_s))
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
    let Some(machine) = application.machine(layout.model) else {
        // It does not run there.
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
        let (step_s, sync_s) = machine.step_s(&counts, batch.local);
        observe(
            application,
            (layout, &counts),
            state,
            (batch, step_s, sync_s),
        );
        let rate = rate(application, &counts, state, (batch, step_s, sync_s));
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

/// The job times its steps, and how noisy their gradients are.
fn observe(
    application: &Application,
    (layout, counts): (&Layout, &[u32]),
    state: &mut State,
    (batch, step_s, sync_s): (Batch, f64, f64),
) {
    let gpus = counts.iter().sum();
    state.noise = Some(application.noise_at(batch.total(gpus), state.epoch));
    let seen = Seen {
        nodes: counts.iter().map(|_| 1).sum(),
        replicas: gpus,
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
fn rate(
    application: &Application,
    counts: &[u32],
    state: &State,
    (batch, step_s, sync_s): (Batch, f64, f64),
) -> f64 {
    let total = batch.total(counts.iter().sum());
    let scale = f64::from(total) / f64::from(application.batches.0);
    let noise = application.noise_at(total, state.epoch);
    let iteration_s = step_s + f64::from(batch.accumulated) * (step_s - sync_s);
    noise.gain(scale) / iteration_s / application.slowdown
}
