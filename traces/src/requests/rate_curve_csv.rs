//! `rate-curve-csv`: how many requests came in each of equal buckets of time.

use sim_core::units::{Span, convert};

use super::gather::{Clock, epoch, signed};
use super::{Format, MAX_BUCKETS, MAX_REQUESTS, RateCurve, Reads};
use crate::error::{Refused, Rule, TraceError};
use crate::import::{Evidence, Faults, Options};
use crate::reader::{Column, Row, Source, Table, count, naive, seconds};

pub(super) const FORMAT: Format = Format {
    name: "rate-curve-csv",
    doc: "requests counted in equal buckets of time",
    origin: "this program",
    columns: "bucket_start (a date and time, or seconds), requests",
    evidence: Evidence::RealRows,
    reads: Reads::Rates(read),
};

/// The first bucket begins at time zero. Strict even where a lenient import is asked for: without
/// one of its rows, a curve would be a guess.
fn read(source: Source<'_>, _options: &Options) -> Result<RateCurve, Refused> {
    let file = source.name();
    let mut table = Table::open(source)?;
    let columns = (table.column("bucket_start")?, table.column("requests")?);
    let mut faults = Faults::new(&Options::default());
    let mut buckets = Buckets::default();
    while let Some(row) = table.next_row()? {
        faults.take(row.and_then(|row| buckets.take(&row, columns)))?;
    }
    faults.settle()?;
    let refuse = |rule: Rule| Refused::from(rule.at(&file, (0, 0), ""));
    let Some(bucket) = buckets.length else {
        let rule = "a curve has two rows at least, whose distance is the length of a bucket";
        return Err(refuse(Rule::new(rule, "check for a truncated file")));
    };
    let mut curve = RateCurve::new(bucket, buckets.requests)
        .map_err(|error| refuse(Rule::new(error.to_string(), "check the clock")))?;
    if buckets.dated {
        curve.epoch = epoch(Clock::Naive, buckets.first);
    }
    Ok(curve)
}

/// The buckets so far, and the distance that the first two have set.
#[derive(Default)]
struct Buckets {
    requests: Vec<f64>,
    first: i64,
    last: i64,
    length: Option<Span>,
    dated: bool,
}

impl Buckets {
    fn take(&mut self, row: &Row<'_>, columns: (Column, Column)) -> Result<(), TraceError> {
        let (start, requests) = columns;
        let dated = row.text(start).contains(['-', ':']);
        let at = if dated {
            row.parse(start, naive)?
        } else {
            signed(row.parse(start, seconds)?.us())
        };
        let most = convert::narrow(MAX_REQUESTS);
        let counted = row.parse(requests, |text| count(text, (0, most)))?;
        self.place(at, dated)
            .map_err(|rule| row.fault(start, rule))?;
        self.requests.push(f64::from(counted));
        Ok(())
    }

    fn place(&mut self, at: i64, dated: bool) -> Result<(), Rule> {
        if self.requests.is_empty() {
            (self.first, self.last, self.dated) = (at, at, dated);
            return Ok(());
        }
        if dated != self.dated {
            let rule = "stands on another clock than the row above it";
            return Err(Rule::new(rule, "write all as dates, or all as seconds"));
        }
        if self.requests.len() >= MAX_BUCKETS {
            let rule = format!("a curve has at most {MAX_BUCKETS} buckets");
            return Err(Rule::new(
                rule,
                "split the file, or count in longer buckets",
            ));
        }
        let gap = u64::try_from(at - self.last).ok().and_then(Span::from_us);
        let gap = gap.filter(|gap| *gap > Span::ZERO);
        let Some(gap) = gap else {
            return Err(Rule::new(
                "is not after the row above it",
                "sort the file by time, and count each bucket once",
            ));
        };
        let length = *self.length.get_or_insert(gap);
        if gap != length {
            let rule = format!("follows after {gap}, where the first two are {length} apart");
            return Err(Rule::new(rule, "add the buckets without requests"));
        }
        self.last = at;
        Ok(())
    }
}
