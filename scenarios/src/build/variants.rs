//! What a workload takes of a GPU and the forms that it has become rates, and the GPU models that it fits on.

use std::collections::BTreeMap;

use crate::schema::{Scenario, Workload, gpus};

/// Speeds by GPU model: of the course, times that of the fastest form that fits.
pub(super) fn rates(scenario: &Scenario, workload: &Workload) -> BTreeMap<String, f64> {
    let mut rates = workload.course.rates.clone();
    if workload.is_choosy() {
        for (model, memory, _) in gpus(&scenario.fleets) {
            let plain = workload.course.rates.get(model).copied().unwrap_or(1.0);
            let best = workload.best_form(model, memory).unwrap_or(1.0);
            rates.insert(model.to_owned(), plain * best);
        }
    }
    rates
}

/// GPU models that have the memory for some form; none where any will do.
pub(super) fn fitting<'a>(scenario: &'a Scenario, workload: &Workload) -> Option<Vec<&'a str>> {
    workload.gpu_memory?;
    let gpus = gpus(&scenario.fleets).into_iter();
    let fitting = gpus.filter(|(model, memory, _)| workload.best_form(model, *memory).is_some());
    // Machines without GPUs are no matter of theirs.
    Some(fitting.map(|(model, _, _)| model).chain(["none"]).collect())
}
