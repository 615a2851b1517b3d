//! Places for the labels of points: none over another, over a point, or over the frame.

use crate::ink::Dot;
use crate::lossy::nearest;

/// A rectangle in dots: upper left and lower right corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) from: Dot,
    pub(crate) to: Dot,
}

impl Area {
    /// A square around a point.
    pub(crate) fn around((x, y): Dot, half: i32) -> Self {
        Self {
            from: (x - half, y - half),
            to: (x + half, y + half),
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.from.0 < other.to.0
            && other.from.0 < self.to.0
            && self.from.1 < other.to.1
            && other.from.1 < self.to.1
    }

    fn holds(&self, other: &Self) -> bool {
        self.from.0 <= other.from.0
            && self.from.1 <= other.from.1
            && self.to.0 >= other.to.0
            && self.to.1 >= other.to.1
    }

    /// The point of the rectangle closest to another.
    pub(crate) fn closest(&self, (x, y): Dot) -> Dot {
        (
            x.clamp(self.from.0, self.to.0),
            y.clamp(self.from.1, self.to.1),
        )
    }

    /// Whether a straight line passes through.
    fn is_crossed(&self, (a, b): (Dot, Dot)) -> bool {
        let span = Self {
            from: (a.0.min(b.0) - 1, a.1.min(b.1) - 1),
            to: (a.0.max(b.0) + 1, a.1.max(b.1) + 1),
        };
        let side = |(x, y): Dot| {
            let (x, y) = (i64::from(x - a.0), i64::from(y - a.1));
            (i64::from(b.0 - a.0) * y - i64::from(b.1 - a.1) * x).signum()
        };
        let corners = [
            self.from,
            (self.to.0, self.from.1),
            self.to,
            (self.from.0, self.to.1),
        ];
        let sides = corners.map(side);
        self.overlaps(&span) && !(sides == [1; 4] || sides == [-1; 4])
    }
}

/// What labels are placed in.
pub(crate) struct Scene {
    /// Labels stay inside.
    pub(crate) bounds: Area,
    /// Labels keep off these.
    pub(crate) signs: Vec<Area>,
    /// Labels rather keep off these lines.
    pub(crate) lines: Vec<(Dot, Dot)>,
}

/// Distances from point to label to try, in dots, nearest first.
const RINGS: [i32; 8] = [75, 150, 240, 360, 520, 720, 980, 1300];
/// Directions to try: right, left, up, down, then the quarters and eighths between.
const TURNS: [(f64, f64); 16] = [
    (1.0, 0.0),
    (-1.0, 0.0),
    (0.0, -1.0),
    (0.0, 1.0),
    (0.71, -0.71),
    (0.71, 0.71),
    (-0.71, -0.71),
    (-0.71, 0.71),
    (0.92, -0.38),
    (0.92, 0.38),
    (-0.92, -0.38),
    (-0.92, 0.38),
    (0.38, -0.92),
    (0.38, 0.92),
    (-0.38, -0.92),
    (-0.38, 0.92),
];

/// How often every label may look for a better place among the others.
const ROUNDS: usize = 8;

/// A place for each label of the given sizes, or none at all where the crowd is too dense for
/// each to be told from the others.
pub(crate) fn place(points: &[Dot], sizes: &[Dot], scene: &Scene) -> Option<Vec<Area>> {
    let mut placed: Vec<Option<Area>> = vec![None; points.len()];
    for round in 0..ROUNDS {
        let before = placed.clone();
        for step in 0..points.len() {
            // Alternating ends let the first labels give way to the last and back.
            let i = if round % 2 == 0 {
                step
            } else {
                points.len() - 1 - step
            };
            placed[i] = None;
            placed[i] = Some(best(i, (points, sizes), &placed, scene)?);
        }
        if placed == before {
            break;
        }
    }
    let placed: Vec<Area> = placed.into_iter().collect::<Option<_>>()?;
    is_clear(points, &placed).then_some(placed)
}

/// Whether no line that leads to a label runs through another one.
fn is_clear(points: &[Dot], placed: &[Area]) -> bool {
    points.iter().zip(placed).all(|(point, area)| {
        let leader = (*point, area.closest(*point));
        let mut others = placed.iter().filter(|other| *other != area);
        !leads(*point, area) || !others.any(|other| other.is_crossed(leader))
    })
}

/// The cheapest place for label `i` among those that are placed.
fn best(
    i: usize,
    (points, sizes): (&[Dot], &[Dot]),
    placed: &[Option<Area>],
    scene: &Scene,
) -> Option<Area> {
    let point = points[i];
    let others: Vec<Area> = placed.iter().flatten().copied().collect();
    let leaders: Vec<(Dot, Dot)> = points
        .iter()
        .zip(placed)
        .filter_map(|(point, area)| area.map(|area| (*point, area.closest(*point))))
        .collect();
    let cost = |(rank, area): (usize, Area)| {
        let leader = (point, area.closest(point));
        let count = |lines: &[(Dot, Dot)]| lines.iter().filter(|l| area.is_crossed(**l)).count();
        let over = |areas: &[Area]| areas.iter().filter(|a| a.is_crossed(leader)).count();
        // A leader always starts in its own sign.
        let past_signs = over(&scene.signs).saturating_sub(1);
        rank + 44 * count(&scene.lines) + 1000 * (count(&leaders) + over(&others)) + 40 * past_signs
    };
    let free = candidates(point, sizes[i]).enumerate().filter(|(_, area)| {
        let blocked = |other: &Area| other.overlaps(area);
        scene.bounds.holds(area) && !scene.signs.iter().any(blocked) && !others.iter().any(blocked)
    });
    free.min_by_key(|candidate| cost(*candidate))
        .map(|(_, area)| area)
}

/// Whether a label lies so far from its point that a line must lead to it.
pub(crate) fn leads(point: Dot, area: &Area) -> bool {
    let (x, y) = area.closest(point);
    (x - point.0).abs().max((y - point.1).abs()) > 110
}

/// The places of a label around a point, the more desirable first.
fn candidates((x, y): Dot, (width, height): Dot) -> impl Iterator<Item = Area> {
    RINGS.into_iter().flat_map(move |ring| {
        TURNS.into_iter().map(move |(turn_x, turn_y)| {
            // The label's middle lies so that its nearest edge or corner is on the ring.
            let reach = |turn: f64, length: i32| {
                let side = (turn * 2.6).clamp(-1.0, 1.0);
                nearest(turn * f64::from(ring) + side * f64::from(length) / 2.0)
            };
            let middle = (x + reach(turn_x, width), y + reach(turn_y, height));
            let from = (middle.0 - width / 2, middle.1 - height / 2);
            Area {
                from,
                to: (from.0 + width, from.1 + height),
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lossy::real;
    use proptest::prelude::*;

    /// Points on a spiral, closer together towards its middle.
    fn crowd(count: usize) -> Vec<Dot> {
        let point = |i: usize| {
            let angle = real(i) * 2.4;
            (
                nearest(3000.0 + angle.cos() * 40.0 * real(i)),
                nearest(1500.0 + angle.sin() * 20.0 * real(i)),
            )
        };
        (0..count).map(point).collect()
    }

    fn scene(points: &[Dot]) -> Scene {
        Scene {
            bounds: Area {
                from: (0, 0),
                to: (5800, 2900),
            },
            signs: points.iter().map(|p| Area::around(*p, 60)).collect(),
            lines: Vec::new(),
        }
    }

    #[test]
    fn labels_overlap_neither_each_other_nor_points_nor_the_frame() {
        for count in [1, 2, 8, 12] {
            let points = crowd(count);
            let scene = scene(&points);
            let sizes = vec![(700, 150); count];
            let placed = place(&points, &sizes, &scene).expect("there is room");
            for (i, area) in placed.iter().enumerate() {
                assert!(scene.bounds.holds(area));
                assert!(!scene.signs.iter().any(|sign| sign.overlaps(area)));
                assert!(!placed[i + 1..].iter().any(|other| other.overlaps(area)));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn placed_labels_never_overlap(
            points in proptest::collection::vec((0..5800, 0..2900), 0..25),
            width in 100..1700,
        ) {
            let scene = scene(&points);
            let sizes = vec![(width, 140); points.len()];
            let placed = place(&points, &sizes, &scene).unwrap_or_default();
            for (i, area) in placed.iter().enumerate() {
                prop_assert!(scene.bounds.holds(area));
                prop_assert!(!scene.signs.iter().any(|sign| sign.overlaps(area)));
                prop_assert!(!placed[i + 1..].iter().any(|other| other.overlaps(area)));
            }
        }
    }

    #[test]
    fn without_room_there_are_no_labels() {
        let points = vec![(3000, 1500); 60];
        let sizes = vec![(2500, 400); 60];
        assert_eq!(place(&points, &sizes, &scene(&points)), None);
    }

    #[test]
    fn a_line_crosses_what_it_passes_through() {
        let area = Area {
            from: (10, 10),
            to: (20, 20),
        };
        assert!(area.is_crossed(((0, 15), (30, 15))));
        assert!(area.is_crossed(((0, 0), (30, 30))));
        assert!(!area.is_crossed(((0, 0), (30, 5))));
        assert!(!area.is_crossed(((0, 25), (12, 40))));
    }
}
