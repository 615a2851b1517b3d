//! The auditor's account of jobs: where each stands, what it holds, and how much of its work is left.

use super::nodes::Phase;
use super::running::Running;
use super::work::{Work, layout};
use super::{Auditor, Rule};
use crate::engine::Trigger;
use crate::model::{Job, Keep, Role, Seat};
use crate::units::{JobId, NodeId, SetId, SimTime, Span, convert};
use crate::watch::{Cause, Outcome, Spent};

/// A job, ended ones included.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: JobId,
    pub(super) spec: Job,
    pub(super) ended: Option<SimTime>,
    pub(super) running: Option<Running>,
    pub(super) attempts: u32,
    pub(super) work: Work,
    /// The stretch between checkpoints that the policy chose.
    pub(super) every: Option<Span>,
}

impl Row {
    pub(super) fn is_live(&self) -> bool {
        self.ended.is_none()
    }
}

impl Auditor {
    /// The row of a job that lives; a fact about any other is a violation.
    fn row(&mut self, job: JobId, what: &str) -> Option<usize> {
        let at = match job.replica() {
            None => self.workload.get(convert::index(job.ordinal())).copied(),
            Some(replica) => self.replica_row(replica),
        };
        let lives = |at: &usize| self.jobs[*at].id == job && self.jobs[*at].is_live();
        let at = at.filter(lives);
        let known = at.is_some();
        self.demand(known, Rule::JobState, || {
            format!("{job} {what}, but is not in the system")
        });
        at
    }

    /// Where the replica of this number stands.
    pub(super) fn replica_row(&self, replica: u32) -> Option<usize> {
        self.replicas.get(convert::index(replica)).copied()
    }

    pub(super) fn arrived(&mut self, job: JobId, spec: &Job, set: Option<SetId>) {
        let (now, place) = (self.now, self.jobs.len());
        let (places, number) = match job.replica() {
            None => (&mut self.workload, job.ordinal()),
            Some(replica) => (&mut self.replicas, replica),
        };
        let next = convert::narrow(places.len());
        places.push(place);
        if let Some(set) = set {
            self.launched(job, set);
        }
        self.demand(
            number == next && spec.arrival == now && set.is_some() == job.replica().is_some(),
            Rule::Arrival,
            || {
                format!(
                    "{job}, due at {}, is told as the arrival number {next}",
                    spec.arrival
                )
            },
        );
        let slot_is_taken = self
            .jobs
            .iter()
            .any(|row| row.is_live() && row.id.slot() == job.slot());
        self.demand(!slot_is_taken, Rule::Arrival, || {
            format!("{job} takes the slot of a live job")
        });
        let course = &self.world.classes[spec.class.index()].course;
        self.jobs.push(Row {
            id: job,
            spec: spec.clone(),
            ended: None,
            running: None,
            attempts: 0,
            work: Work::of(course, spec.kind, spec.work),
            every: None,
        });
        self.report.arrived += 1;
    }

    pub(super) fn started(&mut self, job: JobId, seats: &[Seat], works: SimTime) {
        let Some(at) = self.row(job, "starts") else {
            return;
        };
        let pending = self.jobs[at].running.is_none();
        self.demand(pending, Rule::JobState, || {
            format!("{job} starts while it runs")
        });
        self.check_gang(at, seats, &[]);
        let row = &self.jobs[at];
        let class = &self.world.classes[row.spec.class.index()];
        let own = class.course.delay(row.spec.kind);
        let restore = own.unwrap_or(if row.attempts > 0 {
            class.checkpoint.restore
        } else {
            class.checkpoint.setup
        });
        let due = self.now.saturating_add(restore);
        let lies = layout(&self.world, &row.spec, seats);
        if let Some(epochs) = &mut self.jobs[at].work.epochs {
            epochs.settle(lies, due, true);
        }
        self.demand(works == due, Rule::Restore, || {
            format!("{job} works from {works} on, not from {due} on")
        });
        self.jobs[at].attempts += 1;
        self.set_going(at, seats, works);
    }

    /// A job lies there, and will work.
    fn set_going(&mut self, at: usize, seats: &[Seat], works: SimTime) {
        let row = &self.jobs[at];
        let class = &self.world.classes[row.spec.class.index()];
        let rates = self.rates(at, seats);
        let running = Running::new(seats, (self.now, works), rates, (class, row));
        self.jobs[at].running = Some(running);
        for seat in seats {
            self.check_room(seat.node);
        }
        self.meet_neighbours();
    }

    pub(super) fn paced(&mut self, job: JobId, every: Span) {
        if let Some(at) = self.row(job, "is paced") {
            let waits = self.jobs[at].running.is_none() && every > Span::ZERO;
            self.demand(waits, Rule::JobState, || {
                format!("{job} is paced to {every}")
            });
            self.jobs[at].every = Some(every);
        }
    }

    /// A job goes on in other seats with all its work.
    pub(super) fn reseated(&mut self, job: JobId, seats: &[Seat], works: SimTime, spent: &Spent) {
        let Some(at) = self.row(job, "is reseated") else {
            return;
        };
        let Some(running) = self.vacate(at) else {
            self.blame(Rule::JobState, format!("{job} is reseated while it waits"));
            return;
        };
        let now = self.now;
        self.demand(
            running.passed(now, spent) && running.saving.is_none(),
            Rule::WorkingTime,
            || format!("{job} did not pass its time so: {spent:?}, {running:?}"),
        );
        let done = running.stretches(running.worked(now));
        let should = self.jobs[at].work.of_use(&done);
        self.demand(spent.kept.us() == should, Rule::Keep, || {
            format!("{job} keeps {}, not {should} us", spent.kept)
        });
        self.jobs[at].work.credit(&done);
        self.check_gang(at, seats, &running.seats);
        let class = &self.world.classes[self.jobs[at].spec.class.index()];
        let ready = running.works.max(now);
        let mut due = ready.saturating_add(class.checkpoint.reseat);
        let lies = layout(&self.world, &self.jobs[at].spec, seats);
        let delay = class.course.delay(self.jobs[at].spec.kind);
        if let (Some(epochs), Some(delay)) = (&mut self.jobs[at].work.epochs, delay) {
            let alike = epochs.lies_alike(&lies);
            due = if alike {
                ready
            } else {
                now.saturating_add(delay)
            };
            epochs.settle(lies, due, !alike);
        }
        self.demand(works == due, Rule::Restore, || {
            format!("{job} works from {works} on, not from {due} on")
        });
        self.set_going(at, seats, works);
    }

    pub(super) fn interrupted(&mut self, job: JobId, cause: Cause, spent: &Spent) {
        self.report.interrupted += 1;
        let Some(at) = self.row(job, "is interrupted") else {
            return;
        };
        let Some(running) = self.vacate(at) else {
            self.blame(
                Rule::JobState,
                format!("{job} is interrupted while it waits"),
            );
            return;
        };
        let (now, kept) = (self.now, spent.kept);
        self.demand(running.passed(now, spent), Rule::WorkingTime, || {
            format!("{job} did not pass its time so: {spent:?}, {running:?}")
        });
        if cause == Cause::Policy {
            self.spared(job, &running);
        }
        let checkpoint = self.world.classes[self.jobs[at].spec.class.index()].checkpoint;
        let saved = running.saving.is_some() && running.due(checkpoint.dump) == now;
        // Step by step, others may come between the last of the saving and the stop, and then it is not kept.
        let noticed = cause == Cause::Notice;
        let between = saved && self.world.trigger == Trigger::Step;
        self.demand(noticed == saved || between, Rule::Keep, || {
            format!("{job} is interrupted ({cause:?}); state saved: {saved}")
        });
        let safe = match checkpoint.keep {
            _ if noticed => running.worked(now),
            Keep::All => running.worked(now),
            Keep::Nothing => 0,
            Keep::Every(_) | Keep::Steps(_) | Keep::Either(..) => {
                running.pace.durable(running.elapsed(now))
            }
        };
        let safe = running.stretches(safe);
        let should = self.jobs[at].work.of_use(&safe);
        self.demand(kept.us() == should, Rule::Keep, || {
            format!("{job} keeps {kept}, not {should} us")
        });
        self.jobs[at].work.credit(&safe);
    }

    pub(super) fn ended(&mut self, job: JobId, outcome: Outcome, spent: &Spent) {
        let Some(at) = self.row(job, "ends") else {
            return;
        };
        let running = self.vacate(at);
        let now = self.now;
        let right = match &running {
            Some(running) => running.passed(now, spent) && spent.lost == Span::ZERO,
            None => *spent == Spent::default(),
        };
        self.demand(right, Rule::WorkingTime, || {
            format!("{job} did not pass its time so: {spent:?}, {running:?}")
        });
        match outcome {
            Outcome::Completed => {
                self.report.completed += 1;
                match running {
                    Some(running) => self.check_completion(at, &running),
                    None => self.blame(Rule::JobState, format!("{job} completes while it waits")),
                }
            }
            Outcome::Rejected => {
                self.report.rejected += 1;
                self.demand(running.is_none(), Rule::JobState, || {
                    format!("{job} is rejected while it runs")
                });
            }
            Outcome::Retired => self.report.retired += 1,
            Outcome::Unfinished => {
                self.report.unfinished += 1;
                self.ending = true;
                let over = self.world.end == Some(self.now);
                let dump = self.world.classes[self.jobs[at].spec.class.index()]
                    .checkpoint
                    .dump;
                // Beside one that it does not fit together with it may stand still for ever.
                let endless = |running: Running| running.due(dump) == SimTime::MAX;
                let stuck = running.is_none_or(endless);
                self.demand(over || stuck, Rule::Unfinished, || {
                    format!("{job} runs, and is left unfinished before the horizon")
                });
            }
        }
        self.jobs[at].ended = Some(self.now);
        if job.replica().is_some() {
            self.gone(job, outcome == Outcome::Retired);
        }
    }

    /// The job's work is done at this very microsecond.
    fn check_completion(&mut self, at: usize, running: &Running) {
        let (row, now) = (&self.jobs[at], self.now);
        let (job, work) = (row.id, row.work.clone());
        let (worked, length) = (running.worked(now), running.pace.length());
        let elapsed = running.elapsed(now);
        let done = now >= running.works && work.is_done_after(&running.stretches(worked));
        let done = done && elapsed >= length && running.saving.is_none();
        let before = worked > 0 && work.is_done_after(&running.stretches(worked - 1));
        self.demand(done, Rule::Early, || {
            format!("{job} completes after {worked} us of work, with {work:?}")
        });
        self.demand(!before && elapsed <= length, Rule::Late, || {
            format!("{job} was done before {worked} us of work, with {work:?}")
        });
    }

    /// Jobs that should have completed before `now`.
    pub(super) fn missed_jobs(&mut self, now: SimTime) {
        for at in 0..self.jobs.len() {
            let row = &self.jobs[at];
            let Some(running) = &row.running else {
                continue;
            };
            // At `now` itself it may still complete.
            let dump = self.world.classes[row.spec.class.index()].checkpoint.dump;
            let (job, due) = (row.id, running.due(dump));
            self.demand(due >= now, Rule::Late, || {
                format!("{job} has not completed by {now}")
            });
        }
    }

    /// The jobs on a noticed node that can save their state in time begin to.
    pub(super) fn save(&mut self, node: NodeId, at: SimTime) {
        for row in &mut self.jobs {
            let checkpoint = self.world.classes[row.spec.class.index()].checkpoint;
            let lies_there = row.seats_on(node).next().is_some();
            let Some(running) = row.running.as_mut().filter(|_| lies_there) else {
                continue;
            };
            let saved = self.now.saturating_add(checkpoint.dump);
            let stays = |seat: &&Seat| {
                !matches!(self.slots[seat.node.index()].phase, Phase::Noticed { .. })
            };
            let left: Vec<&Seat> = running.seats.iter().filter(stays).collect();
            let enough = |(position, role): (usize, &Role)| {
                let mine = left
                    .iter()
                    .filter(|seat| usize::from(seat.role) == position);
                mine.map(|seat| seat.tasks).sum::<u32>() >= role.least
            };
            let must = !row.spec.gang.roles().iter().enumerate().all(enough);
            let first = must && running.saving.is_none() && running.works < self.now;
            if checkpoint.on_notice && first && saved <= at && saved < running.due(checkpoint.dump)
            {
                running.saving = Some(self.now);
            }
        }
    }

    /// Takes a job off its seats, and bills its GPU time.
    fn vacate(&mut self, at: usize) -> Option<Running> {
        let running = self.jobs[at].running.take()?;
        let us = self.now.us().saturating_sub(running.started.us());
        let roles = self.jobs[at].spec.gang.roles();
        let each = |seat: &Seat| {
            let role = roles.get(usize::from(seat.role));
            role.map_or(0, |role| role.demand.gpu_milli()) * u64::from(seat.tasks)
        };
        let milli: u64 = running.seats.iter().map(each).sum();
        self.report.gpu.allocated += u128::from(us) * u128::from(milli);
        self.meet_neighbours();
        Some(running)
    }
}
