//! Assignment: a column for each row, so that the sum of costs is least (Crouse, 2016: shortest augmenting paths).
//!
//! Where several assignments are best, the order in which columns are looked at decides. It is that of `SciPy`, by which
//! `AlloX` in Gavel's simulator chooses.

/// A sum that is not known yet.
const FAR: f64 = f64::INFINITY;

/// What is known of an assignment so far.
struct Search<'a> {
    cost: &'a dyn Fn(usize, usize) -> f64,
    /// What rows and columns give towards the costs.
    rows: Vec<f64>,
    columns: Vec<f64>,
    of_row: Vec<Option<usize>>,
    of_column: Vec<Option<usize>>,
}

/// By row, its column. There must be as many columns as rows, and costs are numbers.
pub(crate) fn assign(
    rows: usize,
    columns: usize,
    cost: &dyn Fn(usize, usize) -> f64,
) -> Vec<usize> {
    assert!(rows <= columns, "a column for each row");
    let mut search = Search {
        cost,
        rows: vec![0.0; rows],
        columns: vec![0.0; columns],
        of_row: vec![None; rows],
        of_column: vec![None; columns],
    };
    for row in 0..rows {
        search.give(row);
    }
    let given = search.of_row.into_iter();
    given.map(|column| column.expect("one each")).collect()
}

impl Search<'_> {
    /// Gives a row a column; rows before it may change theirs.
    fn give(&mut self, row: usize) {
        let columns = self.columns.len();
        let mut least = vec![FAR; columns];
        let mut from = vec![row; columns];
        let mut seen = Vec::new();
        let mut left: Vec<usize> = (0..columns).rev().collect();
        let (mut at, mut sum) = (row, 0.0);
        let mut end = loop {
            let (mut nearest, mut best) = (FAR, 0);
            for (place, column) in left.iter().enumerate() {
                let through =
                    sum + (self.cost)(at, *column) - self.rows[at] - self.columns[*column];
                if through < least[*column] {
                    (least[*column], from[*column]) = (through, at);
                }
                let tie = least[*column] <= nearest && self.of_column[*column].is_none();
                if least[*column] < nearest || tie {
                    (nearest, best) = (least[*column], place);
                }
            }
            sum = nearest;
            let column = left.swap_remove(best);
            seen.push(column);
            match self.of_column[column] {
                Some(other) => at = other,
                None => break column,
            }
        };
        self.rows[row] += sum;
        for column in seen {
            if let Some(other) = self.of_column[column] {
                self.rows[other] += sum - least[column];
            }
            self.columns[column] -= sum - least[column];
        }
        loop {
            let above = from[end];
            self.of_column[end] = Some(above);
            let before = self.of_row[above].replace(end);
            match before.filter(|_| above != row) {
                Some(before) => end = before,
                None => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::units::convert;
    use sim_core::world::draw::{Part, Stream};

    /// The least sum there is, by trying all.
    fn least(table: &[Vec<f64>], row: usize, taken: &mut Vec<usize>) -> f64 {
        if row == table.len() {
            return 0.0;
        }
        let mut best = FAR;
        for column in 0..table[row].len() {
            if !taken.contains(&column) {
                taken.push(column);
                best = best.min(table[row][column] + least(table, row + 1, taken));
                taken.pop();
            }
        }
        best
    }

    #[test]
    fn nobody_finds_a_lesser_sum_by_trying_all() {
        let mut luck = Stream::new(7, &[Part::Name("assignment")]);
        for _ in 0..200 {
            let rows = 1 + usize::try_from(luck.below(4)).expect("small");
            let columns = rows + usize::try_from(luck.below(3)).expect("small");
            // Few values, so that there are ties.
            let mut row = || (0..columns).map(|_| convert::real(luck.below(6))).collect();
            let table: Vec<Vec<f64>> = (0..rows).map(|_| row()).collect();
            let given = assign(rows, columns, &|row, column| table[row][column]);
            let mut once = given.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), rows, "each column once");
            let pairs = given.iter().enumerate();
            let sum: f64 = pairs.map(|(row, column)| table[row][*column]).sum();
            let expected = least(&table, 0, &mut Vec::new());
            assert!((sum - expected).abs() < 1e-12, "{sum} and {expected}");
        }
    }

    #[test]
    fn of_equal_assignments_it_takes_the_one_that_scipy_takes() {
        // scipy.optimize.linear_sum_assignment of a table of ones, and of two equal machines with two turns each.
        assert_eq!(assign(2, 3, &|_, _| 1.0), EQUAL);
        let times = [3.0, 1.0, 2.0];
        let turn = |row: usize, column: usize| times[row] * if column < 2 { 1.0 } else { 2.0 };
        assert_eq!(assign(3, 6, &turn), TURNS);
    }

    const EQUAL: [usize; 2] = [0, 1];
    const TURNS: [usize; 3] = [0, 2, 1];
}
