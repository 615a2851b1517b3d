//! A tariff: the price of an offering summed over time, and the sums behind the lines of its machines.

use super::line::{Exact, Kind};
use crate::model::{GPU_PARTS, Offering, Terms};
use crate::units::{SimTime, limits};

/// An hour, in the unit in which time is metered.
pub(super) const HOUR_US: i128 = 3_600_000_000;

/// Kinds of line that machines have, in the order in which a tariff keeps them.
pub const MACHINE_KINDS: [Kind; 10] = [
    Kind::Restore,
    Kind::Work,
    Kind::Lost,
    Kind::Dump,
    Kind::Stall,
    Kind::Idle,
    Kind::Boot,
    Kind::Rounding,
    Kind::Credit,
    Kind::Unused,
];

/// What machines of one offering cost. A *reading* is nano-dollars an hour x microseconds that one machine has cost at the
/// market price since the start of the window; nothing is spent before it.
///
/// A job's share of a machine is the thousandths of GPUs that it holds over those of the machine, or the parts where slices of
/// GPUs are held; where machines have no GPU, of CPU. Of a machine that has neither, or no stated CPU (at most [`limits::MAX_CPU_MILLI`]), and for a task without GPUs on
/// a machine with some, the share is nothing, and all is idle time.
#[derive(Clone, Debug)]
pub struct Tariff {
    /// How runs are charged.
    pub terms: Terms,
    gpus: u32,
    shared: Shared,
    /// Parts of a GPU to a unit: a thousandth, or one part where slices may be held.
    parts: u64,
    /// Units that a whole machine has, of what is shared out; at least one.
    capacity: u64,
    slots: u32,
    from: SimTime,
    at: SimTime,
    price: u64,
    /// When the price last stepped, and what it was before that instant.
    before: (SimTime, u64),
    reading: u128,
    /// Steps of the price with the readings there, where the terms look back.
    history: Vec<(SimTime, u64, u128)>,
    sums: [Exact; 10],
    /// Readings of all machines together.
    paid: u128,
    held_us: u128,
    used_us: u128,
}

impl Tariff {
    /// Machines of `offering`; what is spent before `from` is not counted.
    pub fn new(offering: &Offering, from: SimTime) -> Self {
        let (shape, price) = (offering.shape, offering.price.at(SimTime::ZERO).nanousd_h());
        assert!(shape.gpus <= limits::MAX_GPUS_PER_NODE, "within the limits");
        // What is not stated is the most that fits.
        let cpu_milli = match shape.cpu_milli {
            stated @ 1..=limits::MAX_CPU_MILLI => stated,
            _ => 0,
        };
        let parts = match offering.mig {
            Some(_) => 1,
            None => GPU_PARTS / 1000,
        };
        let (shared, capacity) = match (shape.gpus, cpu_milli) {
            (0, 0) => (Shared::Nothing, 1),
            (0, cpu) => (Shared::Cpu, u64::from(cpu)),
            (gpus, _) => (Shared::Gpus, u64::from(gpus) * GPU_PARTS / parts),
        };
        Self {
            terms: offering.terms,
            gpus: shape.gpus,
            shared,
            parts,
            capacity,
            slots: offering.max,
            from,
            at: SimTime::ZERO,
            price,
            before: (SimTime::ZERO, price),
            reading: 0,
            history: vec![(SimTime::ZERO, price, 0)],
            sums: [Exact::over(HOUR_US * i128::from(capacity)); 10],
            paid: 0,
            held_us: 0,
            used_us: 0,
        }
    }

    /// What a task that asks for so many parts of GPUs and thousandths of CPU holds of a machine, out of its capacity.
    pub fn units(&self, gpu_parts: u64, cpu_milli: u64) -> u64 {
        match self.shared {
            Shared::Gpus => gpu_parts / self.parts,
            Shared::Cpu => cpu_milli,
            Shared::Nothing => 0,
        }
    }

    /// The reading at `now`. Time does not go back.
    pub fn advance(&mut self, now: SimTime) -> u128 {
        if now > self.at {
            self.reading += u128::from(self.price) * u128::from(self.counted(self.at, now));
            self.at = now;
        }
        self.reading
    }

    /// The price steps.
    pub fn reprice(&mut self, now: SimTime, price: u64) {
        let reading = self.advance(now);
        if self.before.0 < now {
            self.before = (now, self.price);
        }
        self.price = price;
        if self.terms.reclaimed_partial_free {
            self.history.push((now, price, reading));
        }
    }

    /// The price that held up to `now`, which is not before the last fact.
    pub fn price_until(&self, now: SimTime) -> u64 {
        if self.before.0 == now {
            self.before.1
        } else {
            self.price
        }
    }

    /// Microseconds between two instants that count.
    pub fn counted(&self, from: SimTime, to: SimTime) -> u64 {
        to.max(self.from).us() - from.max(self.from).us()
    }

    /// The reading at an instant that has been; the terms must look back.
    pub(super) fn reading_at(&self, then: SimTime) -> u128 {
        let after = self.history.partition_point(|(from, ..)| *from <= then);
        let (from, price, reading) = self.history[after - 1];
        reading + u128::from(price) * u128::from(self.counted(from, then))
    }

    /// Adds to a line what whole machines cost.
    pub(super) fn charge(&mut self, kind: Kind, reading: u128) {
        self.charge_units(kind, reading * u128::from(self.capacity));
    }

    /// Adds to a line a part of that: a reading x units of the capacity.
    pub fn charge_units(&mut self, kind: Kind, numerator: u128) {
        let numerator = i128::try_from(numerator).expect("within the limits");
        self.sums[position(kind)].add(numerator);
    }

    /// Takes off a line what whole machines cost.
    pub(super) fn let_off(&mut self, kind: Kind, reading: u128) {
        self.let_off_units(kind, reading * u128::from(self.capacity));
    }

    pub(super) fn let_off_units(&mut self, kind: Kind, numerator: u128) {
        let numerator = i128::try_from(numerator).expect("within the limits");
        self.sums[position(kind)].add(-numerator);
    }

    /// A machine was held for so long, and cost this.
    pub(super) fn hold(&mut self, us: u64, reading: u128) {
        self.held_us += u128::from(us);
        self.paid += reading;
    }

    /// Jobs held so many units for so long.
    pub fn occupy(&mut self, us: u64, units: u64) {
        self.used_us += u128::from(us) * u128::from(units);
    }

    /// Slots that are paid for and were not held, brought up to `end`.
    pub fn settle_unused(&mut self, end: SimTime) {
        let all = self.advance(end) * u128::from(self.slots);
        if self.terms.whether_used {
            let unused = all - self.paid;
            self.sums[position(Kind::Unused)].add_product(unused, self.capacity.into());
        }
    }

    /// Units that a machine has, of what is shared out.
    pub fn capacity(&self) -> u64 {
        self.capacity
    }

    /// What the sums of its lines are over: an hour of a machine, x units of its capacity.
    pub fn denominator(&self) -> i128 {
        self.sums[0].denominator()
    }

    /// The sum of a kind of line.
    pub fn sum(&self, kind: Kind) -> Exact {
        self.sums[position(kind)]
    }

    /// Microseconds of machines, and those x units of the capacity that jobs held.
    pub(super) fn times(&self) -> (u128, u128) {
        (self.held_us, self.used_us)
    }

    /// GPU time billed and held by jobs, in GPU-microseconds x 1000; rounded down.
    pub fn gpu_time(&self) -> (u128, u128) {
        let milli = self.used_us * u128::from(self.parts) * 1000 / u128::from(GPU_PARTS);
        let used = if self.gpus > 0 { milli } else { 0 };
        (self.held_us * u128::from(self.gpus) * 1000, used)
    }
}

/// What of a machine is shared out among jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shared {
    Gpus,
    Cpu,
    Nothing,
}

/// Where a tariff keeps a kind of line. Panics on one that machines do not have.
pub fn position(kind: Kind) -> usize {
    match kind {
        Kind::Restore => 0,
        Kind::Work => 1,
        Kind::Lost => 2,
        Kind::Dump => 3,
        Kind::Stall => 4,
        Kind::Idle => 5,
        Kind::Boot => 6,
        Kind::Rounding => 7,
        Kind::Credit => 8,
        Kind::Unused => 9,
        Kind::Commitment
        | Kind::Upfront
        | Kind::Capex
        | Kind::Power
        | Kind::Staff
        | Kind::Egress
        | Kind::Storage
        | Kind::Requests
        | Kind::Leftover => panic!("machines have no line of {kind:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_line_are_kept_in_their_order() {
        assert_eq!(MACHINE_KINDS.map(position), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
}
