//! What a run is worth to an agent, kept as it goes: R = -(spend + penalties + queue + slowdown), each in stated units.
//!
//! | term | unit |
//! |---|---|
//! | spend | what machines cost, over what the jobs' GPU hours would cost on demand |
//! | penalty | a point for each violation, a stated part of one for each interruption, over the number of jobs |
//! | queue | hours that jobs waited, over the number of jobs |
//! | slowdown | bounded slowdown, on average over the jobs: its bound is ten seconds |
//!
//! All but spend are sums of integers, so that what was handed out in pieces adds up to what the run comes to. While a run
//! goes on, what is spent is price x time; with the last piece it becomes the bill.

use sim_core::engine::World;
use sim_core::units::{JobId, Money, SimTime, Span, convert};
use sim_core::watch::{Fact, Observer, Outcome};

/// How much of each term counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    /// Of what is spent.
    pub spend: f64,
    /// Of violations and interruptions.
    pub penalty: f64,
    /// Of hours waited.
    pub queue: f64,
    /// Of bounded slowdown.
    pub slowdown: f64,
    /// What an interruption is of a violation.
    pub interruption: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            spend: 0.6,
            penalty: 0.3,
            queue: 0.1,
            slowdown: 0.0,
            interruption: 0.1,
        }
    }
}

/// What terms are divided by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Dollars that the same work would cost on demand; above zero.
    pub on_demand_usd: f64,
    /// Jobs; above zero.
    pub jobs: f64,
}

/// What the terms have come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Terms {
    /// Dollars.
    pub spent_usd: f64,
    /// Violations.
    pub violations: f64,
    /// Interruptions.
    pub interruptions: f64,
    /// Hours that jobs waited.
    pub queue_hours: f64,
    /// Bounded slowdowns, added up.
    pub slowdown: f64,
}

/// Ten seconds: shorter jobs count as so long.
const BOUND_US: u64 = 10_000_000;
/// Slowdown is gathered in parts of this.
const PARTS: u128 = 1 << 80;

/// Keeps the terms of a run, from its facts.
#[derive(Clone, Debug)]
pub struct Account {
    /// A job that waits longer is a violation.
    promise: Option<Span>,
    until: SimTime,
    waiting: u64,
    /// Job-microseconds waited.
    waited: u128,
    /// Parts of slowdown that the waiting jobs gather in a microsecond.
    pressure: u128,
    /// Parts gathered by jobs that have not ended.
    gathered: u128,
    /// Bounded slowdowns of those that have.
    ended: f64,
    violations: u32,
    interruptions: u32,
    /// By job slot.
    jobs: Vec<Kept>,
}

/// What is kept of a job.
#[derive(Clone, Copy, Debug, Default)]
struct Kept {
    arrival: SimTime,
    /// Since when it has waited; none while it runs.
    since: Option<SimTime>,
    started: Option<SimTime>,
    deadline: Option<SimTime>,
    rate: u128,
    gathered: u128,
    run: Span,
    /// Replicas are nobody's jobs.
    counts: bool,
}

impl Account {
    /// Of a run in which a job that waits longer than `promise` is a violation.
    pub fn new(promise: Option<Span>) -> Self {
        Self {
            promise,
            until: SimTime::ZERO,
            waiting: 0,
            waited: 0,
            pressure: 0,
            gathered: 0,
            ended: 0.0,
            violations: 0,
            interruptions: 0,
            jobs: Vec::new(),
        }
    }

    /// The terms at `now`, with what was spent by then.
    pub fn terms(&self, now: SimTime, spent: Money) -> Terms {
        let more = u128::from(now.since(self.until).us());
        Terms {
            spent_usd: usd(spent),
            violations: f64::from(self.violations),
            interruptions: f64::from(self.interruptions),
            queue_hours: real(self.waited + more * u128::from(self.waiting)) / 3.6e9,
            slowdown: self.ended + real(self.gathered + more * self.pressure) / real(PARTS),
        }
    }

    fn bring_to(&mut self, now: SimTime) {
        let passed = u128::from(now.since(self.until).us());
        self.waited += passed * u128::from(self.waiting);
        self.gathered += passed * self.pressure;
        self.until = now;
    }

    fn waits(&mut self, job: JobId, now: SimTime) {
        self.bring_to(now);
        let kept = &mut self.jobs[job.slot()];
        if !kept.counts {
            return;
        }
        kept.since = Some(now);
        self.waiting += 1;
        self.pressure += kept.rate;
    }

    /// It waits no longer.
    fn leaves(&mut self, job: JobId, now: SimTime) {
        self.bring_to(now);
        let kept = &mut self.jobs[job.slot()];
        if let Some(since) = kept.since.take() {
            kept.gathered += u128::from(now.since(since).us()) * kept.rate;
            self.waiting -= 1;
            self.pressure -= kept.rate;
        }
    }

    fn ends(&mut self, job: JobId, outcome: Outcome, now: SimTime) {
        self.leaves(job, now);
        let kept = self.jobs[job.slot()];
        if !kept.counts {
            return;
        }
        self.gathered -= kept.gathered;
        if outcome == Outcome::Completed {
            let length = kept.run.max(Span::from_us(BOUND_US).expect("short"));
            let took = now.since(kept.arrival);
            let slowdown = convert::real(took.us()) / convert::real(length.us());
            self.ended += slowdown.max(1.0);
        } else {
            // What it has gathered so far is all there is.
            self.ended += real(kept.gathered) / real(PARTS);
        }
        let late = kept.deadline.is_some_and(|deadline| match outcome {
            Outcome::Rejected => true,
            Outcome::Completed | Outcome::Unfinished | Outcome::Retired => now > deadline,
        });
        let waited = kept.started.unwrap_or(now).since(kept.arrival);
        let kept_waiting = |promise| outcome == Outcome::Rejected || waited > promise;
        self.violations += u32::from(late || self.promise.is_some_and(kept_waiting));
    }
}

impl Observer for Account {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        match fact {
            Fact::Arrived { job, spec, set } => {
                if self.jobs.len() <= job.slot() {
                    self.jobs.resize(job.slot() + 1, Kept::default());
                }
                self.jobs[job.slot()] = Kept {
                    arrival: now,
                    deadline: spec.deadline,
                    rate: PARTS / u128::from(spec.work.max(BOUND_US)),
                    counts: set.is_none(),
                    ..Kept::default()
                };
                self.waits(*job, now);
            }
            Fact::Started { job, .. } => {
                self.leaves(*job, now);
                self.jobs[job.slot()].started.get_or_insert(now);
            }
            Fact::Reseated { job, spent, .. } => self.ran(*job, spent.total()),
            Fact::Interrupted { job, spent, .. } => {
                self.ran(*job, spent.total());
                self.interruptions += u32::from(self.jobs[job.slot()].counts);
                self.waits(*job, now);
            }
            Fact::Ended {
                job,
                outcome,
                spent,
            } => {
                self.ran(*job, spent.total());
                self.ends(*job, *outcome, now);
            }
            Fact::Retiring { .. }
            | Fact::Worked { .. }
            | Fact::Request { .. }
            | Fact::Flow { .. }
            | Fact::Paced { .. }
            | Fact::Refused(_)
            | Fact::Held { .. }
            | Fact::Requested { .. }
            | Fact::Booting { .. }
            | Fact::Ready { .. }
            | Fact::Draining { .. }
            | Fact::Noticed { .. }
            | Fact::Reclaimed { .. }
            | Fact::Advised { .. }
            | Fact::Miscarried { .. }
            | Fact::Failed { .. }
            | Fact::Repaired { .. }
            | Fact::Shock { .. }
            | Fact::Released { .. }
            | Fact::Price { .. }
            | Fact::Availability { .. } => {}
        }
    }
}

impl Account {
    fn ran(&mut self, job: JobId, time: Span) {
        let kept = &mut self.jobs[job.slot()];
        kept.run = kept.run.saturating_add(time);
    }
}

impl Weights {
    /// What terms are worth: zero or less.
    pub fn worth(&self, terms: &Terms, scale: &Scale) -> f64 {
        let penalties = terms.violations + self.interruption * terms.interruptions;
        let spend = self.spend * (terms.spent_usd / scale.on_demand_usd);
        let penalty = self.penalty * (penalties / scale.jobs);
        let queue = self.queue * (terms.queue_hours / scale.jobs);
        let slowdown = self.slowdown * (terms.slowdown / scale.jobs);
        -(spend + penalty + queue + slowdown)
    }
}

impl Scale {
    /// Of a run of so many jobs in `world` that hold GPUs for `gpu_hours` together: an hour of a GPU costs what it costs at
    /// the start on demand, or the dearest there is where nothing is on demand.
    pub fn of(world: &World, jobs: u32, gpu_hours: f64) -> Self {
        use sim_core::model::Market;
        let hourly = |own: &sim_core::model::Offering| {
            let gpus = f64::from(own.shape.gpus.max(1));
            convert::real(own.price.at(SimTime::ZERO).nanousd_h()) / 1e9 / gpus
        };
        let on_demand = world.offerings.iter();
        let on_demand = on_demand.filter(|own| own.market == Market::OnDemand);
        let cheapest = on_demand.map(hourly).min_by(f64::total_cmp);
        let dearest = world.offerings.iter().map(hourly).max_by(f64::total_cmp);
        let rate = cheapest.or(dearest).unwrap_or(0.0);
        let usd = rate * gpu_hours;
        Self {
            on_demand_usd: if usd > 0.0 { usd } else { 1.0 },
            jobs: f64::from(jobs.max(1)),
        }
    }
}

fn usd(money: Money) -> f64 {
    let nano = money.nanousd();
    let size = real(nano.unsigned_abs()) / 1e9;
    if nano < 0 { -size } else { size }
}

/// To the nearest, halves of it apart.
fn real(number: u128) -> f64 {
    let high = u64::try_from(number >> 64).expect("64 bits");
    let low = u64::try_from(number & u128::from(u64::MAX)).expect("64 bits");
    convert::real(high) * 18_446_744_073_709_551_616.0 + convert::real(low)
}
