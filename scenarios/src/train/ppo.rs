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

#[cfg(test)]
mod tests {
    use super::super::lane::Step;
    use super::*;

    /// The slope by the log-share of a row whose share was a quarter and is `share` now, and whether that is beyond the clip.
    fn slope(share: f32, advantage: f32) -> (f32, bool) {
        let step = Step {
            row: 1,
            log_share: libm::logf(0.25),
            ..Step::default()
        };
        let sample = Sample {
            step: &step,
            advantage,
            target: 0.0,
        };
        let log_shares = [libm::logf(1.0 - share), libm::logf(share)];
        let mut tally = Tally::default();
        let [by_row, by_entropy] = slopes(&sample, &log_shares, &Settings::default(), &mut tally);
        assert!((by_entropy + 0.01).abs() < 1e-9);
        (by_row, tally.clipped > 0.0)
    }

    #[test]
    fn beyond_the_clip_only_the_way_back_gains() {
        let cases = [
            // Share now, advantage; slope, whether it is beyond the clip.
            (0.25, 2.0, -2.0, false),
            (0.28, 2.0, -2.24, false),
            (0.40, 2.0, 0.0, true),
            (0.40, -2.0, 3.2, true),
            (0.10, 2.0, -0.8, true),
            (0.10, -2.0, 0.0, true),
        ];
        for (share, advantage, expected, is_beyond) in cases {
            let (by, beyond) = slope(share, advantage);
            assert!((by - expected).abs() < 1e-5, "{share} {advantage}: {by}");
            assert_eq!(beyond, is_beyond, "{share}");
        }
    }
}
