//! The figures of a sweep: the Pareto front among all outcomes, main effects, Sobol's indices.

use plots::figure::{Estimate, Heading, Measure, Unit, bars, cloud, ranks};
use plots::{Drawing, PlotError};

use super::effects::range;
use super::findings::{Findings, Outcome};
use super::folder::Folder;
use super::indices::Share;
use super::rank::{Ranking, ranking};
use super::stored::Sheet;
use crate::experiment::metrics::index;
use crate::experiment::words::counted;
use crate::experiment::{OutputError, measure_of};

/// Most outcomes that are no part of the front and still drawn; of more, every so many.
const MOST_DRAWN: usize = 2_000;

/// Metrics that have figures of their own: the first that say anything.
const MOST_METRICS: usize = 2;

/// A figure: its name as a file, and what is drawn.
type Figure = (String, Result<Drawing, PlotError>);

/// Draws what was found and writes it into a folder.
///
/// # Errors
/// The system's, or a figure that cannot be drawn.
pub(super) fn write(found: &Findings, sheet: &Sheet, out: &Folder) -> Result<(), OutputError> {
    let mut figures: Vec<Figure> = Vec::new();
    for metric in found.telling().take(MOST_METRICS) {
        let name = metric.trim_end_matches("_usd").trim_end_matches("_s");
        let name = name.replace('_', "-");
        let drawn = effects(found, sheet, metric);
        figures.push((format!("main-effects-{name}"), drawn));
        if let Some(ranking) = ranking(found, sheet, metric) {
            let drawn = ranked(found, &ranking, metric);
            figures.push((format!("critical-difference-{name}"), drawn));
        }
        if let Some(drawn) = shares(found, sheet, metric) {
            figures.push((format!("sobol-indices-{name}"), drawn));
        }
    }
    if let Some(against) = found.against() {
        let drawn = trade_off(found, (&found.outcomes(sheet, against), against));
        figures.push(("pareto".to_owned(), drawn));
    }
    let mut figures = figures.into_iter();
    figures.try_for_each(|(name, drawn)| store(&name, drawn, out))
}

/// A figure as SVG, CSV, Vega-Lite and PNG.
fn store(name: &str, drawn: Result<Drawing, PlotError>, out: &Folder) -> Result<(), OutputError> {
    let refused = |error: PlotError| OutputError {
        path: out.path().join("figures").join(name),
        error: std::io::Error::other(error.to_string()),
    };
    let drawing = drawn.map_err(refused)?;
    let png = drawing.png().map_err(refused)?;
    let put = |ending: &str, bytes: &[u8]| out.put(&format!("figures/{name}.{ending}"), bytes);
    put("svg", drawing.svg.as_bytes())?;
    put("csv", drawing.csv.as_bytes())?;
    put("vl.json", drawing.vega.as_bytes())?;
    put("png", &png)
}

/// How far each key moves the baseline's mean.
fn effects(found: &Findings, sheet: &Sheet, metric: &str) -> Result<Drawing, PlotError> {
    let bar = |(key, path): (usize, &str)| {
        let levels = found.levels(sheet, (key, found.baseline, metric));
        bar(path.to_owned(), key, Estimate::exact(range(&levels)))
    };
    let of = measure_of(index(metric));
    let subtitle = format!(
        "{}, {}: how far the means at the values of a key lie apart",
        found.policies[found.baseline],
        counted(found.cells(), "cell")
    );
    let figure = bars::Bars {
        heading: Heading {
            title: format!("Main effects on {}", inside(&of.title)),
            subtitle: Some(subtitle),
        },
        measure: Measure {
            title: format!("Range of mean {}", inside(&of.title)),
            unit: of.unit,
        },
        bars: sheet.keys().enumerate().map(bar).collect(),
        baseline: None,
    };
    figure.draw()
}

/// The indices of the baseline, where there are any.
fn shares(found: &Findings, sheet: &Sheet, metric: &str) -> Option<Result<Drawing, PlotError>> {
    let shares = found.shares(sheet, found.baseline, metric)?;
    let both = sheet.keys().zip(&shares).enumerate();
    let both = both.flat_map(|(key, (path, own))| {
        [("alone", own.first), ("in total", own.total)]
            .map(|(word, share)| bar(format!("{path}, {word}"), key, estimate(share)))
    });
    let subtitle = format!(
        "{}, {} points of Saltelli's design; 95 % intervals by resampling the points",
        found.policies[found.baseline],
        shares.first().map_or(0, |own| own.points)
    );
    let of = measure_of(index(metric)).title;
    let figure = bars::Bars {
        heading: Heading {
            title: format!("Sobol's indices of {}", inside(&of)),
            subtitle: Some(subtitle),
        },
        measure: Measure {
            title: "Share of the variance".to_owned(),
            unit: Unit::One,
        },
        bars: both.collect(),
        baseline: None,
    };
    Some(figure.draw())
}

/// How policies rank over the cells, and who cannot be told apart.
fn ranked(found: &Findings, ranking: &Ranking, metric: &str) -> Result<Drawing, PlotError> {
    let of = measure_of(index(metric)).title;
    let p = match ranking.test.p_of_f {
        p if p < 0.001 => "p < 0.001".to_owned(),
        p => format!("p = {p:.3}"),
    };
    let places = found.policies.iter().zip(&ranking.test.average_ranks);
    let place = |(position, (name, rank)): (usize, (&String, &f64))| ranks::Place {
        name: name.clone(),
        position,
        rank: *rank,
    };
    let order = &ranking.groups.order;
    let alike = ranking.groups.alike.iter();
    let figure = ranks::Ranks {
        heading: Heading {
            title: format!("Mean ranks in {}", inside(&of)),
            subtitle: Some(format!(
                "{} blocks, 1 is best; Friedman's test: {p}. Bars join what Nemenyi's test cannot tell apart at 5 %",
                ranking.test.blocks
            )),
        },
        places: places.enumerate().map(place).collect(),
        critical_difference: ranking.critical_difference,
        alike: alike
            .map(|group| (order[group.start], order[group.end - 1]))
            .collect(),
    };
    figure.draw()
}

/// Every outcome, and which of them nothing beats.
fn trade_off(
    found: &Findings,
    (outcomes, against): (&[Outcome], &str),
) -> Result<Drawing, PlotError> {
    let beaten = outcomes.iter().filter(|outcome| !outcome.on_front).count();
    let each = beaten.div_ceil(MOST_DRAWN).max(1);
    let mut seen = 0;
    let mut drawn = |outcome: &Outcome| {
        seen += usize::from(!outcome.on_front);
        outcome.on_front || seen.is_multiple_of(each)
    };
    let kept: Vec<&Outcome> = outcomes.iter().filter(|own| drawn(own)).collect();
    let point = |outcome: &Outcome| cloud::Point {
        name: outcome.values.clone(),
        x: outcome.at.0,
        y: outcome.at.1,
    };
    let group = |(policy, name): (usize, &String)| cloud::Group {
        name: name.clone(),
        position: policy,
        points: kept
            .iter()
            .filter(|outcome| outcome.policy == policy)
            .map(|outcome| point(outcome))
            .collect(),
    };
    let (cost, other) = (measure_of(index("cost_usd")), measure_of(index(against)));
    let figure = cloud::Cloud {
        heading: Heading {
            title: format!("Cost against {}", inside(&other.title)),
            subtitle: Some(format!(
                "{} by {} policies, a point each; large on the Pareto front",
                counted(found.cells(), "cell"),
                found.policies.len()
            )),
        },
        x: cost,
        y: other,
        groups: found.policies.iter().enumerate().map(group).collect(),
    };
    figure.draw()
}

fn bar(name: String, position: usize, estimate: Estimate) -> bars::Bar {
    bars::Bar {
        name,
        position,
        estimate,
        bound: None,
    }
}

fn estimate(share: Share) -> Estimate {
    let (low, high) = (share.low.min(share.share), share.high.max(share.share));
    Estimate::within(share.share, low, high)
}

/// A title within a sentence: small, unless it begins with an abbreviation.
fn inside(title: &str) -> String {
    let mut letters = title.chars();
    let (first, second) = (letters.next(), letters.next());
    match (first, second) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            let rest = &title[first.len_utf8()..];
            format!("{}{rest}", first.to_lowercase())
        }
        _ => title.to_owned(),
    }
}
