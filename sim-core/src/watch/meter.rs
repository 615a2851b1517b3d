//! The meter: how much of everything a bill is for, from the same books at a price of one.
//!
//! A quantity is what would be paid if a machine cost one an hour and a kilowatt-hour, a month of staff and a machine one each, a
//! unit kept for a month, one moved and a request one each. So the lines are those of the bill, split among the same payers,
//! and whatever the terms round up or let off is in them. Where a line is for more than one thing, the first of them is metered:
//! of requests to a store their number and not what they retrieve, of what is left over the hours and not the size.

use std::collections::BTreeMap;

use super::biller::Biller;
use super::fact::{Fact, Observer};
use super::storekeeper::{Stocks, Storekeeper};
use crate::books::{Kind, Source, Tier, Unclaimed, Unit, Window, grouped};
use crate::engine::World;
use crate::model::Commitment;
use crate::units::{ClassId, Money, Price, QueueId, SimTime};
use crate::world::Curve;

/// Parts of a unit that a quantity counts: a price of one dollar, in nano-dollars.
const ONE: u64 = 1_000_000_000;

/// Parts of a unit of what is kept or moved: a thousandth of a dollar, since bytes are many and their sums have 128 bits.
const ONE_KEPT: u64 = 1_000_000;

/// Meters a run.
#[derive(Debug)]
pub struct Meter {
    biller: Biller,
    keeper: Option<Storekeeper>,
    /// By store: what a unit is there.
    units: Vec<Unit>,
    from: SimTime,
    /// By job: whose it is.
    groups: BTreeMap<u32, (QueueId, ClassId)>,
}

/// How much of a line a payer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity {
    /// Of what.
    pub source: Source,
    /// What for.
    pub kind: Kind,
    /// The jobs of a class of a tenant; none for what no job claims.
    pub by: Option<(QueueId, ClassId)>,
    /// How much, in billionths.
    pub billionths: i128,
    /// What it is counted in.
    pub unit: &'static str,
}

impl Meter {
    /// Meters a run in `world`, and what it keeps, from `from` on.
    pub fn new(world: &World, stocks: Option<&Stocks>, from: SimTime) -> Self {
        let price = Price::from_nanousd_h(ONE).expect("below the limit");
        let dollar = Money::from_nanousd(ONE.into());
        let mut world = world.clone();
        for offering in &mut world.offerings {
            offering.price = Curve::constant(price);
        }
        for commitment in &mut world.commitments {
            match commitment {
                Commitment::Reserved(reserved) => {
                    (reserved.hourly, reserved.upfront) = (price, dollar);
                }
                Commitment::Owned(owned) => {
                    (owned.capex, owned.kwh, owned.staff) = (dollar, dollar, dollar);
                }
            }
        }
        let stores = stocks.into_iter().flat_map(|stocks| &stocks.stores);
        Self {
            biller: Biller::new(&world, from, true),
            keeper: stocks.map(|stocks| Storekeeper::new(&world, &at_one(stocks))),
            units: stores.map(|place| place.store.unit).collect(),
            from,
            groups: BTreeMap::new(),
        }
    }

    /// What was metered of a run that ended at `end`, by line and payer.
    pub fn finish(self, end: SimTime) -> Vec<Quantity> {
        let (ledger, _) = self.biller.finish(end);
        let window = Window {
            from: self.from,
            end: end.max(self.from),
        };
        let kept = self.keeper.map(|keeper| keeper.finish(window));
        let ledger = ledger.with(kept.unwrap_or_default());
        let shares = ledger.attribute(|job| job, Unclaimed::Named);
        let lines = ledger.bill().lines();
        let paid = grouped(&shares, |job| self.groups[&job]);
        let quantity = paid.into_iter().map(|paid| {
            let line = &lines[paid.line];
            let price = if is_kept(line.source) { ONE_KEPT } else { ONE };
            Quantity {
                source: line.source,
                kind: line.kind,
                by: paid.by,
                billionths: paid.amount.nanousd() * i128::from(ONE / price),
                unit: unit(line.source, line.kind, &self.units),
            }
        });
        quantity.collect()
    }
}

/// The stocks at a price of one.
fn at_one(stocks: &Stocks) -> Stocks {
    let one = Money::from_nanousd(ONE_KEPT.into());
    let thousand = Money::from_nanousd(i128::from(ONE_KEPT) * 1000);
    let mut stocks = stocks.clone();
    for place in &mut stocks.stores {
        place.egress = one;
        for tier in &mut place.store.tiers {
            *tier = Tier {
                month: one,
                retrieval: Money::ZERO,
                thousand_writes: thousand,
                thousand_reads: thousand,
                minimum: tier.minimum,
            };
        }
    }
    for thing in &mut stocks.things {
        thing.hourly = Price::from_nanousd_h(ONE_KEPT).expect("below the limit");
        thing.month = Money::ZERO;
    }
    stocks
}

fn is_kept(source: Source) -> bool {
    match source {
        Source::Store(_) | Source::Route(_) | Source::Leftover(_) => true,
        Source::Offering(_) | Source::Covered(..) | Source::Commitment(_) => false,
    }
}

/// What a line is counted in, where a store counts in one of `units`.
fn unit(source: Source, kind: Kind, units: &[Unit]) -> &'static str {
    let (unit, month) = match source {
        Source::Store(at) | Source::Route(at) => match units[usize::from(at)] {
            Unit::Gigabyte => ("GB", "GB-months"),
            Unit::Gibibyte => ("GiB", "GiB-months"),
        },
        Source::Offering(_) | Source::Covered(..) | Source::Commitment(_) | Source::Leftover(_) => {
            ("machine-hours", "machine-hours")
        }
    };
    match kind {
        Kind::Work
        | Kind::Restore
        | Kind::Dump
        | Kind::Lost
        | Kind::Stall
        | Kind::Idle
        | Kind::Boot
        | Kind::Credit
        | Kind::Commitment
        | Kind::Unused => "machine-hours",
        Kind::Upfront => "fees",
        Kind::Capex => "machines",
        Kind::Power => "kWh",
        Kind::Staff => "machine-months",
        Kind::Egress => unit,
        // What minimum terms add, to machines or to bytes.
        Kind::Storage | Kind::Rounding => month,
        Kind::Requests => "requests",
        Kind::Leftover => "hours",
    }
}

impl Observer for Meter {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        if let Fact::Arrived { job, spec, .. } = fact {
            self.groups.insert(job.ordinal(), (spec.queue, spec.class));
        }
        self.keeper.observe(now, fact);
        // The price stays what it is.
        if !matches!(fact, Fact::Price { .. }) {
            self.biller.observe(now, fact);
        }
    }
}
