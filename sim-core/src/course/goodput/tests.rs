use super::*;
use crate::course::{Reach, UNIT_RATE};

fn kind(tuned: bool) -> Arc<Kind> {
    let timed = |local: u32, sync_s: f64| Timed {
        local,
        step_s: 0.02 + 0.001 * f64::from(local) + sync_s,
        sync_s,
    };
    let placed = [(vec![1], 1e-4), (vec![2], 0.01), (vec![2, 1], 0.03)];
    let rows = placed.iter().flat_map(|(counts, sync_s)| {
        [8, 16, 64].map(|local| (counts.clone(), timed(local, *sync_s)))
    });
    let rows: Vec<(Vec<u32>, Timed)> = rows.collect();
    let epoch = |nth: u32| Epoch {
        progress: 1000.0 * f64::from(nth + 1),
        noise: Noise {
            square: 1.0,
            variance: 1.0 + f64::from(nth),
        },
    };
    Arc::new(Kind {
        application: Arc::new(Application {
            name: "tests".to_owned(),
            batches: (16, 256),
            least_local: 8,
            slowdown: 1.5,
            delay: Span::from_secs(20),
            noise: vec![(16, (0..6).map(epoch).collect())],
            machines: vec![(ModelId(0), Machine::new(&rows, &[]))],
        }),
        requested: 32,
        tuned,
        round: Span::from_secs(60),
    })
}

fn lies(counts: &[u32]) -> Layout {
    Layout {
        model: ModelId(0),
        counts: counts.to_vec(),
    }
}

const ON: Footing = Footing {
    model: None,
    gpus: 1,
    reach: Reach::Node,
    rate_ppb: UNIT_RATE,
    compute_ppb: UNIT_RATE,
};

fn left(job: &Goodput) -> Span {
    let Change::Done(left) = job.next(&ON);
    left
}

#[test]
fn a_fixed_batch_takes_as_long_as_its_epochs() {
    let mut job = Goodput::new(kind(false), u64::MAX);
    job.settle(lies(&[2]), SimTime::from_secs(60), true);
    // 16 on each of two GPUs: a step of 46 ms, and a gain of (v + 1) / (v / 2 + 1) for v = 1, 2, ...
    let seconds: f64 = (1..=6)
        .map(f64::from)
        .map(|v| (1000.0 * 1.5 * 0.046 / ((v + 1.0) / (v / 2.0 + 1.0))).round_ties_even())
        .sum();
    assert!(
        (convert::real(left(&job).us()) / 1e6 - seconds).abs() <= 6.0,
        "{seconds}"
    );
}

#[test]
fn to_stop_at_a_round_and_go_on_alike_changes_nothing() {
    for tuned in [false, true] {
        let mut whole = Goodput::new(kind(tuned), u64::MAX);
        whole.settle(lies(&[2, 1]), SimTime::from_secs(80), true);
        let mut cut = whole.clone();
        let pause = Span::from_secs(160);
        cut.advance(pause, &ON);
        assert!(cut.lies_alike(&lies(&[2, 1])) && !cut.lies_alike(&lies(&[1, 2])));
        cut.settle(lies(&[2, 1]), SimTime::from_secs(240), false);
        assert_eq!(left(&whole), pause + left(&cut), "tuned: {tuned}");
    }
}

#[test]
fn a_job_that_tunes_its_batch_grows_it_with_the_noise_and_is_done_sooner() {
    let mut fixed = Goodput::new(kind(false), u64::MAX);
    let mut tuned = Goodput::new(kind(true), u64::MAX);
    for job in [&mut fixed, &mut tuned] {
        job.settle(lies(&[2]), SimTime::ZERO, true);
    }
    assert!(left(&tuned) < left(&fixed));
    let at = |secs| {
        tuned
            .after(Span::from_secs(secs))
            .batch
            .map(|batch| batch.total(2))
    };
    assert!(at(300) > at(1), "{:?} {:?}", at(300), at(1));
}

#[test]
fn fewer_epochs_are_done_sooner_and_none_at_once() {
    let ends = |epochs| {
        let mut job = Goodput::new(kind(false), epochs);
        job.settle(lies(&[1]), SimTime::ZERO, true);
        left(&job)
    };
    assert_eq!(ends(0), Span::ZERO);
    assert!(ends(1) < ends(2) && ends(6) == ends(7));
}

#[test]
fn a_placement_is_the_same_whichever_node_comes_first_and_not_sorted() {
    let timed = |step_s| Timed {
        local: 8,
        step_s,
        sync_s: 0.001,
    };
    let rows = [(vec![2, 3, 4], timed(1.0)), (vec![2, 4, 3], timed(2.0))];
    let machine = Machine::new(&rows, &[]);
    let takes =
        |counts: &[u32], step_s: f64| machine.step_s(counts, 8).0.total_cmp(&step_s).is_eq();
    assert!(takes(&[3, 4, 2], 1.0) && takes(&[4, 3, 2], 2.0));
}
