//! A tenure: what one machine costs, from its grant to its end, and who pays for it when.

use smallvec::SmallVec;

use super::line::Kind;
use super::tariff::Tariff;
use crate::model::ChargedFrom;
use crate::units::{Moment, SimTime, Span};

/// Who pays for a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payee {
    /// It is not charged.
    Nobody,
    /// The market price is paid.
    Market,
    /// The reservation at this position covers it.
    Reservation(usize),
}

/// How a machine ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was given back, broke for good, or was held at the end of the simulation.
    Given,
    /// The provider took it away.
    Taken,
    /// It never came up.
    Miscarried,
}

/// A machine that is held.
#[derive(Clone, Debug)]
pub struct Tenure {
    granted: SimTime,
    /// Whether it has been ready.
    up: bool,
    /// When the run began that is not settled yet, and the reading paid by then.
    run: Option<(SimTime, u128)>,
    /// When that run stopped and the price that held up to then, where another stretch may yet touch it.
    stopped: Option<(SimTime, u64)>,
    payee: Payee,
    /// Since when, and the reading of the tariff then.
    turned: (SimTime, u128),
    /// Since when the market price was paid without a break, and when it last was no more.
    market: (SimTime, Moment),
    /// What was paid at the market price, but for what is paid since `turned`.
    paid: u128,
    /// The part of it while it booted.
    boot: u128,
    /// What jobs took of it, x thousandths of the capacity.
    used: u128,
    /// By reservation: microseconds covered, but for those since `turned`.
    covered: SmallVec<[(usize, u64); 1]>,
    seats: u32,
}

impl Tenure {
    /// A machine is granted.
    pub fn new(now: SimTime) -> Self {
        Self {
            granted: now,
            up: false,
            run: None,
            stopped: None,
            payee: Payee::Nobody,
            turned: (now, 0),
            market: (now, Moment::NONE),
            paid: 0,
            boot: 0,
            used: 0,
            covered: SmallVec::new(),
            seats: 0,
        }
    }

    /// Whether a run begins with the grant.
    pub fn runs_from_grant(tariff: &Tariff) -> bool {
        let terms = &tariff.terms;
        terms.whether_used || (!terms.only_while_used && terms.from == ChargedFrom::Grant)
    }

    /// It is ready. Whether a run begins with it.
    pub fn ready(&mut self, tariff: &mut Tariff, now: SimTime) -> bool {
        if self.up {
            return false;
        }
        (self.up, self.boot) = (true, self.reading(tariff, now));
        let terms = &tariff.terms;
        !terms.whether_used && !terms.only_while_used && terms.from == ChargedFrom::Ready
    }

    /// A job takes a seat. Whether a run begins with it, or goes on.
    pub fn seat(&mut self, tariff: &Tariff) -> bool {
        self.seats += 1;
        let by_use = tariff.terms.only_while_used && !tariff.terms.whether_used;
        by_use && self.seats == 1
    }

    /// A job leaves a seat, having taken this of the machine. Whether the run stops with it.
    pub fn leave(&mut self, tariff: &Tariff, numerator: u128) -> bool {
        self.seats -= 1;
        self.used += numerator;
        let by_use = tariff.terms.only_while_used && !tariff.terms.whether_used;
        by_use && self.seats == 0
    }

    /// A run begins; one that stopped at this instant goes on.
    pub fn begin(&mut self, tariff: &mut Tariff, now: SimTime) {
        if self.stopped.is_some_and(|(at, _)| at == now) {
            self.stopped = None;
            return;
        }
        self.settle(tariff, false);
        self.run = Some((now, self.reading(tariff, now)));
    }

    /// The run stops: nobody pays from here on, and another stretch may yet touch it.
    pub fn stop(&mut self, tariff: &mut Tariff, now: SimTime) {
        self.turn(tariff, Payee::Nobody, now);
        self.stopped = Some((now, tariff.price_until(now)));
    }

    /// From now on somebody else pays. Microseconds that a reservation has covered, if it was one that paid.
    pub fn turn(
        &mut self,
        tariff: &mut Tariff,
        payee: Payee,
        now: SimTime,
    ) -> Option<(usize, u64)> {
        if payee == self.payee {
            return None;
        }
        let covered = match self.payee {
            Payee::Nobody => None,
            Payee::Market => {
                self.paid = self.reading(tariff, now);
                self.market.1 = now.into();
                None
            }
            Payee::Reservation(plan) => {
                let us = tariff.counted(self.turned.0, now);
                match self.covered.iter_mut().find(|(known, _)| *known == plan) {
                    Some((_, sum)) => *sum += us,
                    None => self.covered.push((plan, us)),
                }
                Some((plan, us))
            }
        };
        // A break of no length is none.
        if payee == Payee::Market && self.market.1 != now.into() {
            self.market.0 = now;
        }
        (self.payee, self.turned) = (payee, (now, tariff.advance(now)));
        covered
    }

    /// What was paid for it at the market price, up to `now`.
    pub fn reading(&self, tariff: &mut Tariff, now: SimTime) -> u128 {
        match self.payee {
            Payee::Nobody | Payee::Reservation(_) => self.paid,
            Payee::Market => self.paid + tariff.advance(now) - self.turned.1,
        }
    }

    /// By reservation, in no order: microseconds that it has covered, up to `now`.
    pub fn covered(&self, tariff: &Tariff, now: SimTime) -> SmallVec<[(usize, u64); 1]> {
        let mut covered = self.covered.clone();
        if let Payee::Reservation(plan) = self.payee {
            let us = tariff.counted(self.turned.0, now);
            match covered.iter_mut().find(|(known, _)| *known == plan) {
                Some((_, sum)) => *sum += us,
                None => covered.push((plan, us)),
            }
        }
        covered
    }

    /// Whether it is charged now.
    pub fn is_charged(&self) -> bool {
        self.payee != Payee::Nobody
    }

    /// It is held no more; nobody pays for it since.
    pub fn end(mut self, tariff: &mut Tariff, now: SimTime, end: End) {
        assert!(!self.is_charged(), "its run was stopped");
        let boot = if self.up { self.boot } else { self.paid };
        tariff.charge(Kind::Boot, boot);
        tariff.charge(Kind::Idle, self.paid - boot);
        tariff.let_off_units(Kind::Idle, self.used);
        tariff.hold(tariff.counted(self.granted, now), self.paid);
        if end == End::Miscarried {
            if !tariff.terms.whether_used {
                tariff.let_off(Kind::Credit, self.paid);
            }
            return;
        }
        let here = self.stopped.is_some_and(|(at, _)| at == now);
        self.settle(tariff, here && end == End::Taken);
    }

    /// Rounds up or lets off a run that has stopped.
    fn settle(&mut self, tariff: &mut Tariff, taken: bool) {
        let (Some((start, before)), Some((stop, price))) = (self.run.take(), self.stopped.take())
        else {
            return;
        };
        let terms = tariff.terms;
        let length = stop.since(start);
        if terms.whether_used || length.us() == 0 {
            return;
        }
        if taken && length < terms.free_if_reclaimed_within {
            tariff.let_off(Kind::Credit, self.paid - before);
            return;
        }
        // Whether, up to the stop, the market price was paid.
        let (since, left) = self.market;
        let at_market = since < stop && left == stop.into();
        let granule = terms.granularity.us().max(1);
        let full = length.us() / granule * granule;
        if !at_market {
            return;
        }
        if taken && terms.reclaimed_partial_free {
            let from = SimTime::from_us(start.us() + full).expect("before the stop");
            let free = tariff.reading_at(stop) - tariff.reading_at(from.max(since));
            tariff.let_off(Kind::Credit, free);
            return;
        }
        let charged =
            (length.us().div_ceil(granule).saturating_mul(granule)).max(terms.minimum.us());
        let added = Span::from_us(charged - length.us()).unwrap_or(Span::MAX);
        let counted = u128::from(tariff.counted(stop, stop.saturating_add(added)));
        tariff.charge(Kind::Rounding, u128::from(price) * counted);
    }
}
