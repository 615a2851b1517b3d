//! `trace import kubectl | kueue | sacct`: a cluster's own account becomes a scenario with its jobs; and pseudonyms.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use clap::Args;
use sim_core::units::Span;
use traces::cluster::{Alias, Outlook};
use traces::{Dropped, Options, Reads, Source, formats, import_cluster};

use super::trace::{notes, open};
use super::{Failure, terminal};
use crate::cluster::{Imported, Scheduler, import};

/// What of a cluster is read, and how much of it.
#[derive(Debug, Args)]
pub(super) struct Snapshot {
    /// What `kubectl get nodes -o json` printed
    #[arg(long, value_name = "FILE", help_heading = "Clusters")]
    nodes: Option<PathBuf>,
    /// What `kubectl get pods -A -o json` printed; Kueue's objects may stand in any of the files
    #[arg(long, value_name = "FILE", help_heading = "Clusters")]
    pods: Option<PathBuf>,
    /// How far back the jobs go; what was submitted before is there from the beginning
    #[arg(long, value_name = "SPAN", help_heading = "Clusters")]
    back: Option<Span>,
    /// How long what serves stays
    #[arg(long, value_name = "SPAN", help_heading = "Clusters")]
    ahead: Option<Span>,
}

/// Pseudonyms in place of names.
#[derive(Debug, Args)]
pub(super) struct Hidden {
    /// Puts pseudonyms in place of the names of jobs, users, namespaces, queues, zones; nothing of nodes and images is kept
    #[arg(long, help_heading = "Pseudonyms")]
    anonymise: bool,
    /// A file with the key: the same name under the same key is always the same word
    #[arg(
        long,
        value_name = "FILE",
        requires = "anonymise",
        help_heading = "Pseudonyms"
    )]
    key_file: Option<PathBuf>,
    /// The key itself, where nobody else sees the command line
    #[arg(
        long,
        value_name = "TEXT",
        env = "WINDTUNNEL_KEY",
        hide_env_values = true
    )]
    #[arg(conflicts_with = "key_file", help_heading = "Pseudonyms")]
    key: Option<String>,
    /// Moves all dates by a number of weeks that the key says
    #[arg(long, requires = "anonymise", help_heading = "Pseudonyms")]
    pub(super) shift: bool,
}

/// Whether a cluster is told in this format.
pub(super) fn is_cluster(format: &str) -> bool {
    let known = formats().iter().find(|known| known.name == format);
    known.is_some_and(|known| matches!(known.reads, Reads::Cluster(_)))
}

impl Hidden {
    /// What makes pseudonyms, if any are asked for.
    pub(super) fn alias(&self) -> Result<Option<Alias>, Failure> {
        if !self.anonymise {
            return Ok(None);
        }
        let read = |path: &PathBuf| {
            fs::read_to_string(path).map_err(|error| Failure::Io(path.clone(), error))
        };
        let key = match (&self.key_file, &self.key) {
            (Some(path), _) => read(path)?.trim().to_owned(),
            (None, Some(key)) => key.clone(),
            (None, None) => String::new(),
        };
        if key.len() < Alias::LEAST {
            let message = format!(
                "--anonymise needs a key of at least {} bytes: --key-file FILE, --key TEXT or WINDTUNNEL_KEY; \
                 keep it, and new imports have the same pseudonyms",
                Alias::LEAST
            );
            return Err(Failure::Input(message));
        }
        Ok(Some(Alias::new(&key)))
    }
}

impl Snapshot {
    /// Refuses what only clusters take.
    pub(super) fn refuse(&self, format: &str) -> Result<(), Failure> {
        let is_set = [
            ("--nodes", self.nodes.is_some()),
            ("--pods", self.pods.is_some()),
            ("--back", self.back.is_some()),
            ("--ahead", self.ahead.is_some()),
        ];
        match is_set.iter().find(|(_, is_set)| *is_set) {
            Some((option, _)) => Err(Failure::Input(format!(
                "{format} is no cluster, and takes no {option}"
            ))),
            None => Ok(()),
        }
    }

    /// Reads a cluster and writes its scenario into the folder `out`.
    pub(super) fn import(
        &self,
        (format, file, lenient): (&str, Option<&Path>, bool),
        hidden: &Hidden,
        out: Option<&Path>,
    ) -> Result<(), Failure> {
        let alias = hidden.alias()?;
        let Some(out) = out else {
            let message = "a cluster becomes several files: name their folder with --out DIR";
            return Err(Failure::Input(message.into()));
        };
        let paths = file
            .into_iter()
            .chain(self.nodes.as_deref())
            .chain(self.pods.as_deref());
        let opened = paths.map(|path| Ok((path, open(path)?)));
        let opened: Vec<(&Path, File)> = opened.collect::<Result<_, Failure>>()?;
        if opened.is_empty() || (format == "sacct" && (file.is_none() || opened.len() > 1)) {
            let message = match format {
                "sacct" => "sacct reads one file: windtunnel trace import sacct FILE --out DIR",
                _ => {
                    "name what was printed: --nodes nodes.json --pods pods.json, or one file of both"
                }
            };
            return Err(Failure::Input(message.into()));
        }
        let sources = opened
            .iter()
            .map(|(path, file)| Source::new(&path.to_string_lossy(), file));
        let options = Options {
            lenient,
            ..Options::default()
        };
        let mut cluster = import_cluster(format, sources.collect(), &options)
            .map_err(|refused| Failure::Input(refused.to_string()))?;
        if let Some(alias) = &alias {
            alias.cluster(&mut cluster, hidden.shift);
        }
        if cluster.machines.is_empty() || cluster.jobs.is_empty() {
            let told = cluster.notes.join("; ");
            let message = format!(
                "{} kinds of machine and {} jobs: both are needed ({told})",
                cluster.machines.len(),
                cluster.jobs.len()
            );
            return Err(Failure::Input(message));
        }
        let plain = Outlook::default();
        let replay = cluster.replay(Outlook {
            back: self.back.unwrap_or(plain.back),
            ahead: self.ahead.unwrap_or(plain.ahead),
        });
        let by = match format {
            "sacct" => Scheduler::Slurm,
            "kueue" => Scheduler::Kueue,
            _ => Scheduler::Kubernetes,
        };
        let imported = import(&name(out), &cluster, &replay, by);
        write(out, &imported, &[&cluster.notes, &replay.notes])?;
        notes(&[], &cluster.dropped);
        let nodes: u32 = cluster.machines.iter().map(|own| own.count).sum();
        terminal::say(&format!(
            "{nodes} nodes of {} kinds, {} tenants, {} jobs\n{}\n",
            cluster.machines.len(),
            cluster.tenants.len(),
            replay.jobs.len(),
            out.join("scenario.toml").display()
        ))
    }
}

/// The scenario's name: that of its folder.
fn name(out: &Path) -> String {
    let name = out.file_name();
    let name = name.map_or("cluster".into(), |name| name.to_string_lossy());
    name.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

/// Writes what an import leaves, and tells what was left out or assumed.
fn write(out: &Path, imported: &Imported, told: &[&[String]]) -> Result<(), Failure> {
    let told = [&told.concat()[..], &imported.notes].concat();
    notes(&told, &Dropped::default());
    for (path, bytes) in &imported.files {
        put(&out.join(path), bytes)?;
    }
    put(&out.join("scenario.toml"), imported.scenario.as_bytes())
}

/// Writes a file, and the folders above it.
fn put(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let fail = |error| Failure::Io(path.to_owned(), error);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(fail)?;
    }
    fs::write(path, bytes).map_err(fail)
}
