//! A policy without manners: it decides at random, allowed or not, and does not listen to the answer.

use sim_core::engine::{Plan, Policy, Reason, Refusal, View, Wakes};
use sim_core::model::{GpuDemand, GpuSet, Placement, Seat, Start};
use sim_core::units::{JobId, NodeId, OfferingId, SetId, SimTime, Span, convert};
use sim_core::world::draw::{Part, Stream};

/// Decides at random.
#[derive(Clone, Debug)]
pub(super) struct Wild {
    luck: Stream,
    wakes: Wakes,
    /// Lest it keep a run alive for ever.
    wakes_left: u32,
}

impl Wild {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            luck: Stream::new(seed, &[Part::Name("policy"), Part::Name("wild")]),
            wakes: Wakes::ALL,
            wakes_left: 30,
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        let drawn = self.luck.below(convert::wide(bound.max(1)));
        usize::try_from(drawn).expect("below a length")
    }

    fn small(&mut self, bound: u32) -> u32 {
        u32::try_from(self.luck.below(bound.max(1).into())).expect("below 32 bits")
    }

    /// A job that waits or runs, or one that never was.
    fn job(&mut self, view: &View<'_>) -> JobId {
        let known: Vec<JobId> = view
            .pending()
            .chain(view.running())
            .map(|job| job.id())
            .collect();
        if known.is_empty() || self.luck.chance(0.1) {
            return JobId::unpack(self.luck.below(1 << 34));
        }
        known[self.below(known.len())]
    }

    /// A start that the world allows, if there is one.
    fn start(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        let waiting: Vec<JobId> = view
            .pending()
            .map(|job| job.id())
            .filter(|job| plan.is_pending(*job))
            .collect();
        if waiting.is_empty() {
            return;
        }
        let job = waiting[self.below(waiting.len())];
        if let Some(mut placement) = plan.fits(job) {
            if self.luck.chance(0.3) {
                name_the_last_gpus(view, plan, job, &mut placement);
                name_the_last_start(view, plan, job, &mut placement);
            }
            plan.start(job, &placement).expect("it waits, and fits");
        } else {
            let reasons = [Reason::NoCapacity, Reason::OverBudget, Reason::OverLimit];
            plan.hold(job, reasons[self.below(3)]);
        }
    }

    /// A start on whatever nodes and GPUs come to mind.
    fn start_anywhere(&mut self, job: JobId, plan: &mut Plan<'_>) {
        let slots = plan.capacity().slots();
        let count = 1 + self.below(3);
        let seats = (0..count).map(|_| Seat {
            node: NodeId(self.small(slots + 2)),
            role: u16::try_from(self.small(2)).expect("small"),
            tasks: self.small(4),
            gpus: if self.luck.chance(0.6) {
                GpuSet::EMPTY
            } else {
                GpuSet(self.luck.bits() & 0xf)
            },
            start: if self.luck.chance(0.8) {
                Start::NONE
            } else {
                Start::at(u8::try_from(self.small(10)).expect("small"))
            },
        });
        let placement = Placement {
            seats: seats.collect(),
        };
        // What the answer is does not matter to it.
        let _ignored = if self.luck.chance(0.5) {
            plan.start(job, &placement)
        } else {
            plan.reseat(job, &placement)
        };
    }

    /// A running job goes on with fewer tasks, or elsewhere, if it fits there.
    fn reseat(&mut self, job: JobId, plan: &mut Plan<'_>) {
        let luck = &mut self.luck;
        let placement = plan.lay(job, &mut |capacity, role, models| {
            let offering = capacity
                .offerings()
                .find(|offering| capacity.allows(*offering, models, &role.demand))?;
            let fits = |node: &NodeId| capacity.fits(*node, &role.demand, role.least);
            let node = capacity.nodes(offering).find(fits)?;
            let room = capacity.room(node, &role.demand).min(role.tasks);
            let tasks = luck.between(role.least.into(), room.into());
            let tasks = u32::try_from(tasks).expect("no more than it has");
            if role.demand.gpu.is_part() {
                return Some((0..tasks).map(|_| Seat::anywhere(node, 0, 1)).collect());
            }
            Some(std::iter::once(Seat::anywhere(node, 0, tasks)).collect())
        });
        if let Some(placement) = placement {
            let _ignored = plan.reseat(job, &placement);
        }
    }

    /// Launches some replicas of some set, or lets somebody go.
    fn scale(&mut self, job: JobId, plan: &mut Plan<'_>) -> Result<(), Refusal> {
        let set = SetId(u16::try_from(self.small(4)).expect("small"));
        if self.luck.chance(0.6) {
            plan.launch(set, self.small(4))
        } else {
            plan.retire(job)
        }
    }

    fn do_something(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        let job = self.job(view);
        let node = NodeId(self.small(plan.capacity().slots() + 1));
        let offerings = convert::narrow(view.offerings().count());
        let offering = OfferingId(u16::try_from(self.small(offerings + 1)).expect("few offerings"));
        let services = view.services().next().is_some();
        let _ignored = match self.below(14) {
            12 => plan.pace(
                job,
                Span::from_us(self.luck.below(5) * 700_000).expect("short"),
            ),
            13 => {
                self.reseat(job, plan);
                Ok(())
            }
            0..=4 => {
                self.start(view, plan);
                Ok(())
            }
            5 => {
                self.start_anywhere(job, plan);
                Ok(())
            }
            6 => plan.preempt(job),
            7 if self.luck.chance(0.2) => plan.reject(job),
            11 if services => self.scale(job, plan),
            8 if self.luck.chance(0.4) => plan.drain(node),
            9 if self.luck.chance(0.4) => plan.release(node),
            10 => plan.request(offering, self.small(4)),
            _ if self.wakes_left > 0 && self.luck.chance(0.5) => {
                self.wakes_left -= 1;
                let span = Span::from_us(self.luck.below(5_000_000)).expect("short");
                plan.wake_at(view.now().saturating_add(span))
            }
            _ if self.luck.chance(0.1) => plan.wake_at(SimTime::ZERO),
            _ => Ok(()),
        };
    }
}

/// Names the highest free GPUs of a placement on a single node, where the engine would take the lowest.
fn name_the_last_gpus(view: &View<'_>, plan: &Plan<'_>, job: JobId, placement: &mut Placement) {
    let gang = view.job(job).expect("it waits").gang();
    if let ([seat], [role]) = (placement.seats.as_mut_slice(), gang.roles()) {
        let (free, wanted) = (
            plan.capacity().free_on(seat.node),
            role.demand.whole_gpus() * seat.tasks,
        );
        let spared = free
            .lowest(free.count().saturating_sub(wanted))
            .expect("no more than there are");
        if wanted > 0 {
            seat.gpus = free.without(spared);
        }
    }
}

/// Names the highest GPU and the highest start for a slice, where the engine would choose by its own rule.
fn name_the_last_start(view: &View<'_>, plan: &Plan<'_>, job: JobId, placement: &mut Placement) {
    let (gang, capacity) = (view.job(job).expect("it waits").gang(), plan.capacity());
    if let ([seat], [role]) = (placement.seats.as_mut_slice(), gang.roles())
        && let GpuDemand::Slice(profile) = role.demand.gpu
    {
        let slices = capacity.slices_on(seat.node);
        let free = capacity.free_on(seat.node);
        let last = (0..capacity.shape(capacity.offering_of(seat.node)).gpus).rev();
        let spot = last.into_iter().find_map(|gpu| {
            let taken = slices.get(convert::index(gpu)).copied().unwrap_or_default();
            let usable = free.contains(GpuSet::one(gpu)) || !taken.is_empty();
            let starts = profile.starts().filter(|start| profile.fits(taken, *start));
            Some((gpu, starts.last().filter(|_| usable)?))
        });
        let (gpu, start) = spot.expect("it fits");
        (seat.gpus, seat.start) = (GpuSet::one(gpu), Start::at(start));
    }
}

impl Policy for Wild {
    fn name(&self) -> &'static str {
        "wild"
    }

    fn wakes_on(&self) -> Wakes {
        self.wakes
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        let mark = plan.mark();
        if self.luck.chance(0.3) {
            // Second thoughts leave no trace.
            (0..self.below(6)).for_each(|_| self.do_something(view, plan));
            plan.rollback(mark);
        }
        (0..self.below(10)).for_each(|_| self.do_something(view, plan));
        // Now and then it is deaf to all but arrivals and the clock.
        self.wakes = if self.luck.chance(0.1) {
            Wakes::ARRIVAL | Wakes::WAKE
        } else {
            Wakes::ALL
        };
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(self.clone())
    }
}
