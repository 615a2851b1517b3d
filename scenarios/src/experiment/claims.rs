//! Claims of the field, judged by a run. Every number is measured here; none is taken from the claim but its bounds.

use sim_core::books::Kind;
use sim_core::model::{Commitment, Market};
use sim_core::units::Money;

use super::compare::{Comparison, Summary};
use super::metrics::{self, METRICS};
use super::money::{self, Item};
use super::number::{real, real_i128};
use super::words::counted;
use crate::build::Experiment;
use crate::schema::{ClaimMeasure, ClaimSpec};
use crate::stats::mean::relative_differences;
use crate::stats::{Mean, differences};

/// Seconds of a month of 730 hours.
const MONTH_S: f64 = 730.0 * 3600.0;

/// What a run says to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its whole interval is within the bounds.
    Holds,
    /// Its interval straddles a bound.
    Undecided,
    /// Its whole interval is beyond a bound.
    Fails,
    /// It has no bounds: it was measured.
    Measured,
    /// There is nothing to judge it by.
    NotJudged(&'static str),
}

impl Verdict {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Undecided => "undecided",
            Self::Fails => "does not hold",
            Self::Measured => "measured",
            Self::NotJudged(_) => "not judged",
        }
    }
}

/// A claim and what was measured.
#[derive(Clone, Debug)]
pub struct Judged<'a> {
    /// The claim.
    pub spec: &'a ClaimSpec,
    /// The mean over the seeds with its interval; none where nothing is saved, so that no month is the last.
    pub measured: Option<Mean>,
    /// In how many seeds nothing is saved.
    pub never: usize,
    /// The verdict.
    pub verdict: Verdict,
}

/// Every claim of the scenario, judged.
pub fn judge<'a>(experiment: &'a Experiment, comparison: &Comparison) -> Vec<Judged<'a>> {
    let claims = experiment.loaded.scenario.claims.iter();
    claims
        .map(|spec| one(experiment, comparison, spec))
        .collect()
}

fn one<'a>(experiment: &'a Experiment, comparison: &Comparison, spec: &'a ClaimSpec) -> Judged<'a> {
    let not = |why| Judged {
        spec,
        measured: None,
        never: 0,
        verdict: Verdict::NotJudged(why),
    };
    let flown = |name: &str| {
        let mut plan = comparison.plan.contenders.iter();
        let at = plan.position(|position| experiment.contenders[*position].name == name)?;
        Some(&comparison.flights[at])
    };
    let Some((own, other)) = flown(&spec.policy.value).zip(flown(&spec.against.value)) else {
        return not("a policy it names was not flown");
    };
    let mut metrics = METRICS.iter();
    let Some(metric) = metrics.position(|metric| metric.name == spec.metric.value) else {
        return not("no such metric");
    };
    let values: Vec<f64> = if spec.measure.is_of_money() {
        let pairs = own.iter().zip(other);
        let of = |(own, other)| of_money(experiment, spec, (own, other));
        pairs.map(of).collect()
    } else {
        let of = |runs: &[Summary]| -> Vec<Option<f64>> {
            runs.iter().map(|run| run.metrics[metric]).collect()
        };
        plain(spec.measure, &of(own), &of(other))
    };
    if values.is_empty() {
        return not("the metric has no value in this run");
    }
    let lasting: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    let measured = comparison.infer.mean(&lasting);
    let never = values.len() - lasting.len();
    Judged {
        spec,
        verdict: verdict(spec, measured, never),
        measured,
        never,
    }
}

/// What each pair says; what is relative is so as in the sentences below the table.
fn plain(measure: ClaimMeasure, own: &[Option<f64>], other: &[Option<f64>]) -> Vec<f64> {
    let relative = || relative_differences(own, other).unwrap_or_default();
    match measure {
        ClaimMeasure::Saving => relative().into_iter().map(|more| -more).collect(),
        ClaimMeasure::Ratio => relative().into_iter().map(|more| 1.0 + more).collect(),
        ClaimMeasure::Difference => differences(own, other),
        ClaimMeasure::Value
        | ClaimMeasure::BreakEven
        | ClaimMeasure::Payback
        | ClaimMeasure::Return => own.iter().copied().flatten().collect(),
    }
}

/// Months to a break-even or a payback, infinite if nothing is saved; or the return of a year. What a month saves is what the
/// two runs differ by over the longer of them, since both do the same work.
fn of_money(experiment: &Experiment, spec: &ClaimSpec, (own, other): (&Summary, &Summary)) -> f64 {
    let world = &experiment.world;
    let dollars = |summary: &Summary, of: &dyn Fn(&Item) -> bool| {
        let items = summary.items.iter().filter(|item| of(item));
        usd(items.map(|item| item.amount).sum())
    };
    let saved = match spec.measure {
        // Who owns pays no rate for what is bought already; who rents has bought nothing.
        ClaimMeasure::BreakEven => {
            let rented = |item: &Item| money::market(world, item.source) != Some(Market::Owned);
            dollars(other, &rented) - dollars(own, &|item| item.kind != Kind::Capex)
        }
        ClaimMeasure::Value
        | ClaimMeasure::Saving
        | ClaimMeasure::Ratio
        | ClaimMeasure::Difference
        | ClaimMeasure::Payback
        | ClaimMeasure::Return => dollars(other, &|_| true) - dollars(own, &|_| true),
    };
    let warmup = experiment.loaded.scenario.horizon.warmup.value;
    let end = own.end.max(other.end);
    let counted_s = real(end.us().saturating_sub(warmup.us())) / 1e6;
    let monthly = saved / (counted_s / MONTH_S);
    let investment = usd(spec.investment.unwrap_or_else(|| bought(experiment)));
    if spec.measure == ClaimMeasure::Return {
        12.0 * monthly / investment
    } else if monthly > 0.0 {
        investment / monthly
    } else {
        f64::INFINITY
    }
}

/// What the owned machines cost when they were bought.
fn bought(experiment: &Experiment) -> Money {
    let commitments = experiment.world.commitments.iter();
    let cost = commitments.map(|commitment| match commitment {
        Commitment::Owned(owned) => {
            Money::from_nanousd(owned.capex.nanousd() * i128::from(owned.count))
        }
        Commitment::Reserved(_) => Money::ZERO,
    });
    cost.sum()
}

fn usd(amount: Money) -> f64 {
    real_i128(amount.nanousd()) / 1e9
}

fn verdict(spec: &ClaimSpec, measured: Option<Mean>, never: usize) -> Verdict {
    if spec.at_least.is_none() && spec.at_most.is_none() {
        return Verdict::Measured;
    }
    let (low, high) = measured.map_or((f64::INFINITY, f64::INFINITY), |mean| mean.ends());
    let high = if never > 0 { f64::INFINITY } else { high };
    let least = spec.at_least.unwrap_or(f64::NEG_INFINITY);
    let most = spec.at_most.unwrap_or(f64::INFINITY);
    if least <= low && high <= most {
        Verdict::Holds
    } else if high < least || most < low {
        Verdict::Fails
    } else {
        Verdict::Undecided
    }
}

impl Judged<'_> {
    /// The unit of its number: per cent are shown as such, all else as it is.
    fn unit(&self) -> (&'static str, f64) {
        let metric = METRICS
            .iter()
            .find(|metric| metric.name == self.spec.metric.value);
        match self.spec.measure {
            ClaimMeasure::Saving | ClaimMeasure::Return => ("%", 100.0),
            ClaimMeasure::Ratio => ("x", 1.0),
            ClaimMeasure::BreakEven | ClaimMeasure::Payback => ("months", 1.0),
            ClaimMeasure::Value | ClaimMeasure::Difference => metric.map_or(("", 1.0), |metric| {
                if metrics::is_share(metric) {
                    ("%", 100.0)
                } else {
                    (metric.unit, 1.0)
                }
            }),
        }
    }

    /// A number beside the mean, with as many decimals as tell its size: three digits of what is below one.
    fn shown(&self, value: f64, beside: f64) -> String {
        let (unit, factor) = self.unit();
        let size = (beside * factor).abs();
        let decimals = if size >= 1000.0 {
            0
        } else if size >= 10.0 || unit == "%" {
            1
        } else {
            [1.0, 0.1, 0.01, 0.001, 0.0001]
                .iter()
                .position(|least| size >= *least)
                .map_or(2, |zeros| 2 + zeros)
        };
        let shown = format!("{:.decimals$}", value * factor);
        // Nothing is not less than nothing.
        let is_zero = shown.bytes().all(|byte| b"-0.".contains(&byte));
        let shown = shown.trim_start_matches(if is_zero { "-" } else { "" });
        shown.replace('-', "−")
    }

    /// The number that was measured: "33.6 ± 17.5 %".
    pub fn number(&self) -> String {
        let (unit, _) = self.unit();
        let with = |number: String| format!("{number} {unit}").trim_end().to_owned();
        let told = self.measured.map(|mean| match mean.half {
            None => with(self.shown(mean.mean, mean.mean)),
            Some(half) => {
                let number = self.shown(mean.mean, mean.mean);
                with(format!("{number} ± {}", self.shown(half, mean.mean)))
            }
        });
        match (told, self.never, self.verdict) {
            (_, _, Verdict::NotJudged(why)) => why.to_owned(),
            (None, _, _) => "never: nothing is saved".to_owned(),
            (Some(told), 0, _) => told,
            (Some(told), never, _) => format!("{told}, never in {}", counted(never, "seed")),
        }
    }

    /// The bounds: "at least 50 %".
    pub fn bounds(&self) -> String {
        let (unit, factor) = self.unit();
        let bound = |words: &str, bound: Option<f64>| {
            // As it was written: what a product adds behind the ninth digit was not.
            let number = (bound? * factor * 1e9).round() / 1e9;
            let number = format!("{number} {unit}").replace('-', "−");
            Some(format!("{words} {}", number.trim_end()))
        };
        let (least, most) = (self.spec.at_least, self.spec.at_most);
        let told = [bound("at least", least), bound("at most", most)];
        let told: Vec<String> = told.into_iter().flatten().collect();
        told.join(", ")
    }

    /// What was measured, in words: "saving in `cost_usd`, spot against on-demand".
    pub fn what(&self) -> String {
        let spec = self.spec;
        let (metric, policy) = (&spec.metric.value, &spec.policy.value);
        let (word, against) = (spec.measure.name(), &spec.against.value);
        if spec.measure == ClaimMeasure::Value {
            format!("{metric} of {policy}")
        } else if spec.measure.is_of_money() {
            format!("{word} of {policy} against {against}")
        } else {
            format!("{word} in {metric}, {policy} against {against}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Place, Spanned, Table};

    fn spec(measure: ClaimMeasure, at_least: Option<f64>, at_most: Option<f64>) -> ClaimSpec {
        let name = |name: &str| Spanned::new(name.to_owned(), Place::default());
        ClaimSpec {
            name: name("c"),
            text: "so they say".to_owned(),
            source: None,
            assumptions: None,
            metric: name("cost_usd"),
            policy: name("a"),
            against: name("b"),
            measure,
            at_least,
            at_most,
            investment: None,
            figure: None,
            written: Table::default(),
        }
    }

    fn mean(mean: f64, half: f64) -> Mean {
        Mean {
            mean,
            half: Some(half),
            skew: 0.0,
            n: 5,
        }
    }

    #[test]
    fn a_claim_holds_where_its_whole_interval_does() {
        let saves = spec(ClaimMeasure::Saving, Some(0.2), Some(0.5));
        assert_eq!(verdict(&saves, Some(mean(0.35, 0.1)), 0), Verdict::Holds);
        assert_eq!(
            verdict(&saves, Some(mean(0.25, 0.1)), 0),
            Verdict::Undecided
        );
        assert_eq!(verdict(&saves, Some(mean(0.05, 0.1)), 0), Verdict::Fails);
        assert_eq!(verdict(&saves, Some(mean(0.65, 0.1)), 0), Verdict::Fails);
        let plain = spec(ClaimMeasure::Saving, None, None);
        assert_eq!(verdict(&plain, Some(mean(0.65, 0.1)), 0), Verdict::Measured);
    }

    #[test]
    fn what_never_pays_back_is_later_than_every_month() {
        let soon = spec(ClaimMeasure::Payback, None, Some(6.0));
        assert_eq!(verdict(&soon, None, 5), Verdict::Fails);
        assert_eq!(verdict(&soon, Some(mean(2.0, 1.0)), 1), Verdict::Undecided);
        let late = spec(ClaimMeasure::Payback, Some(12.0), None);
        assert_eq!(verdict(&late, None, 5), Verdict::Holds);
    }

    #[test]
    fn savings_and_ratios_are_of_pairs() {
        let plain = |measure| plain(measure, &[Some(30.0), None], &[Some(40.0), Some(1.0)]);
        assert_eq!(plain(ClaimMeasure::Saving), [0.25]);
        assert_eq!(plain(ClaimMeasure::Ratio), [0.75]);
        assert_eq!(plain(ClaimMeasure::Difference), [-10.0]);
        assert_eq!(plain(ClaimMeasure::Value), [30.0]);
        let of_nothing = super::plain(ClaimMeasure::Ratio, &[Some(30.0)], &[Some(0.0)]);
        assert!(of_nothing.is_empty());
    }

    #[test]
    fn numbers_are_told_in_their_unit() {
        let spec = spec(ClaimMeasure::Saving, Some(0.07), Some(0.9));
        let judged = Judged {
            spec: &spec,
            measured: Some(mean(0.336, 0.175)),
            never: 0,
            verdict: Verdict::Undecided,
        };
        assert_eq!(judged.number(), "33.6 ± 17.5 %");
        assert_eq!(judged.bounds(), "at least 7 %, at most 90 %");
        assert_eq!(judged.what(), "saving in cost_usd, a against b");
        let told = |value, half| {
            let measured = Some(mean(value, half));
            let spec = &self::spec(ClaimMeasure::Difference, None, None);
            let judged = Judged {
                spec,
                measured,
                ..judged
            };
            judged.number()
        };
        assert_eq!(told(0.004_51, 0.000_12), "0.00451 ± 0.00012 USD");
        assert_eq!(told(-0.5, 0.125), "−0.500 ± 0.125 USD");
        assert_eq!(told(-0.000_000_1, 0.0), "0.00 ± 0.00 USD");
    }
}
