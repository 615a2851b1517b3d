//! What an iteration computes: first come, first served, with chunked prefill, a token budget, and memory in blocks.
//!
//! The rules are those of vLLM's scheduler (version 1, `fcfs`): running sequences first, in the order in which they came,
//! each with the tokens it lacks as far as the budget goes; where memory lacks, whoever came last gives up its blocks and
//! goes back to the head of the line, to compute its tokens anew; if nobody had to, those in line are admitted while
//! budget, places and memory last. So whoever runs came before whoever waits, and only the last of
//! the running may be amid its prompt.

use std::collections::VecDeque;

use super::iteration::Iteration;
use super::prefix::Seen;
use crate::serve::request::{Served, Stage, Task, Times};
use crate::units::{SimTime, convert};

/// Tokens of a block of memory.
pub const BLOCK: u32 = 16;

/// A request as a sequence of tokens.
#[derive(Clone, Debug, PartialEq)]
struct Sequence {
    task: Task,
    /// Tokens there are: prompt and what was generated.
    known: u32,
    /// Those at its end.
    total: u32,
    /// Those in memory, once the iterations before are over.
    computed: u32,
    /// Those that came with it, until it has to compute them itself.
    brought: u32,
    /// Those that this iteration computes.
    scheduled: u32,
    blocks: u32,
    started: Option<SimTime>,
    first_token: Option<SimTime>,
}

/// Who runs and who waits, and the memory that is left.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Schedule {
    waiting: VecDeque<Sequence>,
    running: Vec<Sequence>,
    free: u32,
    seen: Seen,
    preemptions: u64,
}

/// An iteration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) tokens: u64,
    pub(super) sequences: u64,
    pub(super) context: u64,
    /// How many in a row are alike, but for the context, if nobody comes.
    pub(super) steps: u64,
}

impl Sequence {
    fn new(task: Task) -> Self {
        let counts = task.request.counts;
        let (input, output) = (counts.input.max(1), counts.output.max(1));
        let mut sequence = Self {
            task,
            known: input,
            total: input + output,
            computed: 0,
            brought: 0,
            scheduled: 0,
            blocks: 0,
            started: None,
            first_token: None,
        };
        match task.stage {
            Stage::Whole => {}
            Stage::Prefill => sequence.total = input + 1,
            Stage::Decode {
                started,
                first_token,
            } => {
                (sequence.known, sequence.brought) = (input + 1, input);
                sequence.started = Some(started);
                sequence.first_token = Some(first_token);
            }
        }
        sequence
    }

    fn missing(&self) -> u32 {
        self.known - self.computed
    }

    /// Whether it generates a token an iteration.
    fn is_decoding(&self) -> bool {
        self.missing() == 1 && self.first_token.is_some()
    }

    /// Blocks it lacks to compute so many more tokens.
    fn lacks(&self, more: u32) -> u32 {
        (self.computed + more)
            .div_ceil(BLOCK)
            .saturating_sub(self.blocks)
    }
}

impl Schedule {
    pub(super) fn new(model: &Iteration) -> Self {
        Self {
            waiting: VecDeque::new(),
            running: Vec::new(),
            free: model.blocks,
            seen: Seen::nothing(&model.prefix),
            preemptions: 0,
        }
    }

    pub(super) fn push(&mut self, task: Task) {
        self.waiting.push_back(Sequence::new(task));
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn running(&self) -> usize {
        self.running.len()
    }

    pub(super) fn preemptions(&self) -> u64 {
        self.preemptions
    }

    /// The next iteration, from `now` on; none if there is nothing to do.
    pub(super) fn plan(&mut self, model: &Iteration, now: SimTime) -> Option<Planned> {
        let mut planned = Planned::default();
        let mut budget = model.tokens;
        let preempted = self.preemptions;
        let mut at = 0;
        while at < self.running.len() {
            let more = self.running[at].missing().min(budget);
            if !self.make_room(at, self.running[at].lacks(more)) {
                break;
            }
            self.schedule(at, more, &mut planned);
            budget -= more;
            at += 1;
        }
        let preempted = self.preemptions > preempted;
        if !preempted {
            self.admit(model, now, budget, &mut planned);
        }
        if self.running.is_empty() {
            return None;
        }
        // Who had to go may come back next time.
        planned.steps = if preempted { 1 } else { self.alike() };
        Some(planned)
    }

    /// Ends `steps` iterations like the planned one at `at`.
    pub(super) fn finish(&mut self, steps: u64, at: SimTime, sink: &mut impl FnMut(Served)) {
        let more = u32::try_from(steps - 1).expect("a row ends with its shortest answer");
        let Self {
            running,
            free,
            seen,
            ..
        } = self;
        running.retain_mut(|sequence| {
            sequence.computed += sequence.scheduled + more;
            let lacks = sequence.lacks(0);
            *free = free
                .checked_sub(lacks)
                .expect("memory is never over-committed");
            sequence.blocks += lacks;
            if sequence.computed < sequence.known {
                return true;
            }
            sequence.known = sequence.computed + 1;
            if sequence.first_token.is_none() {
                sequence.first_token = Some(at);
                seen.see(&sequence.task.request);
            }
            let ends = sequence.known == sequence.total;
            if ends {
                *free += sequence.blocks;
                sink(sequence.served(at));
            }
            !ends
        });
    }

    /// Tokens of those inside after `done` of the planned row's iterations.
    pub(super) fn tokens(&self, done: u64) -> u64 {
        let inside = self.waiting.iter().chain(&self.running);
        let known: u64 = inside.map(|sequence| u64::from(sequence.known)).sum();
        known + done * convert::wide(self.running.len())
    }

    /// Blocks that are taken in the iteration after `done` of the planned row.
    pub(super) fn blocks(&self, done: u64) -> u64 {
        let taken = self.running.iter().map(|sequence| {
            let computed = u64::from(sequence.computed + sequence.scheduled) + done;
            computed.div_ceil(BLOCK.into())
        });
        taken.sum()
    }

    /// All inside, in the order in which they came.
    pub(super) fn into_tasks(self) -> Vec<Task> {
        let inside = self.running.into_iter().chain(self.waiting);
        inside.map(|sequence| sequence.task).collect()
    }

    fn admit(&mut self, model: &Iteration, now: SimTime, budget: u32, planned: &mut Planned) {
        let mut budget = budget;
        let places = convert::index(model.sequences);
        while budget > 0 && self.running.len() < places {
            let Some(head) = self.waiting.front() else {
                break;
            };
            let found = self.seen.hit(&model.prefix, &head.task.request, head.known);
            let computed = head.brought.max(found);
            let more = (head.known - computed).min(budget);
            let tokens = if model.reserve {
                head.known
            } else {
                computed + more
            };
            if tokens.div_ceil(BLOCK) > self.free {
                break;
            }
            let mut head = self.waiting.pop_front().expect("it was at the front");
            head.computed = computed;
            head.started.get_or_insert(now);
            self.running.push(head);
            self.schedule(self.running.len() - 1, more, planned);
            budget -= more;
        }
    }

    fn schedule(&mut self, at: usize, more: u32, planned: &mut Planned) {
        assert!(more > 0, "the budget has a token for each sequence");
        let sequence = &mut self.running[at];
        let lacks = sequence.lacks(more);
        self.free = self
            .free
            .checked_sub(lacks)
            .expect("memory is never over-committed");
        sequence.blocks += lacks;
        sequence.scheduled = more;
        planned.tokens += u64::from(more);
        planned.sequences += 1;
        planned.context += u64::from(sequence.computed);
    }

    /// Takes memory from whoever came last until so many blocks are free; false if that one came to be `at` itself.
    fn make_room(&mut self, at: usize, blocks: u32) -> bool {
        while self.free < blocks {
            let mut last = self.running.pop().expect("one alone always has room");
            self.free += last.blocks;
            (last.blocks, last.computed, last.brought) = (0, 0, 0);
            self.waiting.push_front(last);
            self.preemptions += 1;
            if self.running.len() == at {
                return false;
            }
        }
        true
    }

    /// How many iterations like the planned one follow each other: as long as all generate, none ends, and memory lasts.
    fn alike(&self) -> u64 {
        if !self.running.iter().all(Sequence::is_decoding) {
            return 1;
        }
        let left = self.running.iter().map(|s| u64::from(s.total - s.known));
        let left = left.min().expect("somebody runs");
        // Who takes a block how many iterations after this one; all take one in sixteen.
        let mut takers = [0_u32; 16];
        for sequence in &self.running {
            let after = (BLOCK - sequence.computed % BLOCK) % BLOCK;
            takers[convert::index(after)] += 1;
        }
        let each = convert::narrow(self.running.len());
        let mut after = u64::from(self.free / each) * u64::from(BLOCK);
        let mut rest = self.free % each;
        for takers in &takers[1..] {
            if *takers > rest {
                break;
            }
            rest -= takers;
            after += 1;
        }
        left.min(1 + after)
    }
}

impl Sequence {
    fn served(&self, done: SimTime) -> Served {
        let times = Times {
            started: self.started.expect("it ran"),
            first_token: self.first_token.expect("before its last"),
            done,
        };
        Served {
            task: self.task,
            times,
        }
    }
}
