//! Agents from end to end: trained on a scenario, kept in a file, flown as a policy, refused where they do not fit.

use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

const SCENARIO: &str = r#"
name = "small"
[[fleet]]
name = "f"
instance = { gpus = 4, gpu = "V100" }
price = "$4"
count = 2
[[workload]]
name = "w"
estimate = { model = "factor", factor = 2.0 }
[workload.synth]
model = "parametric"
jobs = 40
arrivals = { kind = "poisson", per-hour = 20 }
durations = { kind = "lognormal", median = "20m", sigma = 1.0 }
gangs = [{ gpus = 1, weight = 2 }, { gpus = 2, weight = 1 }, { gpus = 4, weight = 1 }]
[reward]
spend = 0
slowdown = 1
[train]
hidden = 8
iterations = 6
arenas = 3
steps = 40
minibatch = 32
check-every = 2
checks = 2
[[policy]]
name = "easy"
order = "fifo"
admit = "easy"
[[policy]]
name = "agent"
kind = "learned"
file = "agent.safetensors"
order = "fifo"
admit = "easy"
"#;

fn windtunnel(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("windtunnel").expect("the binary is built");
    command.current_dir(folder).args(arguments);
    command.output().expect("it runs")
}

fn scene() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a scratch folder");
    fs::write(folder.path().join("small.toml"), SCENARIO).expect("a file");
    folder
}

fn said(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said));
    format!("{out}{err}")
}

fn trained(folder: &Path, more: &[&str]) -> Vec<u8> {
    let arguments = [&["train", "small.toml", "--out", "agent.safetensors"], more].concat();
    let done = windtunnel(folder, &arguments);
    assert!(done.status.success(), "{}", said(&done));
    fs::read(folder.join("agent.safetensors")).expect("an agent")
}

#[test]
fn a_training_gives_the_same_bytes_with_any_number_of_threads() {
    let scene = scene();
    let one = trained(scene.path(), &["--threads", "1"]);
    let again = trained(scene.path(), &["--threads", "3"]);
    assert_eq!(one, again);
    let other = trained(scene.path(), &["--set", "seed=9"]);
    assert_ne!(one, other, "the seed says what is learned from");
}

#[test]
fn a_training_leaves_its_curve_and_no_state_behind() {
    let scene = scene();
    trained(scene.path(), &[]);
    let mut names: Vec<String> = fs::read_dir(scene.path())
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    let expected = [
        "agent.curve.csv",
        "agent.curve.png",
        "agent.curve.svg",
        "agent.safetensors",
        "small.toml",
    ];
    assert_eq!(names, expected);
    let curve = fs::read_to_string(scene.path().join("agent.curve.csv")).expect("a curve");
    let rows: Vec<&str> = curve.lines().collect();
    assert_eq!(rows.len(), 7, "{curve}");
    assert!(rows[6].starts_with("6,learns,720,"), "{curve}");
}

#[test]
fn an_agent_flies_as_a_policy_like_any_other() {
    let scene = scene();
    trained(scene.path(), &[]);
    let arguments = [
        "compare",
        "small.toml",
        "--replications",
        "3",
        "--out",
        "out",
    ];
    let done = windtunnel(scene.path(), &arguments);
    assert!(done.status.success(), "{}", said(&done));
    let runs = fs::read_to_string(scene.path().join("out/runs.csv")).expect("runs");
    assert_eq!(
        runs.lines().filter(|line| line.contains(",agent,")).count(),
        3
    );
    let manifest = fs::read_to_string(scene.path().join("out/manifest.json")).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    assert_ne!(
        manifest["runs"][0]["decisions"],
        manifest["runs"][3]["decisions"]
    );
}

#[test]
fn what_is_no_agent_for_this_question_is_refused_where_it_is_named() {
    let scene = scene();
    let missing = windtunnel(scene.path(), &["check", "small.toml"]);
    assert_eq!(missing.status.code(), Some(2));
    let text = said(&missing);
    assert!(
        text.contains("\"agent.safetensors\": no such file"),
        "{text}"
    );

    let bytes = trained(scene.path(), &[]);
    let market = SCENARIO
        .replace("file = \"agent", "asks = \"market\"\nfile = \"agent")
        .replace("order = \"fifo\"\nadmit = \"easy\"\n", "");
    fs::write(scene.path().join("market.toml"), market).expect("a file");
    let other = windtunnel(scene.path(), &["check", "market.toml"]);
    assert_eq!(other.status.code(), Some(2));
    let text = said(&other);
    assert!(
        text.contains("answers \"order\", and is asked \"market\""),
        "{text}"
    );

    fs::write(
        scene.path().join("agent.safetensors"),
        &bytes[..bytes.len() - 4],
    )
    .expect("a file");
    let cut = windtunnel(scene.path(), &["run", "small.toml", "--policy", "agent"]);
    assert_eq!(cut.status.code(), Some(2), "{}", said(&cut));
    assert!(said(&cut).contains("windtunnel train"), "{}", said(&cut));
}

#[test]
fn a_market_is_asked_of_no_other_parts() {
    let scene = scene();
    let text = SCENARIO.replace("file = \"agent.safetensors\"", "asks = \"market\"");
    fs::write(scene.path().join("small.toml"), text).expect("a file");
    let done = windtunnel(scene.path(), &["check", "small.toml"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(
        said(&done).contains("looks after each job by itself"),
        "{}",
        said(&done)
    );
}

#[test]
fn who_has_no_learned_policy_is_told_how_to_have_one() {
    let scene = scene();
    let text = SCENARIO.replace("kind = \"learned\"\nfile = \"agent.safetensors\"\n", "");
    fs::write(scene.path().join("small.toml"), text).expect("a file");
    let arguments = ["train", "small.toml", "--out", "a.safetensors"];
    let done = windtunnel(scene.path(), &arguments);
    assert_eq!(done.status.code(), Some(2));
    assert!(
        said(&done).contains("kind = \"learned\""),
        "{}",
        said(&done)
    );
}
