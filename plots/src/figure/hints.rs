//! What the pointer shows over curves: at places side by side, the value of every curve.

use super::axis::Axis;
use super::frame::Plot;
use crate::ink::mark::Mark;
use crate::lossy::real;
use crate::text::plain;

/// Places along an axis: each some ten pixels wide.
const PLACES: usize = 60;

/// Strips as high as the plot, each with the words for the value of the axis in its middle; where there are none there is no strip.
pub(super) fn strips(x: &Axis, plot: &Plot, words: impl Fn(f64) -> Option<String>) -> Vec<Mark> {
    let at = |share: f64| plot.at(x.value(share), 0.0).0;
    let strip = |place: usize| {
        let [from, middle, to] = [0.0, 0.5, 1.0].map(|part| (real(place) + part) / real(PLACES));
        Some(Mark::Hint {
            a: (at(from), plot.from.1),
            b: (at(to), plot.to.1),
            text: words(x.value(middle))?,
        })
    };
    (0..PLACES).filter_map(strip).collect()
}

/// A head, and under it a line a curve; nothing where no curve has anything to say.
pub(super) fn lines(
    head: String,
    curves: impl Iterator<Item = (String, Option<String>)>,
) -> Option<String> {
    let known = curves.filter_map(|(name, value)| Some((plain(&name), value?)));
    let lines: Vec<String> = known
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    (!lines.is_empty()).then(|| head + "\n" + &lines.join("\n"))
}
