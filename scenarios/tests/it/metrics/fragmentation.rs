//! Fragmentation as a metric, by hand, and only where jobs share GPUs.

use super::rig;

const ONE_GPU: &str = r#"
name = "sharing"
seed = 1
[[fleet]]
name = "a"
instance = { gpus = 1, gpu = "T4", cpus = 8 }
count = 1
[[workload]]
name = "pods"
trace = { format = "csv", file = "pods.csv", columns = { submit = "submit", duration = "duration", gpus = "gpus", gpu-milli = "milli", cpu = "cpu" } }
task-gpus = "trace"
[[policy]]
name = "p"
place = "fgd"
admit = "skip"
"#;

fn fragmentation(scenario: &str, pods: &str) -> Option<f64> {
    let pods = format!("submit,duration,gpus,milli,cpu\n{pods}");
    let run = rig::run(&[("pods.csv", &pods), ("sharing.toml", scenario)]);
    run["metrics"]["fragmentation"].as_f64()
}

#[track_caller]
fn is_near(found: Option<f64>, meant: f64) {
    rig::is_near(found.expect("jobs share GPUs"), meant);
}

#[test]
fn what_is_idle_and_of_no_use_is_weighed_by_how_common_the_tasks_are_and_by_time() {
    // For 100 s 100 thousandths are left, of no use to either; then 700, of use to both.
    is_near(
        fragmentation(ONE_GPU, "0,100,1,600,1\n0,200,1,300,1\n"),
        100.0 * 100.0 / (200.0 * 1000.0),
    );
    // For 100 s 400 thousandths are left, enough for either, but no CPU beside them; then there is.
    is_near(
        fragmentation(ONE_GPU, "0,100,1,300,7\n0,200,1,300,1\n"),
        100.0 * 400.0 / (200.0 * 1000.0),
    );
    // Tasks without a GPU take CPU, and count for nothing themselves: for 100 s half a GPU is left without CPU beside it. The
    // third job waits as long, and runs beside a GPU that is of use until 300 s.
    is_near(
        fragmentation(ONE_GPU, "0,100,1,500,1\n0,100,0,1000,7\n0,200,0,1000,1\n"),
        100.0 * 500.0 / (300.0 * 1000.0),
    );
    // What happens before the warm-up does not count.
    let late = format!("{ONE_GPU}\n[horizon]\nwarmup = \"50s\"\n");
    is_near(
        fragmentation(&late, "0,100,1,600,1\n0,200,1,300,1\n"),
        50.0 * 100.0 / (150.0 * 1000.0),
    );
}

#[test]
fn where_no_job_shares_a_gpu_it_is_not_measured() {
    assert_eq!(
        fragmentation(ONE_GPU, "0,100,1,1000,1\n0,100,0,1000,1\n"),
        None
    );
}
