//! The auditor: a second account of a run, kept from its facts alone, that says where the two
//! disagree.
//!
//! It holds the world and nothing of the engine. It shares no arithmetic with it either: when a job
//! completes, what a node has free and where the GPU time went are computed from what the docs say.
//! Cost is no concern here, clarity is: most checks scan everything.

mod beside;
mod epochs;
mod fate;
mod gangs;
mod jobs;
mod nodes;
mod quota;
mod room;
mod rule;
mod running;
mod services;
mod work;

pub use rule::{GpuTime, Report, Rule, Violation};

use std::sync::Arc;

use self::jobs::Row;
use self::nodes::{Slot, Supply};
use self::services::Account;
use super::fact::{Fact, Observer};
use crate::engine::World;
use crate::units::{NodeId, OfferingId, SimTime};

/// A second account of a run, kept from its facts.
#[derive(Clone, Debug)]
pub struct Auditor {
    world: Arc<World>,
    now: SimTime,
    /// Whether anything was told yet.
    begun: bool,
    /// Whether a job was left unfinished: then the run is over.
    ending: bool,
    /// In the order in which they came.
    jobs: Vec<Row>,
    /// Where jobs of the workload stand among them, by ordinal.
    workload: Vec<usize>,
    /// Where replicas do, by number.
    replicas: Vec<usize>,
    /// By service.
    services: Vec<Account>,
    /// By node id.
    slots: Vec<Slot>,
    /// By offering.
    supply: Vec<Supply>,
    /// Nodes of time zero that were not told yet, the next one last.
    furniture: Vec<NodeId>,
    /// Machines of the last grant that were not told yet.
    granted: Option<(OfferingId, u32)>,
    /// A standing fleet whose availability stepped, until what is noticed has been told.
    stepped: Option<OfferingId>,
    /// Integral of the number of jobs in the system.
    population_us: u128,
    report: Report,
}

impl Auditor {
    /// An auditor of a run that has not begun.
    pub fn new(world: Arc<World>) -> Self {
        let slots = work::slots(&world).into_iter().map(Slot::absent).collect();
        let supply = Supply::of(&world);
        let furniture = nodes::furniture(&world);
        Self {
            services: Account::of(&world),
            workload: Vec::new(),
            replicas: Vec::new(),
            world,
            now: SimTime::ZERO,
            begun: false,
            ending: false,
            jobs: Vec::new(),
            slots,
            supply,
            furniture,
            granted: None,
            stepped: None,
            population_us: 0,
            report: Report::default(),
        }
    }

    /// Closes the books of a run that stopped at `end`. Not for a run that broke off with a fault.
    pub fn finish(mut self, end: SimTime) -> Report {
        self.reach(end);
        self.settle_instant();
        self.settle_grant();
        if !self.furniture.is_empty() {
            let detail = format!("{:?} never stood", self.furniture);
            self.blame(Rule::Furnishing, detail);
        }
        self.balance();
        self.leave_nodes();
        let gpu = self.report.gpu;
        if gpu.owned != gpu.allocated + gpu.idle + gpu.booting + gpu.leaving {
            self.blame(Rule::GpuTime, format!("{gpu:?}"));
        }
        self.report
    }

    /// Violations so far.
    pub fn violations(&self) -> &[Violation] {
        &self.report.violations
    }

    fn blame(&mut self, rule: Rule, detail: String) {
        self.report.blame(self.now, rule, detail);
    }

    /// Blames unless `holds`.
    fn demand(&mut self, holds: bool, rule: Rule, detail: impl FnOnce() -> String) {
        if !holds {
            self.blame(rule, detail());
        }
    }

    /// Moves the clock to `now`: the old instant is over, and what was due in between did not
    /// happen.
    fn reach(&mut self, now: SimTime) {
        if now < self.now {
            self.blame(Rule::Clock, format!("{now} comes after {}", self.now));
            return;
        }
        if now == self.now {
            return;
        }
        self.settle_instant();
        self.integrate(now);
        self.missed_jobs(now);
        self.missed_nodes(now);
        self.now = now;
        self.report.instants += 1;
    }

    /// Adds what the time up to `now` was used for.
    fn integrate(&mut self, now: SimTime) {
        let us = u128::from(now.us() - self.now.us());
        let live = self.jobs.iter().filter(|row| row.is_live()).count();
        self.population_us += us * u128::from(crate::units::convert::wide(live));
        for node in self.node_ids() {
            let (used, all) = (self.used_milli(node), self.gpu_milli_of(node));
            let free = u128::from(all.saturating_sub(used)) * us;
            match self.slots[node.index()].phase {
                nodes::Phase::Absent => {}
                nodes::Phase::Booting { .. } => self.report.gpu.booting += free,
                nodes::Phase::Ready => self.report.gpu.idle += free,
                nodes::Phase::Draining
                | nodes::Phase::Noticed { .. }
                | nodes::Phase::Broken { .. } => {
                    self.report.gpu.leaving += free;
                }
            }
        }
    }

    /// Every job is accounted for, and Little's law holds to the microsecond.
    fn balance(&mut self) {
        let (now, mut sojourn) = (self.now, 0);
        let (mut live, mut ended) = (0_u64, 0_u64);
        for row in &self.jobs {
            let until = row.ended.unwrap_or(now);
            sojourn += u128::from(until.us().saturating_sub(row.spec.arrival.us()));
            live += u64::from(row.is_live());
            ended += u64::from(!row.is_live());
        }
        self.report.sojourn_us = sojourn;
        let told = self.report.completed + self.report.rejected;
        let told = told + self.report.unfinished + self.report.retired;
        self.demand(live == 0, Rule::Balance, || {
            format!("{live} jobs never ended")
        });
        let arrived = self.report.arrived;
        self.demand(
            ended == told && arrived == told + live,
            Rule::Balance,
            || format!("{arrived} jobs arrived, {told} were told to have ended, {live} live"),
        );
        let population = self.population_us;
        self.demand(population == sojourn, Rule::Little, || {
            format!("jobs spent {sojourn} us in the system, their number adds up to {population}")
        });
    }

    /// Facts that must come in a row: the nodes of time zero, the machines of a grant, what a step
    /// of availability brings.
    fn expect_sequence(&mut self, fact: &Fact<'_>) {
        if !self.furniture.is_empty() && !matches!(fact, Fact::Ready { .. }) {
            let detail = format!("{:?} did not stand at time zero", self.furniture);
            self.furniture.clear();
            self.blame(Rule::Furnishing, detail);
        }
        if !matches!(fact, Fact::Booting { .. }) {
            self.settle_grant();
        }
        if !matches!(fact, Fact::Noticed { .. }) {
            self.settle_step(fact);
        }
        let over = matches!(
            fact,
            Fact::Worked { .. }
                | Fact::Ended { .. }
                | Fact::Released { .. }
                | Fact::Refused(_)
                | Fact::Held { .. }
        );
        self.demand(!self.ending || over, Rule::Clock, || {
            format!("{fact:?} is told after the end")
        });
    }
}

impl Observer for Auditor {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        self.report.facts += 1;
        self.report.instants += u64::from(!self.begun && now == SimTime::ZERO);
        self.begun = true;
        self.reach(now);
        self.expect_sequence(fact);
        match *fact {
            Fact::Arrived { job, spec, set } => self.arrived(job, spec, set),
            Fact::Retiring { job } => self.retiring(job),
            Fact::Worked { job, busy } => self.worked(job, busy),
            Fact::Request {
                service,
                completion,
            } => {
                self.report.requests += 1;
                self.request(service, completion);
            }
            Fact::Flow { service, passed } => {
                self.report.flows += 1;
                self.flowed(service, passed);
            }
            Fact::Started { job, seats, works } => self.started(job, seats, works),
            Fact::Interrupted { job, cause, spent } => self.interrupted(job, cause, &spent),
            Fact::Paced { job, every } => self.paced(job, every),
            Fact::Reseated {
                job,
                seats,
                works,
                spent,
            } => self.reseated(job, seats, works, &spent),
            Fact::Ended {
                job,
                outcome,
                spent,
            } => self.ended(job, outcome, &spent),
            Fact::Refused(_) => self.report.refusals += 1,
            Fact::Held { .. } => {}
            Fact::Requested {
                offering,
                asked,
                granted,
            } => self.requested(offering, asked, granted),
            Fact::Booting {
                node,
                launch,
                ready,
            } => self.booting(node, launch, ready),
            Fact::Ready { node, launch } => self.ready(node, launch),
            Fact::Draining { node } => self.draining(node),
            Fact::Noticed { node, at } => self.noticed(node, at),
            Fact::Reclaimed { node } => self.reclaimed(node),
            Fact::Released { node } => self.released(node),
            Fact::Advised { node } => self.advised(node),
            Fact::Miscarried { node } => self.miscarried(node),
            Fact::Failed { node, repaired } => self.failed(node, repaired),
            Fact::Repaired { node } => self.repaired(node),
            Fact::Shock { offering } => self.shocked(offering),
            Fact::Price { offering, price } => self.price(offering, price),
            Fact::Availability { offering, nodes } => self.availability(offering, nodes),
        }
        self.check_quotas();
    }
}
