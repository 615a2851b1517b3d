//! The frame of small multiples: one heading, one legend, and a small plot for each name, all on the same axes.

use plotters::drawing::IntoDrawingArea;

use super::Heading;
use super::axis::Axis;
use super::frame::{
    AXIS_TITLE, BELOW, BOTTOM, MARGIN, Plot, Room, WIDTH, axis_title, head, mesh, refused,
};
use super::legend::Key;
use crate::PlotError;
use crate::ink::dots;
use crate::ink::mark::{Letters, Mark};
use crate::ink::paper::{Paper, document};
use crate::lossy::real;
use crate::text::{elide, plain};

/// Height of a plot, in pixels.
pub(crate) const PANEL_HEIGHT: f64 = 104.0;

/// Room for the name above it.
const NAME: f64 = 19.0;
const NAME_SIZE: f64 = 12.0;
/// Room below a plot that has another one below it.
const SHORT: f64 = 9.0;
/// Room between columns.
const BETWEEN: f64 = 12.0;
/// Room for the title of the y axis, which all share, above the plots.
const TITLE: f64 = 16.0;

/// What surrounds the marks of small multiples.
pub(crate) struct Grid<'f> {
    pub(crate) heading: &'f Heading,
    pub(crate) keys: &'f [Key],
    /// What stands above each plot, row by row.
    pub(crate) names: &'f [String],
    pub(crate) x: Axis,
    pub(crate) y: Axis,
}

/// Columns of so many plots.
pub(crate) fn columns(plots: usize) -> usize {
    plots.clamp(1, 2)
}

impl Grid<'_> {
    /// Draws the frame and, on top of each grid, the marks of that plot; the result is a whole SVG document.
    pub(crate) fn draw(
        self,
        marks: impl Fn(usize, &Plot) -> Vec<Mark>,
    ) -> Result<String, PlotError> {
        let columns = columns(self.names.len());
        let rows = real(self.names.len().div_ceil(columns));
        let width = (WIDTH - 2.0 * MARGIN - BETWEEN * real(columns - 1)) / real(columns);
        let pitch = NAME + PANEL_HEIGHT + SHORT;
        let (mut above, top) = head(self.heading, self.keys);
        let title = axis_title(&self.y, WIDTH - 2.0 * MARGIN);
        let place = (dots(MARGIN), dots(top + TITLE / 2.0 - 6.0));
        above.push(Mark::words(place, title, Letters::of(AXIS_TITLE)));
        let top = top + TITLE;
        let height = top + rows * pitch - SHORT + BELOW + BOTTOM;
        let size = (dots(WIDTH).unsigned_abs(), dots(height).unsigned_abs());
        let mut drawn = String::new();
        let root = Paper::new(size.0, size.1, &mut drawn).into_drawing_area();
        for mark in &above {
            root.draw(mark).map_err(refused)?;
        }
        let mut y = self.y.clone();
        y.title.clear();
        for (at, name) in self.names.iter().enumerate() {
            let lowest = at + columns >= self.names.len();
            let (row, column) = (real(at / columns), real(at % columns));
            let room = Room {
                above: NAME,
                left: y.label_width() + 9.0,
                right: 0.0,
                below: if lowest { BELOW } else { SHORT },
            };
            let corner = (dots(column * (width + BETWEEN)), dots(top + row * pitch));
            let high = NAME + PANEL_HEIGHT + room.below + BOTTOM;
            let area = root
                .clone()
                .shrink(corner, (dots(width + 2.0 * MARGIN), dots(high)));
            let x = if lowest {
                self.x.clone()
            } else {
                self.x.unlabelled()
            };
            let plot = mesh(&area, room, (&x, &y), (width - room.left, PANEL_HEIGHT))?;
            let letters = Letters::of(NAME_SIZE).heavy();
            let name = elide(&plain(name), width - room.left, |t| letters.width(t));
            let place = (plot.from.0, plot.from.1 - dots(9.0));
            let named = Mark::words(place, name, letters);
            for mark in marks(at, &plot).iter().chain([&named]) {
                root.draw(mark).map_err(refused)?;
            }
        }
        drop(root);
        Ok(document(
            size.0,
            size.1,
            &plain(&self.heading.title),
            &drawn,
        ))
    }
}
