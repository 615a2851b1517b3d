//! The lines of a bill: what machines, reservations and ownership come to in the end.

use super::Biller;
use crate::books::{Exact, Kind, MACHINE_KINDS, Source, Window, ownership, reservation};
use crate::model::Commitment;
use crate::units::{OfferingId, SimTime};

impl Biller {
    /// All lines, those that claims number first and in their order.
    pub(super) fn sums(&self, end: SimTime) -> Vec<(Source, Kind, Exact)> {
        let mut sums = Vec::new();
        let id = |at: usize| OfferingId(u16::try_from(at).expect("few offerings"));
        for (at, tariff) in self.tariffs.iter().enumerate() {
            let own = MACHINE_KINDS.map(|kind| (Source::Offering(id(at)), kind, tariff.sum(kind)));
            sums.extend(own);
        }
        let number = |at: usize| u16::try_from(at).expect("few commitments");
        for (plan, at) in self.reservations.iter().enumerate() {
            for (offering, tariff) in self.tariffs.iter().enumerate() {
                let us = self.covered[plan * self.tariffs.len() + offering];
                let mut sum = Exact::over(tariff.denominator());
                let price = u128::from(self.hourly(plan)) * u128::from(tariff.capacity());
                sum.add_product(us, price);
                let source = Source::Covered(number(*at), id(offering));
                sums.push((source, Kind::Commitment, sum));
            }
        }
        let window = Window {
            from: self.from,
            end: end.max(self.from),
        };
        let (mut plan, offerings) = (0, self.tariffs.len());
        for (at, commitment) in self.commitments.iter().enumerate() {
            let source = Source::Commitment(number(at));
            let with = |(kind, sum)| (source, kind, sum);
            match commitment {
                Commitment::Reserved(own) => {
                    let covered = &self.covered[plan * offerings..(plan + 1) * offerings];
                    plan += 1;
                    let lines = reservation(own, window, covered.iter().sum());
                    sums.extend(lines.map(with));
                }
                Commitment::Owned(own) => {
                    let at = own.offering.index();
                    let lines = ownership(own, self.bought[at], (window, &self.tariffs[at]));
                    sums.extend(lines.map(with));
                }
            }
        }
        sums
    }
}
