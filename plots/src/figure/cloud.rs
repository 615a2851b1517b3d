//! Cost against violations of very many outcomes: a point each, coloured by policy, large on the Pareto front.

use super::axis::Axis;
use super::frame::{Frame, PLOT_HEIGHT, Plot, no_data};
use super::legend::{Key, Swatch};
use super::{Estimate, Heading, MOST_NAMES, Measure, at_most, drawable, extent, pareto};
use crate::ink::Dot;
use crate::ink::mark::{Mark, Stroke};
use crate::ink::palette::{STONE, color, marker, tint};
use crate::text::plain;
use crate::tidy::{Field, Tidy};
use crate::{Drawing, PlotError};

/// The most points of a figure.
pub const MOST_POINTS: usize = 20_000;

/// Half the side of a point that is beaten, in dots.
const SMALL: i32 = 18;

const FRONT: Stroke = Stroke {
    color: STONE,
    width: 1.2,
    dash: &[4.0, 3.0],
};

/// Outcomes by two measures of which less is better.
#[derive(Debug, Clone, PartialEq)]
pub struct Cloud {
    /// What stands above.
    pub heading: Heading,
    /// The measure to the right, usually cost.
    pub x: Measure,
    /// The measure upwards, usually the SLA violation rate.
    pub y: Measure,
    /// The policies, each with its outcomes.
    pub groups: Vec<Group>,
}

/// One policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The policy.
    pub name: String,
    /// Its place in the comparison, which sets colour and marker in every figure.
    pub position: usize,
    /// What came of it.
    pub points: Vec<Point>,
}

/// One outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// What it is the outcome of.
    pub name: String,
    /// Its value to the right.
    pub x: f64,
    /// Its value upwards.
    pub y: f64,
}

/// A point with its group, and whether it is on the front.
struct Placed<'c> {
    group: &'c Group,
    point: &'c Point,
    on_front: bool,
}

impl Cloud {
    /// Draws the points; those of the front lie over the others.
    ///
    /// # Errors
    /// [`PlotError::NotDrawable`] for a value that is none, [`PlotError::TooMany`] beyond [`MOST_NAMES`] groups or
    /// [`MOST_POINTS`] points.
    pub fn draw(&self) -> Result<Drawing, PlotError> {
        at_most("groups", self.groups.len(), MOST_NAMES)?;
        let placed = self.placed();
        at_most("points", placed.len(), MOST_POINTS)?;
        for Placed { group, point, .. } in &placed {
            let names = || format!("point {:?} of {:?}", plain(&point.name), plain(&group.name));
            drawable(point.x, || format!("{}, x", names()))?;
            drawable(point.y, || format!("{}, y", names()))?;
        }
        let range = |value: fn(&Point) -> f64| {
            let values = placed.iter().map(|placed| value(placed.point));
            extent(values).unwrap_or((0.0, 1.0))
        };
        let keys = self.keys();
        let frame = Frame {
            heading: &self.heading,
            keys: &keys,
            x: Axis::around(&self.x, range(|point| point.x)).0,
            y: Axis::around(&self.y, range(|point| point.y)).0,
            height: PLOT_HEIGHT + 40.0,
            gutter: None,
            right: 8.0,
        };
        let svg = frame.draw(|plot| self.marks(plot, &placed))?;
        let csv = csv(&placed)?;
        let vega = self.vega(&csv);
        Ok(Drawing { svg, csv, vega })
    }

    /// Every point, in order.
    fn placed(&self) -> Vec<Placed<'_>> {
        let points = self.groups.iter().flat_map(|group| {
            group.points.iter().map(move |point| Placed {
                group,
                point,
                on_front: false,
            })
        });
        let mut placed: Vec<Placed<'_>> = points.collect();
        let values: Vec<(f64, f64)> = placed
            .iter()
            .map(|own| (own.point.x, own.point.y))
            .collect();
        for on in pareto::front(&values) {
            placed[on].on_front = true;
        }
        placed
    }

    fn keys(&self) -> Vec<Key> {
        let front = Key {
            name: "Pareto front".to_owned(),
            swatch: Swatch::Line(FRONT),
        };
        let groups = self.groups.iter().map(|group| Key {
            name: group.name.clone(),
            swatch: Swatch::Sign(marker(group.position), color(group.position)),
        });
        std::iter::once(front).chain(groups).collect()
    }

    fn marks(&self, plot: &Plot, placed: &[Placed<'_>]) -> Vec<Mark> {
        if placed.is_empty() {
            return vec![no_data(plot)];
        }
        let at = |own: &Placed<'_>| plot.at(own.point.x, own.point.y);
        let beaten = placed.iter().filter(|own| !own.on_front);
        let mut marks: Vec<Mark> = beaten
            .map(|own| {
                let (x, y) = at(own);
                let fill = tint(color(own.group.position), 0.55);
                Mark::rect((x - SMALL, y - SMALL), (x + SMALL, y + SMALL), fill, None)
            })
            .collect();
        marks.push(Mark::line(front(plot, placed), FRONT));
        for own in placed.iter().filter(|own| own.on_front) {
            let position = own.group.position;
            marks.push(Mark::Sign {
                at: at(own),
                marker: marker(position),
                color: color(position),
            });
        }
        for own in placed.iter().filter(|own| own.on_front) {
            marks.push(self.hint(at(own), own));
        }
        marks
    }

    fn hint(&self, (x, y): Dot, own: &Placed<'_>) -> Mark {
        let told = |measure: &Measure, value| measure.told(Estimate::exact(value));
        let (group, point) = (plain(&own.group.name), plain(&own.point.name));
        let values = [told(&self.x, own.point.x), told(&self.y, own.point.y)];
        Mark::Hint {
            a: (x - 90, y - 90),
            b: (x + 90, y + 90),
            text: format!("{group}: {point}\n{}", values.join("\n")),
        }
    }
}

/// The front as a step line: right and above of it everything is beaten.
fn front(plot: &Plot, placed: &[Placed<'_>]) -> Vec<Dot> {
    let on = placed.iter().filter(|own| own.on_front);
    let mut on: Vec<(f64, f64)> = on.map(|own| (own.point.x, own.point.y)).collect();
    on.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut line: Vec<Dot> = Vec::new();
    for (x, y) in on {
        let (x, y) = plot.at(x, y);
        let above = line.last().map_or(plot.from.1, |(_, y)| *y);
        line.extend([(x, above), (x, y)]);
    }
    let end = line.last().map(|(_, y)| (plot.to.0, *y));
    line.extend(end);
    line
}

fn csv(placed: &[Placed<'_>]) -> Result<String, PlotError> {
    let mut tidy = Tidy::new(&["series", "point", "x", "y", "on_front"])?;
    for own in placed {
        tidy.row(&[
            Field::Text(&own.group.name),
            Field::Text(&own.point.name),
            Field::Number(own.point.x),
            Field::Number(own.point.y),
            Field::Text(if own.on_front { "yes" } else { "no" }),
        ])?;
    }
    tidy.finish()
}

#[cfg(test)]
mod tests {
    use super::super::Unit;
    use super::*;

    fn cloud(points: &[(f64, f64)]) -> Cloud {
        let measure = |title: &str| Measure {
            title: title.to_owned(),
            unit: Unit::One,
        };
        let point = |(x, y): &(f64, f64)| Point {
            name: format!("{x}, {y}"),
            x: *x,
            y: *y,
        };
        Cloud {
            heading: Heading::default(),
            x: measure("x"),
            y: measure("y"),
            groups: vec![Group {
                name: "p".to_owned(),
                position: 0,
                points: points.iter().map(point).collect(),
            }],
        }
    }

    #[test]
    fn what_nothing_beats_is_on_the_front() {
        let drawing = cloud(&[(1.0, 2.0), (2.0, 1.0), (2.0, 2.0)]).draw();
        let csv = drawing.expect("drawable").csv;
        let fronts: Vec<&str> = csv
            .lines()
            .skip(1)
            .filter_map(|line| line.rsplit(',').next())
            .collect();
        assert_eq!(fronts, ["yes", "yes", "no"]);
    }

    #[test]
    fn nothing_is_drawn_as_nothing_and_no_number_is_refused() {
        assert!(cloud(&[]).draw().expect("empty").svg.contains("No data"));
        assert!(matches!(
            cloud(&[(f64::NAN, 1.0)]).draw(),
            Err(PlotError::NotDrawable { .. })
        ));
        let many = vec![(1.0, 1.0); MOST_POINTS + 1];
        assert!(matches!(
            cloud(&many).draw(),
            Err(PlotError::TooMany { .. })
        ));
    }
}
