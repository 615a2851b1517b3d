//! Goodput jobs, gone through a second time: what the doc of the course says, epoch by epoch, with nothing kept on the way.
//!
//! What was measured ([`Machine`], [`Application`]) and what a job makes of its own measurements ([`Fit`], [`best`]) are shared
//! with the course; when epochs end, what is seen, and how a batch is cut is not.

use std::sync::Arc;

use crate::course::goodput::{Application, Batch, Fit, Kind, Layout, Machine, Noise, Seen, best};
use crate::units::{ModelId, SimTime, Span, convert};

/// A goodput job as the auditor sees it.
#[derive(Clone, Debug)]
pub(super) struct Epochs {
    kind: Arc<Kind>,
    left: usize,
    over: usize,
    progress: f64,
    batch: Option<Batch>,
    noise: Option<Noise>,
    seen: Vec<(ModelId, Seen)>,
    fits: Vec<(ModelId, Fit)>,
    layout: Option<Layout>,
    clock: u64,
    /// When its last epoch is over if it stays.
    due: u64,
}

impl Epochs {
    pub(super) fn new(kind: Arc<Kind>, epochs: u64) -> Self {
        let most = kind.application.epochs();
        Self {
            left: usize::try_from(epochs).map_or(most, |epochs| epochs.min(most)),
            kind,
            over: 0,
            progress: 0.0,
            batch: None,
            noise: None,
            seen: Vec::new(),
            fits: Vec::new(),
            layout: None,
            clock: 0,
            due: u64::MAX,
        }
    }

    pub(super) fn lies_alike(&self, layout: &Layout) -> bool {
        self.layout.as_ref() == Some(layout)
    }

    /// It works in `layout` from `from` on.
    pub(super) fn settle(&mut self, layout: Layout, from: SimTime, change: bool) {
        self.clock = from.us();
        self.layout = Some(layout);
        if change && let Some((machine, counts)) = self.place() {
            self.batch = Some(self.choose(&machine, &counts));
        }
        self.due = self.clock.saturating_add(self.length());
    }

    /// Microseconds until its last epoch is over, in this layout.
    pub(super) fn length(&self) -> u64 {
        let mut ahead = self.clone();
        let horizon = convert::wide(1 << 20) * self.kind.round.us();
        ahead.pass(self.clock.saturating_add(horizon));
        if ahead.left > 0 {
            return u64::MAX;
        }
        ahead.clock - self.clock
    }

    /// So much working time passes.
    pub(super) fn credit(&mut self, span: Span) {
        let until = self.clock.saturating_add(span.us());
        self.pass(until);
        self.clock = until;
        // With its work the epochs are over, those without length at the very end included.
        if until >= self.due {
            (self.over, self.left) = (self.over + self.left, 0);
        }
    }

    /// The machine, and GPUs by node as far as was measured.
    fn place(&self) -> Option<(Machine, Vec<u32>)> {
        let layout = self.layout.as_ref()?;
        let machine = self.kind.application.machine(layout.model)?.clone();
        if self.samples(&machine, &layout.counts) == Some(0) {
            return None;
        }
        let most = convert::index(machine.most_nodes());
        if layout.counts.len() <= most {
            return Some((machine, layout.counts.clone()));
        }
        let mut left: u32 = layout.counts.iter().sum();
        let each = left.div_ceil(machine.most_nodes());
        let mut counts = Vec::new();
        while left > 0 {
            counts.push(each.min(left));
            left -= each.min(left);
        }
        Some((machine, counts))
    }

    fn pass(&mut self, until: u64) {
        let Some((machine, counts)) = self.place() else {
            return;
        };
        let round = self.kind.round.us();
        while self.left > 0 && self.clock < until {
            let end = (self.clock - self.clock % round + round).min(until);
            while self.left > 0 && self.clock < end {
                let is_over = self.step(&machine, &counts, end);
                if is_over || end.is_multiple_of(round) {
                    self.batch = Some(self.choose(&machine, &counts));
                }
            }
        }
    }

    /// Goes on to the end of the epoch, or to `end`; says whether the epoch is over.
    fn step(&mut self, machine: &Machine, counts: &[u32], end: u64) -> bool {
        let application = Arc::clone(&self.kind.application);
        let batch = self.batch.unwrap_or_else(|| self.choose(machine, counts));
        let (step_s, sync_s) = machine.step_s(counts, batch.local);
        let piped = self.samples(machine, counts).zip(machine.stages());
        let (samples, time_s) = if let Some((samples, stages)) = piped {
            // It makes nothing of what it sees. The last micro-batch enters 47 steps after the first and passes every
            // stage, all three times over.
            (samples, 3.0 * f64::from(47 + stages) * step_s)
        } else {
            let replicas = counts.iter().sum::<u32>();
            self.see(Seen {
                nodes: convert::narrow(counts.len()),
                replicas,
                local: batch.local,
                step_s,
                sync_s,
            });
            let time_s = step_s + f64::from(batch.accumulated) * (step_s - sync_s);
            (batch.total(replicas), time_s)
        };
        let noise = application.noise_at(samples, self.over);
        self.noise = Some(noise);
        let scale = f64::from(samples) / f64::from(application.batches.0);
        let rate = noise.gain(scale) / time_s / application.slowdown;
        let (left_s, target) = (
            convert::real(end - self.clock) / 1e6,
            application.end_of(self.over),
        );
        if self.progress + rate * left_s < target {
            self.progress += rate * left_s;
            self.clock = end;
            return false;
        }
        let seconds = ((target - self.progress) / rate).round_ties_even();
        self.clock += convert::floor(seconds) * 1_000_000;
        (self.progress, self.over, self.left) = (target, self.over + 1, self.left - 1);
        true
    }

    /// Samples of an iteration of a pipeline: 48 for each whole replica that its GPUs make up and its largest batch feeds.
    fn samples(&self, machine: &Machine, counts: &[u32]) -> Option<u32> {
        let largest = self.kind.application.batches.1;
        let whole = counts.iter().sum::<u32>() / machine.stages()?;
        Some((whole * 48).min(largest - largest % 48))
    }

    fn see(&mut self, seen: Seen) {
        let Some(model) = self.layout.as_ref().map(|layout| layout.model) else {
            return;
        };
        let alike = |old: &(ModelId, Seen)| {
            old.0 == model
                && (old.1.nodes, old.1.replicas, old.1.local)
                    == (seen.nodes, seen.replicas, seen.local)
        };
        if self.seen.iter().any(alike) {
            return;
        }
        self.seen.push((model, seen));
        let here = self.seen.iter().filter(|(on, _)| *on == model);
        let here: Vec<Seen> = here.map(|(_, seen)| *seen).collect();
        self.fits.retain(|(on, _)| *on != model);
        self.fits.push((model, Fit::new(&here)));
    }

    fn choose(&self, machine: &Machine, counts: &[u32]) -> Batch {
        let application: &Application = &self.kind.application;
        if machine.stages().is_some() {
            return Batch {
                local: 1,
                accumulated: 47,
            };
        }
        let gpus = counts.iter().sum::<u32>().max(1);
        let (initial, most) = application.batches;
        let least = initial.max(application.least_local.saturating_mul(gpus));
        let room = machine.most_local_on(counts);
        let model = self.layout.as_ref().map(|layout| layout.model);
        let fit = self.fits.iter().find(|(on, _)| Some(*on) == model);
        let nodes = convert::narrow(counts.len());
        let found = match (fit, self.noise) {
            (Some((_, fit)), Some(noise)) if self.kind.tuned => best(
                application,
                (fit, noise),
                (nodes, gpus),
                ((least, most), room),
            ),
            (Some(_) | None, _) => None,
        };
        let total = if self.kind.tuned {
            least
        } else {
            self.kind.requested
        };
        let cut = || {
            let each = total.div_ceil(gpus).max(1);
            let pieces = each.div_ceil(room.max(1)).max(1);
            let alone = gpus == 1 && total > initial;
            let pieces = if alone { pieces.max(2) } else { pieces };
            Batch {
                local: each.div_ceil(pieces),
                accumulated: pieces - 1,
            }
        };
        let batch = found.map_or_else(cut, |(batch, _)| batch);
        let measured = machine.most_local_of(gpus).unwrap_or(batch.local);
        let ceiling = most / gpus.saturating_mul(batch.accumulated + 1).max(1);
        Batch {
            local: batch.local.min(measured).min(ceiling).max(1),
            ..batch
        }
    }
}
