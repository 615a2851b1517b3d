//! The goodput course: a job that trains with a batch of its choice, on any GPUs, at the speed and with the statistical efficiency
//! that were measured (Pollux, OSDI 2021; Sia, SOSP 2023).
//!
//! Progress is counted in iterations with the initial batch; a job is done when its last epoch is. What it knows of its speed it
//! has seen itself ([`Fit`]). Assumed: speed depends on the GPU model and on how many GPUs lie on each node, and on nothing else;
//! neighbours do not disturb. Source and constants: the published artifact of Sia; what is not covered there holds at the
//! nearest point that is.

mod application;
mod batch;
mod fit;
mod lbfgsb;
mod line_search;
mod pipeline;
mod walk;

use std::sync::Arc;

pub use application::{Application, Epoch, Kind, Machine, Noise, Timed};
pub use batch::{Batch, best};
pub use fit::{Fit, Seen};
pub use pipeline::MICRO_BATCHES;

use super::{Change, Course, Footing, Telemetry};
use crate::units::{ModelId, NodeId, SimTime, Span, convert};

/// What a goodput course stands on: more than a [`Footing`] tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The GPU model.
    pub model: ModelId,
    /// GPUs on each node, in the order of the seats.
    pub counts: Vec<u32>,
}

/// How far a job has come, and what it knows.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Epochs that are over.
    pub epoch: usize,
    /// Iterations with the initial batch, so to speak.
    pub progress: f64,
    /// Its batch, since the first start.
    pub batch: Option<Batch>,
    /// What the batch was chosen by: as long as it knows no more, it would choose the same.
    chosen_by: Option<(Option<Fit>, Option<Noise>)>,
    /// Noise of the gradient in the last step.
    pub noise: Option<Noise>,
    /// What it has seen of each GPU model that it ran on, in the order of first use.
    pub known: Arc<Vec<Known>>,
}

/// What a job knows of a GPU model.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// The model.
    pub model: ModelId,
    /// Steps that it has timed.
    pub seen: Vec<Seen>,
    /// What it makes of them.
    pub fit: Fit,
}

/// A goodput course. An attempt is gone through when it begins, and what it comes to at each round is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Goodput {
    kind: Arc<Kind>,
    /// Epochs until it is done.
    epochs: usize,
    state: State,
    layout: Option<Layout>,
    /// From when on it works in its present attempt, in microseconds.
    from: u64,
    /// When it is done, if it ever is.
    due: Option<u64>,
    /// Its state at the ends of rounds of the present attempt.
    track: Vec<(u64, State)>,
}

/// Rounds that are looked ahead: two years of minutes. What takes longer does not end.
const MOST_ROUNDS: usize = 1 << 20;

impl Layout {
    /// GPUs on each node from GPUs in each seat: neighbours on one node count together.
    pub fn counts(seats: impl Iterator<Item = (NodeId, u32)>) -> Vec<u32> {
        let (mut counts, mut last) = (Vec::new(), None);
        for (node, gpus) in seats {
            match counts.last_mut() {
                Some(count) if last == Some(node) => *count += gpus,
                Some(_) | None => counts.push(gpus),
            }
            last = Some(node);
        }
        counts
    }
}

impl State {
    /// What it makes of a GPU model that it ran on.
    pub fn fit(&self, model: ModelId) -> Option<&Fit> {
        let mut known = self.known.iter();
        known.find_map(|known| (known.model == model).then_some(&known.fit))
    }
}

impl Goodput {
    /// A job that is done after `epochs` epochs, or after all that were measured.
    pub fn new(kind: Arc<Kind>, epochs: u64) -> Self {
        let most = kind.application.epochs();
        Self {
            epochs: usize::try_from(epochs).map_or(most, |epochs| epochs.min(most)),
            kind,
            state: State {
                epoch: 0,
                progress: 0.0,
                batch: None,
                chosen_by: None,
                noise: None,
                known: Arc::new(Vec::new()),
            },
            layout: None,
            from: 0,
            due: None,
            track: Vec::new(),
        }
    }

    /// Its kind.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Whether these seats are as good as those it had: the same model, and as many GPUs on each node in turn.
    pub fn lies_alike(&self, layout: &Layout) -> bool {
        self.layout.as_ref() == Some(layout)
    }

    /// It will work from `from` on in this layout. A change of layout, and a start, has it choose its batch.
    pub fn settle(&mut self, layout: Layout, from: SimTime, change: bool) {
        self.from = from.us();
        self.track.clear();
        if change {
            walk::choose(&self.kind, &layout, &mut self.state);
        }
        let (mut state, mut clock) = (self.state.clone(), self.from);
        let round = self.kind.round.us();
        let rounds = if self.kind.runs_in(&layout) {
            MOST_ROUNDS
        } else {
            0
        };
        for _ in 0..rounds {
            if state.epoch >= self.epochs {
                break;
            }
            let end = (clock / round + 1) * round;
            clock = self.run(&layout, &mut state, (clock, end));
            self.track.push((clock, state.clone()));
        }
        self.due = (state.epoch >= self.epochs).then_some(clock);
        self.layout = Some(layout);
    }

    /// Its state after so much working time of its present attempt.
    pub fn after(&self, worked: Span) -> State {
        let until = self.from.saturating_add(worked.us());
        // An epoch that takes no time at all belongs to what comes after that instant.
        let passed = self.track.partition_point(|(at, _)| *at < until);
        let before = passed.checked_sub(1).map(|last| &self.track[last]);
        let (clock, state) = before.map_or((self.from, &self.state), |(at, state)| (*at, state));
        let mut state = state.clone();
        if let Some(layout) = self.layout.as_ref().filter(|_| clock < until) {
            self.run(layout, &mut state, (clock, until));
        }
        state
    }

    /// Goes on from the first to the second instant, within one round; returns when it got there, or was done.
    fn run(&self, layout: &Layout, state: &mut State, (clock, until): (u64, u64)) -> u64 {
        if state.epoch >= self.epochs {
            return clock;
        }
        walk::round(&self.kind, (layout, self.epochs), state, (clock, until))
    }
}

impl Course for Goodput {
    fn next(&self, _on: &Footing) -> Change {
        let left = match (self.state.epoch >= self.epochs, &self.layout) {
            (true, _) => Some(0),
            (false, Some(_)) => self.due.map(|due| due - self.from),
            // It has never run: as if it lay on one GPU of the first model measured, or on as few as it takes.
            (false, None) => {
                let mut guess = self.clone();
                let first = self.kind.application.machines.first();
                first.and_then(|(model, machine)| {
                    let layout = Layout {
                        model: *model,
                        counts: vec![machine.least_gpus()],
                    };
                    guess.settle(layout, SimTime::ZERO, true);
                    guess.due
                })
            }
        };
        Change::Done(left.and_then(Span::from_us).unwrap_or(Span::MAX))
    }

    fn advance(&mut self, span: Span, _on: &Footing) -> Span {
        self.state = self.after(span);
        self.from = self.from.saturating_add(span.us());
        // With the work its last epochs are over, those without length included.
        let is_done = self.due.is_some_and(|due| due <= self.from);
        if let Some((_, last)) = self.track.last().filter(|_| is_done) {
            self.state = last.clone();
        }
        if let Some(due) = self.due {
            self.due = Some(due.max(self.from));
        }
        self.track.retain(|(at, _)| *at > self.from);
        span
    }

    fn telemetry(&self, on: &Footing) -> Telemetry {
        Telemetry {
            rate_ppb: on.rate_ppb,
        }
    }
}

/// Whole seconds as microseconds.
fn whole(seconds: f64) -> u64 {
    convert::floor(seconds).saturating_mul(1_000_000)
}

#[cfg(test)]
mod tests;
