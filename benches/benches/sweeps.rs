//! What a sweep costs beside its flights: how much sooner two threads are done than one, and what a cell takes that is not
//! flying. All sides of a comparison are timed in turns.
//!
//! `cargo bench -p benches --bench sweeps -- threads` runs what has `threads` in its name.

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use benches::table;
use scenarios::build::Experiment;
use scenarios::experiment::cell::Cell;
use scenarios::experiment::{self, known, measure};
use scenarios::schema::{DataRoots, draft};
use scenarios::sweep::{Folder, Plan, Shard, run, write};

/// Promised: how many times as fast two threads are as one.
const FASTER: f64 = 1.9;
/// Promised: most time of a cell that is not flying.
const BESIDE: Duration = Duration::from_millis(1);

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|part| name.contains(part));
    if is_wanted("threads") {
        compare_threads();
    }
    if is_wanted("cells") {
        weigh_cells();
    }
}

/// A fleet of 16 GPUs, so many jobs, two policies; a seed a cell.
fn scenario(jobs: u32, cells: u32) -> String {
    format!(
        "name = \"bench\"\n[[fleet]]\nname = \"f\"\ninstance = {{ gpus = 8, gpu = \"V100\" }}\nprice = \"$2\"\ncount = 2\n\
         [[workload]]\nname = \"w\"\n[workload.synth]\nmodel = \"parametric\"\njobs = {jobs}\n\
         arrivals = {{ kind = \"poisson\", per-hour = 8 }}\ndurations = {{ kind = \"lognormal\", median = \"30m\", sigma = 1.2 }}\n\
         gangs = [{{ gpus = 1, weight = 6 }}, {{ gpus = 8, weight = 1 }}]\n\
         [[policy]]\nname = \"strict\"\norder = \"fifo\"\nadmit = \"strict\"\nplace = \"best-fit\"\n\
         [[policy]]\nname = \"skip\"\norder = \"fifo\"\nadmit = \"skip\"\nplace = \"best-fit\"\n\
         [sweep.over]\nseed = {{ from = 1, to = {cells}, steps = {cells} }}\n"
    )
}

fn planned(text: &str, folder: &Path) -> Plan {
    let path = folder.join("bench.toml");
    std::fs::write(&path, text).expect("written");
    let draft = draft(&path, &[], &DataRoots::default()).expect("a scenario");
    let loaded = draft.typed(&known).expect("a sound scenario");
    Plan::of(draft, &loaded.scenario, 1, &|| ()).expect("sound cells")
}

/// Runs all cells into a new folder within `place`.
fn run_all(plan: &Plan, place: &Path, (threads, durable): (usize, bool)) {
    let folder = tempfile::tempdir_in(place).expect("a folder").keep();
    let folder = Folder::new(&folder, durable);
    let ran = run(plan, Shard::WHOLE, (&folder, threads), &|| ()).expect("sound cells");
    assert_eq!(ran.found, 0);
}

/// Two hundred cells of some hundredths of a second. Where the machine has other things to do, or its two processors are
/// halves of one, two threads do not get two processors: how much they got, how much more work they had, and how much sooner
/// they are done with arithmetic that shares nothing says whether anything of ours holds them up.
fn compare_threads() {
    let place = tempfile::tempdir().expect("a folder");
    let plan = planned(&scenario(4_000, 200), place.path());
    let (mut one_s, mut two_s) = (0.0, 0.0);
    let taking = |threads: usize, sum: &mut f64| {
        let before = processor_s();
        run_all(&plan, place.path(), (threads, false));
        *sum += processor_s() - before;
    };
    let rounds: u8 = 9;
    let [two, one, spun_two, spun_one] = table::medians(
        rounds.into(),
        [
            &mut || taking(2, &mut two_s),
            &mut || taking(1, &mut one_s),
            &mut || spin(2),
            &mut || spin(1),
        ],
    );
    let ratio = one.as_secs_f64() / two.as_secs_f64();
    let machine = spun_one.as_secs_f64() / spun_two.as_secs_f64();
    println!(
        "threads: {} cells, {:.3} s with one, {:.3} s with two, {ratio:.2} times as fast, target {FASTER}: {}",
        plan.sheet.cells.len(),
        one.as_secs_f64(),
        two.as_secs_f64(),
        if ratio >= FASTER { "holds" } else { "MISSED" }
    );
    // One round of each did not count.
    let given = two_s / f64::from(rounds + 1) / two.as_secs_f64();
    println!(
        "  two threads were given about {given:.2} processors, for {:.2} times the work of one; arithmetic that shares nothing \
         is done {machine:.2} times as fast",
        two_s / one_s
    );
}

/// The same arithmetic by so many threads: some tenths of a second that touch no memory.
fn spin(threads: u64) {
    let steps = 400_000_000 / threads;
    std::thread::scope(|scope| {
        for seed in 1..=threads {
            scope.spawn(move || {
                let step = |state: u64, _| {
                    let state = state ^ (state << 13);
                    let state = state ^ (state >> 7);
                    state ^ (state << 17)
                };
                black_box((0..black_box(steps)).fold(seed, step))
            });
        }
    });
}

/// Processor time of this process in seconds, to a hundredth; nothing but on Linux.
fn processor_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program ends at the last parenthesis, and may hold any other character.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks = ticks.filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// Three hundred cells of two flights of one job, beside planning them, flying them, and writing what came of it.
fn weigh_cells() {
    let place = tempfile::tempdir().expect("a folder");
    let text = scenario(1, 300);
    let plan = planned(&text, place.path());
    let built = experiments(&plan);
    let cells: Vec<Cell> = built.iter().map(flown).collect();
    let count = u32::try_from(cells.len()).expect("few");
    let [planning, whole, durable, flights, writing] = table::medians(
        11,
        [
            &mut || drop(black_box(planned(&text, place.path()))),
            &mut || run_all(&plan, place.path(), (1, false)),
            &mut || run_all(&plan, place.path(), (1, true)),
            &mut || built.iter().for_each(|own| drop(black_box(flown(own)))),
            &mut || written(&plan, &cells, place.path()),
        ],
    )
    .map(|time| time / count);
    let beside = planning + whole.saturating_sub(flights);
    println!(
        "cells: {count} cells, {beside:.1?} of each beside its flights, target {BESIDE:?}: {}",
        if beside <= BESIDE { "holds" } else { "MISSED" }
    );
    println!(
        "  of that {planning:.1?} to plan it and {writing:.1?} to write it; its flights take {flights:.1?}; \
         {:.1?} more with --durable",
        durable.saturating_sub(whole)
    );
}

fn experiments(plan: &Plan) -> Vec<Experiment> {
    let design = plan.design();
    let built = |position| {
        let cell = plan.cell(&design, position).expect("planned");
        Experiment::build(cell).expect("a sound cell")
    };
    (0..design.len()).map(built).collect()
}

/// A cell's flights alone.
fn flown(experiment: &Experiment) -> Cell {
    let plan = experiment::Plan {
        contenders: (0..experiment.contenders.len()).collect(),
        baseline: 0,
        seeds: vec![experiment.loaded.scenario.seed.value],
        threads: 1,
    };
    let comparison = measure(experiment, plan).expect("sound policies");
    Cell::of("cell", experiment, &comparison)
}

/// What a run of the sweep writes.
fn written(plan: &Plan, cells: &[Cell], place: &Path) {
    let folder = tempfile::tempdir_in(place).expect("a folder").keep();
    let folder = Folder::new(&folder, false);
    for (planned, cell) in plan.sheet.cells.iter().zip(cells) {
        let bytes = write(cell);
        folder.put(&planned.file(), &bytes).expect("room");
    }
}
