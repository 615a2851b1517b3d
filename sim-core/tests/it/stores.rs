//! What the naive storekeeper found in the storekeeper, as the fewest facts that showed it.

use sim_core::books::{Bill, Kind, Store, Tier, Unit, Window};
use sim_core::model::{Gang, Job, Role, Seat};
use sim_core::units::{JobId, Money, NodeId, SimTime, Span, ZoneId};
use sim_core::watch::{
    DataSet, Fact, Kept, Observer, Outcome, Place, Reads, Spent, Stocks, Storekeeper, Use,
};

use crate::rig::{fleet, job, world};

const GB: u64 = 1_000_000_000;
const JOB: u64 = 0;

fn dollars(amount: i128) -> Money {
    Money::from_nanousd(amount * 1_000_000_000)
}

/// A store in the first zone, of one tier that is paid for an hour at least. A gigabyte costs $730
/// a month, which is $1 an hour, $2 when it is read and $1 when it leaves; requests cost nothing.
fn stocks(uses: Use) -> Stocks {
    let tier = Tier {
        month: dollars(730),
        retrieval: dollars(2),
        thousand_writes: Money::ZERO,
        thousand_reads: Money::ZERO,
        minimum: Span::from_secs(3600),
    };
    let store = Store {
        unit: Unit::Gigabyte,
        tiers: vec![tier],
        moves: Vec::new(),
        delete_after: None,
        compression_milli: 1000,
        dedup_milli: 1000,
    };
    Stocks {
        stores: vec![Place {
            store,
            zone: Some(ZoneId(0)),
            egress: dollars(1),
            series: Vec::new(),
        }],
        uses: vec![uses],
        ..Stocks::default()
    }
}

/// Lines after these facts, in whole dollars, of two nodes of 8 GPUs, the second in another zone.
fn told(stocks: &Stocks, facts: &[(u64, Fact<'_>)], end: u64) -> Vec<(Kind, i128)> {
    let mut fleets = vec![fleet(1, 8), fleet(1, 8)];
    fleets[1].zone = ZoneId(1);
    let mut keeper = Storekeeper::new(&world(fleets), stocks);
    for (at, fact) in facts {
        keeper.observe(SimTime::from_secs(*at), fact);
    }
    let sums = keeper.finish(Window {
        from: SimTime::ZERO,
        end: SimTime::from_secs(end),
    });
    let bill = Bill::new(sums.into_iter().map(|(sum, _)| sum));
    let lines = bill.lines().iter();
    let line = |line: &sim_core::books::Line| (line.kind, line.amount.nanousd() / 1_000_000_000);
    lines.map(line).collect()
}

fn arrived(spec: &Job) -> Fact<'_> {
    let job = JobId::unpack(JOB);
    Fact::Arrived {
        job,
        spec,
        set: None,
    }
}

fn started(seats: &[Seat]) -> Fact<'_> {
    Fact::Started {
        job: JobId::unpack(JOB),
        seats,
        works: SimTime::ZERO,
    }
}

/// It ends, after so many seconds of work since its last start.
fn ended(outcome: Outcome, kept: u64) -> Fact<'static> {
    Fact::Ended {
        job: JobId::unpack(JOB),
        outcome,
        spent: worked(kept),
    }
}

fn worked(kept: u64) -> Spent {
    let kept = Span::from_secs(kept);
    Spent {
        kept,
        ..Spent::default()
    }
}

fn seat(node: u32, tasks: u32) -> Seat {
    Seat::anywhere(NodeId(node), 0, tasks)
}

/// Ten gigabytes, one checkpoint at a time.
fn keeping() -> Use {
    let checkpoints = Some(Kept {
        store: 0,
        size: 10 * GB,
        last: 1,
        linger: Span::ZERO,
    });
    Use {
        checkpoints,
        input: None,
    }
}

/// Data of no size, of which a GPU reads a gigabyte a second.
fn reading() -> Stocks {
    let input = Some(Reads {
        data: 0,
        fill: 0,
        per_gpu_second: GB,
    });
    Stocks {
        data: vec![DataSet { store: 0, size: 0 }],
        ..stocks(Use {
            checkpoints: None,
            input,
        })
    }
}

#[test]
fn the_end_of_a_run_deletes_no_data_set() {
    let data = vec![DataSet {
        store: 0,
        size: 20 * GB,
    }];
    let stocks = Stocks {
        data,
        ..stocks(Use::default())
    };
    assert_eq!(told(&stocks, &[], 360), [(Kind::Storage, 2)]);
}

#[test]
fn the_end_of_a_run_deletes_no_checkpoint() {
    let (spec, seats) = (job(0, 1, 360), [seat(0, 1)]);
    let run = |outcome| {
        [
            (0, arrived(&spec)),
            (0, started(&seats)),
            (360, ended(outcome, 360)),
        ]
    };
    let stocks = stocks(keeping());
    let left = told(&stocks, &run(Outcome::Unfinished), 360);
    assert_eq!(left, [(Kind::Storage, 1)]);
    // A job that ends deletes what it kept, and pays for the rest of the hour.
    let done = told(&stocks, &run(Outcome::Completed), 360);
    assert_eq!(done, [(Kind::Rounding, 9), (Kind::Storage, 1)]);
}

#[test]
fn a_start_after_the_first_reads_a_checkpoint() {
    let (spec, seats) = (job(0, 1, 7200), [seat(0, 1)]);
    let facts = [
        (0, arrived(&spec)),
        (0, started(&seats)),
        (
            3600,
            Fact::Interrupted {
                job: JobId::unpack(JOB),
                cause: sim_core::watch::Cause::Policy,
                spent: worked(3600),
            },
        ),
        (3600, started(&seats)),
        (7200, ended(Outcome::Completed, 3600)),
    ];
    let bill = told(&stocks(keeping()), &facts, 7200);
    assert_eq!(bill, [(Kind::Storage, 20), (Kind::Requests, 20)]);
}

#[test]
fn each_node_reads_for_its_own_gpus() {
    // Six of the eight GPUs lie in the other zone, and read for ten seconds.
    let spec = Job {
        gang: Gang::of(8, 1),
        ..job(0, 1, 10)
    };
    let seats = [seat(0, 2), seat(1, 6)];
    let facts = [
        (0, arrived(&spec)),
        (0, started(&seats)),
        (10, ended(Outcome::Completed, 10)),
    ];
    assert_eq!(told(&reading(), &facts, 10), [(Kind::Egress, 60)]);
}

#[test]
fn an_elastic_job_reads_for_the_gpus_that_it_holds() {
    let role = Role {
        least: 1,
        ..Gang::of(8, 1).roles()[0]
    };
    let spec = Job {
        gang: Gang::One(role),
        ..job(0, 1, 10)
    };
    let seats = [seat(1, 3)];
    let facts = [
        (0, arrived(&spec)),
        (0, started(&seats)),
        (10, ended(Outcome::Completed, 10)),
    ];
    assert_eq!(told(&reading(), &facts, 10), [(Kind::Egress, 30)]);
}
