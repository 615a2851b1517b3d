//! Decisions a second: how fast a run asks somebody who answers at once, on one core.
//!
//! Windows of 1,024 jobs of Lublin and Feitelson's model on 256 single-GPU nodes, as `RLScheduler` has them, with backfilling and
//! a window of 128 jobs to choose from; rows are chosen by lot. Published for that environment, in Python: 4,900 decisions a
//! second without backfilling, 7,900 with it; `CartPole` of Gymnasium: 86,600 steps.
//!
//! `cargo bench -p benches --bench decisions`

use std::path::Path;
use std::time::Instant;

use policies::learned::{Episode, Measure, Question, Scale, Weights};
use scenarios::build::{Experiment, Jobs};
use scenarios::experiment::known;
use scenarios::schema::{DataRoots, load};
use sim_core::world::Trace;

/// Promised: decisions a second.
const PROMISED: f64 = 500_000.0;
/// Episodes of a round.
const EPISODES: u64 = 8;
/// Rounds, of which the median counts.
const ROUNDS: usize = 9;

fn scenario(choose: &str, admit: &str, window: u32) -> String {
    format!(
        "name = \"bench\"\n[[fleet]]\nname = \"f\"\ninstance = {{ gpus = 1, gpu = \"V100\" }}\nprice = \"$2\"\ncount = 256\n\
         [[workload]]\nname = \"w\"\ntask-gpus = 1\nestimate = {{ model = \"factor\", factor = 1.0 }}\n\
         [workload.synth]\nmodel = \"lublin\"\njobs = 1024\nprocs = 256\n\
         [[policy]]\nname = \"asks\"\nkind = \"learned\"\nasks = {{ kind = \"order\", window = {window}, choose = \"{choose}\" }}\n\
         order = \"fifo\"\nadmit = \"{admit}\"\nplace = \"first-fit\"\n"
    )
}

fn built(text: &str, folder: &Path) -> Experiment {
    let path = folder.join("bench.toml");
    std::fs::write(&path, text).expect("written");
    let loaded = load(&path, &[], &DataRoots::default(), &known).expect("a sound scenario");
    Experiment::build(loaded).expect("a sound experiment")
}

/// One episode with rows by lot; returns the decisions.
fn fly(experiment: &Experiment, jobs: &Jobs, seed: u64) -> u64 {
    let contender = &experiment.contenders[0];
    let measure = Measure {
        weights: Weights {
            spend: 0.0,
            slowdown: 1.0,
            ..Weights::default()
        },
        scale: Scale {
            on_demand_usd: 1.0,
            jobs: 1024.0,
        },
        promise: None,
    };
    let process = contender.process(seed).expect("it is learned");
    let trace = Box::new(Trace::new(jobs.for_policy(contender)));
    let begun = Episode::begin(jobs.world(), trace, (process, contender.grants), measure);
    let mut episode = begun.expect("it goes on");
    let (mut lot, mut decisions) = (seed | 1, 0);
    while let Some(question) = episode.question() {
        lot ^= lot << 13;
        lot ^= lot >> 7;
        lot ^= lot << 17;
        let row = drawn(question, lot);
        episode.answer(row).expect("a legal row");
        decisions += 1;
    }
    decisions
}

/// A legal row: the first one from a random place on.
fn drawn(question: &Question, lot: u64) -> usize {
    let count = u64::try_from(question.len()).expect("few rows");
    let from = usize::try_from(lot % count).expect("few rows");
    let mut rows = (from..question.len()).chain(0..from);
    rows.find(|row| question.legal[*row]).expect("a legal row")
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    println!("decisions a second, one core, median of {ROUNDS} rounds of {EPISODES} episodes");
    let cases = [
        ("next, 128 rows, EASY", "next", "easy", 128),
        ("next, 128 rows, no backfilling", "next", "strict", 128),
        ("next, 32 rows, EASY", "next", "easy", 32),
        ("start, 32 rows", "start", "strict", 32),
    ];
    for (name, choose, admit, window) in cases {
        let experiment = built(&scenario(choose, admit, window), folder.path());
        let jobs: Vec<(u64, Jobs)> = (1..=EPISODES)
            .map(|seed| (seed, experiment.jobs(seed).expect("jobs that fit")))
            .collect();
        let mut rates = Vec::new();
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            let decisions: u64 = jobs
                .iter()
                .map(|(seed, jobs)| fly(&experiment, jobs, *seed))
                .sum();
            let decisions = f64::from(u32::try_from(decisions).expect("few decisions"));
            rates.push(decisions / begun.elapsed().as_secs_f64());
        }
        rates.sort_by(f64::total_cmp);
        let rate = rates[ROUNDS / 2];
        let verdict = if rate >= PROMISED { "holds" } else { "MISSED" };
        println!("{name:32} {rate:>12.0}   (500,000 promised: {verdict})");
    }
}
