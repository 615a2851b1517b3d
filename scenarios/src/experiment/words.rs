//! What a comparison says, in sentences.

use sim_core::engine::Finish;
use sim_core::watch::{Cause, Outcome, Stop};

use super::compare::Comparison;
use super::metrics::{self, Better, METRICS};
use super::tables::label;
use crate::build::Experiment;
use crate::stats::batches::of_run;
use crate::stats::{Level, Mean};

/// Metrics that sentences are made of, with the words for less and more.
const TOLD: [(&str, &str, &str); 2] = [
    ("cost_usd", "cheaper", "dearer"),
    ("jct_mean_s", "faster in mean JCT", "slower in mean JCT"),
];

/// How a run ended.
pub fn finish(finish: Finish) -> &'static str {
    match finish {
        Finish::Drained => "drained",
        Finish::Horizon => "horizon",
        Finish::Stuck => "stuck",
    }
}

/// How an attempt of a job stopped.
pub fn stop(how: Stop) -> &'static str {
    match how {
        Stop::Interrupted(Cause::Policy) => "preempted",
        Stop::Interrupted(Cause::Reclaim) => "reclaimed",
        Stop::Interrupted(Cause::Notice) => "noticed",
        Stop::Interrupted(Cause::Failure) => "failed",
        Stop::Reseated => "reseated",
        Stop::Ended(Outcome::Completed) => "completed",
        Stop::Ended(Outcome::Rejected) => "rejected",
        Stop::Ended(Outcome::Retired) => "retired",
        Stop::Ended(Outcome::Unfinished) => "running",
    }
}

/// "1 seed", "20 seeds".
pub fn counted(n: usize, one: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {one}{plural}")
}

/// "A is 12.3 % ± 1.9 % cheaper and 30.1 % ± 4.0 % faster in mean JCT than B (paired, 20 seeds)."
pub fn sentences(experiment: &Experiment, comparison: &Comparison) -> Vec<String> {
    let plan = &comparison.plan;
    let base = label(experiment, plan.contenders[plan.baseline]);
    let how = if comparison.exact {
        "exact on this trace".to_owned()
    } else {
        format!("paired, {}", counted(plan.seeds.len(), "seed"))
    };
    let others = plan
        .contenders
        .iter()
        .enumerate()
        .filter(|(at, _)| *at != plan.baseline);
    let sentence = |(at, position): (usize, &usize)| {
        let told = TOLD.iter().filter_map(|(metric, less, more)| {
            let mean = comparison.relative(at, metrics::index(metric))?;
            Some(difference(&mean, less, more))
        });
        let told: Vec<String> = told.collect();
        let name = label(experiment, *position);
        let told = (!told.is_empty()).then(|| told.join(" and "));
        told.map(|told| format!("{name} is {told} than {base} ({how})"))
    };
    others.filter_map(sentence).collect()
}

/// "12.3 % ± 1.9 % cheaper", or that no difference can be told.
fn difference(mean: &Mean, less: &str, more: &str) -> String {
    let (percent, word) = (
        mean.mean.abs() * 100.0,
        if mean.mean <= 0.0 { less } else { more },
    );
    match mean.half {
        None if percent < 0.05 => format!("not {less}"),
        // Roundings of the bill.
        Some(half) if percent.max(half * 100.0) < 0.05 => format!("not {less}"),
        None => format!("{percent:.1} % {word}"),
        Some(half) if holds_zero(mean) => {
            format!(
                "not measurably {word} ({percent:.1} % ± {:.1} %)",
                half * 100.0
            )
        }
        Some(half) => format!("{percent:.1} % ± {:.1} % {word}", half * 100.0),
    }
}

/// How many batches stand behind intervals that are of one run.
fn of_one_run(experiment: &Experiment, comparison: &Comparison) -> Option<(String, String)> {
    if !comparison.infer.is_of_one_run() {
        return None;
    }
    let policies = comparison.plan.contenders.iter().enumerate();
    let told = policies.map(|(at, position)| {
        let series = comparison.serial(at, metrics::index("jct_mean_s"));
        let values: Vec<f64> = series.into_iter().flatten().flatten().collect();
        let name = &experiment.contenders[*position].name;
        match of_run(&values, Level::USUAL) {
            Err(_) => format!("{name} too few jobs, so that it has none"),
            Ok(batches) => {
                let alike = if batches.look_independent() {
                    ""
                } else {
                    ", neighbours still alike, so that its interval is too narrow"
                };
                format!("{name} {} of {}{alike}", batches.mean.n, batches.size)
            }
        }
    });
    let told: Vec<String> = told.collect();
    let text = format!(
        "They say how far another run as long may lie from this one, by the means of stretches of its jobs in the order of their \
         submission: for JCT, {}. Metrics that are no means over jobs have none.",
        told.join("; ")
    );
    Some(("intervals by batch means".to_owned(), text))
}

/// Whether no difference at all lies within the interval.
fn holds_zero(mean: &Mean) -> bool {
    let (low, high) = mean.ends();
    low <= 0.0 && high >= 0.0
}

/// What a reader must know before trusting a number: a few words, and a sentence.
pub fn notices(experiment: &Experiment, comparison: &Comparison) -> Vec<(String, String)> {
    let mut notices = Vec::new();
    for position in &comparison.plan.contenders {
        let contender = &experiment.contenders[*position];
        if !contender.knows.peeks.is_empty() {
            let badge = format!(
                "{} peeks: {}",
                contender.name,
                contender.knows.peeks.join(", ")
            );
            notices.push((
                badge,
                "It is told what no real scheduler could know; take it as a bound.".to_owned(),
            ));
        }
        if let Some(compat) = &contender.knows.compat {
            let badge = format!("{} as {compat}", contender.name);
            notices.push((
                badge,
                "It keeps the ways of a published simulator, bugs included.".to_owned(),
            ));
        }
    }
    if comparison.exact {
        let text =
            "Nothing is drawn in this scenario: every number is exact on this trace.".to_owned();
        notices.push(("exact on this trace".to_owned(), text));
    }
    if let Some(fit) = experiment.overlap(comparison.plan.seeds.len()) {
        let badge = "windows overlap".to_owned();
        let text = format!(
            "{fit} of them fit side by side; more share jobs, say much the same, and make intervals narrower than they should be."
        );
        notices.push((badge, text));
    }
    notices.extend(of_one_run(experiment, comparison));
    if let Some(settled) = &experiment.settled {
        notices.push(settled.told());
    }
    if let Some(stopped) = &comparison.stopped {
        notices.push(stopped.told());
    }
    let completed = metrics::index("completed");
    let all: Vec<_> = (0..comparison.flights.len())
        .map(|at| comparison.values(at, completed))
        .collect();
    if all.iter().any(|values| *values != all[0]) {
        let text = "The policies left different jobs unfinished; means over completed jobs are not of the same jobs.";
        notices.push(("different jobs unfinished".to_owned(), text.to_owned()));
    }
    for (flights, position) in comparison.flights.iter().zip(&comparison.plan.contenders) {
        if flights
            .iter()
            .any(|summary| summary.finish == Finish::Stuck)
        {
            let name = &experiment.contenders[*position].name;
            let text = "Jobs waited that this policy never started, and nothing more would ever have happened.";
            notices.push((format!("{name} got stuck"), text.to_owned()));
        }
    }
    if experiment.loaded.scenario.sweep.is_some() {
        let text = "The scenario has a [sweep]; this is its base cell alone.";
        notices.push(("[sweep] ignored".to_owned(), text.to_owned()));
    }
    notices
}

/// "lower is better", for a caption.
pub(super) fn direction(metric: usize) -> &'static str {
    match METRICS[metric].better {
        Better::Less => "lower is better",
        Better::More => "higher is better",
        Better::Neither => "",
    }
}
