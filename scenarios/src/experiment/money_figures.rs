//! The figures of money: where it went, to whom, when, and what spot machines cost meanwhile.

use plots::figure::timeline::{Backdrop, Course, Flags, Timeline, Track};
use plots::figure::{Estimate, Measure, Unit, stack};
use sim_core::model::{Budget, Market, Offering};
use sim_core::units::{Price, SimTime, convert};
use sim_core::watch::Machine;

use super::compare::Comparison;
use super::figures::{Figure, at_s, first_seed, heading, subtitle};
use super::flight::Flight;
use super::metrics;
use super::money::{self, Dimension, Item, Purpose};
use super::number::{real, real_i128};
use super::spend;
use super::tables::label;
use crate::build::Experiment;

/// A part of the bill: its name, and its look in the figure.
type Named = (String, usize);

/// All that there is to draw of a comparison's money.
pub(super) fn all(experiment: &Experiment, comparison: &Comparison) -> Vec<Figure> {
    let mut figures = Vec::new();
    figures.extend(by_market(experiment, comparison));
    figures.extend(by_purpose(experiment, comparison));
    figures.extend(by_payer(experiment, comparison));
    figures.extend(over_time(experiment, comparison));
    figures.extend(spot_prices(experiment, comparison));
    figures
}

/// Cost by market: what was rented how.
fn by_market(experiment: &Experiment, comparison: &Comparison) -> Option<Figure> {
    let names = Market::ALL.map(Market::name).into_iter();
    let names: Vec<&str> = names.chain(["storage", "network", "leftovers"]).collect();
    let part = |own: &Experiment, item: &Item| {
        let name = money::market_name(&own.world, item.source);
        let look = names.iter().position(|known| *known == name);
        (name.to_owned(), MARKET_LOOKS[look.unwrap_or(0)])
    };
    let order = |part: &Named| names.iter().position(|name| *name == part.0);
    Split {
        name: "cost-by-market",
        title: "Cost by market",
        caption: "What was paid in each market, with the total and its difference from the baseline.",
    }
    .draw(experiment, comparison, part, order)
}

/// Looks of the markets, in the order of the tables, then of storage, network and leftovers.
const MARKET_LOOKS: [usize; 9] = [2, 0, 3, 4, 10, 1, 5, 12, 6];

/// Cost by purpose: what the money was for, and what it was lost on.
fn by_purpose(experiment: &Experiment, comparison: &Comparison) -> Option<Figure> {
    let part = |_: &Experiment, item: &Item| {
        let purpose = Purpose::of(item);
        (purpose.name().to_owned(), look(purpose))
    };
    let order = |part: &Named| Purpose::ALL.iter().position(|known| known.name() == part.0);
    Split {
        name: "cost-by-kind",
        title: "Where the money went",
        caption: "What the money was for: work that was kept, and what it took or was lost on.",
    }
    .draw(experiment, comparison, part, order)
}

/// What is useful is blue and green; what is lost is red; what nobody used is grey.
const fn look(purpose: Purpose) -> usize {
    match purpose {
        Purpose::Work => 0,
        Purpose::Covered => 2,
        Purpose::Restore => 5,
        Purpose::Checkpoints => 3,
        Purpose::Lost => 1,
        Purpose::Boot => 4,
        Purpose::Idle => 6,
        Purpose::Unused => 13,
        Purpose::Standing => 9,
        Purpose::Storage => 12,
        Purpose::Egress => 10,
        Purpose::Credit => 11,
    }
}

/// Cost by team, or by workload where there is one team alone.
fn by_payer(experiment: &Experiment, comparison: &Comparison) -> Option<Figure> {
    let teams = experiment.loaded.scenario.queues.len() > 1;
    let (dimension, name, title) = if teams {
        (Dimension::Team, "cost-by-team", "Cost by team")
    } else {
        (Dimension::Workload, "cost-by-workload", "Cost by workload")
    };
    let mut names: Vec<&String> = Vec::new();
    if teams {
        let queues = experiment.loaded.scenario.queues.iter();
        names.extend(queues.map(|queue| &queue.name.value));
    } else {
        // A policy may bring along more sets of replicas than the scenario has.
        for at in &comparison.plan.contenders {
            let classes = experiment.of_policy(*at).world.classes.iter();
            for name in classes.map(|class| &class.name) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
    }
    let position = |name: &str| names.iter().position(|known| *known == name);
    let part = |own: &Experiment, item: &Item| match item.by {
        Some(_) => {
            let payer = dimension.payer(own, item);
            let look = position(&payer).unwrap_or(0);
            // Grey is left to what nobody claims.
            (payer, look / 6 * 7 + look % 6)
        }
        None => ("nobody: idle, boot, commitments".to_owned(), 6),
    };
    let order = |part: &Named| position(&part.0).or(Some(usize::MAX));
    Split {
        name,
        title,
        caption: "Whose jobs the money was spent on; what no job held is nobody's.",
    }
    .draw(experiment, comparison, part, order)
}

/// A figure that splits the bill of every policy.
struct Split {
    name: &'static str,
    title: &'static str,
    caption: &'static str,
}

impl Split {
    /// Draws it, unless there is one part alone or nothing.
    fn draw(
        &self,
        experiment: &Experiment,
        comparison: &Comparison,
        part: impl Fn(&Experiment, &Item) -> Named,
        order: impl Fn(&Named) -> Option<usize>,
    ) -> Option<Figure> {
        let mut parts: Vec<Named> = Vec::new();
        let mut sums: Vec<Vec<(Named, f64)>> = Vec::new();
        for (at, flights) in comparison.plan.contenders.iter().zip(&comparison.flights) {
            let world = experiment.of_policy(*at);
            let items = flights.iter().flat_map(|summary| &summary.items);
            let own = money::sums(items.map(|item| (part(world, item), item.amount)));
            let n = real(convert::wide(flights.len()));
            let mean = own
                .into_iter()
                .map(|(part, sum)| (part, real_i128(sum.nanousd()) / 1e9 / n));
            let own: Vec<(Named, f64)> = mean.filter(|(_, sum)| *sum != 0.0).collect();
            for (part, _) in &own {
                if !parts.contains(part) {
                    parts.push(part.clone());
                }
            }
            sums.push(own);
        }
        if parts.len() < 2 {
            return None;
        }
        parts.sort_by_key(|part| (order(part), part.clone()));
        let value = |own: &[(Named, f64)], part: &Named| {
            let found = own.iter().find(|(known, _)| known == part);
            found.map_or(0.0, |(_, sum)| *sum)
        };
        let row = |(at, own): (usize, &Vec<(Named, f64)>)| stack::Row {
            name: label(experiment, comparison.plan.contenders[at]),
            values: parts.iter().map(|part| value(own, part)).collect(),
            total: total(comparison, at),
            note: note(comparison, at),
        };
        let stack = stack::Stack {
            heading: heading(self.title, subtitle(comparison)),
            measure: usd("Cost"),
            rows: sums.iter().enumerate().map(row).collect(),
            parts: parts
                .iter()
                .map(|(name, look)| stack::Part {
                    name: name.clone(),
                    look: *look,
                })
                .collect(),
        };
        Some(Figure {
            name: self.name.to_owned(),
            caption: self.caption.to_owned(),
            drawing: stack.draw(),
        })
    }
}

fn usd(title: &str) -> Measure {
    Measure {
        title: title.to_owned(),
        unit: Unit::Named("USD".to_owned()),
    }
}

/// A value with the ends of its interval, which holds it.
fn held(value: f64, interval: Option<(f64, f64)>) -> Estimate {
    interval.map_or(Estimate::exact(value), |(low, high)| {
        Estimate::within(value, low.min(value), high.max(value))
    })
}

fn total(comparison: &Comparison, at: usize) -> Estimate {
    let mean = comparison.mean(at, metrics::index("cost_usd"));
    match mean {
        None => Estimate::exact(0.0),
        Some(mean) => held(mean.mean, mean.interval()),
    }
}

/// How its total compares: "−38.2 % ± 1.9".
fn note(comparison: &Comparison, at: usize) -> String {
    if at == comparison.plan.baseline {
        return "baseline".to_owned();
    }
    let Some(mean) = comparison.relative(at, metrics::index("cost_usd")) else {
        return String::new();
    };
    // Nothing has no sign.
    let number = format!("{:.1}", mean.mean.abs() * 100.0);
    let sign = match (number.as_str(), mean.mean < 0.0) {
        ("0.0", _) => "",
        (_, true) => "−",
        (_, false) => "+",
    };
    let percent = format!("{sign}{number} %");
    match mean.half {
        None => percent,
        Some(half) => format!("{percent} ± {:.1}", half * 100.0),
    }
}

/// Budgets of everything that are for the whole run: a line at their amount.
fn budgets(experiment: &Experiment, comparison: &Comparison, first: usize) -> Vec<Track> {
    let world = &experiment.world;
    let end = comparison
        .first
        .iter()
        .map(|flight| flight.record.end)
        .max();
    let end = end.unwrap_or(SimTime::ZERO);
    let whole = |budget: &&Budget| {
        let (_, until) = budget.period(SimTime::ZERO, &world.calendar);
        until >= end && budget.covers.len() == world.offerings.len()
    };
    let track = |(position, budget): (usize, &Budget)| {
        let amount = real_i128(budget.amount.nanousd()) / 1e9;
        Track {
            name: format!("budget {}", budget.name),
            position,
            points: vec![(0.0, amount), (at_s(end), amount)],
            course: Course::Straight,
            ..Track::default()
        }
    };
    let whole = world.budgets.iter().filter(whole);
    (first..).zip(whole).map(track).collect()
}

/// What was spent by when, in the first flight of each policy.
fn over_time(experiment: &Experiment, comparison: &Comparison) -> Option<Figure> {
    let track = |flight: &Flight| {
        let spent = flight.record.balances.iter().map(|balance| {
            let total = real_i128(balance.bill.total().nanousd()) / 1e9;
            (at_s(balance.at), total)
        });
        Track {
            name: label(experiment, flight.contender),
            position: flight.contender,
            points: std::iter::once((0.0, 0.0)).chain(spent).collect(),
            course: Course::Straight,
            flags: Some(unusual(flight)),
            ..Track::default()
        }
    };
    let mut tracks: Vec<Track> = comparison.first.iter().map(track).collect();
    if tracks.iter().all(|track| track.points.len() < 3) {
        return None;
    }
    let position = experiment.contenders.len();
    tracks.extend(budgets(experiment, comparison, position));
    let timeline = Timeline {
        heading: heading("Spend over time", first_seed(comparison)),
        measure: usd("Spent so far"),
        tracks,
    };
    Some(Figure {
        name: "spend-time".to_owned(),
        caption: "What had been spent by when.".to_owned(),
        drawing: timeline.draw(),
    })
}

/// The ends of periods that are out of the ordinary.
fn unusual(flight: &Flight) -> Flags {
    let periods = spend::all(&flight.record);
    let flagged = periods.iter().filter(|period| period.is_flagged());
    Flags {
        name: "out of the ordinary".to_owned(),
        at_s: flagged.map(|period| at_s(period.until)).collect(),
    }
}

/// The price of each spot fleet over time, with the reclaims of the first policy that held machines of it.
fn spot_prices(experiment: &Experiment, comparison: &Comparison) -> Option<Figure> {
    let offerings = experiment.world.offerings.iter().enumerate();
    let spot: Vec<(usize, &Offering)> = offerings
        .filter(|(_, offering)| offering.market == Market::Spot)
        .collect();
    let buys = |flight: &&Flight| {
        let mut machines = flight.record.machines.iter();
        machines.any(|machine| spot.iter().any(|(at, _)| machine.offering.index() == *at))
    };
    let buyer = comparison.first.iter().find(buys)?;
    let end = buyer.record.end;
    let track = |(position, (at, offering)): (usize, &(usize, &Offering))| {
        let of = |machine: &&Machine| machine.reclaimed && machine.offering.index() == *at;
        let gone = buyer.record.machines.iter().filter(of);
        let mut flags: Vec<f64> = gone
            .filter_map(|machine| machine.gone.get().map(at_s))
            .collect();
        flags.sort_by(f64::total_cmp);
        Track {
            name: offering.name.clone(),
            position,
            points: prices(offering, end),
            end_s: Some(at_s(end)),
            // Of several pools they would lie on top of each other.
            backdrop: availability(offering, end).filter(|_| spot.len() == 1),
            flags: Some(Flags {
                name: format!("reclaimed under {}", label(experiment, buyer.contender)),
                at_s: flags,
            }),
            ..Track::default()
        }
    };
    let timeline = Timeline {
        heading: heading("Spot prices and reclaims", first_seed(comparison)),
        measure: Measure {
            title: "Price of a machine".to_owned(),
            unit: Unit::Named("USD/h".to_owned()),
        },
        tracks: spot.iter().enumerate().map(track).collect(),
    };
    Some(Figure {
        name: "spot-prices".to_owned(),
        caption:
            "What a machine of each spot fleet cost an hour, and when machines were taken away; behind it, how many were to be had, where that varied."
                .to_owned(),
        drawing: timeline.draw(),
    })
}

/// How many machines the provider had, where that varied.
fn availability(offering: &Offering, end: SimTime) -> Option<Backdrop> {
    let steps = offering.availability.steps().iter();
    let steps: Vec<&(SimTime, u32)> = steps.take_while(|(at, _)| *at <= end).collect();
    // More than the fleet has places for is as good as all of them.
    let most = offering.max;
    let varies = steps
        .windows(2)
        .any(|pair| pair[0].1.min(most) != pair[1].1.min(most));
    if !varies {
        return None;
    }
    let share =
        |(at, nodes): &(SimTime, u32)| (at_s(*at), f64::from((*nodes).min(most)) / f64::from(most));
    Some(Backdrop {
        common: false,
        name: format!("machines to be had, 0 to {most}"),
        shares: steps.into_iter().map(share).collect(),
    })
}

/// A price curve up to the end of a run.
fn prices(offering: &Offering, end: SimTime) -> Vec<(f64, f64)> {
    let steps = offering.price.steps().iter();
    let point = |(at, price): &(SimTime, Price)| (at_s(*at), real(price.nanousd_h()) / 1e9);
    steps.take_while(|(at, _)| *at <= end).map(point).collect()
}
