//! A plan becomes fact: its decisions are applied in the order in which they were made.

use super::decision::{Decision, JobDecision, MarketDecision, NodeDecision, ServiceDecision};
use super::event::{Event, Pending};
use super::jobs::Standing;
use super::run::Engine;
use super::state::Change;
use crate::model::Allocation;
use crate::units::JobId;
use crate::watch::{Cause, Fact, Observer, Outcome};

impl Engine {
    /// Applies the plan that is open, and closes it. The capacity has been taken and given back as it was made.
    pub fn commit(&mut self, watch: &mut dyn Observer) {
        self.draft.seal(&mut self.capacity);
        self.state.changes.clear();
        self.draft.unheard = false;
        let mut decisions = std::mem::take(&mut self.draft.decisions);
        self.counters.decisions += crate::units::convert::wide(decisions.len());
        for decision in &decisions {
            self.digests.decision(self.state.now, decision);
            self.apply(decision, watch);
        }
        decisions.clear();
        self.draft.decisions = decisions;
        self.explain(watch);
    }

    fn apply(&mut self, decision: &Decision, watch: &mut dyn Observer) {
        match *decision {
            Decision::Job(JobDecision::Start(job, ref allocation)) => {
                self.start(job, allocation, watch);
            }
            Decision::Job(JobDecision::Reseat(job, ref allocation)) => {
                self.reseat(job, &allocation.seats, watch);
            }
            Decision::Job(JobDecision::Pace(job, every)) => {
                self.state.jobs.live_mut(job).every = Some(every);
                self.tell(&Fact::Paced { job, every }, watch);
            }
            Decision::Job(JobDecision::Preempt(job)) => self.interrupt(job, Cause::Policy, watch),
            Decision::Job(JobDecision::Reject(job)) => self.end(job, Outcome::Rejected, watch),
            Decision::Node(NodeDecision::Drain(node)) => self.drain(node, watch),
            Decision::Node(NodeDecision::Release(node)) => self.release(node, watch),
            Decision::Market(MarketDecision::Request(offering, count)) => {
                self.grant(offering, count, watch);
            }
            Decision::Service(ServiceDecision::Launch(set, count)) => {
                self.launch(set, count);
            }
            Decision::Service(ServiceDecision::Retire(job)) => self.retire(job, watch),
            Decision::WakeAt(at) => self.events.push(Pending::new(at, Event::Wake)),
        }
    }

    fn start(&mut self, job: JobId, allocation: &Allocation, watch: &mut dyn Observer) {
        for seat in allocation.seats() {
            self.state.nodes[seat.node.index()].seats += 1;
        }
        let seats = &mut self.state.jobs.live_mut(job).allocation.seats;
        seats.clear();
        seats.extend_from_slice(&allocation.seats);
        self.state.jobs.stand(job, Standing::Running);
        self.join(job);
        self.set_to_work(job);
        self.state.changes.push(Change::Started(job));
        let live = self.state.jobs.live(job);
        let fact = Fact::Started {
            job,
            seats: live.allocation.seats(),
            works: live.attempt.works,
        };
        self.digests.fact(self.state.now, &fact);
        watch.observe(self.state.now, &fact);
        self.joins(job, watch);
        self.turn_replicas(watch);
    }

    /// Tells of refusals that nobody took notice of, and of reasons given.
    fn explain(&mut self, watch: &mut dyn Observer) {
        self.counters.alerts += u64::from(std::mem::take(&mut self.draft.alerts));
        std::mem::swap(&mut self.draft.holds, &mut self.draft.said);
        self.draft.holds.clear();
        if self.draft.refusals.is_empty() && self.draft.said.is_empty() {
            return;
        }
        let now = self.state.now;
        self.counters.refusals += crate::units::convert::wide(self.draft.refusals.len());
        for refusal in self.draft.refusals.drain(..) {
            watch.observe(now, &Fact::Refused(refusal));
        }
        for (whom, reason) in self.draft.said.iter().copied() {
            watch.observe(now, &Fact::Held { whom, reason });
        }
    }
}
