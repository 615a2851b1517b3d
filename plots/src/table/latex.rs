//! A table for LaTeX, in the manner of booktabs; nothing in it read as a command.

use super::Table;
use crate::PlotError;
use crate::text::plain;

impl Table {
    /// The table as a `tabular` between the rules of the package booktabs, best values bold.
    ///
    /// # Errors
    /// [`PlotError::Ragged`] if a row has too few or too many cells.
    pub fn latex(&self) -> Result<String, PlotError> {
        self.check()?;
        let kinds: String = (0..self.columns.len())
            .map(|c| if self.is_numeric(c) { 'r' } else { 'l' })
            .collect();
        let mut out = format!("\\begin{{tabular}}{{@{{}}{kinds}@{{}}}}\n\\toprule\n");
        out += &line(self.columns.iter().map(|name| escaped(&plain(name))));
        out += "\\midrule\n";
        for row in &self.rows {
            out += &line(row.iter().map(|cell| {
                let text = escaped(&cell.value.shown());
                if cell.best {
                    format!("\\textbf{{{text}}}")
                } else {
                    text
                }
            }));
        }
        Ok(out + "\\bottomrule\n\\end{tabular}\n")
    }
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.collect();
    format!("{} \\\\\n", cells.join(" & "))
}

/// What TeX would act on, in commands that print it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', c]),
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '<' => out.push_str("\\textless{}"),
            '>' => out.push_str("\\textgreater{}"),
            '|' => out.push_str("\\textbar{}"),
            '"' => out.push_str("\\textquotedbl{}"),
            // At the head of a row these would be taken for arguments of the line's end before it.
            '[' | ']' | '*' => out.extend(['{', c, '}']),
            '−' => out.push_str("$-$"),
            '±' => out.push_str("$\\pm$"),
            '×' => out.push_str("$\\times$"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{Cell, Table, Value};

    #[test]
    fn cells_cannot_leave_their_column_or_become_commands() {
        let interval = Value::Interval {
            value: -2.0,
            low: -3.0,
            high: -1.0,
            decimals: 1,
        };
        let table = Table {
            columns: vec!["Policy".to_owned(), "Cost $".to_owned()],
            rows: vec![
                vec![r"a_b & \input{x} 50 %".into(), Cell::from(interval).best()],
                vec!["[b]\n^~".into(), Value::Missing.into()],
            ],
        };
        let lines = [
            r"\begin{tabular}{@{}lr@{}}",
            r"\toprule",
            r"Policy & Cost \$ \\",
            r"\midrule",
            r"a\_b \& \textbackslash{}input\{x\} 50 \% & \textbf{$-$2.0 $\pm$ 1.0} \\",
            r"{[}b{]} \textasciicircum{}\textasciitilde{} & n/a \\",
            r"\bottomrule",
            r"\end{tabular}",
        ];
        assert_eq!(table.latex().unwrap(), lines.join("\n") + "\n");
    }
}
