//! A table as CSV: every number in full, an interval in three columns.

use super::{Table, Value, exact};
use crate::PlotError;
use crate::tidy::{Field, Tidy};

impl Table {
    /// The table as CSV (RFC 4180).
    ///
    /// # Errors
    /// [`PlotError::Ragged`] if a row has too few or too many cells.
    pub fn csv(&self) -> Result<String, PlotError> {
        self.check()?;
        let is_wide: Vec<bool> = (0..self.columns.len())
            .map(|c| self.has_interval(c))
            .collect();
        let heads = self.columns.iter().zip(&is_wide).flat_map(|(name, wide)| {
            let ends = wide.then(|| [format!("{name} low"), format!("{name} high")]);
            [name.clone()].into_iter().chain(ends.into_iter().flatten())
        });
        let heads: Vec<String> = heads.collect();
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        let mut tidy = Tidy::new(&heads)?;
        for row in &self.rows {
            let fields = row.iter().zip(&is_wide);
            let fields: Vec<Field> = fields
                .flat_map(|(cell, wide)| fields_of(&cell.value, *wide))
                .collect();
            tidy.row(&fields)?;
        }
        tidy.finish()
    }

    fn has_interval(&self, column: usize) -> bool {
        let mut cells = self.cells(column);
        cells.any(|cell| matches!(cell.value, Value::Interval { .. }))
    }
}

fn fields_of(value: &Value, wide: bool) -> Vec<Field<'_>> {
    let finite = |value: f64| Field::maybe(Some(value).filter(|v| v.is_finite()));
    let field = match value {
        Value::Text(text) => Field::Text(text),
        Value::Integer(value) => Field::Printed(value.to_string()),
        Value::Decimal { unscaled, places } => Field::Printed(exact(*unscaled, *places)),
        Value::Number { value, .. } | Value::Share { value, .. } => finite(*value),
        Value::Interval {
            value, low, high, ..
        } => return vec![finite(*value), finite(*low), finite(*high)],
        Value::Missing => Field::Empty,
    };
    let ends = wide.then_some([Field::Empty, Field::Empty]);
    [field]
        .into_iter()
        .chain(ends.into_iter().flatten())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Cell;

    #[test]
    fn numbers_are_full_and_intervals_three_columns() {
        let interval = Value::Interval {
            value: 0.123_456,
            low: -0.1,
            high: f64::NAN,
            decimals: 1,
        };
        let table = Table {
            columns: vec!["=Policy".to_owned(), "Cost".to_owned()],
            rows: vec![
                vec!["-x".into(), interval.into()],
                vec!["y".into(), Cell::number(2.0, 2)],
            ],
        };
        assert_eq!(
            table.csv().unwrap(),
            "'=Policy,Cost,Cost low,Cost high\r\n'-x,0.123456,-0.1,\r\ny,2,,\r\n"
        );
    }
}
