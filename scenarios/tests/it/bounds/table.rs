//! How close bounds are, by relaxation.

use std::collections::BTreeMap;

/// Ratios of bound to optimum.
#[derive(Default)]
pub(crate) struct Table(BTreeMap<&'static str, Vec<f64>>);

impl Table {
    pub(crate) fn add(&mut self, relaxation: &'static str, bound: f64, optimum: f64) {
        assert!(
            bound <= optimum * (1.0 + 1e-12),
            "{relaxation}: {bound} above {optimum}"
        );
        let ratio = if optimum > 0.0 { bound / optimum } else { 1.0 };
        self.0.entry(relaxation).or_default().push(ratio);
    }

    /// Prints how close each is, and asserts that it is at least half of the optimum on the median instance.
    pub(crate) fn judge(mut self, title: &str, instances: usize) {
        println!("{title}");
        println!(
            "{:<46}{:>10}{:>9}{:>9}{:>9}{:>9}",
            "bound / optimum", "instances", "least", "p10", "median", "equal"
        );
        for (relaxation, ratios) in &mut self.0 {
            ratios.sort_by(f64::total_cmp);
            let at = |share: usize| ratios[(ratios.len() - 1) * share / 100];
            let equal = ratios.iter().filter(|ratio| **ratio > 1.0 - 1e-9).count();
            println!(
                "{relaxation:<46}{:>10}{:>9.3}{:>9.3}{:>9.3}{:>8}%",
                ratios.len(),
                at(0),
                at(10),
                at(50),
                100 * equal / ratios.len()
            );
            assert!(ratios.len() >= instances, "{relaxation}: too few instances");
            assert!(
                at(50) >= 0.5,
                "{relaxation}: less than half on the median instance"
            );
        }
    }
}
