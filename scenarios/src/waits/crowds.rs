//! Why jobs wait: every microsecond of waiting has one reason, and the reasons of a job add up to its wait.
//!
//! Jobs of a tenant that want the same on the same models are a *crowd*: they have a placement or lack one together, so that
//! the clock of a crowd runs for all of its jobs, and who joins or leaves reads it. Only jobs of which the policy says
//! something by name have a clock of their own meanwhile. Between two changes nothing is done at all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sim_core::engine::{Capacity, Reason, Scene, Whom, World};
use sim_core::model::{Gang, Job, ModelSet};
use sim_core::units::{JobId, NodeId, OfferingId, QueueId, SimTime, Span, convert, limits};
use sim_core::watch::{Fact, Observer};

use super::fleet::Fleet;
use super::room::{Lack, lack};
use super::stretches::Stretches;

/// Number of reasons.
pub const REASONS: usize = Reason::ALL.len();

/// Time by reason, in the order of [`Reason::ALL`].
pub type Split = [Span; REASONS];

const NOTHING: Split = [Span::ZERO; REASONS];

/// Splits the waiting of all jobs by reason.
#[derive(Debug)]
pub struct Waits {
    offering_of: Vec<OfferingId>,
    crowds: Vec<Crowd>,
    known: BTreeMap<(Gang, ModelSet, QueueId), usize>,
    /// Crowds of which somebody waits.
    live: BTreeSet<usize>,
    /// By job slot: who lives there, and of which crowd.
    homes: Vec<Option<(JobId, usize)>>,
    /// By job slot: who waits.
    waiting: Vec<Option<Waiting>>,
    /// Those with a clock of their own.
    singled: Vec<JobId>,
    /// Those that joined since time last passed.
    fresh: Vec<JobId>,
    /// Those of which the policy does not know yet.
    unknown: Vec<JobId>,
    fleet: Fleet,
    /// Times that the policy had been asked when it was last heard.
    asked: Option<u64>,
    jobs: Vec<Split>,
    replicas: Vec<Split>,
    stretches: Stretches,
}

/// How jobs waited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waited {
    /// By job, in the order of the workload.
    pub jobs: Vec<Split>,
    /// By replica of a service, in the order in which they were launched.
    pub replicas: Vec<Split>,
    /// Stretch by stretch, of the jobs that were chosen.
    pub stretches: Stretches,
}

/// Jobs that want the same.
#[derive(Debug)]
struct Crowd {
    gang: Gang,
    models: ModelSet,
    members: u32,
    /// For which version of the fleet it is known what they lack.
    version: u64,
    lack: Option<Lack>,
    /// How often the policy had been asked when it left them though they have a placement.
    left: Option<u64>,
    /// Why they wait, since when.
    reason: Reason,
    since: SimTime,
    clock: Split,
}

/// A job that waits.
#[derive(Debug)]
struct Waiting {
    id: JobId,
    crowd: usize,
    /// What the clock of its crowd showed when it joined, and what it has shown while it had its own.
    joined: Split,
    /// By its own clock.
    own: Split,
    /// What is said of it alone, since when.
    said: Option<(Reason, SimTime)>,
    /// Times that the policy must have been asked to know of it.
    heard: u64,
}

impl Crowd {
    fn settle(&mut self, now: SimTime) {
        self.clock[self.reason.index()] += now.since(self.since);
        self.since = now;
    }

    /// Whether the policy has the word: they have a placement, and it knows.
    fn is_left(&self, asked: u64) -> bool {
        self.lack.is_none() && self.left == Some(asked)
    }
}

impl Waits {
    /// Of all jobs in `world`; those of these ordinals stretch by stretch.
    pub fn new(world: &Arc<World>, chosen: BTreeSet<u32>) -> Self {
        let capacity = Capacity::of(world);
        let slots = (0..capacity.slots()).map(NodeId);
        Self {
            offering_of: slots.map(|node| capacity.offering_of(node)).collect(),
            crowds: Vec::new(),
            known: BTreeMap::new(),
            live: BTreeSet::new(),
            homes: Vec::new(),
            waiting: Vec::new(),
            singled: Vec::new(),
            fresh: Vec::new(),
            unknown: Vec::new(),
            fleet: Fleet::of(world),
            asked: None,
            jobs: Vec::new(),
            replicas: Vec::new(),
            stretches: Stretches::of(chosen),
        }
    }

    /// How they waited, once the run has ended.
    pub fn finish(self) -> Waited {
        Waited {
            jobs: self.jobs,
            replicas: self.replicas,
            stretches: self.stretches,
        }
    }

    /// Why a job waits that does, and what its crowd lacks: as it was when time last passed.
    pub fn why(&self, job: JobId) -> Option<(Reason, Option<Lack>)> {
        let waiting = self.waiting.get(job.slot())?.as_ref();
        let waiting = waiting.filter(|waiting| waiting.id == job)?;
        let crowd = &self.crowds[waiting.crowd];
        let said = waiting.said.map(|(reason, _)| reason);
        Some((said.unwrap_or(crowd.reason), crowd.lack))
    }

    fn arrive(&mut self, job: JobId, spec: &Job, now: SimTime) {
        let next = self.crowds.len();
        let want = (spec.gang.clone(), spec.models, spec.queue);
        let crowd = *self.known.entry(want).or_insert(next);
        if crowd == next {
            self.crowds.push(Crowd {
                gang: spec.gang.clone(),
                models: spec.models,
                members: 0,
                version: u64::MAX,
                lack: None,
                left: None,
                reason: Reason::NotAsked,
                since: now,
                clock: NOTHING,
            });
        }
        if self.homes.len() <= job.slot() {
            self.homes.resize(job.slot() + 1, None);
            self.waiting.resize_with(job.slot() + 1, || None);
        }
        self.homes[job.slot()] = Some((job, crowd));
        let (splits, place) = match job.ordinal().checked_sub(limits::FIRST_REPLICA) {
            None => (&mut self.jobs, job.ordinal()),
            Some(replica) => (&mut self.replicas, replica),
        };
        splits.resize(convert::index(place) + 1, NOTHING);
        self.join(job, now);
    }

    fn join(&mut self, id: JobId, now: SimTime) {
        let Some((_, crowd)) = self.homes[id.slot()].filter(|(home, _)| *home == id) else {
            return;
        };
        let own = &mut self.crowds[crowd];
        own.settle(now);
        own.members += 1;
        self.live.insert(crowd);
        self.fresh.push(id);
        self.waiting[id.slot()] = Some(Waiting {
            id,
            crowd,
            joined: own.clock,
            own: NOTHING,
            said: None,
            heard: 0,
        });
    }

    fn leave(&mut self, id: JobId, now: SimTime) {
        self.book(id, now);
        let Some(waiting) = self.waiting.get_mut(id.slot()) else {
            return;
        };
        let Some(waiting) = waiting.take_if(|waiting| waiting.id == id) else {
            return;
        };
        let crowd = &mut self.crowds[waiting.crowd];
        crowd.settle(now);
        crowd.members -= 1;
        if crowd.members == 0 {
            self.live.remove(&waiting.crowd);
        }
        let split = match id.ordinal().checked_sub(limits::FIRST_REPLICA) {
            None => &mut self.jobs[convert::index(id.ordinal())],
            Some(replica) => &mut self.replicas[convert::index(replica)],
        };
        for (position, sum) in split.iter_mut().enumerate() {
            let of_crowd = crowd.clock[position] - waiting.joined[position];
            *sum += of_crowd + waiting.own[position];
        }
        self.stretches.close(id.ordinal(), now);
    }

    /// Takes a job's time since something was said of it from the clock of its crowd onto its own.
    fn book(&mut self, id: JobId, now: SimTime) {
        let waiting = self.waiting.get_mut(id.slot()).and_then(Option::as_mut);
        let Some(waiting) = waiting.filter(|waiting| waiting.id == id) else {
            return;
        };
        if let Some((reason, since)) = waiting.said.take() {
            let time = now.since(since);
            waiting.own[reason.index()] += time;
            waiting.joined[self.crowds[waiting.crowd].reason.index()] += time;
        }
    }

    /// Something has changed: who lacks what, and what the policy said of whom.
    fn hear(&mut self, now: SimTime, scene: &Scene<'_>) {
        for job in std::mem::take(&mut self.singled) {
            self.book(job, now);
        }
        let absent = self.fleet.absent(&self.offering_of, &scene.view);
        let others = scene.holds.iter().rev();
        let others = others.filter(|(whom, _)| *whom == Whom::Others);
        let others = others.map(|(_, reason)| reason.as_said()).next();
        for crowd in &self.live {
            let crowd = &mut self.crowds[*crowd];
            crowd.settle(now);
            if crowd.version != self.fleet.version {
                crowd.version = self.fleet.version;
                let want = (&crowd.gang, crowd.models);
                crowd.lack = lack(scene.capacity, want, &absent);
            }
            if crowd.lack.is_none() && !scene.unheard {
                crowd.left = Some(scene.asked);
            }
            crowd.reason = match crowd.lack {
                Some(lack) => lack.reason,
                None if crowd.is_left(scene.asked) => others.unwrap_or(Reason::LeftIdle),
                None => Reason::NotAsked,
            };
        }
        self.listen(now, scene);
        self.asked = Some(scene.asked);
        let chosen: Vec<(JobId, Reason, Option<Lack>)> = self.chosen().collect();
        for (job, reason, lack) in chosen {
            self.stretches.go_on(job.ordinal(), now, (reason, lack));
        }
    }

    /// What the policy said of some.
    fn listen(&mut self, now: SimTime, scene: &Scene<'_>) {
        for (whom, reason) in scene.holds {
            if let Whom::Alike(job) = whom
                && let Some((_, crowd)) = self.homes.get(job.slot()).copied().flatten()
                && self.crowds[crowd].is_left(scene.asked)
            {
                self.crowds[crowd].reason = reason.as_said();
            }
        }
        for (whom, reason) in scene.holds {
            if let Whom::One(job) = whom {
                self.single(*job, reason.as_said(), now, scene.asked);
            }
        }
        let mut unknown = std::mem::take(&mut self.unknown);
        for job in self.fresh.drain(..) {
            if let Some(waiting) = &mut self.waiting[job.slot()] {
                waiting.heard = scene.asked + u64::from(scene.unheard);
                unknown.push(job);
            }
        }
        let waiting = &self.waiting;
        unknown.retain(|job| {
            let waiting = waiting[job.slot()].as_ref();
            waiting.is_some_and(|own| own.id == *job && own.heard > scene.asked)
        });
        for job in &unknown {
            self.single(*job, Reason::NotAsked, now, scene.asked);
        }
        self.unknown = unknown;
    }

    /// From now on a job that waits does so for a reason of its own, if it has a placement.
    fn single(&mut self, id: JobId, reason: Reason, now: SimTime, asked: u64) {
        let waiting = self.waiting.get_mut(id.slot()).and_then(Option::as_mut);
        let Some(waiting) = waiting.filter(|waiting| waiting.id == id) else {
            return;
        };
        if self.crowds[waiting.crowd].is_left(asked) {
            if waiting.said.is_none() {
                self.singled.push(id);
            }
            waiting.said = Some((reason, now));
        }
    }

    /// The chosen jobs that wait.
    fn chosen(&self) -> impl Iterator<Item = (JobId, Reason, Option<Lack>)> {
        let waiting = self.waiting.iter().flatten();
        let any = !self.stretches.is_empty();
        let chosen = waiting.filter(move |own| any && self.stretches.has(own.id.ordinal()));
        chosen.filter_map(|own| {
            let (reason, lack) = self.why(own.id)?;
            Some((own.id, reason, lack))
        })
    }
}

impl Observer for Waits {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        self.fleet.observe(fact);
        if let Fact::Arrived { job, spec, .. } = fact {
            self.arrive(*job, spec, now);
        } else if let Fact::Interrupted { job, .. } = fact {
            self.join(*job, now);
        } else if let Fact::Started { job, .. } | Fact::Ended { job, .. } = fact {
            self.leave(*job, now);
        }
    }

    fn asks_why(&self) -> bool {
        true
    }

    fn passes(&mut self, _until: SimTime, scene: &Scene<'_>) {
        let stale = |crowd: &usize| self.crowds[*crowd].version != self.fleet.version;
        let changed = self.asked != Some(scene.asked) || !self.fresh.is_empty();
        if changed || self.live.iter().any(stale) {
            self.hear(scene.view.now(), scene);
        }
    }
}
