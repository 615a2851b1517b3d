//! The naive biller: cuts time wherever anything changes, and asks of each machine in each piece
//! what the terms say. It shares no code with the biller; its sums are fractions over one long
//! denominator. What was told is in `history`, what jobs claim of the bill in `naive_claims`.

use std::collections::BTreeMap;

use sim_core::books::{Kind, Source};
use sim_core::model::{ChargedFrom, Ownership};

use crate::history::{End, History, Machine, Stretch};
use crate::naive_claims::{Claims, Taken, commitment, offering};

/// By line: a numerator, and what it is over.
pub(crate) type Sums = BTreeMap<(Source, Kind), (i128, i128)>;

pub(crate) const HOUR: i128 = 3_600_000_000;
const MONTH: i128 = 730 * HOUR;

/// A machine that is charged in a piece of time.
#[derive(Clone, Copy)]
pub(crate) struct Piece<'h> {
    pub(crate) machine: &'h Machine,
    pub(crate) now: &'h Stretch<'h>,
    /// What an hour costs, and the reservation that says so; none if it is the market price.
    pub(crate) price: i128,
    pub(crate) cover: Option<usize>,
}

/// A bill in the making.
pub(crate) struct NaiveBill<'h> {
    pub(crate) history: &'h History<'h>,
    pub(crate) sums: Sums,
    pub(crate) taken: Taken,
    pub(crate) claims: Claims,
}

/// Every line of a run that ended at `end`, and what jobs claim of them.
pub(crate) fn bill(history: &History<'_>, end: u64) -> (Sums, Claims) {
    let mut bill = NaiveBill {
        history,
        sums: Sums::new(),
        taken: Taken::new(),
        claims: Claims::new(),
    };
    let stretches = history.stretches(end);
    let mut pieces: Vec<Piece> = Vec::new();
    for now in &stretches {
        let charged = bill.charged(now);
        for piece in &charged {
            bill.pass(piece);
        }
        bill.stand(now, &charged);
        pieces.extend(charged);
    }
    pieces.sort_by_key(|piece| (piece.machine.id, piece.now.from));
    let touch = |one: &Piece, next: &Piece| {
        one.machine.id == next.machine.id && one.now.until == next.now.from
    };
    pieces.chunk_by(touch).for_each(|run| bill.settle(run));
    bill.split();
    (bill.sums, bill.claims)
}

impl<'h> NaiveBill<'h> {
    /// Machines that are charged. Each reservation in turn covers the lowest nodes of what is left.
    fn charged(&self, now: &'h Stretch<'h>) -> Vec<Piece<'h>> {
        let at_market = |machine: &&'h Machine| Piece {
            machine,
            now,
            price: self.history.price(machine.offering, now.from),
            cover: None,
        };
        let held = now.held.iter().filter(|own| self.is_charged(own, now));
        let mut pieces: Vec<Piece> = held.map(at_market).collect();
        pieces.sort_by_key(|piece| piece.machine.node);
        for (at, own) in self.history.reservations(now.from) {
            let may = |piece: &&mut Piece| {
                let offering = piece.machine.offering;
                let is_one = own.covers.iter().any(|id| id.index() == offering);
                piece.cover.is_none() && is_one && !self.history.terms(offering).whether_used
            };
            for piece in pieces.iter_mut().filter(may).take(own.count as usize) {
                (piece.cover, piece.price) = (Some(at), own.hourly.nanousd_h().into());
            }
        }
        pieces
    }

    fn is_charged(&self, machine: &Machine, now: &Stretch) -> bool {
        let terms = self.history.terms(machine.offering);
        let mut seats = now.running.iter().flat_map(|own| &own.seats);
        match terms.from {
            _ if terms.whether_used => true,
            _ if terms.only_while_used => seats.any(|seat| seat.node.0 == machine.node),
            ChargedFrom::Grant => true,
            ChargedFrom::Ready => machine.ready <= now.from,
        }
    }

    fn pass(&mut self, piece: &Piece) {
        let kind = match piece.cover {
            Some(_) => Kind::Commitment,
            None if piece.machine.ready <= piece.now.from => Kind::Idle,
            None => Kind::Boot,
        };
        self.charge(piece, kind, piece.price * piece.now.us);
        self.take(piece);
    }

    /// What is paid beside the machines that are charged.
    fn stand(&mut self, now: &Stretch, charged: &[Piece]) {
        for (at, own) in self.history.world.offerings.iter().enumerate() {
            if own.terms.whether_used {
                let held = charged.iter().filter(|piece| piece.machine.offering == at);
                let empty = i128::from(own.max) - count(held);
                let capacity = self.history.capacity(at);
                let amount = empty * self.history.price(at, now.from) * now.us * capacity;
                self.add(offering(at), Kind::Unused, (amount, HOUR * capacity));
            }
        }
        for (at, own) in self.history.reservations(now.from) {
            let used = charged.iter().filter(|piece| piece.cover == Some(at));
            let unused = i128::from(own.count) - count(used);
            let amount = unused * i128::from(own.hourly.nanousd_h()) * now.us;
            self.add(commitment(at), Kind::Unused, (amount, HOUR));
            let term = i128::from(own.until.us() - own.from.us());
            let amount = own.upfront.nanousd() * now.us;
            self.add(commitment(at), Kind::Upfront, (amount, term));
        }
        for (at, own) in self.history.owned() {
            self.own(commitment(at), own, now);
        }
    }

    /// Nodes that were ever held were bought: written off, cared for, and drinking while held.
    fn own(&mut self, source: Source, own: &Ownership, now: &Stretch) {
        let at = own.offering.index();
        let us = now.us * self.history.ever_held(at).min(own.count.into());
        let life = MONTH * i128::from(own.months);
        self.add(source, Kind::Capex, (own.capex.nanousd() * us, life));
        self.add(source, Kind::Staff, (own.staff.nanousd() * us, MONTH));
        let capacity = self.history.capacity(at);
        let (idle, busy) = (i128::from(own.idle_watts), i128::from(own.busy_watts));
        for machine in now.held.iter().filter(|held| held.offering == at) {
            let jobs = now.running.iter();
            let used: i128 = jobs.map(|job| self.history.takes(job, machine)).sum();
            let watts = idle * capacity + (busy - idle) * used;
            let power = watts * now.us * i128::from(own.pue_milli) * own.kwh.nanousd();
            self.add(source, Kind::Power, (power, 1_000_000 * HOUR * capacity));
        }
    }

    /// A run of a machine, pieces that touch, is over: it is let off, or rounded up.
    fn settle(&mut self, run: &[Piece]) {
        let (machine, first, last) = (run[0].machine, run[0].now.from, run[run.len() - 1]);
        let (terms, stop) = (self.history.terms(machine.offering), last.now.until);
        let (granule, length) = (terms.granularity.us(), stop - first);
        let taken = machine.end == End::Taken && machine.gone == stop;
        let soon = taken && length < terms.free_if_reclaimed_within.us();
        let free = if terms.whether_used {
            return;
        } else if machine.end == End::Miscarried || soon {
            Some(first)
        } else if taken && terms.reclaimed_partial_free {
            // Back to the last full granule, as far as the market price was paid without a break.
            let covered = run.iter().filter(|piece| piece.cover.is_some());
            let covered = covered.map(|piece| piece.now.until).max();
            covered.max(Some(first + length / granule * granule))
        } else {
            let least = (length.div_ceil(granule) * granule).max(terms.minimum.us());
            let us = self.history.counted(stop, first + least);
            if last.cover.is_none() {
                self.charge(&last, Kind::Rounding, last.price * us);
            }
            None
        };
        for piece in run.iter().filter(|piece| piece.cover.is_none()) {
            let until = piece.now.until;
            let from = free.map_or(until, |free| free.clamp(piece.now.from, until));
            let us = self.history.counted(from, until);
            self.charge(piece, Kind::Credit, -piece.price * us);
        }
    }

    /// Adds what a whole machine costs.
    fn charge(&mut self, piece: &Piece, kind: Kind, amount: i128) {
        let capacity = self.history.capacity(piece.machine.offering);
        self.add(piece.source(), kind, (amount * capacity, HOUR * capacity));
    }

    pub(crate) fn add(&mut self, source: Source, kind: Kind, (amount, over): (i128, i128)) {
        self.sums.entry((source, kind)).or_insert((0, over)).0 += amount;
    }
}

fn count(things: impl Iterator) -> i128 {
    i128::try_from(things.count()).unwrap()
}
