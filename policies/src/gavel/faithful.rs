//! A round as the published simulator counts it: in seconds, in doubles, in its order of additions.
//!
//! What is kept of its ways, for which a scenario asks with `compat = "gavel"`:
//!
//! * A task runs for as many whole steps as fit into a round, so rounds are a little shorter than they should be, and end with
//!   their slowest task. The engine's clock follows: it counts whole microseconds, and in every reference run stays within a
//!   third of a millisecond.
//! * A task is charged from the end of the last round in which anything ran, however long ago that was.
//! * Of a job on several GPUs, a last round with fewer steps than GPUs fails; after five in a row it is dropped.
//! * Jobs that come between two computations of shares hold the place of others and do not run.
//! * Two jobs on the same GPUs are both through when the later one is, and each is charged in full. The engine does not wait: a
//!   job ends when its last step is done, the other one is held back then so that it does no more than it is credited with, and
//!   the GPUs stand idle until the original would know.
//! * Shares that were computed at time zero count as never computed: they are computed anew as soon as anything happens, not when
//!   the least time between two computations is over. Of 20 jobs that all come at once and last a quarter of an hour, this alone
//!   moves the average time to the end by a tenth; of those that take hours, not at all.

use sim_core::engine::{JobView, Plan, View};
use sim_core::model::{Demand, Gang, GpuDemand, Keep};
use sim_core::units::{JobId, SimTime, Span, convert};

use super::journal;
use super::ledger::{Ledger, Member};
use super::mersenne::Mersenne;
use super::round::{Part, Round, Task};
use super::seats::placement;

/// Rounds in a row of which nothing counts before a job is dropped.
const MOST_FAILURES: u32 = 5;

/// The published simulator's clock.
#[derive(Clone, Debug)]
pub(super) struct Faithful {
    /// In seconds.
    pub(super) now: f64,
    /// When the last round in which anything ran ended.
    ended: f64,
    pub(super) shuffler: Mersenne,
}

impl Faithful {
    pub(super) fn new(seed: u64) -> Self {
        let seed = u32::try_from(seed % (1 << 31)).expect("below 2^31");
        Self {
            now: 0.0,
            ended: 0.0,
            shuffler: Mersenne::new(seed + 5),
        }
    }

    /// A round is over: those that were longest through come first.
    pub(super) fn settle(
        &mut self,
        round: &Round,
        ledger: &mut Ledger,
        view: &View<'_>,
    ) -> Vec<journal::Task> {
        let tasks = round
            .parts
            .iter()
            .filter_map(|part| Some((part, part.task?)));
        let mut tasks: Vec<(&Part, Task)> = tasks.collect();
        tasks.sort_by(|(a, of_a), (b, of_b)| {
            let later = of_b.finish.total_cmp(&of_a.finish);
            later.then(a.job.cmp(&b.job))
        });
        let began = self.ended;
        self.now = tasks.first().map_or(self.now, |(_, task)| task.finish);
        self.ended = self.now;
        let mut settled = Vec::new();
        for (part, task) in tasks {
            settled.push(settle((round, part), task, (began, view), ledger));
        }
        settled
    }

    /// Starts the parts of a round; returns when it is over.
    pub(super) fn start(
        &self,
        parts: &mut [Part],
        ledger: &Ledger,
        (view, plan): (&View<'_>, &mut Plan<'_>),
    ) -> SimTime {
        let mut due = view.now().saturating_add(Span::MICROSECOND);
        for part in parts {
            let task = both(self.now, ledger, part);
            part.task = Some(task);
            due = due.max(ceiling(task.finish));
            if !task.fails {
                let job = view.job(part.job).expect("members live");
                let span = match part.mate {
                    None => job.span_of_steps(task.steps, ledger.models[part.model].id),
                    // The engine tells speeds beside others to a billionth.
                    Some(_) => Span::from_us(convert::floor((task.finish - self.now) * 1e6) + 3),
                };
                due = due.max(view.now().saturating_add(span.unwrap_or(Span::ZERO)));
                let halves = ledger.members[&part.job].halves;
                plan.start(part.job, &placement(&part.gpus, halves))
                    .expect("free GPUs, as many as asked for");
            }
        }
        due
    }
}

/// What a job does in a round that begins now, beside another if it has a mate: both are through when the later one is, and
/// nothing of either counts where nothing of one does.
fn both(now: f64, ledger: &Ledger, part: &Part) -> Task {
    let (own, model, round) = (&ledger.members[&part.job], part.model, ledger.round);
    let Some((pair, mate)) = ledger.pair(part.unit()).zip(part.mate) else {
        return task(now, own, own.speeds[model], round);
    };
    let place = usize::from(part.job > mate);
    let [mine, theirs] = [place, 1 - place].map(|place| pair.speeds[model][place]);
    let mine = task(now, own, mine, round);
    let theirs = task(now, &ledger.members[&mate], theirs, round);
    Task {
        finish: mine.finish.max(theirs.finish),
        fails: mine.fails || theirs.fails,
        ..mine
    }
}

/// What a job does alone, or at the speed that another leaves it.
fn task(now: f64, member: &Member, speed: f64, round: f64) -> Task {
    let left = convert::floor(member.total - member.done);
    let steps = convert::floor(speed * round).min(left);
    let took = convert::real(steps) / speed;
    let gpus = u64::from(member.gpus);
    Task {
        start: now,
        steps,
        finish: now + took,
        // Every GPU but the last gets an equal part, rounded down.
        fails: steps == 0 || steps / gpus == 0,
    }
}

/// Books what a job did in a round.
fn settle(
    (round, part): (&Round, &Part),
    task: Task,
    (began, view): (f64, &View<'_>),
    ledger: &mut Ledger,
) -> journal::Task {
    let charged = task.finish - began;
    let failed = task.fails || charged <= 0.0;
    let mut told = journal::Task {
        job: part.job,
        model: part.model,
        gpus: part.gpus.clone(),
        start_s: task.start,
        finish_s: task.finish,
        steps: task.steps,
        charged_s: charged,
        beside: part.mate,
        failed,
        done: false,
        dropped: false,
    };
    let member = ledger
        .members
        .get_mut(&part.job)
        .expect("it was in the round");
    if failed && part.mate.is_some() {
        // Of a pair, failures are not counted.
        ledger.stale = true;
        return told;
    }
    if failed {
        member.failures += 1;
        told.dropped = member.failures >= MOST_FAILURES;
        ledger.stale = true;
        return told;
    }
    member.failures = 0;
    member.done += Ledger::steps(task.steps);
    told.done = view.job(part.job).is_none();
    if !told.done && member.done >= member.total {
        // It said that it had fewer steps than it has.
        member.total = member.done + Ledger::steps(task.steps);
    }
    if round.mate(part).is_none() || part.unit().0 == part.job {
        ledger.receive(part.unit(), part.model, charged);
    }
    told
}

/// The first microsecond that is not before.
fn ceiling(seconds: f64) -> SimTime {
    let us = seconds * 1e6;
    let late = u64::from(convert::real(convert::floor(us)) < us);
    SimTime::from_us(convert::floor(us) + late).unwrap_or(SimTime::MAX)
}

/// Whether the published simulator could describe a job: it has steps, runs on any GPUs of a model, and stops and starts again
/// at no cost.
pub(super) fn describes(job: &JobView<'_>) -> bool {
    let single = match job.gang() {
        Gang::One(role) => {
            let gpu = match role.demand.gpu {
                GpuDemand::Milli(_) => GpuDemand::Whole(1),
                GpuDemand::None | GpuDemand::Whole(_) | GpuDemand::Slice(_) => role.demand.gpu,
            };
            let alone = Demand { gpu, ..role.demand };
            alone == Demand::gpus(1) && role.least == role.tasks
        }
        Gang::Many(_) => false,
    };
    let checkpoint = job.checkpoint();
    let costs = [checkpoint.setup, checkpoint.restore];
    let free = checkpoint.keep == Keep::All && costs.iter().all(|cost| *cost == Span::ZERO);
    single && free && job.estimated_steps().is_some()
}

/// Seconds on the published simulator's clock.
pub(super) fn seconds(at: SimTime) -> f64 {
    convert::real(at.us()) / 1e6
}

/// Who comes first of those that are still to be taken in.
pub(super) fn first(coming: &[JobId], view: &View<'_>) -> Option<f64> {
    let jobs = coming.iter().filter_map(|job| view.job(*job));
    jobs.map(|job| seconds(job.arrival())).reduce(f64::min)
}
