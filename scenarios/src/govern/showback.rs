//! Showback: what each team, workload, model, tag and project spent, by day, week and month.

use std::collections::BTreeMap;

use sim_core::units::{Money, SimTime, Span, convert};
use sim_core::watch::Record;

use crate::build::Experiment;
use crate::experiment::money::{Dimension, items_of};

const DAY_US: u64 = 86_400_000_000;

/// How long a stretch of a showback is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stretch {
    /// What the scenario tells spending by, a day unless it says otherwise.
    Day,
    /// Seven days, from the beginning of the run.
    Week,
    /// A month of the scenario's calendar.
    Month,
}

/// What a payer spent in a stretch of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What the bill is split by.
    pub by: Dimension,
    /// Who pays.
    pub payer: String,
    /// How long the stretch is.
    pub stretch: Stretch,
    /// When it began: at the first period of spending that began in it.
    pub from: SimTime,
    /// When it ended.
    pub until: SimTime,
    /// How much.
    pub spend: Money,
}

impl Stretch {
    /// All, from the shortest.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// Its name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// Which stretch the period that begins at `from` counts to: one that begins in a week counts to it whole.
    fn of(self, experiment: &Experiment, from: SimTime) -> u64 {
        match self {
            Self::Day => from.us(),
            Self::Week => from.us() / (7 * DAY_US),
            Self::Month => experiment.world.calendar.month(from).1.us(),
        }
    }
}

/// By dimension, stretch and payer, in the order of time; a stretch in which nobody spent anything is not among them.
pub fn showback(experiment: &Experiment, record: &Record) -> Vec<Shown> {
    let mut all = Vec::new();
    for by in Dimension::ALL {
        let periods = periods(experiment, record, by);
        for stretch in Stretch::ALL {
            let mut sums: BTreeMap<(u64, &str), Shown> = BTreeMap::new();
            for period in &periods {
                let key = (stretch.of(experiment, period.from), period.payer.as_str());
                let sum = sums.entry(key).or_insert_with(|| Shown {
                    stretch,
                    spend: Money::ZERO,
                    ..period.clone()
                });
                sum.spend += period.spend;
                sum.from = sum.from.min(period.from);
                sum.until = sum.until.max(period.until);
            }
            all.extend(sums.into_values());
        }
    }
    all
}

/// What each payer spent from one balance to the next.
fn periods(experiment: &Experiment, record: &Record, by: Dimension) -> Vec<Shown> {
    let mut before: BTreeMap<String, Money> = BTreeMap::new();
    let mut from = SimTime::ZERO;
    let mut periods = Vec::new();
    for balance in &record.balances {
        let mut by_then: BTreeMap<String, Money> = BTreeMap::new();
        for item in items_of(&balance.bill, &balance.paid) {
            let sum = by_then
                .entry(by.payer(experiment, &item))
                .or_insert(Money::ZERO);
            *sum += item.amount;
        }
        // Who paid before and does no more got a credit: that is spending as well.
        for payer in before.keys() {
            by_then.entry(payer.clone()).or_insert(Money::ZERO);
        }
        for (payer, amount) in &by_then {
            let spend = *amount - before.get(payer).copied().unwrap_or(Money::ZERO);
            if spend != Money::ZERO {
                periods.push(Shown {
                    by,
                    payer: payer.clone(),
                    stretch: Stretch::Day,
                    from,
                    until: balance.at,
                    spend,
                });
            }
        }
        (from, before) = (balance.at, by_then);
    }
    periods
}

/// By how much what is shown to payers differs from the bill, at most over all dimensions and stretches: zero, if all is well.
pub fn attribution_error(shown: &[Shown], record: &Record) -> Money {
    let total = record
        .balances
        .last()
        .map_or(Money::ZERO, |last| last.bill.total());
    let mut worst = Money::ZERO;
    for by in Dimension::ALL {
        for stretch in Stretch::ALL {
            let own = shown
                .iter()
                .filter(|own| own.by == by && own.stretch == stretch);
            let error = own.map(|own| own.spend).sum::<Money>() - total;
            let size = if error < Money::ZERO {
                Money::ZERO - error
            } else {
                error
            };
            worst = worst.max(size);
        }
    }
    worst
}

/// As a table: `by, payer, stretch, from_us, until_us, spend_nanousd`.
pub fn csv(shown: &[Shown]) -> Vec<u8> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let columns = [
        "by",
        "payer",
        "stretch",
        "from_us",
        "until_us",
        "spend_nanousd",
    ];
    csv.write_record(columns).expect("memory takes all");
    for own in shown {
        let guard = if own.payer.starts_with(['=', '+', '-', '@']) {
            "'"
        } else {
            ""
        };
        csv.write_record([
            own.by.name().to_owned(),
            format!("{guard}{}", own.payer),
            own.stretch.name().to_owned(),
            own.from.us().to_string(),
            own.until.us().to_string(),
            own.spend.nanousd().to_string(),
        ])
        .expect("memory takes all");
    }
    csv.into_inner().expect("memory takes all")
}

/// A stretch as people say it: when it began, since the beginning of the run.
pub(super) fn since(from: SimTime) -> String {
    let days = from.us() / DAY_US;
    let rest = Span::from_us(from.us() % DAY_US).unwrap_or(Span::ZERO);
    if rest == Span::ZERO {
        format!("day {}", days + 1)
    } else {
        format!(
            "day {} + {:.1} h",
            days + 1,
            convert::real(rest.us()) / 3.6e9
        )
    }
}
