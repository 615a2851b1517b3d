//! The tables of a merge: what they declare, and files that grow while cells are read, so that no table is ever held whole.

use std::cell::RefCell;

use super::folder::{Draft, Folder};
use crate::experiment::cell::CELL;
use crate::experiment::sheet::{Column, Columns, Field, Form, Layout, Made, Sheet};
use crate::experiment::{OutputError, Unfit};

/// Every table that is a sweep's alone, in the order of the documentation.
pub(crate) fn layouts() -> [Layout; 5] {
    let layout = |name, doc, columns| Layout { name, doc, columns };
    [
        layout(
            "cells",
            "One row a cell of a sweep, and a column of text for each key that is varied, under the key's path; `base` alone \
             without a sweep.",
            cells(std::iter::empty()),
        ),
        layout(
            "pareto",
            "One row a cell and policy, by cost and the first of `sla_violation_rate`, `latency_p95_s` and `jct_mean_s` that \
             says anything.",
            pareto("sla_violation_rate").to_vec(),
        ),
        layout(
            "main-effects",
            "One row a policy, metric, key and level: the mean over all cells that have the key at that level.",
            EFFECTS.to_vec(),
        ),
        layout(
            "sobol-indices",
            "One row a policy, metric and key of a sweep by Saltelli's design: the share of the metric's variance that is due to \
             the key.",
            INDICES.to_vec(),
        ),
        layout(
            "ranks",
            "One row a metric and policy: how it ranks among the policies over the cells, those that differ in the seed alone \
             taken together.",
            RANKS.to_vec(),
        ),
    ]
}

/// What a cell is, and the value of each key.
pub(super) fn cells<'a>(keys: impl Iterator<Item = &'a str>) -> Vec<Column> {
    let keys = keys.map(|key| Column::named(key.to_owned(), "Its value"));
    std::iter::once(CELL).chain(keys).collect()
}

/// Of a trade-off of cost with another metric.
pub(super) const fn pareto(against: &'static str) -> [Column; 5] {
    [
        CELL,
        POLICY,
        Column::real("cost_usd", "USD", "The mean cost over the seeds"),
        Column::real(
            against,
            "of the metric",
            "The mean of that metric over the seeds",
        ),
        Column::flag(
            "on_front",
            "Whether no other cell and policy is better in one and as good in the other",
        ),
    ]
}

const POLICY: Column = Column::text("policy", "Its name");
const METRIC: Column = Column::text("metric", "Its name");
const KEY: Column = Column::text("key", "The path of the key");

pub(super) const EFFECTS: [Column; 6] = [
    POLICY,
    METRIC,
    KEY,
    Column::text(
        "level",
        "A value of the key, or several next to each other, as `first to last`",
    ),
    Column::count("cells", "How many cells have it"),
    Column::real("mean", "of the metric", "Their mean"),
];

pub(super) const INDICES: [Column; 10] = [
    POLICY,
    METRIC,
    KEY,
    Column::real(
        "first_order",
        "",
        "The share of the variance that the key makes by itself (Saltelli et al. 2010)",
    ),
    Column::real(
        "first_low",
        "",
        "The lower end of its 95 % interval, by resampling points (Archer et al. 1997)",
    ),
    Column::real("first_high", "", "The upper end"),
    Column::real(
        "total",
        "",
        "The share that it has a part in, with others or alone (Jansen 1999)",
    ),
    Column::real("total_low", "", "The lower end of its 95 % interval"),
    Column::real("total_high", "", "The upper end"),
    Column::count("points", "Points of the design that have all their cells"),
];

pub(super) const RANKS: [Column; 8] = [
    METRIC,
    POLICY,
    Column::real(
        "mean_rank",
        "",
        "Its mean rank over the blocks, 1 being the best",
    ),
    Column::count("blocks", "Over how many"),
    Column::real("chi_square", "", "Friedman's statistic"),
    Column::real(
        "p",
        "",
        "The probability of ranks as far apart if all policies were alike (the F of Iman and Davenport 1980)",
    ),
    Column::real(
        "critical_difference",
        "",
        "How far apart two mean ranks must be to be told apart (Nemenyi, 95 %)",
    ),
    Column::text(
        "group",
        "Letters: policies that share one cannot be told apart",
    ),
];

/// Where tables go.
#[derive(Clone, Copy, Debug)]
pub(super) enum To<'a> {
    /// Into the files of a folder.
    Folder(&'a Folder, Form),
    /// Into memory, by name.
    Memory(&'a RefCell<Vec<(String, Columns)>>),
}

/// A table that goes where it belongs as it grows.
pub(super) struct Growing<'a> {
    sheet: Sheet,
    name: String,
    begun: Begun<'a>,
}

enum Begun<'a> {
    File(Draft<'a>),
    Memory(&'a RefCell<Vec<(String, Columns)>>),
}

impl<'a> Growing<'a> {
    /// Begins the table.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn begin(to: To<'a>, name: &str, columns: &[Column]) -> Result<Self, OutputError> {
        let (name, made, begun) = match to {
            To::Folder(folder, form) => {
                let name = format!("{name}.{}", form.extension());
                let draft = folder.begin(&name)?;
                (name, form.into(), Begun::File(draft))
            }
            To::Memory(tables) => (name.to_owned(), Made::Columns, Begun::Memory(tables)),
        };
        Ok(Self {
            sheet: Sheet::new(made, columns),
            name,
            begun,
        })
    }

    /// Adds rows.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn add(
        &mut self,
        rows: impl IntoIterator<Item = Vec<Field>>,
    ) -> Result<(), OutputError> {
        for row in rows {
            self.sheet.row(row);
        }
        match &mut self.begun {
            Begun::File(draft) => draft.write(&self.sheet.drain()),
            Begun::Memory(_) => Ok(()),
        }
    }

    /// Puts the table in its place.
    ///
    /// # Errors
    /// The system's, or a number that the form does not hold.
    pub(super) fn finish(self) -> Result<(), OutputError> {
        let Self { sheet, name, begun } = self;
        let refused = |unfit: Unfit| OutputError {
            path: name.clone().into(),
            error: std::io::Error::new(std::io::ErrorKind::InvalidData, unfit),
        };
        match begun {
            Begun::File(mut draft) => {
                draft.write(&sheet.bytes().map_err(refused)?)?;
                draft.finish()
            }
            Begun::Memory(tables) => {
                let columns = sheet.columns().map_err(refused)?;
                tables.borrow_mut().push((name, columns));
                Ok(())
            }
        }
    }
}
