//! Reports out: plain data in; SVG, PNG, CSV, Markdown, text and HTML out.
//!
//! A tour, from the ground up:
//!
//! - `ink` turns lines, areas, signs and words into SVG. Its [`Drawing`] result is rendered to
//!   PNG from that SVG, so that the two never differ.
//! - [`figure`] holds one file per kind of figure: [`figure::cdf`], [`figure::timeline`],
//!   [`figure::bars`], [`figure::stack`], [`figure::scatter`], [`figure::gantt`],
//!   [`figure::panels`]. Each is plain data with a `draw`.
//!   A policy's `position` sets its colour, dashes and marker in all of them.
//! - [`table`] renders typed cells as text that fits a width, as Markdown, as LaTeX, and as CSV.
//! - [`report`] puts sections of words, tables and figures into one self-contained HTML page.
//!
//! ```
//! use plots::figure::{Estimate, Heading, Measure, Unit, bars::{Bar, Bars}};
//!
//! let figure = Bars {
//!     heading: Heading { title: "Cost".to_owned(), subtitle: Some("20 seeds".to_owned()) },
//!     measure: Measure { title: "Cost".to_owned(), unit: Unit::Named("USD".to_owned()) },
//!     bars: vec![Bar {
//!         name: "fifo".to_owned(),
//!         position: 0,
//!         estimate: Estimate::within(120.0, 110.0, 131.0),
//!         bound: Some(90.0),
//!     }],
//!     baseline: Some(0),
//! };
//! let drawing = figure.draw()?;
//! assert!(drawing.svg.starts_with("<svg"));
//! assert_eq!(drawing.csv.lines().nth(1), Some("fifo,120,110,131,90,yes"));
//! # Ok::<(), plots::PlotError>(())
//! ```
//!
//! # Architecture invariants
//!
//! - Nothing of the simulation: no dependency on another crate of the workspace. A policy is a
//!   name and a position, a metric a title and a unit.
//! - No files, clock, environment, network or threads: bytes are returned, and the same data
//!   gives the same bytes on every machine. Positions are integers; logarithms come from `libm`.
//! - No system library and no system font: text is measured and rendered with the font in
//!   `fonts/`, which has Latin and Greek letters. A viewer without it falls back to narrower ones.
//! - Names are hostile until shown: control characters are dropped, markup is escaped, CSV cells
//!   cannot become formulas. No output refers to anything outside itself, and the only script is the
//!   report's own, which its page allows by digest.
//! - Figures have no ids, so any number of them can stand in one page.
//! - A figure shows all of its data or is an error; nothing is left out but what thinning proves
//!   to be invisible. Only names are shortened, and the CSV has them in full.
//! - Floors: `ink` knows no data, `figure` and `table` not each other, `report` knows both.

mod drawing;
mod error;
pub mod figure;
mod ink;
mod lossy;
mod number;
pub mod report;
pub mod table;
mod text;
mod tidy;

pub use drawing::Drawing;
pub use error::PlotError;
