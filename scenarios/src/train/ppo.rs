//! Proximal policy optimisation (Schulman et al., 2017), over the rows that may be chosen.

use policies::learned::net::choice;
use sim_core::units::convert;

use super::lesson::{Sample, Tally};
use super::settings::Settings;

/// By what the loss changes with the log-share of the chosen row and with the entropy: `-min(ratio x A, clipped ratio x A)`
/// less what open choices count for.
pub(super) fn slopes(
    sample: &Sample<'_>,
    log_shares: &[f32],
    settings: &Settings,
    tally: &mut Tally,
) -> [f32; 2] {
    let moved = log_shares[sample.step.row] - sample.step.log_share;
    // A share that moved further than a single can tell is clipped in any case.
    let ratio = libm::expf(moved.clamp(-60.0, 60.0));
    let clip = convert::single(settings.clip);
    let held = ratio.clamp(1.0 - clip, 1.0 + clip);
    let gain = (ratio * sample.advantage).min(held * sample.advantage);
    let entropy = choice::entropy(log_shares);
    let counts = convert::single(settings.entropy);
    tally.loss -= f64::from(gain + counts * entropy);
    tally.entropy += f64::from(entropy);
    let is_held = (1.0 - clip..=1.0 + clip).contains(&ratio);
    tally.clipped += if is_held { 0.0 } else { 1.0 };
    // Beyond the clip on the side where moving on would gain, it gains nothing.
    let stays = gain < ratio * sample.advantage;
    let by_row = if stays {
        0.0
    } else {
        -ratio * sample.advantage
    };
    [by_row, -counts]
}
