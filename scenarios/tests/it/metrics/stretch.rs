//! Finish-time fairness, and what an hour of finished work costs, of two jobs on a GPU.

use super::rig::{is_near, run};

/// Two jobs of 100 s, submitted together, one after the other on a GPU of this speed, which is held until both are done.
fn flown(rate: &str) -> serde_json::Value {
    let scenario = format!(
        r#"
name = "two"
[[fleet]]
name = "f"
instance = {{ gpus = 1, gpu = "A" }}
market = "on-demand"
price = "$0.72"
count = 1
[[workload]]
name = "jobs"
trace = {{ format = "csv", file = "jobs.csv", columns = {{ submit = "submit", duration = "duration", gpus = "gpus" }} }}
course = {{ rates = {{ A = {rate} }} }}
[[policy]]
name = "fifo"
"#
    );
    let jobs = "submit,duration,gpus\n0,100,1\n0,100,1\n";
    run(&[("jobs.csv", jobs), ("x.toml", &scenario)])
}

fn metric(run: &serde_json::Value, name: &str) -> f64 {
    run["metrics"][name].as_f64().expect("a number")
}

#[test]
fn who_is_served_first_fares_better_than_on_half_a_gpu_and_who_waits_worse() {
    // Two jobs are there until 100 s, then one: the second has had a GPU over 1.5 for 200 s, in which it would take 150 s.
    let one = flown("1.0");
    is_near(metric(&one, "finish_time_fairness_max"), 200.0 / 150.0);
    is_near(metric(&one, "unfair_jobs"), 0.5);
    // Their part is one at speed one: on a slow GPU both take twice as long.
    let half = flown("0.5");
    is_near(metric(&half, "finish_time_fairness_max"), 400.0 / 150.0);
    is_near(metric(&half, "unfair_jobs"), 0.5);
}

#[test]
fn an_hour_of_finished_work_costs_twice_as_much_on_a_gpu_of_half_the_speed() {
    is_near(metric(&flown("1.0"), "cost_per_work_hour_usd"), 0.72);
    let half = flown("0.5");
    is_near(metric(&half, "cost_per_work_hour_usd"), 1.44);
    is_near(metric(&half, "cost_per_gpu_hour_done_usd"), 0.72);
}
