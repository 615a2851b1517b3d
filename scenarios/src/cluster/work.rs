//! Jobs as workloads: one for each tenant, and for each slice that it asks for; what could never run is left out and counted.

use std::collections::BTreeMap;

use traces::cluster::{Cluster, Replay, Seen};

use super::fleet::Fleet;
use super::{Names, quoted};

/// The workloads.
pub(super) struct Work {
    pub(super) toml: String,
    pub(super) files: Vec<(String, Vec<u8>)>,
    /// Whether every job says how long it takes at most.
    pub(super) limited: bool,
}

/// Our columns of a table of jobs, as a scenario names them.
const COLUMNS: &str = "{ submit = \"submit_us:us\", duration = \"duration_us:us\", name = \"job\", tasks = \"tasks\", \
                       gpus = \"gpus\", gpu-milli = \"gpu_milli\", cpu = \"cpu_milli:milli\", memory = \"memory_mib:mib\", \
                       estimate = \"estimate_us:us\", user = \"user\", models = \"models\", priority = \"priority\" }";

pub(super) fn work(
    cluster: &Cluster,
    replay: &Replay,
    (fleets, tenants): (&[Fleet], &[String]),
    notes: &mut Vec<String>,
) -> Work {
    let mut replay = replay.clone();
    let before = replay.jobs.len();
    replay
        .jobs
        .retain(|played| fits(cluster, &cluster.jobs[played.job], fleets));
    let never = before - replay.jobs.len();
    if never > 0 {
        notes.push(format!("{never} jobs ask for more than the machines hold, or for models that there are not: left out"));
    }
    let mut kinds: BTreeMap<(usize, Option<&str>), u64> = BTreeMap::new();
    for played in &replay.jobs {
        let seen = &cluster.jobs[played.job];
        *kinds
            .entry((seen.tenant, seen.asks.slice.as_deref()))
            .or_default() += 1;
    }
    let mut work = Work {
        toml: String::new(),
        files: Vec::new(),
        limited: replay
            .jobs
            .iter()
            .all(|played| cluster.jobs[played.job].limit_us.is_some()),
    };
    let mut names = Names::default();
    for (tenant, slice) in kinds.into_keys() {
        let name = match slice {
            Some(slice) => names.fresh(&format!("{}-{slice}", tenants[tenant])),
            None => names.fresh(&tenants[tenant]),
        };
        let own = |seen: &Seen| seen.tenant == tenant && seen.asks.slice.as_deref() == slice;
        let workload = cluster.workload(&replay, own);
        let mut bytes = Vec::new();
        traces::write_csv(&workload, &mut bytes).expect("memory takes all");
        let file = format!("jobs/{name}.csv");
        let (own, file_name) = (quoted(&name), quoted(&file));
        let trace = [
            "trace = { format = \"csv\", file = ",
            &file_name,
            ", columns = ",
            COLUMNS,
        ];
        work.toml.extend(["\n[[workload]]\nname = ", &own, "\n"]);
        work.toml.extend(trace);
        work.toml
            .extend([" }\nqueue = ", &quoted(&tenants[tenant]), "\n"]);
        if let Some(slice) = slice {
            work.toml.extend(["profile = ", &quoted(slice), "\n"]);
        }
        work.files.push((file, bytes));
    }
    work
}

/// Whether the empty machines have room for the whole gang.
fn fits(cluster: &Cluster, seen: &Seen, fleets: &[Fleet]) -> bool {
    let (tasks, asks) = seen.tasks_of_one();
    let allows = |model: &str| {
        let named = seen
            .models
            .positions()
            .map(|at| cluster.models[at].as_str());
        seen.models.is_any() || named.into_iter().any(|own| own == model)
    };
    let room: u64 = fleets.iter().map(|fleet| fleet.room(&asks, allows)).sum();
    room >= u64::from(tasks)
}
