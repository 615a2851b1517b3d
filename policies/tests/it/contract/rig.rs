//! The rig: worlds of a few lines, and runs of them.

use std::sync::Arc;

use sim_core::engine::{Engine, Finish, Grants, Policy, Step, World};
use sim_core::model::{Job, Market, Offering};
use sim_core::units::SimTime;
use sim_core::watch::{Digests, Fact, Observer, Outcome, Transcript};
use sim_core::world::Trace;

use super::roster::Contender;
use crate::plain;
pub(crate) use crate::plain::{at, class, job, span, world};

/// Times that a policy may be asked in a run of a few dozen jobs.
const MOST_ASKED: u64 = 200_000;

/// Nodes of `gpus` GPUs that stand from the start to the end.
pub(crate) fn fleet(nodes: u32, gpus: u32) -> Offering {
    Offering {
        name: "fleet".to_owned(),
        ..plain::standing(plain::fleet(Market::Owned, gpus, nodes))
    }
}

pub(crate) fn engine(world: &Arc<World>, jobs: &[Job]) -> Engine {
    Engine::new(Arc::clone(world), Box::new(Trace::new(jobs.into())))
}

/// From when to when each attempt ran, in seconds, in the order of their ends.
pub(crate) fn attempts(
    world: &World,
    jobs: &[Job],
    mut policy: Box<dyn Policy + Send>,
) -> Vec<(u32, f64, f64)> {
    let engine = engine(&Arc::new(world.clone()), jobs);
    let mut drive = Drive::new(engine, Grants::default());
    drive.run_out(&mut *policy, &mut |_, _| {});
    let secs = |at: SimTime| plain::seconds(at);
    let attempts = drive.seen.0.attempts.iter();
    attempts
        .map(|(job, from, to)| (*job, secs(*from), secs(*to)))
        .collect()
}

/// What became of a job, by its place in the workload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fates {
    pub(crate) first_start: Vec<Option<SimTime>>,
    pub(crate) end: Vec<Option<(SimTime, Outcome)>>,
    /// From when to when each attempt of any job held its nodes, in the order of their ends.
    pub(crate) attempts: Vec<(u32, SimTime, SimTime)>,
    started: Vec<SimTime>,
    pub(crate) refused: u32,
}

impl Observer for Fates {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        let index = |job: &sim_core::units::JobId| usize::try_from(job.ordinal()).expect("32 bits");
        match fact {
            Fact::Arrived { .. } => {
                self.first_start.push(None);
                self.end.push(None);
                self.started.push(SimTime::MAX);
            }
            Fact::Started { job, .. } => {
                self.first_start[index(job)].get_or_insert(now);
                self.started[index(job)] = now;
            }
            Fact::Interrupted { job, .. } => {
                let started = self.started[index(job)];
                self.attempts.push((job.ordinal(), started, now));
            }
            Fact::Ended { job, outcome, .. } => {
                self.end[index(job)] = Some((now, *outcome));
                if *outcome == Outcome::Completed {
                    let started = self.started[index(job)];
                    self.attempts.push((job.ordinal(), started, now));
                }
            }
            Fact::Refused(_) => self.refused += 1,
            Fact::Held { .. }
            | Fact::Requested { .. }
            | Fact::Booting { .. }
            | Fact::Ready { .. }
            | Fact::Draining { .. }
            | Fact::Noticed { .. }
            | Fact::Reclaimed { .. }
            | Fact::Released { .. }
            | Fact::Price { .. }
            | Fact::Paced { .. }
            | Fact::Reseated { .. }
            | Fact::Advised { .. }
            | Fact::Miscarried { .. }
            | Fact::Failed { .. }
            | Fact::Repaired { .. }
            | Fact::Shock { .. }
            | Fact::Retiring { .. }
            | Fact::Worked { .. }
            | Fact::Request { .. }
            | Fact::Flow { .. }
            | Fact::Availability { .. } => {}
        }
    }
}

impl Fates {
    /// First starts in seconds; every job starts.
    pub(crate) fn starts(&self) -> Vec<SimTime> {
        let start = |start: &Option<SimTime>| start.expect("every job starts");
        self.first_start.iter().map(start).collect()
    }

    /// Ends; every job completes.
    pub(crate) fn ends(&self) -> Vec<SimTime> {
        let end = |end: &Option<(SimTime, Outcome)>| match end {
            Some((at, Outcome::Completed)) => *at,
            other => panic!("every job completes: {other:?}"),
        };
        self.end.iter().map(end).collect()
    }

    pub(crate) fn makespan(&self) -> u64 {
        let last = self.ends().into_iter().max().expect("a job");
        last.us() / 1_000_000
    }
}

/// A run: how it ended, and what happened.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) finish: Finish,
    pub(crate) digests: Digests,
    pub(crate) fates: Fates,
    pub(crate) transcript: Transcript,
}

pub(crate) fn run(world: &Arc<World>, jobs: &[Job], contender: &Contender) -> Run {
    let mut policy = contender.policy();
    let mut drive = Drive::new(engine(world, jobs), contender.grants);
    let finish = drive.run_out(&mut *policy, &mut |_, _| {});
    Run {
        finish,
        digests: drive.engine.digests(),
        fates: drive.seen.0,
        transcript: drive.seen.1,
    }
}

/// Runs it all with nothing but what became of the jobs.
pub(crate) fn fates(world: World, jobs: &[Job], contender: &Contender) -> Fates {
    run(&Arc::new(world), jobs, contender).fates
}

/// A run in the hands of a test.
pub(crate) struct Drive {
    pub(crate) engine: Engine,
    pub(crate) grants: Grants,
    pub(crate) seen: (Fates, Transcript),
}

impl Drive {
    pub(crate) fn new(engine: Engine, grants: Grants) -> Self {
        Self {
            engine,
            grants,
            seen: (Fates::default(), Transcript::default()),
        }
    }

    /// Goes on to the end; `look` sees the engine before each decision is taken.
    pub(crate) fn run_out(
        &mut self,
        policy: &mut (dyn Policy + Send),
        look: &mut dyn FnMut(&mut Engine, &mut (dyn Policy + Send)),
    ) -> Finish {
        loop {
            let step = self.engine.advance(policy.wakes_on(), &mut self.seen);
            match step.unwrap_or_else(|fault| panic!("{}: {fault}", policy.name())) {
                Step::Done(finish) => return finish,
                Step::Decide => {
                    look(&mut self.engine, policy);
                    let (view, mut plan) = self.engine.open(self.grants);
                    policy.decide(&view, &mut plan);
                    self.engine.commit(&mut self.seen);
                }
            }
            let asked = self.engine.counters().asked;
            assert!(
                asked < MOST_ASKED,
                "{} goes round in circles",
                policy.name()
            );
        }
    }
}
