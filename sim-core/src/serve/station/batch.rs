//! Whole requests in batches, by size and timeout, on one or several servers that share a line.
//!
//! A free server takes a batch when `size` wait or when the oldest has waited `timeout`; with a timeout of zero it takes what
//! waits, up to `size`, and where nobody does it serves the next to come alone.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::{Gauge, Service};
use crate::serve::request::{Refusal, Served, Task, Times};
use crate::units::{SimTime, Span, convert};
use crate::world::ParameterError;

/// How replicas serve whole requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Batches at a time.
    pub servers: u32,
    /// Requests of a batch, at most.
    pub size: u32,
    /// How long the first of a batch waits for others.
    pub timeout: Span,
    /// Requests that may wait.
    pub line: Option<u32>,
    /// How long a batch takes.
    pub service: Service,
}

/// A replica that serves whole requests.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchStation {
    model: Arc<Batch>,
    speed_ppm: u64,
    /// With the instant since which each waits.
    waiting: VecDeque<(SimTime, Task)>,
    /// By end and by number of the batch.
    running: BTreeMap<(SimTime, u64), Running>,
    in_service: u32,
    batches: u64,
    busy: Span,
    /// Room of batches that are over.
    spare: Vec<Vec<Task>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Running {
    started: SimTime,
    tasks: Vec<Task>,
}

impl Batch {
    pub(super) fn check(&self) -> Result<(), ParameterError> {
        let counts = [("servers", self.servers), ("size", self.size)];
        if let Some((name, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return Err(ParameterError::Zero { name });
        }
        if self.service.mean() == Span::ZERO {
            return Err(ParameterError::Zero { name: "service" });
        }
        if let Service::Drawn { fan_out: 0, .. } = self.service {
            return Err(ParameterError::Zero { name: "fan-out" });
        }
        Ok(())
    }
}

impl BatchStation {
    pub(super) fn new(model: &Arc<Batch>, speed_ppm: u64) -> Self {
        Self {
            model: Arc::clone(model),
            speed_ppm,
            waiting: VecDeque::new(),
            running: BTreeMap::new(),
            in_service: 0,
            batches: 0,
            busy: Span::ZERO,
            spare: Vec::new(),
        }
    }

    pub(super) fn offer(&mut self, now: SimTime, task: Task) -> Result<(), Refusal> {
        assert!(self.next().is_none_or(|next| next > now), "advanced first");
        if !self.has_room() {
            return Err(Refusal::Full);
        }
        self.waiting.push_back((now, task));
        self.start(now);
        Ok(())
    }

    /// Batches under way have their ends.
    pub(super) fn go_at(&mut self, speed_ppm: u64) {
        self.speed_ppm = speed_ppm;
    }

    pub(super) fn next(&self) -> Option<SimTime> {
        let end = self.running.first_key_value().map(|((end, _), _)| *end);
        let timeout = match self.waiting.front() {
            Some((since, _)) if self.has_server() => Some(since.saturating_add(self.model.timeout)),
            Some(_) | None => None,
        };
        [end, timeout].into_iter().flatten().min()
    }

    pub(super) fn advance(&mut self, now: SimTime, sink: &mut impl FnMut(Served)) {
        while let Some(next) = self.next().filter(|next| *next <= now) {
            while let Some(entry) = self.running.first_entry() {
                let (end, _) = *entry.key();
                if end > next {
                    break;
                }
                let done = entry.remove();
                self.finish(end, done, sink);
            }
            self.start(next);
        }
    }

    pub(super) fn outstanding(&self) -> u32 {
        self.in_service + convert::narrow(self.waiting.len())
    }

    /// Who finds a free server and need not wait for a batch is never one too many.
    pub(super) fn has_room(&self) -> bool {
        let waiting = convert::narrow(self.waiting.len());
        let goes_on = self.has_server()
            && (self.model.timeout == Span::ZERO || waiting + 1 >= self.model.size);
        goes_on || self.model.line.is_none_or(|line| waiting < line)
    }

    pub(super) fn load(&self, now: SimTime) -> Gauge {
        let waiting = self.waiting.iter().map(|(_, task)| task);
        let inside = waiting.chain(self.running.values().flat_map(|batch| &batch.tasks));
        let mut busy = self.busy;
        for batch in self.running.values() {
            busy = busy.saturating_add(now.since(batch.started));
        }
        let first = self.running.first_key_value();
        Gauge {
            waiting: convert::narrow(self.waiting.len()),
            running: self.in_service,
            tokens: inside
                .map(|task| u64::from(task.request.counts.input))
                .sum(),
            kv_used: 0,
            kv_capacity: 0,
            step: first.map(|((end, _), batch)| end.since(batch.started)),
            steps: self.batches,
            preemptions: 0,
            busy,
        }
    }

    pub(super) fn drop_all(self) -> Vec<Task> {
        let running = self.running.into_values().flat_map(|batch| batch.tasks);
        let mut inside: Vec<Task> = running
            .chain(self.waiting.into_iter().map(|w| w.1))
            .collect();
        inside.sort_by_key(|task| (task.request.arrived, task.request.id));
        inside
    }

    fn has_server(&self) -> bool {
        self.running.len() < convert::index(self.model.servers)
    }

    /// Starts what may start at `now`.
    fn start(&mut self, now: SimTime) {
        while self.has_server() {
            let Some((since, _)) = self.waiting.front() else {
                break;
            };
            let size = convert::index(self.model.size);
            if self.waiting.len() < size && since.saturating_add(self.model.timeout) > now {
                break;
            }
            let mut tasks = self.spare.pop().unwrap_or_default();
            let count = size.min(self.waiting.len());
            tasks.extend(self.waiting.drain(..count).map(|(_, task)| task));
            let span = self.model.service.span(tasks.iter(), self.speed_ppm);
            self.in_service += convert::narrow(count);
            self.batches += 1;
            let started = now;
            let key = (now.saturating_add(span), self.batches);
            self.running.insert(key, Running { started, tasks });
        }
    }

    fn finish(&mut self, end: SimTime, mut batch: Running, sink: &mut impl FnMut(Served)) {
        self.busy = self.busy.saturating_add(end.since(batch.started));
        self.in_service -= convert::narrow(batch.tasks.len());
        let times = Times {
            started: batch.started,
            first_token: end,
            done: end,
        };
        for task in batch.tasks.drain(..) {
            sink(Served { task, times });
        }
        self.spare.push(batch.tasks);
    }
}
