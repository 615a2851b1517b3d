//! Capacity: what is free on which node, indexed so that a placement is found without a scan.

mod parts;

use super::mig::Slices;
use super::pool::Pool;
use super::shares::Shares;
use crate::model::{Demand, GpuDemand, GpuSet, Market, ModelSet, Offering, Seat, Shape};
use crate::units::{NodeId, OfferingId, RackId, convert};

/// What is free on one node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Free {
    /// GPUs that nobody uses any part of.
    pub(crate) gpus: GpuSet,
    pub(crate) cpu_milli: u32,
    pub(crate) memory_mib: u32,
    /// GPUs of which a part is in use.
    pub(crate) shared: GpuSet,
}

/// What is free, where. A node that may not be started on (absent, booting, noticed, draining) is closed, and not seen here.
#[derive(Debug)]
pub struct Capacity {
    free: Vec<Free>,
    /// Seats taken on each node.
    seats: Vec<u32>,
    open: Vec<bool>,
    offering: Vec<OfferingId>,
    pools: Vec<Pool>,
    shares: Shares,
    /// None where nothing is partitioned.
    slices: Option<Box<Slices>>,
    /// Wholly free GPUs on the open nodes of a rack.
    rack_free: Vec<u32>,
}

impl Clone for Capacity {
    fn clone(&self) -> Self {
        Self {
            free: self.free.clone(),
            seats: self.seats.clone(),
            open: self.open.clone(),
            offering: self.offering.clone(),
            pools: self.pools.clone(),
            shares: self.shares.clone(),
            slices: self.slices.clone(),
            rack_free: self.rack_free.clone(),
        }
    }

    /// Reuses what is allocated already.
    fn clone_from(&mut self, source: &Self) {
        self.free.clone_from(&source.free);
        self.seats.clone_from(&source.seats);
        self.open.clone_from(&source.open);
        self.offering.clone_from(&source.offering);
        self.pools.clone_from(&source.pools);
        self.shares.clone_from(&source.shares);
        self.slices.clone_from(&source.slices);
        self.rack_free.clone_from(&source.rack_free);
    }
}

impl Capacity {
    /// All nodes of `offerings`, closed and empty.
    pub(crate) fn new(offerings: &[Offering]) -> Self {
        let mut this = Self {
            free: Vec::new(),
            seats: Vec::new(),
            open: Vec::new(),
            offering: Vec::new(),
            pools: Vec::new(),
            shares: Shares::new(offerings),
            slices: Slices::new(offerings),
            rack_free: Vec::new(),
        };
        for (position, offering) in offerings.iter().enumerate() {
            let id = OfferingId(u16::try_from(position).expect("few offerings"));
            this.add(id, offering);
        }
        this
    }

    /// All nodes of a world, closed and empty: for what is asked of the numbering alone.
    pub fn of(world: &super::state::World) -> Self {
        Self::new(&world.offerings)
    }

    fn add(&mut self, id: OfferingId, offering: &Offering) {
        let slots = convert::index(offering.max);
        let shape = offering.shape;
        let (first, first_rack) = (self.free.len(), self.rack_free.len());
        self.pools.push(Pool::new(
            offering,
            convert::narrow(first),
            convert::narrow(first_rack),
        ));
        let racks = offering.max.div_ceil(offering.rack_size.max(1)).max(1);
        self.rack_free
            .resize(self.rack_free.len() + convert::index(racks), 0);
        let whole = Free {
            gpus: GpuSet::first(shape.gpus),
            cpu_milli: shape.cpu_milli,
            memory_mib: shape.memory_mib,
            shared: GpuSet::EMPTY,
        };
        self.free.resize(self.free.len() + slots, whole);
        self.seats.resize(self.seats.len() + slots, 0);
        self.open.resize(self.open.len() + slots, false);
        self.offering.resize(self.offering.len() + slots, id);
    }

    // --- what a policy asks ---

    /// Number of node slots; ids run below it.
    pub fn slots(&self) -> u32 {
        convert::narrow(self.free.len())
    }

    /// Offerings, in the order of the scenario.
    pub fn offerings(&self) -> impl Iterator<Item = OfferingId> + use<> {
        (0..self.pools.len())
            .map(|position| OfferingId(u16::try_from(position).expect("few offerings")))
    }

    /// What each node of `offering` has.
    pub fn shape(&self, offering: OfferingId) -> Shape {
        self.pools[offering.index()].shape
    }

    /// The market on which `node` was got.
    pub fn market_of(&self, node: NodeId) -> Market {
        self.pools[self.offering_of(node).index()].market
    }

    /// The offering of `node`.
    pub fn offering_of(&self, node: NodeId) -> OfferingId {
        self.offering[node.index()]
    }

    /// All node slots of `offering`, open or not.
    pub fn slots_of(&self, offering: OfferingId) -> impl Iterator<Item = NodeId> + use<> {
        (self.pools[offering.index()].first..self.pool_end(offering)).map(NodeId)
    }

    /// The rack of `node`.
    pub fn rack_of(&self, node: NodeId) -> RackId {
        let pool = &self.pools[self.offering_of(node).index()];
        let rack = (node.0 - pool.first)
            .checked_div(pool.rack_size)
            .unwrap_or(0);
        RackId(pool.first_rack + rack)
    }

    /// The nodes of `rack`, open or not.
    pub fn rack_nodes(
        &self,
        offering: OfferingId,
        rack: RackId,
    ) -> impl Iterator<Item = NodeId> + use<> {
        let pool = &self.pools[offering.index()];
        let end = self.pool_end(offering);
        let nodes = if pool.rack_size == 0 {
            pool.first..end
        } else {
            let first = pool.first + (rack.0 - pool.first_rack) * pool.rack_size;
            first..end.min(first + pool.rack_size)
        };
        nodes.map(NodeId)
    }

    /// The racks of `offering`.
    pub fn racks(&self, offering: OfferingId) -> impl Iterator<Item = RackId> + use<> {
        let pool = &self.pools[offering.index()];
        let end = self
            .pools
            .get(offering.index() + 1)
            .map_or(convert::narrow(self.rack_free.len()), |next| {
                next.first_rack
            });
        (pool.first_rack..end).map(RackId)
    }

    fn pool_end(&self, offering: OfferingId) -> u32 {
        self.pools
            .get(offering.index() + 1)
            .map_or(self.slots(), |next| next.first)
    }

    /// Wholly free GPUs on the open nodes of `offering`.
    pub fn free_gpus(&self, offering: OfferingId) -> u32 {
        self.pools[offering.index()].free_gpus
    }

    /// Wholly free GPUs on the open nodes of `rack`.
    pub fn rack_free_gpus(&self, rack: RackId) -> u32 {
        self.rack_free[convert::index(rack.0)]
    }

    /// Nodes of `offering` that may be started on.
    pub fn open_nodes(&self, offering: OfferingId) -> u32 {
        self.pools[offering.index()].open
    }

    /// Whether `node` may be started on.
    pub fn is_open(&self, node: NodeId) -> bool {
        self.open[node.index()]
    }

    /// Wholly free GPUs of `node`.
    pub fn free_on(&self, node: NodeId) -> GpuSet {
        self.free[node.index()].gpus
    }

    /// CPU (thousandths of a core) and memory (MiB) free on `node`.
    pub fn free_cpu_memory(&self, node: NodeId) -> (u32, u32) {
        let free = &self.free[node.index()];
        (free.cpu_milli, free.memory_mib)
    }

    /// Whether no task lies on `node`, not even one that asks for nothing.
    pub fn is_empty(&self, node: NodeId) -> bool {
        self.seats[node.index()] == 0
    }

    /// Which numbers of wholly free GPUs open nodes of `offering` have: bit `n` is set if some node has `n`.
    pub fn free_counts(&self, offering: OfferingId) -> u128 {
        self.pools[offering.index()].counts
    }

    /// Open nodes of `offering` with exactly `gpus` wholly free GPUs, in the order of their ids.
    pub fn nodes_with(&self, offering: OfferingId, gpus: u32) -> impl Iterator<Item = NodeId> + '_ {
        let pool = &self.pools[offering.index()];
        let bits = pool.by_free.get(convert::index(gpus));
        let mut from = 0;
        std::iter::from_fn(move || {
            let slot = bits?.next(from)?;
            from = slot + 1;
            Some(NodeId(pool.first + slot))
        })
    }

    /// All open nodes of `offering`, in the order of their ids.
    pub fn nodes(&self, offering: OfferingId) -> impl Iterator<Item = NodeId> + '_ {
        let first = self.pools[offering.index()].first;
        (first..self.pool_end(offering))
            .map(NodeId)
            .filter(|node| self.is_open(*node))
    }

    /// Whether tasks of `demand` in jobs that allow `models` may use `offering`; tasks without a GPU may use any model, and
    /// slices want GPUs that are partitioned into such.
    #[inline]
    pub fn allows(&self, offering: OfferingId, models: ModelSet, demand: &Demand) -> bool {
        let pool = &self.pools[offering.index()];
        let model = demand.gpu == GpuDemand::None || models.allows(pool.shape.model);
        model
            && demand.markets.allows(pool.market)
            && demand.offerings.allows(offering)
            && self.offers(offering, demand)
    }

    /// How many tasks of `demand` fit on `node` as it is.
    pub fn room(&self, node: NodeId, demand: &Demand) -> u32 {
        if !self.open[node.index()] {
            return 0;
        }
        let free = &self.free[node.index()];
        let by_gpu = match demand.gpu {
            GpuDemand::None => u32::MAX,
            GpuDemand::Whole(gpus) => free.gpus.count() / u32::from(gpus),
            GpuDemand::Milli(milli) => self.room_for_shares(node, milli),
            GpuDemand::Slice(profile) => self.room_for_slices(node, profile),
        };
        let by_cpu = free
            .cpu_milli
            .checked_div(demand.cpu_milli)
            .unwrap_or(u32::MAX);
        let by_memory = free
            .memory_mib
            .checked_div(demand.memory_mib)
            .unwrap_or(u32::MAX);
        by_gpu.min(by_cpu).min(by_memory)
    }

    /// Whether `tasks` tasks of `demand` fit on `node` as it is: [`Capacity::room`] without its divisions.
    pub fn fits(&self, node: NodeId, demand: &Demand, tasks: u32) -> bool {
        if !self.open[node.index()] {
            return false;
        }
        let free = &self.free[node.index()];
        let times = |each: u32| u64::from(each) * u64::from(tasks);
        let by_gpu = match demand.gpu {
            GpuDemand::None => true,
            GpuDemand::Whole(gpus) => times(gpus.into()) <= u64::from(free.gpus.count()),
            GpuDemand::Milli(milli) => self.room_for_shares(node, milli) >= tasks,
            GpuDemand::Slice(profile) => self.room_for_slices(node, profile) >= tasks,
        };
        by_gpu
            && times(demand.cpu_milli) <= u64::from(free.cpu_milli)
            && times(demand.memory_mib) <= u64::from(free.memory_mib)
    }

    // --- what the engine does ---

    /// Lets `node` be started on.
    pub(crate) fn open(&mut self, node: NodeId) {
        assert!(!self.open[node.index()], "{node:?} opens once");
        self.open[node.index()] = true;
        self.index(node);
        let free = self.free[node.index()].gpus.count();
        let rack = self.rack_of(node);
        self.rack_free[convert::index(rack.0)] += free;
        let pool = &mut self.pools[self.offering[node.index()].index()];
        pool.free_gpus += free;
        pool.open += 1;
    }

    /// Lets `node` be started on no more; what runs there stays.
    pub(crate) fn close(&mut self, node: NodeId) {
        assert!(self.open[node.index()], "{node:?} closes once");
        self.unindex(node);
        self.open[node.index()] = false;
        let free = self.free[node.index()].gpus.count();
        let rack = self.rack_of(node);
        self.rack_free[convert::index(rack.0)] -= free;
        let pool = &mut self.pools[self.offering[node.index()].index()];
        pool.free_gpus -= free;
        pool.open -= 1;
    }

    fn index(&mut self, node: NodeId) {
        let free = self.free[node.index()];
        let pool = &mut self.pools[self.offering[node.index()].index()];
        pool.list(node.0 - pool.first, free.gpus.count());
        if !free.shared.is_empty() {
            pool.sharing.insert(node.0 - pool.first);
        }
    }

    fn unindex(&mut self, node: NodeId) {
        let free = self.free[node.index()];
        let pool = &mut self.pools[self.offering[node.index()].index()];
        pool.unlist(node.0 - pool.first, free.gpus.count());
        pool.sharing.remove(node.0 - pool.first);
    }

    /// The seat that tasks of `demand` would get, their GPUs named; `None` if they do not fit. A choice that `seat` names is
    /// honoured if it is free.
    pub(crate) fn choose(&self, seat: &Seat, demand: &Demand) -> Option<Seat> {
        if !self.fits(seat.node, demand, seat.tasks) {
            return None;
        }
        let free = &self.free[seat.node.index()];
        let gpus = match demand.gpu {
            GpuDemand::None => seat.gpus.is_empty().then_some(GpuSet::EMPTY),
            GpuDemand::Whole(gpus) => {
                let wanted = u32::from(gpus) * seat.tasks;
                if seat.gpus.is_empty() {
                    free.gpus.lowest(wanted)
                } else {
                    (seat.gpus.count() == wanted && free.gpus.contains(seat.gpus))
                        .then_some(seat.gpus)
                }
            }
            GpuDemand::Milli(milli) => self.choose_share(seat, milli),
            GpuDemand::Slice(profile) => return self.choose_slice(seat, profile),
        }?;
        // Only slices start somewhere.
        seat.start.is_none().then_some(Seat { gpus, ..*seat })
    }

    /// Takes what `seat` holds. Panics unless it was chosen from what is free.
    pub(crate) fn take(&mut self, seat: &Seat, demand: &Demand) {
        self.seats[seat.node.index()] += 1;
        self.change(seat.node, |this| {
            let free = &mut this.free[seat.node.index()];
            free.cpu_milli = free
                .cpu_milli
                .checked_sub(demand.cpu_milli * seat.tasks)
                .expect("CPU was free");
            free.memory_mib = free
                .memory_mib
                .checked_sub(demand.memory_mib * seat.tasks)
                .expect("memory was free");
            match demand.gpu {
                GpuDemand::None => {}
                GpuDemand::Whole(_) => {
                    assert!(free.gpus.contains(seat.gpus), "a GPU is in one allocation");
                    free.gpus = free.gpus.without(seat.gpus);
                }
                GpuDemand::Milli(milli) => this.take_share(seat, milli),
                GpuDemand::Slice(profile) => this.take_slice(seat, profile),
            }
        });
    }

    /// Gives back what `seat` holds.
    pub(crate) fn give(&mut self, seat: &Seat, demand: &Demand) {
        self.seats[seat.node.index()] -= 1;
        self.change(seat.node, |this| {
            let free = &mut this.free[seat.node.index()];
            free.cpu_milli += demand.cpu_milli * seat.tasks;
            free.memory_mib += demand.memory_mib * seat.tasks;
            match demand.gpu {
                GpuDemand::None => {}
                GpuDemand::Whole(_) => {
                    assert!(
                        free.gpus.without(seat.gpus) == free.gpus,
                        "what is given back was taken"
                    );
                    free.gpus = free.gpus.with(seat.gpus);
                }
                GpuDemand::Milli(milli) => this.give_share(seat, milli),
                GpuDemand::Slice(profile) => this.give_slice(seat, profile),
            }
        });
    }

    /// Runs `mutate` on `node` and brings the indexes up to date.
    fn change(&mut self, node: NodeId, mutate: impl FnOnce(&mut Self)) {
        let before = self.free[node.index()];
        mutate(self);
        let after = self.free[node.index()];
        if !self.open[node.index()] {
            return;
        }
        let (had, has) = (before.gpus.count(), after.gpus.count());
        let rack = convert::index(self.rack_of(node).0);
        let pool = &mut self.pools[self.offering[node.index()].index()];
        let slot = node.0 - pool.first;
        if had != has {
            pool.unlist(slot, had);
            pool.list(slot, has);
            pool.free_gpus = pool.free_gpus + has - had;
            self.rack_free[rack] = self.rack_free[rack] + has - had;
        }
        if before.shared.is_empty() != after.shared.is_empty() {
            if after.shared.is_empty() {
                pool.sharing.remove(slot);
            } else {
                pool.sharing.insert(slot);
            }
        }
    }
}
