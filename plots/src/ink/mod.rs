//! Ink on paper: how lines, areas, signs and words become SVG. Knows nothing of axes or data.
//!
//! Positions are whole *dots*, a tenth of a pixel: fine enough that curves look smooth, and
//! integers, so that the bytes are the same everywhere.

pub(crate) mod font;
pub(crate) mod mark;
pub(crate) mod palette;
pub(crate) mod paper;

use crate::lossy::nearest;

/// A position in dots, from the upper left.
pub(crate) type Dot = (i32, i32);

/// Dots in a pixel.
pub(crate) const DOTS: i32 = 10;

/// Pixels in dots, to the nearest.
pub(crate) fn dots(pixels: f64) -> i32 {
    nearest(pixels * f64::from(DOTS))
}

/// Dots in pixels.
pub(crate) fn pixels(dots: i32) -> f64 {
    f64::from(dots) / f64::from(DOTS)
}
