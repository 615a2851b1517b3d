//! Spending by period, and which periods are out of the ordinary.
//!
//! The rule is robust, since a few dear days must not hide the next: a period is flagged if it cost more than the median of the
//! `BEFORE` periods before it by over `MOST` times their spread, which is 1.4826 x the median absolute deviation (the
//! standard deviation, were they normal) and at least a hundredth of the median, so that cents on an even spend are none. It
//! needs `LEAST` periods to go by. Source: Iglewicz and Hoaglin, "How to Detect and Handle Outliers", 1993: modified z-scores
//! above 3.5. The last period may be short, and is only ever too cheap.

use std::collections::BTreeSet;

use sim_core::books::Line;
use sim_core::units::{ClassId, Money, QueueId, SimTime};
use sim_core::watch::{Balance, Record};

use super::money::{self, Dimension};
use super::number::real_i128;
use crate::build::Experiment;
use crate::stats::quantile;

type Paid = sim_core::books::Paid<(QueueId, ClassId)>;

/// Periods that a period is compared with, at most.
const BEFORE: usize = 14;
/// And at least.
const LEAST: usize = 7;
/// The highest score that is not flagged.
const MOST: f64 = 3.5;
/// The standard deviation of a normal law over its median absolute deviation.
const NORMAL: f64 = 1.4826;

/// The spending of one market, of one team, or of all.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What it is a part by: "market", "team", or "all" for the whole.
    pub by: &'static str,
    /// Its name.
    pub name: String,
    /// Its periods.
    pub periods: Vec<Period>,
}

/// What was spent in a period.
#[derive(Clone, Debug, PartialEq)]
pub struct Period {
    /// When it began.
    pub from: SimTime,
    /// When it ended.
    pub until: SimTime,
    /// How much.
    pub spend: Money,
    /// The median of the periods before it; none of too few.
    pub expected: Option<f64>,
    /// By how many spreads it is above that; none where nothing had been spent.
    pub score: Option<f64>,
}

impl Period {
    /// Whether it is out of the ordinary.
    pub fn is_flagged(&self) -> bool {
        self.score.is_some_and(|score| score > MOST)
    }
}

/// The periods of a run by market, then by team in the order of the scenario, then of all. The parts by one thing add up to the
/// whole in each period: what is paid by then is told, by line, as the bill is, and a period is the difference of two such.
pub fn parts(experiment: &Experiment, record: &Record) -> Vec<Part> {
    let world = &experiment.world;
    let mut parts: Vec<Part> = Vec::new();
    let market = |_: &Paid, line: &Line| money::market_name(world, line.source);
    for own in keys(record, market) {
        parts.push(Part {
            by: "market",
            name: own.to_owned(),
            periods: periods(record, |balance| {
                let bill = &balance.bill;
                bill.sum(|line| money::market_name(world, line.source) == own)
            }),
        });
    }
    // What nobody claims comes last.
    let team = |paid: &Paid, _: &Line| (paid.by.is_none(), paid.by.map(|(queue, _)| queue));
    for (_, own) in keys(record, team) {
        parts.push(Part {
            by: Dimension::Team.name(),
            name: money::team_name(world, own).to_owned(),
            periods: periods(record, |balance| {
                let paid = balance.paid.iter();
                let paid = paid.filter(|paid| paid.by.map(|(queue, _)| queue) == own);
                paid.map(|paid| paid.amount).sum()
            }),
        });
    }
    parts.push(Part {
        by: "all",
        name: "all".to_owned(),
        periods: all(record),
    });
    parts
}

/// What anything is or was paid by, in order.
fn keys<K: Ord>(record: &Record, key: impl Fn(&Paid, &Line) -> K) -> Vec<K> {
    let balances = record.balances.iter();
    let keys: BTreeSet<K> = balances
        .flat_map(|balance| {
            let lines = balance.bill.lines();
            let paid = balance.paid.iter();
            paid.map(|paid| key(paid, &lines[paid.line]))
        })
        .collect();
    keys.into_iter().collect()
}

/// The periods of a run, of all that was paid.
pub fn all(record: &Record) -> Vec<Period> {
    periods(record, |balance| balance.bill.total())
}

/// How many of them are out of the ordinary.
pub fn anomalies(record: &Record) -> usize {
    let periods = all(record);
    periods.iter().filter(|period| period.is_flagged()).count()
}

/// The periods of what was paid by then, as the bill of each balance tells it.
fn periods(record: &Record, by_then: impl Fn(&Balance) -> Money) -> Vec<Period> {
    let (mut from, mut before) = (SimTime::ZERO, Money::ZERO);
    let mut periods: Vec<Period> = Vec::new();
    for balance in &record.balances {
        let by_then = by_then(balance);
        let spend = by_then - before;
        let (expected, score) = judged(&periods, spend);
        periods.push(Period {
            from,
            until: balance.at,
            spend,
            expected,
            score,
        });
        (from, before) = (balance.at, by_then);
    }
    periods
}

fn judged(periods: &[Period], spend: Money) -> (Option<f64>, Option<f64>) {
    let recent = &periods[periods.len().saturating_sub(BEFORE)..];
    if recent.len() < LEAST {
        return (None, None);
    }
    let amount = |money: Money| real_i128(money.nanousd());
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        quantile(&values, 0.5)
    };
    let amounts: Vec<f64> = recent.iter().map(|period| amount(period.spend)).collect();
    let Some(expected) = median(amounts.clone()) else {
        return (None, None);
    };
    let away = amounts.iter().map(|own| (own - expected).abs()).collect();
    let spread = (NORMAL * median(away).unwrap_or(0.0)).max(expected.abs() / 100.0);
    let score = (spread > 0.0).then(|| (amount(spend) - expected) / spread);
    (Some(expected), score)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(dollars: i128) -> Period {
        Period {
            from: SimTime::ZERO,
            until: SimTime::ZERO,
            spend: Money::from_nanousd(dollars * 1_000_000_000),
            expected: None,
            score: None,
        }
    }

    fn flags(before: &[i128], dollars: i128) -> bool {
        let periods: Vec<Period> = before.iter().copied().map(period).collect();
        let (expected, score) = judged(&periods, period(dollars).spend);
        let judged = Period {
            expected,
            score,
            ..period(dollars)
        };
        judged.is_flagged()
    }

    /// By hand: median 100, deviations 2 1 0 0 1 2 3, their median 1; a spread of 1.4826, and 3.5 of them are 5.19.
    #[test]
    fn a_day_is_flagged_above_three_and_a_half_spreads() {
        let week = [98, 99, 100, 100, 101, 102, 103];
        assert!(!flags(&week, 105));
        assert!(flags(&week, 106));
        assert!(!flags(&week, 0));
    }

    #[test]
    fn one_dear_day_does_not_hide_the_next() {
        assert!(flags(&[98, 99, 100, 900, 101, 102, 103], 300));
    }

    #[test]
    fn an_even_spend_and_too_few_days_flag_nothing() {
        assert!(!flags(&[100; 14], 103));
        assert!(flags(&[100; 14], 104));
        assert!(!flags(&[100; 6], 900));
        assert!(!flags(&[0; 14], 900));
    }
}
