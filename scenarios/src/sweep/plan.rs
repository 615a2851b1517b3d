//! The plan of a sweep: every cell with its parameters, and the name that follows from what it runs.
//!
//! A cell is called by a digest of its resolved scenario, seeds and policies among it, of the files that it names and of the
//! version that runs it. Equal cells are one, a changed scenario has other cells, and a sweep that is widened keeps
//! those it had.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rayon::prelude::*;
use sim_core::units::convert;
use sim_core::watch::DIGEST_VERSION;

use super::SweepError;
use super::design::Design;
use super::stored::{Head, Planned, Sheet};
use crate::build::BuildError;
use crate::experiment::known;
use crate::schema::{Draft, Inference, Loaded, Scenario, Spanned, SweepSpec, Value, print, shown};

/// Digits of a cell's name: 80 bits, so that a million cells meet by chance once in 10^12 sweeps.
const DIGITS: usize = 20;

/// A sweep that can be run.
#[derive(Debug)]
pub struct Plan {
    /// What is stored of it.
    pub sheet: Sheet,
    draft: Draft,
    spec: SweepSpec,
}

impl Plan {
    /// Types every cell and names it. Each is told to `done`.
    ///
    /// # Errors
    /// The scenario has no sweep, or one of its cells is refused, the first by position.
    pub fn of(
        draft: Draft,
        scenario: &Scenario,
        threads: usize,
        done: &(dyn Fn() + Sync),
    ) -> Result<Self, SweepError> {
        let spec = scenario.sweep.clone().ok_or(SweepError::NoSweep)?;
        let design = Design::of(&spec);
        let files = Files::default();
        let planned = |position: usize| {
            let values = design.values(position);
            let cell = typed(&draft, &spec, (position, &values))?;
            let planned = Planned {
                cell: files.name(&cell)?,
                values: values.iter().map(|value| shown(&value.value)).collect(),
            };
            done();
            Ok(planned)
        };
        let all: Vec<Result<Planned, SweepError>> = super::pool(threads)
            .install(|| (0..design.len()).into_par_iter().map(planned).collect());
        let cells: Vec<Planned> = all.into_iter().collect::<Result<_, _>>()?;
        let distinct: BTreeSet<&str> = cells.iter().map(|own| own.cell.as_str()).collect();
        let head = Head {
            tool: "windtunnel".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            digest_version: DIGEST_VERSION,
            scenario: scenario.name.value.clone(),
            baseline: scenario.baseline.value.clone(),
            inference: scenario.replicate.inference,
            method: spec.method.name().to_owned(),
            n: spec.n,
            seed: spec.seed,
            keys: spec
                .axes
                .iter()
                .map(|axis| axis.path.value.clone())
                .collect(),
            positions: cells.len(),
            cells: distinct.len(),
        };
        Ok(Self {
            sheet: Sheet { head, cells },
            draft,
            spec,
        })
    }

    /// Which values the keys take.
    pub fn design(&self) -> Design<'_> {
        Design::of(&self.spec)
    }

    /// The scenario of the cell at a position of its design.
    ///
    /// # Errors
    /// None that planning has not told before.
    pub fn cell(&self, design: &Design<'_>, position: usize) -> Result<Loaded, SweepError> {
        let values = design.values(position);
        typed(&self.draft, &self.spec, (position, &values))
    }
}

fn typed(
    draft: &Draft,
    spec: &SweepSpec,
    (position, values): (usize, &[Spanned<Value>]),
) -> Result<Loaded, SweepError> {
    let loaded = draft.cell(spec, values, &known);
    loaded.map_err(|rejection| SweepError::Rejected {
        position,
        parameters: parameters(spec, values),
        rejection: Box::new(rejection),
    })
}

/// `fleet.f.count = 8, seed = 2`.
fn parameters(spec: &SweepSpec, values: &[Spanned<Value>]) -> String {
    let axes = spec.axes.iter().zip(values);
    let pairs = axes.map(|(axis, value)| format!("{} = {}", axis.path.value, shown(&value.value)));
    pairs.collect::<Vec<_>>().join(", ")
}

/// The contents of files that cells name, each digested once.
#[derive(Debug, Default)]
pub struct Files {
    digests: Mutex<BTreeMap<PathBuf, [u8; 32]>>,
}

impl Files {
    /// What a cell is called.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn name(&self, cell: &Loaded) -> Result<String, SweepError> {
        let files = cell.files.iter().map(|path| self.digest(path));
        let mut files: Vec<[u8; 32]> = files.collect::<Result<_, _>>()?;
        // Where the files lie says nothing: the names that the scenario has for them are in its text.
        files.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        let version = format!("{} {DIGEST_VERSION}", env!("CARGO_PKG_VERSION"));
        // Nor does how its numbers are told.
        let mut scenario = cell.scenario.clone();
        scenario.replicate.inference = Inference::default();
        for part in [version, print(&scenario)] {
            hasher.update(&convert::wide(part.len()).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        for file in files {
            hasher.update(&file);
        }
        let mut name = hasher.finalize().to_hex().to_string();
        name.truncate(DIGITS);
        Ok(name)
    }

    fn digest(&self, path: &Path) -> Result<[u8; 32], SweepError> {
        let mut digests = self.digests.lock().expect("no thread panics here");
        if let Some(digest) = digests.get(path) {
            return Ok(*digest);
        }
        let mut hasher = blake3::Hasher::new();
        add(&mut hasher, path).map_err(|error| {
            SweepError::Build(BuildError::Io {
                path: path.to_owned(),
                error,
            })
        })?;
        let digest = *hasher.finalize().as_bytes();
        digests.insert(path.to_owned(), digest);
        Ok(digest)
    }
}

/// A file by its bytes; a folder by its files and folders, links apart, in the order of their names.
fn add(hasher: &mut blake3::Hasher, path: &Path) -> io::Result<()> {
    if !path.is_dir() {
        let mut file = fs::File::open(path)?;
        let mut piece = vec![0; 1 << 16];
        loop {
            let read = file.read(&mut piece)?;
            if read == 0 {
                return Ok(());
            }
            hasher.update(&piece[..read]);
        }
    }
    let mut entries: Vec<fs::DirEntry> = fs::read_dir(path)?.collect::<io::Result<_>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if !entry.file_type()?.is_symlink() {
            hasher.update(entry.file_name().as_encoded_bytes());
            add(hasher, &entry.path())?;
        }
    }
    Ok(())
}
