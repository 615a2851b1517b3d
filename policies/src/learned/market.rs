//! The head `market`: where a job with a deadline should be now: nowhere, on spot, or on demand.
//!
//! Each job is looked after on its own, as by [`Deadline`], whose safety net stays: a job that is not on spot and has less
//! than its work and two changeovers left goes on demand without being asked for. An agent is asked whenever there is a
//! choice and something has changed for the job, and at every multiple of `every`. A row is masked where no machine is to
//! be had there.

use std::collections::BTreeMap;

use sim_core::engine::{Change, Plan, Policy, View, Wakes};
use sim_core::units::{JobId, SimTime, Span, convert};

use super::gauges::{GAUGES, Gauges};
use super::process::{Head, Process};
use super::question::{Question, Widths};
use crate::compose::Composed;
use crate::deadline::{Clock, Deadline, On, Rule, Situation, Want, net};

/// Numbers of the context: of the world, of the job, of its luck so far.
const CONTEXT: usize = GAUGES + JOB + LUCK;
const JOB: usize = 9;
const LUCK: usize = 6;
/// Numbers of a row: which it is, whether the job is there, what it costs an hour.
const ROW: usize = 5;

/// The rows, in order.
const ROWS: [On; 3] = [On::Idle, On::Spot, On::OnDemand];

/// The head, with its parameters.
pub struct Market {
    /// Whose advice is followed where nobody answers.
    pub rule: Box<dyn Rule>,
    /// How often it is asked at least.
    pub every: Span,
}

impl Head for Market {
    fn lead(&self, composed: Composed) -> Box<dyn Process> {
        Box::new(Marketing {
            name: composed.name,
            deadline: Deadline::new(self.rule.fork(), Clock::Events),
            every: self.every,
            gauges: Gauges::default(),
            lucks: BTreeMap::new(),
            left: Vec::new(),
            advice: Want::be(On::Idle),
            until: SimTime::MAX,
        })
    }

    fn heuristic(&self, _composed: Composed) -> Box<dyn Policy + Send> {
        Box::new(Deadline::new(self.rule.fork(), Clock::Events))
    }

    fn composes(&self) -> bool {
        false
    }
}

/// Asks where each job should be.
struct Marketing {
    name: String,
    deadline: Deadline,
    every: Span,
    gauges: Gauges,
    lucks: BTreeMap<JobId, Luck>,
    /// Jobs that are still to be looked after at this instant, the next one last.
    left: Vec<JobId>,
    /// What the rule said last.
    advice: Want,
    /// When the job that was asked about is looked at again.
    until: SimTime,
}

/// What a job has seen of spot machines.
#[derive(Clone, Copy, Debug)]
struct Luck {
    /// Whether there were any, and since when.
    up: bool,
    since: SimTime,
    /// Time with and without any before that, and how many times there were.
    passed: [Span; 2],
    spells: [u32; 2],
    /// Where it was when it was asked about last, and when it is asked about again whatever happens.
    on: On,
    next: SimTime,
}

impl Luck {
    fn new(now: SimTime, up: bool) -> Self {
        Self {
            up,
            since: now,
            passed: [Span::ZERO; 2],
            spells: [0; 2],
            on: On::Idle,
            next: now,
        }
    }

    /// Takes note of whether there are any; whether that has changed.
    fn note(&mut self, now: SimTime, up: bool) -> bool {
        let turned = up != self.up;
        if turned {
            let kind = usize::from(!self.up);
            self.passed[kind] = self.passed[kind].saturating_add(now.since(self.since));
            self.spells[kind] += 1;
            (self.up, self.since) = (up, now);
        }
        turned
    }

    fn show(&self, now: SimTime) -> [f32; LUCK] {
        let spell = now.since(self.since);
        let kind = usize::from(!self.up);
        let mut passed = self.passed;
        passed[kind] = passed[kind].saturating_add(spell);
        let [with, without] = passed.map(hours);
        let all = with + without;
        let mean = |kind: usize| hours(passed[kind]) / f64::from(self.spells[kind].max(1));
        [
            if self.up { 1.0 } else { 0.0 },
            log(hours(spell)),
            convert::single(if all > 0.0 { with / all } else { 0.5 }),
            log(mean(0)),
            log(mean(1)),
            log(f64::from(self.spells[0])),
        ]
    }
}

impl Marketing {
    /// The next job for which there is a choice, if there is one; those without are looked after on the way.
    fn next(&mut self, view: &View<'_>, plan: &mut Plan<'_>, question: &mut Question) -> bool {
        while let Some(id) = self.left.last().copied() {
            if self.puts(id, (view, plan), question) {
                return true;
            }
            self.left.pop();
        }
        false
    }

    /// Puts a question about a job; false if it was looked after without.
    fn puts(
        &mut self,
        id: JobId,
        (view, plan): (&View<'_>, &mut Plan<'_>),
        question: &mut Question,
    ) -> bool {
        let now = view.now();
        let Some(stand) = self.deadline.stand(view, plan, id) else {
            return false;
        };
        let Some(situation) = stand.ruled else {
            let job = view.job(id).expect("it stands");
            let want = self.deadline.unruled(&job, stand.on);
            self.deadline.follow((view, plan), id, want);
            return false;
        };
        let [spot, steady] = stand.to_be_had;
        let luck = self.lucks.entry(id);
        let luck = luck.or_insert_with(|| Luck::new(now, spot));
        let changed = luck.note(now, spot) || luck.on != stand.on || now >= luck.next;
        if stand.on != On::Spot && net::binds(&situation) {
            self.deadline
                .follow((view, plan), id, Want::be(On::OnDemand));
            return false;
        }
        if !changed {
            return false;
        }
        let tick = now.saturating_add(Span::MICROSECOND).round_up(self.every);
        self.advice = self.deadline.says(&situation);
        let again = self.advice.again.unwrap_or(SimTime::MAX).min(tick);
        self.until = match stand.on {
            On::Spot => again,
            On::Idle | On::OnDemand => again.min(net::instant(&situation).max(now)),
        };
        (luck.on, luck.next) = (stand.on, again);
        let luck = *luck;
        if !spot && !steady {
            let want = Want::until(On::Idle, self.until);
            self.deadline.follow((view, plan), id, want);
            return false;
        }
        self.gauges
            .show((view, plan.capacity()), None, &mut question.context);
        question.context.extend(told(&situation));
        question.context.extend(luck.show(now));
        let prices = [
            None,
            situation.spot.or(situation.markets[0]),
            situation.markets[1],
        ];
        let price = |at: Option<_>| {
            let offering = at.and_then(|at| view.offering(at));
            offering.map_or(0.0, |own| convert::real(own.price.nanousd_h()))
        };
        let dear = price(prices[2]).max(1.0);
        for ((row, kind), at) in ROWS.iter().enumerate().zip(prices) {
            let mut numbers = [0.0; ROW];
            numbers[row] = 1.0;
            numbers[3] = if *kind == stand.on { 1.0 } else { 0.0 };
            numbers[4] = convert::single((price(at) / dear).min(10.0));
            question.rows.extend(numbers);
        }
        question.legal.extend([true, spot, steady]);
        true
    }
}

impl Process for Marketing {
    fn name(&self) -> &str {
        &self.name
    }

    fn widths(&self) -> Widths {
        Widths {
            context: CONTEXT,
            row: ROW,
            rows: ROWS.len(),
        }
    }

    fn wakes_on(&self) -> Wakes {
        let supply = Wakes::NODE | Wakes::NOTICE | Wakes::AVAILABILITY;
        Wakes::ARRIVAL | Wakes::END | Wakes::WAKE | supply
    }

    fn open(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        self.gauges.note(view);
        for change in view.changes() {
            if let Change::Ended(id) = change {
                self.lucks.remove(id);
            }
        }
        self.deadline.open(view, plan);
        self.left = self.deadline.jobs().collect();
        self.left.reverse();
    }

    fn ask(&mut self, view: &View<'_>, plan: &mut Plan<'_>, question: &mut Question) -> bool {
        self.next(view, plan, question)
    }

    fn settle(&mut self, row: usize, view: &View<'_>, plan: &mut Plan<'_>) {
        let job = self.left.pop().expect("it was asked about");
        let want = Want::until(ROWS[row], self.until);
        self.deadline.follow((view, plan), job, want);
        // Where it is now is nothing new to whoever has just answered.
        if let Some(luck) = self.lucks.get_mut(&job) {
            luck.on = ROWS[row];
        }
    }

    fn close(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        self.deadline.close(view, plan);
    }

    fn advice(&self) -> usize {
        let at = ROWS.iter().position(|row| *row == self.advice.on);
        at.expect("every place has its row")
    }

    fn fork(&self) -> Box<dyn Process> {
        Box::new(Self {
            name: self.name.clone(),
            deadline: self.deadline.copy(),
            gauges: self.gauges.clone(),
            lucks: self.lucks.clone(),
            left: self.left.clone(),
            ..*self
        })
    }
}

/// What is told of a job.
fn told(job: &Situation<'_>) -> [f32; JOB] {
    let (left, time) = (hours(job.left()), hours(job.time_left()));
    let (allowed, work) = (hours(job.allowed()), hours(job.work));
    let change = hours(job.changeover);
    let part = |part: f64, of: f64| convert::single(if of > 0.0 { part / of } else { 0.0 });
    let ahead = (1.0 - part(left, work)) - (1.0 - part(time, allowed));
    [
        part(left, work),
        part(time, allowed),
        part(left, time.max(left)),
        part(time - left - 2.0 * change, allowed),
        ahead,
        if job.keeps_pace(Span::ZERO) { 1.0 } else { 0.0 },
        part(change, work).min(1.0),
        part(hours(job.setting_up()), change).min(1.0),
        log(left),
    ]
}

fn hours(span: Span) -> f64 {
    convert::real(span.us()) / 3.6e9
}

fn log(x: f64) -> f32 {
    convert::single(libm::log1p(x) / 4.0)
}
