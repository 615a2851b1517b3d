//! Formats: one file each, bytes to workload, listed in one table.

mod acme;
mod csv;
mod gather;
mod gavel;
mod gpu_spot_2026;
mod helios;
mod openb_nodes;
mod openb_pods;
mod pai_2020;
mod philly_csv;
mod philly_json;
mod sia;
mod slurm;
mod swf;

use std::fmt;

pub use csv::{Amount, ColumnMap, CpuUnit, MemoryUnit, TimeColumn, TimeUnit};
pub(crate) use gather::{Faults, Labels};
pub(crate) use slurm::{gang as slurm_gang, status as slurm_status};
pub use swf::{Procs, SwfOptions};

use crate::cluster::{self, Cluster, Outlook};
use crate::error::{Refused, Rule};
use crate::reader::Source;
use crate::record::{Nodes, Workload};

/// How to import.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Drop rows that break a rule, count and list them; otherwise they fail the import.
    pub lenient: bool,
    /// For `swf`.
    pub swf: SwfOptions,
    /// For `csv`.
    pub columns: ColumnMap,
}

/// A format that can be imported, and what comes out of it.
#[derive(Clone, Copy, Debug)]
pub struct Format<R = Reads> {
    /// What a scenario calls it.
    pub name: &'static str,
    /// What it is, in one line.
    pub doc: &'static str,
    /// Where it is published.
    pub origin: &'static str,
    /// Its columns or fields, optional ones in brackets.
    pub columns: &'static str,
    /// What the importer was checked against.
    pub evidence: Evidence,
    /// What comes out.
    pub reads: R,
}

/// What an importer was checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The published file itself.
    RealRows,
    /// The publisher's description; rows of our own making.
    Documentation,
}

/// What comes out of a format.
#[derive(Clone, Copy, Debug)]
pub enum Reads {
    /// Jobs.
    Jobs(fn(Source<'_>, &Options) -> Result<Workload, Refused>),
    /// Machines.
    Nodes(fn(Source<'_>, &Options) -> Result<Nodes, Refused>),
    /// A cluster: machines, tenants and jobs.
    Cluster(fn(Vec<Source<'_>>, &Options) -> Result<Cluster, Refused>),
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RealRows => "verified on real rows",
            Self::Documentation => "from documentation",
        })
    }
}

/// What a cluster of Kubernetes prints of itself.
const KUBECTL: Format = Format {
    name: "kubectl",
    doc: "a cluster of Kubernetes: nodes, pods, resource quotas",
    origin: "your own: kubectl get nodes -o json; kubectl get pods -A -o json",
    columns: "objects of kind Node, Pod, [ResourceQuota], in lists, in any number of files",
    evidence: Evidence::Documentation,
    reads: Reads::Cluster(cluster::kubernetes),
};

/// What Kueue adds to it.
const KUEUE: Format = Format {
    name: "kueue",
    doc: "the same with the objects of Kueue: its Workloads are the jobs, its queues the tenants",
    origin: "your own: kubectl get workloads.kueue.x-k8s.io,clusterqueues,localqueues,cohorts -A \
             -o json",
    columns: "objects of kind Workload, ClusterQueue, LocalQueue, [Cohort], beside those of \
              kubectl",
    evidence: Evidence::Documentation,
    reads: Reads::Cluster(cluster::kubernetes),
};

/// What Slurm's accounting prints.
const SACCT: Format = Format {
    name: "sacct",
    doc: "the accounting of a Slurm cluster",
    origin: "your own: sacct -a -X --parsable2 --format=JobID,User,Account,Submit,Start,End,\
             State,...",
    columns: "JobID, Submit, Start, End, State, [User, Account, Partition, AllocTRES, ReqTRES, \
              NNodes, Timelimit]",
    evidence: Evidence::Documentation,
    reads: Reads::Cluster(cluster::sacct),
};

/// Every format, in alphabetical order. A new one is a file and a line here.
pub const fn formats() -> &'static [Format] {
    &[
        acme::FORMAT,
        csv::FORMAT,
        gavel::FORMAT,
        gpu_spot_2026::FORMAT,
        helios::FORMAT,
        KUBECTL,
        KUEUE,
        openb_nodes::FORMAT,
        openb_pods::FORMAT,
        pai_2020::FORMAT,
        philly_csv::FORMAT,
        philly_json::FORMAT,
        SACCT,
        sia::FORMAT,
        swf::FORMAT,
    ]
}

/// Imports the jobs of `source`.
///
/// ```
/// use traces::{Options, Source, import};
///
/// let csv = "timestamp,duration,num_gpus,gpu_time,cluster\n2017-10-09 07:01:55,66.0,1,66.0,a\n";
/// let source = Source::new("philly.csv", csv.as_bytes());
/// let workload = import("philly-csv", source, &Options::default())?;
/// assert_eq!(workload.jobs.len(), 1);
/// # Ok::<(), traces::Refused>(())
/// ```
///
/// # Errors
/// An unknown format, one that holds no jobs, or faults of the trace; nothing is imported then.
pub fn import(format: &str, source: Source<'_>, options: &Options) -> Result<Workload, Refused> {
    match find(format, &source)?.reads {
        Reads::Jobs(read) => read(source, options),
        Reads::Cluster(read) => {
            let cluster = read(vec![source], options)?;
            let replay = cluster.replay(Outlook::default());
            let mut workload = cluster.workload(&replay, |_| true);
            workload.notes.extend(cluster.notes);
            workload.dropped = cluster.dropped;
            Ok(workload)
        }
        Reads::Nodes(_) => {
            let rule = Rule::new("this format lists machines", "import it as a fleet");
            Err(rule.at(&source.name(), (0, 0), format).into())
        }
    }
}

/// Imports the cluster that `sources` tell of.
///
/// # Errors
/// An unknown format, one of another kind, or faults of the files.
pub fn import_cluster(
    format: &str,
    sources: Vec<Source<'_>>,
    options: &Options,
) -> Result<Cluster, Refused> {
    let first = sources.first().map_or("nothing".into(), Source::name);
    match formats()
        .iter()
        .find(|known| known.name == format)
        .map(|known| known.reads)
    {
        Some(Reads::Cluster(read)) if !sources.is_empty() => read(sources, options),
        Some(Reads::Cluster(_) | Reads::Jobs(_) | Reads::Nodes(_)) | None => {
            let rule = Rule::new(
                "no cluster is told in this format",
                "use kubectl, kueue or sacct",
            );
            Err(rule.at(&first, (0, 0), format).into())
        }
    }
}

/// Imports the machines of `source`.
///
/// # Errors
/// An unknown format, one that holds no machines, or faults of the list.
pub fn import_nodes(format: &str, source: Source<'_>, options: &Options) -> Result<Nodes, Refused> {
    match find(format, &source)?.reads {
        Reads::Nodes(read) => read(source, options),
        Reads::Jobs(_) | Reads::Cluster(_) => {
            let rule = Rule::new("this format lists jobs", "import it as a workload");
            Err(rule.at(&source.name(), (0, 0), format).into())
        }
    }
}

fn find(name: &str, source: &Source<'_>) -> Result<&'static Format, Refused> {
    let known = formats().iter().find(|format| format.name == name);
    known.ok_or_else(|| {
        let names: Vec<&str> = formats().iter().map(|format| format.name).collect();
        let remedy = format!("use one of {}", names.join(", "));
        let rule = Rule::new("there is no such format", remedy);
        rule.at(&source.name(), (0, 0), name).into()
    })
}
