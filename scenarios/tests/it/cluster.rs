//! From one's own cluster: what its tools print becomes a scenario that checks, runs and answers what-if questions.

use std::fs;
use std::path::Path;
use std::time::Instant;

use assert_cmd::Command;
use traces::cluster::snapshot;

fn windtunnel(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("windtunnel").expect("the binary is built");
    command
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env_remove("COLUMNS")
        .env_remove("WINDTUNNEL_KEY");
    command
}

/// What a command printed on stdout and stderr, and how it exited.
fn ran(folder: &Path, arguments: &[&str]) -> (String, String, i32) {
    let output = windtunnel(folder)
        .args(arguments)
        .output()
        .expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (
        text(output.stdout),
        text(output.stderr),
        output.status.code().unwrap_or(-1),
    )
}

/// The same, which must succeed.
fn done(folder: &Path, arguments: &[&str]) -> String {
    let (stdout, stderr, code) = ran(folder, arguments);
    assert_eq!(code, 0, "{arguments:?}: {stdout}{stderr}");
    stdout
}

/// A folder with what `kubectl` would have printed.
fn printed(nodes: u32, pods: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let (nodes, pods) = snapshot(7, nodes, pods);
    fs::write(folder.path().join("nodes.json"), nodes).expect("a file");
    fs::write(folder.path().join("pods.json"), pods).expect("a file");
    folder
}

const IMPORT: [&str; 9] = [
    "trace",
    "import",
    "kubectl",
    "--nodes",
    "nodes.json",
    "--pods",
    "pods.json",
    "--out",
    "mine",
];

fn mean_wait(json: &str) -> f64 {
    let run: serde_json::Value = serde_json::from_str(json).expect("JSON");
    run["metrics"]["wait_mean_s"].as_f64().expect("a mean wait")
}

#[test]
fn a_thousand_nodes_and_ten_thousand_pods_answer_what_twenty_percent_more_would_do() {
    let folder = printed(1000, 10_000);
    let path = folder.path();
    let from = Instant::now();
    let said = done(path, &IMPORT);
    assert!(said.starts_with("1000 nodes of "), "{said}");
    let run = [
        "run",
        "mine/scenario.toml",
        "--policy",
        "as-is",
        "--format",
        "json",
    ];
    let as_is = mean_wait(&done(path, &run));
    let more = [&run[..], &["--set", "fleet.*.count=+20%"]].concat();
    let with_more = mean_wait(&done(path, &more));
    println!("imported and flown twice in {:?}", from.elapsed());
    assert!(
        with_more <= as_is,
        "{with_more} s of waiting against {as_is} s"
    );
}

#[test]
fn a_full_cluster_waits_less_with_more_of_it() {
    // So many pods on so few nodes wait for each other.
    let folder = printed(60, 2000);
    let path = folder.path();
    done(path, &IMPORT);
    let run = ["run", "mine/scenario.toml", "--format", "json"];
    let waits = |set: &str| mean_wait(&done(path, &[&run[..], &["--set", set]].concat()));
    let [fewer, more] = ["fleet.*.count=-5%", "fleet.*.count=x2"].map(waits);
    assert!(more < fewer, "{more} s of waiting against {fewer} s");
}

#[test]
fn what_is_imported_passes_check_and_says_what_was_assumed() {
    let folder = printed(50, 400);
    let (_, told, code) = ran(folder.path(), &IMPORT);
    assert_eq!(code, 0, "{told}");
    for note in ["pods of daemons", "as long again", "jobs serve"] {
        assert!(told.contains(note), "{note}: {told}");
    }
    let checked = done(folder.path(), &["check", "mine/scenario.toml"]);
    assert!(checked.contains("2 policies"), "{checked}");
    for file in ["jobs/team-1.csv", "observed.csv"] {
        assert!(folder.path().join("mine").join(file).is_file(), "{file}");
    }
}

#[test]
fn kueue_and_slurm_become_scenarios_as_well() {
    let folder = printed(20, 1);
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../traces/data");
    for file in ["kueue.json", "sacct.txt", "kubectl.json"] {
        fs::copy(data.join(file), folder.path().join(file)).expect("a fixture");
    }
    for (format, files) in [
        ("kueue", &["kueue.json", "--nodes", "nodes.json"][..]),
        ("sacct", &["sacct.txt"]),
        ("kubectl", &["kubectl.json"]),
    ] {
        let import = [&["trace", "import", format, "--out", format][..], files].concat();
        done(folder.path(), &import);
        let scenario = format!("{format}/scenario.toml");
        let text = fs::read_to_string(folder.path().join(&scenario)).expect("a scenario");
        let printed = done(folder.path(), &["run", &scenario]);
        assert!(printed.contains("decisions"), "{text}\n{printed}");
    }
}

#[test]
fn no_name_is_left_in_any_file_or_message() {
    let folder = printed(30, 300);
    let (_, told, code) = ran(folder.path(), &[&IMPORT[..], &["--anonymise"]].concat());
    assert_eq!(code, 2, "a key is needed: {told}");
    let hidden = ["--anonymise", "--key", "sixteen letters.", "--shift"];
    let (said, told, code) = ran(folder.path(), &[&IMPORT[..], &hidden].concat());
    assert_eq!(code, 0, "{told}");
    let mut all = said + &told;
    for entry in ["scenario.toml", "observed.csv"] {
        all += &fs::read_to_string(folder.path().join("mine").join(entry)).expect("a file");
    }
    for entry in fs::read_dir(folder.path().join("mine/jobs")).expect("a folder") {
        let path = entry.expect("an entry").path();
        all += &path
            .to_string_lossy()
            .replace(&*folder.path().to_string_lossy(), "");
        all += &fs::read_to_string(&path).expect("a file");
    }
    for name in [
        "team-", "train-", "chat-", "node-", "exporter", "registry", "dgx", "eu-1", "2024-0",
    ] {
        assert!(!all.contains(name), "{name}: {all}");
    }
    done(folder.path(), &["check", "mine/scenario.toml"]);
}

#[test]
fn a_published_trace_takes_pseudonyms_as_well() {
    let folder = tempfile::tempdir().expect("a folder");
    let philly = Path::new(env!("CARGO_MANIFEST_DIR")).join("../traces/data/philly.csv");
    let philly = philly.to_string_lossy();
    let import = ["trace", "import", "philly-csv", &philly];
    let plain = done(folder.path(), &import);
    let hidden = [&import[..], &["--anonymise", "--key", "sixteen letters."]].concat();
    let told = done(folder.path(), &hidden);
    assert!(plain.contains("alpha") && !told.contains("alpha"), "{told}");
    assert_eq!(plain.lines().count(), told.lines().count());
    assert_eq!(
        told,
        done(folder.path(), &hidden),
        "the same key, the same words"
    );
}

#[test]
fn what_cannot_be_imported_is_said_with_its_place_and_remedy() {
    let folder = printed(3, 10);
    let path = folder.path();
    fs::write(path.join("cut.json"), "{\"items\":[\n{\"kind\":\"Pod\",").expect("a file");
    for (arguments, message) in [
        (&["kubectl", "cut.json", "--out", "mine"][..], "cut.json:2:"),
        (&["kubectl", "nodes.json"], "--out DIR"),
        (
            &["kubectl", "--out", "mine"],
            "--nodes nodes.json --pods pods.json",
        ),
        (
            &["kubectl", "nodes.json", "--out", "mine"],
            "both are needed",
        ),
        (
            &["philly-csv", "nodes.json", "--nodes", "nodes.json"],
            "takes no --nodes",
        ),
        (&["philly-csv"], "name the file"),
    ] {
        let (_, told, code) = ran(path, &[&["trace", "import"], arguments].concat());
        assert_eq!(code, 2, "{arguments:?}: {told}");
        assert!(told.contains(message), "{arguments:?}: {told}");
    }
}
