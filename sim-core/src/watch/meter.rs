//! The meter: how much of everything a bill is for, from the same books at a price of one.
//!
//! A quantity is what would be paid if a machine cost one an hour and a kilowatt-hour, a month of staff and a machine one each.
//! So the lines are those of the bill, split among the same payers, and whatever the terms round up or let off is in them.

use super::biller::Biller;
use super::fact::{Fact, Observer};
use crate::books::{Kind, Source, Unclaimed, grouped};
use crate::engine::World;
use crate::model::Commitment;
use crate::units::{ClassId, Money, Price, QueueId, SimTime, convert};
use crate::world::Curve;

/// Parts of a unit that a quantity counts: a price of one dollar, in nano-dollars.
const ONE: u64 = 1_000_000_000;

/// Meters a run.
#[derive(Debug)]
pub struct Meter {
    biller: Biller,
    /// By job: whose it is.
    groups: Vec<(QueueId, ClassId)>,
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
}

impl Quantity {
    /// What it is counted in.
    pub const fn unit(kind: Kind) -> &'static str {
        match kind {
            Kind::Work
            | Kind::Restore
            | Kind::Dump
            | Kind::Lost
            | Kind::Stall
            | Kind::Idle
            | Kind::Boot
            | Kind::Rounding
            | Kind::Credit
            | Kind::Commitment
            | Kind::Unused => "machine-hours",
            Kind::Upfront => "fees",
            Kind::Capex => "machines",
            Kind::Power => "kWh",
            Kind::Staff => "machine-months",
            Kind::Egress | Kind::Storage | Kind::Requests | Kind::Leftover => "",
        }
    }
}

impl Meter {
    /// Meters a run in `world`, from `from` on.
    pub fn new(world: &World, from: SimTime) -> Self {
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
        Self {
            biller: Biller::new(&world, from, true),
            groups: Vec::new(),
        }
    }

    /// What was metered of a run that ended at `end`, by line and payer.
    pub fn finish(self, end: SimTime) -> Vec<Quantity> {
        let (ledger, _) = self.biller.finish(end);
        let shares = ledger.attribute(|job| job, Unclaimed::Named);
        let lines = ledger.bill().lines();
        let paid = grouped(&shares, |job| self.groups[convert::index(job)]);
        let quantity = paid.into_iter().map(|paid| Quantity {
            source: lines[paid.line].source,
            kind: lines[paid.line].kind,
            by: paid.by,
            billionths: paid.amount.nanousd(),
        });
        quantity.collect()
    }
}

impl Observer for Meter {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        if let Fact::Arrived { spec, .. } = fact {
            self.groups.push((spec.queue, spec.class));
        }
        // The price stays what it is.
        if !matches!(fact, Fact::Price { .. }) {
            self.biller.observe(now, fact);
        }
    }
}
