//! A cluster as its own tools printed it, as a scenario: fleets, tenants, jobs and a policy to begin with.

mod fleet;
mod tenant;
mod work;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use traces::cluster::{Cluster, Replay};

use crate::schema::quoted_text as quoted;

/// Who decided on the cluster, which says what the first policy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduler {
    /// The scheduler of Kubernetes.
    Kubernetes,
    /// Kueue before it.
    Kueue,
    /// Slurm.
    Slurm,
}

/// What an import leaves behind.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The scenario.
    pub scenario: String,
    /// The tables that it reads, and what was observed: path and bytes.
    pub files: Vec<(String, Vec<u8>)>,
    /// What was left out or assumed.
    pub notes: Vec<String>,
}

/// The scenario called `name`, with the jobs of `replay` on the machines of `cluster`.
pub fn import(name: &str, cluster: &Cluster, replay: &Replay, by: Scheduler) -> Imported {
    let mut notes = Vec::new();
    let fleets = fleet::fleets(&cluster.machines, &mut notes);
    let tenants = tenant::names(&cluster.tenants);
    let gpus: u64 = fleets.iter().map(fleet::Fleet::gpus).sum();
    let work = work::work(cluster, replay, (&fleets, &tenants), &mut notes);
    let mut text = head(name, cluster, replay);
    for fleet in &fleets {
        text.push_str(&fleet.toml());
    }
    text.push_str(&tenant::toml(&cluster.tenants, &tenants, gpus, &mut notes));
    text.push_str(&work.toml);
    text.push_str(&policies(by, work.limited));
    let mut files = work.files;
    files.push(("observed.csv".into(), cluster.observed(replay).into_bytes()));
    Imported {
        scenario: text,
        files,
        notes,
    }
}

fn head(name: &str, cluster: &Cluster, replay: &Replay) -> String {
    let nodes: u32 = cluster.machines.iter().map(|own| own.count).sum();
    let about = format!("As imported: {nodes} nodes, {} jobs", replay.jobs.len());
    let mut text = format!(
        "name = {}\ndescription = {}\n",
        quoted(name),
        quoted(&about)
    );
    text.push_str("baseline = \"as-is\"\n\n[horizon]\n");
    if let Some(epoch) = epoch(replay.zero_us) {
        writeln!(text, "epoch = {epoch}").expect("a text takes any text");
    }
    text
}

/// The moment of time zero, to the second.
fn epoch(zero_us: i64) -> Option<String> {
    let at = jiff::Timestamp::from_second(zero_us.div_euclid(1_000_000)).ok()?;
    Some(at.to_string())
}

/// What comes closest to how the cluster decided, and one thing to compare it with.
fn policies(by: Scheduler, limited: bool) -> String {
    let (what, as_is) = match by {
        Scheduler::Kubernetes => (
            "By priority, whoever fits, on the emptiest node: as kube-scheduler does without plugins.",
            "order = \"priority\"\nadmit = \"skip\"\nplace = \"worst-fit\"\n",
        ),
        Scheduler::Kueue => (
            "By quota of the cluster queues, borrowed within their cohorts.",
            "order = \"priority\"\nadmit = \"capacity\"\nplace = \"worst-fit\"\n",
        ),
        Scheduler::Slurm if limited => (
            "First come, first served, with backfilling by time limits, as Slurm's sched/backfill.",
            "order = \"fifo\"\nadmit = \"easy\"\nplace = \"best-fit\"\n",
        ),
        Scheduler::Slurm => (
            "First come, first served; without time limits, whoever fits starts.",
            "order = \"fifo\"\nadmit = \"skip\"\nplace = \"best-fit\"\n",
        ),
    };
    format!(
        "\n# {what}\n[[policy]]\nname = \"as-is\"\n{as_is}\n\
         # To compare it with: the same, packed so that whole nodes stay free for gangs.\n\
         [[policy]]\nname = \"packed\"\norder = \"priority\"\nadmit = \"skip\"\nplace = \"consolidate\"\n"
    )
}

/// Names that scenarios, tables and files take, each once.
#[derive(Default)]
struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// `name` as it may stand: other characters become dashes, and a number tells it from those before it.
    fn fresh(&mut self, name: &str) -> String {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let plain = name.chars().map(|c| if allowed(c) { c } else { '-' });
        let mut plain: String = plain.take(100).collect();
        // A file of this name must not hide, or lie elsewhere.
        if plain.starts_with('.') || plain.is_empty() {
            plain.insert(0, 'x');
        }
        let mut own = plain.clone();
        let mut number = 2;
        while !self.taken.insert(own.to_ascii_lowercase()) {
            own = format!("{plain}-{number}");
            number += 1;
        }
        own
    }
}
