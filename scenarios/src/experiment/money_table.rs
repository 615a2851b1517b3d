//! Where the money of one run went, as a table: purposes by markets.

use plots::table::{Cell, Table, Value};
use sim_core::model::Market;
use sim_core::units::Money;

use super::flight::Flight;
use super::money::{self, Item, Purpose};
use super::number::{ratio, real_i128};
use crate::build::Experiment;
use crate::schema::TableName;

/// A row a purpose, a column a market, with totals and shares; none where one market says it all and nobody asked for the bill.
pub fn money_table(experiment: &Experiment, flight: &Flight) -> Option<Table> {
    let world = &experiment.world;
    let items = money::items(&flight.record);
    let market = |item: &Item| money::market_name(world, item.source);
    let spent: Vec<&str> = items.iter().map(market).collect();
    let known = Market::ALL.map(Market::name).into_iter();
    let known = known.chain(["storage", "network", "leftovers"]);
    let markets: Vec<&str> = known.filter(|name| spent.contains(name)).collect();
    let asked = &experiment.loaded.scenario.output.tables;
    if markets.is_empty() || (markets.len() < 2 && !asked.contains(&TableName::Bill)) {
        return None;
    }
    let sum = |of: &dyn Fn(&Item) -> bool| -> Money {
        let chosen = items.iter().filter(|item| of(item));
        chosen.map(|item| item.amount).sum()
    };
    let total = sum(&|_| true);
    let row = |name: &str, of: &dyn Fn(&Item) -> bool| {
        let own = sum(of);
        let mut row = vec![Cell::from(name)];
        row.extend(
            markets
                .iter()
                .map(|name| dollars(sum(&|item| of(item) && market(item) == *name))),
        );
        row.push(dollars(own));
        row.push(share(own, total));
        row
    };
    let purposes = Purpose::ALL.into_iter().filter(|purpose| {
        let mut own = items.iter();
        own.any(|item| Purpose::of(item) == *purpose)
    });
    let mut rows: Vec<Vec<Cell>> = purposes
        .map(|purpose| row(purpose.name(), &|item| Purpose::of(item) == purpose))
        .collect();
    rows.push(row("total", &|_| true));
    let mut columns = vec!["where the money went, $".to_owned()];
    columns.extend(markets.iter().map(|name| (*name).to_owned()));
    columns.extend(["total", "share"].map(str::to_owned));
    Some(Table { columns, rows })
}

fn dollars(amount: Money) -> Cell {
    Cell::number(real_i128(amount.nanousd()) / 1e9, 2)
}

fn share(own: Money, total: Money) -> Cell {
    let share = ratio(real_i128(own.nanousd()), real_i128(total.nanousd()));
    share.map_or(Cell::from(Value::Missing), |value| {
        Cell::from(Value::Share { value, decimals: 1 })
    })
}
