//! The replica calculator: how many replicas a metric proposes, given what is known of the pods.

use std::fmt;

use sim_core::units::convert;

use super::pod::{Pod, State};

/// What is measured, and what it is to be. Values and targets are in thousandths of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Use of a resource, in percent of what the pods requested.
    Utilization {
        /// What it is to be.
        target_percent: u64,
    },
    /// Use of a resource by a pod.
    ResourceAverage {
        /// What it is to be.
        target_milli: u64,
    },
    /// A metric that pods export; they count as soon as they run.
    PodsAverage {
        /// What it is to be for a pod.
        target_milli: u64,
    },
    /// Something else than pods, of an object of the cluster or from outside.
    Value {
        /// What it is.
        value_milli: u64,
        /// What it is to be.
        target_milli: u64,
    },
    /// The same, shared among the pods.
    AverageValue {
        /// What it is in all.
        value_milli: u64,
        /// What it is to be for a pod.
        target_milli: u64,
    },
}

/// By how much the ratio of a metric to its target may miss one before anything is done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerances {
    /// Below.
    pub down: f64,
    /// Above.
    pub up: f64,
}

/// What a metric proposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Replicas.
    pub replicas: u32,
    /// What was measured: percent of the requests, or thousandths of a unit (for a pod, where the target is).
    pub measured: u64,
    /// Mean use of a pod in thousandths of a unit, where the target is in percent.
    pub raw_milli: Option<u64>,
}

/// Why a metric proposes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// No pod that counts has a metric.
    NoMetrics,
    /// A pod requested nothing, so that there is no share of it.
    NoRequest,
    /// A target of zero is reached by no number of replicas.
    NoTarget,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoMetrics => "no metrics of pods that count",
            Self::NoRequest => "a pod without a request",
            Self::NoTarget => "a target of zero",
        })
    }
}

impl std::error::Error for Unknown {}

impl Tolerances {
    /// The same in both directions.
    pub fn both(tolerance: f64) -> Self {
        Self {
            down: tolerance,
            up: tolerance,
        }
    }

    fn hold(self, ratio: f64) -> bool {
        1.0 - self.down <= ratio && ratio <= 1.0 + self.up
    }
}

/// What `metric` proposes where there are `current` replicas and these pods.
///
/// # Errors
/// Nothing can be said; the replicas stay as they are.
pub fn propose(
    metric: Metric,
    current: u32,
    pods: &[Pod],
    tolerances: Tolerances,
) -> Result<Proposal, Unknown> {
    match metric {
        Metric::Utilization { target_percent } => {
            let fallback = target_percent.max(100);
            let group = Group::new(pods, true, |pod| Some(pod.request_milli? * fallback / 100))?;
            let ask = pods.iter().all(|pod| pod.request_milli.is_some());
            ask.then_some(()).ok_or(Unknown::NoRequest)?;
            by_pods(&group, current, tolerances, |used| {
                utilization(used, target_percent)
            })
        }
        Metric::ResourceAverage { target_milli } => {
            let group = Group::new(pods, true, |_| Some(target_milli))?;
            by_pods(&group, current, tolerances, |used| {
                average(used, target_milli)
            })
        }
        Metric::PodsAverage { target_milli } => {
            let group = Group::new(pods, false, |_| Some(target_milli))?;
            by_pods(&group, current, tolerances, |used| {
                average(used, target_milli)
            })
        }
        Metric::Value {
            value_milli,
            target_milli,
        } => {
            let ready = pods.iter().filter(|pod| pod.state == State::Ready).count();
            let ready = convert::real(convert::wide(ready));
            let ratio = ratio(value_milli, target_milli)?;
            let replicas = if current == 0 {
                ceil(ratio)
            } else if tolerances.hold(ratio) {
                current
            } else {
                ceil(ratio * ready)
            };
            Ok(Proposal {
                replicas,
                measured: value_milli,
                raw_milli: None,
            })
        }
        Metric::AverageValue {
            value_milli,
            target_milli,
        } => {
            // From zero replicas the ratio is infinite, unless there is nothing at all.
            let each = convert::real(target_milli) * f64::from(current);
            let held = tolerances.hold(convert::real(value_milli) / each);
            let all = ceil(ratio(value_milli, target_milli)?);
            let shared = convert::real(value_milli) / f64::from(current.max(1));
            Ok(Proposal {
                replicas: if held { current } else { all },
                measured: convert::floor(shared.ceil()),
                raw_milli: None,
            })
        }
    }
}

/// What a pod that counts uses, and what it requested.
type Used = (u64, u64);

/// Pods by what is known of them.
struct Group {
    /// Those with a metric that counts.
    known: Vec<Used>,
    /// Those without: what they would use at full load, and what they requested.
    missing: Vec<Used>,
    /// What those requested whose metric does not count yet.
    unready: Vec<u64>,
}

impl Group {
    fn new(
        pods: &[Pod],
        is_resource: bool,
        full: impl Fn(&Pod) -> Option<u64>,
    ) -> Result<Self, Unknown> {
        let mut group = Self {
            known: Vec::new(),
            missing: Vec::new(),
            unready: Vec::new(),
        };
        for pod in pods {
            let request = pod.request_milli.unwrap_or(0);
            match (pod.state, pod.usage_milli) {
                (State::Gone, _) => {}
                (State::Pending, _) => group.unready.push(request),
                (State::Ready | State::Unready, None) => {
                    group.missing.push((full(pod).unwrap_or(0), request));
                }
                (State::Unready, Some(_)) if is_resource => group.unready.push(request),
                (State::Ready | State::Unready, Some(usage)) => group.known.push((usage, request)),
            }
        }
        if group.known.is_empty() {
            return Err(Unknown::NoMetrics);
        }
        Ok(group)
    }
}

/// A ratio to the target, and what was measured.
type Measured = (f64, u64, Option<u64>);

fn utilization(used: &[Used], target_percent: u64) -> Result<Measured, Unknown> {
    let usage: u64 = used.iter().map(|(usage, _)| usage).sum();
    let requests: u64 = used.iter().map(|(_, request)| request).sum();
    let percent = (usage * 100).checked_div(requests);
    let percent = percent.ok_or(Unknown::NoRequest)?;
    let raw = usage / convert::wide(used.len());
    Ok((ratio(percent, target_percent)?, percent, Some(raw)))
}

fn average(used: &[Used], target_milli: u64) -> Result<Measured, Unknown> {
    let usage: u64 = used.iter().map(|(usage, _)| usage).sum();
    let mean = usage / convert::wide(used.len());
    Ok((ratio(mean, target_milli)?, mean, None))
}

/// A metric of pods. Pods of which nothing is known are taken to use all that they may where there would be fewer, and nothing
/// where there would be more: neither may happen because of what is not known.
fn by_pods(
    group: &Group,
    current: u32,
    tolerances: Tolerances,
    measure: impl Fn(&[Used]) -> Result<Measured, Unknown>,
) -> Result<Proposal, Unknown> {
    let (ratio, measured, raw_milli) = measure(&group.known)?;
    let proposal = |replicas| Proposal {
        replicas,
        measured,
        raw_milli,
    };
    let up_with_unready = !group.unready.is_empty() && ratio > 1.0;
    if group.missing.is_empty() && !up_with_unready {
        let replicas = if tolerances.hold(ratio) {
            current
        } else {
            ceil(ratio * convert::real(convert::wide(group.known.len())))
        };
        return Ok(proposal(replicas));
    }
    let mut all = group.known.clone();
    if ratio < 1.0 {
        all.extend(&group.missing);
    } else if ratio > 1.0 {
        all.extend(group.missing.iter().map(|(_, request)| (0, *request)));
    }
    if up_with_unready {
        all.extend(group.unready.iter().map(|request| (0, *request)));
    }
    let (again, _, _) = measure(&all)?;
    let flips = (ratio < 1.0 && again > 1.0) || (ratio > 1.0 && again < 1.0);
    let replicas = ceil(again * convert::real(convert::wide(all.len())));
    let contradicts = (again < 1.0 && replicas > current) || (again > 1.0 && replicas < current);
    if tolerances.hold(again) || flips || contradicts {
        return Ok(proposal(current));
    }
    Ok(proposal(replicas))
}

fn ratio(value: u64, target: u64) -> Result<f64, Unknown> {
    if target == 0 {
        return Err(Unknown::NoTarget);
    }
    Ok(convert::real(value) / convert::real(target))
}

/// Rounded up, held to the range of counts.
fn ceil(replicas: f64) -> u32 {
    u32::try_from(convert::floor(replicas.ceil())).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tolerance_is_inclusive_and_may_differ_by_direction() {
        let pods = [Pod {
            state: State::Ready,
            usage_milli: Some(1100),
            request_milli: Some(1000),
        }; 10];
        let metric = Metric::Utilization {
            target_percent: 100,
        };
        let propose = |up| {
            let tolerances = Tolerances { down: 0.1, up };
            propose(metric, 10, &pods, tolerances).expect("all is known")
        };
        assert_eq!(propose(0.1).replicas, 10);
        assert_eq!(propose(0.09).replicas, 11);
    }

    #[test]
    fn from_zero_replicas_a_value_counts_whatever_the_tolerance() {
        let value = |value_milli| Metric::Value {
            value_milli,
            target_milli: 1000,
        };
        let tolerances = Tolerances::both(0.1);
        let replicas = |metric| propose(metric, 0, &[], tolerances).expect("known").replicas;
        assert_eq!(replicas(value(0)), 0);
        assert_eq!(replicas(value(1)), 1);
        assert_eq!(replicas(value(1050)), 2);
        let zero = Metric::AverageValue {
            value_milli: 0,
            target_milli: 1000,
        };
        assert_eq!(replicas(zero), 0);
    }
}
