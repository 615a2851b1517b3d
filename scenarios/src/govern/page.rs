//! The page of governance: figures, and who spent what by month and by week.

use std::collections::BTreeSet;

use plots::PlotError;
use plots::report::{Block, Report, Section};
use plots::table::{Cell, Table, Value};
use sim_core::units::{Money, SimTime};

use super::showback::since;
use super::{Kpi, Shown, Stretch};
use crate::experiment::money::Dimension;

/// Most stretches that stand beside each other: of more, the last.
const MOST: usize = 12;

/// The page as a report.
pub fn report(title: &str, policy: &str, kpis: &[Kpi], shown: &[Shown]) -> Report {
    let mut sections = vec![Section {
        title: "Key figures".into(),
        folded: false,
        blocks: vec![Block::Table {
            table: figures(kpis),
            caption: format!(
                "Of {policy}. Sums of money are exact; waste recovered is against the baseline on the same seed."
            ),
        }],
    }];
    for by in Dimension::ALL {
        let mut blocks = Vec::new();
        for stretch in [Stretch::Month, Stretch::Week] {
            let (table, left) = spend(shown, by, stretch);
            let last = if left > 0 {
                format!(" The last {MOST} of {}.", left + MOST)
            } else {
                String::new()
            };
            let caption = format!(
                "Dollars by {} and {}, by when each began; each rounded to the cent; showback.csv has them exact, and there the payers add up to the bill.{last}",
                by.name(),
                stretch.name()
            );
            blocks.push(Block::Table { table, caption });
        }
        sections.push(Section {
            title: format!("By {}", by.name()),
            folded: false,
            blocks,
        });
    }
    Report {
        title: format!("Governance: {title}"),
        intro: vec![format!(
            "Who spent what under {policy}, and the figures by which the cluster is run. Days stand in showback.csv."
        )],
        notes: Vec::new(),
        sections,
        provenance: vec![(
            "version".into(),
            format!("windtunnel {}", env!("CARGO_PKG_VERSION")),
        )],
    }
}

/// The same as Markdown.
///
/// # Errors
/// A table that cannot be printed.
pub fn markdown(report: &Report) -> Result<String, PlotError> {
    let mut text = format!("# {}\n", report.title);
    for paragraph in &report.intro {
        text.extend(["\n", paragraph, "\n"]);
    }
    for section in &report.sections {
        text.extend(["\n## ", &section.title, "\n"]);
        for block in &section.blocks {
            match block {
                Block::Table { table, caption } => {
                    text.extend(["\n", &table.markdown()?, "\n", caption, "\n"]);
                }
                Block::Paragraph(words) => text.extend(["\n", words, "\n"]),
                Block::List(_) | Block::Figure { .. } => {}
            }
        }
    }
    Ok(text)
}

fn figures(kpis: &[Kpi]) -> Table {
    let row = |kpi: &Kpi| {
        let value = kpi
            .value
            .map_or(Value::Missing.into(), |value| Cell::number(value, 2));
        vec![
            kpi.name.into(),
            value,
            kpi.unit.into(),
            kpi.how.as_str().into(),
        ]
    };
    Table {
        columns: ["figure", "value", "unit", "what it is"]
            .map(str::to_owned)
            .to_vec(),
        rows: kpis.iter().map(row).collect(),
    }
}

/// Payers by stretches, dearest payer first, with sums; and how many earlier stretches are not shown.
fn spend(shown: &[Shown], by: Dimension, stretch: Stretch) -> (Table, usize) {
    let own: Vec<&Shown> = shown
        .iter()
        .filter(|own| own.by == by && own.stretch == stretch)
        .collect();
    let all: BTreeSet<SimTime> = own.iter().map(|own| own.from).collect();
    let left = all.len().saturating_sub(MOST);
    let begins: Vec<SimTime> = all.into_iter().skip(left).collect();
    let payers: BTreeSet<&str> = own.iter().map(|own| own.payer.as_str()).collect();
    let paid = |payer: Option<&str>, from: Option<SimTime>| -> Money {
        let own = own
            .iter()
            .filter(|own| payer.is_none_or(|payer| own.payer == payer));
        let own =
            own.filter(|own| from.map_or(begins.contains(&own.from), |from| own.from == from));
        own.map(|own| own.spend).sum()
    };
    let money = |amount: Money| -> Cell {
        const CENT: i128 = 10_000_000;
        let unscaled = (amount.nanousd() + CENT / 2).div_euclid(CENT);
        let places = 2;
        Value::Decimal { unscaled, places }.into()
    };
    let row = |name: &str, payer: Option<&str>| {
        let mut cells: Vec<Cell> = vec![name.into()];
        cells.extend(begins.iter().map(|from| money(paid(payer, Some(*from)))));
        cells.push(money(paid(payer, None)));
        cells
    };
    let mut named: Vec<&str> = payers.into_iter().collect();
    named.sort_by_key(|payer| std::cmp::Reverse(paid(Some(payer), None)));
    let mut rows: Vec<Vec<Cell>> = named
        .into_iter()
        .map(|payer| row(payer, Some(payer)))
        .collect();
    rows.push(row("all", None));
    let mut columns = vec![by.name().to_owned()];
    columns.extend(begins.iter().map(|from| since(*from)));
    columns.push("sum".into());
    (Table { columns, rows }, left)
}
