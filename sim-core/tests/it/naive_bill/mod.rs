//! The naive biller: keeps all facts, cuts time where anything changes, and asks in each piece what the terms say. It shares
//! no code with the biller; its sums are fractions over one long denominator.

use std::collections::BTreeMap;

use sim_core::books::{Kind, Source};
use sim_core::engine::World;
use sim_core::model::{ChargedFrom, Commitment, Job, Seat};
use sim_core::units::{NodeId, OfferingId, SimTime};
use sim_core::watch::{Fact, Observer, Spent};

/// By line: a numerator, and what it is over.
pub(crate) type Sums = BTreeMap<(Source, Kind), (i128, i128)>;
/// By job and line: numerators over what the line is over.
pub(crate) type Claims = BTreeMap<(u32, Source, Kind), i128>;
/// A stretch of time in which nothing changes, what a machine costs in it an hour, and the commitment that covers it.
type Piece = (u64, u64, i128, Option<usize>);

mod shares;

const HOUR: i128 = 3_600_000_000;

#[derive(Clone)]
struct Machine {
    node: u32,
    granted: u64,
    ready: Option<u64>,
    /// When it ended, and whether it was taken or never came up.
    gone: Option<(u64, bool, bool)>,
}

struct Attempt {
    job: u32,
    seats: Vec<Seat>,
    start: u64,
    stop: Option<(u64, [u64; 5])>,
}

/// All that was told.
pub(crate) struct NaiveBiller<'a> {
    world: &'a World,
    jobs: &'a [Job],
    warmup: u64,
    machines: Vec<Machine>,
    attempts: Vec<Attempt>,
    prices: Vec<Vec<(u64, u64)>>,
}

impl<'a> NaiveBiller<'a> {
    pub(crate) fn new(world: &'a World, jobs: &'a [Job], warmup: SimTime) -> Self {
        let first = |offering: &sim_core::model::Offering| {
            vec![(0, offering.price.at(SimTime::ZERO).nanousd_h())]
        };
        Self {
            world,
            jobs,
            warmup: warmup.us(),
            machines: Vec::new(),
            attempts: Vec::new(),
            prices: world.offerings.iter().map(first).collect(),
        }
    }

    fn live(&mut self, node: NodeId) -> Option<&mut Machine> {
        let mut machines = self.machines.iter_mut().rev();
        machines.find(|machine| machine.node == node.0 && machine.gone.is_none())
    }

    fn offering_of(&self, node: u32) -> usize {
        let mut first = 0;
        let belongs = |offering: &sim_core::model::Offering| {
            first += offering.max;
            node < first
        };
        self.world.offerings.iter().position(belongs).unwrap()
    }

    fn stop(&mut self, job: u32, now: u64, spent: &Spent) {
        let mut attempts = self.attempts.iter_mut();
        if let Some(attempt) = attempts.find(|own| own.job == job && own.stop.is_none()) {
            let parts = spent.parts().map(sim_core::units::Span::us);
            attempt.stop = Some((now, parts));
        }
    }

    /// Pieces of time in which a machine is charged: stretches of runs.
    fn runs(&self, machine: &Machine, end: u64) -> Vec<(u64, u64)> {
        let terms = &self.world.offerings[self.offering_of(machine.node)].terms;
        let gone = machine.gone.map_or(end, |(at, ..)| at);
        if terms.whether_used || (!terms.only_while_used && terms.from == ChargedFrom::Grant) {
            return vec![(machine.granted, gone)];
        }
        if !terms.only_while_used {
            return machine
                .ready
                .map(|ready| (ready, gone))
                .into_iter()
                .collect();
        }
        let on_it = self.attempts.iter().filter(|attempt| {
            let there = |seat: &Seat| seat.node.0 == machine.node;
            attempt.seats.iter().any(there)
                && machine.granted <= attempt.start
                && attempt.start <= gone
        });
        let mut used: Vec<(u64, u64)> = on_it
            .map(|own| (own.start, own.stop.map_or(end, |(at, _)| at)))
            .filter(|(from, until)| from < until && *until <= gone)
            .collect();
        used.sort_unstable();
        let mut runs: Vec<(u64, u64)> = Vec::new();
        for (from, until) in used {
            match runs.last_mut() {
                Some((_, last)) if from <= *last => *last = until.max(*last),
                _ => runs.push((from, until)),
            }
        }
        runs
    }

    fn price(&self, offering: usize, at: u64) -> i128 {
        let steps = self.prices[offering].iter();
        steps.rev().find(|(from, _)| *from <= at).unwrap().1.into()
    }

    pub(crate) fn capacity(&self, offering: usize) -> i128 {
        let shape = self.world.offerings[offering].shape;
        match (shape.gpus, shape.cpu_milli) {
            (0, cpu) => i128::from(cpu).max(1),
            (gpus, _) => 1000 * i128::from(gpus),
        }
    }

    /// Who covers which machine in a piece of time in which nothing changes, that begins at `at`.
    fn covered(&self, charged: &[(u32, usize)], at: u64) -> BTreeMap<u32, usize> {
        let mut by = BTreeMap::new();
        for (position, commitment) in self.world.commitments.iter().enumerate() {
            let Commitment::Reserved(own) = commitment else {
                continue;
            };
            if at < own.from.us() || at >= own.until.us() {
                continue;
            }
            let mut free: Vec<u32> = charged
                .iter()
                .filter(|(node, offering)| {
                    own.covers.iter().any(|id| id.index() == *offering)
                        && !self.world.offerings[*offering].terms.whether_used
                        && !by.contains_key(node)
                })
                .map(|(node, _)| *node)
                .collect();
            free.sort_unstable();
            by.extend(
                free.into_iter()
                    .take(own.count as usize)
                    .map(|node| (node, position)),
            );
        }
        by
    }

    /// Every line of a run that ended at `end`, and by job its claims.
    pub(crate) fn bill(&self, end: u64) -> (Sums, Claims) {
        let mut cuts: Vec<u64> = vec![0, self.warmup, end];
        cuts.extend(self.prices.iter().flatten().map(|(at, _)| *at));
        for own in &self.attempts {
            cuts.extend([own.start, own.stop.map_or(end, |(at, _)| at)]);
        }
        let runs: Vec<Vec<(u64, u64)>> = self
            .machines
            .iter()
            .map(|own| self.runs(own, end))
            .collect();
        for (machine, runs) in self.machines.iter().zip(&runs) {
            let terms = &self.world.offerings[self.offering_of(machine.node)].terms;
            cuts.extend(machine.ready);
            cuts.extend(runs.iter().flat_map(|(from, until)| {
                let granule = terms.granularity.us();
                [*from, *until, from + (until - from) / granule * granule]
            }));
        }
        for commitment in &self.world.commitments {
            if let Commitment::Reserved(own) = commitment {
                cuts.extend([own.from.us(), own.until.us()]);
            }
        }
        cuts.sort_unstable();
        cuts.dedup();
        cuts.retain(|cut| *cut <= end);
        // By machine: pieces of time in which it is charged, what they cost an hour, and who covers it.
        let mut pieces: Vec<Vec<Piece>> = vec![Vec::new(); self.machines.len()];
        for piece in cuts.windows(2) {
            let (from, until) = (piece[0], piece[1]);
            let lives: Vec<usize> = (0..self.machines.len())
                .filter(|at| {
                    runs[*at]
                        .iter()
                        .any(|(start, stop)| *start <= from && until <= *stop)
                })
                .collect();
            let charged = lives.iter().map(|at| self.machines[*at].node);
            let charged: Vec<(u32, usize)> =
                charged.map(|node| (node, self.offering_of(node))).collect();
            let covered = self.covered(&charged, from);
            for at in lives {
                let node = self.machines[at].node;
                let price = self.price(self.offering_of(node), from);
                pieces[at].push((from, until, price, covered.get(&node).copied()));
            }
        }
        let mut sums = Sums::new();
        for (at, machine) in self.machines.iter().enumerate() {
            self.machine(machine, (&runs[at], &pieces[at]), &mut sums);
        }
        let claims = self.claims(&pieces, end, &mut sums);
        self.unused(&pieces, end, &mut sums);
        self.standing(&pieces, end, &mut sums);
        (sums, claims)
    }

    /// Microseconds of a stretch that count.
    fn us(&self, from: u64, until: u64) -> i128 {
        (until.max(self.warmup) - from.max(self.warmup)).into()
    }

    fn add(&self, sums: &mut Sums, offering: usize, kind: Kind, amount: i128) {
        let source = Source::Offering(OfferingId(u16::try_from(offering).unwrap()));
        let over = HOUR * self.capacity(offering);
        sums.entry((source, kind)).or_insert((0, over)).0 += amount;
    }

    /// What pieces cost at the market price, for a whole machine.
    fn cost<'p>(&self, capacity: i128, pieces: impl IntoIterator<Item = &'p Piece>) -> i128 {
        let market = pieces.into_iter().filter(|piece| piece.3.is_none());
        market
            .map(|(from, until, price, _)| price * self.us(*from, *until) * capacity)
            .sum()
    }

    fn machine(
        &self,
        machine: &Machine,
        (runs, pieces): (&[(u64, u64)], &[Piece]),
        sums: &mut Sums,
    ) {
        let offering = self.offering_of(machine.node);
        let (terms, capacity) = (
            self.world.offerings[offering].terms,
            self.capacity(offering),
        );
        let boots = |piece: &&Piece| machine.ready.is_none_or(|ready| piece.1 <= ready);
        self.add(
            sums,
            offering,
            Kind::Boot,
            self.cost(capacity, pieces.iter().filter(boots)),
        );
        let ready = pieces.iter().filter(|piece| !boots(piece));
        self.add(sums, offering, Kind::Idle, self.cost(capacity, ready));
        for (from, until, _, covered) in pieces {
            if let Some(commitment) = covered {
                let source = covered_source(*commitment, offering);
                let sum = sums
                    .entry((source, Kind::Commitment))
                    .or_insert((0, HOUR * capacity));
                sum.0 += self.hourly(*commitment) * self.us(*from, *until) * capacity;
            }
        }
        if terms.whether_used {
            return;
        }
        let (gone, taken, miscarried) = machine.gone.unwrap_or((u64::MAX, false, false));
        if miscarried {
            return self.add(sums, offering, Kind::Credit, -self.cost(capacity, pieces));
        }
        for (from, until) in runs.iter().filter(|(from, until)| from < until) {
            let taken = taken && gone == *until;
            let own: Vec<&Piece> = pieces
                .iter()
                .filter(|piece| *from <= piece.0 && piece.1 <= *until)
                .collect();
            let length = until - from;
            if taken && length < terms.free_if_reclaimed_within.us() {
                self.add(sums, offering, Kind::Credit, -self.cost(capacity, own));
                continue;
            }
            let unbroken: Vec<&Piece> = own
                .iter()
                .rev()
                .take_while(|piece| piece.3.is_none())
                .copied()
                .collect();
            let Some(last) = unbroken.first() else {
                continue;
            };
            let granule = terms.granularity.us();
            if taken && terms.reclaimed_partial_free {
                let full = from + length / granule * granule;
                let partial = unbroken.into_iter().filter(|piece| piece.0 >= full);
                self.add(sums, offering, Kind::Credit, -self.cost(capacity, partial));
                continue;
            }
            let charged = length.div_ceil(granule) * granule;
            let more = charged.max(terms.minimum.us()) - length;
            let more = last.2 * self.us(*until, until + more) * capacity;
            self.add(sums, offering, Kind::Rounding, more);
        }
    }

    fn hourly(&self, commitment: usize) -> i128 {
        match &self.world.commitments[commitment] {
            Commitment::Reserved(own) => own.hourly.nanousd_h().into(),
            Commitment::Owned(_) => unreachable!("it covers nothing"),
        }
    }
}

fn covered_source(commitment: usize, offering: usize) -> Source {
    let offering = OfferingId(u16::try_from(offering).unwrap());
    Source::Covered(u16::try_from(commitment).unwrap(), offering)
}

impl Observer for NaiveBiller<'_> {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        let now = now.us();
        let start = |job: &sim_core::units::JobId, seats: &[Seat]| Attempt {
            job: job.ordinal(),
            seats: seats.to_vec(),
            start: now,
            stop: None,
        };
        match fact {
            Fact::Started { job, seats, .. } => self.attempts.push(start(job, seats)),
            Fact::Reseated {
                job, seats, spent, ..
            } => {
                self.stop(job.ordinal(), now, spent);
                self.attempts.push(start(job, seats));
            }
            Fact::Interrupted { job, spent, .. } | Fact::Ended { job, spent, .. } => {
                self.stop(job.ordinal(), now, spent);
            }
            Fact::Booting { node, .. } => self.machines.push(Machine {
                node: node.0,
                granted: now,
                ready: None,
                gone: None,
            }),
            Fact::Ready { node, .. } | Fact::Repaired { node } => match self.live(*node) {
                Some(machine) => machine.ready = machine.ready.or(Some(now)),
                None => self.machines.push(Machine {
                    node: node.0,
                    granted: now,
                    ready: Some(now),
                    gone: None,
                }),
            },
            Fact::Reclaimed { node } => self.live(*node).unwrap().gone = Some((now, true, false)),
            Fact::Miscarried { node } => self.live(*node).unwrap().gone = Some((now, false, true)),
            Fact::Released { node }
            | Fact::Failed {
                node,
                repaired: None,
            } => {
                self.live(*node).unwrap().gone = Some((now, false, false));
            }
            Fact::Price { offering, price } => {
                self.prices[offering.index()].push((now, price.nanousd_h()));
            }
            Fact::Arrived { .. }
            | Fact::Refused(_)
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
