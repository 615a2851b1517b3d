//! How tenants fared, as metrics, by hand.

use super::rig::{self, is_near};

/// Two queues on four GPUs; development submits first, and wants them all. Each job takes 100 s.
const TWO_QUEUES: &str = r#"
name = "tenants"
[[fleet]]
name = "a"
instance = { gpus = 4, gpu = "T4" }
count = 1
[[queue]]
name = "production"
share = "50%"
[[queue]]
name = "development"
[[workload]]
name = "dev"
queue = "development"
trace = { format = "csv", file = "dev.csv", columns = { submit = "submit", duration = "duration", gpus = "gpus" } }
[[workload]]
name = "prod"
queue = "production"
trace = { format = "csv", file = "prod.csv", columns = { submit = "submit", duration = "duration", gpus = "gpus" } }
[[policy]]
name = "p"
"#;

/// The share deficit, and Jain's index.
fn metrics(policy: &str) -> (f64, f64) {
    let rows = |count| format!("submit,duration,gpus\n{}", "0,100,1\n".repeat(count));
    let scenario = format!("{TWO_QUEUES}{policy}\n");
    let run = rig::run(&[
        ("dev.csv", &rows(4)),
        ("prod.csv", &rows(2)),
        ("tenants.toml", &scenario),
    ]);
    let metric = |name: &str| run["metrics"][name].as_f64().expect("there are two queues");
    (metric("share_deficit"), metric("jain_index"))
}

#[test]
fn who_comes_first_and_takes_all_leaves_the_other_short_of_what_it_was_guaranteed() {
    // Production wants its two GPUs for 100 s in vain, and has them for 100 s.
    let (deficit, jain) = metrics("order = \"fifo\"");
    is_near(deficit, 200.0 / 400.0);
    // It gets 200 of 400 GPU seconds that would be fair; development, to which two of four are fair for 100 s, 400 of 200.
    let (prod, dev) = (200.0_f64 / 400.0, 400.0_f64 / 200.0);
    let index = (prod + dev).powi(2) / (2.0 * (prod.powi(2) + dev.powi(2)));
    is_near(jain, index);
}

#[test]
fn under_capacity_scheduling_everybody_gets_what_is_fair() {
    let (deficit, jain) = metrics("admit = \"capacity\"");
    is_near(deficit, 0.0);
    is_near(jain, 1.0);
}
