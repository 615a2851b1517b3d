//! The published files of spot markets, and tables of figures computed from them by other means.

use std::fs::File;
use std::path::PathBuf;

use traces::Source;

/// The file, or nothing where there is no reference data.
pub(crate) fn reference(name: &str) -> Option<PathBuf> {
    // A relative path counts from the workspace, not from this crate.
    let workspace = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let root = std::env::var_os("WINDTUNNEL_REFERENCE").unwrap_or_else(|| "../shared".into());
    let path = workspace.join(root).join("data/spot").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no reference data");
    None
}

/// The file, opened.
pub(crate) fn open(name: &str) -> Option<Source<'_>> {
    let file = File::open(reference(name)?).expect("readable reference data");
    Some(Source::new(name, file))
}

/// The rows of a table of figures, by column.
pub(crate) struct Figures {
    header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Figures {
    pub(crate) fn read(name: &str) -> Option<Self> {
        let text = std::fs::read_to_string(reference(name)?).expect("readable reference data");
        let mut lines = text
            .lines()
            .map(|line| line.split(',').map(str::to_owned).collect());
        let header = lines.next().expect("a header");
        let rows = lines.collect();
        Some(Self { header, rows })
    }

    /// What stands in this column.
    pub(crate) fn text<'a>(&self, row: &'a [String], column: &str) -> &'a str {
        let at = self.header.iter().position(|name| name == column);
        &row[at.unwrap_or_else(|| panic!("no column {column}"))]
    }

    /// That `value`, rounded as the figure is, is the figure.
    pub(crate) fn check(&self, row: &[String], column: &str, value: Option<f64>) {
        let text = self.text(row, column);
        let Some(value) = value else {
            assert_eq!(text, "", "{}: {column}", row[0]);
            return;
        };
        let figure: f64 = text
            .parse()
            .unwrap_or_else(|_| panic!("{}: {column} = {text}", row[0]));
        let decimals = text
            .split_once('.')
            .map_or(0, |(_, decimals)| decimals.len());
        // A figure that ends in zeros is printed without them.
        let decimals = decimals.max(self.decimals(column));
        let half = 0.5 / 10_f64.powi(i32::try_from(decimals).expect("few"));
        let off = (value - figure).abs();
        assert!(
            off <= half + 1e-9,
            "{}: {column}: {value} is not {figure}",
            row[0]
        );
    }

    /// The most decimals of a column.
    fn decimals(&self, column: &str) -> usize {
        let texts = self.rows.iter().map(|row| self.text(row, column));
        let decimals = texts.map(|text| text.split_once('.').map_or(0, |(_, d)| d.len()));
        decimals.max().unwrap_or(0)
    }
}
