//! Blox's synthetic workload (Agarwal et al., `EuroSys` 2024) in rounds, up to the end of the jobs that it tracks.

use std::collections::BTreeMap;
use std::sync::Arc;

use policies::joint::Blox;
use policies::place::FirstFit;
use policies::repack::Line;
use policies::tiresias::{By, Ranked};
use sim_core::course::{CourseKind, CourseModel, Rates};
use sim_core::engine::{
    Decision, Engine, Grants, JobDecision, JobView, Plan, Policy, Step, Trigger, View, World,
};
use sim_core::model::{Gang, Job};
use sim_core::units::{SimTime, Span, convert};
use sim_core::watch::{Fact, Observer, Outcome};
use sim_core::world::Trace;

use super::Place;
use super::batch;
use super::cases::Case;
use super::table::Table;

const OPTIONS: [&str; 12] = [
    "nodes",
    "gpus_per_node",
    "round_s",
    "placement",
    "admission",
    "preempt_overhead_s",
    "jobs_per_hour",
    "workload_seed",
    "compat",
    "stop",
    "tracked_first",
    "tracked_last",
];

/// What these say there is no choice about; how many jobs come an hour, and of which seed, the workload itself says.
const FIXED: [(&str, &str); 4] = [
    ("placement", "scattered"),
    ("admission", "accept_all"),
    ("compat", "blox"),
    ("stop", "when all tracked jobs are finished"),
];

/// Replays a case; the tables are those of the files it is compared with.
pub(super) fn run(case: &Case, place: &Place<'_>) -> Result<Vec<(String, Table)>, String> {
    case.only(&OPTIONS)?;
    case.fixed(&FIXED)?;
    if case.number("preempt_overhead_s")? != 0 {
        return Err("preempt_overhead_s: only 0 is known to this family".to_owned());
    }
    let [cluster, workload] = case.inputs.as_slice() else {
        return Err("a case of this family has a cluster and a workload".to_owned());
    };
    let round = case.small("round_s", 1_000_000)?;
    let world = Arc::new(world(case, &Table::read(&place.find(cluster)?)?, round)?);
    let workload = Workload::read(&Table::read(&place.find(workload)?)?, round)?;
    let tracked = workload.tracked(case)?;
    let mut policy = policy(case)?;
    let jobs: Arc<[Job]> = workload.jobs.clone().into();
    let mut engine = Engine::new(world, Box::new(Trace::new(jobs)));
    let mut fates = Fates::default();
    let rounds = fly(&mut engine, &mut *policy, &mut fates, &tracked)?;
    let rules = std::iter::once(&case.compare).chain(&case.compare.also);
    let table = |file: &str| {
        if file.ends_with(".rounds.csv") {
            rounds.clone()
        } else {
            workload.table(&tracked, &fates, round)
        }
    };
    Ok(rules
        .map(|rule| (rule.file.clone(), table(&rule.file)))
        .collect())
}

/// The original's policy in ours: as it was meant, or, by `compat`, with its bugs.
fn policy(case: &Case) -> Result<Box<dyn Policy>, String> {
    let by = match case.policy.as_str() {
        "Fifo" => By::Arrival,
        "Las" => By::Time,
        "Srtf" => By::TimeLeft,
        other => return Err(format!("policy {other}: not known to this family")),
    };
    Ok(match case.word("compat") {
        Some(_) => Box::new(Blox::new(by)),
        None => Box::new(Ranked::new("blox", by, Line::Strict, Box::new(FirstFit))),
    })
}

fn world(case: &Case, cluster: &Table, round: u32) -> Result<World, String> {
    let (nodes, gpus) = (
        case.small("nodes", 1_000_000)?,
        case.small("gpus_per_node", 64)?,
    );
    let said = ["num_nodes", "gpus_per_node", "round_duration_s"].map(|name| cluster.whole(name));
    for (said, used) in said.into_iter().zip([nodes, gpus, round]) {
        if said? != [used] {
            return Err("the cluster is not that of the options".to_owned());
        }
    }
    let mut world = batch::fleet(nodes, gpus, 0);
    let round = Span::from_secs(round.into());
    world.trigger = Trigger::Round(round);
    // A job that is done within a round ends with it.
    world.classes[0].course = CourseModel {
        kind: CourseKind::Stepwise(round),
        rates: Rates::default(),
    };
    Ok(world)
}

/// The workload, in the order of its rows, which is that of its ids.
struct Workload {
    names: Vec<u32>,
    /// Seconds an iteration, and iterations.
    sizes: Vec<(f64, f64)>,
    /// The latter as they are written.
    iterations: Vec<String>,
    jobs: Vec<Job>,
}

impl Workload {
    fn read(table: &Table, round: u32) -> Result<Self, String> {
        let names = table.whole("job_id")?;
        let (gpus, arrivals) = (table.whole("num_gpus")?, table.whole("arrival_s")?);
        let times = table.numbers("iter_time_s")?.into_iter();
        let sizes: Vec<_> = times.zip(table.numbers("total_iterations")?).collect();
        let mut jobs = Vec::new();
        for ((gpus, arrival), (time, count)) in gpus.into_iter().zip(arrivals).zip(&sizes) {
            let rounds = rounds(*time, *count, round);
            let estimate = Span::from_us(convert::floor(time * count * 1e6 + 0.5));
            let (Some(estimate), 1.., 1..) = (estimate, gpus, rounds) else {
                return Err("a job has GPUs, and something to do".to_owned());
            };
            jobs.push(Job {
                estimate: Some(estimate),
                ..Job::plain(
                    SimTime::from_secs(arrival.into()),
                    rounds,
                    Gang::of(gpus, 1),
                )
            });
        }
        Ok(Self {
            names,
            sizes,
            iterations: table.texts("total_iterations")?,
            jobs,
        })
    }

    /// Places of the jobs that are tracked.
    fn tracked(&self, case: &Case) -> Result<Vec<u32>, String> {
        let (first, last) = (case.number("tracked_first")?, case.number("tracked_last")?);
        let is_tracked = |name: &u32| (first..=last).contains(&u64::from(*name));
        let all = self.names.iter().zip(0..);
        let tracked: Vec<u32> = all
            .filter(|(name, _)| is_tracked(name))
            .map(|(_, place)| place)
            .collect();
        if tracked.is_empty() {
            return Err("no job of the workload is tracked".to_owned());
        }
        Ok(tracked)
    }

    fn table(&self, tracked: &[u32], fates: &Fates, round: u32) -> Table {
        let mut table = Table::new(&[
            "job_id",
            "arrival_s",
            "end_s",
            "jct_s",
            "first_round_end_s",
            "num_gpus",
            "total_iterations",
            "executed_iterations",
            "attained_service_s",
        ]);
        let seconds = |at: SimTime| at.us() / 1_000_000;
        for place in tracked {
            let job = &self.jobs[convert::index(*place)];
            let (time, count) = self.sizes[convert::index(*place)];
            let served = rounds(time, count, round) * u64::from(round);
            let arrival = seconds(job.arrival);
            let first = fates
                .first
                .get(place)
                .map(|at| seconds(*at) + u64::from(round));
            let end = fates.end.get(place).map(|at| seconds(*at));
            let text = |number: Option<u64>| number.map_or(String::new(), |n| n.to_string());
            table.rows.push(vec![
                self.names[convert::index(*place)].to_string(),
                arrival.to_string(),
                text(end),
                text(end.map(|end| end - arrival)),
                text(first),
                job.gang.gpus().to_string(),
                self.iterations[convert::index(*place)].clone(),
                (convert::real(served) / time).to_string(),
                served.to_string(),
            ]);
        }
        table
    }
}

/// Rounds that a job takes.
fn rounds(time: f64, count: f64, round: u32) -> u64 {
    let each = f64::from(round) / time;
    let whole = convert::floor(count / each);
    whole + u64::from(convert::real(whole) * each < count)
}

/// First starts and ends, by place in the workload.
#[derive(Debug, Default)]
struct Fates {
    first: BTreeMap<u32, SimTime>,
    end: BTreeMap<u32, SimTime>,
}

impl Observer for Fates {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        if let Fact::Started { job, .. } = fact {
            self.first.entry(job.ordinal()).or_insert(now);
        }
        if let Fact::Ended {
            job,
            outcome: Outcome::Completed,
            ..
        } = fact
        {
            self.end.insert(job.ordinal(), now);
        }
    }
}

/// Goes on to the round in which the last of the tracked jobs has ended; the table has a row for each round.
fn fly(
    engine: &mut Engine,
    policy: &mut dyn Policy,
    fates: &mut Fates,
    tracked: &[u32],
) -> Result<Table, String> {
    let mut table = Table::new(&[
        "time_s",
        "total_jobs",
        "jobs_in_queue",
        "jobs_running",
        "free_gpus",
        "gpu_demand",
        "num_preemptions",
    ]);
    while !tracked.iter().all(|job| fates.end.contains_key(job)) {
        let step = engine.advance(policy.wakes_on(), fates);
        match step.map_err(|fault| fault.to_string())? {
            Step::Done(_) => break,
            Step::Decide => {
                let (view, mut plan) = engine.open(Grants::default());
                policy.decide(&view, &mut plan);
                let row = row(&view, &plan);
                table.rows.push(row.map(|number| number.to_string()).into());
                engine.commit(fates);
            }
        }
    }
    Ok(table)
}

/// How things stand in a round once it is decided and before it is done: those that will stop run no more, those that will start
/// wait, and GPUs are as they were.
fn row(view: &View<'_>, plan: &Plan<'_>) -> [u64; 7] {
    let gpus = |job: JobView<'_>| u64::from(job.gang().gpus());
    let stops = plan.decisions().iter();
    let stops = stops.filter(|decision| matches!(decision, Decision::Job(JobDecision::Preempt(_))));
    let stops = convert::wide(stops.count());
    let (held, asked): (u64, u64) = (
        view.running().map(gpus).sum(),
        view.pending().map(gpus).sum(),
    );
    let all = u64::from(view.pending_len()) + u64::from(view.running_len());
    let running = u64::from(view.running_len()) - stops;
    let fleet: u32 = view
        .offerings()
        .map(|(_, pool)| pool.held * pool.shape.gpus)
        .sum();
    [
        view.now().us() / 1_000_000,
        all,
        all - running,
        running,
        u64::from(fleet) - held,
        held + asked,
        stops,
    ]
}
