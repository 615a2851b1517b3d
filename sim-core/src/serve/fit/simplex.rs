//! Nelder and Mead's search for the least value of a function of four numbers, by values alone.

/// A point and its value.
type Vertex = (f64, [f64; 4]);

/// Most evaluations of a search.
const MOST: u32 = 300;

/// The best point found from `start` on, first steps being `width` wide; ends where all values are within 1e-5 of the best.
pub(super) fn least(of: &mut impl FnMut(&[f64; 4]) -> f64, start: &[f64; 4], width: f64) -> Vertex {
    let mut evaluations = 0;
    let mut at = |point: [f64; 4]| {
        evaluations += 1;
        ((of(&point), point), evaluations)
    };
    let mut simplex: [Vertex; 5] = [at(*start).0; 5];
    for (axis, vertex) in simplex[1..].iter_mut().enumerate() {
        let mut point = *start;
        point[axis] += width;
        *vertex = at(point).0;
    }
    loop {
        simplex.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (best, second, worst) = (simplex[0], simplex[3], simplex[4]);
        let centre = centre(&simplex[..4]);
        let (reflected, used) = at(beyond(&centre, &worst.1, -1.0));
        if used >= MOST || worst.0 - best.0 <= 1e-5 * best.0 {
            return best;
        }
        simplex[4] = if reflected.0 < best.0 {
            lower(at(beyond(&centre, &worst.1, -2.0)).0, reflected)
        } else if reflected.0 < second.0 {
            reflected
        } else {
            let outside = reflected.0 < worst.0;
            let contracted = at(beyond(&centre, &worst.1, if outside { -0.5 } else { 0.5 })).0;
            lower(contracted, lower(reflected, worst))
        };
        if simplex[4].0 >= worst.0 {
            for vertex in &mut simplex[1..] {
                *vertex = at(beyond(&best.1, &vertex.1, 0.5)).0;
            }
        }
    }
}

fn lower(one: Vertex, other: Vertex) -> Vertex {
    if one.0 < other.0 { one } else { other }
}

fn centre(vertices: &[Vertex]) -> [f64; 4] {
    let mut sum = [0.0; 4];
    for (_, point) in vertices {
        for (sum, x) in sum.iter_mut().zip(point) {
            *sum += x * 0.25;
        }
    }
    sum
}

/// The point so many times as far from `from` as `to` is.
fn beyond(from: &[f64; 4], to: &[f64; 4], times: f64) -> [f64; 4] {
    let mut point = *from;
    for (x, to) in point.iter_mut().zip(to) {
        *x += (to - *x) * times;
    }
    point
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_finds_the_bottom_of_a_bent_valley() {
        // Rosenbrock's, twice: the bottom is at one everywhere.
        let mut of = |x: &[f64; 4]| {
            let valley = |x: f64, y: f64| (1.0 - x) * (1.0 - x) + 10.0 * (y - x * x) * (y - x * x);
            1.0 + valley(x[0], x[1]) + valley(x[2], x[3])
        };
        let mut found = least(&mut of, &[-0.5, 0.3, 0.0, 0.8], 0.5);
        for _ in 0..8 {
            found = least(&mut of, &found.1, 0.3);
        }
        assert!(found.0 < 1.001, "{found:?}");
        assert!(found.1.iter().all(|x| (x - 1.0).abs() < 0.05), "{found:?}");
    }
}
