//! A zoo of policies, most of them hostile.

use sim_core::engine::{Capacity, Plan, Policy, Reason, Refusal, View, Wakes};
use sim_core::model::{GpuDemand, GpuSet, ModelSet, Placement, Profile, Role, Seat, Seats, Start};
use sim_core::units::{JobId, NodeId, OfferingId, SetId, SimTime, Span};
use sim_core::world::draw::{Part, Stream};

use crate::rollback::recount;

/// A kind of policy, with its seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Animal {
    /// Does nothing at all.
    Sloth,
    /// Starts whatever fits, wherever it fits first.
    Ant,
    /// Turns every job away.
    Gatekeeper,
    /// Decides at random, within the law.
    Monkey(u64),
    /// The same, and names the GPUs.
    Picky(u64),
    /// Decides at random without regard to the law, and ignores what it is told.
    Liar(u64),
    /// Tries out wild things, takes them back, and does what the ant does.
    Dreamer(u64),
}

impl Animal {
    pub(crate) fn all(seed: u64) -> [Self; 7] {
        [
            Self::Sloth,
            Self::Ant,
            Self::Gatekeeper,
            Self::Monkey(seed),
            Self::Picky(seed),
            Self::Liar(seed),
            Self::Dreamer(seed),
        ]
    }

    pub(crate) fn names_gpus(self) -> bool {
        matches!(self, Self::Picky(_) | Self::Liar(_))
    }

    pub(crate) fn policy(self) -> Box<dyn Policy + Send> {
        let (kind, seed) = match self {
            Self::Sloth => ("sloth", 0),
            Self::Ant => ("ant", 0),
            Self::Gatekeeper => ("gatekeeper", 0),
            Self::Monkey(seed) => ("monkey", seed),
            Self::Picky(seed) => ("picky", seed),
            Self::Liar(seed) => ("liar", seed),
            Self::Dreamer(seed) => ("dreamer", seed),
        };
        let mut luck = Stream::new(seed, &[Part::Name("zoo"), Part::Name(kind)]);
        let wakes = match self {
            Self::Monkey(_) | Self::Picky(_) => some_wakes(&mut luck),
            Self::Sloth | Self::Ant | Self::Gatekeeper | Self::Liar(_) | Self::Dreamer(_) => {
                Wakes::ALL
            }
        };
        Box::new(Beast {
            animal: self,
            luck,
            wakes,
            wakes_left: 40,
        })
    }
}

/// Some of the wakes; those tied together are told apart by tests of their own.
fn some_wakes(luck: &mut Stream) -> Wakes {
    let kinds = [
        Wakes::ARRIVAL,
        Wakes::END,
        Wakes::NODE,
        Wakes::NOTICE,
        Wakes::AVAILABILITY,
        Wakes::PRICE,
        Wakes::WAKE,
    ];
    kinds.iter().fold(Wakes::NONE, |some, kind| {
        if luck.chance(0.75) {
            some | *kind
        } else {
            some
        }
    })
}

#[derive(Clone)]
struct Beast {
    animal: Animal,
    luck: Stream,
    wakes: Wakes,
    /// Lest it keep a run alive for ever.
    wakes_left: u32,
}

impl Policy for Beast {
    fn name(&self) -> &'static str {
        "beast"
    }

    fn wakes_on(&self) -> Wakes {
        self.wakes
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        match self.animal {
            Animal::Sloth => {}
            Animal::Ant => start_all(view, plan),
            Animal::Gatekeeper => view
                .pending()
                .for_each(|job| plan.reject(job.id()).expect("it waits")),
            Animal::Monkey(_) | Animal::Picky(_) => {
                self.play(view, plan);
                // It changes its mind about when to be asked.
                if self.luck.chance(0.2) {
                    self.wakes = some_wakes(&mut self.luck);
                }
            }
            Animal::Liar(_) => {
                (0..self.luck.below(12)).for_each(|_| self.lie(view, plan));
                if self.luck.chance(0.5) {
                    start_all(view, plan);
                }
            }
            Animal::Dreamer(_) => {
                recount(view, plan.capacity());
                let (mark, before) = (plan.mark(), standing(view, plan));
                (0..self.luck.below(12)).for_each(|_| self.lie(view, plan));
                self.play(view, plan);
                plan.rollback(mark);
                assert_eq!(standing(view, plan), before, "nothing is left");
                assert!(plan.decisions().is_empty());
                start_all(view, plan);
            }
        }
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(self.clone())
    }
}

/// All that a plan can be asked, as text.
fn standing(view: &View<'_>, plan: &Plan<'_>) -> String {
    let jobs = view.pending().chain(view.running()).map(|job| job.id());
    let jobs: Vec<_> = jobs
        .map(|job| {
            (
                plan.is_pending(job),
                plan.is_running(job),
                plan.seats_of(job),
            )
        })
        .collect();
    let leave: Vec<bool> = (0..plan.capacity().slots())
        .map(|node| plan.may_leave(NodeId(node)))
        .collect();
    let holds: Vec<u32> = view.offerings().map(|(id, _)| plan.holds(id)).collect();
    format!("{:?} {jobs:?} {leave:?} {holds:?}", plan.capacity())
}

/// Starts whatever fits, in order.
pub(crate) fn start_all(view: &View<'_>, plan: &mut Plan<'_>) {
    for job in view.pending() {
        if let Some(placement) = plan.fits(job.id())
            && plan.is_pending(job.id())
        {
            plan.start(job.id(), &placement).expect("it fits");
        }
    }
}

impl Beast {
    /// Random decisions that are allowed; a refusal is a fault of the engine, or of this test.
    fn play(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        self.scale(view, plan);
        for job in view.running() {
            let stoppable = plan.is_running(job.id()) && plan.can_spare(job.id());
            if self.luck.chance(0.15) && stoppable {
                plan.preempt(job.id()).expect("it runs");
            } else if job.id().replica().is_none() && self.luck.chance(0.2) {
                self.move_somewhere(job.id(), plan);
            }
        }
        for at in 0..plan.capacity().slots() {
            let node = NodeId(at);
            if self.luck.chance(0.08) && plan.may_leave(node) {
                if plan.capacity().is_empty(node) && self.luck.chance(0.5) {
                    plan.release(node).expect("it may leave");
                } else {
                    plan.drain(node).expect("it may leave");
                }
            }
        }
        let jobs: Vec<JobId> = view
            .pending()
            .chain(view.running())
            .map(|job| job.id())
            .collect();
        for job in jobs {
            if self.luck.chance(0.3) {
                continue;
            }
            if plan.is_pending(job) && self.luck.chance(0.03) {
                plan.reject(job).expect("it waits");
            } else if plan.is_pending(job) {
                if self.luck.chance(0.1) {
                    let every = Span::from_us(200_000 + self.luck.below(4_000_000)).expect("short");
                    plan.pace(job, every).expect("it waits");
                }
                self.start_somewhere(job, plan);
            }
        }
        for (offering, _) in view.offerings() {
            // Machines that drain are still held, so they count.
            let room = plan.room(offering);
            if room > 0 && self.luck.chance(0.3) {
                let count = u32::try_from(self.luck.between(1, room.into())).expect("small");
                plan.request(offering, count).expect("within the quota");
            }
        }
        if self.wakes_left > 0 && self.luck.chance(0.3) {
            self.wakes_left -= 1;
            let span = Span::from_us(1 + self.luck.below(9) * 500_000).expect("short");
            plan.wake_at(view.now() + span).expect("in the future");
        }
        if let Some(job) = view.pending().next() {
            plan.hold(job.id(), Reason::NoCapacity);
        }
    }

    /// Launches and retires replicas, within the law.
    fn scale(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        for service in view.services() {
            for (set, _) in service.sets() {
                let room = plan.may_launch(set);
                if room > 0 && self.luck.chance(0.3) {
                    let count = u32::try_from(self.luck.between(1, room.into())).expect("small");
                    plan.launch(set, count).expect("below the maximum");
                }
            }
            for replica in service.replicas() {
                let job = replica.job.id();
                if self.luck.chance(0.15) && plan.may_retire(job) {
                    plan.retire(job).expect("it stays");
                }
            }
        }
    }

    fn start_somewhere(&mut self, job: JobId, plan: &mut Plan<'_>) {
        let picky = matches!(self.animal, Animal::Picky(_) | Animal::Liar(_));
        let luck = &mut self.luck;
        let mut choose = |capacity: &Capacity, role: &Role, models: ModelSet| {
            scatter(luck, picky, (capacity, role, models))
        };
        let Some(placement) = plan.lay(job, &mut choose) else {
            return;
        };
        let started = plan.start(job, &placement);
        // Two shares that were picked for one GPU need not fit together.
        assert!(started.is_ok() || picky, "{started:?} for {placement:?}");
    }

    fn move_somewhere(&mut self, job: JobId, plan: &mut Plan<'_>) {
        let luck = &mut self.luck;
        let mut choose = |capacity: &Capacity, role: &Role, models: ModelSet| {
            scatter(luck, false, (capacity, role, models))
        };
        if let Some(placement) = plan.lay(job, &mut choose)
            && plan.is_running(job)
        {
            let moved = plan.reseat(job, &placement);
            let saves = matches!(moved, Err(Refusal::Saving(_)));
            assert!(moved.is_ok() || saves, "{moved:?} for {placement:?}");
        }
    }

    /// Something, allowed or not; what the answer is does not matter.
    fn lie(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        let luck = &mut self.luck;
        let known: Vec<JobId> = view
            .pending()
            .chain(view.running())
            .map(|job| job.id())
            .collect();
        let job = match known.len() {
            0 => JobId::unpack(luck.bits()),
            _ if luck.chance(0.1) => JobId::unpack(luck.below(9) << 32 | luck.below(3)),
            len => known[usize::try_from(luck.below(len as u64)).unwrap()],
        };
        let slots = u64::from(plan.capacity().slots());
        let node = NodeId(u32::try_from(luck.below(slots + 2)).unwrap());
        let offering = OfferingId(u16::try_from(luck.below(5)).unwrap());
        let services = view.services().count();
        if services > 0 && luck.chance(0.3) {
            let set = SetId(u16::try_from(luck.below(5)).unwrap());
            let max = u32::try_from(luck.below(8)).unwrap();
            let _ignored = if luck.chance(0.5) {
                plan.launch(set, max)
            } else {
                plan.retire(job)
            };
        }
        let _ignored = match luck.below(10) {
            8 => plan.pace(job, Span::from_us(luck.below(3) * 500_000).unwrap()),
            0 | 1 | 9 => {
                let seat = |luck: &mut Stream| Seat {
                    node: NodeId(u32::try_from(luck.below(slots + 1)).unwrap()),
                    role: u16::try_from(luck.below(2)).unwrap(),
                    tasks: u32::try_from(luck.below(4)).unwrap(),
                    gpus: GpuSet(
                        luck.bits() & luck.bits() & if luck.chance(0.5) { 0xf } else { 0 },
                    ),
                    start: if luck.chance(0.2) {
                        Start::at(u8::try_from(luck.below(12)).unwrap())
                    } else {
                        Start::NONE
                    },
                };
                let seats = (0..luck.below(4)).map(|_| seat(luck)).collect();
                let placement = Placement { seats };
                if luck.chance(0.5) {
                    plan.start(job, &placement)
                } else {
                    plan.reseat(job, &placement)
                }
            }
            2 => plan.preempt(job),
            3 => plan.reject(job),
            4 => plan.drain(node),
            5 => plan.release(node),
            6 => {
                let max = view.offering(offering).map_or(1, |offering| offering.max);
                plan.request(offering, if luck.chance(0.5) { 0 } else { max + 1 })
            }
            _ if luck.chance(0.5) => plan.wake_at(SimTime::ZERO),
            _ => plan.wake_at(view.now()),
        };
    }
}

/// Seats of a role on random nodes of a random model.
fn scatter(
    luck: &mut Stream,
    picky: bool,
    (capacity, role, models): (&Capacity, &Role, ModelSet),
) -> Option<Seats> {
    let mut nodes: Vec<NodeId> = (0..capacity.slots()).map(NodeId).collect();
    for at in (1..nodes.len()).rev() {
        nodes.swap(at, usize::try_from(luck.below(at as u64 + 1)).unwrap());
    }
    let wanted = luck.between(role.least.into(), role.tasks.into());
    let (mut seats, mut models) = (Seats::new(), models);
    let mut left = u32::try_from(wanted).unwrap();
    for node in nodes {
        let offering = capacity.offering_of(node);
        if left == 0 || !capacity.allows(offering, models, &role.demand) {
            continue;
        }
        let room = capacity.room(node, &role.demand).min(left);
        if room == 0 {
            continue;
        }
        let tasks = u32::try_from(luck.between(1, room.into())).unwrap();
        let gpus = if picky && luck.chance(0.7) {
            pick(luck, capacity, node, (role, tasks))
        } else {
            GpuSet::EMPTY
        };
        let seat = |tasks, gpus| Seat {
            gpus,
            ..Seat::anywhere(node, 0, tasks)
        };
        match role.demand.gpu {
            GpuDemand::Slice(profile) => {
                let named = if tasks == 1 && !gpus.is_empty() {
                    slice(luck, capacity, node, (profile, gpus))
                } else {
                    Seat::anywhere(node, 0, 1)
                };
                seats.extend((0..tasks).map(|_| named));
            }
            GpuDemand::Milli(_) => seats.extend((0..tasks).map(|_| seat(1, gpus))),
            GpuDemand::None => seats.push(seat(tasks, GpuSet::EMPTY)),
            GpuDemand::Whole(_) => seats.push(seat(tasks, gpus)),
        }
        left -= tasks;
        if role.demand.gpu != GpuDemand::None {
            models = ModelSet::NONE.with(capacity.shape(offering).model);
        }
    }
    (left == 0).then_some(seats)
}

/// Free GPUs of `node`, picked at random.
fn pick(
    luck: &mut Stream,
    capacity: &Capacity,
    node: NodeId,
    (role, tasks): (&Role, u32),
) -> GpuSet {
    let gpus = capacity.shape(capacity.offering_of(node)).gpus;
    let mut free: Vec<u32> = match role.demand.gpu {
        GpuDemand::None => return GpuSet::EMPTY,
        GpuDemand::Whole(_) => capacity.free_on(node).iter().collect(),
        GpuDemand::Milli(milli) => (0..gpus)
            .filter(|gpu| capacity.free_milli(node, *gpu) >= u32::from(milli))
            .collect(),
        GpuDemand::Slice(profile) => (0..gpus)
            .filter(|gpu| starts(capacity, node, (profile, *gpu)).next().is_some())
            .collect(),
    };
    let count = match role.demand.gpu {
        GpuDemand::Whole(each) => u32::from(each) * tasks,
        GpuDemand::Milli(_) | GpuDemand::Slice(_) | GpuDemand::None => 1,
    };
    let take = |_| free.swap_remove(usize::try_from(luck.below(free.len() as u64)).unwrap());
    let picked: Vec<u32> = (0..count).map(take).collect();
    picked
        .into_iter()
        .fold(GpuSet::EMPTY, |set, gpu| set.with(GpuSet::one(gpu)))
}

/// Where a slice may start on a GPU.
fn starts(
    capacity: &Capacity,
    node: NodeId,
    (profile, gpu): (Profile, u32),
) -> impl Iterator<Item = u8> {
    let taken = capacity.slices_on(node).get(gpu as usize).copied();
    let taken = taken.unwrap_or_default();
    let is_free = capacity.free_on(node).contains(GpuSet::one(gpu)) || !taken.is_empty();
    profile
        .starts()
        .filter(move |start| is_free && profile.fits(taken, *start))
}

/// A slice on this GPU, at a start of its own choice or not.
fn slice(
    luck: &mut Stream,
    capacity: &Capacity,
    node: NodeId,
    (profile, gpus): (Profile, GpuSet),
) -> Seat {
    let starts: Vec<u8> = starts(capacity, node, (profile, gpus.lowest_index())).collect();
    let start = starts[usize::try_from(luck.below(starts.len() as u64)).unwrap()];
    Seat {
        gpus,
        start: if luck.chance(0.7) {
            Start::at(start)
        } else {
            Start::NONE
        },
        ..Seat::anywhere(node, 0, 1)
    }
}

/// What a scripted policy does.
pub(crate) type Script = fn(&View<'_>, &mut Plan<'_>);

/// A policy that follows a script.
#[derive(Clone)]
pub(crate) struct Scripted {
    wakes: Wakes,
    script: Script,
}

impl Scripted {
    pub(crate) fn policy(wakes: Wakes, script: Script) -> Box<dyn Policy + Send> {
        Box::new(Self { wakes, script })
    }
}

impl Policy for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn wakes_on(&self) -> Wakes {
        self.wakes
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        (self.script)(view, plan);
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(self.clone())
    }
}
