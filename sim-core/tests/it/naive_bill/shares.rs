//! What jobs claim of the naive bill, and what is paid whatever they do.

use std::collections::BTreeMap;

use sim_core::books::{Kind, Source};
use sim_core::model::{Commitment, Ownership, Seat};
use sim_core::units::OfferingId;

use super::{Attempt, Claims, HOUR, Machine, NaiveBiller, Piece, Sums, covered_source};

impl NaiveBiller<'_> {
    /// Thousandths of its machine that a seat takes, and the pieces of that machine in the attempt.
    fn seat<'p>(
        &self,
        own: &Attempt,
        seat: &Seat,
        stop: u64,
        pieces: &'p [Vec<Piece>],
    ) -> (i128, Vec<&'p Piece>) {
        let demand = self.jobs[own.job as usize].gang.roles()[usize::from(seat.role)].demand;
        let gpus = self.world.offerings[self.offering_of(seat.node.0)]
            .shape
            .gpus;
        let task = if gpus > 0 {
            demand.gpu_milli()
        } else {
            demand.cpu_milli.into()
        };
        let units = i128::from(task) * i128::from(seat.tasks);
        let on = |machine: &&Machine| {
            machine.node == seat.node.0
                && machine.granted <= own.start
                && machine.gone.is_none_or(|(at, ..)| stop <= at)
        };
        let at = self.machines.iter().position(|machine| on(&machine));
        let within = |piece: &&Piece| own.start <= piece.0 && piece.1 <= stop;
        let all = at.map_or(&[][..], |at| &pieces[at]);
        (units, all.iter().filter(within).collect())
    }

    pub(super) fn claims(&self, pieces: &[Vec<Piece>], end: u64, sums: &mut Sums) -> Claims {
        let mut claims = Claims::new();
        for own in &self.attempts {
            let (stop, parts) = own.stop.unwrap_or((end, [0, 1, 0, 0, 0]));
            let mut by_offering: BTreeMap<usize, i128> = BTreeMap::new();
            for seat in &own.seats {
                let offering = self.offering_of(seat.node.0);
                let (units, pieces) = self.seat(own, seat, stop, pieces);
                *by_offering.entry(offering).or_default() +=
                    self.cost(units, pieces.iter().copied());
                for (from, until, _, covered) in pieces {
                    if let Some(commitment) = covered {
                        let source = covered_source(*commitment, offering);
                        let claim = claims
                            .entry((own.job, source, Kind::Commitment))
                            .or_default();
                        *claim += self.hourly(*commitment) * self.us(*from, *until) * units;
                    }
                }
            }
            for (offering, cost) in by_offering {
                self.add(sums, offering, Kind::Idle, -cost);
                let total: i128 = parts.iter().map(|part| i128::from(*part)).sum();
                let (mut passed, mut given) = (0, 0);
                let kinds = [
                    Kind::Restore,
                    Kind::Work,
                    Kind::Lost,
                    Kind::Dump,
                    Kind::Stall,
                ];
                for (kind, part) in kinds.into_iter().zip(parts) {
                    passed += i128::from(part);
                    let until = (cost * passed).checked_div(total).unwrap_or(0);
                    self.add(sums, offering, kind, until - given);
                    let source = Source::Offering(OfferingId(u16::try_from(offering).unwrap()));
                    *claims.entry((own.job, source, kind)).or_default() += until - given;
                    given = until;
                }
            }
        }
        claims
    }

    /// What is paid for and not held.
    pub(super) fn unused(&self, pieces: &[Vec<Piece>], end: u64, sums: &mut Sums) {
        for (at, offering) in self
            .world
            .offerings
            .iter()
            .enumerate()
            .filter(|(_, own)| own.terms.whether_used)
        {
            let held = self
                .machines
                .iter()
                .zip(pieces)
                .filter(|(own, _)| self.offering_of(own.node) == at);
            let held: i128 = held.map(|(_, pieces)| self.cost(1, pieces)).sum();
            let mut steps: Vec<(u64, u64)> = self.prices[at].clone();
            steps.push((end, 0));
            let whole = steps
                .windows(2)
                .map(|two| i128::from(two[0].1) * self.us(two[0].0, two[1].0));
            let unused =
                (whole.sum::<i128>() * i128::from(offering.max) - held) * self.capacity(at);
            self.add(sums, at, Kind::Unused, unused);
        }
    }

    /// What commitments cost beside the machines that they cover.
    pub(super) fn standing(&self, pieces: &[Vec<Piece>], end: u64, sums: &mut Sums) {
        for (position, commitment) in self.world.commitments.iter().enumerate() {
            let source = Source::Commitment(u16::try_from(position).unwrap());
            match commitment {
                Commitment::Reserved(own) => {
                    let (from, until) = (own.from.us().min(end), own.until.us().min(end));
                    let us = self.us(from, until);
                    let covering = pieces
                        .iter()
                        .flatten()
                        .filter(|piece| piece.3 == Some(position));
                    let used: i128 = covering.map(|piece| self.us(piece.0, piece.1)).sum();
                    let unused =
                        (us * i128::from(own.count) - used) * i128::from(own.hourly.nanousd_h());
                    sums.insert((source, Kind::Unused), (unused, HOUR));
                    let term = i128::from(own.until.us() - own.from.us());
                    sums.insert((source, Kind::Upfront), (own.upfront.nanousd() * us, term));
                }
                Commitment::Owned(own) => self.owned(own, (source, pieces, end), sums),
            }
        }
    }

    fn owned(
        &self,
        own: &Ownership,
        (source, pieces, end): (Source, &[Vec<Piece>], u64),
        sums: &mut Sums,
    ) {
        let mut bought: Vec<u32> = self.machines.iter().map(|machine| machine.node).collect();
        bought.retain(|node| self.offering_of(*node) == own.offering.index());
        bought.sort_unstable();
        bought.dedup();
        let count = bought.len().min(own.count as usize);
        let us = self.us(0, end) * i128::try_from(count).unwrap();
        let month = 730 * HOUR;
        let capex = own.capex.nanousd() * us;
        sums.insert(
            (source, Kind::Capex),
            (capex, month * i128::from(own.months)),
        );
        sums.insert((source, Kind::Staff), (own.staff.nanousd() * us, month));
        let at = own.offering.index();
        let held = self
            .machines
            .iter()
            .filter(|machine| self.offering_of(machine.node) == at);
        let held = held.map(|own| self.us(own.granted, own.gone.map_or(end, |gone| gone.0)));
        let idle = held.sum::<i128>() * self.capacity(at) * i128::from(own.idle_watts);
        let busy = i128::from(own.busy_watts - own.idle_watts);
        let used = self.attempts.iter().flat_map(|own| {
            let stop = own.stop.map_or(end, |stop| stop.0);
            let here = own
                .seats
                .iter()
                .filter(|seat| self.offering_of(seat.node.0) == at);
            here.map(move |seat| self.seat(own, seat, stop, pieces).0 * self.us(own.start, stop))
        });
        let power =
            (idle + busy * used.sum::<i128>()) * i128::from(own.pue_milli) * own.kwh.nanousd();
        sums.insert(
            (source, Kind::Power),
            (power, 1_000_000 * HOUR * self.capacity(at)),
        );
    }
}
