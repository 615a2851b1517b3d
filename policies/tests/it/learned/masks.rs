//! The mask: what it allows is accepted, what it masks would be refused, and it always allows something.

use std::sync::{Arc, Mutex};

use policies::learned::{Process, Question, Widths};
use sim_core::engine::{JobView, Plan, View, Wakes};
use sim_core::units::JobId;

use super::rig::{Asks, Lot, MARKET, NEXT, START, bazaar, crowd, episode};

/// Looks over a process's shoulder: every question is held against the plan itself.
struct Probe {
    inner: Box<dyn Process>,
    check: fn(&View<'_>, &mut Plan<'_>, &Question, Shown<'_>),
    /// Started in this plan.
    gone: Vec<JobId>,
    asked: Arc<Mutex<u64>>,
    window: usize,
}

/// The jobs that rows stand for.
type Shown<'a> = &'a [JobId];

impl Probe {
    fn shown(&self, view: &View<'_>, plan: &Plan<'_>) -> Vec<JobId> {
        let waiting = view.pending().map(|job: JobView<'_>| job.id());
        let mut waiting: Vec<JobId> = waiting.filter(|job| plan.is_pending(*job)).collect();
        waiting.sort_unstable_by_key(|job| job.ordinal());
        waiting.truncate(self.window);
        waiting
    }
}

impl Process for Probe {
    fn name(&self) -> &str {
        self.inner.name()
    }
    fn widths(&self) -> Widths {
        self.inner.widths()
    }
    fn wakes_on(&self) -> Wakes {
        self.inner.wakes_on()
    }
    fn open(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        self.gone.clear();
        self.inner.open(view, plan);
    }
    fn ask(&mut self, view: &View<'_>, plan: &mut Plan<'_>, question: &mut Question) -> bool {
        let asks = self.inner.ask(view, plan, question);
        if asks {
            let widths = self.inner.widths();
            assert!(
                question.legal.iter().any(|legal| *legal),
                "nothing is legal"
            );
            assert!(question.len() <= widths.rows);
            assert_eq!(question.context.len(), widths.context);
            assert_eq!(question.rows.len(), question.len() * widths.row);
            assert!(
                question
                    .context
                    .iter()
                    .chain(&question.rows)
                    .all(|x| x.is_finite())
            );
            let shown = self.shown(view, plan);
            (self.check)(view, plan, question, &shown);
            *self.asked.lock().expect("one thread") += 1;
        }
        asks
    }
    fn settle(&mut self, row: usize, view: &View<'_>, plan: &mut Plan<'_>) {
        self.inner.settle(row, view, plan);
    }
    fn close(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        self.inner.close(view, plan);
    }
    fn advice(&self) -> usize {
        self.inner.advice()
    }
    fn fork(&self) -> Box<dyn Process> {
        unreachable!("nobody copies a probe")
    }
}

/// A row may be chosen if and only if its job fits now; to wait is always allowed.
fn starts(_view: &View<'_>, plan: &mut Plan<'_>, question: &Question, shown: Shown<'_>) {
    assert_eq!(question.len(), shown.len() + 1);
    for (row, job) in shown.iter().enumerate() {
        let mark = plan.mark();
        let accepted = plan
            .fits(*job)
            .is_some_and(|placement| plan.start(*job, &placement).is_ok());
        plan.rollback(mark);
        assert_eq!(question.legal[row], accepted, "row {row}");
    }
    assert!(question.legal[shown.len()], "to wait is always allowed");
}

/// A row may be chosen if and only if its job could run on an empty fleet: sixteen GPUs on four machines.
fn waits_its_turn(view: &View<'_>, _plan: &mut Plan<'_>, question: &Question, shown: Shown<'_>) {
    assert_eq!(question.len(), shown.len());
    for (row, job) in shown.iter().enumerate() {
        let job = view.job(*job).expect("it waits");
        assert_eq!(question.legal[row], job.gang().gpus() <= 16, "row {row}");
    }
}

/// To be on spot, or on demand, may be chosen if and only if the job is there or a machine can be had.
fn is_to_be_had(view: &View<'_>, plan: &mut Plan<'_>, question: &Question, _shown: Shown<'_>) {
    assert_eq!(question.len(), 3);
    assert!(
        question.legal[0],
        "to idle is always allowed while there is time"
    );
    // What the provider has, and what of it is empty or on its way.
    for (row, offering) in plan.capacity().offerings().enumerate() {
        let own = view.offering(offering).expect("two of them");
        let held = plan.holds(offering);
        if held < own.available.min(own.max) {
            assert!(question.legal[row + 1], "there is one more to be had");
        }
        if own.available == 0 && held == 0 {
            assert!(!question.legal[row + 1], "there is none");
        }
    }
}

fn probed(
    asks: Asks,
    check: fn(&View<'_>, &mut Plan<'_>, &Question, Shown<'_>),
    (jobs, least): (u64, u64),
) {
    let asked = Arc::new(Mutex::new(0));
    let mut seed = 0;
    while *asked.lock().expect("one thread") < least {
        let (world, jobs) = if asks.head == "market" {
            bazaar(seed, jobs)
        } else {
            crowd(seed, jobs)
        };
        let probe = Probe {
            inner: asks.process(16),
            check,
            gone: Vec::new(),
            asked: Arc::clone(&asked),
            window: 16,
        };
        let mut lot = Lot::new(seed);
        let mut episode = episode(&world, &jobs, Box::new(probe));
        while let Some(question) = episode.question() {
            let row = lot.row(question);
            episode.answer(row).expect("what is legal is accepted");
        }
        seed += 1;
    }
}

#[test]
fn who_may_start_fits_and_who_may_not_does_not() {
    probed(START, starts, (400, 450_000));
}

#[test]
fn who_may_be_next_could_run_and_who_may_not_never_could() {
    probed(NEXT, waits_its_turn, (400, 450_000));
}

#[test]
fn a_market_may_be_chosen_where_it_has_machines() {
    probed(MARKET, is_to_be_had, (60, 100_000));
}
