//! Lifetimes of machines, and how many survive how long, the unfinished ones counted rightly.

use sim_core::units::{SimTime, Span, convert};

use super::Origin;
use super::gather::hours;
use super::sample::{mean, median};

/// Lifetimes of machines, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lifetimes {
    /// The wall clock at time zero, where the file states one.
    pub origin: Option<Origin>,
    /// The lifetimes.
    pub lifetimes: Vec<Lifetime>,
    /// Imputations and exclusions, in sentences.
    pub notes: Vec<String>,
}

/// How long one machine lived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// Who it was: the names that the file states, joined by `/`, such as
    /// `us-east1-b/n1-highcpu-2`.
    pub label: String,
    /// When it was launched, where the file says.
    pub launched: Option<SimTime>,
    /// From its launch to its end, or to the last time it was seen.
    pub span: Span,
    /// Whether the provider ended it; otherwise it lived at least this long (right-censored).
    pub ended: bool,
}

/// Lifetimes in numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct LifetimeStats {
    /// Lifetimes.
    pub lifetimes: u64,
    /// Those that the provider ended.
    pub ended: u64,
    /// Mean of the ended ones, in hours: shorter than the truth where many were cut off.
    pub mean_ended_h: Option<f64>,
    /// Median of the ended ones, in hours.
    pub median_ended_h: Option<f64>,
}

impl Lifetimes {
    /// Those whose label has `part` among its names.
    pub fn of(&self, part: &str) -> Self {
        let has = |lifetime: &&Lifetime| lifetime.label.split('/').any(|name| name == part);
        Self {
            origin: self.origin,
            lifetimes: self.lifetimes.iter().filter(has).cloned().collect(),
            notes: self.notes.clone(),
        }
    }

    /// Probability and age at each end: the Kaplan-Meier curve from above, from no probability at
    /// age zero on. What was cut off after the last end leaves the rest to no age.
    pub fn quantiles(&self) -> Vec<(f64, Span)> {
        let ended = self.lifetimes.iter().filter(|lifetime| lifetime.ended);
        let mut ages: Vec<Span> = ended.map(|lifetime| lifetime.span).collect();
        ages.sort_unstable();
        ages.dedup();
        let survive = self.survival(&ages);
        let ends = survive.into_iter().map(|share| 1.0 - share).zip(ages);
        std::iter::once((0.0, Span::ZERO)).chain(ends).collect()
    }

    /// Those that the provider ended.
    #[must_use]
    pub fn ended(&self) -> Self {
        let ended = self.lifetimes.iter().filter(|lifetime| lifetime.ended);
        Self {
            origin: self.origin,
            lifetimes: ended.cloned().collect(),
            notes: self.notes.clone(),
        }
    }

    /// The numbers.
    pub fn stats(&self) -> LifetimeStats {
        let ended = self.ended_h();
        LifetimeStats {
            lifetimes: convert::wide(self.lifetimes.len()),
            ended: convert::wide(ended.len()),
            mean_ended_h: mean(&ended),
            median_ended_h: median(&ended),
        }
    }

    /// Share of the ended ones that ended within `age`; biased where many were cut off.
    pub fn ended_within(&self, age: Span) -> Option<f64> {
        let ended = || self.lifetimes.iter().filter(|lifetime| lifetime.ended);
        let within = ended().filter(|lifetime| lifetime.span <= age).count();
        let all = ended().count();
        (all > 0).then(|| convert::real(convert::wide(within)) / convert::real(convert::wide(all)))
    }

    /// The Kaplan-Meier estimate of the share that the provider lets live beyond each of `ages`:
    /// the product over the ends at `t <= age` of `1 - ends at t / machines seen to live to t`.
    /// A machine cut off at `t` counts as seen to live to `t`. Of no lifetimes, all survive.
    ///
    /// Source: Kaplan and Meier, J. Am. Stat. Assoc. 53 (1958).
    pub fn survival(&self, ages: &[Span]) -> Vec<f64> {
        let mut sorted: Vec<(Span, bool)> = self
            .lifetimes
            .iter()
            .map(|lifetime| (lifetime.span, lifetime.ended))
            .collect();
        sorted.sort_unstable();
        let mut curve: Vec<(Span, f64)> = Vec::new();
        let (mut survive, mut at_risk) = (1.0, sorted.len());
        for alike in sorted.chunk_by(|a, b| a.0 == b.0) {
            let ends = alike.iter().filter(|(_, ended)| *ended).count();
            let real = |n: usize| convert::real(convert::wide(n));
            survive *= 1.0 - real(ends) / real(at_risk);
            at_risk -= alike.len();
            curve.push((alike[0].0, survive));
        }
        let at = |age: &Span| {
            let after = curve.partition_point(|(t, _)| t <= age);
            after.checked_sub(1).map_or(1.0, |last| curve[last].1)
        };
        ages.iter().map(at).collect()
    }

    fn ended_h(&self) -> Vec<f64> {
        let ended = self.lifetimes.iter().filter(|lifetime| lifetime.ended);
        let mut hours: Vec<f64> = ended.map(|lifetime| hours(lifetime.span.us())).collect();
        hours.sort_by(f64::total_cmp);
        hours
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lived(secs: u64, ended: bool) -> Lifetime {
        Lifetime {
            label: format!("zone/{secs}"),
            launched: None,
            span: Span::from_secs(secs),
            ended,
        }
    }

    #[test]
    fn survival_is_the_textbook_product() {
        // At 2 one of four ends, at 3 one is cut off, at 5 one of two.
        let lifetimes = Lifetimes {
            lifetimes: vec![
                lived(5, true),
                lived(3, false),
                lived(2, true),
                lived(9, false),
            ],
            ..Lifetimes::default()
        };
        let ages = [0, 1, 2, 4, 5, 100].map(Span::from_secs);
        let expected = [1.0, 1.0, 0.75, 0.75, 0.375, 0.375];
        assert_eq!(lifetimes.survival(&ages), expected);
        assert_eq!(Lifetimes::default().survival(&ages), [1.0; 6]);
        assert_eq!(lifetimes.of("9").lifetimes, [lived(9, false)]);
        assert_eq!(lifetimes.of("zone"), lifetimes);
        assert_eq!(lifetimes.ended_within(Span::from_secs(4)), Some(0.5));
        assert_eq!(lifetimes.of("9").stats().mean_ended_h, None);
    }
}
