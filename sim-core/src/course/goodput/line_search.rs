//! A step along a descent direction that lessens a function enough (Moré and Thuente, ACM TOMS 20, 1994), as the public
//! MINPACK-2 states it.

/// Sufficient decrease, curvature, and the relative width of an interval at which to stop.
const DECREASE: f64 = 1e-3;
const CURVATURE: f64 = 0.9;
const WIDTH: f64 = 0.1;

/// A point of the function along the direction: how far, its value, its slope.
#[derive(Clone, Copy, Debug)]
struct Along {
    at: f64,
    value: f64,
    slope: f64,
}

/// A search under way.
#[derive(Clone, Debug)]
pub(super) struct LineSearch {
    start: Along,
    most: f64,
    bracketed: bool,
    /// Whether the auxiliary function of the first stage is in use.
    first_stage: bool,
    best: Along,
    other: Along,
    least_step: f64,
    most_step: f64,
    width: f64,
    width_before: f64,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Search {
    /// Evaluate there.
    Try(f64),
    /// The last step is taken.
    Take,
}

impl LineSearch {
    /// From `value` with `slope` < 0; a step is at most `most`, the first one `step`.
    pub(super) fn new(value: f64, slope: f64, (step, most): (f64, f64)) -> Self {
        let start = Along {
            at: 0.0,
            value,
            slope,
        };
        Self {
            start,
            most,
            bracketed: false,
            first_stage: true,
            best: start,
            other: start,
            least_step: 0.0,
            most_step: step + 4.0 * step,
            width: most,
            width_before: 2.0 * most,
        }
    }

    /// The function at `step` has this value and slope.
    pub(super) fn tell(&mut self, step: f64, value: f64, slope: f64) -> Search {
        let test_slope = DECREASE * self.start.slope;
        let enough = self.start.value + step * test_slope;
        if self.first_stage && value <= enough && slope >= 0.0 {
            self.first_stage = false;
        }
        let stuck = self.bracketed
            && (step <= self.least_step
                || step >= self.most_step
                || self.most_step - self.least_step <= WIDTH * self.most_step);
        let at_most = step >= self.most && value <= enough && slope <= test_slope;
        let at_least = step <= 0.0 && (value > enough || slope >= test_slope);
        let good = value <= enough && slope.abs() <= -CURVATURE * self.start.slope;
        if stuck || at_most || at_least || good {
            return Search::Take;
        }
        let here = Along {
            at: step,
            value,
            slope,
        };
        let next = if self.first_stage && value <= self.best.value && value > enough {
            let tilt = |point: Along, sign: f64| Along {
                at: point.at,
                value: point.value - sign * point.at * test_slope,
                slope: point.slope - sign * test_slope,
            };
            let (mut best, mut other) = (tilt(self.best, 1.0), tilt(self.other, 1.0));
            let next = self.narrow(&mut best, &mut other, tilt(here, 1.0));
            (self.best, self.other) = (tilt(best, -1.0), tilt(other, -1.0));
            next
        } else {
            let (mut best, mut other) = (self.best, self.other);
            let next = self.narrow(&mut best, &mut other, here);
            (self.best, self.other) = (best, other);
            next
        };
        Search::Try(self.hold(next))
    }

    /// Holds the next step to the interval, and makes sure that the interval shrinks.
    fn hold(&mut self, mut step: f64) -> f64 {
        let (best, other) = (self.best.at, self.other.at);
        if self.bracketed {
            if (other - best).abs() >= 0.66 * self.width_before {
                step = best + 0.5 * (other - best);
            }
            self.width_before = self.width;
            self.width = (other - best).abs();
            self.least_step = best.min(other);
            self.most_step = best.max(other);
        } else {
            self.least_step = step + 1.1 * (step - best);
            self.most_step = step + 4.0 * (step - best);
        }
        step = step.max(0.0).min(self.most);
        let stuck = self.bracketed
            && (step <= self.least_step
                || step >= self.most_step
                || self.most_step - self.least_step <= WIDTH * self.most_step);
        if stuck { best } else { step }
    }

    /// A safeguarded cubic or quadratic step, and the interval that holds a minimum.
    fn narrow(&mut self, best: &mut Along, other: &mut Along, here: Along) -> f64 {
        let sign = here.slope * (best.slope / best.slope.abs());
        let next = if here.value > best.value {
            self.bracketed = true;
            higher(*best, here)
        } else if sign < 0.0 {
            self.bracketed = true;
            opposite(*best, here)
        } else if here.slope.abs() < best.slope.abs() {
            self.flatter(*best, *other, here)
        } else if self.bracketed {
            let theta =
                3.0 * (here.value - other.value) / (other.at - here.at) + other.slope + here.slope;
            let s = theta.abs().max(other.slope.abs()).max(here.slope.abs());
            let inner = (theta / s) * (theta / s) - (other.slope / s) * (here.slope / s);
            let mut gamma = s * inner.sqrt();
            if here.at > other.at {
                gamma = -gamma;
            }
            let p = (gamma - here.slope) + theta;
            let q = ((gamma - here.slope) + gamma) + other.slope;
            here.at + p / q * (other.at - here.at)
        } else if here.at > best.at {
            self.most_step
        } else {
            self.least_step
        };
        if here.value > best.value {
            *other = here;
        } else {
            if sign < 0.0 {
                *other = *best;
            }
            *best = here;
        }
        next
    }

    /// The slope has the same sign and is less: the cubic may have no minimum, or one that is far away.
    fn flatter(&self, best: Along, other: Along, here: Along) -> f64 {
        let (theta, s) = cubic(best, here);
        let inner = (theta / s) * (theta / s) - (best.slope / s) * (here.slope / s);
        let mut gamma = s * inner.max(0.0).sqrt();
        if here.at > best.at {
            gamma = -gamma;
        }
        let p = (gamma - here.slope) + theta;
        let q = (gamma + (best.slope - here.slope)) + gamma;
        let r = p / q;
        let by_cubic = if r < 0.0 && gamma != 0.0 {
            here.at + r * (best.at - here.at)
        } else if here.at > best.at {
            self.most_step
        } else {
            self.least_step
        };
        let secant = here.at + here.slope / (here.slope - best.slope) * (best.at - here.at);
        if self.bracketed {
            let closer = (by_cubic - here.at).abs() < (secant - here.at).abs();
            let step = if closer { by_cubic } else { secant };
            let limit = here.at + 0.66 * (other.at - here.at);
            if here.at > best.at {
                step.min(limit)
            } else {
                step.max(limit)
            }
        } else {
            let farther = (by_cubic - here.at).abs() > (secant - here.at).abs();
            let step = if farther { by_cubic } else { secant };
            step.min(self.most_step).max(self.least_step)
        }
    }
}

/// The value is higher: the minimum lies between.
fn higher(best: Along, here: Along) -> f64 {
    let (theta, s) = cubic(best, here);
    let inner = (theta / s) * (theta / s) - (best.slope / s) * (here.slope / s);
    let mut gamma = s * inner.sqrt();
    if here.at < best.at {
        gamma = -gamma;
    }
    let p = (gamma - best.slope) + theta;
    let q = ((gamma - best.slope) + gamma) + here.slope;
    let by_cubic = best.at + p / q * (here.at - best.at);
    let chord = (best.value - here.value) / (here.at - best.at) + best.slope;
    let by_quadratic = best.at + ((best.slope / chord) / 2.0) * (here.at - best.at);
    if (by_cubic - best.at).abs() < (by_quadratic - best.at).abs() {
        by_cubic
    } else {
        by_cubic + (by_quadratic - by_cubic) / 2.0
    }
}

/// The slope has the other sign: the minimum lies between.
fn opposite(best: Along, here: Along) -> f64 {
    let (theta, s) = cubic(best, here);
    let inner = (theta / s) * (theta / s) - (best.slope / s) * (here.slope / s);
    let mut gamma = s * inner.sqrt();
    if here.at > best.at {
        gamma = -gamma;
    }
    let p = (gamma - here.slope) + theta;
    let q = ((gamma - here.slope) + gamma) + best.slope;
    let by_cubic = here.at + p / q * (best.at - here.at);
    let secant = here.at + here.slope / (here.slope - best.slope) * (best.at - here.at);
    if (by_cubic - here.at).abs() > (secant - here.at).abs() {
        by_cubic
    } else {
        secant
    }
}

fn cubic(best: Along, here: Along) -> (f64, f64) {
    let theta = 3.0 * (best.value - here.value) / (here.at - best.at) + best.slope + here.slope;
    let s = theta.abs().max(best.slope.abs()).max(here.slope.abs());
    (theta, s)
}
