//! Sweeps as they are run: killed at any moment, twice at once, in shards; always the same bytes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::small::SMALL;

/// Two hundred cells of a few dozen jobs.
fn cells() -> String {
    SMALL.to_owned()
        + r#"
[sweep.over]
"fleet.f.count" = { from = 1, to = 10, steps = 10 }
"seed" = { from = 1, to = 20, steps = 20 }
"#
}

/// Twenty of them.
fn few() -> String {
    let few = cells().replace("steps = 20", "steps = 2");
    few.replace("to = 20", "to = 2")
}

fn scratch(scenario: &str) -> (tempfile::TempDir, PathBuf) {
    let scratch = tempfile::tempdir().expect("a folder");
    let path = scratch.path().join("small.toml");
    fs::write(&path, scenario).expect("written");
    (scratch, path)
}

fn command(arguments: &[&str], paths: &[&Path]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windtunnel"));
    command.arg("sweep").args(arguments).args(paths);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a command printed on stdout and stderr, and how it exited.
fn ran(command: &mut Command) -> (String, String, i32) {
    let output = command.output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let code = output.status.code().unwrap_or(-1);
    (text(output.stdout), text(output.stderr), code)
}

fn succeeds(command: &mut Command) -> String {
    let (stdout, stderr, code) = ran(command);
    assert_eq!(code, 0, "{stderr}");
    stdout
}

fn run(scenario: &Path, out: &Path, more: &[&str]) -> String {
    succeeds(command(&["run", "--out"], &[out, scenario]).args(more))
}

/// The tables that a merge of these folders leaves.
fn merged(folders: &[&Path], out: &Path) -> Vec<Vec<u8>> {
    succeeds(command(&["merge", "--out"], &[out]).args(folders));
    let tables = ["cells.csv", "runs.csv", "summary.csv", "sweep.json"];
    let read = |table: &str| fs::read(out.join(table)).expect("merged");
    tables.map(read).to_vec()
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder.join("cells")).expect("cells");
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| {
            let entry = entry.expect("readable");
            let name = entry.file_name().into_string().expect("UTF-8");
            (name, fs::read(entry.path()).expect("readable"))
        })
        .collect();
    files.sort();
    files
}

fn start(scenario: &Path, out: &Path, more: &[&str]) -> Child {
    let mut command = command(&["run", "--out"], &[out, scenario]);
    command
        .args(more)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().expect("it starts")
}

#[test]
fn a_sweep_killed_at_any_moment_goes_on_to_the_same_bytes() {
    let (scratch, scenario) = scratch(&cells());
    let (whole, broken) = (scratch.path().join("whole"), scratch.path().join("broken"));
    let start_of = Instant::now();
    succeeds(&mut command(&["plan", "--threads", "1"], &[&scenario]));
    let planning = start_of.elapsed();
    run(&scenario, &whole, &["--threads", "1"]);
    let flying = start_of.elapsed().saturating_sub(2 * planning);
    let expected = files(&whole);
    assert_eq!(expected.len(), 200);
    let mut halves = 0;
    for attempt in 0..20_u64 {
        let mut child = start(&scenario, &broken, &["--threads", "1"]);
        // From before the first cell to a twelfth of them later: what is left after twenty is about a sixth.
        let hundredths = u32::try_from(attempt * 37 % 100).expect("below 100");
        std::thread::sleep(planning * 9 / 10 + flying * hundredths / 1200);
        child.kill().expect("killed");
        child.wait().expect("gone");
        if broken.join("cells").is_dir() {
            let is_half = |(name, _): &(String, Vec<u8>)| name.rsplit('.').next() == Some("part");
            let (half, found): (Vec<_>, Vec<_>) = files(&broken).into_iter().partition(is_half);
            halves += half.len();
            for file in &found {
                assert!(expected.contains(file), "{} is not whole", file.0);
            }
        }
    }
    let told = run(&scenario, &broken, &["--resume"]);
    println!("{halves} half files seen; {told}");
    assert_eq!(files(&broken), expected);
    let tables = merged(&[&whole], &scratch.path().join("a"));
    assert_eq!(merged(&[&broken], &scratch.path().join("b")), tables);
}

#[test]
fn two_processes_on_one_folder_do_no_harm() {
    let (scratch, scenario) = scratch(&cells());
    let (whole, shared) = (scratch.path().join("whole"), scratch.path().join("shared"));
    run(&scenario, &whole, &[]);
    let both = [(); 2].map(|()| start(&scenario, &shared, &["--threads", "1"]));
    for mut child in both {
        assert!(child.wait().expect("it ends").success());
    }
    assert_eq!(files(&shared), files(&whole));
}

#[test]
fn shards_in_folders_of_their_own_merge_to_the_whole() {
    let (scratch, scenario) = scratch(&cells());
    let whole = scratch.path().join("whole");
    run(&scenario, &whole, &[]);
    let folders = (1..=8).map(|index| scratch.path().join(format!("shard-{index}")));
    let folders: Vec<PathBuf> = folders.collect();
    for (index, folder) in folders.iter().enumerate() {
        let shard = format!("{}/8", index + 1);
        let told = run(&scenario, folder, &["--shard", &shard]);
        assert!(told.contains("25 cells run, 0 found finished"), "{told}");
    }
    let folders: Vec<&Path> = folders.iter().map(PathBuf::as_path).collect();
    let tables = merged(&[&whole], &scratch.path().join("a"));
    assert_eq!(merged(&folders, &scratch.path().join("b")), tables);
    let lines = |table: usize| tables[table].split(|byte| *byte == b'\n').count() - 1;
    assert_eq!((lines(0), lines(1)), (201, 1 + 200 * 2 * 2));
    // Without one of them the merge says what is missing, and leaves nothing.
    let out = scratch.path().join("c");
    let (_, stderr, code) = ran(command(&["merge", "--out"], &[&out]).args(&folders[1..]));
    assert_eq!(code, 2);
    assert!(stderr.contains("25 cells are missing"), "{stderr}");
    assert!(!out.join("runs.csv").exists());
    let told = succeeds(command(&["merge", "--partial", "--out"], &[&out]).args(&folders[1..]));
    assert!(
        told.contains("25 cells are missing; 175 cells merged"),
        "{told}"
    );
    let told = succeeds(command(&["status", "--shards", "8"], &[]).args(&folders[1..]));
    assert!(
        told.contains("small: 175 of 200 cells done, 25 missing"),
        "{told}"
    );
    assert!(
        told.contains("shard 1/8: 0 of 25\nshard 2/8: 25 of 25\n"),
        "{told}"
    );
}

#[test]
fn a_changed_scenario_has_other_cells_and_a_wider_sweep_keeps_its_own() {
    let (scratch, scenario) = scratch(&few());
    let out = scratch.path().join("out");
    let told = run(&scenario, &out, &[]);
    assert!(told.contains("20 cells run, 0 found finished"), "{told}");
    let told = run(&scenario, &out, &[]);
    assert!(told.contains("0 cells run, 20 found finished"), "{told}");
    // Equal however it is written.
    fs::write(&scenario, few().replace("count = 2", "count = 3")).expect("written");
    let told = run(&scenario, &out, &[]);
    assert!(told.contains("0 cells run, 20 found finished"), "{told}");
    fs::write(
        &scenario,
        few()
            .replace("steps = 2 ", "steps = 3 ")
            .replace("to = 2,", "to = 3,"),
    )
    .expect("written");
    let told = run(&scenario, &out, &[]);
    assert!(told.contains("10 cells run, 20 found finished"), "{told}");
    fs::write(&scenario, few().replace("jobs = 20\n", "jobs = 21\n")).expect("written");
    let told = run(&scenario, &out, &[]);
    assert!(told.contains("20 cells run, 0 found finished"), "{told}");
    let told = succeeds(&mut command(&["status"], &[&out]));
    assert!(
        told.contains("20 of 20 cells done, 0 missing, 30 of another sweep"),
        "{told}"
    );
}

#[test]
fn a_damaged_cell_is_run_again() {
    let (scratch, scenario) = scratch(&few());
    let out = scratch.path().join("out");
    run(&scenario, &out, &[]);
    let expected = files(&out);
    let damaged = out.join("cells").join(&expected[3].0);
    let bytes = &expected[3].1;
    fs::write(&damaged, &bytes[..bytes.len() / 2]).expect("written");
    fs::write(out.join("cells").join(&expected[4].0), &expected[5].1).expect("written");
    let (_, stderr, code) = ran(&mut command(&["merge"], &[&out]));
    assert_eq!(code, 2);
    assert!(stderr.contains("2 cells are missing"), "{stderr}");
    let told = run(&scenario, &out, &["--durable"]);
    assert!(told.contains("2 cells run, 18 found finished"), "{told}");
    assert_eq!(files(&out), expected);
}

#[test]
fn a_plan_says_what_is_wrong_with_a_cell_before_anything_is_run() {
    let bad = cells().replace("from = 1, to = 10", "from = -1, to = 8");
    let (_scratch, scenario) = scratch(&bad);
    let (_, stderr, code) = ran(&mut command(&["plan"], &[&scenario]));
    assert_eq!(code, 2);
    assert!(stderr.contains("count = -1"), "{stderr}");
    let (_scratch, scenario) = scratch_without_sweep();
    let (_, stderr, code) = ran(&mut command(&["plan"], &[&scenario]));
    assert_eq!(code, 2);
    assert!(stderr.contains("the scenario has no [sweep]"), "{stderr}");
}

fn scratch_without_sweep() -> (tempfile::TempDir, PathBuf) {
    scratch(SMALL)
}

#[test]
fn a_plan_lists_its_cells() {
    let (_scratch, scenario) = scratch(&cells());
    let told = succeeds(&mut command(&["plan"], &[&scenario]));
    assert!(
        told.starts_with("small: grid, 200 cells, 200 of them different"),
        "{told}"
    );
    assert!(told.contains("and 160 more"), "{told}");
    let csv = succeeds(&mut command(&["plan", "--format", "csv"], &[&scenario]));
    assert!(
        csv.starts_with("position,cell,fleet.f.count,seed\r\n0,"),
        "{csv}"
    );
    assert!(
        csv.lines()
            .last()
            .is_some_and(|line| line.ends_with(",10,20")),
        "{csv}"
    );
}

/// A template of the library.
fn template(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("library/sweep")
        .join(name)
}

/// A shell with the variables that every template takes.
fn shell(scenario: &Path, out: &Path) -> Command {
    let mut command = Command::new("sh");
    command
        .env("WINDTUNNEL", env!("CARGO_BIN_EXE_windtunnel"))
        .env("SCENARIO", scenario)
        .env("OUT", out);
    command
}

#[test]
fn the_templates_run_each_shard_once() {
    let (scratch, scenario) = scratch(&few());
    let folder = |name: &str| scratch.path().join(name);
    let whole = folder("whole");
    run(&scenario, &whole, &[]);
    let expected = files(&whole);
    let slurm = folder("slurm");
    for task in 1..=4 {
        let mut command = shell(&scenario, &slurm);
        command
            .arg(template("slurm-array.sh"))
            .env("SLURM_ARRAY_TASK_ID", task.to_string())
            .env("SLURM_ARRAY_TASK_MAX", "4");
        let told = succeeds(&mut command);
        assert!(
            told.starts_with(&format!("shard {task}/4: 5 cells run")),
            "{told}"
        );
    }
    assert_eq!(files(&slurm), expected);
    let job = fs::read_to_string(template("kubernetes-job.yaml")).expect("readable");
    let (_, script) = job.split_once("            - |\n").expect("a script");
    let (script, _) = script
        .split_once("          volumeMounts:")
        .expect("its end");
    let kubernetes = folder("kubernetes");
    for index in 0..4 {
        let mut command = shell(&scenario, &kubernetes);
        command
            .args(["-c", script])
            .env("JOB_COMPLETION_INDEX", index.to_string())
            .envs([("SHARDS", "4"), ("THREADS", "1")]);
        let told = succeeds(&mut command);
        let shard = format!("shard {}/4: 5 cells run", index + 1);
        assert!(told.starts_with(&shard), "{told}");
    }
    assert_eq!(files(&kubernetes), expected);
    let parallel = folder("parallel");
    let bin = folder("bin");
    fs::create_dir_all(&bin).expect("made");
    fs::write(bin.join("parallel"), PARALLEL).expect("written");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = shell(&scenario, &parallel);
    command
        .args(["-c", "chmod +x \"$BIN/parallel\" && exec sh \"$TEMPLATE\""])
        .env("BIN", &bin)
        .env("TEMPLATE", template("gnu-parallel.sh"))
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("SHARDS", "4");
    let told = succeeds(&mut command);
    assert_eq!(told.matches("5 cells run").count(), 4, "{told}");
    assert_eq!(files(&parallel), expected);
}

/// As much of GNU parallel as the template asks of it: the command, `{}` replaced, for each line.
const PARALLEL: &str = r#"#!/bin/sh
while [ "${1#--}" != "$1" ]; do
  case "$1" in --joblog | --retries) shift ;; esac
  shift
done
while read -r line; do
  printf '%s\n' "$@" | sed "s|{}|$line|" | xargs -d '\n' env
done
"#;

#[test]
fn a_merge_says_what_the_cells_say_together() {
    let drawn = cells().replace(
        "[sweep.over]",
        "[sweep]\nmethod = \"sobol\"\nn = 16\n\n[sweep.over]",
    );
    let drawn = drawn.replace(
        "\"seed\" = { from = 1, to = 20, steps = 20 }",
        "\"fleet.f.instance.gpus\" = { from = 8, to = 16 }",
    );
    let (scratch, scenario) = scratch(&drawn);
    let out = scratch.path().join("out");
    run(&scenario, &out, &[]);
    succeeds(&mut command(&["merge"], &[&out]));
    let read = |file: &str| fs::read_to_string(out.join(file)).expect("merged");
    let indices = read("sobol-indices.csv");
    assert!(
        indices.starts_with("policy,metric,key,first_order,first_low,first_high,total,"),
        "{indices}"
    );
    let told = |line: &&str| line.starts_with("strict,wait_mean_s,");
    assert_eq!(indices.lines().filter(told).count(), 2, "{indices}");
    assert!(read("main-effects.csv").contains("strict,wait_mean_s,fleet.f.count,1,"));
    assert!(read("pareto.csv").starts_with("cell,policy,cost_usd,"));
    let ranks = read("ranks.csv");
    // Of two policies over many cells one is better throughout, or they share a letter.
    assert!(
        ranks.starts_with("metric,policy,mean_rank,blocks,"),
        "{ranks}"
    );
    let named = [
        "pareto",
        "main-effects-cost",
        "sobol-indices-cost",
        "critical-difference-cost",
    ];
    for figure in named {
        for ending in ["svg", "csv", "png", "vl.json"] {
            let file = out.join(format!("figures/{figure}.{ending}"));
            assert!(file.is_file(), "{}", file.display());
        }
    }
}
