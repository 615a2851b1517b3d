//! A convex program, row by row: least cost under linear bounds and inverses, by an interior-point method.
//!
//! Where several solutions are best, the method ends in the middle of them, which is what Gavel's authors published; a simplex
//! ends in a corner.

use std::collections::VecDeque;
use std::sync::Arc;

use clarabel::algebra::CscMatrix;
use clarabel::solver::{
    DefaultSettings, DefaultSolver, IPSolver, SolverStatus,
    SupportedConeT::{NonnegativeConeT, SecondOrderConeT},
};

/// A program over columns that may be any number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Program {
    cost: Vec<f64>,
    /// Bounds: terms, and what their sum is at most.
    bounds: Vec<(Vec<(usize, f64)>, f64)>,
    /// Columns that are at least the inverse of a sum of terms.
    inverses: Vec<(usize, Vec<(usize, f64)>)>,
}

/// Programs that a desk remembers: more than one computation of shares takes.
const REMEMBERED: usize = 64;

/// Remembers the last programs, so that none is solved twice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Desk(VecDeque<(Arc<Program>, Option<Solution>)>);

impl Desk {
    /// The best values of a program.
    pub(crate) fn solve(&mut self, program: Program) -> Option<Solution> {
        let same = self.0.iter().find(|(known, _)| **known == program);
        if let Some((_, solution)) = same {
            return solution.clone();
        }
        if self.0.len() == REMEMBERED {
            self.0.pop_back();
        }
        let solution = program.solve();
        self.0.push_front((Arc::new(program), solution.clone()));
        solution
    }
}

/// The best values of the columns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Solution {
    pub(crate) values: Vec<f64>,
}

impl Program {
    /// Without costs or bounds.
    pub(crate) fn new(columns: usize) -> Self {
        Self {
            cost: vec![0.0; columns],
            bounds: Vec::new(),
            inverses: Vec::new(),
        }
    }

    /// A unit of this column costs so much.
    pub(crate) fn cost(&mut self, column: usize, cost: f64) {
        self.cost[column] = cost;
    }

    /// The sum of these terms is at most `most`.
    pub(crate) fn at_most(&mut self, terms: &[(usize, f64)], most: f64) {
        self.bounds.push((terms.to_vec(), most));
    }

    /// This column is at least the inverse of the sum of these terms, which is positive.
    pub(crate) fn inverse(&mut self, column: usize, of: &[(usize, f64)]) {
        self.inverses.push((column, of.to_vec()));
    }

    /// The best values, unless there are none, or the method does not find them.
    pub(crate) fn solve(&self) -> Option<Solution> {
        let (mut rows, mut columns, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let mut right = Vec::new();
        let mut add = |terms: &[(usize, f64)], sign: f64, most: f64| {
            // Exact zeros need no place in a sparse matrix.
            for (column, value) in terms.iter().filter(|(_, value)| *value != 0.0) {
                rows.push(right.len());
                columns.push(*column);
                values.push(sign * value);
            }
            right.push(most);
        };
        for (terms, most) in &self.bounds {
            add(terms, 1.0, *most);
        }
        // p s >= 1 for positive ones is |(2, p - s)| <= p + s.
        for (column, of) in &self.inverses {
            let with = |sign: f64| {
                let mut terms = of.clone();
                terms.push((*column, sign));
                terms
            };
            add(&with(1.0), -1.0, 0.0);
            add(&[], -1.0, 2.0);
            add(&with(-1.0), -1.0, 0.0);
        }
        let mut cones = vec![NonnegativeConeT(self.bounds.len())];
        cones.extend(self.inverses.iter().map(|_| SecondOrderConeT(3)));
        let count = self.cost.len();
        let matrix = CscMatrix::new_from_triplets(right.len(), count, rows, columns, values);
        let no_squares = CscMatrix::zeros((count, count));
        let settings = DefaultSettings {
            verbose: false,
            ..DefaultSettings::default()
        };
        let mut solver =
            DefaultSolver::new(&no_squares, &self.cost, &matrix, &right, &cones, settings).ok()?;
        solver.solve();
        let found = match solver.solution.status {
            SolverStatus::Solved | SolverStatus::AlmostSolved => true,
            SolverStatus::Unsolved
            | SolverStatus::PrimalInfeasible
            | SolverStatus::DualInfeasible
            | SolverStatus::AlmostPrimalInfeasible
            | SolverStatus::AlmostDualInfeasible
            | SolverStatus::MaxIterations
            | SolverStatus::MaxTime
            | SolverStatus::NumericalError
            | SolverStatus::InsufficientProgress
            | SolverStatus::CallbackTerminated => false,
        };
        let values = solver.solution.x;
        let sound = values.iter().all(|value| value.is_finite());
        (found && sound).then_some(Solution { values })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_and_inverses_hold_at_the_best_values() {
        // Least p with p >= 1 / (2 x) and x <= 2: a quarter.
        let mut program = Program::new(2);
        program.cost(1, 1.0);
        program.at_most(&[(0, 1.0)], 2.0);
        program.inverse(1, &[(0, 2.0)]);
        let values = program.solve().expect("it can be solved").values;
        assert!(
            (values[0] - 2.0).abs() < 1e-5 && (values[1] - 0.25).abs() < 1e-5,
            "{values:?}"
        );
    }

    #[test]
    fn what_cannot_be_has_no_solution_and_the_same_question_the_same_answer() {
        let mut program = Program::new(1);
        program.at_most(&[(0, 1.0)], 1.0);
        assert_eq!(program.solve(), program.solve());
        program.at_most(&[(0, -1.0)], -2.0);
        assert_eq!(program.solve(), None);
    }
}
