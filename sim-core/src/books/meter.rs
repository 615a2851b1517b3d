//! The meter: price over time for what is held of one offering, as exact integers until it is read.
//!
//! A plain price x time, from grant to release, by the microsecond. Nodes of an offering are alike and cost the same, so
//! numbers of nodes and of GPUs are enough.

use crate::units::{Money, Price, SimTime, Span};

/// An hour, in the unit in which time is metered.
const HOUR_US: i128 = 3_600_000_000;

/// What one offering costs over a window of time.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    gpus: u32,
    from: SimTime,
    at: SimTime,
    price: u64,
    held: u64,
    booting: u64,
    /// Thousandths of GPUs that jobs hold.
    used_milli: u64,
    /// Nano-dollars an hour x microseconds that one node has cost since the start of the run.
    per_node: u128,
    held_cost: u128,
    boot_cost: u128,
    /// The same x thousandths of GPUs.
    used_cost: u128,
    lost_cost: u128,
    /// GPU-microseconds x 1000.
    billed_gpu: u128,
    used_gpu: u128,
}

/// What a meter reads: parts of a bill, each rounded half-even once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// All of it.
    pub total: Money,
    /// While machines booted.
    pub boot: Money,
    /// For GPUs that were ready and held by nobody.
    pub idle: Money,
    /// For work that was lost.
    pub lost_work: Money,
    /// Billed GPU-microseconds, in thousandths.
    pub billed_gpu_milli_us: u128,
    /// Those that jobs held.
    pub used_gpu_milli_us: u128,
}

impl Meter {
    /// Nodes of `gpus` GPUs at `price`; what is spent before `from` is not counted.
    pub fn new(gpus: u32, price: Price, from: SimTime) -> Self {
        Self {
            gpus,
            from,
            price: price.nanousd_h(),
            ..Self::default()
        }
    }

    /// Brings all sums up to `now`. Time does not go back.
    pub fn advance(&mut self, now: SimTime) {
        if now == self.at {
            return;
        }
        let price = u128::from(self.price);
        self.per_node += price * u128::from(now.since(self.at).us());
        let counted = now.since(self.at.max(self.from).min(now));
        self.at = now;
        let us = u128::from(counted.us());
        let cost = price * us;
        self.held_cost += cost * u128::from(self.held);
        self.boot_cost += cost * u128::from(self.booting);
        self.used_cost += cost * u128::from(self.used_milli);
        self.billed_gpu += us * u128::from(self.held) * u128::from(self.gpus) * 1000;
        self.used_gpu += us * u128::from(self.used_milli);
    }

    /// The price steps.
    pub fn reprice(&mut self, now: SimTime, price: Price) {
        self.advance(now);
        self.price = price.nanousd_h();
    }

    /// A machine is held from now on, and boots.
    pub fn hold(&mut self, now: SimTime) {
        self.advance(now);
        self.held += 1;
        self.booting += 1;
    }

    /// A machine that booted is ready.
    pub fn ready(&mut self, now: SimTime) {
        self.advance(now);
        self.booting -= 1;
    }

    /// A machine is held no more; `booting` if it never was ready.
    pub fn release(&mut self, now: SimTime, booting: bool) {
        self.advance(now);
        self.held -= 1;
        self.booting -= u64::from(booting);
    }

    /// Jobs hold so many thousandths of GPUs more.
    pub fn occupy(&mut self, now: SimTime, milli: u64) {
        self.advance(now);
        self.used_milli += milli;
    }

    /// Jobs hold so many thousandths of GPUs less.
    pub fn vacate(&mut self, now: SimTime, milli: u64) {
        self.advance(now);
        self.used_milli -= milli;
    }

    /// Work of this length on so many thousandths of GPUs is lost, at the price of now.
    pub fn lose(&mut self, now: SimTime, span: Span, milli: u64) {
        if now >= self.from {
            self.lost_cost += u128::from(self.price) * u128::from(span.us()) * u128::from(milli);
        }
    }

    /// What one node has cost since the start of the run, for [`Meter::share`].
    pub fn reading(&self) -> u128 {
        self.per_node
    }

    /// What so many thousandths of GPUs have cost since a reading.
    pub fn share(&self, since: u128, milli: u64) -> Money {
        let numerator = (self.per_node - since) * u128::from(milli);
        divided(numerator, 1000 * i128::from(self.gpus.max(1)))
    }

    /// Machines held, and thousandths of GPUs in use.
    pub fn standing(&self) -> (u64, u64) {
        (self.held, self.used_milli)
    }

    /// GPUs of a node.
    pub fn gpus(&self) -> u32 {
        self.gpus
    }

    /// The bill so far.
    pub fn read(&self) -> Lines {
        let milli_gpus = 1000 * i128::from(self.gpus.max(1));
        let whole = |cost: u128| cost * u128::from(self.gpus.max(1)) * 1000;
        let idle = if self.gpus == 0 {
            0
        } else {
            whole(self.held_cost - self.boot_cost) - self.used_cost
        };
        Lines {
            total: divided(self.held_cost, 1),
            boot: divided(self.boot_cost, 1),
            idle: divided(idle, milli_gpus),
            lost_work: divided(self.lost_cost, milli_gpus),
            billed_gpu_milli_us: self.billed_gpu,
            used_gpu_milli_us: self.used_gpu,
        }
    }
}

/// Nano-dollars an hour x microseconds, over a denominator, in nano-dollars.
fn divided(numerator: u128, denominator: i128) -> Money {
    let numerator = i128::try_from(numerator).expect("a bill within the limits");
    Money::round_half_even(numerator, denominator * HOUR_US)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: u64) -> SimTime {
        SimTime::from_secs(hours * 3600)
    }

    #[test]
    fn a_bill_is_price_times_time_in_its_parts() {
        let price = |dollars: u64| Price::from_nanousd_h(dollars * 1_000_000_000).expect("cheap");
        let mut meter = Meter::new(8, price(8), at(0));
        meter.hold(at(0));
        meter.ready(at(1));
        meter.occupy(at(2), 4000);
        let reading = meter.reading();
        meter.reprice(at(3), price(16));
        meter.vacate(at(4), 4000);
        assert_eq!(
            meter.share(reading, 4000),
            Money::from_nanousd(12_000_000_000)
        );
        meter.release(at(5), false);
        let lines = meter.read();
        // 3 h at $8 and 2 h at $16; one hour of booting; half of two hours in use.
        assert_eq!(lines.total.to_string(), "$56.00");
        assert_eq!(lines.boot.to_string(), "$8.00");
        assert_eq!(lines.idle.to_string(), "$36.00");
        assert_eq!(lines.billed_gpu_milli_us, 5 * 8000 * 3_600_000_000);
        assert_eq!(lines.used_gpu_milli_us, 2 * 4000 * 3_600_000_000);
    }

    #[test]
    fn what_is_spent_before_the_window_does_not_count() {
        let mut meter = Meter::new(1, Price::from_nanousd_h(10).expect("cheap"), at(2));
        meter.hold(at(0));
        meter.advance(at(3));
        assert_eq!(meter.read().total, Money::from_nanousd(10));
        assert_eq!(meter.share(0, 1000), Money::from_nanousd(30));
    }
}
