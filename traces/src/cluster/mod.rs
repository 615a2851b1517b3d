//! A cluster as its own tools print it: machines by kind, tenants, and what ran, runs and waits.
//!
//! [`kubernetes`] reads what `kubectl get ... -o json` prints, objects of Kueue among them,
//! [`sacct`] what Slurm's accounting prints. Both give a [`Cluster`]: what could not be kept is
//! counted in its notes, never dropped silently. What still runs or waits has no end yet;
//! [`Outlook`] says what is assumed of it, and the notes say of how many.

mod alias;
mod gang;
mod kueue;
mod list;
mod machine;
mod made;
mod object;
mod outlook;
mod pod;
mod product;
mod quantity;
mod quota;
mod sacct;
mod table;

use std::collections::BTreeMap;

pub use alias::Alias;
pub use made::snapshot;
pub use outlook::{Outlook, Played, Replay};
pub use sacct::sacct;

use crate::error::Refused;
use crate::import::{Faults, Labels, Options};
use crate::reader::Source;
use crate::record::{Dropped, ModelSet, Status};
use list::Objects;

/// What a cluster is made of and what it did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// Machines of one kind each, in the order of their keys.
    pub machines: Vec<Machines>,
    /// Who shares them, parents before what is within them.
    pub tenants: Vec<Tenant>,
    /// The jobs, in the order of their submission.
    pub jobs: Vec<Seen>,
    /// Names behind the sets of GPU models that jobs ask for.
    pub models: Vec<String>,
    /// When it was looked at: the latest instant that it speaks of, in microseconds since 1970.
    pub taken_us: i64,
    /// What was left out, and what was assumed, in sentences.
    pub notes: Vec<String>,
    /// Objects or rows that broke a rule; always empty unless the import was lenient.
    pub dropped: Dropped,
}

/// Machines of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machines {
    /// What makes them one kind.
    pub kind: Kind,
    /// How many there are.
    pub count: u32,
    /// The least CPU that one of them offers, in thousandths of a core; 0 = not told.
    pub cpu_milli: u32,
    /// The least memory that one of them offers, in MiB; 0 = not told.
    pub memory_mib: u32,
}

/// What makes machines one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// The provider and its name for the type, as in `aws/p5.48xlarge`; empty where none is told.
    pub instance: String,
    /// GPU model in short, as in `A100-80GB`; empty for a machine without GPUs.
    pub model: String,
    /// Whole GPUs.
    pub gpus: u16,
    /// Memory of each GPU, in MiB; 0 = not told.
    pub gpu_memory_mib: u32,
    /// Whether their GPUs are partitioned into slices.
    pub sliced: bool,
    /// The zone; empty where none is told.
    pub zone: String,
    /// Who pays for them.
    pub terms: Terms,
}

/// On what terms machines are held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Terms {
    /// No provider is told.
    #[default]
    Owned,
    /// Rented by the hour.
    OnDemand,
    /// Rented as long as nobody else wants them.
    Spot,
}

/// A tenant: a namespace, an account, a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tenant {
    /// Its name.
    pub name: String,
    /// Position of the tenant that it is part of, which stands before it.
    pub parent: Option<usize>,
    /// GPUs that it is guaranteed.
    pub share: u32,
    /// The most GPUs that it may have; none = all.
    pub cap: Option<u32>,
    /// Whether it may have more than its share while others leave it.
    pub borrows: bool,
}

/// A job as it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its name: for Kubernetes, after its namespace and a slash.
    pub name: String,
    /// Position of its tenant.
    pub tenant: usize,
    /// Who submitted it, where that is told.
    pub user: Option<String>,
    /// What it asks for.
    pub asks: Asks,
    /// Tasks of the gang, at least one.
    pub tasks: u32,
    /// The GPU models that it may run on.
    pub models: ModelSet,
    /// Higher is more urgent.
    pub priority: i64,
    /// What its user said that it would take, in microseconds.
    pub limit_us: Option<u64>,
    /// Whether it serves for as long as nobody stops it.
    pub serves: bool,
    /// When it was submitted, in microseconds since 1970; with local times, as if they were UTC.
    pub submit_us: i64,
    /// When it got its machines.
    pub start_us: Option<i64>,
    /// When it gave them back.
    pub end_us: Option<i64>,
    /// How it ended.
    pub status: Status,
}

/// What a task asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asks {
    /// GPUs, or slices of them.
    pub gpus: u16,
    /// Thousandths of each GPU.
    pub gpu_milli: u16,
    /// The slice that each GPU is, such as `1g.5gb`.
    pub slice: Option<String>,
    /// CPU, in thousandths of a core.
    pub cpu_milli: u32,
    /// Memory, in MiB.
    pub memory_mib: u32,
}

/// Reads what `kubectl get ... -o json` printed of nodes, pods, quotas and Kueue's objects, in any
/// number of files. Where there are Workloads of Kueue they are the jobs, and pods that it admits
/// are not counted twice.
///
/// # Errors
/// Text that is no JSON, a list without items, an object without what it must have; nothing is
/// imported then.
pub fn kubernetes(sources: Vec<Source<'_>>, options: &Options) -> Result<Cluster, Refused> {
    let mut faults = Faults::new(options);
    let mut objects = Objects::default();
    for source in sources {
        list::read(source, &mut objects, &mut faults)?;
    }
    let mut notes = Notes::default();
    let mut models = Labels::default();
    let machines = machine::group(&objects.nodes, &mut notes);
    let sharing = machine::sharing(&objects.nodes);
    let (mut tenants, of_queue) = kueue::tenants(&objects, &mut notes);
    let admitted = !objects.workloads.is_empty();
    let mut drafts = kueue::jobs(&objects, &of_queue, (&mut models, &mut notes), &mut faults)?;
    drafts.extend(pod::jobs(
        &objects,
        (&sharing, admitted),
        (&mut models, &mut notes),
        &mut faults,
    )?);
    let jobs = settle(drafts, &mut tenants);
    quota::caps(&objects.quotas, &mut tenants, &mut notes);
    let taken_us = objects.latest.unwrap_or(0);
    for (kind, count) in &objects.other {
        notes.count(
            format!("objects of kind `{kind}` were left out: nothing here needs them"),
            *count,
        );
    }
    Ok(Cluster {
        machines,
        tenants,
        jobs,
        models: models.into_names(),
        taken_us,
        notes: notes.told(),
        dropped: faults.settle()?,
    })
}

/// A job whose tenant is told by name.
struct Draft {
    tenant: String,
    seen: Seen,
}

/// The jobs in order, each with its tenant: a new one for a name that is not yet known.
fn settle(mut drafts: Vec<Draft>, tenants: &mut Vec<Tenant>) -> Vec<Seen> {
    drafts.sort_by(|a, b| {
        let key = |draft: &Draft| (draft.seen.submit_us, draft.seen.name.clone());
        key(a).cmp(&key(b))
    });
    let names = tenants.iter().map(|tenant| tenant.name.clone());
    let mut known: BTreeMap<String, usize> = names.zip(0..).collect();
    let mut fresh: Vec<&String> = drafts.iter().map(|draft| &draft.tenant).collect();
    fresh.sort();
    fresh.dedup();
    for name in fresh {
        if !known.contains_key(name) {
            known.insert(name.clone(), tenants.len());
            tenants.push(Tenant {
                name: name.clone(),
                borrows: true,
                ..Tenant::default()
            });
        }
    }
    let own = |mut draft: Draft| {
        draft.seen.tenant = known[&draft.tenant];
        draft.seen
    };
    drafts.into_iter().map(own).collect()
}

/// What was left out or assumed: a sentence, and of how many.
#[derive(Default)]
struct Notes {
    counts: BTreeMap<String, u64>,
}

impl Notes {
    fn one(&mut self, note: impl Into<String>) {
        self.count(note, 1);
    }

    fn count(&mut self, note: impl Into<String>, count: u64) {
        *self.counts.entry(note.into()).or_default() += count;
    }

    fn told(self) -> Vec<String> {
        let told = self.counts.into_iter();
        told.map(|(note, count)| format!("{count} {note}"))
            .collect()
    }
}
