//! Tokens, iteration by iteration: continuous batching of a language model.
//!
//! Source and validity: `StepTime` and the rules of the schedule, fitted to real vLLM runs. Iterations in which every
//! sequence only generates are gone through in rows, of which the length is known in closed form, so that a run takes time
//! in its requests, not in its tokens.

use std::sync::Arc;

use super::schedule::{BLOCK, Schedule};
use super::step::{Clock, Row, span};
use super::{Gauge, Prefix, StepTime};
use crate::serve::request::{Refusal, Served, Stage, Task};
use crate::units::{SimTime, convert};
use crate::world::ParameterError;

/// How replicas serve tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Iteration {
    /// How long an iteration takes.
    pub step: StepTime,
    /// Tokens that an iteration computes, at most.
    pub tokens: u32,
    /// Sequences that run, at most; no more than `tokens`.
    pub sequences: u32,
    /// Memory, in blocks of [`BLOCK`] tokens.
    pub blocks: u32,
    /// Whether a request is admitted only where all its tokens fit, not just those of its first iteration (vLLM's
    /// `scheduler_reserve_full_isl`, the default since version 0.19).
    pub reserve: bool,
    /// Requests that may wait.
    pub line: Option<u32>,
    /// What of a prompt need not be computed again.
    pub prefix: Prefix,
}

/// A replica that serves tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct IterationStation {
    model: Arc<Iteration>,
    step: StepTime,
    schedule: Schedule,
    /// The present iteration and those like it that follow; none when idle.
    row: Option<Row>,
    /// Iterations of the rows that are over, and their time.
    steps: u64,
    busy_ps: u128,
}

/// Most blocks: their tokens are counted in 32 bits.
const MAX_BLOCKS: u32 = 1 << 26;

impl Iteration {
    pub(super) fn check(&self) -> Result<(), ParameterError> {
        self.step.check()?;
        let counts = [("sequences", self.sequences), ("blocks", self.blocks)];
        if let Some((name, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return Err(ParameterError::Zero { name });
        }
        if self.tokens < self.sequences {
            let (name, least) = ("tokens", "sequences");
            return Err(ParameterError::Order { name, least });
        }
        if self.blocks > MAX_BLOCKS {
            return Err(ParameterError::Range {
                name: "blocks",
                value: f64::from(self.blocks),
                low: 1.0,
                high: f64::from(MAX_BLOCKS),
            });
        }
        Ok(())
    }

    /// Whether its memory can hold all of a task's tokens but the last, which nobody reads.
    pub fn holds(&self, task: &Task) -> bool {
        let counts = task.request.counts;
        let last = match task.stage {
            Stage::Whole | Stage::Decode { .. } => counts.total() - 1,
            Stage::Prefill => u64::from(counts.input.max(1)),
        };
        last <= u64::from(self.blocks) * u64::from(BLOCK)
    }
}

impl IterationStation {
    pub(super) fn new(model: &Arc<Iteration>, speed_ppm: u64) -> Self {
        Self {
            model: Arc::clone(model),
            step: model.step.at_speed(speed_ppm),
            schedule: Schedule::new(model),
            row: None,
            steps: 0,
            busy_ps: 0,
        }
    }

    pub(super) fn offer(&mut self, now: SimTime, task: Task) -> Result<(), Refusal> {
        if !self.model.holds(&task) {
            return Err(Refusal::TooLong);
        }
        if !self.has_room() {
            return Err(Refusal::Full);
        }
        let first = self.schedule.waiting() == 0;
        self.schedule.push(task);
        let Some(row) = &mut self.row else {
            self.plan(now.into());
            return Ok(());
        };
        let done = row.done_by(now.into());
        assert!(done < row.steps, "advanced first");
        // Behind others that must wait it changes nothing before the row is over.
        if first && self.schedule.running() < convert::index(self.model.sequences) {
            row.steps = done + 1;
        }
        Ok(())
    }

    /// The iteration under way is the last of its row.
    pub(super) fn go_at(&mut self, now: SimTime, speed_ppm: u64) {
        self.step = self.model.step.at_speed(speed_ppm);
        if let Some(row) = &mut self.row {
            row.steps = row.done_by(now.into()) + 1;
        }
    }

    pub(super) fn next(&self) -> Option<SimTime> {
        self.row.as_ref()?.end().instant()
    }

    pub(super) fn advance(&mut self, now: SimTime, sink: &mut impl FnMut(Served)) {
        while let Some(row) = self.row {
            let end = row.end();
            if end > now.into() {
                break;
            }
            let at = end.instant().expect("it is not after now");
            self.schedule.finish(row.steps, at, sink);
            self.steps += row.steps;
            self.busy_ps += end.since(row.from);
            self.plan(end);
        }
    }

    pub(super) fn outstanding(&self) -> u32 {
        convert::narrow(self.schedule.waiting() + self.schedule.running())
    }

    /// Whoever finds it idle need not wait.
    pub(super) fn has_room(&self) -> bool {
        let waiting = convert::narrow(self.schedule.waiting());
        self.row.is_none() || self.model.line.is_none_or(|line| waiting < line)
    }

    pub(super) fn load(&self, now: SimTime) -> Gauge {
        let done = self.row.map_or(0, |row| row.done_by(now.into()));
        let passed = self.row.map_or(0, |row| Clock::from(now).since(row.from));
        Gauge {
            waiting: convert::narrow(self.schedule.waiting()),
            running: convert::narrow(self.schedule.running()),
            tokens: self.schedule.tokens(done),
            kv_used: self.schedule.blocks(done) * u64::from(BLOCK),
            kv_capacity: u64::from(self.model.blocks) * u64::from(BLOCK),
            step: self.row.map(|row| row.step(done)),
            steps: self.steps + done,
            preemptions: self.schedule.preemptions(),
            busy: span(self.busy_ps + passed),
        }
    }

    pub(super) fn drop_all(self) -> Vec<Task> {
        self.schedule.into_tasks()
    }

    /// Plans what is done from `from` on.
    fn plan(&mut self, from: Clock) {
        let at = from.instant().unwrap_or(SimTime::MAX);
        self.row = self.schedule.plan(&self.model, at).map(|planned| {
            let what = (planned.tokens, planned.sequences, planned.context);
            let mut row = self.step.one(from, what);
            row.steps = planned.steps;
            row
        });
    }
}
