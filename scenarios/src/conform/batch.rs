//! Batch schedulers on SWF traces: `AccaSim`, Batsim, and the textbook.

use std::fs::File;
use std::sync::Arc;

use policies::admit::{Admit, Easy, Strict};
use policies::buy::Keep as Same;
use policies::compose::{Composed, Standing};
use policies::joint::{EasyBf, EasyBfFast, Ebf};
use policies::keeping::Keeping;
use policies::order::{Fifo, Order, Shortest};
use policies::place::FirstFit;
use policies::preempt::Never;
use policies::relocate::Stay;
use sim_core::course::{CourseKind, CourseModel, Rates};
use sim_core::engine::{Engine, Grants, Policy, Trigger, World};
use sim_core::model::{Appetite, Checkpoint, Class, Gang, Job, Market, Offering, Shape, Terms};
use sim_core::units::{ModelId, Price, SimTime, Span, ZoneId};
use sim_core::watch::{Recorder, Recording};
use sim_core::world::{Calendar, Curve, Trace};
use traces::{Options, Positive, Procs, Source, SwfOptions};

use super::Place;
use super::cases::Case;
use super::table::Table;

const OPTIONS: [&str; 7] = [
    "nodes",
    "procs_per_node",
    "unit_us",
    "walltime",
    "instants",
    "compat",
    "node_choice",
];

/// Replays a case; the table is that of the file it is compared with.
pub(super) fn run(case: &Case, place: &Place<'_>) -> Result<Vec<(String, Table)>, String> {
    case.only(&OPTIONS)?;
    if case
        .word("instants")
        .is_some_and(|instants| instants != "batched")
    {
        return Err("instants: only \"batched\" is implemented".to_owned());
    }
    let [input] = case.inputs.as_slice() else {
        return Err("a batch case has one input".to_owned());
    };
    let unit = unit(case)?;
    let path = place.find(input)?;
    let file = File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let options = Options {
        swf: SwfOptions {
            unit,
            procs: Procs::Requested,
        },
        ..Options::default()
    };
    let workload = traces::import("swf", Source::new(input, file), &options)
        .map_err(|refused| refused.to_string())?;
    let world = Arc::new(world(case)?);
    let jobs: Arc<[Job]> = workload.jobs.iter().map(job).collect();
    let mut recorder = Recorder::new(
        &world,
        Recording {
            warmup: SimTime::ZERO,
            sample: None,
            stays: 0,
            attribute: false,
            balance: None,
        },
    );
    let mut engine = Engine::new(Arc::clone(&world), Box::new(Trace::new(jobs)));
    let grants = Grants {
        arrivals: true,
        ..Grants::default()
    };
    let mut policy = policy(case)?;
    engine
        .run(&mut *policy, grants, &mut recorder)
        .map_err(|fault| fault.to_string())?;
    let record = recorder.finish(engine.now());
    let mut table = Table::new(&["job_id", "submit", "start", "end"]);
    for (job, row) in workload.jobs.iter().zip(&record.rows) {
        let ticks =
            |at: Option<SimTime>| at.map_or(String::new(), |at| (at.us() / unit.us()).to_string());
        table.rows.push(vec![
            job.name.to_string(),
            ticks(Some(row.submit)),
            ticks(row.start.get()),
            ticks(row.finish.get()),
        ]);
    }
    Ok(vec![(case.compare.file.clone(), table)])
}

/// One tick of the original's clock.
pub(super) fn unit(case: &Case) -> Result<Span, String> {
    let unit = Span::from_us(case.number("unit_us")?).filter(|unit| *unit > Span::ZERO);
    unit.ok_or_else(|| "unit_us: not a length of time".to_owned())
}

/// The original's policy in ours: by the textbook, or, by `compat`, with its bugs.
fn policy(case: &Case) -> Result<Box<dyn Policy>, String> {
    let composed = |order: Box<dyn Order>, admit: Box<dyn Admit>| -> Box<dyn Policy> {
        Box::new(Composed {
            name: case.policy.clone(),
            order,
            admit,
            // The lowest-numbered nodes first, as all of these simulators do.
            place: Box::new(FirstFit),
            preempt: Box::new(Never),
            buy: Box::new(Same),
            relocate: Box::new(Stay),
            keep: Keeping::default(),
            state: Standing::default(),
        })
    };
    Ok(match (case.policy.as_str(), case.word("compat")) {
        ("fifo" | "fcfs_fast", _) => composed(Box::new(Fifo), Box::new(Strict)),
        ("sjf", _) => composed(Box::new(Shortest), Box::new(Strict)),
        ("easy", None) => composed(Box::new(Fifo), Box::<Easy>::default()),
        ("ebf", Some("accasim")) => Box::<Ebf>::default(),
        ("easy_bf", Some("batsim")) => Box::<EasyBf>::default(),
        ("easy_bf_fast", Some("batsim")) => Box::<EasyBfFast>::default(),
        (policy, compat) => {
            return Err(format!(
                "policy {policy} with compat {compat:?}: not known to this family"
            ));
        }
    })
}

pub(super) fn job(record: &traces::Record) -> Job {
    Job {
        estimate: record.estimate.map(Positive::span),
        ..Job::plain(
            record.submit,
            record.duration.us(),
            Gang::of(record.tasks, 1),
        )
    }
}

/// Identical nodes whose processors stand as GPUs.
fn world(case: &Case) -> Result<World, String> {
    let nodes = case.small("nodes", 1_000_000)?;
    Ok(fleet(nodes, case.small("procs_per_node", 64)?, 0))
}

/// Identical nodes in racks of a size, or in one.
pub(super) fn fleet(nodes: u32, gpus: u32, rack_size: u32) -> World {
    let shape = Shape {
        gpus,
        model: ModelId(0),
        cpu_milli: 0,
        memory_mib: 0,
    };
    let pool = Offering {
        rack_size,
        ..pool(shape, nodes)
    };
    plain(vec![pool], vec!["processor".to_owned()])
}

/// Nodes that stand from the start to the end and cost nothing.
pub(super) fn pool(shape: Shape, nodes: u32) -> Offering {
    Offering {
        name: "nodes".to_owned(),
        shape,
        mig: None,
        market: Market::Owned,
        zone: ZoneId(0),
        rack_size: 0,
        initial: nodes,
        min: nodes,
        max: nodes,
        standing: true,
        boot: Span::ZERO,
        notice: Span::ZERO,
        price: Curve::constant(Price::ZERO),
        visible: true,
        risk: sim_core::model::Risk::default(),
        terms: Terms::default(),
        availability: Curve::constant(nodes),
    }
}

/// A world of these pools and GPU models, and one class of jobs of unit speed.
pub(super) fn plain(offerings: Vec<Offering>, models: Vec<String>) -> World {
    let class = Class {
        name: "batch".to_owned(),
        course: CourseModel {
            kind: CourseKind::Linear,
            rates: Rates::default(),
        },
        checkpoint: Checkpoint::default(),
        appetite: Appetite::default(),
    };
    World {
        offerings,
        models,
        queues: Vec::new(),
        classes: vec![class],
        seed: 0,
        commitments: Vec::new(),
        budgets: Vec::new(),
        services: Vec::new(),
        sets: Vec::new(),
        quotas: Vec::new(),
        slowdown: None,
        calendar: Calendar::default(),
        trigger: Trigger::Event,
        end: None,
    }
}
