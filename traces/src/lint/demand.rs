//! Demand over time: what the jobs would hold if each started when it was submitted.

use std::collections::BTreeSet;

use sim_core::units::{SimTime, Span, convert};

use super::{Code, Finding};
use crate::fleet::{Fleet, Pool};
use crate::record::{ModelSet, Workload};

/// Sets of models looked at: enough for published traces, bounded for hostile ones.
const MAX_SETS: usize = 64;

/// For every set of models that jobs name, and for all jobs together: how long, and how far, the
/// jobs that can run nowhere else would exceed what the fleet has of it.
pub(super) fn above_capacity(workload: &Workload, fleet: &Fleet) -> Vec<Finding> {
    let mut sets: BTreeSet<ModelSet> = BTreeSet::from([ModelSet::ANY]);
    for job in workload.jobs.iter().filter(|job| job.gpus > 0) {
        if sets.len() < MAX_SETS {
            sets.insert(job.models);
        }
    }
    let found = sets.into_iter().filter_map(|set| {
        let capacity = fleet.allowed(workload, set).map(Pool::gpus).sum::<u64>();
        let over = Overload::of(workload, set, capacity * 1000);
        (over.time > Span::ZERO && capacity > 0).then(|| over.finding(workload, set, capacity))
    });
    found.collect()
}

/// How demand compares with capacity.
struct Overload {
    time: Span,
    whole: Span,
    peak_milli: u64,
    from: SimTime,
    times: u64,
}

impl Overload {
    fn of(workload: &Workload, set: ModelSet, capacity_milli: u64) -> Self {
        let only_here = |models: ModelSet| {
            set.is_any() || !models.is_any() && models.positions().all(|p| set.allows(p))
        };
        let mut changes: Vec<(SimTime, bool, u64)> = Vec::new();
        for job in workload.jobs.iter().filter(|job| only_here(job.models)) {
            let (start, milli) = (job.submit, job.total_gpu_milli());
            let end = start.saturating_add(job.duration);
            // Ends sort before starts of the same instant, so a job of no time must hold nothing.
            if end > start {
                changes.push((start, true, milli));
                changes.push((end, false, milli));
            }
        }
        changes.sort_unstable();
        let mut over = Self {
            time: Span::ZERO,
            whole: Span::ZERO,
            peak_milli: 0,
            from: SimTime::ZERO,
            times: 0,
        };
        let (mut held, mut since) = (0_u64, SimTime::ZERO);
        for (at, starts, milli) in changes {
            let passed = at.since(since);
            over.whole = over.whole.saturating_add(passed);
            if held > capacity_milli {
                over.time = over.time.saturating_add(passed);
            }
            let before = held;
            held = if starts { held + milli } else { held - milli };
            if held > over.peak_milli {
                over.peak_milli = held;
                over.from = at;
            }
            over.times += u64::from(before <= capacity_milli && held > capacity_milli);
            since = at;
        }
        over
    }

    fn finding(&self, workload: &Workload, set: ModelSet, capacity: u64) -> Finding {
        let names = set.positions().filter_map(|p| workload.models.get(p));
        let names: Vec<&str> = names.map(String::as_str).collect();
        let whose = if names.is_empty() {
            "any model".to_owned()
        } else {
            names.join("|")
        };
        let share = convert::real(self.time.us()) / convert::real(self.whole.us().max(1)) * 100.0;
        let message = format!(
            "were every job started when submitted, {whose} would be short for {} ({share:.1} % of \
             the time): at most {} GPUs wanted, at {}, of {capacity}",
            self.time,
            self.peak_milli.div_ceil(1000),
            self.from,
        );
        Finding {
            code: Code::DemandAboveCapacity,
            count: self.times,
            message,
            examples: Vec::new(),
        }
    }
}
