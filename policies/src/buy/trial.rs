//! A trial: whoever waits is tried out, in the order of the queue, on machines that are there, on those that boot, and on new
//! ones. Nothing of it is decided.
//!
//! A job starts for the time being where the placement lays it. Where nothing runs and the first is not started though there
//! is room, its rule of admission wants more machines than that, and it counts as not laid. A gang that is not laid is
//! reckoned with as a whole or not at all. One that quotas alone deny its machines keeps those behind it from buying what takes
//! from the same quotas, and idle machines of those fleets are kept for nobody: else each could hold what the other one needs.

use std::collections::BTreeSet;

use sim_core::engine::{Decision, JobDecision};
use sim_core::model::Role;
use sim_core::units::{JobId, NodeId, convert};

use super::machine::Stand;
use super::sheet::Sheet;
use crate::compose::Desk;
use crate::queue::Pass;
use crate::scale::cluster::Offer;

/// A trial, and what came of it.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    pub(super) sheet: Sheet,
    /// Position of the fleet of which new machines are tried first; none: nobody gets any.
    fleet: Option<usize>,
    /// Ready machines on which somebody is expected.
    pub(super) expected: BTreeSet<NodeId>,
    /// Positions of the fleets new machines of which help the first who cannot do without; it goes no further than that.
    pub(super) able: Vec<usize>,
}

impl Trial {
    /// Tries everybody.
    pub(super) fn run(desk: &mut Desk<'_, '_, '_>, sheet: Sheet, fleet: Option<usize>) -> Self {
        let mut trial = Self {
            sheet,
            fleet,
            expected: BTreeSet::new(),
            able: Vec::new(),
        };
        let (mark, mut pass) = (desk.plan.mark(), Pass::default());
        let is_start = |of: &Decision| matches!(of, Decision::Job(JobDecision::Start(..)));
        let anyone_runs = desk.view.running_len() > 0;
        let anyone_runs = anyone_runs || desk.plan.decisions().iter().any(is_start);
        // Jobs of a lane want the same, and what is left only ever becomes less.
        let mut unlaid: BTreeSet<usize> = BTreeSet::new();
        desk.queue.begin(&mut pass);
        while let Some((job, lane)) = desk.queue.next(&mut pass) {
            let is_held_back = !anyone_runs && unlaid.is_empty();
            if !is_held_back && !unlaid.contains(&lane) && trial.lay(desk, job) {
                continue;
            }
            unlaid.insert(lane);
            if !trial.reckon(desk, job) {
                pass.skip(lane);
            }
            if !trial.able.is_empty() {
                break;
            }
        }
        desk.plan.rollback(mark);
        trial
    }

    /// What it comes to, if new machines of its fleet are any help.
    pub(super) fn offer(&self) -> Option<Offer> {
        let stock = &self.sheet.stocks[self.fleet?];
        (stock.new > 0).then(|| Offer {
            group: stock.id.index(),
            nodes: stock.new,
            pods: (0..convert::index(self.sheet.on_new)).collect(),
            idle: self.sheet.idle(),
        })
    }

    /// Starts a job for the time being, if the placement lays it.
    fn lay(&mut self, desk: &mut Desk<'_, '_, '_>, job: JobId) -> bool {
        let Some(placement) = desk.lay(job) else {
            return false;
        };
        let started = desk.plan.start(job, &placement);
        started.expect("a placement that was laid out on this plan");
        for seat in &placement.seats {
            let offering = desk.plan.capacity().offering_of(seat.node);
            if !self.sheet.keeps(offering) {
                self.expected.insert(seat.node);
            }
        }
        true
    }

    /// Reckons with a gang; false if it is to be had nowhere.
    fn reckon(&mut self, desk: &mut Desk<'_, '_, '_>, job: JobId) -> bool {
        let (gang, models) = (desk.gang(job), desk.job(job).models());
        let (want, capacity) = ((&gang, models), desk.plan.capacity());
        if let Some(sheet) = self.sheet.with(capacity, want, &[]) {
            self.take(desk, sheet);
            return true;
        }
        let sheet = &self.sheet;
        let with = |first| sheet.with(capacity, want, &sheet.fleets(first));
        let buys = |other: &Sheet, at: usize| other.stocks[at].new > sheet.stocks[at].new;
        if self.fleet.is_none() {
            let is_able = |at: &usize| with(Some(*at)).is_some_and(|other| buys(&other, *at));
            self.able = (0..sheet.stocks.len()).filter(is_able).collect();
            if !self.able.is_empty() {
                return false;
            }
        }
        // It gets none of other fleets than the one that is tried unless that helps it too.
        let is_new = |other: &Sheet| other.bought().ne(sheet.bought());
        let is_tried = |other: &Sheet| self.fleet.is_none_or(|at| buys(other, at));
        let found = with(self.fleet);
        if let Some(other) = found.filter(|other| is_tried(other) || !is_new(other)) {
            self.take(desk, other);
            return true;
        }
        let every = sheet.fleets(None);
        let freely = |sheet: &Sheet| sheet.with(capacity, want, &every).is_some();
        if freely(&sheet.unbound()) && freely(&sheet.empty(desk)) {
            let may = |id, role: &Role| capacity.allows(id, models, &role.demand);
            let gang = gang.roles();
            self.sheet.keep(|id| gang.iter().any(|role| may(id, role)));
        }
        false
    }

    /// Goes on with this sheet: ready machines that it reckons with are nobody else's.
    fn take(&mut self, desk: &mut Desk<'_, '_, '_>, sheet: Sheet) {
        self.sheet = sheet;
        for machine in &self.sheet.machines {
            if let Stand::Claimed(node) = machine.stand {
                desk.plan.set_aside(node);
                self.expected.insert(node);
            }
        }
    }
}
