//! A turn: one round is closed and the next one opened.

use std::collections::BTreeSet;

use sim_core::engine::{Plan, View};
use sim_core::units::{SimTime, convert};
use sim_core::world::draw::Stream;

use super::faithful;
use super::journal::{Admitted, Journal, Solved};
use super::ledger::Member;
use super::members;
use super::pick::{Terms, pick};
use super::policy::Gavel;
use super::round::{Part, Round};
use super::seats;

impl Gavel {
    /// Now, on the policy's own clock.
    fn now(&self, view: &View<'_>) -> f64 {
        match &self.faithful {
            Some(faithful) => faithful.now,
            None => convert::real(view.now().us()),
        }
    }

    /// No round is under way. The published simulator's clock goes to the next arrival; false if there is none to go to.
    pub(super) fn jump(&mut self, view: &View<'_>) -> bool {
        let Some(faithful) = &mut self.faithful else {
            return true;
        };
        let first = faithful::first(&self.coming, view);
        faithful.now = first.unwrap_or(faithful.now);
        first.is_some()
    }

    /// Machines came while nobody could run, of which the published simulator knows nothing: its clock goes to now. False if
    /// there is nobody to run on them.
    pub(super) fn catch_up(&mut self, view: &View<'_>) -> bool {
        let Some(faithful) = &mut self.faithful else {
            return true;
        };
        faithful.now = faithful.now.max(faithful::seconds(view.now()));
        !self.ledger.members.is_empty()
    }

    /// The round is over: everybody is credited with what it received.
    pub(super) fn close(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        let round = self.round.take().expect("a round is under way");
        let tasks = match &mut self.faithful {
            None => members::settle(&round, &mut self.ledger, view),
            Some(faithful) => {
                let tasks = faithful.settle(&round, &mut self.ledger, view);
                for running in view.running() {
                    if plan.can_spare(running.id()) {
                        plan.preempt(running.id()).expect("it runs");
                    }
                }
                for task in tasks.iter().filter(|task| task.dropped || task.done) {
                    if task.dropped {
                        plan.reject(task.job).expect("it waits");
                    }
                    self.ledger.drop(task.job);
                }
                tasks
            }
        };
        self.tell(|journal| journal.tasks.extend(tasks));
    }

    /// Takes in whoever has come by now.
    pub(super) fn admit(&mut self, view: &View<'_>, plan: &Plan<'_>) {
        let now = self.now(view);
        let at_s = now / self.ledger.unit;
        for job in std::mem::take(&mut self.coming) {
            let Some(seen) = view.job(job) else { continue };
            let mut member = Member::new(&seen, &self.ledger, view);
            if member.arrival <= now {
                if self.faithful.is_some() {
                    // The original counts a deadline from here on.
                    let slack = member.deadline.map(|due| due - member.arrival);
                    member.deadline = slack.map(|slack| now + slack);
                } else {
                    member.stay_where_it_fits(&seen, &self.ledger, plan.capacity());
                }
                self.ledger.admit(job, member);
                if self.goal.packs() {
                    self.ledger.pair_up(job, view);
                }
                self.tell(|journal| journal.admitted.push(Admitted { job, at_s }));
            } else {
                self.coming.push(job);
            }
        }
    }

    /// Begins a round, if anybody is to run.
    pub(super) fn open(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        loop {
            let now = self.now(view);
            let at_s = now / self.ledger.unit;
            members::survey(&mut self.ledger, view, plan);
            if self.ledger.is_due(now, self.goal.lasts_s()) {
                let shares = self.ledger.solve(&mut *self.goal, now);
                self.tell(|journal| journal.solved.push(Solved { at_s, shares }));
            }
            self.begin(view, plan);
            let models = self.ledger.models.iter().map(|model| model.id);
            let models = models.collect();
            self.tell(|journal| (journal.end_s, journal.models) = (at_s, models));
            if self.round.is_some() || !self.goes_on(view) {
                return;
            }
            self.admit(view, plan);
        }
    }

    /// Nobody runs. Whether it is worth another try at once: with shares computed anew, or at the next arrival.
    fn goes_on(&mut self, view: &View<'_>) -> bool {
        if self.faithful.is_some() {
            if self.jump(view) {
                return true;
            }
            let more = view
                .arrivals()
                .is_some_and(|leave| view.more_arrivals(leave));
            if more {
                return false;
            }
        }
        let again = self.ledger.stale && !self.ledger.members.is_empty();
        if again {
            self.ledger.hurry();
        }
        again
    }

    /// Picks who runs, and starts it.
    fn begin(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        self.ledger.rank();
        let (parts, due) = self.start(view, plan);
        let members = &self.ledger.members;
        let there = self.before.iter();
        let there = there.filter(|part| members.contains_key(&part.job));
        let (leases, kept) = (there.count(), kept(&self.before, &parts));
        self.before.clone_from(&parts);
        self.tell(|journal| {
            journal.lease_opportunities += convert::wide(leases);
            journal.lease_extensions += convert::wide(kept);
        });
        if !parts.is_empty() {
            plan.wake_at(due).expect("a round takes time");
            self.round = Some(Round {
                start: view.now(),
                due,
                parts,
            });
        }
    }

    /// Starts those who are to run; returns them, and when the round is over.
    fn start(&mut self, view: &View<'_>, plan: &mut Plan<'_>) -> (Vec<Part>, SimTime) {
        let terms = Terms {
            only_shares: self.goal.only_shares(),
            newcomers: self.newcomers,
        };
        let ledger = &self.ledger;
        let mut order = self.order.clone();
        let Some(faithful) = &mut self.faithful else {
            let used = ledger.used();
            order.retain(|model| used.contains(model));
            if self.goal.shuffles() {
                shuffle(&mut order, &mut self.luck);
            }
            let mut out = BTreeSet::new();
            let parts = loop {
                let picked = pick(ledger, &order, terms, &out);
                match seats::seat(ledger, (&picked, &self.before), view, plan) {
                    Ok(parts) => break parts,
                    // Whose tasks find no room on a model may still do so on another.
                    Err(barred) => out.insert(barred),
                };
            };
            return (parts, view.now().saturating_add(members::round(ledger)));
        };
        if self.goal.shuffles() {
            faithful.shuffler.shuffle(&mut order);
        }
        let picked = pick(ledger, &order, terms, &BTreeSet::new());
        let mut parts = seats::seat_by_number(ledger, &picked, &self.before, plan);
        let due = faithful.start(&mut parts, ledger, (view, plan));
        (parts, due)
    }

    fn tell(&mut self, entry: impl FnOnce(&mut Journal)) {
        if let Some(journal) = &mut self.journal {
            entry(journal);
        }
    }
}

/// As the original: from the last place to the second, each swapped with one that is not behind it.
fn shuffle(order: &mut [usize], luck: &mut Stream) {
    for at in (1..order.len()).rev() {
        let other = luck.below(convert::wide(at + 1));
        order.swap(at, usize::try_from(other).expect("below a length"));
    }
}

/// How many run on the same GPUs as before.
fn kept(before: &[Part], parts: &[Part]) -> usize {
    let same = |part: &&Part| {
        let mut before = before.iter();
        before.any(|old| old.job == part.job && sorted(old) == sorted(part))
    };
    parts.iter().filter(same).count()
}

fn sorted(part: &Part) -> super::round::Gpus {
    let mut gpus = part.gpus.clone();
    gpus.sort_unstable();
    gpus
}
