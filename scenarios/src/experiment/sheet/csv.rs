//! CSV: RFC 4180, and no cell that a spreadsheet would run.

/// A CSV file in the making.
pub(crate) struct Csv {
    writer: csv::Writer<Vec<u8>>,
}

impl Csv {
    pub(crate) fn new<'a>(columns: impl IntoIterator<Item = &'a str>) -> Self {
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        let columns: Vec<&str> = columns.into_iter().collect();
        // Without columns there is no heading: the rows follow others.
        if !columns.is_empty() {
            writer.write_record(&columns).expect("memory takes all");
        }
        Self { writer }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        for cell in cells {
            self.writer.write_field(cell).expect("memory takes all");
        }
        self.writer
            .write_record(None::<&[u8]>)
            .expect("memory takes all");
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        self.writer.into_inner().expect("memory takes all")
    }
}

/// A text that no spreadsheet takes for a formula.
pub(crate) fn text(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\0']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// A number in the shortest form that reads back, or nothing.
pub(crate) fn number(value: Option<f64>) -> String {
    // A sum of nothing is minus zero.
    value.map_or(String::new(), |value| format!("{}", value + 0.0))
}

/// An exact decimal number of so many digits behind its point, without trailing zeros.
pub(super) fn decimal(unscaled: i128, places: u8) -> String {
    let one = 10_u128.pow(u32::from(places));
    let sign = if unscaled < 0 { "-" } else { "" };
    let (size, width) = (unscaled.unsigned_abs(), usize::from(places));
    let whole = size / one;
    if places == 0 {
        return format!("{sign}{whole}");
    }
    let digits = format!("{sign}{whole}.{:0width$}", size % one);
    digits
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_printed_to_the_last_digit() {
        assert_eq!(decimal(1_500_000_000, 9), "1.5");
        assert_eq!(decimal(-1, 9), "-0.000000001");
        assert_eq!(decimal(70_000_000_000, 9), "70");
        assert_eq!(decimal(0, 9), "0");
        assert_eq!(decimal(1_250, 3), "1.25");
        assert_eq!(decimal(-20, 0), "-20");
    }
}
