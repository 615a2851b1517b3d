//! When a comparison has flown enough: [`Until`] an interval is as narrow as was asked for.

use super::compare::{CompareError, Comparison, Plan, compare, more};
use super::metrics;
use super::output::Store;
use super::telling::Telling;
use super::words::counted;
use crate::build::Experiment;
use crate::schema::Until;
use crate::stats::mean::relative_differences;
use crate::stats::sequential::{Goal, Next, Precision, Reason, Stopped};
use crate::stats::{Level, Unfit};

/// How a comparison that goes on until it is precise enough came to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    /// The metric.
    pub metric: String,
    /// Half the width that was asked for, as a part.
    pub asked: f64,
    /// Half the width of the widest interval, where there is one.
    pub reached: Option<f64>,
    /// Whether that is narrow enough.
    pub is_narrow: bool,
    /// Replications flown.
    pub replications: usize,
}

/// Flies `plan`, and then as many seeds more as it takes. Each flight is told, and `grown` how many more are to come.
///
/// # Errors
/// The first, in the order of the seeds, that went wrong, or that nobody wants the rest.
pub fn compare_until<'a>(
    experiment: &Experiment,
    (plan, until): (Plan, &Until),
    store: Option<&Store>,
    (telling, grown): (impl Into<Telling<'a>>, &dyn Fn(usize)),
) -> Result<Comparison, CompareError> {
    let telling = telling.into();
    let mut comparison = compare(experiment, plan, store, telling)?;
    if comparison.exact {
        return Ok(comparison);
    }
    loop {
        let have = comparison.plan.seeds.len();
        let next = wanted(&comparison, until);
        // What cannot be told now cannot be told later: a metric that is not defined.
        let Ok(Some(next)) = next else {
            return Ok(comparison);
        };
        match next {
            Wanted::More(n) => {
                let first = comparison.plan.seeds[0];
                let seeds = (have..n).map(|r| first + sim_core::units::convert::wide(r));
                let seeds: Vec<u64> = seeds.collect();
                grown(seeds.len() * comparison.plan.contenders.len());
                more(experiment, &mut comparison, seeds, (store, telling))?;
            }
            Wanted::Enough(ending) => {
                comparison.stopped = Some(ending);
                return Ok(comparison);
            }
        }
    }
}

enum Wanted {
    More(usize),
    Enough(Ending),
}

/// What all policies ask for together: the most of them, and an end when none asks for more.
fn wanted(comparison: &Comparison, until: &Until) -> Result<Option<Wanted>, Unfit> {
    let asked = f64::from(until.precision_ppm) / 1e6;
    let most = usize::try_from(until.at_most.value).unwrap_or(usize::MAX);
    let least = comparison.plan.seeds.len().clamp(2, most);
    let mut more = None;
    let (mut reached, mut is_narrow, mut any) = (Some(0.0_f64), true, false);
    for (values, precision) in judged(comparison, until, asked) {
        any = true;
        match Goal::new(precision, Level::USUAL, least, most)?.next(&values)? {
            Next::Replicate(n) => more = more.max(Some(n)),
            Next::Stop(Stopped {
                reached: own,
                reason,
                ..
            }) => {
                reached = reached.zip(own).map(|(all, own)| all.max(own));
                is_narrow &= reason == Reason::Narrow;
            }
        }
    }
    if !any {
        return Ok(None);
    }
    Ok(Some(more.map_or_else(
        || {
            Wanted::Enough(Ending {
                metric: until.metric.value.clone(),
                asked,
                reached,
                is_narrow,
                replications: comparison.plan.seeds.len(),
            })
        },
        Wanted::More,
    )))
}

/// What is to be told precisely: each policy's difference from the baseline, or the mean of the only one.
fn judged(comparison: &Comparison, until: &Until, asked: f64) -> Vec<(Vec<f64>, Precision)> {
    let metric = metrics::index(&until.metric.value);
    let base = comparison.values(comparison.plan.baseline, metric);
    if comparison.flights.len() == 1 {
        let values: Vec<f64> = base.into_iter().flatten().collect();
        let is_told = !values.is_empty();
        return is_told
            .then_some((values, Precision::OfMean(asked)))
            .into_iter()
            .collect();
    }
    let others = (0..comparison.flights.len()).filter(|at| *at != comparison.plan.baseline);
    let parts = others.filter_map(|at| {
        let parts = relative_differences(&comparison.values(at, metric), &base)?;
        (!parts.is_empty()).then_some((parts, Precision::Absolute(asked)))
    });
    parts.collect()
}

impl Ending {
    /// A badge and a sentence for a reader.
    pub(super) fn told(&self) -> (String, String) {
        let share = |part: f64| format!("{:.3} %", part * 100.0);
        let Self {
            metric,
            replications,
            ..
        } = self;
        let asked = share(self.asked);
        let reached = self.reached.map_or_else(|| "unknown".to_owned(), share);
        if self.is_narrow {
            let badge = counted(*replications, "replication");
            let text = format!(
                "Half the width of the widest interval of {metric} is {reached}; {asked} was asked for."
            );
            (badge, text)
        } else {
            let badge = format!(
                "not as precise as was asked for after {}",
                counted(*replications, "replication")
            );
            let text = format!(
                "Half the width of the widest interval of {metric} is {reached}, not {asked}: raise at-most, or ask for less."
            );
            (badge, text)
        }
    }
}
