//! Spending against budgets: price x time of what is held, before any rule of billing, as late as the provider shows it.

use super::run::Engine;
use super::state::Supply;
use super::view::View;
use crate::model::Budget;
use crate::units::{Money, SimTime, Span};

/// Nano-dollars an hour x microseconds in a nano-dollar.
const HOUR_US: u128 = 3_600_000_000;

/// What was spent on some offerings, over time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meter {
    /// What was spent by the instants at which the rate may have changed: between two of them it grows evenly.
    points: Vec<(SimTime, u128)>,
}

/// A budget in its present period, as a buyer sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spend {
    /// What may be spent in the period.
    pub amount: Money,
    /// What was spent in it, for all that is seen: provisional, price x time.
    pub seen: Money,
    /// When the next period begins.
    pub until: SimTime,
}

/// Nano-dollars an hour x microseconds spent by `now` on what a budget is for.
pub(super) fn total(supply: &[Supply], budget: &Budget, now: SimTime) -> u128 {
    let spent = |offering: &crate::units::OfferingId| supply[offering.index()].spent_by(now);
    budget.covers.iter().map(spent).sum()
}

impl Meter {
    /// By `now` this was spent.
    pub(super) fn note(&mut self, now: SimTime, spent: u128) {
        if self.points.last().is_none_or(|(at, _)| *at < now) {
            self.points.push((now, spent));
        }
    }

    /// The stretch between two points, or up to `now`, in which `of` is first true of the later end.
    fn stretch(
        &self,
        now: (SimTime, u128),
        of: impl Fn(&(SimTime, u128)) -> bool,
    ) -> [(SimTime, u128); 2] {
        let after = self.points.partition_point(|point| !of(point));
        let before = after.checked_sub(1).map(|before| self.points[before]);
        let later = self.points.get(after).copied().unwrap_or(now);
        [before.unwrap_or((SimTime::ZERO, 0)), later]
    }

    /// What was spent by `at`, which is not after `now`.
    fn spent_by(&self, at: SimTime, now: (SimTime, u128)) -> u128 {
        let [from, to] = self.stretch(now, |(then, _)| *then > at);
        from.1 + rate(from, to) * u128::from(at.since(from.0.min(at)).us())
    }

    /// When so much was spent, which is no more than by `now`.
    fn when(&self, spent: u128, now: (SimTime, u128)) -> SimTime {
        let [from, to] = self.stretch(now, |(_, so_far)| *so_far >= spent);
        after(from.0, spent.saturating_sub(from.1), rate(from, to)).unwrap_or(to.0)
    }
}

/// Nano-dollars an hour at which spending grows between two points: exact, for it grows evenly.
fn rate(from: (SimTime, u128), to: (SimTime, u128)) -> u128 {
    let us = u128::from(to.0.since(from.0).us());
    (to.1 - from.1).checked_div(us).unwrap_or(0)
}

/// When so much more is spent at this rate; never at none.
fn after(from: SimTime, more: u128, rate: u128) -> Option<SimTime> {
    if more == 0 {
        return Some(from);
    }
    if rate == 0 {
        return None;
    }
    let span = u64::try_from(more.div_ceil(rate)).ok();
    let span = span.and_then(Span::from_us)?;
    Some(from.saturating_add(span)).filter(|at| *at < SimTime::MAX)
}

impl View<'_> {
    /// Names of the budgets, in the order of the scenario.
    pub fn budgets(&self) -> &[Budget] {
        &self.state.world.budgets
    }

    /// A budget in its present period. What is spent is seen as late as the provider tells it. Panics beyond the budgets.
    pub fn spend(&self, budget: usize) -> Spend {
        let (terms, now) = (&self.budgets()[budget], self.now());
        let (from, until) = terms.period(now, self.calendar());
        let meter = &self.state.meters[budget];
        let so_far = (now, total(&self.state.supply, terms, now));
        let shown = SimTime::from_us(now.us().saturating_sub(terms.delay.us()));
        let shown = shown.expect("before now").max(from);
        let spent = meter.spent_by(shown, so_far) - meter.spent_by(from, so_far);
        Spend {
            amount: terms.amount,
            seen: money(spent),
            until,
        }
    }

    /// When it will be seen that so much of a budget was spent in its present period, if what is held stays and prices
    /// stand; none if not before the period ends. Panics beyond the budgets.
    pub fn seen_at(&self, budget: usize, spent: Money) -> Option<SimTime> {
        let (terms, now) = (&self.budgets()[budget], self.now());
        let (from, until) = terms.period(now, self.calendar());
        let meter = &self.state.meters[budget];
        let so_far = (now, total(&self.state.supply, terms, now));
        let wanted = u128::try_from(spent.nanousd())
            .unwrap_or(0)
            .checked_mul(HOUR_US)?;
        let wanted = meter.spent_by(from, so_far).checked_add(wanted)?;
        let at = if wanted <= so_far.1 {
            meter.when(wanted, so_far)
        } else {
            let on = terms.covers.iter();
            let rates = on.map(|offering| self.state.supply[offering.index()].rate());
            after(now, wanted - so_far.1, rates.sum())?
        };
        Some(at.saturating_add(terms.delay)).filter(|at| *at < until)
    }
}

impl Engine {
    /// What was spent beyond the budgets so far, each period of each by itself: price x time, as it was and not as late as
    /// it was seen.
    pub fn overspent(&self) -> Money {
        let state = &self.state;
        let budgets = state.world.budgets.iter().zip(&state.meters);
        let overspent = budgets.map(|(budget, meter)| {
            let so_far = (state.now, total(&state.supply, budget, state.now));
            let (mut from, mut over) = (SimTime::ZERO, Money::ZERO);
            while from < state.now {
                let (_, until) = budget.period(from, &state.world.calendar);
                let until = until.min(state.now);
                let spent = meter.spent_by(until, so_far) - meter.spent_by(from, so_far);
                let beyond = money(spent).nanousd() - budget.amount.nanousd();
                over = [over, Money::from_nanousd(beyond.max(0))].into_iter().sum();
                from = until;
            }
            over
        });
        overspent.sum()
    }
}

/// Nano-dollars an hour x microseconds, as money.
fn money(spent: u128) -> Money {
    Money::round_half_even(i128::try_from(spent).unwrap_or(i128::MAX), 3_600_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> SimTime {
        SimTime::from_secs(secs)
    }

    #[test]
    fn between_two_points_spending_grows_evenly() {
        let mut meter = Meter::default();
        meter.note(at(10), 0);
        meter.note(at(20), 50_000_000);
        meter.note(at(30), 50_000_000);
        let now = (at(40), 90_000_000);
        let spent = [0, 10, 12, 20, 25, 35, 40].map(|secs| meter.spent_by(at(secs), now));
        let millions = [0, 0, 10, 50, 50, 70, 90].map(|millions| millions * 1_000_000);
        assert_eq!(spent, millions);
        let when = [10, 50, 70, 90].map(|millions| meter.when(millions * 1_000_000, now));
        assert_eq!(when, [12, 20, 35, 40].map(at));
    }
}
