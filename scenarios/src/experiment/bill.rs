//! The bill in files: line by line, by who pays, and over time.

use sim_core::watch::Quantity;

use super::flight::Flight;
use super::money::{self, Dimension, Item};
use super::sheet::{Csv, decimal, number, text};
use super::spend;
use crate::build::Experiment;

/// One row a settled line and payer, the jobs of a workload of a team. The rows add up to the bill to the last digit.
pub(super) fn bill(experiment: &Experiment, flight: &Flight) -> Vec<u8> {
    let world = &experiment.world;
    let mut csv = Csv::new([
        "market",
        "name",
        "fleet",
        "zone",
        "model",
        "kind",
        "team",
        "workload",
        "tags",
        "quantity",
        "unit",
        "cost_nanousd",
    ]);
    for item in money::items(&flight.record) {
        let payer = |dimension: Dimension| text(&dimension.payer(experiment, &item));
        let (quantity, unit) = quantity(flight, &item);
        csv.row([
            money::market_name(world, item.source).to_owned(),
            text(money::source_name(experiment, item.source)),
            text(money::fleet_name(world, item.source)),
            text(money::zone_name(experiment, item.source)),
            payer(Dimension::Model),
            money::kind_name(item.kind).to_owned(),
            payer(Dimension::Team),
            payer(Dimension::Workload),
            payer(Dimension::Tag),
            quantity,
            unit.to_owned(),
            item.amount.nanousd().to_string(),
        ]);
    }
    csv.bytes()
}

/// How much of its line an item is for, to the last digit, and in what; nothing where nothing was metered.
fn quantity(flight: &Flight, item: &Item) -> (String, &'static str) {
    let same =
        |own: &&Quantity| (own.source, own.kind, own.by) == (item.source, item.kind, item.by);
    let Some(quantity) = flight.quantities.iter().find(same) else {
        return (String::new(), "");
    };
    (decimal(quantity.billionths), quantity.unit)
}

/// The bill split anew by each dimension, so that the rows of each add up to it to the last digit.
pub(super) fn attribution(experiment: &Experiment, flight: &Flight) -> Vec<u8> {
    let world = &experiment.world;
    let mut csv = Csv::new(["dimension", "payer", "market", "kind", "cost_nanousd"]);
    let items = money::items(&flight.record);
    for dimension in Dimension::ALL {
        let key = |item: &Item| {
            let market = money::market_name(world, item.source);
            let kind = money::kind_name(item.kind);
            (dimension.payer(experiment, item), market, kind)
        };
        let mut sums = money::sums(items.iter().map(|item| (key(item), item.amount)));
        sums.sort();
        for ((payer, market, kind), amount) in sums {
            csv.row([
                dimension.name().to_owned(),
                text(&payer),
                market.to_owned(),
                kind.to_owned(),
                amount.nanousd().to_string(),
            ]);
        }
    }
    csv.bytes()
}

/// What each period cost by market, by team and in all, what was to be expected, and whether it is out of the ordinary. The rows
/// of a period that are `by` the same add up to what it cost to the last digit.
pub(super) fn spend(experiment: &Experiment, flight: &Flight) -> Vec<u8> {
    let mut csv = Csv::new([
        "from_us",
        "until_us",
        "by",
        "name",
        "spend_nanousd",
        "expected_nanousd",
        "score",
        "flagged",
    ]);
    for part in spend::parts(experiment, &flight.record) {
        for period in part.periods {
            csv.row([
                period.from.us().to_string(),
                period.until.us().to_string(),
                part.by.to_owned(),
                text(&part.name),
                period.spend.nanousd().to_string(),
                number(period.expected),
                number(period.score),
                period.is_flagged().to_string(),
            ]);
        }
    }
    csv.bytes()
}
