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

/// Steps of a tenth of a second in each of four stages; gradients as above, with room for up to eight replicas.
fn pipeline() -> Arc<Kind> {
    let plain = kind(false);
    let own = Application::clone(&plain.application);
    let row = |counts: &[u32]| {
        let timed = Timed {
            local: 1,
            step_s: 0.1,
            sync_s: 0.0,
        };
        (counts.to_vec(), timed)
    };
    let machine = Machine::new(&[row(&[4]), row(&[4, 4])], &[]).in_stages(4);
    Arc::new(Kind {
        application: Arc::new(Application {
            batches: (12, 384),
            slowdown: 1.0,
            machines: vec![(ModelId(0), machine)],
            ..own
        }),
        ..Kind::clone(&plain)
    })
}

/// Of a job in this layout.
fn piped(counts: &[u32]) -> Goodput {
    let mut job = Goodput::new(pipeline(), u64::MAX);
    job.settle(lies(counts), SimTime::from_secs(60), true);
    job
}

#[test]
fn a_pipeline_fills_its_stages_once_and_goes_three_times_over_them() {
    // 48 micro-batches over four stages, forward and twice as long back: 3 x 51 steps for 48 samples of each replica.
    let seconds = |replicas: f64| -> f64 {
        let scale = 48.0 * replicas / 12.0;
        let gain = |v: f64| (v + 1.0) / (v / scale + 1.0);
        let epochs = (1..=6).map(f64::from);
        epochs
            .map(|v| (1000.0 * 15.3 / gain(v)).round_ties_even())
            .sum()
    };
    for (counts, replicas) in [(&[4][..], 1.0), (&[4, 4], 2.0), (&[7], 1.0)] {
        let found = convert::real(left(&piped(counts)).us()) / 1e6;
        assert!((found - seconds(replicas)).abs() < 1e-6, "{counts:?}");
    }
    // Its largest batch feeds eight replicas and no more.
    assert_eq!(left(&piped(&[32])), left(&piped(&[40])));
    assert!(left(&piped(&[28])) > left(&piped(&[32])));
}

#[test]
fn a_pipeline_keeps_its_batch_and_learns_noise_only() {
    let state = piped(&[4, 4]).after(Span::from_secs(300));
    let batch = state.batch.map(|batch| (batch.local, batch.accumulated));
    assert_eq!((batch, state.known.len()), (Some((1, 47)), 0));
    assert!(state.noise.is_some());
}

#[test]
fn a_pipeline_with_fewer_gpus_than_stages_stands_still() {
    let job = piped(&[3]);
    assert_eq!(left(&job), Span::MAX);
    assert!(job.after(Span::from_secs(9000)).progress <= 0.0);
    assert!(!pipeline().runs_in(&lies(&[3])) && pipeline().runs_in(&lies(&[2, 2])));
    let speed = |counts: &[u32]| pipeline().iteration_s(&lies(counts));
    assert_eq!(speed(&[3]), None);
    let near = |found: Option<f64>, told: f64| found.is_some_and(|x| (x - told).abs() < 1e-9);
    assert!(near(speed(&[4]), 15.3) && near(speed(&[8]), 7.65));
}
