//! The recorder: what a run leaves behind, a row a job, and the sums over time that the metrics are made of.

use std::sync::Arc;

use smallvec::SmallVec;

use super::balance::{Balance, Balances};
use super::biller::Biller;
use super::fact::{Cause, Fact, Observer, Outcome, Spent};
use super::notices::Notices;
use super::rows::{self, Row, Rows};
use super::stay::{Stay, Stop};
use super::timeline::{GpuTime, GpuUse, Sample, Sampler};
use crate::books::{Ledger, Paid, Payer, Sum, Unclaimed, grouped, in_order, totals};
use crate::engine::{Capacity, World};
use crate::model::{GPU_PARTS, Job, Seat};
use crate::units::{
    ClassId, JobId, Moment, Money, NodeId, OfferingId, QueueId, SimTime, Span, convert,
};

/// A machine, from its grant to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// In which slot.
    pub node: NodeId,
    /// Which machine of that slot, counted from zero.
    pub launch: u32,
    /// Of which offering.
    pub offering: OfferingId,
    /// When it was granted.
    pub granted: SimTime,
    /// When it was ready.
    pub ready: Moment,
    /// When it was given back or taken away; none if it was held to the end.
    pub gone: Moment,
    /// Whether it was taken away.
    pub reclaimed: bool,
}

/// What to record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recording {
    /// What happens before does not count in sums.
    pub warmup: SimTime,
    /// How far apart samples over time lie; `None` for no samples.
    pub sample: Option<Span>,
    /// Most attempts to keep.
    pub stays: usize,
    /// Whether the lines of the bill will be attributed: 24 bytes an attempt and kind of line.
    pub attribute: bool,
    /// How far apart, longer than zero, the instants lie at which the bill is struck; `None` for the end alone.
    pub balance: Option<Span>,
}

#[derive(Clone, Debug)]
struct Running {
    start: SimTime,
    works: SimTime,
    seats: SmallVec<[Seat; 4]>,
    /// Parts of GPUs that the seats hold: of an elastic job fewer than it asks for.
    gpu_parts: u64,
    /// Of a replica about to stop: for how long it was at work.
    busy: Option<Span>,
}

/// Records a run.
#[derive(Debug)]
pub struct Recorder {
    recording: Recording,
    offering_of: Vec<OfferingId>,
    biller: Biller,
    notices: Notices,
    /// By offering: thousandths of GPUs of a machine.
    gpu_milli: Vec<u64>,
    /// By node: the position of the machine that is in it.
    machine: Vec<usize>,
    machines: Vec<Machine>,
    rows: Rows,
    running: Vec<Option<Running>>,
    /// In parts of GPUs: thousandths of them come in the end.
    gpu_time: GpuTime,
    sampler: Option<Sampler>,
    balances: Balances,
    stays: Vec<Stay>,
    /// The state of things, for samples; but for what jobs hold.
    standing: Sample,
    /// Parts of GPUs that jobs hold.
    used_parts: u64,
    end: SimTime,
}

/// What was recorded.
#[derive(Debug)]
pub struct Record {
    /// A row a job, in the order of the workload.
    pub rows: Vec<Row>,
    /// A row a replica of a service, in the order in which they were launched.
    pub replicas: Vec<Row>,
    /// The bill, and who claims which part of it.
    pub ledger: Ledger,
    /// Who pays for it, by line: the jobs of a class of a tenant, or nobody. Nobody does where nothing is attributed.
    pub paid: Vec<Paid<(QueueId, ClassId)>>,
    /// The bill over time, the last one at the end.
    pub balances: Vec<Balance>,
    /// By offering: GPU time billed, and held by jobs.
    pub gpu_use: Vec<GpuUse>,
    /// The longest that a notice was not seen; none if there was no notice.
    pub sensed: Option<Span>,
    /// GPU time by what became of it.
    pub gpu_time: GpuTime,
    /// Machines, in the order in which they were granted.
    pub machines: Vec<Machine>,
    /// Samples over time.
    pub samples: Vec<Sample>,
    /// Attempts, in the order in which they stopped, as many as were asked for.
    pub stays: Vec<Stay>,
    /// When the run ended.
    pub end: SimTime,
}

impl Record {
    /// The job or replica of this ordinal.
    pub fn row(&self, ordinal: u32) -> &Row {
        rows::at(&self.rows, &self.replicas, ordinal)
    }
}

impl Recorder {
    /// Records a run in `world`.
    pub fn new(world: &Arc<World>, recording: Recording) -> Self {
        let capacity = Capacity::new(&world.offerings);
        let gpu_milli = world
            .offerings
            .iter()
            .map(|own| u64::from(own.shape.gpus) * 1000);
        Self {
            recording,
            offering_of: (0..capacity.slots())
                .map(|node| capacity.offering_of(NodeId(node)))
                .collect(),
            notices: Notices::new(world),
            biller: Biller::new(world, recording.warmup, recording.attribute),
            gpu_milli: gpu_milli.collect(),
            machine: vec![usize::MAX; convert::index(capacity.slots())],
            machines: Vec::new(),
            rows: Rows::default(),
            running: Vec::new(),
            gpu_time: GpuTime::default(),
            sampler: recording.sample.map(Sampler::new),
            balances: Balances::new(recording.balance),
            stays: Vec::new(),
            standing: Sample {
                at: SimTime::ZERO,
                nodes: 0,
                gpu_milli: 0,
                used_milli: 0,
                waiting: 0,
                waiting_milli: 0,
                replicas: 0,
            },
            used_parts: 0,
            end: SimTime::ZERO,
        }
    }

    /// The record of a run that ended at `end`.
    pub fn finish(self, end: SimTime) -> Record {
        self.finish_with(end, Vec::new())
    }

    /// The same, with further lines of its bill and what jobs claim of them.
    pub fn finish_with(mut self, end: SimTime, more: Vec<Sum>) -> Record {
        self.look(end);
        let sampler = self.sampler.take();
        let standing = self.standing();
        let (ledger, gpu_use) = self.biller.finish(end);
        let ledger = ledger.with(more);
        let shares = ledger.attribute(|job| job, Unclaimed::Named);
        if self.recording.attribute {
            for (payer, amount) in totals(&shares) {
                if let Payer::Of(job) = payer {
                    self.rows.of_mut(job).cost_nanousd = nanousd(amount);
                }
            }
        }
        let group = |job| self.rows.of(job).group();
        let paid = grouped(&shares, group);
        let bill = ledger.bill().clone();
        Record {
            balances: self.balances.finish(end, bill, paid.clone()),
            paid,
            ledger,
            gpu_use,
            sensed: self.notices.longest(),
            samples: sampler.map_or_else(Vec::new, |sampler| sampler.finish(end, standing)),
            rows: self.rows.jobs,
            replicas: self.rows.replicas,
            gpu_time: self.gpu_time.milli(),
            machines: self.machines,
            stays: self.stays,
            end,
        }
    }

    /// Takes the samples that are due before `now`, and strikes the balances: nothing has changed since the last fact.
    fn look(&mut self, now: SimTime) {
        let group = |job| self.rows.of(job).group();
        self.balances.strike(&mut self.biller, now, group);
        if self
            .sampler
            .as_ref()
            .is_some_and(|sampler| sampler.is_due(now))
        {
            let sample = self.standing();
            let sampler = self.sampler.as_mut().expect("just seen");
            sampler.take(now, sample);
        }
        self.end = now;
    }

    fn standing(&self) -> Sample {
        Sample {
            used_milli: self.used_parts * 1000 / GPU_PARTS,
            ..self.standing
        }
    }

    fn arrive(&mut self, job: JobId, spec: &Job) {
        self.rows.push(job, spec);
        let gpu_milli = self.rows.of(job.ordinal()).gpu_milli;
        if self.running.len() <= job.slot() {
            self.running.resize(job.slot() + 1, None);
        }
        self.wait(gpu_milli);
    }

    fn start(&mut self, job: JobId, seats: &[Seat], now: SimTime, works: SimTime) {
        let first = |(position, seat): (usize, &Seat)| {
            let earlier = &seats[..position];
            u16::from(earlier.iter().all(|other| other.node != seat.node))
        };
        let nodes = seats.iter().enumerate().map(first).sum();
        let row = self.rows.of_mut(job.ordinal());
        row.start = row.start.get().unwrap_or(now).into();
        row.attempts = row.attempts.saturating_add(1);
        row.nodes = nodes;
        let gpu_milli = row.gpu_milli;
        self.wait_no_more(gpu_milli);
        let held = self.biller.gpu_parts(job, seats);
        self.used_parts += held;
        self.standing.replicas += u32::from(job.replica().is_some());
        self.running[job.slot()] = Some(Running {
            start: now,
            works,
            seats: seats.into(),
            gpu_parts: held,
            busy: None,
        });
    }

    /// Whether a running job leaves a node for another; one that only grows or shrinks does not.
    fn moves(&self, job: JobId, to: &[Seat]) -> bool {
        let from = self.running[job.slot()].as_ref();
        let from = from.map_or(&[][..], |running| &running.seats);
        let beyond = |some: &[Seat], others: &[Seat]| {
            let known = |seat: &Seat| others.iter().any(|other| other.node == seat.node);
            some.iter().any(|seat| !known(seat))
        };
        beyond(from, to) && beyond(to, from)
    }

    /// A running attempt stops, which passed so.
    fn stop(&mut self, job: JobId, now: SimTime, spent: &Spent, how: Stop) {
        let Some(running) = self.running[job.slot()].take() else {
            return;
        };
        let row = self.rows.of_mut(job.ordinal());
        row.run += now.since(running.start);
        row.lost += spent.lost;
        let share = nanousd(self.biller.last_share());
        row.cost_nanousd = row.cost_nanousd.saturating_add(share);
        self.used_parts -= running.gpu_parts;
        self.standing.replicas -= u32::from(job.replica().is_some());
        let gpu = u128::from(running.gpu_parts);
        let warmup = self.recording.warmup;
        let counted = |from: SimTime, to: SimTime| to.max(warmup).since(from.max(warmup)).us();
        let works = running.works.min(now);
        self.gpu_time.restoring += u128::from(counted(running.start, works)) * gpu;
        // Of an attempt that began before the window, what counts is split as the whole is.
        let after = counted(works, now);
        let [_, kept, lost, dump, stall] = spent.parts().map(Span::us);
        let busy = running.busy.map_or(kept, |busy| kept.min(busy.us()));
        let whole = u128::from(after);
        let parts = in_order(whole, [busy, lost, dump, stall, kept - busy]).map(|us| us * gpu);
        let time = &mut self.gpu_time;
        time.kept += parts[0];
        time.lost += parts[1];
        time.dumping += parts[2];
        time.stalled += parts[3];
        time.idle += parts[4];
        if self.stays.len() < self.recording.stays {
            let Running {
                start,
                works,
                seats,
                ..
            } = running;
            self.stays.push(Stay {
                job: job.ordinal(),
                seats,
                start,
                works,
                stop: now,
                how,
            });
        }
    }

    fn end(&mut self, job: JobId, outcome: Outcome, spent: &Spent, now: SimTime) {
        let row = self.rows.of_mut(job.ordinal());
        (row.outcome, row.finish) = (outcome, now.into());
        if self.running[job.slot()].is_none() {
            let gpu_milli = row.gpu_milli;
            self.wait_no_more(gpu_milli);
        }
        self.stop(job, now, spent, Stop::Ended(outcome));
    }

    fn wait(&mut self, gpu_milli: u32) {
        self.standing.waiting += 1;
        self.standing.waiting_milli += u64::from(gpu_milli);
    }

    fn wait_no_more(&mut self, gpu_milli: u32) {
        self.standing.waiting -= 1;
        self.standing.waiting_milli -= u64::from(gpu_milli);
    }

    /// A machine is granted.
    fn grant(&mut self, node: NodeId, launch: u32, now: SimTime) {
        self.machine[node.index()] = self.machines.len();
        let offering = self.offering_of[node.index()];
        let (ready, gone) = (Moment::NONE, Moment::NONE);
        self.machines.push(Machine {
            node,
            launch,
            offering,
            granted: now,
            ready,
            gone,
            reclaimed: false,
        });
        self.standing.nodes += 1;
        self.standing.gpu_milli += self.gpu_milli[offering.index()];
    }

    /// A machine is ready: one that booted, or one that has stood since the start.
    fn ready(&mut self, node: NodeId, launch: u32, now: SimTime) {
        let known = self.machines.get(self.machine[node.index()]);
        if known.is_none_or(|machine| machine.launch != launch) {
            self.grant(node, launch, now);
        }
        self.machines[self.machine[node.index()]].ready = now.into();
    }

    /// A machine is gone.
    fn lose(&mut self, node: NodeId, now: SimTime, reclaimed: bool) {
        let machine = &mut self.machines[self.machine[node.index()]];
        (machine.gone, machine.reclaimed) = (now.into(), reclaimed);
        self.standing.nodes -= 1;
        self.standing.gpu_milli -= self.gpu_milli[machine.offering.index()];
    }
}

fn nanousd(amount: Money) -> u64 {
    u64::try_from(amount.nanousd())
        .expect("a job's share is not negative, and below 18 billion dollars")
}

impl Observer for Recorder {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        if now > self.end {
            self.look(now);
        }
        self.notices.observe(now, fact);
        self.biller.observe(now, fact);
        match fact {
            Fact::Arrived { job, spec, .. } => self.arrive(*job, spec),
            Fact::Started { job, seats, works } => self.start(*job, seats, now, *works),
            Fact::Interrupted { job, cause, spent } => {
                self.stop(*job, now, spent, Stop::Interrupted(*cause));
                let row = self.rows.of_mut(job.ordinal());
                let times = match cause {
                    Cause::Policy => &mut row.preemptions,
                    Cause::Reclaim | Cause::Notice | Cause::Failure => &mut row.reclaims,
                };
                *times = times.saturating_add(1);
                let gpu_milli = row.gpu_milli;
                self.wait(gpu_milli);
            }
            Fact::Reseated {
                job,
                seats,
                works,
                spent,
            } => {
                let moves = self.moves(*job, seats);
                self.stop(*job, now, spent, Stop::Reseated);
                let row = self.rows.of_mut(job.ordinal());
                row.migrations = row.migrations.saturating_add(u16::from(moves));
                let gpu_milli = row.gpu_milli;
                self.wait(gpu_milli);
                self.start(*job, seats, now, *works);
            }
            Fact::Ended {
                job,
                outcome,
                spent,
            } => self.end(*job, *outcome, spent, now),
            Fact::Worked { job, busy } => {
                if let Some(running) = &mut self.running[job.slot()] {
                    running.busy = Some(*busy);
                }
            }
            Fact::Booting { node, launch, .. } => self.grant(*node, *launch, now),
            Fact::Ready { node, launch } => self.ready(*node, *launch, now),
            Fact::Reclaimed { node }
            | Fact::Miscarried { node }
            | Fact::Failed {
                node,
                repaired: None,
            } => self.lose(*node, now, true),
            Fact::Released { node } => self.lose(*node, now, false),
            Fact::Refused(_)
            | Fact::Retiring { .. }
            | Fact::Request { .. }
            | Fact::Flow { .. }
            | Fact::Paced { .. }
            | Fact::Held { .. }
            | Fact::Requested { .. }
            | Fact::Draining { .. }
            | Fact::Noticed { .. }
            | Fact::Advised { .. }
            | Fact::Failed { .. }
            | Fact::Repaired { .. }
            | Fact::Shock { .. }
            | Fact::Price { .. }
            | Fact::Availability { .. } => {}
        }
    }
}
