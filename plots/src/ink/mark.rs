//! A mark: one line, area, sign or word on the paper, placed in dots.

use plotters::element::{Drawable, PointCollection};
use plotters_backend::{BackendCoord, DrawingErrorKind};

use super::Dot;
use super::font::Weight;
use super::palette::{BLACK, Marker, Rgb};
use super::paper::{Paper, Torn};

/// How a line is drawn; lengths in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stroke {
    pub(crate) color: Rgb,
    pub(crate) width: f64,
    /// On and off, repeated; empty is a full line.
    pub(crate) dash: &'static [f64],
}

impl Stroke {
    /// A full line.
    pub(crate) const fn full(color: Rgb, width: f64) -> Self {
        Self {
            color,
            width,
            dash: &[],
        }
    }
}

/// Which part of a text lies on its position, horizontally.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How words look; the size in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Letters {
    pub(crate) size: f64,
    pub(crate) weight: Weight,
    pub(crate) color: Rgb,
    pub(crate) anchor: Anchor,
    /// Whether the letters are ringed in white.
    pub(crate) halo: bool,
}

impl Letters {
    /// Regular black letters that start at their position.
    pub(crate) fn of(size: f64) -> Self {
        Self {
            size,
            weight: Weight::Regular,
            color: BLACK,
            anchor: Anchor::Start,
            halo: false,
        }
    }

    /// The same in another colour.
    pub(crate) fn colored(self, color: Rgb) -> Self {
        Self { color, ..self }
    }

    /// The same in the heavier cut.
    pub(crate) fn heavy(self) -> Self {
        Self {
            weight: Weight::SemiBold,
            ..self
        }
    }

    /// The same ringed in white.
    pub(crate) fn ringed(self) -> Self {
        Self { halo: true, ..self }
    }

    /// The same held elsewhere.
    pub(crate) fn anchored(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    /// The width of a text in these letters, in pixels.
    pub(crate) fn width(self, text: &str) -> f64 {
        super::font::width(text, self.size, self.weight)
    }
}

/// One thing on the paper.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Mark {
    /// Straight pieces; each inner list is one connected piece.
    Line {
        pieces: Vec<Vec<Dot>>,
        stroke: Stroke,
    },
    /// A closed outline, filled.
    Area {
        outline: Vec<Dot>,
        fill: Rgb,
        /// 1 hides what is below, 0 shows all of it.
        opacity: f64,
        edge: Option<Stroke>,
    },
    /// Nothing to see: words for a pointer that is over the rectangle between two corners.
    Hint { a: Dot, b: Dot, text: String },
    /// A data point.
    Sign { at: Dot, marker: Marker, color: Rgb },
    /// Words; the position is the vertical middle of the capitals.
    Words {
        at: Dot,
        text: String,
        letters: Letters,
    },
}

impl Mark {
    /// One connected line.
    pub(crate) fn line(points: Vec<Dot>, stroke: Stroke) -> Self {
        Self::Line {
            pieces: vec![points],
            stroke,
        }
    }

    /// A filled rectangle between two corners.
    pub(crate) fn rect(a: Dot, b: Dot, fill: Rgb, edge: Option<Stroke>) -> Self {
        Self::Area {
            outline: vec![a, (b.0, a.1), b, (a.0, b.1)],
            fill,
            opacity: 1.0,
            edge,
        }
    }

    /// Words at a position.
    pub(crate) fn words(at: Dot, text: impl Into<String>, letters: Letters) -> Self {
        Self::Words {
            at,
            text: text.into(),
            letters,
        }
    }
}

impl<'a> PointCollection<'a, Dot> for &'a Mark {
    type Point = Dot;
    type IntoIter = std::iter::Empty<Dot>;

    /// None: a mark already lies in dots.
    fn point_iter(self) -> Self::IntoIter {
        std::iter::empty()
    }
}

impl Drawable<Paper<'_>> for Mark {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        _mapped: I,
        paper: &mut Paper<'_>,
        _size: (u32, u32),
    ) -> Result<(), DrawingErrorKind<Torn>> {
        paper.mark(self);
        Ok(())
    }
}

/// Hatching of a rectangle: which way its lines run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hatch {
    /// None: a plain fill.
    Plain,
    /// Up to the right.
    Rising,
    /// Down to the right.
    Falling,
    /// Both.
    Crossed,
    /// Upright lines.
    Upright,
    /// Level lines.
    Level,
}

/// Hatching in the order states get it.
pub(crate) const HATCHES: [Hatch; 6] = [
    Hatch::Plain,
    Hatch::Rising,
    Hatch::Falling,
    Hatch::Crossed,
    Hatch::Upright,
    Hatch::Level,
];

/// Lines that hatch the rectangle between two corners (upper left, lower right), `gap` dots
/// apart. Plain lines instead of an SVG pattern: they need no id, which would clash when
/// figures are put in one page, and every viewer draws them alike.
pub(crate) fn hatching((x0, y0): Dot, (x1, y1): Dot, hatch: Hatch, gap: i32) -> Vec<Vec<Dot>> {
    let step = usize::try_from(gap.max(1)).unwrap_or(1);
    let (width, height) = (x1 - x0, y1 - y0);
    if width <= 0 || height <= 0 {
        return Vec::new();
    }
    // A slanted line starts `s` dots along the left and then the lower edge; both ends are
    // clipped to the rectangle.
    let slanted = |rising: bool| {
        let lines = (gap..width + height).step_by(step).map(move |s| {
            let from = ((s - height).max(0), s.min(height));
            let to = (s.min(width), (s - width).max(0));
            [from, to]
        });
        lines.map(move |ends| {
            let place = |(x, y): Dot| (x0 + x, if rising { y0 + y } else { y1 - y });
            ends.map(place).to_vec()
        })
    };
    match hatch {
        Hatch::Plain => Vec::new(),
        Hatch::Rising => slanted(true).collect(),
        Hatch::Falling => slanted(false).collect(),
        Hatch::Crossed => slanted(true).chain(slanted(false)).collect(),
        Hatch::Upright => (x0 + gap..x1)
            .step_by(step)
            .map(|x| vec![(x, y0), (x, y1)])
            .collect(),
        Hatch::Level => (y0 + gap..y1)
            .step_by(step)
            .map(|y| vec![(x0, y), (x1, y)])
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hatching_stays_inside_its_rectangle() {
        for hatch in HATCHES {
            let lines = hatching((10, 20), (95, 50), hatch, 7);
            assert_eq!(lines.is_empty(), hatch == Hatch::Plain);
            for (x, y) in lines.into_iter().flatten() {
                assert!((10..=95).contains(&x), "{hatch:?} {x}");
                assert!((20..=50).contains(&y), "{hatch:?} {y}");
            }
        }
        assert!(hatching((5, 5), (5, 9), Hatch::Crossed, 7).is_empty());
    }
}
