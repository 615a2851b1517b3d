//! `aws-price-history-csv`: changes of spot prices as published with studies of them.

use sim_core::units::Price;

use super::gather::{Faults, price};
use super::pools::Records;
use super::{Evidence, Format, Options, Pool, Reads, Series};
use crate::error::{Refused, Rule, TraceError};
use crate::reader::{Column, Row, Source, Table, labelled, scaled};

pub(super) const FORMAT: Format = Format {
    name: "aws-price-history-csv",
    doc: "changes of spot prices by pool, as a table with a header",
    origin: "github.com/stanford-futuredata/training_on_a_dime (2020), \
             github.com/prateek-s/spot-price-model (2015), as tables",
    columns: "az, [instance_type], [product], unix_time_utc, usd_per_h",
    options: &["pool"],
    evidence: Evidence::RealRows,
    reads: Reads {
        prices: Some(read),
        pools: Some(pools),
        ..Reads::NONE
    },
};

/// In any order. A price stands until the next record of its pool; two prices at one instant are
/// an error, one price stated twice is not.
fn read(source: Source<'_>, options: &Options) -> Result<Series<Price>, Refused> {
    let file = source.name();
    records(source, &options.pool)?.finish(&file)
}

fn pools(source: Source<'_>, options: &Options) -> Result<Vec<(Pool, u64)>, Refused> {
    Ok(records(source, &options.pool)?.into_pools())
}

struct Columns {
    zone: Column,
    instance: Option<Column>,
    product: Option<Column>,
    time: Column,
    price: Column,
}

fn records(source: Source<'_>, asked: &Pool) -> Result<Records, Refused> {
    let mut table = Table::open(source)?;
    let columns = Columns {
        zone: table.column("az")?,
        instance: table.optional("instance_type"),
        product: table.optional("product"),
        time: table.column("unix_time_utc")?,
        price: table.column("usd_per_h")?,
    };
    let (mut faults, mut records) = (Faults::default(), Records::new(asked));
    while let Some(row) = table.next_row()? {
        let taken = row.and_then(|row| record(&row, &columns, &mut records));
        faults.take(taken)?;
    }
    faults.settle()?;
    Ok(records)
}

fn record(row: &Row<'_>, columns: &Columns, records: &mut Records) -> Result<(), TraceError> {
    let name = |column: Option<Column>| {
        let name = row.maybe(column, |text| labelled(text).map(str::to_owned));
        name.map(Option::unwrap_or_default)
    };
    let pool = Pool {
        zone: row.parse(columns.zone, |text| labelled(text).map(str::to_owned))?,
        instance: name(columns.instance)?,
        product: name(columns.product)?,
    };
    let at = row.parse(columns.time, |text| {
        let beyond = |_| Rule::new("is no instant", "check that these are seconds since 1970");
        i64::try_from(scaled(text, 6)?).map_err(beyond)
    })?;
    let price = row.parse(columns.price, price)?;
    let taken = records.take(pool, (at, price), (row.line().into(), 1));
    taken.map_err(|rule| row.fault(columns.zone, rule))
}
