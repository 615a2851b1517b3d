//! What the cells of a sweep say together: the Pareto front, main effects and Sobol's indices, as tables and as figures.

use std::collections::BTreeMap;

use plots::figure::{Estimate, Heading, MOST_NAMES, Measure, Unit, bars, scatter};
use plots::{Drawing, PlotError};

use super::effects::{levels, range};
use super::folder::Folder;
use super::front::front;
use super::indices::indices;
use super::stored::Sheet;
use crate::experiment::OutputError;
use crate::experiment::cell::Cell;
use crate::experiment::metrics::{METRICS, index, is_share};
use crate::experiment::sheet::{Csv, number, text};
use crate::schema::SweepMethod;

/// The metrics that are looked into; of all, the tables hold every cell.
const ANALYSED: [&str; 8] = [
    "cost_usd",
    "sla_violation_rate",
    "latency_p95_s",
    "jct_mean_s",
    "wait_mean_s",
    "makespan_s",
    "gpu_utilization",
    "slo_attainment",
];

/// What cost is set against: the first of these that says anything.
const AGAINST: [&str; 3] = ["sla_violation_rate", "latency_p95_s", "jct_mean_s"];

/// The means of the cells, as far as they are looked into.
#[derive(Debug, Default)]
pub(super) struct Findings {
    policies: Vec<String>,
    baseline: usize,
    /// By cell, then policy, then metric of [`ANALYSED`].
    means: BTreeMap<String, Vec<Vec<Option<f64>>>>,
}

/// A file in the making.
type File = (String, Vec<u8>);

impl Findings {
    /// Takes note of a cell.
    pub(super) fn add(&mut self, cell: &Cell) {
        let policies = cell.entrants.iter().map(|entrant| entrant.policy.clone());
        self.policies = policies.collect();
        self.baseline = cell.baseline;
        let mean = |policy: usize, metric: &str| Some(cell.mean(policy, index(metric))?.mean);
        let of_policy = |policy| ANALYSED.map(|metric| mean(policy, metric)).to_vec();
        let means = (0..cell.entrants.len()).map(of_policy).collect();
        self.means.insert(cell.name.clone(), means);
    }

    /// Writes tables and figures into a folder.
    ///
    /// # Errors
    /// The system's, or a figure that cannot be drawn.
    pub(super) fn write(&self, sheet: &Sheet, out: &Folder) -> Result<(), OutputError> {
        let mut files = vec![("main-effects.csv".to_owned(), self.effects(sheet))];
        let mut figures = Vec::new();
        for metric in ANALYSED
            .into_iter()
            .filter(|metric| self.is_telling(metric))
            .take(2)
        {
            figures.push((
                format!("main-effects-{}", dashed(metric)),
                self.effect_bars(sheet, metric),
            ));
        }
        if sheet.head.method == SweepMethod::Sobol.name() {
            files.push(("sobol-indices.csv".to_owned(), self.indices(sheet)));
            for metric in ANALYSED
                .into_iter()
                .filter(|metric| self.is_telling(metric))
                .take(2)
            {
                let name = format!("sobol-indices-{}", dashed(metric));
                figures.push((name, self.index_bars(sheet, metric)));
            }
        }
        if let Some(against) = AGAINST.into_iter().find(|metric| self.is_telling(metric)) {
            let points = self.points(sheet, against);
            files.push(("pareto.csv".to_owned(), table(&points, against)));
            figures.push(("pareto".to_owned(), self.trade_off(&points, against)));
        }
        for (name, drawn) in figures {
            files.extend(drawn_files(&name, drawn, out)?);
        }
        files
            .iter()
            .try_for_each(|(name, bytes)| out.put(name, bytes))
    }

    /// The result of a cell, if it is there.
    fn result(&self, cell: &str, policy: usize, metric: &str) -> Option<f64> {
        let at = ANALYSED.iter().position(|name| *name == metric)?;
        *self.means.get(cell)?.get(policy)?.get(at)?
    }

    /// Whether a metric says anything: some cell has a value other than zero.
    fn is_telling(&self, metric: &str) -> bool {
        let policies = 0..self.policies.len();
        self.means.keys().any(|cell| {
            let mut results = policies
                .clone()
                .map(|policy| self.result(cell, policy, metric));
            results.any(|result| result.is_some_and(|value| value != 0.0))
        })
    }

    /// The value of a key and the result, by cell.
    fn cells<'a>(
        &self,
        sheet: &'a Sheet,
        (key, policy, metric): (usize, usize, &str),
    ) -> Vec<(&'a str, Option<f64>)> {
        let distinct = sheet.distinct().into_iter().map(|at| &sheet.cells[at]);
        distinct
            .map(|own| {
                (
                    own.values[key].as_str(),
                    self.result(&own.cell, policy, metric),
                )
            })
            .collect()
    }

    /// The results by position.
    fn results(&self, sheet: &Sheet, policy: usize, metric: &str) -> Vec<Option<f64>> {
        let cells = sheet.cells.iter();
        cells
            .map(|own| self.result(&own.cell, policy, metric))
            .collect()
    }

    /// `main-effects.csv`: a row for each policy, metric, key and level.
    fn effects(&self, sheet: &Sheet) -> Vec<u8> {
        let mut csv = Csv::new(["policy", "metric", "key", "level", "cells", "mean"]);
        for (policy, name) in self.policies.iter().enumerate() {
            for metric in ANALYSED {
                for (key, path) in sheet.keys().enumerate() {
                    for level in levels(&self.cells(sheet, (key, policy, metric))) {
                        csv.row([
                            name.clone(),
                            metric.to_owned(),
                            text(path),
                            text(&level.label),
                            level.cells.to_string(),
                            number(Some(level.mean)),
                        ]);
                    }
                }
            }
        }
        csv.bytes()
    }

    /// How far each key moves the baseline's mean.
    fn effect_bars(&self, sheet: &Sheet, metric: &str) -> Result<Drawing, PlotError> {
        let bar = |(key, path): (usize, &str)| {
            let levels = levels(&self.cells(sheet, (key, self.baseline, metric)));
            bar(path.to_owned(), key, range(&levels))
        };
        let title = format!("Main effects on {}", words(metric));
        let subtitle = format!(
            "{}, {} cells: from the least to the greatest mean over the values of a key",
            self.policies[self.baseline],
            self.means.len()
        );
        let bars = sheet.keys().enumerate().map(bar).collect();
        draw_bars((title, subtitle), measure(metric), bars)
    }

    /// `sobol-indices.csv`: a row for each policy, metric and key.
    fn indices(&self, sheet: &Sheet) -> Vec<u8> {
        let columns = ["policy", "metric", "key", "first_order", "total", "points"];
        let mut csv = Csv::new(columns);
        for (policy, name) in self.policies.iter().enumerate() {
            for metric in ANALYSED {
                let results = self.results(sheet, policy, metric);
                let found = indices(&results, sheet.head.keys.len());
                for (path, own) in sheet.keys().zip(found.into_iter().flatten()) {
                    csv.row([
                        name.clone(),
                        metric.to_owned(),
                        text(path),
                        number(Some(own.first)),
                        number(Some(own.total)),
                        own.points.to_string(),
                    ]);
                }
            }
        }
        csv.bytes()
    }

    /// The indices of the baseline. An estimate below zero is drawn as none; the table has it.
    fn index_bars(&self, sheet: &Sheet, metric: &str) -> Result<Drawing, PlotError> {
        let results = self.results(sheet, self.baseline, metric);
        let found = indices(&results, sheet.head.keys.len()).unwrap_or_default();
        let both = sheet.keys().zip(&found).enumerate();
        let both = both.flat_map(|(key, (path, own))| {
            [("alone", own.first), ("in total", own.total)]
                .map(|(word, value)| bar(format!("{path}, {word}"), key, value.max(0.0)))
        });
        let title = format!("Sobol's indices of {}", words(metric));
        let subtitle = format!(
            "{}: share of the variance, {} points of Saltelli's design",
            self.policies[self.baseline],
            found.first().map_or(0, |own| own.points)
        );
        let measure = Measure {
            title: "Index".to_owned(),
            unit: Unit::One,
        };
        draw_bars((title, subtitle), measure, both.collect())
    }

    /// Every cell with every policy, by cost and another metric.
    fn points(&self, sheet: &Sheet, against: &str) -> Vec<Point> {
        let mut points = Vec::new();
        for own in sheet.distinct().into_iter().map(|at| &sheet.cells[at]) {
            for (policy, name) in self.policies.iter().enumerate() {
                let cost = self.result(&own.cell, policy, "cost_usd");
                let other = self.result(&own.cell, policy, against);
                if let Some((x, y)) = cost.zip(other) {
                    points.push(Point {
                        cell: own.cell.clone(),
                        policy: name.clone(),
                        position: policy,
                        values: own.values.join(", "),
                        at: (x, y),
                        on_front: false,
                    });
                }
            }
        }
        let at: Vec<(f64, f64)> = points.iter().map(|point| point.at).collect();
        for on in front(&at) {
            points[on].on_front = true;
        }
        points
    }

    /// The front, and of a long one as many points as can be named.
    fn trade_off(&self, points: &[Point], against: &str) -> Result<Drawing, PlotError> {
        let front: Vec<&Point> = points.iter().filter(|point| point.on_front).collect();
        let each = front.len().div_ceil(MOST_NAMES).max(1);
        let drawn = front.iter().step_by(each).map(|point| scatter::Point {
            name: format!("{} {}", point.policy, point.values),
            position: point.position,
            x: Estimate::exact(point.at.0),
            y: Estimate::exact(point.at.1),
        });
        let figure = scatter::Scatter {
            heading: Heading {
                title: format!("Cost against {}", words(against)),
                subtitle: Some(format!(
                    "the Pareto front of {} cells with {} policies",
                    self.means.len(),
                    self.policies.len()
                )),
            },
            x: measure("cost_usd"),
            y: measure(against),
            points: drawn.collect(),
        };
        figure.draw()
    }
}

/// A cell with a policy.
#[derive(Debug)]
struct Point {
    cell: String,
    policy: String,
    position: usize,
    values: String,
    at: (f64, f64),
    on_front: bool,
}

/// `pareto.csv`: every point, and whether it is on the front.
fn table(points: &[Point], against: &str) -> Vec<u8> {
    let mut csv = Csv::new(["cell", "policy", "cost_usd", against, "on_front"]);
    for point in points {
        csv.row([
            point.cell.clone(),
            point.policy.clone(),
            number(Some(point.at.0)),
            number(Some(point.at.1)),
            point.on_front.to_string(),
        ]);
    }
    csv.bytes()
}

fn bar(name: String, position: usize, value: f64) -> bars::Bar {
    bars::Bar {
        name,
        position,
        estimate: Estimate::exact(value),
        bound: None,
    }
}

fn draw_bars(
    (title, subtitle): (String, String),
    measure: Measure,
    bars: Vec<bars::Bar>,
) -> Result<Drawing, PlotError> {
    let figure = bars::Bars {
        heading: Heading {
            title,
            subtitle: Some(subtitle),
        },
        measure,
        bars,
        baseline: None,
    };
    figure.draw()
}

/// A figure as SVG, CSV and PNG.
fn drawn_files(
    name: &str,
    drawn: Result<Drawing, PlotError>,
    out: &Folder,
) -> Result<[File; 3], OutputError> {
    let refused = |error: PlotError| OutputError {
        path: out.path().join("figures").join(name),
        error: std::io::Error::other(error.to_string()),
    };
    let drawing = drawn.map_err(refused)?;
    let png = drawing.png().map_err(refused)?;
    let file = |ending: &str, bytes: Vec<u8>| (format!("figures/{name}.{ending}"), bytes);
    Ok([
        file("svg", drawing.svg.into_bytes()),
        file("csv", drawing.csv.into_bytes()),
        file("png", png),
    ])
}

fn measure(metric: &str) -> Measure {
    let spec = &METRICS[index(metric)];
    let unit = match spec.unit {
        "s" => Unit::Seconds,
        "" if is_share(spec) => Unit::Share,
        "" => Unit::One,
        other => Unit::Named(other.to_owned()),
    };
    Measure {
        title: words(metric),
        unit,
    }
}

/// A metric's name without its unit.
fn words(metric: &str) -> String {
    let bare = metric.trim_end_matches("_usd").trim_end_matches("_s");
    bare.replace('_', " ")
}

/// A metric's name in that of a file.
fn dashed(metric: &str) -> String {
    words(metric).replace(' ', "-")
}
