//! Sia's simulator (Jayaram Subramanya et al., SOSP 2023): its job model to the second, and its policies on average.
//!
//! A case is an ordinary scenario, written as a text, read, built and flown like any other.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use policies::sia::{self, MaxSumThroughput, Replay, Sia, Ways};
use sim_core::course::goodput::{Goodput, Kind, Layout, State};
use sim_core::engine::{Engine, Policy, World};
use sim_core::model::{Job, Seat};
use sim_core::units::{JobId, ModelId, SimTime, Span, convert};
use sim_core::watch::{Fact, Observer, Outcome};
use sim_core::world::Trace;

use super::Place;
use super::cases::Case;
use super::scenario;
use super::table::Table;

const OPTIONS: [&str; 13] = [
    "cluster",
    "round_s",
    "unit_us",
    "compat",
    "batch",
    "objective",
    "mode",
    "allocations",
    "allocation_columns",
    "p",
    "lambda_n",
    "project_throughput",
    "share_max_replicas",
];

/// What the original keeps in its code: epochs, seconds to restart, slowdown (siasosp23/artifacts, 2023-08-15).
const APPLICATIONS: [(&str, u32, u32, f64); 6] = [
    ("bert", 2, 120, 1.2),
    ("cifar10", 100, 50, 1.8),
    ("deepspeech2", 80, 25, 1.2),
    ("imagenet", 90, 250, 1.2),
    ("ncf", 10, 15, 1.5),
    ("yolov3", 50, 80, 1.2),
];

/// Runs a case; the tables are those of the files it is compared with.
pub(super) fn run(case: &Case, place: &Place<'_>) -> Result<Vec<(String, Table)>, String> {
    case.only(&OPTIONS)?;
    let input = case.inputs.first().ok_or("there are no inputs")?;
    let experiment = scenario::experiment(&text(case)?, input, place)?;
    let jobs = experiment.jobs(0).map_err(|error| error.to_string())?;
    let contender = &experiment.contenders[0];
    let (world, trace) = (jobs.world().clone(), jobs.for_policy(contender));
    let names: Vec<String> = jobs.names().iter().map(ToString::to_string).collect();
    let round = Span::from_secs(case.number("round_s")?);
    let mut policy = policy(case, place, (&world, &names), round)?;
    let mut engine = Engine::new(world.clone(), Box::new(Trace::new(trace.clone())));
    let mut log = Log::new(&world, round);
    engine
        .run(policy.as_mut(), contender.grants, &mut log)
        .map_err(|fault| fault.to_string())?;
    log.close();
    let told = Told {
        jobs: &trace,
        names: &names,
        log: &log,
    };
    Ok(case.named([
        (".jobs.csv", told.jobs_table()),
        (".summary.json", told.summary()),
        (".rounds.csv.gz", told.rounds()),
    ]))
}

fn policy(
    case: &Case,
    place: &Place<'_>,
    (world, names): (&World, &[String]),
    round: Span,
) -> Result<Box<dyn Policy + Send>, String> {
    match (case.word("mode"), case.policy.as_str()) {
        (Some("replay-allocations"), _) => {
            let told = told(case, place, (world, names))?;
            Ok(Box::new(Replay::new(round, told)))
        }
        (Some("own-policy"), "sia") => {
            let power = case.options.get("p").and_then(toml::Value::as_float);
            Ok(Box::new(Sia::new(Ways {
                round,
                power: power.ok_or("option p: not a number")?,
                idle: case.real("lambda_n")?,
                most_gpus: 64,
                penalties: sia::PUBLISHED_PENALTIES,
            })))
        }
        (Some("own-policy"), "gavel") => Ok(Box::new(MaxSumThroughput::new(round))),
        (mode, policy) => Err(format!("mode {mode:?} of {policy}: not known")),
    }
}

/// The allocations of the original by instant; columns as the case names them.
fn told(
    case: &Case,
    place: &Place<'_>,
    (world, names): (&World, &[String]),
) -> Result<BTreeMap<SimTime, Vec<sia::Told>>, String> {
    let file = case.word("allocations").ok_or("allocations: not a file")?;
    let table = Table::read(&place.find(file)?)?;
    let columns = ["timestamp_s", "name", "gpu_type", "placement"].map(|name| table.column(name));
    let [time, name, model, counts] = columns;
    let (time, name, model, counts) = (time?, name?, model?, counts?);
    let mut told: BTreeMap<SimTime, Vec<sia::Told>> = BTreeMap::new();
    for row in &table.rows {
        let waits = row[counts].is_empty();
        let fault = |text: &str| format!("{file}: {text}: not known");
        let at: u64 = row[time].parse().map_err(|_| fault(&row[time]))?;
        let job = names.iter().position(|known| *known == row[name]);
        let on = world.models.iter().position(|known| *known == row[model]);
        let on = if waits { Some(0) } else { on };
        let parts = row[counts].split('+').filter(|_| !waits);
        let gpus: Result<Vec<u32>, _> = parts.map(str::parse).collect();
        told.entry(SimTime::from_secs(at)).or_default().push((
            convert::narrow(job.ok_or_else(|| fault(&row[name]))?),
            model_id(on.ok_or_else(|| fault(&row[model]))?),
            gpus.map_err(|_| fault(&row[counts]))?,
        ));
    }
    Ok(told)
}

fn model_id(position: usize) -> ModelId {
    ModelId(u16::try_from(position).expect("few models"))
}

/// The case as a scenario.
fn text(case: &Case) -> Result<String, String> {
    let mut text = String::from("name = \"case\"\n");
    let cluster = case.options.get("cluster").and_then(toml::Value::as_array);
    for pool in cluster.ok_or("cluster: not a list")? {
        let number = |key| pool.get(key).and_then(toml::Value::as_integer);
        let model = pool.get("gpu_type").and_then(toml::Value::as_str);
        let (Some(model), Some(nodes), Some(each)) =
            (model, number("nodes"), number("gpus_per_node"))
        else {
            return Err("cluster: gpu_type, nodes, gpus_per_node".to_owned());
        };
        write!(
            text,
            "[[fleet]]\nname = \"{model}\"\nmarket = \"owned\"\ncount = {nodes}\n\
             instance = {{ name = \"{model}\", gpus = {each}, gpu = \"{model}\" }}\n"
        )
        .expect("a text takes all");
    }
    let inputs = || {
        case.inputs
            .iter()
            .filter_map(|input| input.strip_prefix("data/"))
    };
    let trace = inputs().find(|input| input.strip_suffix(".csv").is_some());
    let trace = trace.ok_or("there is no workload among the inputs behind data/")?;
    let folders = || inputs().filter_map(|input| input.strip_suffix('/')?.rsplit_once('/'));
    let (profiles, _) = folders()
        .next()
        .ok_or("there are no profiles among the inputs")?;
    let own = folders().map(|(_, name)| {
        let found = APPLICATIONS.iter().find(|known| known.0 == name);
        let (name, epochs, delay, slowdown) =
            found.ok_or_else(|| format!("application {name}: not known"))?;
        Ok(format!(
            "{name} = {{ epochs = {epochs}, delay = \"{delay}s\", slowdown = {slowdown:?} }}"
        ))
    });
    let own: Result<Vec<String>, String> = own.collect();
    let batch = case.word("batch").ok_or("batch: not a word")?;
    write!(
        text,
        "[[workload]]\nname = \"jobs\"\ntrace = {{ format = \"sia\", file = \"data:{trace}\" }}\n\
         course = {{ kind = \"goodput\", profiles = \"data:{profiles}\", batch = \"{batch}\", \
         round = \"{}s\", applications = {{ {} }} }}\n\
         [[policy]]\nname = \"sia\"\nkind = \"sia\"\n",
        case.number("round_s")?,
        own?.join(", ")
    )
    .expect("a text takes all");
    Ok(text)
}

/// A job as the facts tell of it.
struct Row {
    course: Goodput,
    layout: Option<Layout>,
    works: SimTime,
    changes: u32,
    end: Option<SimTime>,
    /// State, GPUs and changes at the beginning of each round.
    rounds: Vec<(SimTime, State, u32, u32)>,
}

/// What the facts tell, and what jobs were like at each round.
struct Log<'a> {
    world: &'a World,
    round: Span,
    rows: Vec<Row>,
    now: SimTime,
}

impl<'a> Log<'a> {
    fn new(world: &'a World, round: Span) -> Self {
        Self {
            world,
            round,
            rows: Vec::new(),
            now: SimTime::ZERO,
        }
    }

    fn layout(&self, seats: &[Seat]) -> Layout {
        let offering = |seat: &Seat| {
            let mut slot = seat.node.0;
            self.world.offerings.iter().find(|offering| {
                let here = slot < offering.max;
                slot = slot.saturating_sub(offering.max);
                here
            })
        };
        let model = seats
            .first()
            .and_then(offering)
            .map(|offering| offering.shape.model);
        Layout {
            model: model.unwrap_or_default(),
            counts: Layout::counts(seats.iter().map(|seat| (seat.node, seat.gpus.count()))),
        }
    }

    /// Notes what all that run are like at each round before `now`, its decisions included.
    fn pass(&mut self, now: SimTime) {
        let round = self.round.us();
        let mut at = self.now.us().next_multiple_of(round);
        while at < now.us() {
            let instant = SimTime::from_us(at).expect("before now");
            for row in &mut self.rows {
                if row.end.is_some() {
                    continue;
                }
                let layout = row.layout.as_ref();
                let worked = layout.map_or(Span::ZERO, |_| instant.since(row.works.min(instant)));
                let gpus = layout.map_or(0, |layout| layout.counts.iter().sum());
                row.rounds
                    .push((instant, row.course.after(worked), gpus, row.changes));
            }
            at += round;
        }
        self.now = now;
    }

    fn close(&mut self) {
        self.pass(self.now);
    }

    fn lies(&mut self, job: JobId, seats: &[Seat], works: SimTime, starts: bool) {
        let layout = self.layout(seats);
        let row = &mut self.rows[convert::index(job.ordinal())];
        let change = starts || !row.course.lies_alike(&layout);
        row.changes += u32::from(change);
        row.course.settle(layout.clone(), works, change);
        (row.layout, row.works) = (Some(layout), works);
    }

    fn leaves(&mut self, job: JobId, kept: Span) {
        use sim_core::course::{Course as _, Footing, Reach};
        let row = &mut self.rows[convert::index(job.ordinal())];
        let on = Footing {
            model: None,
            gpus: 1,
            reach: Reach::Node,
            rate_ppb: 1,
            compute_ppb: 1,
        };
        row.course.advance(kept, &on);
        row.layout = None;
    }
}

impl Observer for Log<'_> {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        self.pass(now);
        match fact {
            Fact::Arrived { spec, .. } => {
                let class = &self.world.classes[spec.class.index()];
                let kinds: &[Arc<Kind>] = match &class.course.kind {
                    sim_core::course::CourseKind::Goodput(kinds) => kinds,
                    sim_core::course::CourseKind::Linear
                    | sim_core::course::CourseKind::Stepwise(_) => &[],
                };
                self.rows.push(Row {
                    course: Goodput::new(kinds[usize::from(spec.kind.0)].clone(), spec.work),
                    layout: None,
                    works: now,
                    changes: 0,
                    end: None,
                    rounds: Vec::new(),
                });
            }
            Fact::Started { job, seats, works } => self.lies(*job, seats, *works, true),
            Fact::Reseated {
                job,
                seats,
                works,
                spent,
            } => {
                self.leaves(*job, spent.kept);
                self.lies(*job, seats, *works, false);
            }
            Fact::Interrupted { job, spent, .. } => self.leaves(*job, spent.kept),
            Fact::Ended {
                job,
                outcome: Outcome::Completed,
                spent,
            } => {
                self.leaves(*job, spent.kept);
                self.rows[convert::index(job.ordinal())].end = Some(now);
            }
            Fact::Paced { .. }
            | Fact::Ended { .. }
            | Fact::Refused(_)
            | Fact::Retiring { .. }
            | Fact::Worked { .. }
            | Fact::Request { .. }
            | Fact::Flow { .. }
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

/// What a case is compared with.
struct Told<'a> {
    jobs: &'a [Job],
    names: &'a [String],
    log: &'a Log<'a>,
}

impl Told<'_> {
    fn rows(&self) -> impl Iterator<Item = ((&Job, &String), &Row)> {
        self.jobs.iter().zip(self.names).zip(&self.log.rows)
    }

    fn jobs_table(&self) -> Table {
        let mut table = Table::new(&[
            "name",
            "completion_s",
            "jct_s",
            "num_restarts",
            "final_epoch",
            "gpu_seconds_alloc",
        ]);
        let round_s = self.log.round.us() / 1_000_000;
        for ((job, name), row) in self.rows() {
            let end = row.end.map(SimTime::us);
            let jct = end.map(|end| end - job.arrival.us());
            let text = |us: Option<u64>| us.map_or(String::new(), |us| seconds(us).to_string());
            let of_round =
                |(_, _, gpus, _): &(SimTime, State, u32, u32)| u64::from(*gpus) * round_s;
            let epoch = row.course.after(Span::ZERO).epoch;
            table.rows.push(vec![
                name.clone(),
                text(end),
                text(jct),
                row.changes.saturating_sub(1).to_string(),
                epoch.to_string(),
                row.rounds.iter().map(of_round).sum::<u64>().to_string(),
            ]);
        }
        table
    }

    fn rounds(&self) -> Table {
        let mut table = Table::new(&[
            "timestamp_s",
            "name",
            "batch_size",
            "accum_steps",
            "epoch",
            "progress",
            "num_restarts",
        ]);
        for ((_, name), row) in self.rows() {
            for (at, state, gpus, changes) in &row.rounds {
                let batch = state.batch.filter(|_| *gpus > 0);
                let total = batch.map_or(0, |batch| batch.total(*gpus));
                let accumulated = batch.map_or(0, |batch| batch.accumulated);
                table.rows.push(vec![
                    (at.us() / 1_000_000).to_string(),
                    name.clone(),
                    total.to_string(),
                    accumulated.to_string(),
                    state.epoch.to_string(),
                    state.progress.to_string(),
                    changes
                        .checked_sub(1)
                        .map_or(String::new(), |n| n.to_string()),
                ]);
            }
        }
        table
    }

    fn summary(&self) -> Table {
        let (mut sum, mut last, mut done) = (0, 0, 0);
        for ((job, _), row) in self.rows() {
            if let Some(end) = row.end {
                sum += end.us() - job.arrival.us();
                last = last.max(end.us());
                done += 1;
            }
        }
        let count = convert::real(done).max(1.0);
        Table::record(&[
            ("avg_jct_s", (seconds(sum) / count).to_string()),
            ("makespan_s", seconds(last).to_string()),
        ])
    }
}

fn seconds(us: u64) -> f64 {
    convert::real(us) / 1e6
}
