//! The measure: of the GPUs that are idle on a node, what the typical tasks could not use, weighed by how common they are.
//!
//! To a task that asks for no GPU all of it is of no use; so it is to one that may not run on this model, or finds too little
//! CPU or too few GPUs that are idle enough. To one that could run, the GPUs are of no use of which too little is left.
//!
//! Of a GPU in slices what is left are the compute slices that nobody has. To a task that asks for a slice they are of use if
//! such a slice still has a start there, to any other they are not; a GPU of which shares are taken is of no use to slices.

use sim_core::engine::Capacity;
use sim_core::model::{Market, Profile, Shape, Sliced};
use sim_core::units::NodeId;
use smallvec::SmallVec;

use super::typical::{Class, Typical};

/// What is idle on a node.
#[derive(Clone, Copy, Debug)]
pub struct Idle<'a> {
    /// What the node has.
    pub shape: Shape,
    /// On which market it was got.
    pub market: Market,
    /// CPU left, in thousandths of a core.
    pub cpu_milli: u32,
    /// By GPU: thousandths left for shares; none of one in slices.
    pub left: &'a [u16],
    /// By GPU: what slices take; empty if there are none.
    pub sliced: &'a [Sliced],
    /// Slices into which its GPUs may be partitioned.
    pub profiles: &'a [Profile],
}

impl Idle<'_> {
    /// Thousandths left of all GPUs.
    pub fn milli(&self) -> u32 {
        let gpus = 0..self.left.len();
        gpus.map(|gpu| u32::from(self.milli_of(gpu))).sum()
    }

    /// Thousandths left of a GPU.
    pub fn milli_of(&self, gpu: usize) -> u16 {
        let sliced = self.sliced_on(gpu);
        let of = self.profiles.first().map_or(1, |profile| profile.of());
        if sliced.is_empty() {
            self.left[gpu]
        } else {
            sliced.left_milli(of)
        }
    }

    fn sliced_on(&self, gpu: usize) -> Sliced {
        self.sliced.get(gpu).copied().unwrap_or_default()
    }
}

/// Of what use a node's idle GPUs are to a class, in the quadrants of the paper: the axes are GPU and CPU.
#[derive(Clone, Copy, Debug, Default)]
struct Parts {
    neither: f64,
    no_gpu: f64,
    no_cpu: f64,
    cpu_task: f64,
    cpu_task_without_cpu: f64,
    no_access: f64,
}

impl Typical {
    /// Thousandths of GPUs that are idle on an open node and a fragment.
    pub fn fragment_on(&self, capacity: &Capacity, node: NodeId) -> f64 {
        if !capacity.is_open(node) {
            return 0.0;
        }
        let shape = capacity.shape(capacity.offering_of(node));
        let left = |gpu| u16::try_from(capacity.free_milli(node, gpu)).expect("a thousand at most");
        let left: SmallVec<[u16; 8]> = (0..shape.gpus).map(left).collect();
        self.fragment(&Idle {
            shape,
            market: capacity.market_of(node),
            cpu_milli: capacity.free_cpu_memory(node).0,
            left: &left,
            sliced: capacity.slices_on(node),
            profiles: capacity.profiles(capacity.offering_of(node)),
        })
    }

    /// Thousandths of GPUs that are idle on a node and a fragment. The sums are in the order of the published simulator, so
    /// that they round as there.
    pub fn fragment(&self, idle: &Idle<'_>) -> f64 {
        let all = idle.milli();
        if all == 0 {
            return 0.0;
        }
        let (mut parts, all) = (Parts::default(), f64::from(all));
        for (class, share) in &self.classes {
            parts.add(class, *share, (idle, all));
        }
        let q124 = parts.neither + parts.no_gpu + parts.no_cpu;
        q124 + parts.cpu_task + parts.cpu_task_without_cpu + parts.no_access
    }
}

impl Class {
    /// Whether one of its tasks, or one GPU of it, fits where so much is left.
    fn has_room(&self, left: u16, sliced: Sliced) -> bool {
        match self.slice {
            None => left >= self.gpu_milli && sliced.is_empty(),
            Some(slice) => slice.room(sliced) > 0 && (left == 1000 || !sliced.is_empty()),
        }
    }
}

impl Parts {
    fn add(&mut self, class: &Class, share: f64, (idle, all): (&Idle<'_>, f64)) {
        let has_cpu = class.cpu_milli <= idle.cpu_milli;
        if class.gpu_milli == 0 {
            let part = if has_cpu {
                &mut self.cpu_task
            } else {
                &mut self.cpu_task_without_cpu
            };
            *part += share * all;
            return;
        }
        let offered = class
            .slice
            .is_none_or(|slice| idle.profiles.contains(&slice));
        let model = class.models.allows(idle.shape.model) && offered;
        if !model || !class.markets.allows(idle.market) {
            self.no_access += share * all;
            return;
        }
        let (mut enough, mut too_little) = (0, 0);
        for gpu in 0..idle.left.len() {
            let left = idle.milli_of(gpu);
            if class.has_room(left, idle.sliced_on(gpu)) {
                enough += 1;
            } else {
                too_little += u32::from(left);
            }
        }
        match (enough >= class.gpus, has_cpu) {
            (true, true) => self.no_gpu += share * f64::from(too_little),
            (true, false) => self.no_cpu += share * all,
            (false, true) => self.no_gpu += share * all,
            (false, false) => self.neither += share * all,
        }
    }
}

#[cfg(test)]
mod tests {
    use sim_core::model::{Demand, GpuDemand, ModelSet};
    use sim_core::units::ModelId;

    use super::*;

    #[test]
    fn the_measure_is_what_it_is_by_hand() {
        let demand = |gpu, cpu_milli| Demand {
            gpu,
            cpu_milli,
            ..Demand::gpus(1)
        };
        let class = |gpu, cpu| Class::of(&demand(gpu, cpu), ModelSet::ANY);
        let other = ModelSet::NONE.with(ModelId(1));
        let classes = [
            (class(GpuDemand::Milli(500), 1000), 4),
            (class(GpuDemand::Whole(2), 1000), 3),
            (class(GpuDemand::None, 1000), 2),
            (Class::of(&demand(GpuDemand::Whole(1), 0), other), 1),
        ];
        let typical = Typical::ranked(&classes, 10, 1_000_000);
        let shape = Shape {
            gpus: 3,
            model: ModelId(0),
            cpu_milli: 4000,
            memory_mib: 0,
        };
        let fragment = |cpu_milli, left: &[u16]| {
            let idle = Idle {
                shape,
                market: Market::Owned,
                cpu_milli,
                left,
                sliced: &[],
                profiles: &[],
            };
            typical.fragment(&idle)
        };
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} is not {b}");
        // Only those that may not or need not use a GPU of this model: 0.3 of 3000.
        near(fragment(4000, &[1000, 1000, 1000]), 900.0);
        // 200 are too little for half a GPU, and for two whole ones the one is too few.
        near(fragment(4000, &[1000, 200, 0]), 0.4 * 200.0 + 0.6 * 1200.0);
        // Without CPU nobody can use anything.
        near(fragment(999, &[1000, 200, 0]), 1200.0);
        near(fragment(4000, &[0, 0, 0]), 0.0);
    }
}
