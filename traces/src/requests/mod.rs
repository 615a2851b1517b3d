//! Requests: what services are asked over time, from published bytes or a model to typed values.
//!
//! | import | gives | unit |
//! |---|---|---|
//! | [`import_requests`] | [`RequestLog`] | arrivals to the microsecond, tokens |
//! | [`import_rates`] | [`RateCurve`] | requests expected in a bucket |
//!
//! [`synth`] makes requests of the same type from a seed: among them those that a rate curve
//! expects. [`RequestStats`] and [`CurveStats`] put either in numbers, and [`write_requests_csv`]
//! writes a table that `requests-csv` reads back.
//!
//! # Rules of all formats
//! * Time zero is the first request where the file has dates, else the zero of the file's clock.
//! * Requests are sorted by arrival; those of one instant keep the order of the file.
//! * What cannot be served again is left out, counted and noted; what breaks a rule fails the
//!   import, or is dropped, counted and listed in a lenient one.

mod azure_llm_2023;
mod burstgpt;
mod curve;
mod gather;
mod genai_2026;
mod llmservingsim_csv;
mod log;
mod rate_curve_csv;
mod requests_csv;
mod stats;
pub mod synth;
mod vllm_requests;

pub use curve::{CurveError, RateCurve, Then};
pub use log::{Measured, RequestLog, RequestRecord};
pub use requests_csv::write_requests_csv;
pub use stats::{ClassStats, CurveStats, RequestStats};

use crate::error::{Refused, Rule};
use crate::import::{self, Options};
use crate::reader::Source;

/// Most requests of a log.
pub const MAX_REQUESTS: usize = 100_000_000;
/// Most tokens that a request reads or writes.
pub const MAX_TOKENS: u32 = 100_000_000;
/// Most buckets of a rate curve.
pub const MAX_BUCKETS: usize = 4_000_000;

/// A format of requests that can be imported.
pub type Format = import::Format<Reads>;

/// An importer. Of the options only [`Options::lenient`] counts.
pub type Import<T> = fn(Source<'_>, &Options) -> Result<T, Refused>;

/// What comes out of a format.
#[derive(Clone, Copy, Debug)]
pub enum Reads {
    /// Requests one by one.
    Requests(Import<RequestLog>),
    /// Requests counted in buckets of time.
    Rates(Import<RateCurve>),
}

/// Every format, in alphabetical order. A new one is a file and a line here.
pub const fn formats() -> &'static [Format] {
    &[
        azure_llm_2023::FORMAT,
        burstgpt::FORMAT,
        genai_2026::FORMAT,
        llmservingsim_csv::FORMAT,
        rate_curve_csv::FORMAT,
        requests_csv::FORMAT,
        vllm_requests::FORMAT,
    ]
}

/// Imports requests one by one.
///
/// ```
/// use traces::{Options, Source, requests};
///
/// let csv = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n";
/// let source = Source::new("code.csv", csv.as_bytes());
/// let log = requests::import_requests("azure-llm-2023", source, &Options::default())?;
/// assert_eq!((log.records[0].input, log.records[0].output), (4808, 10));
/// # Ok::<(), traces::Refused>(())
/// ```
///
/// # Errors
/// An unknown format, one that holds no requests, or faults of the trace; nothing is imported then.
pub fn import_requests(
    format: &str,
    source: Source<'_>,
    options: &Options,
) -> Result<RequestLog, Refused> {
    match find(format, &source)?.reads {
        Reads::Requests(read) => read(source, options),
        Reads::Rates(_) => {
            let rule = Rule::new(
                "this format holds rates",
                "generate requests from its curve",
            );
            Err(rule.at(&source.name(), (0, 0), format).into())
        }
    }
}

/// Imports a rate curve.
///
/// # Errors
/// An unknown format, one that holds no rates, or faults of the trace; nothing is imported then.
pub fn import_rates(format: &str, source: Source<'_>) -> Result<RateCurve, Refused> {
    match find(format, &source)?.reads {
        Reads::Rates(read) => read(source, &Options::default()),
        Reads::Requests(_) => {
            let rule = Rule::new("this format holds requests one by one", "import it as such");
            Err(rule.at(&source.name(), (0, 0), format).into())
        }
    }
}

fn find(name: &str, source: &Source<'_>) -> Result<&'static Format, Refused> {
    let known = formats().iter().find(|format| format.name == name);
    known.ok_or_else(|| {
        let names: Vec<&str> = formats().iter().map(|format| format.name).collect();
        let remedy = format!("use one of {}", names.join(", "));
        let rule = Rule::new("there is no such format", remedy);
        rule.at(&source.name(), (0, 0), name).into()
    })
}
