//! Scaling: replicas are launched and retired within a plan.

use super::decision::{Decision, Refusal, ServiceDecision};
use super::draft::Fate;
use super::plan::Plan;
use crate::serve::ReplicaId;
use crate::units::{JobId, SetId, convert};

impl Plan<'_> {
    /// Launches `count` more replicas of a set. They are submitted right after the plan, and wait to be started.
    ///
    /// # Errors
    /// A refusal: there is no such set, or it may not have so many; see [`Plan::may_launch`].
    pub fn launch(&mut self, set: SetId, count: u32) -> Result<(), Refusal> {
        if set.index() >= self.state.world.sets.len() {
            return self.refuse(Refusal::NoSuchSet(set));
        }
        if count == 0 || count > self.may_launch(set) {
            return self.refuse(Refusal::OverMaximum(set));
        }
        self.draft.launch(set, count);
        self.decide(Decision::Service(ServiceDecision::Launch(set, count)))
    }

    /// Replicas that a set may still get, the plan so far included; one that is to go counts until it is gone. Panics on a set
    /// that is not there.
    pub fn may_launch(&self, set: SetId) -> u32 {
        let spec = &self.state.world.sets[set.index()];
        let standing = &self.state.services[spec.service.index()];
        let coming = standing.launching(set) + self.draft.launches[set.index()];
        spec.max.saturating_sub(standing.count(set) + coming)
    }

    /// Lets a replica go: one that works takes no more requests and ends when it has done what it has, any other ends at once.
    ///
    /// # Errors
    /// A refusal: it is not a replica, or is to go already.
    pub fn retire(&mut self, job: JobId) -> Result<(), Refusal> {
        if !self.may_retire(job) {
            return self.refuse(Refusal::NotAReplica(job));
        }
        self.draft.retire(job);
        self.decide(Decision::Service(ServiceDecision::Retire(job)))
    }

    /// Whether its service can spare a running job, the plan so far included: it is no replica, or one that takes no requests
    /// or is to go, or with it no more of those that are to stay take none than may.
    pub fn can_spare(&self, job: JobId) -> bool {
        let Some(replica) = job.replica().map(ReplicaId) else {
            return true;
        };
        let mut services = self.state.services.iter().zip(&self.state.world.services);
        let own = services.find(|(standing, _)| standing.replicas.contains_key(&replica));
        let bounded = own.and_then(|(standing, spec)| Some((standing, spec.max_unavailable?)));
        let Some((standing, most)) = bounded else {
            return true;
        };
        let takes =
            |id: ReplicaId, job: JobId| standing.takes(id) && self.draft.fate(job) == Fate::Open;
        let stays = |job: JobId, leaves: bool| {
            let rejected = self.draft.fate(job) == Fate::Rejected;
            !leaves && !rejected && !self.draft.retired.contains(&job)
        };
        let own = &standing.replicas[&replica];
        if !takes(replica, own.job) || !stays(own.job, own.leaves) {
            return true;
        }
        let replicas = standing.replicas.iter();
        let without = replicas.filter(|(id, one)| {
            let stays = stays(one.job, one.leaves);
            stays && !takes(**id, one.job)
        });
        convert::narrow(without.count()) < most
    }

    /// Whether a job is a replica that is to stay, the plan so far included.
    pub fn may_retire(&self, job: JobId) -> bool {
        let Some(replica) = job.replica().map(ReplicaId) else {
            return false;
        };
        let stays = |standing: &super::service::ServiceState| {
            let known = standing.replicas.get(&replica);
            known.is_some_and(|replica| replica.job == job && !replica.leaves)
        };
        let is_there = self.draft.fate(job) != Fate::Rejected;
        is_there && self.state.services.iter().any(stays) && !self.draft.retired.contains(&job)
    }
}
