//! What each job of one run says of a metric, in the order of submission: what batch means are made of.

use sim_core::units::Span;
use sim_core::watch::{Outcome, Record, Row};

use super::judged::{Window, is_violated, jct, wait};
use super::metrics::{METRICS, index};
use super::number::secs;

/// The metrics that are means over jobs.
pub(super) const SERIAL: [&str; 4] = [
    "jct_mean_s",
    "wait_mean_s",
    "sla_violation_rate",
    "bounded_slowdown_mean",
];

/// The value of each job of a run, in the order of the workload: nothing of one that does not count or has none. `None` of a
/// metric that is no mean over jobs.
pub(super) fn serial(record: &Record, window: &Window, metric: usize) -> Option<Vec<Option<f64>>> {
    let name = METRICS[metric].name;
    let of = |row: &Row| -> Option<f64> {
        match name {
            "jct_mean_s" => jct(row).map(secs),
            "wait_mean_s" => wait(row).map(secs),
            "sla_violation_rate" => {
                is_violated(row, window, record.end).map(|is| f64::from(u8::from(is)))
            }
            _ => slowdown(row),
        }
    };
    let rows = record.rows.iter();
    let all = rows.map(|row| of(row).filter(|_| window.counts(row, record.end)));
    SERIAL.contains(&name).then(|| all.collect())
}

/// At least one, and of a short job what ten seconds would have been.
fn slowdown(row: &Row) -> Option<f64> {
    let floor = Span::from_secs(10);
    let is_done = row.outcome == Outcome::Completed;
    let jct = jct(row).filter(|_| is_done)?;
    Some((secs(jct) / secs(row.run.max(floor))).max(1.0))
}

/// The positions of those metrics.
pub(super) fn positions() -> [usize; 4] {
    SERIAL.map(index)
}
