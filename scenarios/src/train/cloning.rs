//! Behaviour cloning: the teacher's row becomes likelier.

use policies::learned::net::choice;

use super::lesson::{Sample, Tally};

/// By what the loss, less the log-share of the row that the teacher chose, changes with that and with the entropy; nothing
/// where the teacher would have chosen no row.
pub(super) fn slopes(sample: &Sample<'_>, log_shares: &[f32], tally: &mut Tally) -> [f32; 2] {
    tally.entropy += f64::from(choice::entropy(log_shares));
    match sample.step.taught {
        Some(row) => {
            tally.loss -= f64::from(log_shares[row]);
            [-1.0, 0.0]
        }
        None => [0.0, 0.0],
    }
}
