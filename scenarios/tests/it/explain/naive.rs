//! A search for placements that knows nothing of how reasons are found: task by task, on every machine that is different from
//! the others, until all have a place or every way has been tried.

use std::collections::BTreeSet;

use sim_core::engine::{Capacity, JobView};
use sim_core::model::{Gang, GpuDemand, ModelSet, Role};
use sim_core::units::{ModelId, NodeId, OfferingId, convert};

/// Steps of a search before it gives up.
const PATIENCE: u32 = 20_000;

/// What is left of a machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Machine {
    pub(crate) offering: OfferingId,
    /// Thousandths left of each GPU.
    pub(crate) gpus: Vec<u32>,
    pub(crate) cpu: u32,
    pub(crate) memory: u32,
    /// Told apart only while what runs on it is given back.
    pub(crate) node: Option<NodeId>,
}

/// What a search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Placement,
    None,
    /// It gave up, or slices are asked for, which it does not know.
    Unknown,
}

/// The machines that may be started on.
pub(crate) fn open(capacity: &Capacity) -> Vec<Machine> {
    let nodes = capacity.offerings().flat_map(|offering| {
        let nodes = capacity.nodes(offering);
        nodes.map(move |node| (offering, node))
    });
    let machine = |(offering, node): (OfferingId, NodeId)| {
        let gpus = 0..capacity.shape(offering).gpus;
        let (cpu, memory) = capacity.free_cpu_memory(node);
        Machine {
            offering,
            gpus: gpus.map(|gpu| capacity.free_milli(node, gpu)).collect(),
            cpu,
            memory,
            node: Some(node),
        }
    };
    nodes.map(machine).collect()
}

/// Machines of an offering that are empty.
pub(crate) fn empty(capacity: &Capacity, offering: OfferingId, count: u32) -> Vec<Machine> {
    let shape = capacity.shape(offering);
    let machine = Machine {
        offering,
        gpus: vec![1000; convert::index(shape.gpus)],
        cpu: shape.cpu_milli,
        memory: shape.memory_mib,
        node: None,
    };
    vec![machine; convert::index(count)]
}

/// Gives back what a running job holds.
pub(crate) fn give_back(machines: &mut [Machine], job: &JobView<'_>) {
    for seat in job.allocation().seats() {
        let demand = job.gang().roles()[usize::from(seat.role)].demand;
        let machine = machines.iter_mut().find(|own| own.node == Some(seat.node));
        let Some(machine) = machine else { continue };
        let each = match demand.gpu {
            GpuDemand::Whole(_) => 1000,
            GpuDemand::Milli(milli) => milli.into(),
            GpuDemand::None | GpuDemand::Slice(_) => 0,
        };
        for gpu in seat.gpus.iter() {
            machine.gpus[convert::index(gpu)] += each;
        }
        machine.cpu += demand.cpu_milli * seat.tasks;
        machine.memory += demand.memory_mib * seat.tasks;
    }
}

/// Whether a gang has a placement on these machines, on one GPU model or, `mixed`, on several.
pub(crate) fn search(
    capacity: &Capacity,
    machines: &[Machine],
    (gang, models): (&Gang, ModelSet),
    mixed: bool,
) -> Found {
    let on = |machine: &Machine| capacity.shape(machine.offering).model;
    let with_gpus = gang
        .roles()
        .iter()
        .any(|role| role.demand.gpu != GpuDemand::None);
    let mut choices: Vec<Option<ModelId>> = vec![None];
    if with_gpus && !mixed {
        let on: BTreeSet<ModelId> = machines.iter().map(on).collect();
        choices = on.into_iter().map(Some).collect();
    }
    let mut found = Found::None;
    for only in choices {
        let mut search = Search {
            capacity,
            models,
            only,
            tasks: gang
                .roles()
                .iter()
                .flat_map(|role| std::iter::repeat_n(role, convert::index(role.least)))
                .collect(),
            seen: BTreeSet::new(),
            steps: 0,
        };
        let mut machines = machines.to_vec();
        for own in &mut machines {
            own.node = None;
        }
        match search.go(0, machines) {
            Found::Placement => return Found::Placement,
            Found::Unknown => found = Found::Unknown,
            Found::None => {}
        }
    }
    found
}

struct Search<'a> {
    capacity: &'a Capacity,
    models: ModelSet,
    only: Option<ModelId>,
    tasks: Vec<&'a Role>,
    seen: BTreeSet<(usize, Vec<Machine>)>,
    steps: u32,
}

impl Search<'_> {
    /// Whether the tasks from `at` on have places.
    fn go(&mut self, at: usize, mut machines: Vec<Machine>) -> Found {
        let Some(role) = self.tasks.get(at).copied() else {
            return Found::Placement;
        };
        machines.sort_unstable();
        self.steps += 1;
        if self.steps > PATIENCE || matches!(role.demand.gpu, GpuDemand::Slice(_)) {
            return Found::Unknown;
        }
        if !self.seen.insert((at, machines.clone())) {
            return Found::None;
        }
        let mut found = Found::None;
        for position in 0..machines.len() {
            let alike = position > 0 && machines[position] == machines[position - 1];
            if alike || !self.may_use(&machines[position], role) {
                continue;
            }
            for with in laid(&machines[position], role) {
                let mut next = machines.clone();
                next[position] = with;
                match self.go(at + 1, next) {
                    Found::Placement => return Found::Placement,
                    Found::Unknown => found = Found::Unknown,
                    Found::None => {}
                }
                if self.steps > PATIENCE {
                    return Found::Unknown;
                }
            }
        }
        found
    }

    fn may_use(&self, machine: &Machine, role: &Role) -> bool {
        let model = self.capacity.shape(machine.offering).model;
        let suits =
            role.demand.gpu == GpuDemand::None || self.only.is_none_or(|only| only == model);
        suits
            && self
                .capacity
                .allows(machine.offering, self.models, &role.demand)
    }
}

/// A machine with a task on it, in every way that makes a difference.
fn laid(machine: &Machine, role: &Role) -> Vec<Machine> {
    let demand = &role.demand;
    let mut rest = machine.clone();
    let (Some(cpu), Some(memory)) = (
        machine.cpu.checked_sub(demand.cpu_milli),
        machine.memory.checked_sub(demand.memory_mib),
    ) else {
        return Vec::new();
    };
    (rest.cpu, rest.memory) = (cpu, memory);
    match demand.gpu {
        GpuDemand::None => vec![rest],
        GpuDemand::Whole(gpus) => {
            let whole = rest.gpus.iter_mut().filter(|left| **left == 1000);
            let taken = whole.take(gpus.into()).map(|left| *left = 0).count();
            if taken == usize::from(gpus) {
                vec![rest]
            } else {
                Vec::new()
            }
        }
        GpuDemand::Milli(milli) => {
            let milli = u32::from(milli);
            let levels: BTreeSet<u32> = rest
                .gpus
                .iter()
                .copied()
                .filter(|left| *left >= milli)
                .collect();
            let on = |level: u32| {
                let mut with = rest.clone();
                let gpu = with
                    .gpus
                    .iter_mut()
                    .find(|left| **left == level)
                    .expect("a level of its");
                *gpu -= milli;
                with
            };
            levels.into_iter().map(on).collect()
        }
        GpuDemand::Slice(_) => Vec::new(),
    }
}
