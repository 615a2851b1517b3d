//! What was seen of each job, as a table: beside it, a replay shows how far it is to be trusted.

use std::fmt::Write as _;

use super::outlook::{Replay, bounded};
use super::{Cluster, Seen};
use crate::export::cell;
use crate::record::Status;

/// Columns as a run's own table of jobs has them.
const HEADER: &str = "job,queue,gpus,submit_us,start_us,finish_us,outcome\n";

impl Cluster {
    /// The jobs of a replay as they were seen: times in microseconds since its time zero, an empty
    /// field where there is none yet.
    pub fn observed(&self, replay: &Replay) -> String {
        let mut table = String::from(HEADER);
        for played in &replay.jobs {
            let seen = &self.jobs[played.job];
            let us = |at: Option<sim_core::units::SimTime>| {
                at.map_or(String::new(), |at| at.us().to_string())
            };
            writeln!(
                table,
                "{},{},{},{},{},{},{}",
                cell(&bounded(&seen.name)),
                cell(&bounded(&self.tenants[seen.tenant].name)),
                gpus(seen),
                played.submit.us(),
                us(played.start),
                us(played.finish),
                outcome(seen.status),
            )
            .expect("a text takes any text");
        }
        table
    }
}

/// GPUs of the whole gang; parts of one count as parts.
fn gpus(seen: &Seen) -> String {
    let milli = u64::from(seen.tasks) * u64::from(seen.asks.gpus) * u64::from(seen.asks.gpu_milli);
    if milli.is_multiple_of(1000) {
        (milli / 1000).to_string()
    } else {
        format!("{}.{:03}", milli / 1000, milli % 1000)
    }
}

fn outcome(status: Status) -> &'static str {
    match status {
        Status::Completed => "completed",
        Status::Failed | Status::NodeFailed => "failed",
        Status::Cancelled => "cancelled",
        Status::TimedOut => "timed-out",
        Status::Running => "running",
        Status::Pending => "pending",
        Status::Unknown => "",
    }
}
