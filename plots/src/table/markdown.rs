//! A table as GitHub-flavoured Markdown, nothing in it read as markup.

use super::Table;
use crate::PlotError;
use crate::text::plain;

impl Table {
    /// The table as Markdown, best values bold.
    ///
    /// # Errors
    /// [`PlotError::Ragged`] if a row has too few or too many cells.
    pub fn markdown(&self) -> Result<String, PlotError> {
        self.check()?;
        if self.columns.is_empty() {
            return Ok(String::new());
        }
        let heads = self.columns.iter().map(|name| escaped(&plain(name)));
        let rules = (0..self.columns.len()).map(|c| {
            let rule = if self.is_numeric(c) { "---:" } else { "---" };
            rule.to_owned()
        });
        let mut out = line(heads) + &line(rules);
        for row in &self.rows {
            out += &line(row.iter().map(|cell| {
                let text = escaped(&cell.value.typed());
                if cell.best {
                    format!("**{text}**")
                } else {
                    text
                }
            }));
        }
        Ok(out)
    }
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Backslashes before what Markdown or its HTML could read.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(
            c,
            '\\' | '`'
                | '*'
                | '_'
                | '['
                | ']'
                | '<'
                | '>'
                | '|'
                | '~'
                | '$'
                | '&'
                | '#'
                | '@'
                | '!'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{Cell, Table};

    #[test]
    fn cells_cannot_leave_their_column_or_become_markup() {
        let table = Table {
            columns: vec!["Policy".to_owned(), "Cost".to_owned()],
            rows: vec![vec![
                "a|b\n<script>*".into(),
                Cell::number(-1234.5, 1).best(),
            ]],
        };
        assert_eq!(
            table.markdown().unwrap(),
            "| Policy | Cost |\n| --- | ---: |\n| a\\|b \\<script\\>\\* | **-1,234.5** |\n"
        );
    }
}
