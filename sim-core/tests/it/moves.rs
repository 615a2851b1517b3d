//! Which changes of seats count as moves of a job, by hand.

use std::sync::Arc;

use sim_core::model::Seat;
use sim_core::units::{JobId, NodeId, SimTime};
use sim_core::watch::{Fact, Observer, Recorder, Recording, Spent};

use crate::rig::{self, fleet};

#[test]
fn a_job_migrates_when_it_leaves_a_node_for_another_and_not_when_it_grows_or_shrinks() {
    let world = Arc::new(rig::world(vec![fleet(3, 2)]));
    let recording = Recording {
        warmup: SimTime::ZERO,
        sample: None,
        stays: 0,
        attribute: false,
        balance: None,
    };
    let mut recorder = Recorder::new(&world, recording);
    let (job, spec) = (JobId::unpack(0), rig::job(0, 1, 100));
    let at = SimTime::from_secs;
    for node in [0, 1, 2].map(NodeId) {
        recorder.observe(at(0), &Fact::Ready { node, launch: 0 });
    }
    let arrived = Fact::Arrived {
        job,
        spec: &spec,
        set: None,
    };
    recorder.observe(at(0), &arrived);
    let on = |nodes: &[u32]| -> Vec<Seat> {
        let seat = |node: &u32| Seat::anywhere(NodeId(*node), 0, 1);
        nodes.iter().map(seat).collect()
    };
    let seats = &on(&[0]);
    let works = at(1);
    recorder.observe(at(1), &Fact::Started { job, seats, works });
    // It grows, moves one of two tasks, shrinks, moves, and is seated anew where it is.
    let changes = [on(&[0, 1]), on(&[0, 2]), on(&[0]), on(&[2]), on(&[2])];
    for (seats, now) in changes.iter().zip(2..) {
        let works = at(now);
        let spent = Spent::default();
        let reseated = Fact::Reseated {
            job,
            seats,
            works,
            spent,
        };
        recorder.observe(at(now), &reseated);
    }
    let record = recorder.finish(at(9));
    assert_eq!((record.rows[0].migrations, record.rows[0].attempts), (2, 6));
}
