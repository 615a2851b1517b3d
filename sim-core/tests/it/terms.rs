//! Each rule of the terms, on one machine, by hand.

use sim_core::books::{Kind, Line, Payer, Unclaimed, totals};
use sim_core::engine::World;
use sim_core::model::{ChargedFrom, Commitment, Market, Reservation, Seat, Terms};
use sim_core::units::{JobId, Money, NodeId, OfferingId, Price, SimTime, Span};
use sim_core::watch::{Biller, Fact, Observer, Outcome, Spent};
use sim_core::world::Curve;

use crate::rig::{self, fleet};

fn secs(secs: u64) -> SimTime {
    SimTime::from_secs(secs)
}

/// One machine of two GPUs at $3.60 an hour, which is a tenth of a cent a second, under these terms.
fn lone(terms: Terms) -> World {
    let mut fleet = fleet(1, 2);
    fleet.price = Curve::constant(Price::from_nanousd_h(3_600_000_000).unwrap());
    fleet.terms = terms;
    rig::world(vec![fleet])
}

const NODE: NodeId = NodeId(0);

fn seat(node: NodeId) -> Seat {
    Seat::anywhere(node, 0, 1)
}

fn boot(launch: u32) -> Fact<'static> {
    let (node, ready) = (NODE, SimTime::ZERO);
    Fact::Booting {
        node,
        launch,
        ready,
    }
}

/// The lines of a bill after these facts, in thousandths of a dollar.
fn told(world: &World, facts: &[(u64, Fact<'_>)], end: u64) -> Vec<(Kind, i128)> {
    told_from(world, facts, (0, end))
}

fn told_from(world: &World, facts: &[(u64, Fact<'_>)], window: (u64, u64)) -> Vec<(Kind, i128)> {
    let mut biller = Biller::new(world, secs(window.0), true);
    for (at, fact) in facts {
        biller.observe(secs(*at), fact);
    }
    let (ledger, _) = biller.finish(secs(window.1));
    let lines = ledger.bill().lines().iter();
    let line = |line: &Line| (line.kind, line.amount.nanousd() / 1_000_000);
    lines.map(line).collect()
}

const READY: Fact<'static> = Fact::Ready {
    node: NODE,
    launch: 0,
};
const RELEASED: Fact<'static> = Fact::Released { node: NODE };
const RECLAIMED: Fact<'static> = Fact::Reclaimed { node: NODE };

#[test]
fn exact_terms_charge_each_second_that_was_held() {
    let facts = [(10, boot(0)), (40, READY), (107, RELEASED)];
    let bill = told(&lone(Terms::EXACT), &facts, 200);
    assert_eq!(bill, [(Kind::Idle, 67), (Kind::Boot, 30)]);
    let ready = Terms {
        from: ChargedFrom::Ready,
        ..Terms::EXACT
    };
    assert_eq!(told(&lone(ready), &facts, 200), [(Kind::Idle, 67)]);
    // What is spent before the window does not count.
    let bill = told_from(&lone(Terms::EXACT), &facts, (30, 50));
    assert_eq!(bill, [(Kind::Idle, 67), (Kind::Boot, 10)]);
}

#[test]
fn granularity_and_minimum_round_a_run_up_when_it_ends() {
    let facts = [(0, READY), (107, RELEASED)];
    let short = [(0, READY), (40, RELEASED)];
    let minute = lone(Terms::PER_SECOND);
    assert_eq!(told(&minute, &facts, 200), [(Kind::Idle, 107)]);
    let bill = [(Kind::Idle, 40), (Kind::Rounding, 20)];
    assert_eq!(told(&minute, &short, 200), bill);
    let bill = [(Kind::Idle, 107), (Kind::Rounding, 3493)];
    assert_eq!(told(&lone(Terms::WHOLE_HOURS), &facts, 200), bill);
    // The end of the simulation gives back what is held.
    let bill = told(&lone(Terms::WHOLE_HOURS), &facts[..1], 3_700);
    assert_eq!(bill, [(Kind::Idle, 3_700), (Kind::Rounding, 3_500)]);
    // What was added before the window began does not count.
    let bill = told_from(&minute, &short, (50, 200));
    assert_eq!(bill, [(Kind::Rounding, 10)]);
}

#[test]
fn what_the_provider_takes_early_is_free() {
    let hour = lone(Terms::AWS_SPOT);
    let taken = |at| [(0, READY), (at, RECLAIMED)];
    let bill = told(&hour, &taken(3_599), 9_999);
    assert_eq!(bill, [(Kind::Idle, 3_599), (Kind::Credit, -3_599)]);
    let bill = told(&hour, &taken(3_600), 9_999);
    assert_eq!(bill, [(Kind::Idle, 3_600)]);
    let bill = told(&hour, &[(0, READY), (100, RELEASED)], 9_999);
    assert_eq!(bill, [(Kind::Idle, 100)]);
    let bill = told(&lone(Terms::WHOLE_HOURS), &taken(5_000), 9_999);
    assert_eq!(bill, [(Kind::Idle, 5_000), (Kind::Credit, -1_400)]);
    // A machine that breaks for good is no machine taken.
    let failed = Fact::Failed {
        node: NODE,
        repaired: None,
    };
    let bill = told(&hour, &[(0, READY), (100, failed)], 9_999);
    assert_eq!(bill, [(Kind::Idle, 100)]);
}

#[test]
fn a_machine_that_does_not_come_up_is_free_and_one_that_is_repaired_is_paid() {
    let facts = [(0, boot(0)), (50, Fact::Miscarried { node: NODE })];
    let bill = told(&lone(Terms::PER_SECOND), &facts, 100);
    assert_eq!(bill, [(Kind::Boot, 50), (Kind::Credit, -50)]);
    let failed = Fact::Failed {
        node: NODE,
        repaired: Some(secs(80)),
    };
    let facts = [
        (0, READY),
        (50, failed),
        (80, Fact::Repaired { node: NODE }),
    ];
    let bill = told(&lone(Terms::EXACT), &facts, 100);
    assert_eq!(bill, [(Kind::Idle, 100)]);
}

#[test]
fn a_slot_that_is_paid_whether_used_is_paid_all_the_time() {
    let facts = [(10, boot(0)), (40, READY), (107, RECLAIMED)];
    let bill = told(&lone(Terms::WHETHER_USED), &facts, 200);
    let lines = [(Kind::Idle, 67), (Kind::Boot, 30), (Kind::Unused, 103)];
    assert_eq!(bill, lines);
}

#[test]
fn a_run_may_be_split_unless_there_is_a_minimum() {
    let whole = [(0, READY), (100, RELEASED)];
    let split = [
        (0, READY),
        (43, RELEASED),
        (
            43,
            Fact::Ready {
                node: NODE,
                launch: 1,
            },
        ),
        (100, RELEASED),
    ];
    let exact = lone(Terms::EXACT);
    assert_eq!(told(&exact, &whole, 200), told(&exact, &split, 200));
    let minute = lone(Terms::PER_SECOND);
    assert_eq!(told(&minute, &whole, 200), [(Kind::Idle, 100)]);
    let bill = [(Kind::Idle, 100), (Kind::Rounding, 20)];
    assert_eq!(told(&minute, &split, 200), bill);
}

#[test]
fn a_job_that_goes_on_elsewhere_pays_for_both_seats_and_serverless_only_while_it_sits() {
    let spec = rig::job(0, 1, 100);
    let job = JobId::unpack(0);
    let seats = [seat(NODE)];
    let spent = |restore, kept| Spent {
        restore: Span::from_secs(restore),
        kept: Span::from_secs(kept),
        ..Spent::default()
    };
    let facts = [
        (0, READY),
        (
            0,
            Fact::Arrived {
                job,
                spec: &spec,
                set: None,
            },
        ),
        (
            20,
            Fact::Started {
                job,
                seats: &seats,
                works: secs(30),
            },
        ),
        (
            50,
            Fact::Reseated {
                job,
                seats: &seats,
                works: secs(50),
                spent: spent(10, 20),
            },
        ),
        (
            90,
            Fact::Ended {
                job,
                outcome: Outcome::Completed,
                spent: spent(0, 40),
            },
        ),
    ];
    // Half of the machine is its share.
    let bill = told(&lone(Terms::EXACT), &facts, 100);
    let lines = [(Kind::Work, 30), (Kind::Restore, 5), (Kind::Idle, 65)];
    assert_eq!(bill, lines);
    // Two stretches that touch are one, so that a minimum of 80 s adds 10 s.
    let serverless = Terms {
        minimum: Span::from_secs(80),
        ..Terms::SERVERLESS
    };
    let bill = told(&lone(serverless), &facts, 100);
    let lines = [
        (Kind::Work, 30),
        (Kind::Restore, 5),
        (Kind::Idle, 35),
        (Kind::Rounding, 10),
    ];
    assert_eq!(bill, lines);
}

/// Two machines, of which one at a time is covered for 1,000 s: half the price, and half a dollar upfront.
fn reserved() -> World {
    let mut world = lone(Terms::EXACT);
    world.offerings[0].max = 2;
    world.commitments = vec![Commitment::Reserved(Reservation {
        market: Market::Reserved,
        covers: vec![OfferingId(0)],
        count: 1,
        from: secs(0),
        until: secs(1_000),
        upfront: Money::from_nanousd(500_000_000),
        hourly: Price::from_nanousd_h(1_800_000_000).unwrap(),
    })];
    world
}

#[test]
fn a_reservation_covers_the_lowest_machine_and_who_sits_on_it_pays_its_share() {
    let world = reserved();
    let (spec, job) = (rig::job(0, 1, 100), JobId::unpack(0));
    let seats = [seat(NodeId(0))];
    let kept = Span::from_secs(60);
    let ready = |node| Fact::Ready {
        node: NodeId(node),
        launch: 0,
    };
    let facts = [
        (20, ready(1)),
        (
            20,
            Fact::Arrived {
                job,
                spec: &spec,
                set: None,
            },
        ),
        // From now on the lower one is covered, and not the other.
        (40, ready(0)),
        (
            40,
            Fact::Started {
                job,
                seats: &seats,
                works: secs(40),
            },
        ),
        (
            100,
            Fact::Ended {
                job,
                outcome: Outcome::Completed,
                spent: Spent {
                    kept,
                    ..Spent::default()
                },
            },
        ),
    ];
    let mut biller = Biller::new(&world, secs(0), true);
    for (at, fact) in &facts {
        biller.observe(secs(*at), fact);
    }
    let (ledger, _) = biller.finish(secs(120));
    let lines = ledger.bill().lines().iter();
    let lines: Vec<(Kind, i128)> = lines
        .map(|line| (line.kind, line.amount.nanousd() / 1_000_000))
        .collect();
    let expected = [
        (Kind::Idle, 80),
        (Kind::Commitment, 50),
        (Kind::Unused, 10),
        (Kind::Upfront, 60),
    ];
    assert_eq!(lines, expected);
    let paid = |unclaimed| -> Vec<(Payer, i128)> {
        let totals = totals(&ledger.attribute(|job| job, unclaimed)).into_iter();
        totals
            .map(|(payer, amount)| (payer, amount.nanousd() / 1_000_000))
            .collect()
    };
    let named = [
        (Payer::Of(0), 15),
        (Payer::Nobody(Kind::Idle), 80),
        (Payer::Nobody(Kind::Commitment), 35),
        (Payer::Nobody(Kind::Unused), 10),
        (Payer::Nobody(Kind::Upfront), 60),
    ];
    assert_eq!(paid(Unclaimed::Named), named);
    assert_eq!(paid(Unclaimed::Spread), [(Payer::Of(0), 200)]);
}
