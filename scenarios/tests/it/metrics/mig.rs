//! Slices of partitioned GPUs in the metrics: a slice counts for its compute slices, and shares of a bill add up.

use super::rig;

const ONE_GPU: &str = r#"
name = "slices"
seed = 1
[[fleet]]
name = "a"
instance = { gpus = 1, gpu = "A100" }
mig = "a100-40gb"
market = "on-demand"
price = "$7.20"
min = 1
max = 1
[[workload]]
name = "large"
profile = "3g.20gb"
trace = { format = "csv", file = "large.csv", columns = { submit = "submit", duration = "duration", gpus = "gpus" } }
[[workload]]
name = "small"
profile = "1g.5gb"
trace = { format = "csv", file = "small.csv", columns = { submit = "submit", duration = "duration", gpus = "gpus" } }
[[policy]]
name = "p"
place = "first-fit"
admit = "skip"
"#;

const LARGE: &str = "submit,duration,gpus\n0,100,1\n0,100,1\n";
const SMALL: &str = "submit,duration,gpus\n1,100,1\n";

#[test]
fn two_halves_and_a_seventh_are_what_they_are_by_hand() {
    let files = [
        ("large.csv", LARGE),
        ("small.csv", SMALL),
        ("slices.toml", ONE_GPU),
    ];
    let run = rig::run(&files);
    let metric = |name: &str| run["metrics"][name].as_f64().expect("a number");
    // Twice three of seven for 100 s, then one of seven for 100 s, of 200 s.
    rig::is_near(metric("gpu_utilization"), 0.5);
    rig::is_near(metric("gpu_allocation"), 0.5);
    rig::is_near(metric("cost_usd"), 0.4);
    rig::is_near(metric("cost_idle_usd"), 0.2);
    // For 100 s a compute slice is left that nobody can have; then all that is left is of use.
    rig::is_near(metric("fragmentation"), 100.0 * 142.0 / (200.0 * 1000.0));
}

#[test]
fn a_job_that_asks_for_more_than_a_slice_is_told() {
    let wide = "submit,duration,gpus\n0,100,4\n";
    let files = [
        ("large.csv", wide),
        ("small.csv", SMALL),
        ("slices.toml", ONE_GPU),
    ];
    let folder = rig::folder(&files);
    let mut command = assert_cmd::Command::cargo_bin("windtunnel").expect("the binary is built");
    let command = command
        .current_dir(folder.path())
        .args(["run", "slices.toml"]);
    let said = command.assert().code(2).get_output().stderr.clone();
    let said = String::from_utf8(said).expect("UTF-8");
    let rule = "it asks for 1 x 4 GPUs with 0/1000 CPU and 0 MiB, and a task takes one slice";
    assert!(said.contains(rule), "{said}");
}
