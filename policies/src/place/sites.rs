//! Sites: nodes as placements see them that give each a score, and what changed on which since the last look.
//!
//! What is free is compared with what was, so that a score holds for as long as its node stands as it stood, whoever changed
//! it: a plan that was taken back, a copy in which somebody looks ahead.

use std::sync::Arc;

use sim_core::engine::Capacity;
use sim_core::model::{Demand, GpuDemand, GpuSet, Market, Profile, Shape, Sliced};
use sim_core::units::{NodeId, convert};
use smallvec::SmallVec;

use super::spots::Spot;
use crate::fragment::Idle;

/// What is free on a node.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) node: NodeId,
    pub(super) shape: Shape,
    pub(super) market: Market,
    open: bool,
    pub(super) cpu_milli: u32,
    memory_mib: u32,
    /// GPUs of which nobody uses any part.
    pub(super) free: GpuSet,
    /// By GPU: thousandths left for shares.
    pub(super) left: SmallVec<[u16; 8]>,
    /// By GPU: what slices take; empty until there are some.
    pub(super) sliced: SmallVec<[Sliced; 8]>,
    /// Slices into which its GPUs may be partitioned.
    pub(super) profiles: Arc<[Profile]>,
    /// What else its score goes by.
    mark: u32,
    /// Rises with every change; a score of an earlier one does not hold.
    pub(super) stamp: u32,
    /// What is worth computing once for all scores of the node as it stands.
    pub(super) base: f64,
}

/// The nodes of a fleet, and the largest of each thing that one of them has.
#[derive(Clone, Debug, Default)]
pub(super) struct Sites {
    pub(super) all: Vec<Site>,
    pub(super) largest: Largest,
}

/// What the largest nodes have that were ever there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Largest {
    /// In thousandths of a core.
    pub(super) cpu_milli: u32,
    /// In thousandths of a GPU.
    pub(super) gpu_milli: u32,
}

impl Sites {
    /// The same before the first look, but for how large nodes are known to be.
    pub(super) fn anew(&self) -> Self {
        Self {
            all: Vec::new(),
            largest: self.largest,
        }
    }

    /// Brings all nodes up to date: those that changed get a new stamp. `mark` says what else scores of a node go by.
    pub(super) fn sync(&mut self, capacity: &Capacity, mark: impl Fn(NodeId) -> u32) {
        if self.all.is_empty() {
            self.furnish(capacity);
        }
        let before = self.largest;
        for site in &mut self.all {
            site.sync(capacity, mark(site.node));
            if site.open {
                self.largest.note(site.shape);
            }
        }
        if self.largest != before {
            self.all.iter_mut().for_each(Site::touch);
        }
    }

    fn furnish(&mut self, capacity: &Capacity) {
        for offering in capacity.offerings() {
            let shape = capacity.shape(offering);
            let profiles: Arc<[Profile]> = capacity.profiles(offering).into();
            let sites = capacity.slots_of(offering).map(|node| Site {
                node,
                shape,
                market: capacity.market_of(node),
                open: false,
                cpu_milli: 0,
                memory_mib: 0,
                free: GpuSet::EMPTY,
                left: SmallVec::from_elem(0, convert::index(shape.gpus)),
                sliced: SmallVec::new(),
                profiles: Arc::clone(&profiles),
                mark: 0,
                stamp: 1,
                base: 0.0,
            });
            self.all.extend(sites);
        }
    }
}

impl Largest {
    fn note(&mut self, shape: Shape) {
        self.cpu_milli = self.cpu_milli.max(shape.cpu_milli);
        self.gpu_milli = self.gpu_milli.max(shape.gpus * 1000);
    }
}

impl Site {
    fn sync(&mut self, capacity: &Capacity, mark: u32) {
        let (open, free) = (capacity.is_open(self.node), capacity.free_on(self.node));
        let (cpu_milli, memory_mib) = capacity.free_cpu_memory(self.node);
        let shares = capacity.shares_on(self.node);
        let gpus = convert::index(self.shape.gpus);
        let slices = capacity.slices_on(self.node);
        let slices = &slices[..slices.len().min(gpus)];
        let same = (open, free, cpu_milli, memory_mib, mark)
            == (
                self.open,
                self.free,
                self.cpu_milli,
                self.memory_mib,
                self.mark,
            );
        if same && self.is_shared_as(shares) && self.sliced.as_slice() == slices {
            return;
        }
        (self.open, self.free, self.mark) = (open, free, mark);
        (self.cpu_milli, self.memory_mib) = (cpu_milli, memory_mib);
        self.sliced = SmallVec::from_slice(slices);
        for (gpu, left) in (0..).zip(self.left.iter_mut()) {
            *left = if free.contains(GpuSet::one(gpu)) {
                1000
            } else {
                shares.get(convert::index(gpu)).copied().unwrap_or(0)
            };
        }
        self.touch();
    }

    /// Whether as much is left of GPUs that are partly in use; which are wholly free is known to be the same.
    fn is_shared_as(&self, shares: &[u16]) -> bool {
        let now = shares.iter().copied().chain(std::iter::repeat(0));
        let mut pairs = self.left.iter().zip(now);
        pairs.all(|(own, now)| *own == 1000 || *own == now)
    }

    /// Something has changed.
    fn touch(&mut self) {
        self.stamp += 1;
        self.base = f64::NAN;
    }

    /// Whether a task of `demand` fits.
    pub(super) fn fits(&self, demand: &Demand) -> bool {
        let by_gpu = match demand.gpu {
            GpuDemand::None => true,
            GpuDemand::Whole(gpus) => self.free.count() >= u32::from(gpus),
            GpuDemand::Milli(milli) => self.left.iter().any(|left| *left >= milli),
            GpuDemand::Slice(profile) => self.slice(profile).is_some(),
        };
        self.open
            && by_gpu
            && demand.cpu_milli <= self.cpu_milli
            && demand.memory_mib <= self.memory_mib
    }

    /// Thousandths of all GPUs left.
    pub(super) fn gpu_milli(&self) -> u32 {
        self.idle().milli()
    }

    /// Thousandths of a GPU left.
    pub(super) fn milli_of(&self, gpu: u32) -> u16 {
        self.idle().milli_of(convert::index(gpu))
    }

    /// Takes what a task of `demand` takes, its part of a GPU at `spot`; panics unless it fits.
    pub(super) fn take(&mut self, demand: &Demand, spot: Option<Spot>) {
        self.cpu_milli -= demand.cpu_milli;
        self.memory_mib -= demand.memory_mib;
        match demand.gpu {
            GpuDemand::None => {}
            GpuDemand::Whole(gpus) => {
                let taken = self.free.lowest(gpus.into()).expect("it fits");
                self.free = self.free.without(taken);
                for gpu in taken.iter() {
                    self.left[convert::index(gpu)] = 0;
                }
            }
            GpuDemand::Milli(milli) => {
                let (gpu, _) = spot.expect("a share lies on a GPU");
                self.free = self.free.without(GpuSet::one(gpu));
                self.left[convert::index(gpu)] -= milli;
            }
            GpuDemand::Slice(profile) => {
                let (gpu, start) = spot.expect("a slice lies on a GPU");
                let start = start.get().expect("a slice starts somewhere");
                self.free = self.free.without(GpuSet::one(gpu));
                self.left[convert::index(gpu)] = 0;
                self.sliced.resize(self.left.len(), Sliced::default());
                let taken = &mut self.sliced[convert::index(gpu)];
                *taken = taken.with(profile, start);
            }
        }
        self.touch();
    }

    /// What is idle on it.
    pub(super) fn idle(&self) -> Idle<'_> {
        Idle {
            shape: self.shape,
            market: self.market,
            cpu_milli: self.cpu_milli,
            left: &self.left,
            sliced: &self.sliced,
            profiles: &self.profiles,
        }
    }
}
