//! The biller: the bill of a run, from its facts alone.

mod lines;

use smallvec::SmallVec;

use super::fact::{Fact, Observer, Spent};
use super::timeline::GpuUse;
use crate::books::{
    Bill, Claim, Cover, End, Kind, Ledger, MACHINE_KINDS, Move, Payee, Source, Tariff, Tenure,
    in_order, position,
};
use crate::engine::World;
use crate::model::{Commitment, Job, Reservation, Seat};
use crate::units::{JobId, Money, NodeId, OfferingId, SimTime, Span, convert};

/// Kinds of a job's share of a machine, in the order in which an attempt is split.
const SHARES: [Kind; 5] = [
    Kind::Restore,
    Kind::Work,
    Kind::Lost,
    Kind::Dump,
    Kind::Stall,
];

/// Keeps the bill of a run.
///
/// What is spent before the window does not count: every interval is cut there. Every line of machines is gathered as they end,
/// a job's share as its attempt stops, split over how the attempt passed in proportion. The end of the run closes what is left;
/// an attempt that nobody has told the end of has worked.
#[derive(Clone, Debug)]
pub struct Biller {
    from: SimTime,
    attribute: bool,
    offering_of: Vec<OfferingId>,
    tariffs: Vec<Tariff>,
    /// By node: the machine in it.
    tenures: Vec<Option<Box<Tenure>>>,
    /// By node: whether there was ever one.
    ever: Vec<bool>,
    /// By offering: most machines that were ever held, which fill the lowest slots.
    bought: Vec<u32>,
    /// By job slot: what a task of each role asks for, in thousandths of GPUs and of CPU.
    demands: Vec<SmallVec<[(u64, u64); 1]>>,
    /// By job slot: where it lies.
    running: Vec<Option<Attempt>>,
    commitments: Vec<Commitment>,
    /// Positions of reservations among the commitments.
    reservations: Vec<usize>,
    cover: Option<Cover>,
    moves: Vec<Move>,
    /// By reservation and offering: microseconds covered.
    covered: Vec<u128>,
    claims: Vec<Claim>,
    share: Money,
}

#[derive(Clone, Debug)]
struct Attempt {
    job: u32,
    start: SimTime,
    holds: SmallVec<[Hold; 2]>,
}

/// A seat, and what its machine had cost before.
#[derive(Clone, Debug)]
struct Hold {
    node: NodeId,
    units: u64,
    reading: u128,
    /// By reservation: microseconds that it had been covered; none mostly.
    covered: Option<Box<[(usize, u64)]>>,
}

impl Biller {
    /// The bill of a run in `world`, of what is spent from `from` on; with claims of jobs, if lines will be attributed.
    pub fn new(world: &World, from: SimTime, attribute: bool) -> Self {
        let (mut offering_of, mut ranges) = (Vec::new(), Vec::new());
        for (position, offering) in world.offerings.iter().enumerate() {
            let first = convert::narrow(offering_of.len());
            let id = OfferingId(u16::try_from(position).expect("few offerings"));
            offering_of.resize(offering_of.len() + convert::index(offering.max), id);
            ranges.push(NodeId(first)..NodeId(first + offering.max));
        }
        let tariff = |offering| Tariff::new(offering, from);
        let mut this = Self {
            from,
            attribute,
            tenures: vec![None; offering_of.len()],
            ever: vec![false; offering_of.len()],
            bought: vec![0; world.offerings.len()],
            offering_of,
            tariffs: world.offerings.iter().map(tariff).collect(),
            demands: Vec::new(),
            running: Vec::new(),
            commitments: world.commitments.clone(),
            reservations: Vec::new(),
            cover: None,
            moves: Vec::new(),
            covered: Vec::new(),
            claims: Vec::new(),
            share: Money::ZERO,
        };
        let commitments = this.commitments.iter().enumerate();
        let reserved = commitments.filter_map(|(at, commitment)| match commitment {
            Commitment::Reserved(reservation) => Some((at, reservation)),
            Commitment::Owned(_) => None,
        });
        let reserved: Vec<(usize, &Reservation)> = reserved.collect();
        if !reserved.is_empty() {
            let coverable = |offering: &OfferingId| {
                let whole = this.tariffs[offering.index()].terms.whether_used;
                (!whole).then(|| ranges[offering.index()].clone())
            };
            let plan = |plan: &Reservation| plan.covers.iter().filter_map(coverable).collect();
            let plans = reserved.iter().map(|(_, own)| (*own, plan(own)));
            this.cover = Some(Cover::new(plans));
            this.covered = vec![0; reserved.len() * this.tariffs.len()];
        }
        this.reservations = reserved.into_iter().map(|(at, _)| at).collect();
        this
    }

    /// What the attempt has cost that stopped last, rounded by itself; nothing where shares are attributed in the end.
    pub fn last_share(&self) -> Money {
        self.share
    }

    /// Parts of GPUs that a job holds in these seats.
    pub(super) fn gpu_parts(&self, job: JobId, seats: &[Seat]) -> u64 {
        let demands = &self.demands[job.slot()];
        let of = |seat: &Seat| demands[usize::from(seat.role)].0 * u64::from(seat.tasks);
        seats.iter().map(of).sum()
    }

    // --- machines ---

    fn at(&mut self, node: NodeId) -> (&mut Tenure, &mut Tariff) {
        let tariff = &mut self.tariffs[self.offering_of[node.index()].index()];
        let tenure = self.tenures[node.index()].as_mut();
        (tenure.expect("a machine is held"), tariff)
    }

    fn grant(&mut self, node: NodeId, now: SimTime) {
        self.tenures[node.index()] = Some(Box::new(Tenure::new(now)));
        if !std::mem::replace(&mut self.ever[node.index()], true) {
            self.bought[self.offering_of[node.index()].index()] += 1;
        }
        if Tenure::runs_from_grant(self.at(node).1) {
            self.begin(node, now);
        }
    }

    /// A machine is ready: one that booted, one that was repaired, or one that has stood since the start.
    fn ready(&mut self, node: NodeId, now: SimTime) {
        if self.tenures[node.index()].is_none() {
            self.grant(node, now);
        }
        let (tenure, tariff) = self.at(node);
        if tenure.ready(tariff, now) {
            self.begin(node, now);
        }
    }

    fn begin(&mut self, node: NodeId, now: SimTime) {
        let (tenure, tariff) = self.at(node);
        tenure.begin(tariff, now);
        if tariff.terms.whether_used || self.cover.is_none() {
            let (tenure, tariff) = self.at(node);
            tenure.turn(tariff, Payee::Market, now);
        } else if let Some(cover) = &mut self.cover {
            cover.add(node, &mut self.moves);
            self.follow(now);
        }
    }

    /// Nobody pays for the machine from here on.
    fn stop(&mut self, node: NodeId, now: SimTime) {
        let (tenure, tariff) = self.at(node);
        if !tenure.is_charged() {
            return;
        }
        let covered = tenure.turn(tariff, Payee::Nobody, now);
        tenure.stop(tariff, now);
        let coverable = !tariff.terms.whether_used;
        self.count(node, covered);
        if let Some(cover) = self.cover.as_mut().filter(|_| coverable) {
            cover.remove(node, &mut self.moves);
            self.follow(now);
        }
    }

    /// Machines change who pays for them.
    fn follow(&mut self, now: SimTime) {
        let mut moves = std::mem::take(&mut self.moves);
        for (node, to) in moves.drain(..) {
            let (tenure, tariff) = self.at(node);
            let covered = tenure.turn(tariff, to.map_or(Payee::Market, Payee::Reservation), now);
            self.count(node, covered);
        }
        self.moves = moves;
    }

    fn count(&mut self, node: NodeId, covered: Option<(usize, u64)>) {
        if let Some((plan, us)) = covered {
            let offering = self.offering_of[node.index()].index();
            self.covered[plan * self.tariffs.len() + offering] += u128::from(us);
        }
    }

    fn end(&mut self, node: NodeId, now: SimTime, end: End) {
        self.stop(node, now);
        let tenure = self.tenures[node.index()].take();
        let tariff = &mut self.tariffs[self.offering_of[node.index()].index()];
        tenure.expect("a machine is held").end(tariff, now, end);
    }

    /// Terms of reservations begin and end up to `now`.
    fn renew(&mut self, now: SimTime) {
        while let Some(turn) = self.cover.as_ref().and_then(Cover::turn)
            && turn <= now
        {
            let cover = self.cover.as_mut().expect("just seen");
            cover.renew(&mut self.moves);
            self.follow(turn);
        }
    }

    fn arrive(&mut self, job: JobId, spec: &Job) {
        if self.demands.len() <= job.slot() {
            self.demands.resize(job.slot() + 1, SmallVec::new());
            self.running.resize(job.slot() + 1, None);
        }
        let demand = |role: &crate::model::Role| {
            let demand = &role.demand;
            (demand.gpu_parts(), u64::from(demand.cpu_milli))
        };
        let demands = &mut self.demands[job.slot()];
        demands.clear();
        demands.extend(spec.gang.roles().iter().map(demand));
    }

    fn start(&mut self, job: JobId, seats: &[Seat], now: SimTime) {
        let mut holds = SmallVec::with_capacity(seats.len());
        for seat in seats {
            let (gpu_parts, cpu_milli) = self.demands[job.slot()][usize::from(seat.role)];
            let (tenure, tariff) = self.at(seat.node);
            let begins = tenure.seat(tariff);
            let units = tariff.units(gpu_parts, cpu_milli) * u64::from(seat.tasks);
            if begins {
                self.begin(seat.node, now);
            }
            let covers = self.cover.is_some();
            let (tenure, tariff) = self.at(seat.node);
            let covered = covers.then(|| tenure.covered(tariff, now));
            holds.push(Hold {
                node: seat.node,
                units,
                reading: tenure.reading(tariff, now),
                covered: covered
                    .filter(|covered| !covered.is_empty())
                    .map(SmallVec::into_boxed_slice),
            });
        }
        self.running[job.slot()] = Some(Attempt {
            job: job.ordinal(),
            start: now,
            holds,
        });
    }

    /// A running attempt stops, which passed so.
    fn leave(&mut self, slot: usize, now: SimTime, spent: &Spent) {
        self.share = Money::ZERO;
        let Some(attempt) = self.running[slot].take() else {
            return;
        };
        let mut costs: SmallVec<[(OfferingId, u128); 2]> = SmallVec::new();
        for hold in &attempt.holds {
            let offering = self.offering_of[hold.node.index()];
            if self.cover.is_some() {
                self.claim_covered(&attempt, hold, offering, now);
            }
            let (tenure, tariff) = self.at(hold.node);
            let cost = (tenure.reading(tariff, now) - hold.reading) * u128::from(hold.units);
            tariff.occupy(tariff.counted(attempt.start, now), hold.units);
            if tenure.leave(tariff, cost) {
                self.stop(hold.node, now);
            }
            match costs.iter_mut().find(|(known, _)| *known == offering) {
                Some((_, sum)) => *sum += cost,
                None => costs.push((offering, cost)),
            }
        }
        for (offering, cost) in costs {
            self.split(attempt.job, offering, cost, spent);
        }
    }

    /// Splits what an attempt cost on an offering over how it passed.
    fn split(&mut self, job: u32, offering: OfferingId, cost: u128, spent: &Spent) {
        let tariff = &mut self.tariffs[offering.index()];
        let parts = in_order(cost, spent.parts().map(Span::us));
        for (kind, part) in SHARES.into_iter().zip(parts) {
            if part == 0 {
                continue;
            }
            tariff.charge_units(kind, part);
            if self.attribute {
                let line = offering.index() * MACHINE_KINDS.len() + position(kind);
                push(
                    &mut self.claims,
                    Claim::new(job, convert::narrow(line), part),
                );
            }
        }
        if !self.attribute {
            let cost = i128::try_from(cost).expect("within the limits");
            self.share += Money::round_half_even(cost, tariff.denominator());
        }
    }

    /// Of what reservations cover, a job claims its share of the time it held.
    fn claim_covered(
        &mut self,
        attempt: &Attempt,
        hold: &Hold,
        offering: OfferingId,
        now: SimTime,
    ) {
        if !self.attribute {
            return;
        }
        let (tenure, tariff) = self.at(hold.node);
        let covered = tenure.covered(tariff, now);
        for (plan, us) in covered {
            let before = hold.covered.iter().flatten();
            let before = before.filter(|(known, _)| *known == plan).map(|(_, us)| us);
            let us = u128::from(us - before.sum::<u64>());
            let claimed = us * u128::from(hold.units) * u128::from(self.hourly(plan));
            let offerings = self.tariffs.len();
            let line = offerings * MACHINE_KINDS.len() + plan * offerings + offering.index();
            if claimed > 0 {
                let claim = Claim::new(attempt.job, convert::narrow(line), claimed);
                push(&mut self.claims, claim);
            }
        }
    }

    fn hourly(&self, plan: usize) -> u64 {
        match &self.commitments[self.reservations[plan]] {
            Commitment::Reserved(reservation) => reservation.hourly.nanousd_h(),
            Commitment::Owned(_) => 0,
        }
    }

    // --- the end ---

    /// What jobs have claimed so far.
    pub(super) fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// The books as they stand at an instant that is not before the last fact: those of a run that ends there, where `claims`
    /// stand for what jobs have claimed so far.
    pub(super) fn ledger_at(&mut self, now: SimTime, claims: Vec<Claim>) -> Ledger {
        let own = std::mem::replace(&mut self.claims, claims);
        let copy = self.clone();
        self.claims = own;
        copy.finish(now).0
    }

    /// The bill of a run that ended at `end`, who claims which part of it, and by offering GPU time.
    pub fn finish(mut self, end: SimTime) -> (Ledger, Vec<GpuUse>) {
        self.renew(end);
        for slot in 0..self.running.len() {
            let kept = Span::MICROSECOND;
            let worked = Spent {
                kept,
                ..Spent::default()
            };
            self.leave(slot, end, &worked);
        }
        for node in 0..self.tenures.len() {
            if self.tenures[node].is_some() {
                self.end(NodeId(convert::narrow(node)), end, End::Given);
            }
        }
        let mut gpu_use = Vec::new();
        for tariff in &mut self.tariffs {
            tariff.settle_unused(end);
            let (billed, used) = tariff.gpu_time();
            gpu_use.push(GpuUse { billed, used });
        }
        let sums = self.sums(end);
        let numbered = self.tariffs.len() * MACHINE_KINDS.len() + self.covered.len();
        let keys: Vec<(Source, Kind)> = sums[..numbered].iter().map(|sum| (sum.0, sum.1)).collect();
        let bill = Bill::new(sums);
        let lines = bill.lines();
        let find = |key: &(Source, Kind)| {
            lines
                .binary_search_by_key(key, |line| (line.source, line.kind))
                .ok()
        };
        let position = keys.iter().map(find).collect();
        (Ledger::new(bill, position, self.claims), gpu_use)
    }
}

/// By an eighth and not to the double: what lies idle counts towards what a finished job costs.
fn push(claims: &mut Vec<Claim>, claim: Claim) {
    if claims.len() == claims.capacity() {
        claims.reserve_exact(claims.len() / 8 + 1024);
    }
    claims.push(claim);
}

impl Observer for Biller {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        if self.cover.is_some() {
            self.renew(now);
        }
        match fact {
            Fact::Arrived { job, spec, .. } => self.arrive(*job, spec),
            Fact::Started { job, seats, .. } => self.start(*job, seats, now),
            Fact::Reseated {
                job, seats, spent, ..
            } => {
                self.leave(job.slot(), now, spent);
                self.start(*job, seats, now);
            }
            Fact::Interrupted { job, spent, .. } | Fact::Ended { job, spent, .. } => {
                self.leave(job.slot(), now, spent);
            }
            Fact::Booting { node, .. } => self.grant(*node, now),
            Fact::Ready { node, .. } | Fact::Repaired { node } => self.ready(*node, now),
            Fact::Reclaimed { node } => self.end(*node, now, End::Taken),
            Fact::Miscarried { node } => self.end(*node, now, End::Miscarried),
            Fact::Released { node }
            | Fact::Failed {
                node,
                repaired: None,
            } => self.end(*node, now, End::Given),
            Fact::Price { offering, price } => {
                self.tariffs[offering.index()].reprice(now, price.nanousd_h());
            }
            Fact::Paced { .. }
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
