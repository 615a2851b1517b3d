//! The bill in files: line by line, by who pays, and over time.

use sim_core::watch::Quantity;

use super::flight::Flight;
use super::money::{self, Dimension, Item};
use super::sheet::{Column, Field, Layout, Made, Sheet};
use super::spend;
use crate::build::Experiment;

/// What `bill` holds.
pub(super) fn bill_layout() -> Layout {
    Layout {
        name: "bill",
        doc: "One row a settled line of the bill and payer. The rows add up to the bill to the last digit.",
        columns: BILL.to_vec(),
    }
}

const BILL: [Column; 12] = [
    Column::text(
        "market",
        "How it is paid for; `storage`, `network` or `leftovers` for what is no machine",
    ),
    Column::text("name", "What the scenario calls what is paid for"),
    Column::text("fleet", "The fleet that it is about, if it is one alone"),
    Column::text("zone", "Its zone"),
    Column::text("model", "The model of the GPUs"),
    Column::text(
        "kind",
        "What for: `work`, `restore`, `dump`, `lost work`, `idle`, `boot` and so on",
    ),
    Column::text("team", "The queue that pays"),
    Column::text("workload", "The workload that pays"),
    Column::text("tags", "The tags of that workload"),
    Column::decimal("quantity", ("as `unit` says", 9), "How much was metered"),
    Column::text("unit", "What it is counted in"),
    Column::nanousd("cost_nanousd", "What it costs"),
];

/// One row a settled line and payer, the jobs of a workload of a team. The rows add up to the bill to the last digit.
pub(super) fn bill(made: Made, experiment: &Experiment, flight: &Flight) -> Sheet {
    let world = &experiment.world;
    let mut sheet = Sheet::new(made, &BILL);
    for item in money::items(&flight.record) {
        let payer = |dimension: Dimension| Field::from(dimension.payer(experiment, &item));
        let quantity = quantity(flight, &item);
        sheet.row([
            money::market_name(world, item.source).into(),
            money::source_name(experiment, item.source).into(),
            money::fleet_name(world, item.source).into(),
            money::zone_name(experiment, item.source).into(),
            payer(Dimension::Model),
            money::kind_name(item.kind).into(),
            payer(Dimension::Team),
            payer(Dimension::Workload),
            payer(Dimension::Tag),
            quantity.map(|own| own.billionths).into(),
            quantity.map(|own| own.unit).into(),
            item.amount.into(),
        ]);
    }
    sheet
}

/// How much of its line an item is for, and in what; none where nothing was metered.
fn quantity<'a>(flight: &'a Flight, item: &Item) -> Option<&'a Quantity> {
    let same =
        |own: &&Quantity| (own.source, own.kind, own.by) == (item.source, item.kind, item.by);
    flight.quantities.iter().find(same)
}

/// What `attribution` holds.
pub(super) fn attribution_layout() -> Layout {
    Layout {
        name: "attribution",
        doc: "The bill split anew by each dimension. The rows of each add up to the bill to the last digit.",
        columns: ATTRIBUTION.to_vec(),
    }
}

const ATTRIBUTION: [Column; 5] = [
    Column::text(
        "dimension",
        "`team`, `workload`, `model`, `tag` or `project`",
    ),
    Column::text("payer", "Who pays; `(nobody)` what no job claims"),
    Column::text("market", "How it is paid for"),
    Column::text("kind", "What for"),
    Column::nanousd("cost_nanousd", "What it costs"),
];

/// The bill split anew by each dimension, so that the rows of each add up to it to the last digit.
pub(super) fn attribution(made: Made, experiment: &Experiment, flight: &Flight) -> Sheet {
    let world = &experiment.world;
    let mut sheet = Sheet::new(made, &ATTRIBUTION);
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
            sheet.row([
                dimension.name().into(),
                payer.into(),
                market.into(),
                kind.into(),
                amount.into(),
            ]);
        }
    }
    sheet
}

/// What `spend` holds.
pub(super) fn spend_layout() -> Layout {
    Layout {
        name: "spend",
        doc: "What each period cost. The rows of a period that are `by` the same add up to what it cost to the last digit.",
        columns: SPEND.to_vec(),
    }
}

const SPEND: [Column; 8] = [
    Column::us("from_us", "When the period began"),
    Column::us("until_us", "When it ended"),
    Column::text("by", "What it is told by: `market`, `team` or `all`"),
    Column::text("name", "Which market or team"),
    Column::nanousd("spend_nanousd", "What the period cost"),
    Column::real(
        "expected_nanousd",
        "nano-USD",
        "The median of the periods before it, if they are enough",
    ),
    Column::real("score", "", "By how many spreads it is above that"),
    Column::flag("flagged", "Whether it is out of the ordinary"),
];

/// What each period cost by market, by team and in all, what was to be expected, and whether it is out of the ordinary. The rows
/// of a period that are `by` the same add up to what it cost to the last digit.
pub(super) fn spend(made: Made, experiment: &Experiment, flight: &Flight) -> Sheet {
    let mut sheet = Sheet::new(made, &SPEND);
    for part in spend::parts(experiment, &flight.record) {
        for period in part.periods {
            sheet.row([
                period.from.into(),
                period.until.into(),
                part.by.into(),
                part.name.as_str().into(),
                period.spend.into(),
                period.expected.into(),
                period.score.into(),
                period.is_flagged().into(),
            ]);
        }
    }
    sheet
}
