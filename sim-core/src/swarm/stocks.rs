//! Random stocks: stores with tiers and rules, what is written to them and read from them, and what
//! machines leave behind.

use super::{Swarm, small};
use crate::books::{Store, Tier, Unit};
use crate::engine::World;
use crate::units::{Money, Price, SimTime, Span, ZoneId, convert};
use crate::watch::{DataSet, Kept, Place, Reads, Series, Stocks, Thing, Use};
use crate::world::draw::Stream;

/// Something to keep, move and leave behind in the scenario `seed`. The draws are its own, so that
/// the scenario stays what it is.
pub fn stocks(seed: u64, world: &World) -> Stocks {
    let swarm = Swarm {
        seed,
        tick: 997_331,
    };
    let mut luck = swarm.luck("stocks", 0);
    let stores = if swarm.has("stores") {
        luck.between(2, 3)
    } else {
        1
    };
    let some = |feature, luck: &mut Stream, most| {
        let count = luck.between(1, most);
        if swarm.has(feature) { count } else { 0 }
    };
    let (data, things) = (
        some("data-sets", &mut luck, 2),
        some("leftovers", &mut luck, 2),
    );
    let set = |at| {
        let mut luck = swarm.luck("data-set", at);
        DataSet {
            store: index(luck.below(stores)),
            size: bytes(&mut luck),
        }
    };
    let classes = convert::wide(world.classes.len());
    // A policy may take years where nothing ends the run: then no series goes on and on.
    let ends = world.end.is_some();
    // Classes beyond the last one that is stated keep nothing.
    let stated = luck.between(classes - 1, classes);
    Stocks {
        stores: (0..stores).map(|at| swarm.place(at, ends)).collect(),
        data: (0..data).map(set).collect(),
        uses: (0..stated)
            .map(|at| swarm.uses(at, (stores, data)))
            .collect(),
        things: (0..things).map(|at| swarm.thing(at)).collect(),
    }
}

impl Swarm {
    fn place(&self, at: u64, ends: bool) -> Place {
        let mut luck = self.luck("store", at);
        let tiers = luck.between(2, 4);
        let tiers = if self.has("tiers") { tiers } else { 1 };
        let mut idle = Span::ZERO;
        let moves = (1..tiers).map(|_| {
            idle += self.span(&mut luck, 1, 12);
            idle
        });
        let moves = moves.collect();
        let tiers = (0..tiers).map(|_| self.tier(&mut luck)).collect();
        let delete_after = self.span(&mut luck, 1, 60);
        let (compression, dedup) = (luck.between(1, 1_000), luck.between(1, 1_000));
        let (zone, egress) = (ZoneId(small(luck.below(2))), money(&mut luck));
        let unit = self.unit(&mut luck);
        let series = luck.between(1, 2);
        let series = if self.has("series") { series } else { 0 };
        let milli = |feature, of| small(if self.has(feature) { of } else { 1_000 });
        Place {
            store: Store {
                unit,
                tiers,
                moves,
                delete_after: self.has("deletion").then_some(delete_after),
                compression_milli: milli("compression", compression),
                dedup_milli: milli("dedup", dedup),
            },
            zone: self.has("store-zones").then_some(zone),
            egress,
            series: (0..series).map(|_| self.series(&mut luck, ends)).collect(),
        }
    }

    fn tier(&self, luck: &mut Stream) -> Tier {
        let mut price = |feature| {
            let price = money(luck);
            if self.has(feature) {
                price
            } else {
                Money::ZERO
            }
        };
        let (thousand_writes, thousand_reads) = (price("writes"), price("reads"));
        let retrieval = price("retrieval");
        let month = money(luck);
        let minimum = self.span(luck, 0, 40);
        Tier {
            month,
            retrieval,
            thousand_writes,
            thousand_reads,
            minimum: if self.has("least-stay") {
                minimum
            } else {
                Span::ZERO
            },
        }
    }

    fn unit(&self, luck: &mut Stream) -> Unit {
        if self.has("gibibytes") && luck.chance(0.5) {
            Unit::Gibibyte
        } else {
            Unit::Gigabyte
        }
    }

    fn series(&self, luck: &mut Stream, ends: bool) -> Series {
        let size = bytes(luck);
        let count = small(luck.between(0, 3));
        let mut span = |low, high| self.span(luck, low, high);
        let (from, every, keep) = (span(0, 30), span(5, 30), span(0, 50));
        let read = (span(2, 15), span(0, 50));
        Series {
            size,
            count,
            from: SimTime::ZERO + from,
            every: (ends && self.has("series-again")).then_some(every),
            keep: self.has("series-kept").then_some(keep),
            read: self.has("series-read").then_some(read),
        }
    }

    /// What the jobs of a class keep, of so many stores, and read, of so many data sets.
    fn uses(&self, at: u64, (stores, data): (u64, u64)) -> Use {
        let mut luck = self.luck("use", at);
        let linger = self.span(&mut luck, 0, 30);
        let kept = Kept {
            store: index(luck.below(stores)),
            size: bytes(&mut luck),
            last: small(luck.between(0, 3)),
            linger: if self.has("linger") {
                linger
            } else {
                Span::ZERO
            },
        };
        let reads = Reads {
            data: index(luck.below(data.max(1))),
            fill: bytes(&mut luck),
            per_gpu_second: luck.below(1 << 24),
        };
        let reads = Reads {
            fill: if self.has("caches") { reads.fill } else { 0 },
            per_gpu_second: if self.has("streams") {
                reads.per_gpu_second
            } else {
                0
            },
            ..reads
        };
        Use {
            checkpoints: (self.has("kept-checkpoints") && luck.chance(0.8)).then_some(kept),
            input: (data > 0 && luck.chance(0.8)).then_some(reads),
        }
    }

    fn thing(&self, at: u64) -> Thing {
        let mut luck = self.luck("thing", at);
        let hourly = Price::from_nanousd_h(luck.below(1 << 34)).expect("low");
        let clean_up = self.span(&mut luck, 0, 40);
        let share_ppm = small(luck.below(1_000_001));
        Thing {
            name: format!("thing-{at}"),
            share_ppm: if self.has("some-leave") {
                share_ppm
            } else {
                1_000_000
            },
            hourly,
            size: bytes(&mut luck),
            month: money(&mut luck),
            unit: self.unit(&mut luck),
            clean_up: self.has("clean-up").then_some(clean_up),
        }
    }
}

/// Few or many, and sometimes none.
fn bytes(luck: &mut Stream) -> u64 {
    let digits = luck.below(41);
    luck.below(1 << digits)
}

fn money(luck: &mut Stream) -> Money {
    Money::from_nanousd(luck.below(1 << 30).into())
}

fn index(n: u64) -> usize {
    usize::try_from(n).expect("a small draw")
}
