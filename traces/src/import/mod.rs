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
pub use swf::{Procs, SwfOptions};

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
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RealRows => "verified on real rows",
            Self::Documentation => "from documentation",
        })
    }
}

/// Every format, in alphabetical order. A new one is a file and a line here.
pub const fn formats() -> &'static [Format] {
    &[
        acme::FORMAT,
        csv::FORMAT,
        gavel::FORMAT,
        gpu_spot_2026::FORMAT,
        helios::FORMAT,
        openb_nodes::FORMAT,
        openb_pods::FORMAT,
        pai_2020::FORMAT,
        philly_csv::FORMAT,
        philly_json::FORMAT,
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
        Reads::Nodes(_) => {
            let rule = Rule::new("this format lists machines", "import it as a fleet");
            Err(rule.at(&source.name(), (0, 0), format).into())
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
        Reads::Jobs(_) => {
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
