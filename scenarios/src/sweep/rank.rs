//! Policies ranked over the cells of a sweep: whether any differ, after Friedman, and which, after Nemenyi.
//!
//! A block is a cell; cells that differ in nothing but the seed are one block, by their mean, since a seed is luck and not
//! another circumstance. Blocks without a result of some policy are left out. Cells of one workload are alike, so that the p-value
//! is that of these circumstances, not of all that there could be.

use std::collections::BTreeMap;

use super::findings::Findings;
use super::stored::Sheet;
use crate::experiment::metrics::{Better, METRICS, index};
use crate::experiment::number::real;
use crate::stats::Level;
use crate::stats::friedman::{Friedman, friedman};
use crate::stats::nemenyi::{Groups, critical_difference, groups};

/// How policies rank in one metric.
#[derive(Debug)]
pub(super) struct Ranking {
    /// The test; ranks are in the order of the policies, 1 being the best.
    pub(super) test: Friedman,
    /// How far apart two mean ranks must be for their policies to be told apart, 95 % sure.
    pub(super) critical_difference: f64,
    /// Who cannot be told apart.
    pub(super) groups: Groups,
}

/// The ranking in a metric of which less, or more, is better; `None` of fewer than two policies or blocks, or where nothing
/// differs.
pub(super) fn ranking(found: &Findings, sheet: &Sheet, metric: &str) -> Option<Ranking> {
    let sign = match METRICS[index(metric)].better {
        Better::Less => 1.0,
        Better::More => -1.0,
        Better::Neither => return None,
    };
    let blocks = blocks(found, sheet, metric);
    let signed = blocks
        .iter()
        .map(|block| block.iter().map(|value| sign * value).collect());
    let test = friedman(&signed.collect::<Vec<Vec<f64>>>()).ok()?;
    let critical = critical_difference(found.policies.len(), test.blocks, Level::USUAL)?;
    Some(Ranking {
        groups: groups(&test.average_ranks, critical),
        critical_difference: critical,
        test,
    })
}

/// The results of all policies, a row a block.
fn blocks(found: &Findings, sheet: &Sheet, metric: &str) -> Vec<Vec<f64>> {
    let policies = found.policies.len();
    let circumstance = |values: &[String]| -> Vec<String> {
        let keyed = sheet.keys().zip(values);
        let others = keyed.filter(|(key, _)| *key != "seed");
        others.map(|(_, value)| value.clone()).collect()
    };
    let mut sums: BTreeMap<Vec<String>, (u64, Vec<f64>)> = BTreeMap::new();
    for own in sheet.distinct().into_iter().map(|at| &sheet.cells[at]) {
        let results = (0..policies).map(|policy| found.result(&own.cell, policy, metric));
        let Some(results) = results.collect::<Option<Vec<f64>>>() else {
            continue;
        };
        let block = sums.entry(circumstance(&own.values));
        let (cells, sum) = block.or_insert_with(|| (0, vec![0.0; policies]));
        *cells += 1;
        for (sum, result) in sum.iter_mut().zip(results) {
            *sum += result;
        }
    }
    let mean = |(cells, sum): (u64, Vec<f64>)| -> Vec<f64> {
        sum.into_iter().map(|sum| sum / real(cells)).collect()
    };
    sums.into_values().map(mean).collect()
}

impl Ranking {
    /// The letters of the groups that a policy belongs to: two that share one cannot be told apart. A policy by itself has one of
    /// its own.
    pub(super) fn letters(&self, policy: usize) -> String {
        let place = self.groups.order.iter().position(|own| *own == policy);
        let place = place.expect("every policy has a place");
        // Those by themselves and the groups, from the best on.
        let mut stretches = self.groups.alike.clone();
        let alone = (0..self.groups.order.len())
            .filter(|at| !self.groups.alike.iter().any(|group| group.contains(at)));
        stretches.extend(alone.map(|at| at..at + 1));
        stretches.sort_by_key(|stretch| stretch.start);
        let lettered = (b'a'..=b'z').map(char::from).cycle().zip(&stretches);
        let own = lettered.filter(|(_, stretch)| stretch.contains(&place));
        own.map(|(letter, _)| letter).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_shares_a_letter_cannot_be_told_apart() {
        let ranks = [4.0, 1.0, 1.5, 2.2, 9.0];
        let ranking = Ranking {
            test: Friedman {
                average_ranks: ranks.to_vec(),
                blocks: 10,
                chi_square: 1.0,
                p: 0.5,
                f: None,
                p_of_f: 0.5,
            },
            critical_difference: 1.0,
            groups: groups(&ranks, 1.0),
        };
        let letters: Vec<String> = (0..5).map(|policy| ranking.letters(policy)).collect();
        assert_eq!(letters, ["c", "a", "ab", "b", "d"]);
    }
}
