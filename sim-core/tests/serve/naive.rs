//! A replica that serves tokens, slow and obvious: one iteration at a time, on plain vectors, memory counted anew each time.

use std::collections::BTreeSet;

use sim_core::serve::{BLOCK, Iteration, RequestId, Stage, Task, Times};
use sim_core::units::SimTime;

/// What became of a run.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Run {
    /// In the order in which they were done.
    pub served: Vec<(RequestId, Times)>,
    pub iterations: u64,
    pub preemptions: u64,
    /// Most blocks that were taken at once.
    pub most_blocks: u64,
}

struct Sequence {
    task: Task,
    input: u32,
    generated: u32,
    wanted: u32,
    in_memory: u32,
    brought: u32,
    now: u32,
    started: Option<SimTime>,
    first_token: Option<SimTime>,
}

impl Sequence {
    fn new(task: Task) -> Self {
        let (input, output) = (task.request.counts.input, task.request.counts.output);
        let mut sequence = Self {
            task,
            input,
            generated: 0,
            wanted: output,
            in_memory: 0,
            brought: 0,
            now: 0,
            started: None,
            first_token: None,
        };
        match task.stage {
            Stage::Whole => {}
            Stage::Prefill => sequence.wanted = 1,
            Stage::Decode {
                started,
                first_token,
            } => {
                sequence.generated = 1;
                sequence.brought = input;
                sequence.started = Some(started);
                sequence.first_token = Some(first_token);
            }
        }
        sequence
    }
}

fn blocks(tokens: u32) -> u64 {
    u64::from(tokens.div_ceil(BLOCK))
}

fn taken(running: &[Sequence]) -> u64 {
    running.iter().map(|s| blocks(s.in_memory + s.now)).sum()
}

fn instant(ps: u128) -> SimTime {
    SimTime::from_us(u64::try_from(ps.div_ceil(1_000_000)).unwrap()).unwrap()
}

struct Replica<'a> {
    model: &'a Iteration,
    /// What it does in parts per million of its speed, from when on.
    speeds: &'a [(SimTime, u64)],
    waiting: Vec<Sequence>,
    running: Vec<Sequence>,
    classes: BTreeSet<u16>,
    /// Last used at the end.
    sessions: Vec<u64>,
    run: Run,
}

/// Serves `tasks`, each offered at its instant, until all are done; at these speeds.
pub(crate) fn serve(
    model: &Iteration,
    tasks: &[(SimTime, Task)],
    speeds: &[(SimTime, u64)],
) -> Run {
    let mut replica = Replica {
        model,
        speeds,
        waiting: Vec::new(),
        running: Vec::new(),
        classes: BTreeSet::new(),
        sessions: Vec::new(),
        run: Run::default(),
    };
    let mut clock = 0_u128;
    let mut arrivals = tasks.iter().peekable();
    let ps = |at: SimTime| u128::from(at.us()) * 1_000_000;
    loop {
        while let Some((_, task)) = arrivals.next_if(|(at, _)| ps(*at) < clock) {
            replica.waiting.push(Sequence::new(*task));
        }
        // What begins where another ends begins before whatever else happens at that instant.
        let mut speed_ppm = replica.speed(&|at| ps(at) < clock);
        if replica.waiting.is_empty() && replica.running.is_empty() {
            let Some((at, task)) = arrivals.next() else {
                return replica.run;
            };
            clock = ps(*at);
            speed_ppm = replica.speed(&|at| ps(at) <= clock);
            replica.waiting.push(Sequence::new(*task));
        }
        clock = replica.iterate(clock, speed_ppm);
    }
}

impl Replica<'_> {
    /// The speed that was last set before.
    fn speed(&self, before: &dyn Fn(SimTime) -> bool) -> u64 {
        let set = self.speeds.iter().filter(|(at, _)| before(*at));
        set.last().map_or(1_000_000, |(_, speed_ppm)| *speed_ppm)
    }

    /// One iteration from `clock` on; returns its end.
    fn iterate(&mut self, clock: u128, speed_ppm: u64) -> u128 {
        self.schedule(instant(clock));
        let tokens: u32 = self.running.iter().map(|s| s.now).sum();
        let sequences = self.running.len();
        let context: u64 = self.running.iter().map(|s| u64::from(s.in_memory)).sum();
        assert!(tokens <= self.model.tokens);
        assert!(sequences <= usize::try_from(self.model.sequences).unwrap());
        assert!(taken(&self.running) <= u64::from(self.model.blocks));
        self.run.most_blocks = self.run.most_blocks.max(taken(&self.running));
        self.run.iterations += 1;
        let end = clock
            + self.model.step.at_speed(speed_ppm).ps(
                tokens.into(),
                u64::try_from(sequences).unwrap(),
                context,
            );
        self.generate(instant(end));
        end
    }

    fn schedule(&mut self, now: SimTime) {
        for sequence in &mut self.running {
            sequence.now = 0;
        }
        let mut left = self.model.tokens;
        let preemptions = self.run.preemptions;
        let mut at = 0;
        while at < self.running.len() {
            let sequence = &mut self.running[at];
            sequence.now = left.min(sequence.input + sequence.generated - sequence.in_memory);
            left -= sequence.now;
            while taken(&self.running) > u64::from(self.model.blocks) {
                let mut last = self.running.pop().unwrap();
                (last.in_memory, last.brought, last.now) = (0, 0, 0);
                self.waiting.insert(0, last);
                self.run.preemptions += 1;
            }
            at += 1;
        }
        if preemptions != self.run.preemptions {
            return;
        }
        while left > 0
            && !self.waiting.is_empty()
            && self.running.len() < usize::try_from(self.model.sequences).unwrap()
        {
            let head = &self.waiting[0];
            let known = head.input + head.generated;
            let found = self.found(head).max(head.brought);
            let now_computed = left.min(known - found);
            let fit = if self.model.reserve {
                known
            } else {
                found + now_computed
            };
            if taken(&self.running) + blocks(fit) > u64::from(self.model.blocks) {
                break;
            }
            let mut head = self.waiting.remove(0);
            head.in_memory = found;
            head.now = now_computed;
            head.started = head.started.or(Some(now));
            left -= head.now;
            self.running.push(head);
        }
    }

    fn found(&self, sequence: &Sequence) -> u32 {
        let prefix = &self.model.prefix;
        let request = &sequence.task.request;
        let mut found = 0;
        if self.classes.contains(&request.class.0) {
            found = prefix
                .by_class
                .get(request.class.index())
                .copied()
                .unwrap_or(0);
        }
        if request
            .session
            .is_some_and(|session| self.sessions.contains(&session))
        {
            let part = u64::from(sequence.input) * u64::from(prefix.session_ppm) / 1_000_000;
            found = found.max(u32::try_from(part).unwrap());
        }
        let most = sequence.input.min(sequence.input + sequence.generated - 1);
        found.min(most) / BLOCK * BLOCK
    }

    fn generate(&mut self, now: SimTime) {
        for mut sequence in std::mem::take(&mut self.running) {
            sequence.in_memory += sequence.now;
            sequence.now = 0;
            if sequence.in_memory == sequence.input + sequence.generated {
                sequence.generated += 1;
                if sequence.first_token.is_none() {
                    sequence.first_token = Some(now);
                    self.see(&sequence.task);
                }
            }
            if sequence.generated < sequence.wanted {
                self.running.push(sequence);
                continue;
            }
            let times = Times {
                started: sequence.started.unwrap(),
                first_token: sequence.first_token.unwrap(),
                done: now,
            };
            self.run.served.push((sequence.task.request.id, times));
        }
    }

    fn see(&mut self, task: &Task) {
        self.classes.insert(task.request.class.0);
        if let Some(session) = task.request.session {
            self.sessions.retain(|one| *one != session);
            self.sessions.push(session);
            let most = usize::try_from(self.model.prefix.sessions).unwrap();
            if self.sessions.len() > most {
                self.sessions.remove(0);
            }
        }
    }
}
