//! Series: what a spot market offered over time, from published bytes to typed values.
//!
//! A trace of a market comes as a [`Source`], is read by the importer of its format
//! ([`formats`]), and leaves as one of three things:
//!
//! | import | gives | unit |
//! |---|---|---|
//! | [`import_availability`] | [`Series<u32>`](Series) | machines that could be had |
//! | [`import_prices`] | [`Series<Price>`](Series) | nano-dollars an hour, exactly as printed |
//! | [`import_lifetimes`] | [`Lifetimes`] | time from launch to end, or to the last look |
//!
//! A file of prices may hold many pools: [`list_pools`] lists them, [`Options::pool`] names one.
//!
//! A series is cut with [`Series::window`], continued with [`Series::extend_to`] as [`After`] says,
//! looked at in a fixed rhythm with [`Series::resample`], and followed by a run as
//! [`Series::curve`]. To start inside a trace that is to go on at its own beginning, extend it
//! first and cut it then; to repeat only a part of it, cut it first.
//!
//! [`AvailabilityStats`], [`PriceStats`], [`BidStats`] and [`Lifetimes::survival`] put it in
//! numbers, by definitions that reproduce the published ones.
//!
//! # Rules of all formats
//! * Time zero is the first record, or the zero of the file's own clock where it has one.
//! * A series ends where the observation does: one gap after the last sample where samples have a
//!   fixed gap, else at the last record, whose value is kept but was not seen to last.
//! * What the bytes do not say (the unit of a clock, the pool) is an option or an error, never a
//!   guess; the polarity is the published one unless an option turns it around; an option that a
//!   format does not take is refused.
//! * Two records of one instant: in formats that write every machine or both ends of a step, the
//!   last one counts; in price histories they are an error unless they say the same.
//! * An import is strict: a series without one of its records would be a guess.

mod availability_stats;
mod aws_price_csv;
mod aws_price_json;
mod gather;
mod json;
mod lifetimes;
mod lifetimes_csv;
mod live;
mod live_count;
mod node_events;
mod observed;
mod options;
mod parcae_csv;
mod parcae_json;
mod pools;
mod price_stats;
mod sample;
mod skypilot_json;
mod step_plot;

use sim_core::units::Price;

pub use availability_stats::{AvailabilityStats, Runs};
pub use lifetimes::{Lifetime, LifetimeStats, Lifetimes};
pub use observed::{After, Origin, Series, SeriesError};
pub use options::{ClockUnit, Options, Polarity, Pool};
pub use price_stats::{BidStats, PriceStats};

use crate::error::{Refused, Rule};
use crate::import::Evidence;
use crate::reader::Source;

/// Most records of a series, and most steps of one derived from it.
pub const MAX_RECORDS: u64 = 4_000_000;

/// A format of series that can be imported.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// What a scenario calls it.
    pub name: &'static str,
    /// What it is, in one line.
    pub doc: &'static str,
    /// Where it is published.
    pub origin: &'static str,
    /// Its columns or fields, optional ones in brackets.
    pub columns: &'static str,
    /// The options it takes.
    pub options: &'static [&'static str],
    /// What the importer was checked against.
    pub evidence: Evidence,
    /// What comes out.
    pub reads: Reads,
}

/// An importer.
pub type Import<T> = fn(Source<'_>, &Options) -> Result<T, Refused>;

/// What comes out of a format: one thing at least.
#[derive(Clone, Copy, Debug)]
pub struct Reads {
    /// Machines over time.
    pub availability: Option<Import<Series<u32>>>,
    /// Prices over time.
    pub prices: Option<Import<Series<Price>>>,
    /// Lifetimes of machines.
    pub lifetimes: Option<Import<Lifetimes>>,
    /// The pools whose prices the file holds, with the records of each.
    pub pools: Option<Import<Vec<(Pool, u64)>>>,
}

impl Reads {
    const NONE: Self = Self {
        availability: None,
        prices: None,
        lifetimes: None,
        pools: None,
    };
}

/// Every format, in alphabetical order. A new one is a file and a line here.
pub const fn formats() -> &'static [Format] {
    &[
        aws_price_csv::FORMAT,
        aws_price_json::FORMAT,
        lifetimes_csv::FORMAT,
        live_count::FORMAT,
        node_events::FORMAT,
        parcae_csv::FORMAT,
        parcae_json::FORMAT,
        skypilot_json::FORMAT,
        step_plot::FORMAT,
    ]
}

/// Imports the number of machines that could be had over time.
///
/// ```
/// use sim_core::units::SimTime;
/// use traces::{Source, series};
///
/// let json = r#"{"metadata": {"gap_seconds": 600}, "data": [1, 1, 0, 1]}"#;
/// let source = Source::new("us-west-2b.json", json.as_bytes());
/// let trace = series::import_availability("skypilot-json", source, &Default::default())?;
/// assert_eq!(trace.steps().len(), 3);
/// assert_eq!(trace.at(SimTime::from_secs(1_250)), 0);
/// let week = trace.extend_to(SimTime::from_secs(604_800), series::After::Repeat);
/// assert_eq!(week.expect("few steps").at(SimTime::from_secs(2_400)), 1);
/// # Ok::<(), traces::Refused>(())
/// ```
///
/// # Errors
/// An unknown format, one that holds no availability, an option it does not take, or faults of the
/// trace; nothing is imported then.
pub fn import_availability(
    format: &str,
    source: Source<'_>,
    options: &Options,
) -> Result<Series<u32>, Refused> {
    let read = |reads: &Reads| reads.availability;
    find(format, &source, options, ("availability", read))?(source, options)
}

/// Imports the prices of one pool over time.
///
/// # Errors
/// As [`import_availability`]; no such pool, or several.
pub fn import_prices(
    format: &str,
    source: Source<'_>,
    options: &Options,
) -> Result<Series<Price>, Refused> {
    let read = |reads: &Reads| reads.prices;
    find(format, &source, options, ("prices", read))?(source, options)
}

/// Imports lifetimes of machines.
///
/// # Errors
/// As [`import_availability`].
pub fn import_lifetimes(
    format: &str,
    source: Source<'_>,
    options: &Options,
) -> Result<Lifetimes, Refused> {
    let read = |reads: &Reads| reads.lifetimes;
    find(format, &source, options, ("lifetimes", read))?(source, options)
}

/// The pools whose prices a file holds, in order, with the records of each.
///
/// # Errors
/// As [`import_availability`].
pub fn list_pools(format: &str, source: Source<'_>) -> Result<Vec<(Pool, u64)>, Refused> {
    let (read, options) = (|reads: &Reads| reads.pools, Options::default());
    find(format, &source, &options, ("prices by pool", read))?(source, &options)
}

/// One of the things that a format may read.
type Pick<T> = fn(&Reads) -> Option<Import<T>>;

/// The importer of `what` in the format of that name.
fn find<T>(
    name: &str,
    source: &Source<'_>,
    options: &Options,
    (what, read): (&str, Pick<T>),
) -> Result<Import<T>, Refused> {
    let refuse = |rule: String, remedy: String| {
        let rule = Rule::new(rule, remedy);
        Refused::from(rule.at(&source.name(), (0, 0), name))
    };
    let known = || {
        formats()
            .iter()
            .filter(|format| read(&format.reads).is_some())
    };
    let named = || {
        let names: Vec<&str> = known().map(|format| format.name).collect();
        format!("use one of {}", names.join(", "))
    };
    let Some(format) = formats().iter().find(|format| format.name == name) else {
        return Err(refuse(String::from("there is no such format"), named()));
    };
    let Some(import) = read(&format.reads) else {
        return Err(refuse(format!("this format holds no {what}"), named()));
    };
    let foreign = options.set().find(|set| !format.options.contains(set));
    foreign.map_or(Ok(import), |option| {
        let remedy = format!("remove {option}");
        Err(refuse(format!("this format takes no {option}"), remedy))
    })
}
