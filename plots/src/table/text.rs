//! A table as text for a terminal: aligned, and never wider than asked.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Width};
use unicode_width::UnicodeWidthStr;

use super::{Cell, Table};
use crate::PlotError;
use crate::lossy::real;
use crate::text::{elide, plain};

/// Narrower text is not worth showing beside other columns.
const LEAST_TEXT: usize = 12;
/// Blanks between two columns.
const BETWEEN: usize = 2;

impl Table {
    /// The table as lines of at most `width` columns of a terminal, best values with a star.
    /// Heads wrap, long words are elided; what still does not fit is shown as one block of
    /// lines per row.
    ///
    /// # Errors
    /// [`PlotError::Ragged`] if a row has too few or too many cells.
    pub fn text(&self, width: usize) -> Result<String, PlotError> {
        self.check()?;
        if self.columns.is_empty() {
            return Ok(String::new());
        }
        let lines = match self.widths(width) {
            None => self.stacked(width),
            Some(widths) => self.aligned(&widths),
        };
        Ok(lines)
    }

    /// The widths of the columns, or none where even the least do not fit: numbers whole, words
    /// elided, heads wrapped; what is left goes to words first, then to heads.
    fn widths(&self, width: usize) -> Option<Vec<usize>> {
        let columns = 0..self.columns.len();
        let cells: Vec<usize> = columns.clone().map(|c| self.cell_width(c)).collect();
        let heads: Vec<String> = self.columns.iter().map(|name| plain(name)).collect();
        let mut widths: Vec<usize> = Vec::with_capacity(heads.len());
        for c in columns {
            let word = heads[c]
                .split_whitespace()
                .map(UnicodeWidthStr::width)
                .max();
            let word = word.unwrap_or(0);
            widths.push(if self.is_numeric(c) {
                cells[c].max(word).max(1)
            } else {
                cells[c].max(word).clamp(1, LEAST_TEXT)
            });
        }
        let needed = widths.iter().sum::<usize>() + BETWEEN * (widths.len() - 1);
        let mut spare = width.checked_sub(needed)?;
        let heads: Vec<usize> = heads.iter().map(|head| head.width()).collect();
        for wanted in [cells, heads] {
            for (width, wanted) in widths.iter_mut().zip(wanted) {
                let more = wanted.saturating_sub(*width).min(spare);
                *width += more;
                spare -= more;
            }
        }
        Some(widths)
    }

    fn cell_width(&self, column: usize) -> usize {
        let cells = self
            .cells(column)
            .map(|cell| self.typed(column, cell).width());
        cells.max().unwrap_or(0)
    }

    /// The cell with a star if it is best, and a blank in its place in columns with stars.
    fn typed(&self, column: usize, cell: &Cell) -> String {
        let mark = match (cell.best, self.cells(column).any(|cell| cell.best)) {
            (true, _) => " *",
            (false, true) => "  ",
            (false, false) => "",
        };
        cell.value.typed() + mark
    }

    fn aligned(&self, widths: &[usize]) -> String {
        let mut table = comfy_table::Table::new();
        table
            .load_style(NOTHING.header_separator(LineStyle::none().fill('─')))
            .set_content_arrangement(ContentArrangement::Disabled)
            .set_header(self.columns.iter().zip(widths).map(|(name, width)| {
                let words = plain(name);
                let words = words.split_whitespace().map(|word| shortened(word, *width));
                words.collect::<Vec<_>>().join(" ")
            }));
        for row in &self.rows {
            let cells = row.iter().zip(widths).enumerate();
            table.add_row(cells.map(|(c, (cell, width))| shortened(&self.typed(c, cell), *width)));
        }
        for (c, width) in widths.iter().enumerate() {
            let Some(column) = table.column_mut(c) else {
                continue;
            };
            let before = if c == 0 { 0 } else { BETWEEN };
            column.set_padding((u16::try_from(before).unwrap_or(0), 0));
            if self.is_numeric(c) {
                column.set_cell_alignment(CellAlignment::Right);
            }
            let whole = u16::try_from(width + before).unwrap_or(u16::MAX);
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(whole)));
        }
        let lines = table.lines().map(|line| line.trim_end().to_owned() + "\n");
        lines.collect()
    }

    /// One block per row, a line per cell.
    fn stacked(&self, width: usize) -> String {
        let mut out = String::new();
        for (i, row) in self.rows.iter().enumerate() {
            if i > 0 {
                out.push('\n');
            }
            for (c, (name, cell)) in self.columns.iter().zip(row).enumerate() {
                let line = format!("{}: {}", plain(name), self.typed(c, cell).trim_end());
                out.push_str(&shortened(&line, width));
                out.push('\n');
            }
        }
        out
    }
}

fn shortened(text: &str, limit: usize) -> String {
    elide(text, real(limit), |text| real(text.width()))
}

#[cfg(test)]
mod tests {
    use super::super::Value;
    use super::*;

    fn table() -> Table {
        Table {
            columns: ["Policy", "Cost (USD)", "SLA violations"]
                .map(str::to_owned)
                .to_vec(),
            rows: vec![
                vec![
                    "fifo-on-demand".into(),
                    Cell::number(48_211.5, 2),
                    Value::Missing.into(),
                ],
                vec![
                    "日本語-policy\u{1b}[31m".into(),
                    Cell::number(-7.0, 2).best(),
                    Value::Share {
                        value: 0.041,
                        decimals: 1,
                    }
                    .into(),
                ],
            ],
        }
    }

    #[test]
    fn numbers_align_to_the_right_and_names_to_the_left() {
        let expected = "\
Policy              Cost (USD)  SLA violations
──────────────────────────────────────────────
fifo-on-demand     48,211.50               n/a
日本語-policy[31m      -7.00 *           4.1 %
";
        let text = table().text(100).unwrap();
        assert!(!text.contains('\u{1b}'));
        assert_eq!(text, expected);
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        let mut table = table();
        table.rows.push(vec![
            "x".repeat(128).as_str().into(),
            Cell::number(1.0, 0),
            "words".into(),
        ]);
        for width in [1, 8, 20, 34, 40, 46, 60, 80, 200] {
            let text = table.text(width).unwrap();
            for line in text.lines() {
                assert!(line.width() <= width, "{width}: {line:?}\n{text}");
            }
        }
    }

    #[test]
    fn a_ragged_table_is_refused_and_an_empty_one_is_empty() {
        let mut table = table();
        table.rows[1].pop();
        let refusal = PlotError::Ragged {
            row: 1,
            cells: 2,
            columns: 3,
        };
        assert_eq!(table.text(80), Err(refusal));
        assert_eq!(Table::default().text(80).unwrap(), "");
    }
}
