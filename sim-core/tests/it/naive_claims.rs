//! Who claims which line of the naive bill: what the seats of jobs take of machines, split over how
//! each attempt passed.

use std::collections::BTreeMap;

use sim_core::books::{Kind, Source};
use sim_core::units::{OfferingId, Span};

use crate::naive_bill::{HOUR, NaiveBill, Piece};

/// By job and line: numerators over what the line is over.
pub(crate) type Claims = BTreeMap<(u32, Source, Kind), i128>;
/// By attempt and offering: what was taken at the market price.
pub(crate) type Taken = BTreeMap<(usize, usize), i128>;

const KINDS: [Kind; 5] = [
    Kind::Restore,
    Kind::Work,
    Kind::Lost,
    Kind::Dump,
    Kind::Stall,
];

/// The lines of an offering.
pub(crate) fn offering(at: usize) -> Source {
    Source::Offering(OfferingId(u16::try_from(at).unwrap()))
}

/// The lines of a commitment, beside the machines that it covers.
pub(crate) fn commitment(at: usize) -> Source {
    Source::Commitment(u16::try_from(at).unwrap())
}

impl Piece<'_> {
    /// The lines that its cost is on.
    pub(crate) fn source(&self) -> Source {
        let id = OfferingId(u16::try_from(self.machine.offering).unwrap());
        match self.cover {
            Some(by) => Source::Covered(u16::try_from(by).unwrap(), id),
            None => Source::Offering(id),
        }
    }
}

impl NaiveBill<'_> {
    /// Jobs take their parts of a machine in a piece of time.
    pub(crate) fn take(&mut self, piece: &Piece) {
        for attempt in &piece.now.running {
            let units = self.history.takes(attempt, piece.machine);
            let part = units * piece.price * piece.now.us;
            let sum = if piece.cover.is_some() {
                let claim = (attempt.job, piece.source(), Kind::Commitment);
                self.claims.entry(claim).or_default()
            } else {
                let taken = (attempt.id, piece.machine.offering);
                self.taken.entry(taken).or_default()
            };
            *sum += part;
        }
    }

    /// What was taken of machines is not idle but work, or whatever the attempt did: in proportion
    /// and in order.
    pub(crate) fn split(&mut self) {
        for ((id, at), cost) in std::mem::take(&mut self.taken) {
            let attempt = &self.history.attempts[id];
            let parts = attempt.spent.parts().map(Span::us).map(i128::from);
            let (all, over) = (parts.iter().sum::<i128>(), HOUR * self.history.capacity(at));
            self.add(offering(at), Kind::Idle, (-cost, over));
            let (mut passed, mut given) = (0, 0);
            for (kind, part) in KINDS.into_iter().zip(parts) {
                passed += part;
                let until = cost * passed / all;
                self.add(offering(at), kind, (until - given, over));
                let claim = (attempt.job, offering(at), kind);
                *self.claims.entry(claim).or_default() += until - given;
                given = until;
            }
        }
    }
}
