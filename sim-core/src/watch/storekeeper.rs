//! The storekeeper: what a run keeps in stores, moves between zones, and leaves behind, from its facts alone.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use super::fact::{Fact, Observer, Outcome, Spent};
use crate::books::{Exact, Leftover, Store, Stored, Sum, Unit, Window};
use crate::books::{egress, leftovers, storage};
use crate::engine::World;
use crate::model::{Role, Seat};
use crate::units::{ClassId, JobId, Money, NodeId, Price, SimTime, Span, ZoneId, convert};
use crate::world::draw::Stream;

/// What there is to keep. The default is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stocks {
    /// Stores.
    pub stores: Vec<Place>,
    /// Data sets, each an object in a store.
    pub data: Vec<DataSet>,
    /// By class of jobs.
    pub uses: Vec<Use>,
    /// What machines leave behind.
    pub things: Vec<Thing>,
}

/// A store in a zone, and what is written to it whatever the policy does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its tiers and rules.
    pub store: Store,
    /// Where it is; none if it is everywhere.
    pub zone: Option<ZoneId>,
    /// Price of a unit that leaves its zone.
    pub egress: Money,
    /// Objects that come again and again.
    pub series: Vec<Series>,
}

/// Objects that are written again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    /// Bytes of each.
    pub size: u64,
    /// How many at a time.
    pub count: u32,
    /// When the first are written.
    pub from: SimTime,
    /// How long after that the next; none if there are no more.
    pub every: Option<Span>,
    /// How long each is kept; to the end if not said.
    pub keep: Option<Span>,
    /// How often, and for how long after it is written, each is read.
    pub read: Option<(Span, Span)>,
}

/// A data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataSet {
    /// Position of its store.
    pub store: usize,
    /// Its bytes.
    pub size: u64,
}

/// What the jobs of a class keep and read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// Checkpoints.
    pub checkpoints: Option<Kept>,
    /// Data.
    pub input: Option<Reads>,
}

/// Checkpoints that a job keeps from its first start until it ends; each later start reads one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Position of the store.
    pub store: usize,
    /// Bytes of each.
    pub size: u64,
    /// How many.
    pub last: u32,
    /// How long after the end they are kept.
    pub linger: Span,
}

/// How a job reads data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reads {
    /// Position of the data set.
    pub data: usize,
    /// Bytes that each node reads once at each start, to keep them.
    pub fill: u64,
    /// Bytes that each GPU that a job holds reads in a second of work, beside those kept.
    pub per_gpu_second: u64,
}

/// Something that a machine leaves behind when it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// Names its luck.
    pub name: String,
    /// Share of the machines that leave one, in parts per million.
    pub share_ppm: u32,
    /// Its price an hour, whatever its size.
    pub hourly: Price,
    /// Its bytes.
    pub size: u64,
    /// A unit of it a month.
    pub month: Money,
    /// What a unit is.
    pub unit: Unit,
    /// How long after it was left it is removed; none for never.
    pub clean_up: Option<Span>,
}

/// Watches what is kept, moved and left.
#[derive(Clone, Debug)]
pub struct Storekeeper {
    stocks: Stocks,
    seed: u64,
    /// By node: its zone.
    zone_of: Vec<ZoneId>,
    /// By job slot.
    jobs: Vec<Option<Row>>,
    /// By store: checkpoints, with the job.
    kept: Vec<Vec<(u32, Stored)>>,
    /// By data set: when it is read.
    reads: Vec<Vec<SimTime>>,
    /// By store: bytes that leave its zone, with the job.
    moved: Vec<Vec<(u32, SimTime, u64)>>,
    /// By thing.
    left: Vec<Vec<Leftover>>,
    /// By node: which machine of the slot it is.
    launch: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Row {
    job: JobId,
    class: ClassId,
    /// By role: GPUs of a task.
    each: SmallVec<[u32; 1]>,
    starts: Vec<SimTime>,
    /// Where it lies, each with its GPUs there.
    seats: Vec<(NodeId, u32)>,
}

impl Storekeeper {
    /// Nothing kept yet.
    pub fn new(world: &World, stocks: &Stocks) -> Self {
        let zones = world
            .offerings
            .iter()
            .flat_map(|offering| std::iter::repeat_n(offering.zone, convert::index(offering.max)));
        let zone_of: Vec<ZoneId> = zones.collect();
        Self {
            seed: world.seed,
            launch: vec![0; zone_of.len()],
            zone_of,
            jobs: Vec::new(),
            kept: vec![Vec::new(); stocks.stores.len()],
            reads: vec![Vec::new(); stocks.data.len()],
            moved: vec![Vec::new(); stocks.stores.len()],
            left: vec![Vec::new(); stocks.things.len()],
            stocks: stocks.clone(),
        }
    }

    fn uses(&self, class: ClassId) -> Use {
        self.stocks
            .uses
            .get(class.index())
            .copied()
            .unwrap_or_default()
    }

    fn start(&mut self, job: JobId, seats: &[Seat], now: SimTime) {
        let Some(row) = self.jobs.get_mut(job.slot()).and_then(Option::as_mut) else {
            return;
        };
        row.starts.push(now);
        let mut nodes: Vec<NodeId> = seats.iter().map(|seat| seat.node).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let gpus = |seat: &Seat| seat.tasks * row.each[usize::from(seat.role)];
        row.seats = seats.iter().map(|seat| (seat.node, gpus(seat))).collect();
        let (again, class) = (row.starts.len() > 1, row.class);
        let uses = self.uses(class);
        if let Some(kept) = uses.checkpoints.filter(|_| again) {
            self.fetch(job, kept.store, (nodes[0], kept.size), now);
        }
        if let Some(reads) = uses.input {
            self.reads[reads.data].push(now);
            let store = self.stocks.data[reads.data].store;
            for node in nodes.into_iter().filter(|_| reads.fill > 0) {
                self.fetch(job, store, (node, reads.fill), now);
            }
        }
    }

    /// Bytes go from a store to a node: they cost if that is in another zone.
    fn fetch(&mut self, job: JobId, store: usize, (node, bytes): (NodeId, u64), now: SimTime) {
        if self.is_away(store, node) {
            self.moved[store].push((job.ordinal(), now, bytes));
        }
    }

    fn is_away(&self, store: usize, node: NodeId) -> bool {
        let there = self.stocks.stores[store].zone;
        there.is_some_and(|zone| zone != self.zone_of[node.index()])
    }

    /// An attempt stops, in which the GPUs that it held read data all along.
    fn stop(&mut self, job: JobId, now: SimTime, spent: &Spent) {
        let Some(row) = self.jobs.get_mut(job.slot()).and_then(Option::as_mut) else {
            return;
        };
        let (class, seats) = (row.class, std::mem::take(&mut row.seats));
        let Some(reads) = self.uses(class).input else {
            return;
        };
        let store = self.stocks.data[reads.data].store;
        let away = seats.iter().filter(|(node, _)| self.is_away(store, *node));
        let gpus: u128 = away.map(|(_, gpus)| u128::from(*gpus)).sum();
        let busy = (spent.kept + spent.lost).saturating_sub(spent.stall);
        let bytes = u128::from(reads.per_gpu_second) * gpus * u128::from(busy.us());
        let bytes = u64::try_from(bytes / 1_000_000).unwrap_or(u64::MAX);
        if bytes > 0 {
            self.moved[store].push((job.ordinal(), now, bytes));
        }
    }

    /// A job ends, or the run ends without it, which deletes nothing.
    fn end(&mut self, job: JobId, ended: Option<SimTime>) {
        let Some(row) = self.jobs.get_mut(job.slot()).and_then(Option::take) else {
            return;
        };
        let (Some((from, restores)), Some(kept)) =
            (row.starts.split_first(), self.uses(row.class).checkpoints)
        else {
            return;
        };
        for number in 0..kept.last {
            // A restore reads one of them.
            let reads = if number == 0 { restores } else { &[] };
            let checkpoint = Stored {
                size: kept.size,
                copies: 1,
                from: *from,
                until: ended.map_or(SimTime::MAX, |now| now.saturating_add(kept.linger)),
                reads: reads.to_vec(),
            };
            self.kept[kept.store].push((job.ordinal(), checkpoint));
        }
    }

    /// A machine goes, and may leave things behind.
    fn leave(&mut self, node: NodeId, now: SimTime) {
        for (thing, left) in self.stocks.things.iter().zip(&mut self.left) {
            let names = [
                "leftover".into(),
                thing.name.as_str().into(),
                node.0.into(),
                self.launch[node.index()].into(),
            ];
            let uniform = Stream::new(self.seed, &names).uniform();
            if uniform * 1e6 < f64::from(thing.share_ppm) {
                left.push(Leftover {
                    from: now,
                    hourly: thing.hourly,
                    size: thing.size,
                    month: thing.month,
                });
            }
        }
    }

    /// The sums of a run that ended at `end`, and what jobs claim of them.
    pub fn finish(mut self, window: Window) -> Vec<Sum> {
        let live: Vec<JobId> = self.jobs.iter().flatten().map(|row| row.job).collect();
        for job in live {
            self.end(job, None);
        }
        let mut sums = Vec::new();
        for at in 0..self.stocks.stores.len() {
            self.store(at, window, &mut sums);
        }
        for (at, (thing, left)) in self.stocks.things.iter().zip(&self.left).enumerate() {
            let rule = (thing.clean_up, window);
            sums.push((leftovers(number(at), thing.unit, left, rule), Vec::new()));
        }
        sums
    }

    fn store(&self, at: usize, window: Window, sums: &mut Vec<Sum>) {
        let place = &self.stocks.stores[at];
        let series = place.series.iter();
        let written = series.flat_map(|series| series.objects(window.end));
        let data = self.stocks.data.iter().zip(&self.reads);
        let data = data.filter(|(data, _)| data.store == at);
        let data = data.map(|(data, reads)| Stored {
            size: data.size,
            copies: 1,
            from: SimTime::ZERO,
            // The end of a run deletes nothing, so that no minimum falls due.
            until: SimTime::MAX,
            reads: reads.clone(),
        });
        let mut claims: [BTreeMap<u32, u128>; 3] = Default::default();
        for (job, checkpoint) in &self.kept[at] {
            let own = storage(
                &place.store,
                number(at),
                std::slice::from_ref(checkpoint),
                window,
            );
            for (claims, (_, _, sum)) in claims.iter_mut().zip(&own) {
                let claim = claims.entry(*job).or_default();
                *claim = claim.saturating_add(numerator(sum));
            }
        }
        let kept = self.kept[at].iter().map(|(_, kept)| kept.clone());
        let objects = written.chain(data).chain(kept);
        let lines = storage(&place.store, number(at), objects, window);
        for (line, claims) in lines.into_iter().zip(claims) {
            sums.push((line, claims.into_iter().collect()));
        }
        let moved: Vec<(SimTime, u64)> = self.moved[at]
            .iter()
            .map(|(_, when, bytes)| (*when, *bytes))
            .collect();
        let tariff = (place.store.unit, place.egress);
        let line = egress(number(at), tariff, &moved, window);
        let mut claims: BTreeMap<u32, u128> = BTreeMap::new();
        for (job, when, bytes) in &self.moved[at] {
            let (_, _, own) = egress(number(at), tariff, &[(*when, *bytes)], window);
            let claim = claims.entry(*job).or_default();
            *claim = claim.saturating_add(numerator(&own));
        }
        sums.push((line, claims.into_iter().collect()));
    }
}

impl Series {
    /// What is written before `end`, one after the other: there may be millions.
    fn objects(&self, end: SimTime) -> impl Iterator<Item = Stored> {
        let next = |from: &SimTime| Some(from.saturating_add(self.every?));
        let times = std::iter::successors(Some(self.from), next);
        times
            .take_while(move |from| *from < end)
            .map(move |from| self.object(from, end))
    }

    fn object(&self, from: SimTime, end: SimTime) -> Stored {
        let until = self
            .keep
            .map_or(SimTime::MAX, |keep| from.saturating_add(keep));
        let mut reads = Vec::new();
        if let Some((every, lasts)) = self.read {
            let last = from.saturating_add(lasts).min(until).min(end);
            let mut at = from.saturating_add(every);
            while at <= last {
                reads.push(at);
                at = at.saturating_add(every);
            }
        }
        Stored {
            size: self.size,
            copies: self.count,
            from,
            until,
            reads,
        }
    }
}

fn number(at: usize) -> u16 {
    u16::try_from(at).expect("few stores")
}

/// What a sum is in fractions of a nano-dollar. What is beyond 128 bits (hundreds of millions of dollars for one job) is
/// claimed by nobody.
fn numerator(sum: &Exact) -> u128 {
    let (whole, rest, denominator) = sum.parts();
    let all = whole
        .checked_mul(denominator)
        .and_then(|all| all.checked_add(rest));
    let most = i128::MAX.unsigned_abs();
    all.map_or(most, |all| u128::try_from(all).unwrap_or_default())
}

impl Observer for Storekeeper {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        match fact {
            Fact::Arrived { job, spec, .. } => {
                if self.jobs.len() <= job.slot() {
                    self.jobs.resize(job.slot() + 1, None);
                }
                self.jobs[job.slot()] = Some(Row {
                    job: *job,
                    class: spec.class,
                    each: spec.gang.roles().iter().map(Role::gpus_each).collect(),
                    starts: Vec::new(),
                    seats: Vec::new(),
                });
            }
            Fact::Started { job, seats, .. } => self.start(*job, seats, now),
            Fact::Reseated {
                job, seats, spent, ..
            } => {
                self.stop(*job, now, spent);
                self.start(*job, seats, now);
            }
            Fact::Interrupted { job, spent, .. } => self.stop(*job, now, spent),
            Fact::Ended {
                job,
                outcome,
                spent,
            } => {
                self.stop(*job, now, spent);
                self.end(*job, Some(now).filter(|_| *outcome != Outcome::Unfinished));
            }
            Fact::Booting { node, launch, .. } => self.launch[node.index()] = *launch,
            Fact::Reclaimed { node }
            | Fact::Released { node }
            | Fact::Failed {
                node,
                repaired: None,
            } => self.leave(*node, now),
            Fact::Ready { .. }
            | Fact::Repaired { .. }
            | Fact::Miscarried { .. }
            | Fact::Price { .. }
            | Fact::Paced { .. }
            | Fact::Refused(_)
            | Fact::Retiring { .. }
            | Fact::Worked { .. }
            | Fact::Request { .. }
            | Fact::Flow { .. }
            | Fact::Held { .. }
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
