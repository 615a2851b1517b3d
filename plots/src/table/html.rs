//! A table as HTML for the report.

use maud::{Markup, html};

use super::{Cell, Table};
use crate::PlotError;
use crate::text::plain;

impl Table {
    /// The table as an HTML element, best values marked.
    pub(crate) fn html(&self) -> Result<Markup, PlotError> {
        self.check()?;
        let class = |column: usize| {
            if self.is_numeric(column) {
                "number"
            } else {
                "words"
            }
        };
        Ok(html! {
            table {
                thead { tr {
                    @for (c, name) in self.columns.iter().enumerate() {
                        th class=(class(c)) scope="col" { (plain(name)) }
                    }
                } }
                tbody {
                    @for row in &self.rows {
                        tr { @for (c, cell) in row.iter().enumerate() { (shown(cell, class(c))) } }
                    }
                }
            }
        })
    }
}

fn shown(cell: &Cell, class: &str) -> Markup {
    let text = cell.value.shown();
    let value = cell.value.ordered();
    html! {
        @if cell.best {
            td class={ (class) " best" } data-value=[value] {
                strong { (text) }
                span.star title="best of its column" { "★" }
            }
        } @else {
            td class=(class) data-value=[value] { (text) }
        }
    }
}
