//! What was told of a run, kept whole: machines, attempts and prices, for the naive biller and the
//! naive storekeeper.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::engine::World;
use sim_core::model::{Commitment, GpuDemand, Job, Offering, Ownership, Reservation, Seat, Terms};
use sim_core::units::{JobId, NodeId, SimTime, Span};
use sim_core::watch::{Fact, Observer, Outcome, Spent};

/// Not yet, or never.
pub(crate) const NEVER: u64 = u64::MAX;

/// A machine, from its grant on.
pub(crate) struct Machine {
    pub(crate) id: usize,
    pub(crate) node: u32,
    pub(crate) launch: u32,
    pub(crate) offering: usize,
    pub(crate) granted: u64,
    pub(crate) ready: u64,
    pub(crate) gone: u64,
    pub(crate) end: End,
}

/// How a machine ends; one that is held to the end of the run is given back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Given,
    Taken,
    Miscarried,
}

/// A job in its seats, until it stops or changes them.
pub(crate) struct Attempt {
    pub(crate) id: usize,
    pub(crate) job: u32,
    pub(crate) seats: Vec<Seat>,
    pub(crate) start: u64,
    pub(crate) stop: u64,
    /// How it passed; one that nobody has told the end of has worked.
    pub(crate) spent: Spent,
}

/// A piece of time in which nothing changes.
pub(crate) struct Stretch<'h> {
    pub(crate) from: u64,
    pub(crate) until: u64,
    /// Microseconds of it that count.
    pub(crate) us: i128,
    /// Machines that are held in it.
    pub(crate) held: Vec<&'h Machine>,
    /// Attempts that go on in it.
    pub(crate) running: Vec<&'h Attempt>,
}

/// All that was told.
pub(crate) struct History<'a> {
    pub(crate) world: &'a World,
    pub(crate) jobs: &'a [Job],
    /// When the part of the run begins that counts.
    pub(crate) warmup: u64,
    pub(crate) machines: Vec<Machine>,
    pub(crate) attempts: Vec<Attempt>,
    /// By job: when it ended, if the run did not end first.
    pub(crate) ended: BTreeMap<u32, u64>,
    /// By offering: prices, and since when.
    prices: Vec<Vec<(u64, u64)>>,
    /// Instants at which anything was told.
    instants: BTreeSet<u64>,
}

impl Attempt {
    /// Its seats on a machine.
    pub(crate) fn seats_on(&self, node: u32) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter(move |seat| seat.node.0 == node)
    }
}

impl<'a> History<'a> {
    pub(crate) fn new(world: &'a World, jobs: &'a [Job], warmup: SimTime) -> Self {
        let first = |own: &Offering| vec![(0, own.price.at(SimTime::ZERO).nanousd_h())];
        Self {
            world,
            jobs,
            warmup: warmup.us(),
            machines: Vec::new(),
            attempts: Vec::new(),
            ended: BTreeMap::new(),
            prices: world.offerings.iter().map(first).collect(),
            instants: BTreeSet::new(),
        }
    }

    /// Time up to `end`, cut at every instant at which anything changes.
    pub(crate) fn stretches(&self, end: u64) -> Vec<Stretch<'_>> {
        let mut cuts = self.instants.clone();
        cuts.extend([0, self.warmup, end]);
        for commitment in &self.world.commitments {
            if let Commitment::Reserved(own) = commitment {
                cuts.extend([own.from.us(), own.until.us()]);
            }
        }
        let cuts: Vec<u64> = cuts.range(..=end).copied().collect();
        let stretch = |two: &[u64]| self.stretch(two[0], two[1]);
        cuts.windows(2).map(stretch).collect()
    }

    fn stretch(&self, from: u64, until: u64) -> Stretch<'_> {
        let held = |own: &&Machine| own.granted <= from && until <= own.gone;
        let runs = |own: &&Attempt| own.start <= from && until <= own.stop;
        Stretch {
            from,
            until,
            us: self.counted(from, until),
            held: self.machines.iter().filter(held).collect(),
            running: self.attempts.iter().filter(runs).collect(),
        }
    }

    /// Microseconds of a stretch that count.
    pub(crate) fn counted(&self, from: u64, until: u64) -> i128 {
        (until.max(self.warmup) - from.max(self.warmup)).into()
    }

    pub(crate) fn terms(&self, offering: usize) -> &Terms {
        &self.world.offerings[offering].terms
    }

    /// The price at an instant, and from then on.
    pub(crate) fn price(&self, offering: usize, at: u64) -> i128 {
        let mut steps = self.prices[offering].iter().rev();
        steps.find(|(from, _)| *from <= at).unwrap().1.into()
    }

    /// Reservations in their terms, by their positions.
    pub(crate) fn reservations(&self, now: u64) -> impl Iterator<Item = (usize, &Reservation)> {
        let commitments = self.world.commitments.iter().enumerate();
        commitments.filter_map(move |(at, commitment)| match commitment {
            Commitment::Reserved(own) => (own.from.us()..own.until.us())
                .contains(&now)
                .then_some((at, own)),
            Commitment::Owned(_) => None,
        })
    }

    /// What is owned, by position among the commitments.
    pub(crate) fn owned(&self) -> impl Iterator<Item = (usize, &Ownership)> {
        let commitments = self.world.commitments.iter().enumerate();
        commitments.filter_map(|(at, commitment)| match commitment {
            Commitment::Owned(own) => Some((at, own)),
            Commitment::Reserved(_) => None,
        })
    }

    /// Nodes of an offering that there was ever a machine in.
    pub(crate) fn ever_held(&self, offering: usize) -> i128 {
        let own = self.machines.iter().filter(|own| own.offering == offering);
        let nodes: BTreeSet<u32> = own.map(|own| own.node).collect();
        i128::try_from(nodes.len()).unwrap()
    }

    /// What a machine is shared out in: thousandths of GPUs, or of CPU where there are none.
    pub(crate) fn capacity(&self, offering: usize) -> i128 {
        let shape = self.world.offerings[offering].shape;
        if shape.gpus > 0 {
            self.per_gpu(offering) * i128::from(shape.gpus)
        } else {
            shape.cpu_milli.into()
        }
    }

    /// What a GPU counts: thousandths, or sevenths of them where it can be cut into slices.
    fn per_gpu(&self, offering: usize) -> i128 {
        match self.world.offerings[offering].mig {
            Some(_) => 7000,
            None => 1000,
        }
    }

    /// What the seats of an attempt take of that.
    pub(crate) fn takes(&self, attempt: &Attempt, machine: &Machine) -> i128 {
        let has_gpus = self.world.offerings[machine.offering].shape.gpus > 0;
        let roles = self.jobs[attempt.job as usize].gang.roles();
        let seats = attempt.seats_on(machine.node).map(|seat| {
            let demand = &roles[usize::from(seat.role)].demand;
            let gpu = self.per_gpu(machine.offering);
            let task: i128 = match demand.gpu {
                _ if !has_gpus => demand.cpu_milli.into(),
                GpuDemand::None => 0,
                GpuDemand::Whole(gpus) => gpu * i128::from(gpus),
                GpuDemand::Milli(milli) => gpu * i128::from(milli) / 1000,
                GpuDemand::Slice(slice) => {
                    gpu * i128::from(slice.compute()) / i128::from(slice.of())
                }
            };
            task * i128::from(seat.tasks)
        });
        seats.sum()
    }

    /// The offering of a node.
    pub(crate) fn offering_of(&self, node: u32) -> usize {
        let mut slots = 0;
        let mut offerings = self.world.offerings.iter();
        let belongs = |own: &Offering| {
            slots += own.max;
            node < slots
        };
        offerings.position(belongs).unwrap()
    }

    fn grant(&mut self, node: NodeId, launch: u32, (now, ready): (u64, u64)) {
        self.machines.push(Machine {
            id: self.machines.len(),
            node: node.0,
            launch,
            offering: self.offering_of(node.0),
            granted: now,
            ready,
            gone: NEVER,
            end: End::Given,
        });
    }

    fn live(&mut self, node: NodeId) -> Option<&mut Machine> {
        let mut machines = self.machines.iter_mut();
        machines.find(|machine| machine.node == node.0 && machine.gone == NEVER)
    }

    fn ready(&mut self, node: NodeId, launch: u32, now: u64) {
        match self.live(node) {
            Some(machine) => machine.ready = machine.ready.min(now),
            None => self.grant(node, launch, (now, now)),
        }
    }

    fn go(&mut self, node: NodeId, end: End, now: u64) {
        let machine = self.live(node).unwrap();
        (machine.gone, machine.end) = (now, end);
    }

    fn start(&mut self, job: JobId, seats: &[Seat], now: u64) {
        self.attempts.push(Attempt {
            id: self.attempts.len(),
            job: job.ordinal(),
            seats: seats.to_vec(),
            start: now,
            stop: NEVER,
            spent: Spent {
                kept: Span::MICROSECOND,
                ..Spent::default()
            },
        });
    }

    fn stop(&mut self, job: JobId, spent: &Spent, now: u64) {
        let mut attempts = self.attempts.iter_mut();
        let runs = |own: &&mut Attempt| own.job == job.ordinal() && own.stop == NEVER;
        if let Some(attempt) = attempts.find(runs) {
            (attempt.stop, attempt.spent) = (now, *spent);
        }
    }
}

impl Observer for History<'_> {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        let now = now.us();
        self.instants.insert(now);
        match fact {
            Fact::Started { job, seats, .. } => self.start(*job, seats, now),
            Fact::Reseated {
                job, seats, spent, ..
            } => {
                self.stop(*job, spent, now);
                self.start(*job, seats, now);
            }
            Fact::Interrupted { job, spent, .. } => self.stop(*job, spent, now),
            Fact::Ended {
                job,
                outcome,
                spent,
            } => {
                self.stop(*job, spent, now);
                if *outcome != Outcome::Unfinished {
                    self.ended.insert(job.ordinal(), now);
                }
            }
            Fact::Booting { node, launch, .. } => self.grant(*node, *launch, (now, NEVER)),
            Fact::Ready { node, launch } => self.ready(*node, *launch, now),
            Fact::Repaired { node } => self.ready(*node, 0, now),
            Fact::Reclaimed { node } => self.go(*node, End::Taken, now),
            Fact::Miscarried { node } => self.go(*node, End::Miscarried, now),
            Fact::Released { node }
            | Fact::Failed {
                node,
                repaired: None,
            } => self.go(*node, End::Given, now),
            Fact::Price { offering, price } => {
                self.prices[offering.index()].push((now, price.nanousd_h()));
            }
            Fact::Arrived { .. }
            | Fact::Refused(_)
            | Fact::Retiring { .. }
            | Fact::Worked { .. }
            | Fact::Request { .. }
            | Fact::Flow { .. }
            | Fact::Held { .. }
            | Fact::Paced { .. }
            | Fact::Requested { .. }
            | Fact::Draining { .. }
            | Fact::Noticed { .. }
            | Fact::Advised { .. }
            | Fact::Failed { .. }
            | Fact::Shock { .. }
            | Fact::Availability { .. } => {}
        }
    }
}
