//! What became of all policies, and whether that is a failure.

use super::paired::{Paired, paired};
use super::rules::{Bound, Rules};
use crate::experiment::metrics::Metric;
use crate::schema::{Baseline, Behaviour, GateMode, Tolerance};
use crate::stats::Mean;
use crate::stats::holm::holm;

/// What the gate says.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The scenario.
    pub scenario: String,
    /// Whether other decisions fail.
    pub mode: GateMode,
    /// Number of seeds.
    pub seeds: usize,
    /// By policy, whether it decided otherwise; nothing where digests are of different versions.
    pub behaved: Vec<Behaved>,
    /// A row for each rule and policy.
    pub rows: Vec<Row>,
    /// What a reader must know beside.
    pub notes: Vec<String>,
}

/// What a policy decided, against the baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behaved {
    /// The policy.
    pub policy: String,
    /// The seeds with which it decided otherwise.
    pub otherwise: Vec<u64>,
}

/// A rule, a policy, and what became of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// The policy.
    pub policy: String,
    /// The metric.
    pub metric: &'static Metric,
    /// The rule.
    pub rule: Ruling,
    /// The baseline's mean.
    pub baseline: Option<f64>,
    /// The mean of now.
    pub now: Option<Mean>,
    /// What became of it.
    pub change: Option<Paired>,
    /// The p-value of the change, corrected for all rows.
    pub p: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
}

/// A rule of the gate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ruling {
    /// It may become worse by so much.
    Tolerance(Tolerance),
    /// It may never be beyond.
    Bound(Bound),
}

/// What is said of a rule and a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Each seed says what it said.
    Same,
    /// No worse than tolerated.
    Kept,
    /// Worse than tolerated, as chance would have it as well.
    Unsure,
    /// Measurably worse than tolerated.
    Worse,
    /// Some seed has no value any more.
    Lost,
    /// A single seed of many, which says nothing.
    Untold,
    /// Not defined, then and now.
    Undefined,
    /// Within its bound; `sure`: with its whole interval.
    Within {
        /// Whether the whole interval is.
        sure: bool,
    },
    /// Beyond its bound; `sure`: with its whole interval.
    Beyond {
        /// Whether the whole interval is.
        sure: bool,
    },
}

impl Verdict {
    /// Whether the gate fails.
    pub const fn fails(self) -> bool {
        match self {
            Self::Worse | Self::Lost | Self::Beyond { .. } => true,
            Self::Same
            | Self::Kept
            | Self::Unsure
            | Self::Untold
            | Self::Undefined
            | Self::Within { .. } => false,
        }
    }

    /// Whether somebody should look, though the gate does not fail.
    pub const fn warns(self) -> bool {
        match self {
            Self::Unsure | Self::Untold | Self::Within { sure: false } => true,
            Self::Same
            | Self::Kept
            | Self::Undefined
            | Self::Within { sure: true }
            | Self::Worse
            | Self::Lost
            | Self::Beyond { .. } => false,
        }
    }

    /// As a table shows it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Kept => "kept",
            Self::Unsure => "not measurably worse",
            Self::Worse => "WORSE",
            Self::Lost => "LOST",
            Self::Untold => "one seed: not tested",
            Self::Undefined => "not defined",
            Self::Within { sure: true } => "within",
            Self::Within { sure: false } => "within, not surely",
            Self::Beyond { sure: true } => "BEYOND",
            Self::Beyond { sure: false } => "BEYOND, not surely",
        }
    }
}

impl Judgement {
    /// Whether the gate fails.
    pub fn fails(&self) -> bool {
        self.rows.iter().any(|row| row.verdict.fails())
            || self.mode == GateMode::Exact && self.has_changed()
    }

    /// Whether any policy decided otherwise.
    pub fn has_changed(&self) -> bool {
        self.behaved.iter().any(|own| !own.otherwise.is_empty())
    }
}

/// Whether a baseline can be compared with; what is told beside, or why not.
///
/// # Errors
/// It is of another scenario, of fewer policies or metrics, or of too few seeds.
pub fn fits(
    rules: &Rules,
    baseline: &Baseline,
    (premises, digest_version): (&str, u32),
    (mode, allow): (GateMode, bool),
) -> Result<Vec<String>, String> {
    let again = "accept the scenario again";
    let mut notes = Vec::new();
    if baseline.premises != premises && !allow {
        return Err(format!(
            "the scenario is not the one of the baseline: something beside its policies was changed; {again}, or say --allow-changed-scenario"
        ));
    }
    if baseline.premises != premises {
        notes.push(
            "The scenario itself was changed, so that differences are not the policies' alone."
                .to_owned(),
        );
    }
    if baseline.digest_version != digest_version {
        let (then, now) = (baseline.digest_version, digest_version);
        if mode == GateMode::Exact {
            return Err(format!(
                "the baseline has digests of version {then}, this is version {now}; {again}"
            ));
        }
        notes.push(format!("Decisions are not compared: the baseline has digests of version {then}, this is version {now}."));
    }
    for policy in &rules.policies {
        let Some(own) = baseline.policy(policy) else {
            if rules.tolerances.is_empty() && mode == GateMode::Statistical {
                continue;
            }
            return Err(format!("the baseline has no policy \"{policy}\"; {again}"));
        };
        let missing = rules
            .tolerances
            .iter()
            .find(|(metric, _)| own.values(metric.name).is_none());
        if let Some((metric, _)) = missing {
            return Err(format!(
                "the baseline has no {} of \"{policy}\"; {again}",
                metric.name
            ));
        }
    }
    Ok(notes)
}

/// Judges what policies do now by what they did, on the same seeds in the same order. `sampled`: whether other seeds would say
/// something else. What lacks on either side is not judged: ask [`fits`] before.
pub fn judge(
    rules: &Rules,
    (baseline, now): (&Baseline, &Baseline),
    mode: GateMode,
    sampled: bool,
) -> Judgement {
    let both = |name: &String| Some((baseline.policy(name), now.policy(name)?));
    let mut rows = Vec::new();
    for (then, own) in rules.policies.iter().filter_map(both) {
        let tolerated = rules.tolerances.iter();
        rows.extend(tolerated.filter_map(|rule| tolerated_row((then?, own), *rule, sampled)));
        let bounds = rules.bounds.iter();
        rows.extend(bounds.map(|rule| bounded_row((then, own), *rule, sampled)));
    }
    correct(&mut rows, rules.alpha);
    let same_digests = baseline.digest_version == now.digest_version;
    let behaved = rules.policies.iter().filter(|_| same_digests);
    let behaved = behaved.filter_map(both).filter_map(|(then, own)| {
        let pairs = then?.decisions.iter().zip(&own.decisions);
        let others = pairs.zip(&baseline.seeds).filter(|((a, b), _)| a != b);
        Some(Behaved {
            policy: own.name.clone(),
            otherwise: others.map(|(_, seed)| *seed).collect(),
        })
    });
    Judgement {
        scenario: now.scenario.clone(),
        mode,
        seeds: now.seeds.len(),
        behaved: behaved.collect(),
        rows,
        notes: Vec::new(),
    }
}

fn mean(values: &[Option<f64>]) -> Option<Mean> {
    Mean::of(&values.iter().copied().flatten().collect::<Vec<_>>())
}

/// What became of a metric that may become worse by so much; its test is corrected later.
fn tolerated_row(
    (then, own): (&Behaviour, &Behaviour),
    (metric, tolerance): (&'static Metric, Tolerance),
    sampled: bool,
) -> Option<Row> {
    let (base, now) = (then.values(metric.name)?, own.values(metric.name)?);
    let change = paired((base, now), tolerance, metric.better, sampled);
    let lost = base
        .iter()
        .zip(now)
        .any(|(base, now)| base.is_some() && now.is_none());
    let verdict = match change {
        Some(_) | None if lost => Verdict::Lost,
        None => Verdict::Undefined,
        Some(_) if base == now => Verdict::Same,
        Some(Paired {
            p: None,
            is_beyond: true,
            ..
        }) => Verdict::Untold,
        Some(Paired {
            is_beyond: true, ..
        }) => Verdict::Unsure,
        Some(_) => Verdict::Kept,
    };
    Some(Row {
        policy: own.name.clone(),
        metric,
        rule: Ruling::Tolerance(tolerance),
        baseline: mean(base).map(|mean| mean.mean),
        now: mean(now),
        change,
        p: change.and_then(|change| change.p),
        verdict,
    })
}

/// Corrects the tests for each other, and says which of them are a failure.
fn correct(rows: &mut [Row], alpha: f64) {
    let mut tested: Vec<&mut Row> = rows.iter_mut().filter(|row| row.p.is_some()).collect();
    let ps: Vec<f64> = tested.iter().filter_map(|row| row.p).collect();
    let corrected = holm(&ps).expect("they are probabilities");
    for (row, p) in tested.iter_mut().zip(corrected) {
        row.p = Some(p);
        if row.verdict == Verdict::Unsure && p <= alpha {
            row.verdict = Verdict::Worse;
        }
    }
}

/// What became of a metric that has a bound.
fn bounded_row(
    (then, own): (Option<&Behaviour>, &Behaviour),
    (metric, bound): (&'static Metric, Bound),
    sampled: bool,
) -> Row {
    let values = own.values(metric.name).unwrap_or_default();
    let now = mean(values);
    let verdict = now.map_or(Verdict::Undefined, |mean| {
        let (low, high) = mean.ends();
        let (is_beyond, reaches) = match bound {
            Bound::Max(most) => (mean.mean > most, [low > most, high > most]),
            Bound::Min(least) => (mean.mean < least, [low < least, high < least]),
        };
        let sure = reaches[0] == reaches[1] && (mean.half.is_some() || !sampled);
        if is_beyond {
            Verdict::Beyond { sure }
        } else {
            Verdict::Within { sure }
        }
    });
    let base = then.and_then(|then| mean(then.values(metric.name)?));
    Row {
        policy: own.name.clone(),
        metric,
        rule: Ruling::Bound(bound),
        baseline: base.map(|mean| mean.mean),
        now,
        change: None,
        p: None,
        verdict,
    }
}

#[cfg(test)]
mod tests;
