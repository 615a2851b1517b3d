//! What the original reports of a run: after each pod, and over the GPUs that have arrived.

use sim_core::model::GpuSet;
use sim_core::units::{NodeId, SimTime, convert};
use sim_core::watch::{Fact, Observer};

use crate::experiment::fragments::{Fragments, Standing};

/// How things stood after a pod had been placed, or turned away.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pod {
    pub(super) node: Option<NodeId>,
    pub(super) gpus: GpuSet,
    /// Thousandths of GPUs that arrived so far.
    pub(super) arrived: u64,
    pub(super) standing: Standing,
}

/// Watches a run pod by pod.
pub(super) struct Watch {
    fragments: Fragments,
    pub(super) pods: Vec<Pod>,
    at: SimTime,
}

impl Watch {
    pub(super) fn new(fragments: Fragments) -> Self {
        Self {
            fragments,
            pods: Vec::new(),
            at: SimTime::ZERO,
        }
    }
}

impl Observer for Watch {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        self.fragments.observe(now, fact);
        if let Fact::Arrived { spec, .. } = fact {
            let arrived = self.pods.last().map_or(0, |pod| pod.arrived);
            self.at = now;
            self.pods.push(Pod {
                node: None,
                gpus: GpuSet::EMPTY,
                arrived: arrived + spec.gang.gpu_milli(),
                standing: self.fragments.standing(),
            });
        }
        // Behind the last pod the run ends, and all of them with it.
        let last = self.pods.last_mut().filter(|_| now == self.at);
        if let Some(pod) = last {
            pod.standing = self.fragments.standing();
            if let Fact::Started { seats, .. } = fact {
                pod.node = Some(seats[0].node);
                pod.gpus = seats[0].gpus;
            }
        }
    }
}

/// Points of a curve: at each per cent of the fleet that has arrived.
pub(super) const POINTS: usize = 131;

impl Pod {
    pub(super) fn used(&self) -> u64 {
        self.standing.gpu_milli - self.standing.idle_milli
    }

    pub(super) fn allocated_pct(&self) -> f64 {
        100.0 * convert::real(self.used()) / convert::real(self.standing.gpu_milli)
    }

    pub(super) fn fragment_pct_of_capacity(&self) -> f64 {
        100.0 * self.standing.fragment_milli / convert::real(self.standing.gpu_milli)
    }

    pub(super) fn fragment_pct_of_idle(&self) -> f64 {
        100.0 * self.standing.fragment_milli / convert::real(self.standing.idle_milli)
    }

    /// What has arrived in whole per cent, halves to the even one.
    fn percent(&self) -> usize {
        let arrived = 100.0 * convert::real(self.arrived) / convert::real(self.standing.gpu_milli);
        usize::try_from(convert::floor(arrived.round_ties_even())).unwrap_or(usize::MAX)
    }
}

/// The mean over the pods at each per cent that had arrived; with the neighbours where there is none.
pub(super) fn curve(pods: &[Pod], of: fn(&Pod) -> f64) -> Vec<f64> {
    let mut points: Vec<(f64, f64)> = vec![(0.0, 0.0); POINTS];
    for pod in pods {
        if let Some((sum, count)) = points.get_mut(pod.percent()) {
            *sum += of(pod);
            *count += 1.0;
        }
    }
    let mean = |at: usize| {
        let around = at.saturating_sub(1)..(at + 2).min(POINTS);
        let range = if points[at].1 > 0.0 {
            &points[at..=at]
        } else {
            &points[around]
        };
        let (sum, count) = range
            .iter()
            .fold((0.0, 0.0), |(s, n), (sum, count)| (s + sum, n + count));
        sum / count
    };
    (0..POINTS).map(mean).collect()
}

/// As the original logs it, with two digits; its fragments over capacity are read from what is not rounded.
pub(super) fn two_digits(x: f64) -> f64 {
    let printed = format!("{x:.2}");
    printed.parse().unwrap_or(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_the_mean_of_its_pods_or_of_its_neighbours() {
        let pod = |arrived: u64, idle_milli| Pod {
            node: None,
            gpus: GpuSet::EMPTY,
            arrived,
            standing: Standing {
                gpu_milli: 1000,
                idle_milli,
                fragment_milli: 0.0,
            },
        };
        // 4, 4 and 6 per cent have arrived; 4.5 goes to the even one.
        let pods = [pod(40, 900), pod(45, 800), pod(60, 600)];
        let curve = curve(&pods, Pod::allocated_pct);
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(near(curve[4], 15.0) && near(curve[6], 40.0));
        assert!(near(curve[5], 70.0 / 3.0), "{}", curve[5]);
        assert!(curve[1].is_nan());
    }
}
