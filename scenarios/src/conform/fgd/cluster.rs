//! The inputs of a case: nodes in the order of their ranks, pods in the order of their arrival, and what is typical of them.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;

use policies::fragment::{Class, Typical};
use sim_core::engine::World;
use sim_core::model::{Demand, Gang, GpuDemand, Job, ModelSet, Role, Shape};
use sim_core::units::{ModelId, SimTime, Span, convert};
use traces::{Node, Options, Record, Source, Workload};

use super::super::Place;
use super::super::batch;
use super::super::cases::Case;
use super::super::table::Table;

/// Share of the pods that the typical ones make up, in millionths, as the original sets it.
const TYPICAL_PPM: u32 = 950_000;

/// What the runs of a case have in common.
pub(super) struct Cluster {
    nodes: traces::Nodes,
    pods: Workload,
    /// By name: position in the list.
    by_name: BTreeMap<String, usize>,
    order: Table,
    ranks: Table,
    pub(super) typical: Typical,
    pub(super) gpu_milli: u64,
}

/// One run: pods that arrive one after the other on nodes in the order of their ranks.
pub(super) struct Fill {
    pub(super) world: Arc<World>,
    pub(super) jobs: Arc<[Job]>,
    /// By job.
    pub(super) pods: Vec<String>,
    /// By node.
    pub(super) nodes: Vec<String>,
}

impl Cluster {
    /// Reads the four inputs of a case: pods, nodes, the order of arrival, and the ranks of the nodes.
    pub(super) fn read(case: &Case, place: &Place<'_>) -> Result<Self, String> {
        let [pods, nodes, order, ranks] = case.inputs.as_slice() else {
            return Err("a case of this family has four inputs".to_owned());
        };
        let open = |input: &String| {
            let path = place.find(input)?;
            File::open(&path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let options = Options::default();
        let source = Source::new(pods, open(pods)?);
        let read = traces::import("openb-pods", source, &options);
        let workload = read.map_err(|refused| refused.to_string())?;
        let source = Source::new(nodes, open(nodes)?);
        let read = traces::import_nodes("openb-nodes", source, &options);
        let nodes = read.map_err(|refused| refused.to_string())?;
        let typical = typical(&Table::read(&place.find(pods)?)?, &nodes.models)?;
        let names = workload.jobs.iter().enumerate();
        let gpus: u64 = nodes.nodes.iter().map(|node| u64::from(node.gpus)).sum();
        Ok(Self {
            by_name: names.map(|(at, pod)| (pod.name.to_string(), at)).collect(),
            order: Table::read(&place.find(order)?)?,
            ranks: Table::read(&place.find(ranks)?)?,
            typical,
            gpu_milli: gpus * 1000,
            nodes,
            pods: workload,
        })
    }

    /// The run of a seed.
    pub(super) fn fill(&self, seed: u64) -> Result<Fill, String> {
        let mut jobs = Vec::new();
        let mut pods = Vec::new();
        for (at, number) in column(&self.order, seed)?.enumerate() {
            let base = format!("openb-pod-{number}");
            let pod = self.by_name.get(&base);
            let pod = pod.ok_or_else(|| format!("{base}: no such pod"))?;
            // What comes behind the last pod is drawn again.
            pods.push(match at.checked_sub(self.pods.jobs.len()) {
                Some(again) => format!("{base}-tuned-{again}"),
                None => base,
            });
            jobs.push(self.job(&self.pods.jobs[*pod], convert::wide(at)));
        }
        let by_name = self.nodes.nodes.iter();
        let by_name: BTreeMap<String, &Node> =
            by_name.map(|node| (node.name.to_string(), node)).collect();
        let (mut nodes, mut shapes): (Vec<String>, Vec<(Shape, u32)>) = (Vec::new(), Vec::new());
        for (rank, number) in column(&self.ranks, seed)?.enumerate() {
            let name = format!("openb-node-{number}");
            let node = by_name.get(&name);
            let shape = shape(node.ok_or_else(|| format!("{name}: no such node"))?);
            // Node ids are ranks, so that ties are settled as in the original.
            match shapes.last_mut() {
                Some((last, nodes)) if *last == shape => *nodes += 1,
                Some(_) | None => shapes.push((shape, 1)),
            }
            nodes.push(format!("{rank:04}-{name}"));
        }
        let pools = shapes.into_iter();
        let pools = pools.map(|(shape, nodes)| batch::pool(shape, nodes));
        let mut world = batch::plain(pools.collect(), self.nodes.models.clone());
        world.seed = seed;
        world.end = Some(SimTime::from_secs(convert::wide(jobs.len())));
        Ok(Fill {
            world: Arc::new(world),
            jobs: jobs.into(),
            pods,
            nodes,
        })
    }

    /// A pod never ends; one comes each second.
    fn job(&self, pod: &Record, at: u64) -> Job {
        let known = pod.models.positions().filter_map(|position| {
            let name = &self.pods.models[position];
            model(&self.nodes.models, name)
        });
        let models = if pod.models.is_any() {
            ModelSet::ANY
        } else {
            known.fold(ModelSet::NONE, ModelSet::with)
        };
        let demand = Demand {
            memory_mib: pod.memory_mib,
            ..demand((pod.gpus, pod.gpu_milli), pod.cpu_milli)
        };
        Job {
            models,
            ..Job::plain(
                SimTime::from_secs(at),
                Span::MAX.us(),
                Gang::One(Role::rigid(1, demand)),
            )
        }
    }
}

/// What a pod asks for: whole GPUs, or a share of one.
fn demand((gpus, milli): (u16, u16), cpu_milli: u32) -> Demand {
    let gpu = match (gpus, milli) {
        (0, _) => GpuDemand::None,
        (gpus, 1000) => GpuDemand::Whole(gpus),
        (_, milli) => GpuDemand::Milli(milli),
    };
    Demand {
        gpu,
        cpu_milli,
        ..Demand::gpus(0)
    }
}

/// The texts of a seed's column, up to its end.
fn column(table: &Table, seed: u64) -> Result<impl Iterator<Item = &str>, String> {
    let at = table.column(&format!("s{seed}"))?;
    let texts = table.rows.iter().map(move |row| row[at].as_str());
    Ok(texts.take_while(|text| !text.is_empty()))
}

fn shape(node: &Node) -> Shape {
    Shape {
        gpus: node.gpus.into(),
        model: ModelId(node.model.unwrap_or(0)),
        cpu_milli: node.cpu_milli,
        memory_mib: node.memory_mib,
    }
}

fn model(models: &[String], name: &str) -> Option<ModelId> {
    let position = models.iter().position(|model| model == name)?;
    Some(ModelId(u16::try_from(position).expect("few models")))
}

/// What is typical of all pods of the list: among equally common ones those of greater CPU, GPU share, GPUs, and text of
/// models, each compared in that order. A model written twice makes another class.
fn typical(pods: &Table, models: &[String]) -> Result<Typical, String> {
    let number = |text: &str| {
        text.parse::<u32>()
            .map_err(|error| format!("{text}: {error}"))
    };
    let [cpu, milli, gpus] = ["cpu_milli", "gpu_milli", "num_gpu"].map(|name| pods.column(name));
    let (cpu, milli, gpus, spec) = (cpu?, milli?, gpus?, pods.column("gpu_spec")?);
    let mut counts: BTreeMap<(u32, u32, u32, &str), u64> = BTreeMap::new();
    for row in &pods.rows {
        let of_none = number(&row[gpus])? == 0;
        let key = (
            number(&row[cpu])?,
            number(&row[milli])?,
            number(&row[gpus])?,
            if of_none { "" } else { row[spec].as_str() },
        );
        *counts.entry(key).or_default() += 1;
    }
    let mut ranked: Vec<_> = counts.into_iter().collect();
    ranked.sort_by(|(a, many), (b, others)| others.cmp(many).then(b.cmp(a)));
    let class = |((cpu, milli, gpus, spec), count): ((u32, u32, u32, &str), u64)| {
        let small = |n: u32| u16::try_from(n).expect("the list was read as pods");
        let named = spec.split('|').filter_map(|name| model(models, name));
        let models = if spec.is_empty() {
            ModelSet::ANY
        } else {
            named.fold(ModelSet::NONE, ModelSet::with)
        };
        let demand = demand((small(gpus), small(milli)), cpu);
        (Class::of(&demand, models), count)
    };
    let ranked: Vec<(Class, u64)> = ranked.into_iter().map(class).collect();
    let total = convert::wide(pods.rows.len());
    Ok(Typical::ranked(&ranked, total, TYPICAL_PPM))
}
