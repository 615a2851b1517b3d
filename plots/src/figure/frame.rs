//! The frame of every figure: heading, legend, axes and grid around the marks.

use plotters::chart::ChartBuilder;
use plotters::coord::{Shift, cartesian::Cartesian2d};
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::style::{Color, IntoFont, RGBColor, ShapeStyle};

use super::Heading;
use super::axis::{Axis, TICK_SIZE};
use super::legend::{self, Key};
use crate::PlotError;
use crate::ink::font::FAMILY;
use crate::ink::mark::{Anchor, Letters, Mark, Stroke};
use crate::ink::palette::{BLACK, GREY, MIST, Rgb, WHITE};
use crate::ink::paper::{Paper, document};
use crate::ink::{DOTS, Dot, dots, pixels};
use crate::lossy::real;
use crate::text::{elide, plain};

/// Width of every figure, in pixels.
pub(crate) const WIDTH: f64 = 640.0;
/// Height of the plot itself where its rows do not set it, in pixels.
pub(crate) const PLOT_HEIGHT: f64 = 290.0;

/// Room at the sides of every figure, in pixels.
pub(crate) const MARGIN: f64 = 14.0;
/// Room at its lower end.
pub(crate) const BOTTOM: f64 = 10.0;
/// Size of the titles of axes, in pixels.
pub(crate) const AXIS_TITLE: f64 = 12.5;
/// Room below a plot for labels and title of its x axis, in pixels.
pub(crate) const BELOW: f64 = TICK_SIZE + AXIS_TITLE + 18.0;
const TITLE: f64 = 15.0;
const SUBTITLE: f64 = 12.0;

/// What surrounds the marks of a figure.
pub(crate) struct Frame<'f> {
    pub(crate) heading: &'f Heading,
    pub(crate) keys: &'f [Key],
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    /// Height of the plot, in pixels.
    pub(crate) height: f64,
    /// Room left of the plot for labels of rows, in pixels; none for a y axis with ticks.
    pub(crate) gutter: Option<f64>,
    /// Room right of the plot, in pixels.
    pub(crate) right: f64,
}

/// The plot inside the frame, where marks go.
pub(crate) struct Plot {
    coordinates: Cartesian2d<Axis, Axis>,
    /// Upper left corner.
    pub(crate) from: Dot,
    /// Lower right corner.
    pub(crate) to: Dot,
}

impl Plot {
    /// Where a pair of values lies.
    pub(crate) fn at(&self, x: f64, y: f64) -> Dot {
        use plotters::coord::CoordTranslate;
        self.coordinates.translate(&(x, y))
    }
}

impl Frame<'_> {
    /// Room that the y axis takes, in pixels.
    pub(crate) fn left(&self) -> f64 {
        self.gutter
            .unwrap_or_else(|| self.y.label_width() + AXIS_TITLE + 18.0)
    }

    /// Room right of the plot, in pixels, with space for half of the last tick label.
    fn right(&self) -> f64 {
        self.right.max(self.x.overhang() - MARGIN + 4.0)
    }

    /// Width of the plot itself, in pixels.
    pub(crate) fn plot_width(&self) -> f64 {
        WIDTH - 2.0 * MARGIN - self.left() - self.right()
    }

    /// Draws the frame and, on top of its grid, the marks; the result is a whole SVG document.
    pub(crate) fn draw(self, marks: impl FnOnce(&Plot) -> Vec<Mark>) -> Result<String, PlotError> {
        let (head, top) = head(self.heading, self.keys);
        let height = top + self.height + BELOW + BOTTOM;
        let (width, height) = (dots(WIDTH).unsigned_abs(), dots(height).unsigned_abs());
        let mut drawn = String::new();
        let root = Paper::new(width, height, &mut drawn).into_drawing_area();
        for mark in &head {
            root.draw(mark).map_err(refused)?;
        }
        let room = Room {
            above: top,
            left: self.left(),
            right: self.right(),
            below: BELOW,
        };
        let lengths = (self.plot_width(), self.height);
        let plot = mesh(&root, room, (&self.x, &self.y), lengths)?;
        for mark in marks(&plot) {
            root.draw(&mark).map_err(refused)?;
        }
        drop(root);
        let title = plain(&self.heading.title);
        Ok(document(width, height, &title, &drawn))
    }
}

/// Heading and legend, and the height they take in pixels.
pub(crate) fn head(heading: &Heading, keys: &[Key]) -> (Vec<Mark>, f64) {
    let width = WIDTH - 2.0 * MARGIN;
    let mut marks = Vec::new();
    let mut y = MARGIN;
    let title = Letters::of(TITLE).heavy();
    let subtitle = Letters::of(SUBTITLE).colored(GREY);
    let below = heading.subtitle.as_deref().unwrap_or("");
    for (text, letters) in [(heading.title.as_str(), title), (below, subtitle)] {
        for line in lines(text, letters, width) {
            let middle = y + letters.size * 0.6;
            marks.push(Mark::words((dots(MARGIN), dots(middle)), line, letters));
            y += letters.size * 1.4;
        }
    }
    if !keys.is_empty() {
        let at = (dots(MARGIN), dots(y + 3.0));
        marks.extend(legend::draw(keys, at, width));
        y += legend::height(keys, width) + 3.0;
    }
    (marks, y + 12.0)
}

/// Room around a plot, in pixels, beside the margins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    pub(crate) above: f64,
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) below: f64,
}

/// Axes and grid of a plot on an area of paper; titles are shortened to a width and a height in pixels.
pub(crate) fn mesh(
    area: &DrawingArea<Paper<'_>, Shift>,
    room: Room,
    (x, y): (&Axis, &Axis),
    (width, height): (f64, f64),
) -> Result<Plot, PlotError> {
    let mut chart = ChartBuilder::on(area)
        .margin_top(dots(room.above))
        .margin_left(dots(MARGIN))
        .margin_right(dots(MARGIN + room.right))
        .margin_bottom(dots(BOTTOM))
        .x_label_area_size(dots(room.below))
        .y_label_area_size(dots(room.left))
        .build_cartesian_2d(x.clone(), y.clone())
        .map_err(refused)?;
    let ticks = (FAMILY, TICK_SIZE * f64::from(DOTS))
        .into_font()
        .color(&rgb(GREY));
    let titles = (FAMILY, AXIS_TITLE * f64::from(DOTS))
        .into_font()
        .color(&rgb(BLACK));
    chart
        .configure_mesh()
        .bold_line_style(line(MIST, 0.8))
        .light_line_style(line(MIST, 0.8))
        .max_light_lines(0)
        .axis_style(line(GREY, 1.0))
        .label_style(ticks)
        .axis_desc_style(titles)
        .set_all_tick_mark_size(dots(3.5))
        .x_desc(axis_title(x, width))
        .y_desc(axis_title(y, height))
        .draw()
        .map_err(refused)?;
    let (x, y) = chart.plotting_area().get_pixel_range();
    Ok(Plot {
        coordinates: chart.as_coord_spec().clone(),
        from: (x.start, y.start),
        to: (x.end, y.end),
    })
}

/// The title of an axis, shortened to the length of the axis.
pub(crate) fn axis_title(axis: &Axis, length: f64) -> String {
    let letters = Letters::of(AXIS_TITLE);
    elide(&axis.title, length, |text| letters.width(text))
}

/// "No data" in the middle of an empty plot.
pub(crate) fn no_data(plot: &Plot) -> Mark {
    let middle = (
        i32::midpoint(plot.from.0, plot.to.0),
        i32::midpoint(plot.from.1, plot.to.1),
    );
    let letters = Letters::of(14.0).colored(GREY).anchored(Anchor::Middle);
    Mark::words(middle, "No data", letters)
}

/// Labels of rows left of the plot, right-aligned against it and shortened to the room.
pub(crate) fn row_label(plot: &Plot, y: i32, name: &str, room: f64) -> Mark {
    let letters = Letters::of(TICK_SIZE).anchored(Anchor::End);
    let name = elide(&plain(name), room - 10.0, |t| letters.width(t));
    Mark::words((plot.from.0 - dots(8.0), y), name, letters)
}

/// A break in the x axis, where zero ends and the logarithm starts.
pub(crate) fn axis_break(plot: &Plot, share: f64) -> Vec<Mark> {
    let x = plot.from.0 + dots(pixels(plot.to.0 - plot.from.0) * share);
    let y = plot.to.1;
    let slash = |x: i32| vec![(x - 20, y + 40), (x + 20, y - 40)];
    vec![
        Mark::line(vec![(x - 20, y), (x + 20, y)], Stroke::full(WHITE, 2.4)),
        Mark::Line {
            pieces: vec![slash(x - 20), slash(x + 20)],
            stroke: Stroke::full(GREY, 1.0),
        },
    ]
}

/// A text in at most two lines, the rest elided.
fn lines(text: &str, letters: Letters, width: f64) -> Vec<String> {
    let text = plain(text);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match (lines.last_mut(), longer) {
            (Some(last), Some(longer)) if lines_fit(&longer, letters, width) => *last = longer,
            (_, _) => lines.push(word.to_owned()),
        }
    }
    if lines.len() > 2 {
        let rest = lines.split_off(1).join(" ");
        lines.push(rest);
    }
    let fitting = lines
        .iter()
        .map(|line| elide(line, width, |t| letters.width(t)));
    fitting.collect()
}

fn lines_fit(text: &str, letters: Letters, width: f64) -> bool {
    letters.width(text) <= width
}

fn rgb(Rgb(r, g, b): Rgb) -> RGBColor {
    RGBColor(r, g, b)
}

fn line(color: Rgb, width: f64) -> ShapeStyle {
    rgb(color).stroke_width(dots(width).unsigned_abs())
}

pub(crate) fn refused(error: impl std::fmt::Display) -> PlotError {
    PlotError::Renderer(error.to_string())
}

/// The middle of row `row` of some rows, counted from the top, on a bare axis of that length.
pub(crate) fn row_middle(row: usize, rows: usize) -> f64 {
    real(rows) - real(row) - 0.5
}
