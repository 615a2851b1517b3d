//! Balances: the bill as it stands at the multiples of a period.

use super::biller::Biller;
use crate::books::Bill;
use crate::units::{SimTime, Span};

/// The bill as it stood at an instant: that of a run that ends there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// When.
    pub at: SimTime,
    /// All that was spent by then.
    pub bill: Bill,
}

/// Most balances that are kept: of a longer run each second one is dropped, and they are struck half as often from then on.
const MOST: usize = 2048;

/// Strikes balances.
#[derive(Clone, Debug)]
pub(super) struct Balances {
    period: Option<Span>,
    due: SimTime,
    struck: Vec<Balance>,
}

impl Balances {
    /// One every `period`, which is longer than zero; none if it is not said.
    pub(super) fn new(period: Option<Span>) -> Self {
        Self {
            period,
            due: period.map_or(SimTime::MAX, |period| SimTime::ZERO + period),
            struck: Vec::new(),
        }
    }

    /// Strikes all that are due before `now`: nothing has changed since the last fact.
    pub(super) fn strike(&mut self, biller: &mut Biller, now: SimTime) {
        while let Some(period) = self.period
            && self.due < now
        {
            let (at, bill) = (self.due, biller.bill_at(self.due));
            self.struck.push(Balance { at, bill });
            if self.struck.len() == MOST {
                let mut nth = 0_u32;
                self.struck.retain(|_| {
                    nth += 1;
                    nth.is_multiple_of(2)
                });
                self.period = Some(period + period);
            }
            self.due = at.saturating_add(self.period.unwrap_or(period));
        }
    }

    /// All of them, the bill of the whole run last.
    pub(super) fn finish(mut self, end: SimTime, bill: Bill) -> Vec<Balance> {
        self.struck.push(Balance { at: end, bill });
        self.struck
    }
}
