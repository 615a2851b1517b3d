//! The schedulers of Tiresias (Gu et al., NSDI 2019) on its traces, second by second.

mod book;

use std::collections::BTreeMap;
use std::sync::Arc;

use policies::admit::{Admit, Skip, Strict};
use policies::buy::Keep;
use policies::compose::{Composed, Standing};
use policies::keeping::Keeping;
use policies::order::Fifo;
use policies::place::{FirstFit, Place as Lay, Yarn};
use policies::preempt::Never;
use policies::relocate::Stay;
use policies::repack::Line;
use policies::tiresias::{By, Gittins, Mlfq, Ranked, Rules, Service};
use sim_core::engine::{Engine, Grants, Plan, Policy, View, Wakes, World};
use sim_core::model::{Gang, Job};
use sim_core::units::{SimTime, Span, convert};
use sim_core::world::Trace;

use super::Place;
use super::batch;
use super::cases::Case;
use super::table::Table;
use book::{Book, List};

const OPTIONS: [&str; 10] = [
    "cluster",
    "trace",
    "scheme",
    "time_unit_s",
    "unit_us",
    "compat",
    "queue_limits",
    "service",
    "promote_after_factor",
    "gittins_delta",
];

/// Replays a case; the tables are those of the files it is compared with.
pub(super) fn run(case: &Case, place: &Place<'_>) -> Result<Vec<(String, Table)>, String> {
    case.only(&OPTIONS)?;
    case.fixed(&[("compat", "tiresias")])?;
    let [cluster, trace, sample @ ..] = case.inputs.as_slice() else {
        return Err("a case of this family has a cluster and a trace".to_owned());
    };
    let unit = batch::unit(case)?;
    let trace = Table::read(&place.find(trace)?)?;
    let (names, jobs) = jobs(&trace, unit)?;
    let largest = jobs.iter().map(|job| job.gang.gpus()).max().unwrap_or(0);
    let cluster = Table::read(&place.find(cluster)?)?;
    let world = Arc::new(world(&cluster, largest, yarn(case)?)?);
    let sample = match sample {
        [] => None,
        [sample] => Some(Table::read(&place.find(sample)?)?),
        [..] => return Err("a case of this family has at most three inputs".to_owned()),
    };
    let mut watched = Watched::new(case, sample.as_ref(), unit)?;
    let mut engine = Engine::new(Arc::clone(&world), Box::new(Trace::new(jobs.into())));
    let mut book = Book::new(list(&case.policy));
    let flown = engine.run(&mut watched, Grants::default(), &mut book);
    flown.map_err(|fault| fault.to_string())?;
    let gpus = world.offerings.iter();
    let gpus = gpus.map(|pool| pool.max * pool.shape.gpus).sum();
    let tally = book.finish(&watched.looks, gpus);
    let rules = std::iter::once(&case.compare).chain(&case.compare.also);
    let table = |file: &str| {
        if file.ends_with(".cluster.csv") {
            tally.instants(unit)
        } else {
            let resumes = !matches!(case.policy.as_str(), "fifo" | "fjf" | "lpjf");
            tally.jobs((&names, &watched.promotions), unit, resumes)
        }
    };
    Ok(rules
        .map(|rule| (rule.file.clone(), table(&rule.file)))
        .collect())
}

/// Names and jobs in the order of submission, those of one instant in the order of the trace.
fn jobs(trace: &Table, unit: Span) -> Result<(Vec<u32>, Vec<Job>), String> {
    let columns = ["job_id", "num_gpu", "submit_time"];
    let columns = columns.map(|name| trace.whole(name));
    let [names, gpus, submits] = columns;
    let rows = names?.into_iter().zip(gpus?).zip(submits?);
    let durations = trace.numbers("duration")?;
    let mut jobs = Vec::new();
    for (((name, gpus), submit), duration) in rows.zip(durations) {
        let ticks = |ticks: u64| Span::from_us(ticks.saturating_mul(unit.us()));
        // The original cuts decimals off.
        let duration = ticks(convert::floor(duration));
        let duration = duration.filter(|duration| *duration > Span::ZERO);
        let submit = ticks(submit.into());
        let (Some(submit), Some(duration), 1..) = (submit, duration, gpus) else {
            return Err(format!(
                "job {name}: it has no GPUs, or lasts no time, or an age"
            ));
        };
        let job = Job {
            estimate: Some(duration),
            ..Job::plain(
                SimTime::ZERO.saturating_add(submit),
                duration.us(),
                Gang::of(gpus, 1),
            )
        };
        jobs.push((name, job));
    }
    jobs.sort_by_key(|(_, job)| job.arrival);
    Ok(jobs.into_iter().unzip())
}

/// Switches are racks. Processors and memory count for yarn alone, and only where no job can want more than there is.
fn world(cluster: &Table, largest: u32, yarn: bool) -> Result<World, String> {
    let one = |name: &str| match cluster.whole(name)?.as_slice() {
        [one] => Ok(*one),
        [] | [..] => Err(format!("{name}: a cluster is one row")),
    };
    let (switches, nodes, gpus) = (
        one("num_switch")?,
        one("num_node_p_switch")?,
        one("num_gpu_p_node")?,
    );
    let all = switches.checked_mul(nodes).filter(|all| *all <= 1_000_000);
    let all = all.filter(|all| *all > 0 && (1..=64).contains(&gpus));
    let all = all.ok_or("a cluster has up to a million nodes of 1 to 64 GPUs")?;
    // Up to 6 CPUs a GPU; 11 GB a GPU, and a tenth more for each GPU of the job.
    let memory = (11.0 + 0.1 * f64::from(largest)) * f64::from(gpus);
    let enough = one("num_cpu_p_node")? >= 6 * gpus && f64::from(one("mem_p_node")?) >= memory;
    if yarn && !enough {
        return Err("a node whose CPUs or memory may bind is not known to this family".to_owned());
    }
    Ok(batch::fleet(all, gpus, nodes))
}

fn yarn(case: &Case) -> Result<bool, String> {
    match case.word("scheme") {
        Some("count") => Ok(false),
        Some("yarn") => Ok(true),
        other => Err(format!("scheme {other:?}: not known to this family")),
    }
}

/// In which order the original lists jobs that end at once.
fn list(policy: &str) -> List {
    match policy {
        "fifo" | "fjf" | "lpjf" => List::Started,
        "sjf" => List::Sorted(|job, _| u64::from(job.gpus)),
        "shortest" => List::Sorted(|job, now| job.left(now).us()),
        "shortest-gpu" => List::Sorted(|job, now| job.left(now).us() * u64::from(job.gpus)),
        _ => List::Arrived,
    }
}

/// A policy, and what it says of itself: the original notes its looks at the queues where nothing happened, and promotions.
struct Watched {
    policy: Kind,
    looks: Vec<SimTime>,
    /// By place in the trace.
    promotions: BTreeMap<u32, u32>,
}

enum Kind {
    Plain(Box<dyn Policy + Send>),
    Queues(Box<Mlfq>),
}

impl Watched {
    fn new(case: &Case, sample: Option<&Table>, unit: Span) -> Result<Self, String> {
        let published = case.word("compat").is_some();
        let lay = |yarn| -> Box<dyn Lay> {
            if yarn {
                Box::new(Yarn)
            } else {
                Box::new(FirstFit)
            }
        };
        let yarn = yarn(case)?;
        let composed = |admit: Box<dyn Admit>| composed(&case.policy, admit, lay(yarn));
        let ranked = |by| {
            let ranked = Ranked::new("ranked", by, Line::Skip, lay(yarn));
            Kind::Plain(Box::new(ranked.sorting_in_place(published)))
        };
        let policy = match case.policy.as_str() {
            "fifo" => composed(Box::new(Strict)),
            // The longest pending job first, as it was meant, is whoever came first of those that fit.
            "fjf" | "lpjf" => composed(Box::<Skip>::default()),
            "sjf" => ranked(By::Gpus),
            "shortest" => ranked(By::TimeLeft),
            "shortest-gpu" => ranked(By::GpuTimeLeft),
            // The original lays these by count whatever the scheme.
            "dlas" => queues(case, (Service::Time, None), unit)?,
            "dlas-gpu-gittins" => queues(case, (Service::GpuTime, sample), unit)?,
            other if other.starts_with("dlas-gpu") => queues(case, (Service::GpuTime, None), unit)?,
            other => return Err(format!("policy {other}: not known to this family")),
        };
        Ok(Self {
            policy,
            looks: Vec::new(),
            promotions: BTreeMap::new(),
        })
    }

    fn inner(&self) -> &dyn Policy {
        match &self.policy {
            Kind::Plain(policy) => &**policy,
            Kind::Queues(queues) => &**queues,
        }
    }
}

fn composed(name: &str, admit: Box<dyn Admit>, place: Box<dyn Lay>) -> Kind {
    Kind::Plain(Box::new(Composed {
        name: name.to_owned(),
        order: Box::new(Fifo),
        admit,
        place,
        preempt: Box::new(Never),
        buy: Box::new(Keep),
        relocate: Box::new(Stay),
        keep: Keeping::default(),
        state: Standing::default(),
    }))
}

fn queues(
    case: &Case,
    (service, sample): (Service, Option<&Table>),
    unit: Span,
) -> Result<Kind, String> {
    let named = match service {
        Service::Time => "seconds",
        Service::GpuTime => "gpu-seconds",
    };
    case.fixed(&[("service", named)])?;
    let promote_after = if case.options.contains_key("promote_after_factor") {
        case.real("promote_after_factor")?
    } else {
        0.0
    };
    let name = case.policy.strip_prefix("dlas-gpu-");
    let suffix = name.and_then(|factor| factor.parse::<f64>().ok());
    if suffix.is_some_and(|factor| factor.to_bits() != promote_after.to_bits()) {
        return Err(format!("{}: promotes after another factor", case.policy));
    }
    let published = case.word("compat").is_some();
    // As it was meant, time is not cut into seconds.
    let tick = if published { unit } else { Span::MICROSECOND };
    let ticks = |units: u64| units.saturating_mul(unit.us()) / tick.us();
    let gittins = match (sample, case.policy.ends_with("gittins")) {
        (Some(sample), true) => {
            let sample = sample.whole("duration")?.into_iter();
            let sample = sample.map(|taken| ticks(taken.into())).collect();
            let gittins = Gittins::new(sample, ticks(case.number("gittins_delta")?));
            Some(if published {
                gittins.published()
            } else {
                gittins
            })
        }
        (None, false) => None,
        (None, true) | (Some(_), false) => {
            return Err("a sample is for gittins, and for nothing else".to_owned());
        }
    };
    let rules = Rules {
        service,
        limits: case
            .numbers("queue_limits")?
            .into_iter()
            .map(ticks)
            .collect(),
        promote_after,
        gittins,
        tick,
        published,
    };
    Ok(Kind::Queues(Box::new(Mlfq::new(rules, Box::new(FirstFit)))))
}

impl Policy for Watched {
    fn name(&self) -> &str {
        self.inner().name()
    }

    fn wakes_on(&self) -> Wakes {
        self.inner().wakes_on()
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        match &mut self.policy {
            Kind::Plain(policy) => policy.decide(view, plan),
            Kind::Queues(queues) => {
                queues.decide(view, plan);
                let look = queues.last_look();
                if look.at == Some(view.now()) {
                    self.looks.push(view.now());
                    for job in &look.promoted {
                        *self.promotions.entry(job.ordinal()).or_default() += 1;
                    }
                }
            }
        }
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        self.inner().fork()
    }
}
