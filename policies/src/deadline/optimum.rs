//! The optimum: the cheapest schedule of whole ticks that does the work in time, by dynamic programming, in integers.
//!
//! The integer program of the paper: with `s_t`, `v_t` whether tick `t` is spent on spot and on demand, and `x_t`, `y_t`
//! whether it begins a run there (the first launch counts), minimise the price of all ticks such that
//! `tick (sum s + sum v) >= work + changeover (sum x + sum y)` and no tick is on spot where there is none. The state is the
//! tick, what ran in the one before, and what is missing.

use super::rule::On;

/// What a job needs, in microseconds, and what a tick costs on spot and on demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Length of a tick.
    pub tick: u64,
    /// Work.
    pub work: u64,
    /// Cost of a launch.
    pub changeover: u64,
    /// Price of a tick on spot, and on demand.
    pub prices: [u64; 2],
}

/// Most states: where there would be more, time is counted in coarser grains, rounded so that the deadline holds.
const MOST_STATES: u64 = 1 << 26;
/// Grains of a tick then.
const COARSE: u64 = 60;
const NEVER: u64 = u64::MAX;
const STATES: [On; 3] = [On::Idle, On::Spot, On::OnDemand];

/// The cheapest schedule over the ticks of which `up` says whether spot is there; `None` where none does the work, or there
/// are too many ticks.
pub fn cheapest(up: &[bool], order: Order) -> Option<Vec<On>> {
    let ticks = u64::try_from(up.len()).ok()?;
    let exact = gcd(gcd(order.tick, order.work), order.changeover).max(1);
    let coarse = (order.tick / COARSE).max(1);
    let grains = [exact, coarse].map(|grain| Grains::new(order, grain, ticks));
    let grains = grains.into_iter().find(|grains| {
        let states = grains.width(0).checked_mul(3 * ticks);
        states.is_some_and(|states| states <= MOST_STATES)
    })?;
    grains.schedule(up)
}

/// An order in grains, of which the changeover and the work are rounded up, the tick down.
#[derive(Clone, Copy, Debug)]
struct Grains {
    tick: u64,
    work: u64,
    changeover: u64,
    prices: [u64; 2],
    ticks: u64,
}

/// The best choice of a tick, by what ran before and what is missing.
struct Layer {
    least: u64,
    /// Price from here on, and what to do.
    best: [Vec<(u64, On)>; 3],
}

impl Grains {
    fn new(order: Order, grain: u64, ticks: u64) -> Self {
        Self {
            tick: order.tick / grain,
            work: order.work.div_ceil(grain),
            changeover: order.changeover.div_ceil(grain),
            prices: order.prices,
            ticks,
        }
    }

    /// The least and the most that can be missing at the start of a tick: less cannot have been left, more cannot be done.
    fn band(&self, tick: u64) -> (u64, u64) {
        let done = self.tick.saturating_mul(tick);
        let left = self.tick.saturating_mul(self.ticks - tick);
        let most = self.work.saturating_add(self.changeover).min(left);
        (self.work.saturating_sub(done), most)
    }

    /// An upper bound of how many values lie in a band.
    fn width(&self, _tick: u64) -> u64 {
        let slack = self.tick.saturating_mul(self.ticks);
        let slack = slack.saturating_sub(self.work);
        slack
            .saturating_add(self.tick)
            .saturating_add(1)
            .min(self.work.saturating_add(self.changeover))
    }

    fn schedule(&self, up: &[bool]) -> Option<Vec<On>> {
        let mut layers: Vec<Layer> = Vec::with_capacity(up.len() + 1);
        layers.push(Layer::end());
        for (up, tick) in up.iter().rev().zip((0..self.ticks).rev()) {
            let (least, most) = self.band(tick);
            let next = layers.last().expect("the end is there");
            let choose = |before| {
                let missing = least..=most.max(least);
                missing.map(move |missing| self.choose(next, before, missing, *up))
            };
            let best = STATES.map(|before| choose(before).collect());
            layers.push(Layer { least, best });
        }
        layers.reverse();
        let (mut before, mut missing) = (On::Idle, self.work);
        let mut schedule = Vec::with_capacity(up.len());
        for layer in layers.iter().take(up.len()) {
            let (price, on) = layer.at(before, missing);
            if price == NEVER {
                return None;
            }
            missing = self.after(before, on, missing);
            schedule.push(on);
            before = on;
        }
        (missing == 0).then_some(schedule)
    }

    fn choose(&self, next: &Layer, before: On, missing: u64, up: bool) -> (u64, On) {
        if missing == 0 {
            return (0, On::Idle);
        }
        let price = |on: On| {
            let tick = match on {
                On::Idle => 0,
                On::Spot if !up => return NEVER,
                On::Spot => self.prices[0],
                On::OnDemand => self.prices[1],
            };
            let (rest, _) = next.at(on, self.after(before, on, missing));
            rest.saturating_add(tick)
        };
        let best = STATES.map(|on| (price(on), on));
        best.into_iter()
            .min_by_key(|(price, _)| *price)
            .expect("three")
    }

    /// What is missing after a tick there.
    fn after(&self, before: On, on: On, missing: u64) -> u64 {
        match on {
            On::Idle => missing,
            On::Spot | On::OnDemand => {
                let launch = if on == before { 0 } else { self.changeover };
                (missing + launch).saturating_sub(self.tick)
            }
        }
    }
}

impl Layer {
    /// After the last tick nothing may be missing.
    fn end() -> Self {
        Self {
            least: 0,
            best: STATES.map(|_| vec![(0, On::Idle)]),
        }
    }

    /// What is best where so much is missing; beyond the band it cannot be done.
    fn at(&self, before: On, missing: u64) -> (u64, On) {
        let row = &self.best[STATES
            .iter()
            .position(|state| *state == before)
            .expect("one of three")];
        if missing == 0 {
            return (0, On::Idle);
        }
        let at = missing
            .checked_sub(self.least)
            .and_then(|at| usize::try_from(at).ok());
        let found = at.and_then(|at| row.get(at));
        found.copied().unwrap_or((NEVER, On::Idle))
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    let (mut a, mut b) = (a, b);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}
