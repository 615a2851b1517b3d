//! A budget: what may be spent on some fleets in each period. Only a policy heeds it; the engine counts and says what a
//! buyer would see.

use crate::units::{Money, OfferingId, SimTime, Span};
use crate::world::Calendar;

/// What may be spent in each period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Its name.
    pub name: String,
    /// What may be spent in a period.
    pub amount: Money,
    /// How long that is for.
    pub period: Period,
    /// The offerings whose machines it is for.
    pub covers: Vec<OfferingId>,
    /// Time from spending to seeing it: how late the provider's billing is.
    pub delay: Span,
}

/// When a budget begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// At every multiple of this span, which is positive.
    Every(Span),
    /// On the first of each month, at midnight of the calendar.
    Month,
}

impl Budget {
    /// The period that `now` lies in: its first instant, and that of the next.
    pub fn period(&self, now: SimTime, calendar: &Calendar) -> (SimTime, SimTime) {
        match self.period {
            Period::Month => calendar.month(now),
            Period::Every(span) => {
                let until = now.saturating_add(Span::MICROSECOND).round_up(span);
                let from = until.us().saturating_sub(span.us());
                let from = SimTime::from_us(from).expect("before a time there is");
                (from.min(now), until)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_begins_where_the_last_one_ends() {
        let budget = Budget {
            name: "team".to_owned(),
            amount: Money::ZERO,
            period: Period::Every(Span::from_secs(100)),
            covers: Vec::new(),
            delay: Span::ZERO,
        };
        let at = SimTime::from_secs;
        let period = |now| budget.period(now, &Calendar::default());
        assert_eq!(period(at(0)), (at(0), at(100)));
        assert_eq!(period(at(99)), (at(0), at(100)));
        assert_eq!(period(at(100)), (at(100), at(200)));
    }
}
