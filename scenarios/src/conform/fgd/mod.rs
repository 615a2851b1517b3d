//! FGD (Weng et al., USENIX ATC 2023): clusters are filled pod by pod; who does not fit is dropped, and nobody leaves.

mod cluster;
mod curve;

use policies::admit::TurnAway;
use policies::buy::Keep;
use policies::compose::{Composed, Standing};
use policies::fragment::{Seen, Typical};
use policies::keeping::Keeping;
use policies::order::Fifo;
use policies::place::{
    DotProd, Fgd, GpuClustering, GpuPacking, Place as Lay, RandomNode, VectorFit,
};
use policies::preempt::Never;
use policies::relocate::Stay;
use rayon::prelude::*;
use sim_core::engine::{Engine, Grants};
use sim_core::units::{SimTime, convert};
use sim_core::world::Trace;

use super::Place;
use super::cases::Case;
use super::table::Table;
use crate::experiment::fragments::Fragments;
use cluster::{Cluster, Fill};
use curve::{POINTS, Pod, Watch, curve, two_digits};

const OPTIONS: [&str; 12] = [
    "tune",
    "unit",
    "score_ties",
    "failed_pods",
    "compat",
    "trace",
    "seed",
    "seeds",
    "capacity_gpu_milli",
    "pod_order",
    "node_rank",
    "statistical",
];

/// What the words among the options must be: nothing else is known.
const WORDS: [(&str, &str); 4] = [
    ("unit", "milli"),
    ("score_ties", "smallest node rank"),
    ("failed_pods", "dropped"),
    ("compat", "fgd"),
];

/// Per cents of the fleet at which a curve is summed up.
const SUMMED: [usize; 7] = [50, 80, 90, 100, 110, 120, 130];

/// A curve: how the summary calls it, and how it is read of a pod.
type Measured = (&'static str, fn(&Pod) -> f64);
const CURVES: [Measured; 3] = [
    ("alloc_pct", |pod| two_digits(pod.allocated_pct())),
    ("frag_pct_of_capacity", Pod::fragment_pct_of_capacity),
    ("frag_pct_of_idle", |pod| {
        two_digits(pod.fragment_pct_of_idle())
    }),
];

/// A run of one seed.
struct Run {
    seed: u64,
    fill: Fill,
    pods: Vec<Pod>,
}

/// Fills the cluster of a case once for each seed; a table for each file that it is compared with.
pub(super) fn run(case: &Case, place: &Place<'_>) -> Result<Vec<(String, Table)>, String> {
    case.only(&OPTIONS)?;
    for (option, meant) in WORDS {
        if case.word(option).is_none_or(|word| word != meant) {
            return Err(format!("option {option}: only \"{meant}\" is implemented"));
        }
    }
    let cluster = Cluster::read(case, place)?;
    if case
        .number("capacity_gpu_milli")
        .unwrap_or(cluster.gpu_milli)
        != cluster.gpu_milli
    {
        return Err(format!("there are {} GPU-milli", cluster.gpu_milli));
    }
    let runs: Result<Vec<Run>, String> = seeds(case)?
        .into_par_iter()
        .map(|seed| fly(case, &cluster, seed))
        .collect();
    let runs = runs?;
    let mut tables: Vec<(String, Table)> = Vec::new();
    for rule in std::iter::once(&case.compare).chain(&case.compare.also) {
        if !tables.iter().any(|(file, _)| *file == rule.file) {
            tables.push((rule.file.clone(), table(&rule.file, &runs)?));
        }
    }
    Ok(tables)
}

fn seeds(case: &Case) -> Result<Vec<u64>, String> {
    let Some(list) = case.options.get("seeds") else {
        return Ok(vec![case.number("seed")?]);
    };
    let seed = |value: &toml::Value| u64::try_from(value.as_integer()?).ok();
    let seeds = list
        .as_array()
        .and_then(|list| list.iter().map(seed).collect());
    seeds.ok_or_else(|| "option seeds: not a list of whole numbers".to_owned())
}

fn fly(case: &Case, cluster: &Cluster, seed: u64) -> Result<Run, String> {
    let fill = cluster.fill(seed)?;
    let mut policy = Composed {
        name: case.policy.clone(),
        order: Box::new(Fifo),
        admit: Box::new(TurnAway),
        place: placement(&case.policy, &cluster.typical, seed)?,
        preempt: Box::new(Never),
        buy: Box::new(Keep),
        relocate: Box::new(Stay),
        keep: Keeping::default(),
        state: Standing::default(),
    };
    let trace = Trace::new(fill.jobs.clone());
    let mut engine = Engine::new(fill.world.clone(), Box::new(trace));
    let fragments = Fragments::new(&fill.world, cluster.typical.clone(), SimTime::ZERO);
    let mut watch = Watch::new(fragments);
    let flown = engine.run(&mut policy, Grants::default(), &mut watch);
    flown.map_err(|fault| fault.to_string())?;
    Ok(Run {
        seed,
        fill,
        pods: watch.pods,
    })
}

/// The original's policy in ours, with whole scores as there.
fn placement(policy: &str, typical: &Typical, seed: u64) -> Result<Box<dyn Lay>, String> {
    Ok(match policy {
        "FGD" => Fgd::placement(Seen::given(typical.clone()), true),
        "BestFit" => VectorFit::placement(true),
        "DotProd" => DotProd::placement(true),
        "GpuClustering" => GpuClustering::placement(),
        "GpuPacking" => GpuPacking::placement(),
        "Random" => Box::new(RandomNode::new(seed)),
        other => return Err(format!("policy {other}: not known to this family")),
    })
}

fn table(file: &str, runs: &[Run]) -> Result<Table, String> {
    let is = |start: &str| file.starts_with(start);
    let mut named = CURVES.into_iter();
    if let Some((_, of)) = named.find(|(name, _)| is(&format!("{name}_curves"))) {
        return Ok(curves(runs, of));
    }
    match runs {
        _ if is("oracle") => Ok(finals(runs)),
        _ if is("summary") => Ok(summary(runs)),
        [run] => Ok(placements(run)),
        _ => Err(format!("{file}: placements are those of one seed")),
    }
}

/// A row for each seed.
fn curves(runs: &[Run], of: fn(&Pod) -> f64) -> Table {
    let points = (0..POINTS).map(|at| format!("a{at}"));
    let columns = std::iter::once("seed".to_owned()).chain(points);
    let row = |run: &Run| {
        let points = curve(&run.pods, of);
        let points = points.iter().map(f64::to_string);
        std::iter::once(run.seed.to_string())
            .chain(points)
            .collect()
    };
    Table {
        columns: columns.collect(),
        rows: runs.iter().map(row).collect(),
    }
}

/// How each run ends.
fn finals(runs: &[Run]) -> Table {
    let mut table = Table::new(&[
        "seed",
        "pods",
        "failed_pods",
        "used_gpu_milli_final",
        "alloc_pct_final",
        "frag_milli_final",
        "frag_pct_idle_final",
    ]);
    for run in runs {
        let failed = run.pods.iter().filter(|pod| pod.node.is_none()).count();
        let Some(last) = run.pods.last() else {
            continue;
        };
        table.rows.push(vec![
            run.seed.to_string(),
            run.pods.len().to_string(),
            failed.to_string(),
            last.used().to_string(),
            last.allocated_pct().to_string(),
            last.standing.fragment_milli.to_string(),
            last.fragment_pct_of_idle().to_string(),
        ]);
    }
    table
}

/// Mean and range of the curves over the seeds.
fn summary(runs: &[Run]) -> Table {
    let mut table = Table::new(&["metric", "arrived_pct", "mean", "min", "max"]);
    for (name, of) in CURVES {
        let curves: Vec<Vec<f64>> = runs.iter().map(|run| curve(&run.pods, of)).collect();
        for at in SUMMED {
            let values = || curves.iter().map(|points| points[at]);
            let mean = values().sum::<f64>() / convert::real(convert::wide(runs.len()));
            let (least, most) = (
                values().fold(f64::INFINITY, f64::min),
                values().fold(f64::NEG_INFINITY, f64::max),
            );
            let numbers = [mean, least, most].map(|value| value.to_string());
            let row = [name.to_owned(), at.to_string()].into_iter().chain(numbers);
            table.rows.push(row.collect());
        }
    }
    table
}

/// A row for each pod.
fn placements(run: &Run) -> Table {
    let mut table = Table::new(&[
        "i",
        "pod",
        "node",
        "gpu_index",
        "used_gpu_milli",
        "arrived_gpu_milli",
        "frag_milli",
        "frag_pct_idle",
    ]);
    for (at, pod) in run.pods.iter().enumerate() {
        let gpus: Vec<String> = pod.gpus.iter().map(|gpu| gpu.to_string()).collect();
        let node = pod.node.map(|node| run.fill.nodes[node.index()].clone());
        table.rows.push(vec![
            at.to_string(),
            run.fill.pods[at].clone(),
            node.unwrap_or_default(),
            gpus.join("-"),
            pod.used().to_string(),
            pod.arrived.to_string(),
            pod.standing.fragment_milli.to_string(),
            pod.fragment_pct_of_idle().to_string(),
        ]);
    }
    table
}
