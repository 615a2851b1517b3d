//! A row of a table, by the names of its columns.

use super::table::Table;

/// A row of a table, by the names of its columns.
#[derive(Clone, Copy)]
pub(super) struct Row<'t> {
    table: &'t Table,
    cells: &'t [String],
}

impl<'t> Row<'t> {
    pub(super) fn all(table: &'t Table) -> impl Iterator<Item = Self> {
        table.rows.iter().map(move |cells| Self { table, cells })
    }

    pub(super) fn text(&self, column: &str) -> Result<&'t str, String> {
        Ok(&self.cells[self.table.column(column)?])
    }

    /// What a cell holds, if it holds anything.
    pub(super) fn get<T: std::str::FromStr>(&self, column: &str) -> Result<Option<T>, String> {
        let text = self.text(column)?;
        let wrong = |_| format!("{column}: \"{text}\": not what it should hold");
        let filled = Some(text).filter(|text| !text.is_empty());
        filled.map(|text| text.parse().map_err(wrong)).transpose()
    }

    /// What a cell must hold.
    pub(super) fn must<T: std::str::FromStr>(&self, column: &str) -> Result<T, String> {
        let found = self.get(column)?;
        found.ok_or_else(|| format!("{column}: it is blank"))
    }

    /// The parts of a cell that are divided by semicolons.
    pub(super) fn list(&self, column: &str) -> Result<impl Iterator<Item = &'t str>, String> {
        let text = self.text(column)?;
        Ok(text.split(';').filter(|part| !part.is_empty()))
    }
}
