//! Who gets which configuration: at most one for each job, within the GPUs of each model, at the least cost in all.

use std::collections::BTreeMap;

use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOptions, Variable};
use sim_core::units::ModelId;

/// A configuration that a job may have.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choice {
    /// Position of the job.
    pub(super) job: usize,
    /// The GPU model.
    pub(super) model: ModelId,
    /// GPUs.
    pub(super) gpus: u32,
    /// What it costs, less than zero if it is better than nothing.
    pub(super) cost: f64,
    /// Whether the job must have it.
    pub(super) pinned: bool,
}

/// What a later model is cheaper by: far below a hundredth, to which costs are rounded.
const TIE: f64 = 1e-6;

/// Most nodes of a search: with many jobs of fixed size there are many ways to cost nearly the same, and the best of so many is
/// taken.
const MOST_NODES: u64 = 50;

/// What may be chosen, and GPUs by model.
type Question = (Vec<Choice>, BTreeMap<ModelId, u32>);

/// The last program, so that it is not solved twice.
#[derive(Clone, Debug, Default)]
pub(super) struct Desk {
    last: Option<(Question, Option<Vec<usize>>)>,
}

impl Desk {
    /// The options of least cost in all, by position; none if there is no solution.
    pub(super) fn choose(&mut self, question: Question) -> Option<Vec<usize>> {
        if let Some((_, chosen)) = self.last.as_ref().filter(|(last, _)| *last == question) {
            return chosen.clone();
        }
        let chosen = solve(&question);
        self.last = Some((question, chosen.clone()));
        chosen
    }
}

fn solve((options, room): &Question) -> Option<Vec<usize>> {
    let mut program = Problem::new(OptimizationDirection::Minimize);
    // Of what costs the same the model that comes last is taken, whatever way the search goes.
    let rank = |model: ModelId| f64::from(model.0) * TIE;
    let taken: Vec<Variable> = options
        .iter()
        .map(|option| program.add_binary_var(option.cost - rank(option.model)))
        .collect();
    let all = || options.iter().zip(&taken);
    let jobs = options
        .iter()
        .map(|option| option.job + 1)
        .max()
        .unwrap_or(0);
    for job in 0..jobs {
        let own = all().filter(|(option, _)| option.job == job);
        let own: Vec<_> = own.map(|(_, taken)| (*taken, 1.0)).collect();
        if !own.is_empty() {
            program.add_constraint(own, ComparisonOp::Le, 1.0);
        }
    }
    for (model, gpus) in room {
        let here = all().filter(|(option, _)| option.model == *model);
        let here: Vec<_> = here
            .map(|(option, taken)| (*taken, f64::from(option.gpus)))
            .collect();
        if !here.is_empty() {
            program.add_constraint(here, ComparisonOp::Le, f64::from(*gpus));
        }
    }
    for (_, taken) in all().filter(|(option, _)| option.pinned) {
        program.add_constraint([(*taken, 1.0)], ComparisonOp::Ge, 1.0);
    }
    let mut enough = SolveOptions::default();
    enough.node_limit = Some(MOST_NODES);
    let solution = program.solve_with(enough).ok()?.into_solution().ok()?;
    let is_taken = |at: &usize| solution.var_value(taken[*at]) > 0.5;
    Some((0..options.len()).filter(is_taken).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(job: usize, model: u16, gpus: u32, cost: f64) -> Choice {
        Choice {
            job,
            model: ModelId(model),
            gpus,
            cost,
            pinned: false,
        }
    }

    fn room(gpus: &[u32]) -> BTreeMap<ModelId, u32> {
        (0..).map(ModelId).zip(gpus.iter().copied()).collect()
    }

    #[test]
    fn each_job_gets_one_configuration_within_the_gpus_there_are() {
        let options = vec![
            choice(0, 0, 1, -0.1),
            choice(0, 0, 4, -0.8),
            choice(1, 0, 1, -0.1),
            choice(1, 0, 4, -0.7),
        ];
        let of = |gpus| Desk::default().choose((options.clone(), room(&[gpus])));
        assert_eq!(of(8), Some(vec![1, 3]));
        assert_eq!(of(5), Some(vec![1, 2]));
        let one = of(1).expect("it can be solved");
        assert!(
            [[0], [2]].map(Vec::from).contains(&one),
            "of equal ones any, and only one"
        );
        assert_eq!(of(0), Some(vec![]));
    }

    #[test]
    fn what_costs_more_than_nothing_is_left_and_of_ties_the_later_model_is_taken() {
        let options = vec![
            choice(0, 0, 1, -0.1),
            choice(0, 1, 1, -0.1),
            choice(1, 1, 1, 0.05),
        ];
        let chosen = Desk::default().choose((options, room(&[4, 4])));
        assert_eq!(chosen, Some(vec![1]));
    }

    #[test]
    fn who_sets_up_stays_and_what_cannot_be_has_no_solution() {
        let pinned = Choice {
            pinned: true,
            ..choice(0, 0, 2, 0.3)
        };
        let options = vec![choice(0, 0, 4, -0.8), pinned, choice(1, 0, 4, -0.7)];
        let of = |gpus| Desk::default().choose((options.clone(), room(&[gpus])));
        assert_eq!(of(6), Some(vec![1, 2]));
        assert_eq!(of(1), None);
    }
}
