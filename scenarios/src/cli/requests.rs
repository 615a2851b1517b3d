//! `trace` of requests: read and written as our own table, described, generated.

use std::collections::BTreeSet;
use std::path::Path;

use plots::table::{Cell, Table};
use sim_core::units::convert;
use traces::requests::{
    self, ClassStats, CurveStats, Format, Reads, RequestLog, RequestStats, import_rates,
    import_requests, write_requests_csv,
};
use traces::{Options, Quantiles, Source};

use super::run::plot;
use super::trace::{notes, open, put};
use super::{Failure, terminal};

/// Most classes told one by one.
const MOST_CLASSES: usize = 20;

/// The format of requests of that name.
pub(super) fn format(name: &str) -> Option<&'static Format> {
    let mut formats = requests::formats().iter();
    formats.find(|format| format.name == name)
}

/// Writes a log of requests in our own columns.
pub(super) fn import(
    format: &Format,
    file: &Path,
    lenient: bool,
    out: Option<&Path>,
) -> Result<(), Failure> {
    match format.reads {
        Reads::Requests(_) => write(&read(format, file, lenient)?, out),
        Reads::Rates(_) => Err(Failure::Input(format!(
            "{}: it holds rates, not requests; make requests of it with \
             windtunnel trace synth rate-curve --param file={}",
            format.name,
            file.display()
        ))),
    }
}

/// Writes requests, to stdout where no file is named.
pub(super) fn write(log: &RequestLog, out: Option<&Path>) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    write_requests_csv(log, &mut bytes).expect("memory takes all");
    put(&bytes, out)
}

/// Describes requests, or a rate curve.
pub(super) fn stats(format: &Format, file: &Path, lenient: bool) -> Result<(), Failure> {
    match format.reads {
        Reads::Requests(_) => {
            let stats = RequestStats::of(&read(format, file, lenient)?);
            let table = lengths(&stats).text(terminal::width()).map_err(plot)?;
            terminal::say(&format!("{}\n{table}", head(&stats)))
        }
        Reads::Rates(_) => {
            let source = Source::new(&file.to_string_lossy(), open(file)?);
            let curve = import_rates(format.name, source);
            let curve = curve.map_err(|refused| Failure::Input(refused.to_string()))?;
            let stats = CurveStats::of(&curve);
            let table = table(vec![row("", stats.buckets, "requests", stats.bucket)]);
            let table = table.text(terminal::width()).map_err(plot)?;
            terminal::say(&format!(
                "{} requests in {} buckets of {} over {}, {:.4} a second, {:.1} % of the buckets empty\n\n{table}",
                stats.requests,
                stats.buckets,
                curve.bucket(),
                stats.span,
                stats.per_s,
                stats.empty * 100.0
            ))
        }
    }
}

fn read(format: &Format, file: &Path, lenient: bool) -> Result<RequestLog, Failure> {
    let options = Options {
        lenient,
        ..Options::default()
    };
    let source = Source::new(&file.to_string_lossy(), open(file)?);
    let log = import_requests(format.name, source, &options);
    let log = log.map_err(|refused| Failure::Input(refused.to_string()))?;
    notes(&log.notes, &log.dropped);
    Ok(log)
}

fn head(stats: &RequestStats) -> String {
    let mut head = format!(
        "{} requests over {}, {:.4} a second, CV^2 of the gaps {:.3}, at most {} in a minute\n",
        stats.requests, stats.span, stats.per_s, stats.gap_cv2, stats.busiest_minute
    );
    if stats.sessions > 0 {
        let turns = convert::real(stats.requests) / convert::real(stats.sessions);
        let line = format!("{} sessions, {turns:.2} requests each\n", stats.sessions);
        head.push_str(&line);
    }
    if stats.contents > 0 {
        let share = 100.0 * convert::real(stats.repeated) / convert::real(stats.requests);
        let line = format!(
            "{} contents, {share:.1} % of the requests ask what was asked before\n",
            stats.contents
        );
        head.push_str(&line);
    }
    head
}

/// Quantiles of gaps and lengths, two rows a class; of many classes the largest.
fn lengths(stats: &RequestStats) -> Table {
    let gaps = stats.requests.saturating_sub(1);
    let mut rows = vec![row("all", gaps, "gap s", stats.gap_s)];
    let largest = largest(&stats.classes);
    // All requests as one stand last in the statistics, and first here.
    let last = stats.classes.len().saturating_sub(1);
    for at in std::iter::once(last).chain(0..last) {
        if let (true, Some(class)) = (largest.contains(&at), stats.classes.get(at)) {
            rows.push(row(&class.name, class.requests, "input", class.input));
            rows.push(row(&class.name, class.requests, "output", class.output));
        }
    }
    table(rows)
}

/// Positions of the largest classes, that of all requests among them.
fn largest(classes: &[ClassStats]) -> BTreeSet<usize> {
    let mut ranked: Vec<usize> = (0..classes.len()).collect();
    ranked.sort_by_key(|at| (std::cmp::Reverse(classes[*at].requests), *at));
    let last = classes.len().checked_sub(1);
    ranked.into_iter().take(MOST_CLASSES).chain(last).collect()
}

fn table(rows: Vec<Vec<Cell>>) -> Table {
    let columns = [
        "class", "count", "of", "mean", "min", "p10", "p25", "p50", "p75", "p90", "p99", "max",
    ];
    Table {
        columns: columns.map(str::to_owned).to_vec(),
        rows,
    }
}

fn row(name: &str, count: u64, of: &str, q: Quantiles) -> Vec<Cell> {
    let numbers = [
        q.mean, q.min, q.p10, q.p25, q.p50, q.p75, q.p90, q.p99, q.max,
    ];
    let decimals = if of == "gap s" { 4 } else { 1 };
    let cells = numbers
        .into_iter()
        .map(|number| Cell::number(number, decimals));
    [
        Cell::from(name),
        Cell::from(count.to_string().as_str()),
        Cell::from(of),
    ]
    .into_iter()
    .chain(cells)
    .collect()
}
