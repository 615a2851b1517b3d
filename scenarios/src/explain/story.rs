//! What happened to a job, or on a node, or stood at an instant: told line by line from a run that is flown again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sim_core::engine::{Capacity, Reason, Scene, World};
use sim_core::model::Seat;
use sim_core::units::{JobId, NodeId, SimTime, Span};
use sim_core::watch::{Fact, Observer, Outcome};

use super::machine::{Happens, of_a_node};
use super::words::{counted, milli, passed, why};
use crate::waits::Waits;

/// Whom or what a story is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// All jobs together.
    All,
    /// The job, or replica, of this ordinal.
    Job(u32),
    /// A node slot, and the machines in it.
    Node(NodeId),
    /// An instant.
    At(SimTime),
}

/// What a job does that has seats.
pub(super) const RUNS: &str = "runs";

/// A line of a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// From when.
    pub from: SimTime,
    /// Until when, if it lasted.
    pub until: Option<SimTime>,
    /// What: a word or two.
    pub what: String,
    /// Why, where, how.
    pub detail: String,
    /// Of a line about waiting: the reason.
    pub reason: Option<Reason>,
}

/// Watches a run, and tells of its subject.
#[derive(Debug)]
pub struct Story {
    /// Why jobs waited.
    pub waits: Waits,
    /// What happened, in order.
    pub lines: Vec<Line>,
    subject: Subject,
    world: Arc<World>,
    numbering: Capacity,
    /// Of a node: who lies on it.
    on: BTreeSet<JobId>,
    /// Of a node: since when a machine is there on which nobody lies.
    idle: Option<SimTime>,
    /// Of a node: how long that was, in all.
    idled: Span,
}

impl Line {
    fn at(now: SimTime, what: &str, detail: String) -> Self {
        Self {
            from: now,
            until: None,
            what: what.to_owned(),
            detail,
            reason: None,
        }
    }
}

impl Story {
    /// A story of `subject` in `world`.
    pub fn new(world: &Arc<World>, subject: Subject) -> Self {
        let chosen = match subject {
            Subject::Job(ordinal) => BTreeSet::from([ordinal]),
            Subject::All | Subject::Node(_) | Subject::At(_) => BTreeSet::new(),
        };
        Self {
            waits: Waits::new(world, chosen),
            lines: Vec::new(),
            subject,
            world: Arc::clone(world),
            numbering: Capacity::of(world),
            on: BTreeSet::new(),
            idle: None,
            idled: Span::ZERO,
        }
    }

    /// How long a machine was in the slot that the story is about with nobody on it.
    pub fn idled(&self) -> Span {
        self.idled
    }

    /// "cloud", the fleet of a node.
    fn fleet(&self, node: NodeId) -> &str {
        &self.world.offerings[self.numbering.offering_of(node).index()].name
    }

    /// "node 3 (cloud) 8 GPUs, node 4 (cloud) 2 GPUs".
    fn seats(&self, seats: &[Seat]) -> String {
        let mut nodes: BTreeMap<NodeId, (u32, u32)> = BTreeMap::new();
        for seat in seats {
            let own = nodes.entry(seat.node).or_default();
            own.0 += seat.tasks;
            own.1 += seat.gpus.count();
        }
        let node = |(node, (tasks, gpus)): (&NodeId, &(u32, u32))| {
            let what = if *gpus > 0 {
                counted(*gpus, "GPU")
            } else {
                counted(*tasks, "task")
            };
            format!("node {} ({}), {what}", node.0, self.fleet(*node))
        };
        let nodes: Vec<String> = nodes.iter().map(node).collect();
        nodes.join("; ")
    }

    /// What happens to the job that the story is about.
    fn of_job(&mut self, now: SimTime, fact: &Fact<'_>, ordinal: u32) {
        let mine = |job: &JobId| job.ordinal() == ordinal;
        if let Fact::Arrived { job, spec, .. } = fact
            && mine(job)
        {
            let tasks = counted(spec.gang.tasks(), "task");
            let detail = format!("{tasks}, {} GPUs", milli(spec.gang.gpu_milli()));
            self.lines.push(Line::at(now, "submitted", detail));
        } else if let Fact::Started { job, seats, works } = fact
            && mine(job)
        {
            let mut detail = self.seats(seats);
            if *works > now {
                detail = format!("{detail}; sets up until {works}");
            }
            self.lines.push(Line::at(now, RUNS, detail));
        } else if let Fact::Reseated { job, seats, .. } = fact
            && mine(job)
        {
            self.stops(now);
            let detail = format!("goes on: {}", self.seats(seats));
            self.lines.push(Line::at(now, RUNS, detail));
        } else if let Fact::Interrupted { job, cause, spent } = fact
            && mine(job)
        {
            self.stops(now);
            let detail = format!("{}; {}", why(*cause), passed(spent));
            self.lines.push(Line::at(now, "interrupted", detail));
        } else if let Fact::Ended {
            job,
            outcome,
            spent,
        } = fact
            && mine(job)
        {
            self.stops(now);
            let what = match outcome {
                Outcome::Completed => "completed",
                Outcome::Rejected => "turned away",
                Outcome::Retired => "let go",
                Outcome::Unfinished => "unfinished",
            };
            self.lines.push(Line::at(now, what, passed(spent)));
        }
    }

    /// The job that the story is about runs no more where it ran, if it did.
    fn stops(&mut self, now: SimTime) {
        if let Some(last) = self.lines.last_mut().filter(|line| line.what == RUNS) {
            last.until = Some(now);
        }
    }

    /// What happens on the node that the story is about.
    fn of_node(&mut self, now: SimTime, fact: &Fact<'_>, own: NodeId) {
        self.jobs_on(now, fact, own);
        let Some((_, happens, detail)) = of_a_node(fact).filter(|(node, ..)| *node == own) else {
            return;
        };
        match happens {
            Happens::Ready | Happens::Repaired => self.idle = Some(now),
            Happens::TakenAway | Happens::GivenBack | Happens::Breaks => self.settle(now),
            Happens::Boots
            | Happens::Drains
            | Happens::Noticed
            | Happens::Advised
            | Happens::Fails => {}
        }
        self.lines.push(Line::at(now, happens.words(), detail));
    }

    fn jobs_on(&mut self, now: SimTime, fact: &Fact<'_>, own: NodeId) {
        let lies = |seats: &[Seat]| seats.iter().any(|seat| seat.node == own);
        if let Fact::Started { job, seats, .. } | Fact::Reseated { job, seats, .. } = fact {
            let (was, is) = (self.on.contains(job), lies(seats));
            if is && !was {
                self.settle(now);
                self.on.insert(*job);
                let detail = self.seats(seats);
                self.lines
                    .push(Line::at(now, &format!("{job} starts"), detail));
            } else if was && !is {
                self.leaves(now, *job, "goes on elsewhere".to_owned());
            }
        } else if let Fact::Interrupted { job, cause, spent } = fact {
            self.leaves(now, *job, format!("{}; {}", why(*cause), passed(spent)));
        } else if let Fact::Ended { job, spent, .. } = fact {
            self.leaves(now, *job, passed(spent));
        }
    }

    fn leaves(&mut self, now: SimTime, job: JobId, detail: String) {
        if self.on.remove(&job) {
            if self.on.is_empty() {
                self.idle = Some(now);
            }
            self.lines
                .push(Line::at(now, &format!("{job} stops"), detail));
        }
    }

    fn settle(&mut self, now: SimTime) {
        if let Some(since) = self.idle.take() {
            self.idled += now.since(since);
        }
    }

    /// How things stand at the instant that the story is about.
    fn stands(&mut self, scene: &Scene<'_>) {
        let view = &scene.view;
        for (id, offering) in view.offerings() {
            let (free, open) = (scene.capacity.free_gpus(id), scene.capacity.open_nodes(id));
            let detail = format!(
                "{} held, {open} open, {free} of {} GPUs wholly free there",
                counted(offering.held, "machine"),
                open * offering.shape.gpus
            );
            let what = format!("fleet {}", offering.name);
            self.lines.push(Line::at(view.now(), &what, detail));
        }
        for job in view.pending() {
            let (reason, lack) = self.waits.why(job.id()).expect("it waits");
            let detail = super::tables::reason(reason, lack.as_ref());
            self.lines.push(Line {
                from: job.queued(),
                reason: Some(reason),
                ..Line::at(view.now(), &format!("{} waits", job.id()), detail)
            });
        }
        for job in view.running() {
            let detail = self.seats(job.allocation().seats());
            let from = job.started().expect("it runs");
            self.lines.push(Line {
                from,
                ..Line::at(view.now(), &format!("{} runs", job.id()), detail)
            });
        }
    }
}

impl Observer for Story {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        self.waits.observe(now, fact);
        match self.subject {
            Subject::Job(ordinal) => self.of_job(now, fact, ordinal),
            Subject::Node(node) => self.of_node(now, fact, node),
            Subject::All | Subject::At(_) => {}
        }
    }

    fn asks_why(&self) -> bool {
        true
    }

    fn passes(&mut self, until: SimTime, scene: &Scene<'_>) {
        self.waits.passes(until, scene);
        if let Subject::At(at) = self.subject
            && scene.view.now() <= at
            && at < until
        {
            self.stands(scene);
        }
    }
}
