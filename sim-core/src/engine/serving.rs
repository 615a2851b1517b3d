//! Serving: replicas are launched, take requests from when they work on, and are retired or lost.

use std::collections::BTreeSet;

use super::event::{Event, Pending};
use super::jobs::{Attempt, Standing};
use super::policy::Wakes;
use super::run::Engine;
use super::service::{self, Replica};
use super::state::Change;
use crate::model::Job;
use crate::serve::{Completion, ReplicaId};
use crate::units::{JobId, NodeId, ServiceId, SetId, SimTime, limits};
use crate::watch::{Fact, Observer, Outcome};

impl Engine {
    pub(crate) fn service_ids(&self) -> impl Iterator<Item = ServiceId> + use<> {
        let services = self.state.services.len();
        (0..).map(ServiceId).take(services)
    }

    /// The replicas of time zero.
    pub(crate) fn launch_initial(&mut self) {
        for set in (0..).map(SetId).take(self.state.world.sets.len()) {
            self.launch(set, self.state.world.sets[set.index()].initial);
        }
        for service in self.service_ids() {
            self.arrange(service);
        }
    }

    /// Replicas are to come: now, in a batch of their own.
    pub(crate) fn launch(&mut self, set: SetId, count: u32) {
        if count > 0 {
            self.serving(set).launch(set, count);
            let event = Event::Launch(set);
            self.events.push(Pending::new(self.state.now, event));
            self.arrange(self.state.world.sets[set.index()].service);
        }
    }

    /// Replicas that were launched are there, and wait to be placed.
    pub(crate) fn launched(&mut self, set: SetId, watch: &mut dyn Observer) {
        // Of several events of one instant the first has launched them all.
        let count = self.serving(set).launched(set);
        for _ in 0..count {
            let job = Job {
                arrival: self.state.now,
                ..self.state.world.sets[set.index()].replica.clone()
            };
            let number = self.counters.replicas;
            self.counters.replicas += 1;
            let ordinal = limits::FIRST_REPLICA + number;
            let job = self.submit(ordinal, job, Some(set), watch);
            let replica = Replica {
                job,
                set,
                leaves: false,
                speed_ppm: 0,
            };
            let replicas = &mut self.serving(set).replicas;
            replicas.insert(ReplicaId(number), replica);
        }
    }

    fn serving(&mut self, set: SetId) -> &mut service::ServiceState {
        let service = self.state.world.sets[set.index()].service;
        &mut self.state.services[service.index()]
    }

    /// A replica is to go: at once if it has nothing to do, and otherwise when it has done what it has.
    pub(crate) fn retire(&mut self, job: JobId, watch: &mut dyn Observer) {
        let (service, replica) = self.replica(job).expect("a replica");
        self.reach_service(service, watch);
        let standing = &mut self.state.services[service.index()];
        standing.shut(replica);
        let replica = standing.replicas.get_mut(&replica);
        replica.expect("it lives").leaves = true;
        self.tell(&Fact::Retiring { job }, watch);
        self.arrange(service);
    }

    /// A service wants to be looked at: replicas that are to go and have nothing left to do end, and the policy may want to
    /// know that somebody waits whom nobody can serve.
    pub(crate) fn call(&mut self, service: ServiceId, watch: &mut dyn Observer) {
        self.state.services[service.index()].call = None;
        self.reach_service(service, watch);
        let standing = &self.state.services[service.index()];
        let idle = standing.replicas.iter();
        let idle = idle.filter(|(id, replica)| replica.leaves && standing.is_idle(**id));
        let idle: Vec<JobId> = idle.map(|(_, replica)| replica.job).collect();
        for job in idle {
            if self.state.jobs.live(job).standing == Standing::Running {
                self.vacate(job);
            }
            self.end(job, Outcome::Retired, watch);
        }
        self.take_deserted(service, watch);
        let standing = &self.state.services[service.index()];
        if standing.is_deserted() && standing.line() > 0 {
            self.note(Change::Waiting(service), Wakes::DEMAND);
        }
        self.arrange(service);
    }

    /// A replica was started: it takes requests from when it works on.
    pub(crate) fn joins(&mut self, job: JobId, watch: &mut dyn Observer) {
        let Some((service, replica)) = self.replica(job) else {
            return;
        };
        self.reach_service(service, watch);
        let attempt = self.state.jobs.live(job).attempt;
        let standing = &mut self.state.services[service.index()];
        standing.start(replica, attempt.works, speed_ppm(&attempt));
        if standing.replicas[&replica].leaves {
            standing.shut(replica);
        }
        self.arrange(service);
    }

    /// Replicas whose neighbours have come or gone: whatever they begin from now on goes at the speed that these leave them.
    pub(crate) fn go_on_serving(&mut self, jobs: BTreeSet<JobId>, watch: &mut dyn Observer) {
        let turned = jobs.into_iter().filter_map(|job| {
            let (service, replica) = self.replica(job)?;
            let speed_ppm = speed_ppm(&self.state.jobs.get(job)?.attempt);
            let before = self.state.services[service.index()].replicas[&replica].speed_ppm;
            (speed_ppm != before).then_some((service, replica, speed_ppm))
        });
        let turned: BTreeSet<_> = turned.collect();
        for (service, replica, speed_ppm) in turned {
            self.reach_service(service, watch);
            self.state.services[service.index()].go_at(replica, speed_ppm);
            self.arrange(service);
        }
    }

    /// A replica stops: what it was at is tried elsewhere.
    pub(crate) fn leaves(&mut self, job: JobId, ends: bool, watch: &mut dyn Observer) {
        let Some((service, replica)) = self.replica(job) else {
            return;
        };
        self.reach_service(service, watch);
        self.tell_work(job, watch);
        let now = self.state.now;
        let standing = &mut self.state.services[service.index()];
        let mut told = Vec::new();
        standing.stop(replica, now, &mut |completion| told.push(completion));
        if ends {
            standing.replicas.remove(&replica);
        }
        self.tell_requests(service, told, watch);
        self.tell_flows(service, None, watch);
        self.arrange(service);
    }

    /// Tells for how long a replica was at work, whose service was brought to now; of any other job nothing.
    pub(crate) fn tell_work(&mut self, job: JobId, watch: &mut dyn Observer) {
        let Some((service, replica)) = self.replica(job) else {
            return;
        };
        let standing = &self.state.services[service.index()];
        if let Some(gauge) = standing.load_of(replica) {
            let set = standing.replicas[&replica].set;
            let busy = self.state.world.sets[set.index()].serving.work(&gauge);
            self.tell(&Fact::Worked { job, busy }, watch);
        }
    }

    /// The node of replicas will be taken away: they take no more requests.
    pub(crate) fn warn_replicas(&mut self, node: NodeId, watch: &mut dyn Observer) {
        for service in self.service_ids() {
            let standing = &self.state.services[service.index()];
            let lies = |job: &JobId| {
                let live = self.state.jobs.live(*job);
                let running = live.standing == Standing::Running;
                running && live.allocation.seats().iter().any(|seat| seat.node == node)
            };
            let replicas = standing.replicas.iter();
            let there = replicas.filter(|(_, replica)| lies(&replica.job));
            let there: Vec<ReplicaId> = there.map(|(id, _)| *id).collect();
            if !there.is_empty() {
                self.reach_service(service, watch);
                for replica in there {
                    self.state.services[service.index()].shut(replica);
                }
            }
        }
    }

    /// Goes on with all services, for whoever looks at them now.
    pub(crate) fn reach_services(&mut self, watch: &mut dyn Observer) {
        for service in self.service_ids() {
            self.reach_service(service, watch);
        }
    }

    fn reach_service(&mut self, service: ServiceId, watch: &mut dyn Observer) {
        let (now, mut told) = (self.state.now, std::mem::take(&mut self.told));
        let standing = &mut self.state.services[service.index()];
        let sets = &self.state.world.sets;
        standing.reach(now, sets, &mut |completion| told.push(completion));
        self.told = self.tell_requests(service, told, watch);
        self.tell_flows(service, None, watch);
    }

    /// Ends what flows at the end of the run.
    pub(crate) fn cut_flows(&mut self, watch: &mut dyn Observer) {
        for service in self.service_ids() {
            self.tell_flows(service, Some(self.state.now), watch);
        }
    }

    /// Tells what has flowed, up to now if it ends here.
    fn tell_flows(&mut self, service: ServiceId, cut: Option<SimTime>, watch: &mut dyn Observer) {
        let passed = self.state.services[service.index()].take_passed(cut);
        for passed in &passed {
            self.tell(&Fact::Flow { service, passed }, watch);
        }
    }

    fn take_deserted(&mut self, service: ServiceId, watch: &mut dyn Observer) {
        let (now, mut told) = (self.state.now, std::mem::take(&mut self.told));
        let standing = &mut self.state.services[service.index()];
        standing.take_deserted(now, &mut |completion| told.push(completion));
        self.told = self.tell_requests(service, told, watch);
    }

    /// Tells how requests ended; gives back the list, empty.
    fn tell_requests(
        &mut self,
        service: ServiceId,
        mut told: Vec<Completion>,
        watch: &mut dyn Observer,
    ) -> Vec<Completion> {
        for completion in told.drain(..) {
            let fact = Fact::Request {
                service,
                completion: &completion,
            };
            self.tell(&fact, watch);
        }
        told
    }

    /// Puts the instant at which a service wants to be looked at into the pending set, if there is one and it is not there.
    fn arrange(&mut self, service: ServiceId) {
        let now = self.state.now;
        let standing = &mut self.state.services[service.index()];
        let wants = standing.wants(now);
        if wants != standing.call {
            standing.call = wants;
            if let Some(at) = wants {
                self.events.push(Pending::new(at, Event::Call(service)));
            }
        }
    }

    /// The service of which a job is a replica, and which one it is.
    pub(crate) fn replica(&self, job: JobId) -> Option<(ServiceId, ReplicaId)> {
        let replica = ReplicaId(job.replica()?);
        let holds = |service: &ServiceId| {
            let replicas = &self.state.services[service.index()].replicas;
            replicas.contains_key(&replica)
        };
        let service = self.service_ids().find(holds);
        Some((service.expect("a replica is of a service"), replica))
    }
}

/// How fast a replica serves in its seats, in parts per million; one that does not fit beside its neighbours nearly stands still.
fn speed_ppm(attempt: &Attempt) -> u64 {
    (attempt.on.rate_ppb / 1000).max(1)
}
