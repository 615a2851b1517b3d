//! Gavel's simulator (Narayanan et al., OSDI 2020): its rounds, to the last bit of its clock.
//!
//! A case is an ordinary scenario, written as a text, read, built and flown like any other. The tables are what the policy
//! tells of its accounts; that jobs end when it says so is checked against the facts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use policies::gavel::{
    Allox, Block, Fifo, FifoRandom, FinishTimeFairness, Gandiva, Gavel, Goal, Heeds, Isolated,
    Journal, MaxMinFairness, MaxSumThroughput, MinTotalDuration, Newcomers, Replay, Turn,
    WaterFilling, Ways, Within,
};
use sim_core::engine::{Engine, World};
use sim_core::units::{JobId, SimTime, Span, convert};
use sim_core::watch::{Fact, Observer, Outcome};
use sim_core::world::Trace;

use super::Place;
use super::cases::Case;
use super::gavel_tables::Told;
use super::scenario;
use super::table::Table;

const OPTIONS: [&str; 13] = [
    "cluster",
    "gpus_per_server",
    "round_s",
    "reallocation_interval_s",
    "seed",
    "solver",
    "slo",
    "compat",
    "prices_usd_per_gpu_hour",
    "jobs_from",
    "mode",
    "allocations",
    "solver_kind",
];

/// The order in which the original gives models away where it does not shuffle them.
const ORDER: [&str; 3] = ["v100", "p100", "k80"];

/// How far the engine's clock, which counts whole microseconds, may be from the policy's.
const BEHIND_S: f64 = 0.001;

/// Runs a case; the tables are those of the files it is compared with.
pub(super) fn run(case: &Case, place: &Place<'_>) -> Result<Vec<(String, Table)>, String> {
    case.only(&OPTIONS)?;
    let only = |option: &str, word: &str| match case.word(option) {
        Some(given) if given != word => Err(format!("{option}: only {word:?} is known")),
        Some(_) | None => Ok(()),
    };
    only("jobs_from", "trace")?;
    only("solver_kind", "interior point")?;
    only("compat", "gavel")?;
    let cluster = Cluster::read(case)?;
    let input = case.inputs.first().ok_or("there are no inputs")?;
    let experiment = scenario::experiment(&cluster.text(case)?, input, place)?;
    let jobs = experiment.jobs(0).map_err(|error| error.to_string())?;
    let contender = &experiment.contenders[0];
    let world = jobs.world().clone();
    let seconds = |option| case.number(option).map(Span::from_secs);
    let ways = Ways {
        round: seconds("round_s")?,
        between: seconds("reallocation_interval_s")?,
        newcomers: Newcomers::Wait,
        seed: case.number("seed")?,
        faithful: case.word("compat").is_some(),
    };
    let mut policy = Gavel::new(goal(case, place)?, ways);
    policy.keep_journal();
    let trace = jobs.for_policy(contender);
    let mut engine = Engine::new(world.clone(), Box::new(Trace::new(trace.clone())));
    let mut ends = Ends::default();
    engine
        .run(&mut policy, contender.grants, &mut ends)
        .map_err(|fault| fault.to_string())?;
    let journal = policy.journal().expect("it was told to keep one");
    ends.check(journal)?;
    let told = Told {
        journal,
        jobs: &trace,
        world: &world,
        prices: cluster.prices(&world),
        twice: ways.faithful,
    };
    Ok(case.named([
        (".jobs.csv", told.jobs_table()),
        (".summary.json", told.summary()),
        (".rounds.csv.gz", told.rounds()),
        (".allocs.csv.gz", told.allocs()),
    ]))
}

/// The goal of the original's policy of this name; or shares as they are told.
fn goal(case: &Case, place: &Place<'_>) -> Result<Box<dyn Goal + Send>, String> {
    let name = case.policy.as_str();
    let by_speed = name.contains("perf");
    match case.word("mode") {
        Some("own-policy") => {}
        Some("replay-allocations") => {
            let only_shares = name.starts_with("fifo");
            let blocks = blocks(case, place)?;
            let shuffles = !by_speed && name != "allox";
            let turn = match case.word("compat") {
                Some(_) => Turn::Next,
                None => Turn::Nearest,
            };
            return Ok(Box::new(Replay::new(blocks, turn, (only_shares, shuffles))));
        }
        other => return Err(format!("mode: {other:?}: not known")),
    }
    let (raw, seed) = (case.word("compat").is_some(), case.number("seed")?);
    if packs(name) {
        return packed(name, raw, seed);
    }
    Ok(match name.split("_perf").next().unwrap_or(name) {
        "fifo" if by_speed => Box::new(Fifo {
            anywhere: raw,
            pack_above: None,
        }),
        "fifo" if raw => Box::new(FifoRandom::published(seed)),
        "fifo" => Box::new(FifoRandom::new(seed)),
        "allox" => Box::new(Allox::new(usize::MAX)),
        "max_min_fairness_water_filling" => {
            Box::new(WaterFilling::new(by_speed, raw, Within::Nothing))
        }
        "isolated" => Box::new(Isolated),
        "max_min_fairness" => Box::new(MaxMinFairness::new(by_speed, raw)),
        "min_total_duration" => Box::new(MinTotalDuration::new(by_speed, raw)),
        "finish_time_fairness" => Box::new(FinishTimeFairness::new(by_speed, raw)),
        "max_sum_throughput" | "max_sum_throughput_normalized_by_cost" if by_speed => {
            let heeds = Heeds {
                speeds: by_speed,
                prices: name.contains("_normalized_by_cost"),
                deadlines: name.ends_with("_SLOs") && case.flag("slo")?,
            };
            Box::new(MaxSumThroughput::new(heeds, raw))
        }
        _ => return Err(format!("policy {name}: not known to this family")),
    })
}

/// Whether the original's policy of this name puts two jobs on the same GPUs.
fn packs(name: &str) -> bool {
    name.ends_with("_packed") || name == "gandiva"
}

/// The goal of one that does; all of them look at speeds.
fn packed(name: &str, raw: bool, seed: u64) -> Result<Box<dyn Goal + Send>, String> {
    Ok(match name {
        "gandiva" => Box::new(Gandiva::new(seed)),
        "fifo_packed" => Box::new(Fifo {
            anywhere: raw,
            pack_above: Some(1.5),
        }),
        "max_min_fairness_packed" => Box::new(MaxMinFairness::new(true, raw).packed(true)),
        "min_total_duration_packed" => Box::new(MinTotalDuration::new(true, raw).packed(true)),
        "finish_time_fairness_packed" => Box::new(FinishTimeFairness::new(true, raw).packed(true)),
        _ => return Err(format!("policy {name}: not known to this family")),
    })
}

/// Blocks of shares by job and model: a new one begins where the time changes or a job comes again.
fn blocks(case: &Case, place: &Place<'_>) -> Result<Vec<Block>, String> {
    let file = case.word("allocations").ok_or("allocations: not a file")?;
    let table = Table::read(&place.find(file)?)?;
    let cluster = Cluster::read(case)?;
    let mut models: Vec<&str> = cluster.names();
    models.sort_unstable();
    let column = |name: &str| {
        let found = table.columns.iter().position(|column| column == name);
        found.ok_or_else(|| format!("{file}: there is no column {name}"))
    };
    let (time, job) = (column("time_s")?, column("job_id")?);
    let columns: Vec<usize> = models
        .iter()
        .map(|model| column(model))
        .collect::<Result<_, _>>()?;
    let mut blocks: Vec<Block> = Vec::new();
    let mut at = "";
    for row in &table.rows {
        let fault = |text: &str| format!("{file}: {text}: not a number");
        let id: u32 = row[job].parse().map_err(|_| fault(&row[job]))?;
        let share = |column: &usize| {
            row[*column]
                .parse::<f64>()
                .map_err(|_| fault(&row[*column]))
        };
        let shares = columns.iter().map(share).collect::<Result<_, _>>()?;
        let again = blocks
            .last()
            .is_none_or(|block| block.shares.contains_key(&id));
        if again || at != row[time] {
            let at_s = row[time].parse().map_err(|_| fault(&row[time]))?;
            let shares = BTreeMap::new();
            blocks.push(Block { at_s, shares });
        }
        at = &row[time];
        let block = blocks.last_mut().expect("one has begun");
        block.shares.insert(id, shares);
    }
    Ok(blocks)
}

/// GPU models, in the order in which they are given away.
struct Cluster(Vec<Pool>);

struct Pool {
    model: String,
    nodes: u64,
    gpus_each: u64,
    usd_h: Option<f64>,
}

impl Cluster {
    fn read(case: &Case) -> Result<Self, String> {
        let table = |option: &str| {
            let table = case.options.get(option);
            table.map(|table| {
                table
                    .as_table()
                    .ok_or_else(|| format!("{option}: not a table"))
            })
        };
        let gpus = table("cluster").ok_or("cluster: missing")??;
        let each = table("gpus_per_server").ok_or("gpus_per_server: missing")??;
        let prices = table("prices_usd_per_gpu_hour").transpose()?;
        let mut pools = Vec::new();
        for (model, count) in gpus {
            let whole = |value: Option<&toml::Value>| {
                let number = value.and_then(toml::Value::as_integer);
                let number = number.and_then(|number| u64::try_from(number).ok());
                number.ok_or_else(|| format!("{model}: not a number of GPUs"))
            };
            let (count, each) = (whole(Some(count))?, whole(each.get(model))?.max(1));
            let price = prices.and_then(|prices| prices.get(model));
            if count > 0 {
                pools.push(Pool {
                    model: model.clone(),
                    nodes: count / each,
                    gpus_each: each,
                    usd_h: price.and_then(toml::Value::as_float),
                });
            }
        }
        let place = |pool: &Pool| ORDER.iter().position(|model| *model == pool.model);
        pools.sort_by_key(|pool| (place(pool).unwrap_or(ORDER.len()), pool.model.clone()));
        Ok(Self(pools))
    }

    fn names(&self) -> Vec<&str> {
        self.0.iter().map(|pool| pool.model.as_str()).collect()
    }

    /// By model of the world, dollars an hour of a GPU, if any has a price.
    fn prices(&self, world: &World) -> Option<Vec<f64>> {
        let price = |name: &String| {
            let pool = self.0.iter().find(|pool| pool.model == *name);
            pool.and_then(|pool| pool.usd_h)
        };
        let prices: Vec<Option<f64>> = world.models.iter().map(price).collect();
        let any = prices.iter().any(Option::is_some);
        any.then(|| {
            prices
                .into_iter()
                .map(|price| price.unwrap_or(0.0))
                .collect()
        })
    }

    /// The scenario.
    fn text(&self, case: &Case) -> Result<String, String> {
        let mut text = String::from("name = \"case\"\n");
        for pool in &self.0 {
            let usd_h = pool.usd_h.unwrap_or(0.0) * convert::real(pool.gpus_each);
            let Pool {
                model,
                nodes,
                gpus_each,
                ..
            } = pool;
            write!(
                text,
                "[[fleet]]\nname = \"{model}\"\nmarket = \"on-demand\"\ncount = {nodes}\nprice = \"${usd_h}\"\n\
                 instance = {{ name = \"{model}\", gpus = {gpus_each}, gpu = \"{model}\" }}\n"
            )
            .expect("a text takes all");
        }
        let input = |end: &[&str]| {
            let ends = |input: &&String| end.iter().any(|end| input.ends_with(end));
            let found = case.inputs.iter().find(ends);
            let found = found.and_then(|input| input.strip_prefix("data/"));
            found.ok_or_else(|| format!("there is no {} among the inputs behind data/", end[0]))
        };
        let trace = input(&[".trace", ".trace.gz"])?;
        let speeds = input(&["throughputs.json", "throughputs.json.gz"])?;
        let (share, sharing) = if packs(&case.policy) {
            let sharing = format!("[sharing]\nfile = \"data:{speeds}\"\n");
            ("task-gpus = 0.5\n", sharing)
        } else {
            ("", String::new())
        };
        let compat = if case.word("compat").is_some() {
            "compat = \"gavel\"\n"
        } else {
            ""
        };
        write!(
            text,
            "[[workload]]\nname = \"jobs\"\ntrace = {{ format = \"gavel\", file = \"data:{trace}\" }}\n\
             course = {{ speeds = {{ file = \"data:{speeds}\", reference = \"v100\" }} }}\n{share}{sharing}\
             [[policy]]\nname = \"gavel\"\nkind = \"gavel-isolated\"\n{compat}"
        )
        .expect("a text takes all");
        Ok(text)
    }
}

/// When jobs ended, as the facts say.
#[derive(Default)]
struct Ends(BTreeMap<JobId, (SimTime, Outcome)>);

impl Observer for Ends {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        if let Fact::Ended { job, outcome, .. } = fact {
            self.0.insert(*job, (now, *outcome));
        }
    }
}

impl Ends {
    /// Jobs ended as the policy says, and when, as far as the two clocks agree.
    fn check(&self, journal: &Journal) -> Result<(), String> {
        let done = journal
            .tasks
            .iter()
            .filter(|task| task.done || task.dropped);
        let mut told = BTreeSet::new();
        for task in done {
            told.insert(task.job);
            let meant = if task.done {
                Outcome::Completed
            } else {
                Outcome::Rejected
            };
            let near = |at: SimTime| {
                let behind_s = convert::real(at.us()) / 1e6 - task.finish_s;
                // Beside another the original has it end with that one.
                let early = task.beside.is_some() && behind_s < BEHIND_S;
                behind_s.abs() < BEHIND_S || early || task.dropped
            };
            match self.0.get(&task.job) {
                Some((at, outcome)) if *outcome == meant && near(*at) => {}
                found => {
                    let (job, finish) = (task.job, task.finish_s);
                    return Err(format!(
                        "{job} is {meant:?} at {finish} for the policy, and {found:?} for the engine"
                    ));
                }
            }
        }
        let faithful = journal.tasks.iter().any(|task| task.done);
        match self.0.keys().find(|job| faithful && !told.contains(job)) {
            Some(job) => Err(format!("{job} ended, and the policy does not know")),
            None => Ok(()),
        }
    }
}
