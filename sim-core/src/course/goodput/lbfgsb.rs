//! A minimum within bounds by L-BFGS-B (Byrd, Lu, Nocedal and Zhu 1995; the refinement of Morales and Nocedal 2011), for few
//! variables.
//!
//! The path is that of the published code: the generalized Cauchy point, a minimum in the free variables that is projected
//! back, a line search, and up to ten pairs of corrections. As there are only a handful of variables, the matrix that the pairs
//! stand for is written out, so no compact form is needed. What it stops at is part of the result, and so are its two rules.

use super::line_search::{LineSearch, Search};

/// Pairs that are remembered.
const PAIRS: usize = 10;
/// Evaluations of one line search.
const TRIALS: usize = 20;
/// Steps after which nothing more is tried.
const MOST_STEPS: usize = 15_000;

/// A point, or a direction.
pub(super) type Vector<const N: usize> = [f64; N];
type Matrix<const N: usize> = [[f64; N]; N];
/// A correction: a step, the change of the gradient over it, and the product of the two.
type Pair<const N: usize> = (Vector<N>, Vector<N>, f64);

/// Where each variable may lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Box<const N: usize> {
    pub(super) low: Vector<N>,
    pub(super) high: Vector<N>,
}

/// Where a variable stands on the way to the Cauchy point.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stand {
    Free,
    Bound,
}

/// Minimises `f` (value and gradient) from `x`, until a step gains at most `tolerance` of the value, or no component of the
/// projected gradient exceeds it. A line search that fails ends it where it stands.
pub(super) fn minimize<const N: usize>(
    f: &dyn Fn(&Vector<N>) -> (f64, Vector<N>),
    start: &Vector<N>,
    within: &Box<N>,
    tolerance: f64,
) -> Vector<N> {
    let mut x = within.clip(start);
    let (mut value, mut gradient) = f(&x);
    let mut pairs: Vec<Pair<N>> = Vec::new();
    let mut theta = 1.0;
    let mut first = true;
    if within.projected(&x, &gradient) <= tolerance {
        return x;
    }
    for _ in 0..MOST_STEPS {
        let hessian = matrix(&pairs, theta);
        let (cauchy, stands) = cauchy(&x, &gradient, within, (&hessian, theta));
        let is_free = stands.contains(&Stand::Free);
        let aim = if is_free && !pairs.is_empty() {
            let around = Around {
                x: &x,
                gradient: &gradient,
                within,
                hessian: &hessian,
            };
            around.subspace(&cauchy, &stands)
        } else {
            Some(cauchy)
        };
        let step = aim.and_then(|aim| along(f, (&x, value, &gradient), (&aim, within), first));
        let Some(step) = step else {
            if pairs.is_empty() {
                return x;
            }
            pairs.clear();
            theta = 1.0;
            continue;
        };
        first = false;
        let gained = value - step.value;
        let scale = value.abs().max(step.value.abs()).max(1.0);
        let (before, slope_before) = (gradient, step.slope_before);
        x = step.x;
        (value, gradient) = (step.value, step.gradient);
        if within.projected(&x, &gradient) <= tolerance || gained <= tolerance * scale {
            return x;
        }
        let y = minus(&gradient, &before);
        let (s, curved) = if step.length.total_cmp(&1.0).is_eq() {
            (step.direction, step.slope - slope_before)
        } else {
            let curved = (step.slope - slope_before) * step.length;
            (step.direction.map(|d| d * step.length), curved)
        };
        let expected = -slope_before * step.length;
        if curved > f64::EPSILON * expected {
            if pairs.len() == PAIRS {
                pairs.remove(0);
            }
            theta = dot(&y, &y) / curved;
            pairs.push((s, y, curved));
        }
    }
    x
}

/// A step that was taken.
struct Step<const N: usize> {
    x: Vector<N>,
    value: f64,
    gradient: Vector<N>,
    direction: Vector<N>,
    length: f64,
    slope_before: f64,
    slope: f64,
}

/// A search from `x` towards `aim`; `None` if it fails.
fn along<const N: usize>(
    f: &dyn Fn(&Vector<N>) -> (f64, Vector<N>),
    (x, value, gradient): (&Vector<N>, f64, &Vector<N>),
    (aim, within): (&Vector<N>, &Box<N>),
    first: bool,
) -> Option<Step<N>> {
    let direction = minus(aim, x);
    let norm = dot(&direction, &direction).sqrt();
    let most = if first {
        1.0
    } else {
        within.room(x, &direction)
    };
    let mut length = if first { (1.0 / norm).min(most) } else { 1.0 };
    let slope_before = dot(gradient, &direction);
    if slope_before >= 0.0 || slope_before.is_nan() {
        return None;
    }
    let mut search = LineSearch::new(value, slope_before, (length, most));
    for _ in 0..TRIALS {
        let at = if length.total_cmp(&1.0).is_eq() {
            *aim
        } else {
            std::array::from_fn(|i| length * direction[i] + x[i])
        };
        let (value, gradient) = f(&at);
        let slope = dot(&gradient, &direction);
        match search.tell(length, value, slope) {
            Search::Try(next) => length = next,
            Search::Take => {
                return Some(Step {
                    x: at,
                    value,
                    gradient,
                    direction,
                    length,
                    slope_before,
                    slope,
                });
            }
        }
    }
    None
}

impl<const N: usize> Box<N> {
    fn clip(&self, x: &Vector<N>) -> Vector<N> {
        std::array::from_fn(|i| x[i].max(self.low[i]).min(self.high[i]))
    }

    /// The greatest component of the projected gradient.
    fn projected(&self, x: &Vector<N>, gradient: &Vector<N>) -> f64 {
        let component = |i: usize| {
            if gradient[i] < 0.0 {
                (x[i] - self.high[i]).max(gradient[i])
            } else {
                (x[i] - self.low[i]).min(gradient[i])
            }
        };
        (0..N).map(|i| component(i).abs()).fold(0.0, f64::max)
    }

    /// How far one may go along a direction.
    fn room(&self, x: &Vector<N>, direction: &Vector<N>) -> f64 {
        let mut most = 1e10_f64;
        for i in 0..N {
            let d = direction[i];
            let space = if d < 0.0 {
                self.low[i] - x[i]
            } else {
                self.high[i] - x[i]
            };
            if d < 0.0 && space >= 0.0 || d > 0.0 && space <= 0.0 {
                most = 0.0;
            } else if d != 0.0 && (d * most).abs() > space.abs() {
                most = space / d;
            }
        }
        most
    }
}

/// The first minimum of the quadratic model along the projected gradient, and which variables are still free there.
fn cauchy<const N: usize>(
    x: &Vector<N>,
    gradient: &Vector<N>,
    within: &Box<N>,
    (hessian, theta): (&Matrix<N>, f64),
) -> (Vector<N>, [Stand; N]) {
    let (mut stands, mut d, mut point) = ([Stand::Free; N], [0.0; N], *x);
    let mut breaks: Vec<(f64, usize)> = Vec::new();
    for i in 0..N {
        let down = -gradient[i];
        let at_low = x[i] - within.low[i] <= 0.0 && down <= 0.0;
        let at_high = within.high[i] - x[i] <= 0.0 && down >= 0.0;
        if at_low || at_high || within.low[i] >= within.high[i] {
            stands[i] = Stand::Bound;
            continue;
        }
        d[i] = down;
        let bound = if down < 0.0 {
            within.low[i]
        } else {
            within.high[i]
        };
        if down != 0.0 && bound.is_finite() {
            breaks.push(((bound - x[i]) / down, i));
        }
    }
    breaks.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut slope = -dot(&d, &d);
    if slope == 0.0 {
        return (point, stands);
    }
    let least_curve = f64::EPSILON * theta * dot(&d, &d);
    let mut curve = dot(&d, &times(hessian, &d));
    let mut since = 0.0;
    let mut to_go = -slope / curve;
    for (at, i) in breaks {
        if to_go < at - since {
            break;
        }
        let moved = at - since;
        for k in 0..N {
            point[k] += moved * d[k];
        }
        since = at;
        point[i] = if d[i] > 0.0 {
            within.high[i]
        } else {
            within.low[i]
        };
        (d[i], stands[i]) = (0.0, Stand::Bound);
        if d.iter().all(|d| *d == 0.0) {
            return (point, stands);
        }
        let pull = times(hessian, &minus(&point, x));
        slope = (0..N).map(|k| d[k] * (gradient[k] + pull[k])).sum();
        curve = dot(&d, &times(hessian, &d)).max(least_curve);
        to_go = -slope / curve;
    }
    let to_go = to_go.max(0.0);
    for k in 0..N {
        point[k] += to_go * d[k];
    }
    (point, stands)
}

/// The quadratic model at an iterate.
struct Around<'a, const N: usize> {
    x: &'a Vector<N>,
    gradient: &'a Vector<N>,
    within: &'a Box<N>,
    hessian: &'a Matrix<N>,
}

impl<const N: usize> Around<'_, N> {
    /// From the Cauchy point to the minimum in the free variables, brought back within the bounds; `None` where the model has
    /// none.
    fn subspace(&self, cauchy: &Vector<N>, stands: &[Stand; N]) -> Option<Vector<N>> {
        let free: Vec<usize> = (0..N).filter(|i| stands[*i] == Stand::Free).collect();
        let pull = times(self.hessian, &minus(cauchy, self.x));
        let right: Vec<f64> = free
            .iter()
            .map(|&i| -(self.gradient[i] + pull[i]))
            .collect();
        let reduced: Vec<Vec<f64>> = free
            .iter()
            .map(|&i| free.iter().map(|&k| self.hessian[i][k]).collect())
            .collect();
        let step = solve(reduced, right)?;
        let mut point = *cauchy;
        let mut hit = false;
        for (&i, d) in free.iter().zip(&step) {
            point[i] = (cauchy[i] + d)
                .max(self.within.low[i])
                .min(self.within.high[i]);
            hit |= point[i] <= self.within.low[i] || point[i] >= self.within.high[i];
        }
        let downhill = dot(&minus(&point, self.x), self.gradient);
        if !hit || downhill <= 0.0 {
            return Some(point);
        }
        Some(self.truncated(cauchy, (&free, &step)))
    }

    /// The step cut short at the first bound.
    fn truncated(&self, cauchy: &Vector<N>, (free, step): (&[usize], &[f64])) -> Vector<N> {
        let (mut most, mut first) = (1.0, None);
        for (&i, &d) in free.iter().zip(step) {
            let bound = if d < 0.0 {
                self.within.low[i]
            } else {
                self.within.high[i]
            };
            let space = bound - cauchy[i];
            let limit = if d < 0.0 && space >= 0.0 || d > 0.0 && space <= 0.0 {
                0.0
            } else if d != 0.0 && (d * most).abs() > space.abs() {
                space / d
            } else {
                most
            };
            if limit < most {
                (most, first) = (limit, Some((i, bound)));
            }
        }
        let mut point = *cauchy;
        for (&i, &d) in free.iter().zip(step) {
            point[i] += most * d;
        }
        if let Some((i, bound)) = first {
            point[i] = bound;
        }
        point
    }
}

/// The matrix that the pairs stand for, the oldest first, from `theta` times the identity.
fn matrix<const N: usize>(pairs: &[Pair<N>], theta: f64) -> Matrix<N> {
    let mut b: Matrix<N> =
        std::array::from_fn(|i| std::array::from_fn(|k| if i == k { theta } else { 0.0 }));
    for (s, y, sy) in pairs {
        let bs = times(&b, s);
        let sbs = dot(s, &bs);
        for i in 0..N {
            for k in 0..N {
                b[i][k] += y[i] * y[k] / sy - bs[i] * bs[k] / sbs;
            }
        }
    }
    b
}

/// Solves a symmetric positive definite system by Cholesky's method; `None` if it is not that.
fn solve(mut a: Vec<Vec<f64>>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let n = right.len();
    for i in 0..n {
        for k in 0..=i {
            let inner: f64 = (0..k).map(|m| a[i][m] * a[k][m]).sum();
            let rest = a[i][k] - inner;
            if i > k {
                a[i][k] = rest / a[k][k];
            } else if rest > 0.0 {
                a[i][i] = rest.sqrt();
            } else {
                return None;
            }
        }
    }
    for i in 0..n {
        let inner: f64 = (0..i).map(|m| a[i][m] * right[m]).sum();
        right[i] = (right[i] - inner) / a[i][i];
    }
    for i in (0..n).rev() {
        let inner: f64 = (i + 1..n).map(|m| a[m][i] * right[m]).sum();
        right[i] = (right[i] - inner) / a[i][i];
    }
    Some(right)
}

fn dot<const N: usize>(a: &Vector<N>, b: &Vector<N>) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn minus<const N: usize>(a: &Vector<N>, b: &Vector<N>) -> Vector<N> {
    std::array::from_fn(|i| a[i] - b[i])
}

fn times<const N: usize>(matrix: &Matrix<N>, x: &Vector<N>) -> Vector<N> {
    std::array::from_fn(|i| dot(&matrix[i], x))
}
