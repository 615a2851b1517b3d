//! A log of requests in numbers: how many, how bursty, how long.

use std::collections::BTreeMap;

use sim_core::units::{Span, convert};

use super::{RateCurve, RequestLog, RequestRecord};
use crate::stats::Quantiles;

/// A log of requests in numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestStats {
    /// Requests.
    pub requests: u64,
    /// From the first request to the last.
    pub span: Span,
    /// Gaps over the span: requests a second; 0 where there is no span.
    pub per_s: f64,
    /// Time between requests, in seconds.
    pub gap_s: Quantiles,
    /// Variance of the gaps over their squared mean: 1 of a Poisson process, more where requests
    /// come in bursts; 0 where there are no gaps.
    pub gap_cv2: f64,
    /// Most requests in a minute, of the minutes that begin at time zero and every 60 s after.
    pub busiest_minute: u64,
    /// Different sessions.
    pub sessions: u64,
    /// Different contents.
    pub contents: u64,
    /// Requests whose content was asked before: what a cache without bounds would answer.
    pub repeated: u64,
    /// By class, in the order in which they first come, after them all requests as one, named
    /// "all";
    /// those without a class are told only there.
    pub classes: Vec<ClassStats>,
}

/// The requests of one class.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassStats {
    /// Its name.
    pub name: String,
    /// Requests.
    pub requests: u64,
    /// Read by each.
    pub input: Quantiles,
    /// Written by each.
    pub output: Quantiles,
}

/// A rate curve in numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurveStats {
    /// Buckets.
    pub buckets: u64,
    /// From time zero to the end of the last bucket.
    pub span: Span,
    /// Requests in all.
    pub requests: f64,
    /// Requests a second.
    pub per_s: f64,
    /// Requests of a bucket.
    pub bucket: Quantiles,
    /// Share of the buckets without requests.
    pub empty: f64,
}

impl RequestStats {
    /// The numbers of `log`.
    pub fn of(log: &RequestLog) -> Self {
        let records = &log.records;
        let seconds = |span: Span| convert::real(span.us()) / 1e6;
        let pairs = records.windows(2);
        let gaps: Vec<f64> = pairs
            .map(|w| seconds(w[1].arrived.since(w[0].arrived)))
            .collect();
        let span = log.span();
        let count = convert::real(convert::wide(gaps.len()));
        let per_s = count / seconds(span);
        let mut minutes: BTreeMap<u64, u64> = BTreeMap::new();
        let mut sessions: Vec<u64> = records.iter().filter_map(|one| one.session).collect();
        let mut contents: Vec<u64> = records.iter().filter_map(|one| one.content).collect();
        let keyed = convert::wide(contents.len());
        for record in records {
            *minutes.entry(record.arrived.us() / 60_000_000).or_default() += 1;
        }
        let different = |keys: &mut Vec<u64>| {
            keys.sort_unstable();
            keys.dedup();
            convert::wide(keys.len())
        };
        let contents = different(&mut contents);
        Self {
            requests: convert::wide(records.len()),
            span,
            per_s: if per_s.is_finite() { per_s } else { 0.0 },
            gap_cv2: cv2(&gaps),
            gap_s: Quantiles::of(gaps),
            busiest_minute: minutes.into_values().max().unwrap_or(0),
            sessions: different(&mut sessions),
            contents,
            repeated: keyed - contents,
            classes: classes(log),
        }
    }
}

impl CurveStats {
    /// The numbers of `curve`.
    pub fn of(curve: &RateCurve) -> Self {
        let buckets = convert::wide(curve.expected().len());
        let empty = curve.expected().iter().filter(|one| **one <= 0.0).count();
        Self {
            buckets,
            span: curve.span(),
            requests: curve.total(),
            per_s: curve.total() / (convert::real(curve.span().us()) / 1e6),
            bucket: Quantiles::of(curve.expected().to_vec()),
            empty: convert::real(convert::wide(empty)) / convert::real(buckets),
        }
    }
}

/// Variance over the squared mean; 0 where there is no mean.
fn cv2(sample: &[f64]) -> f64 {
    let count = convert::real(convert::wide(sample.len()));
    let mean = sample.iter().sum::<f64>() / count;
    let squares: f64 = sample.iter().map(|x| (x - mean) * (x - mean)).sum();
    let cv2 = squares / count / (mean * mean);
    if cv2.is_finite() { cv2 } else { 0.0 }
}

fn classes(log: &RequestLog) -> Vec<ClassStats> {
    let of = |name: &str, keep: &dyn Fn(&RequestRecord) -> bool| {
        let kept: Vec<&RequestRecord> = log.records.iter().filter(|one| keep(one)).collect();
        let amounts = |amount: fn(&RequestRecord) -> u32| {
            Quantiles::of(kept.iter().map(|one| f64::from(amount(one))).collect())
        };
        ClassStats {
            name: name.to_owned(),
            requests: convert::wide(kept.len()),
            input: amounts(|one| one.input),
            output: amounts(|one| one.output),
        }
    };
    let mut told = Vec::new();
    for (class, name) in (0_u16..).zip(&log.classes) {
        told.push(of(name, &|one| one.class == Some(class)));
    }
    told.push(of("all", &|_| true));
    told
}
