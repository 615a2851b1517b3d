//! Gauges: what every head tells an agent of the world as a whole.
//!
//! | numbers | what |
//! |---|---|
//! | 3 | free GPUs over those that the fleet may have: all, on spot, on machines that stay |
//! | 1 | machines held, over those that may be |
//! | 2 | jobs that run; that wait: log(1 + n) / 10 |
//! | 4 | of those that wait, how many want up to 1, 5, 20 % of the fleet, and more |
//! | 1 | how long they have waited on average: log(1 + s) / 10 |
//! | 2 | price of spot over on demand, and how it has moved against its mean of the last hour |
//! | 1 | reclaims an hour, over the last hours: log(1 + n) |
//! | 1 | forecast: jobs to come in the next hour, as over the last: log(1 + n) / 10 |
//! | 2 | the time of day, on a circle |

use sim_core::engine::{Capacity, Change, NodePhase, View};
use sim_core::model::Market;
use sim_core::units::{SimTime, Span, convert};

use super::line::Line;

/// Numbers that they show.
pub(super) const GAUGES: usize = 17;

/// Keeps what does not follow from the view alone.
#[derive(Clone, Debug, Default)]
pub(super) struct Gauges {
    /// GPUs that the fleet may have; zero before anything was seen.
    fleet: u32,
    machines: u32,
    arrivals: Recent,
    reclaims: Recent,
    price: Index,
}

/// Events of about the last hour: each counts e^(-age / hour).
#[derive(Clone, Copy, Debug, Default)]
struct Recent {
    count: f64,
    at: SimTime,
}

/// The price of spot over on demand, and its mean: a gap of an hour counts as much as all before.
#[derive(Clone, Copy, Debug, Default)]
struct Index {
    now: f64,
    mean: f64,
    at: SimTime,
    is_known: bool,
}

const HOUR: Span = Span::from_secs(3600);

impl Gauges {
    /// Takes note of what has happened.
    pub(super) fn note(&mut self, view: &View<'_>) {
        if self.fleet == 0 {
            let offerings = || view.offerings().map(|(_, own)| own);
            self.machines = offerings().map(|own| own.max).fold(0, u32::saturating_add);
            let gpus = offerings().map(|own| own.max.saturating_mul(own.shape.gpus));
            self.fleet = gpus.fold(0, u32::saturating_add);
            self.price.turn(view);
        }
        for change in view.changes() {
            match change {
                Change::Arrived(_) => self.arrivals.count(view.now()),
                Change::Node(node) => {
                    let phase = view.node(*node).map(|node| node.phase);
                    if matches!(phase, Some(NodePhase::Noticed(_))) {
                        self.reclaims.count(view.now());
                    }
                }
                Change::Price(_) => self.price.turn(view),
                Change::Requeued(_)
                | Change::Started(_)
                | Change::Reseated(_)
                | Change::Ended(_)
                | Change::Availability(_)
                | Change::Waiting(_)
                | Change::Woken => {}
            }
        }
    }

    /// GPUs that the fleet may have.
    pub(super) fn fleet(&self) -> u32 {
        self.fleet
    }

    /// Shows them.
    pub(super) fn show(
        &self,
        (view, capacity): (&View<'_>, &Capacity),
        line: Option<&Line>,
        into: &mut Vec<f32>,
    ) {
        let (mut spot, mut steady, mut held) = (0_u32, 0_u32, 0_u32);
        for (id, own) in view.offerings() {
            let free = capacity.free_gpus(id);
            match own.market {
                Market::Spot => spot += free,
                Market::Owned
                | Market::OnDemand
                | Market::Reserved
                | Market::CapacityBlock
                | Market::Serverless => steady += free,
            }
            held += own.held;
        }
        let share = |part: u32, of: u32| f64::from(part) / f64::from(of.max(1));
        let log = |x: f64| libm::log1p(x) / 10.0;
        let now = view.now();
        let day = f64::from(view.calendar().second_of_day(now)) / 86_400.0;
        let (slope, index) = (self.price.now - self.price.mean_at(now), self.price.now);
        let sizes = line.map_or([0.0; 4], Line::sizes);
        let age = line.map_or(0.0, |line| line.mean_age_s(now));
        let (sine, cosine) = libm::sincos(std::f64::consts::TAU * day);
        let numbers = [
            share(spot + steady, self.fleet),
            share(spot, self.fleet),
            share(steady, self.fleet),
            share(held, self.machines),
            log(f64::from(view.running_len())),
            log(f64::from(view.pending_len())),
            log(age),
            index,
            slope,
            10.0 * log(self.reclaims.at(now)),
            log(self.arrivals.at(now)),
            sine,
            cosine,
        ];
        into.extend(numbers.map(convert::single));
        into.extend(sizes);
    }
}

impl Recent {
    fn at(self, now: SimTime) -> f64 {
        self.count * faded(now.since(self.at))
    }

    fn count(&mut self, now: SimTime) {
        self.count = self.at(now) + 1.0;
        self.at = now;
    }
}

impl Index {
    fn mean_at(self, now: SimTime) -> f64 {
        let kept = faded(now.since(self.at));
        self.now + (self.mean - self.now) * kept
    }

    fn turn(&mut self, view: &View<'_>) {
        let cheapest = |spot: bool| {
            let own = view.offerings().map(|(_, own)| own);
            let own = own.filter(|own| (own.market == Market::Spot) == spot);
            let each = own
                .map(|own| convert::real(own.price.nanousd_h()) / f64::from(own.shape.gpus.max(1)));
            each.min_by(f64::total_cmp)
        };
        let index = match (cheapest(true), cheapest(false)) {
            (Some(spot), Some(steady)) if steady > 0.0 => (spot / steady).min(10.0),
            (Some(_), _) => 1.0,
            (None, _) => 0.0,
        };
        let mean = if self.is_known {
            self.mean_at(view.now())
        } else {
            index
        };
        *self = Self {
            now: index,
            mean,
            at: view.now(),
            is_known: true,
        };
    }
}

fn faded(age: Span) -> f64 {
    libm::exp(-convert::real(age.us()) / convert::real(HOUR.us()))
}
