//! What fleets may hold together: quotas of fleets become quotas of offerings.

use sim_core::engine::World;
use sim_core::model::{Counted, Offering, Quota};

use super::commitments::ids;
use crate::schema::{Diagnostic, Scenario};

/// The quotas in the order of the scenario.
pub(super) fn of(scenario: &Scenario, offerings: &[Offering]) -> Vec<Quota> {
    let quotas = scenario.quotas.iter().map(|spec| {
        let its = spec.fleets.iter().map(|name| name.value.as_str());
        let theirs = scenario.fleets.iter().filter(|fleet| {
            let mut named = fleet.quotas.iter();
            named.any(|name| name.value == spec.name.value)
        });
        let fleets = its.chain(theirs.map(|fleet| fleet.name.value.as_str()));
        Quota {
            name: spec.name.value.clone(),
            counted: spec.counted,
            most: spec.most.value,
            covers: fleets.flat_map(|fleet| ids(fleet, offerings)).collect(),
        }
    });
    quotas.collect()
}

/// What only the files of fleets show: that a quota leaves what they list, and that it is known how many CPUs that has.
pub(super) fn check(scenario: &Scenario, world: &World, reasons: &mut Vec<Diagnostic>) {
    for (spec, quota) in scenario.quotas.iter().zip(&world.quotas) {
        let covered = quota.covers.iter().map(|id| &world.offerings[id.index()]);
        let unknown = |of: &&Offering| of.shape.cpu_milli == super::world::PLENTY;
        let mut known = covered.clone();
        if quota.counted == Counted::CpuMilli && known.any(|of| unknown(&of)) {
            let rule = "counts CPUs, and a file does not say how many its machines have";
            let remedy = "count gpus or nodes instead";
            reasons.push(Diagnostic::new(spec.name.place, &quota.name, rule).or(remedy));
            continue;
        }
        let used = covered.map(|of| quota.share(&of.shape) * u64::from(of.initial));
        let used: u64 = used.sum();
        if used > quota.most {
            let thousands = if quota.counted == Counted::CpuMilli {
                1000
            } else {
                1
            };
            let rule = format!("its fleets begin with {} already", used / thousands);
            let shown = format!("{} = {}", spec.key(), quota.most / thousands);
            let reason = Diagnostic::new(spec.most.place, shown, rule);
            reasons.push(reason.or("raise it, or take a fleet out"));
        }
    }
}
