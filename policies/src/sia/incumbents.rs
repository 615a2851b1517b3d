//! Of equal ones whoever runs goes on.

use super::program::Choice;

/// Of two jobs that could have the same, the one to which it is cheaper has it: by how little a job that goes on is cheaper, the
/// solver does not ask.
pub(super) fn keep_on(chosen: &mut [usize], all: &[Choice]) {
    let mut idle: Vec<bool> =
        vec![true; all.iter().map(|choice| choice.job + 1).max().unwrap_or(0)];
    chosen.iter().for_each(|at| idle[all[*at].job] = false);
    for slot in chosen {
        let given = &all[*slot];
        if given.pinned {
            continue;
        }
        let same = |(_, other): &(usize, &Choice)| {
            idle[other.job] && (other.model, other.gpus) == (given.model, given.gpus)
        };
        let others = all.iter().enumerate().filter(same);
        let best = others.min_by(|a, b| a.1.cost.total_cmp(&b.1.cost));
        if let Some((at, better)) = best.filter(|(_, other)| other.cost < given.cost) {
            (idle[given.job], idle[better.job]) = (true, false);
            *slot = at;
        }
    }
}
