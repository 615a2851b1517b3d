//! Conformance: what published simulators print, job by job, against what this engine prints.
//!
//! A family is a folder with a `cases.toml`, whose head explains its fields; a case names inputs, a policy, options, and the
//! columns that must agree. Any folder of that form runs without a change of code. Families of which the cases are ours
//! (`own`) read what they are held to from the data.

mod alpaserve;
mod autoscaling;
mod batch;
mod blox;
mod cant_be_late;
mod cases;
mod checkpoint;
mod failing;
mod fgd;
mod gavel;
mod gavel_tables;
mod held;
mod hpa;
mod own;
mod rlscheduler;
mod row;
mod scenario;
mod serving;
mod sia;
mod table;
mod tiresias;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use cases::{Case, Compare, Expect, Family, First, Rows};
pub use own::{Findings, OWN, Own};
use table::{Found, Table};

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// The family.
    pub family: String,
    /// The case.
    pub case: String,
    /// Rows compared.
    pub items: usize,
    /// Rows that agree.
    pub matched: usize,
    /// Largest difference of a number.
    pub max_abs_diff: f64,
    /// What is allowed.
    pub tolerance: f64,
    /// Whether it passed; none if it was not run.
    pub pass: Option<bool>,
    /// What is to be said of it.
    pub note: String,
}

/// Families that can be run, with what runs them.
type Runner = fn(&Case, &Place<'_>) -> Result<Vec<(String, Table)>, String>;
const FAMILIES: &[(&str, Runner)] = &[
    ("batch", batch::run),
    ("blox", blox::run),
    ("cant-be-late", cant_be_late::run),
    ("checkpoint", checkpoint::run),
    ("fgd", fgd::run),
    ("gavel", gavel::run),
    ("hpa", hpa::run),
    ("rlscheduler", rlscheduler::run),
    ("serving", serving::run),
    ("sia", sia::run),
    ("tiresias", tiresias::run),
];

/// Where the files of a case are, and how much time there is.
struct Place<'a> {
    folder: &'a Path,
    data: &'a [PathBuf],
    /// Whether long cases are run at their full length.
    full: bool,
}

impl Place<'_> {
    /// The file an input names: of the family's folder, or, behind `data/`, of a data root.
    fn find(&self, input: &str) -> Result<PathBuf, String> {
        let Some(inner) = input.strip_prefix("data/") else {
            return Ok(self.folder.join(input));
        };
        let found = self
            .data
            .iter()
            .map(|root| root.join(inner))
            .find(|path| path.exists());
        found.ok_or_else(|| format!("{input}: in none of the data roots"))
    }

    /// The folder in which `inner`, the input without its prefix, lies.
    fn root(&self, input: &str, inner: &str) -> Result<PathBuf, String> {
        let path = self.find(input)?;
        let up = path.ancestors().nth(Path::new(inner).components().count());
        up.map(Path::to_path_buf)
            .ok_or_else(|| format!("{input}: not a path"))
    }
}

/// Names of the families that can be run.
pub fn families() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().map(|(name, _)| *name)
}

/// Runs every case of a family in `folder`; inputs behind `data/` are looked for in the data roots. What is simulated many
/// times over is simulated more often where `full` says so.
///
/// # Errors
/// The folder holds no family that can be run, in words.
pub fn run(
    folder: &Path,
    data: &[PathBuf],
    full: bool,
    done: &dyn Fn(&Verdict),
) -> Result<Vec<Verdict>, String> {
    let family = Family::read(folder)?;
    let Some((_, runner)) = FAMILIES.iter().find(|(name, _)| *name == family.name) else {
        return Err(format!("family \"{}\" is not yet implemented", family.name));
    };
    let place = Place { folder, data, full };
    let mut verdicts = Vec::new();
    for case in &family.cases {
        let verdict = judge(&family, case, *runner, &place);
        done(&verdict);
        verdicts.push(verdict);
    }
    verdicts.extend(unused(&family, folder)?);
    Ok(verdicts)
}

fn judge(family: &Family, case: &Case, runner: Runner, place: &Place<'_>) -> Verdict {
    let mut verdict = Verdict {
        family: family.name.clone(),
        case: case.id.clone(),
        items: 0,
        matched: 0,
        max_abs_diff: 0.0,
        tolerance: case.compare.tolerance,
        pass: None,
        note: case.note.clone().unwrap_or_default(),
    };
    if case.expect == Expect::Skip {
        return verdict;
    }
    let found = runner(case, place).and_then(|tables| compare(case, &tables, place));
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            verdict.pass = Some(false);
            verdict.note = error;
            return verdict;
        }
    };
    verdict.items = found.iter().map(|(_, found)| found.items).sum();
    verdict.matched = found.iter().map(|(_, found)| found.matched).sum();
    let differences = found.iter().map(|(_, found)| found.max_abs_diff);
    verdict.max_abs_diff = differences.fold(0.0, f64::max);
    let left_out = found.iter().map(|(_, found)| found.left_out).max();
    if let Some(left_out) = left_out.filter(|count| *count > 0) {
        let why = Some(format!("; {}", verdict.note)).filter(|_| !verdict.note.is_empty());
        let whys: BTreeSet<&str> = found.iter().flat_map(|(_, found)| found.whys()).collect();
        let whys: Vec<&str> = whys.into_iter().collect();
        let (whys, why) = (whys.join(", "), why.unwrap_or_default());
        verdict.note = format!("{left_out} rows left out ({whys}){why}");
    }
    let wrong = found.iter().find(|(rule, found)| !found.agrees(rule));
    let as_it_should = match (case.expect, wrong) {
        (Expect::Match, wrong) => wrong.is_none(),
        (Expect::KnownMismatch, None) => false,
        (Expect::KnownMismatch, Some((rule, found))) => {
            let differ = found.items - found.matched;
            rule.known_mismatches.is_none_or(|known| known == differ)
        }
        (Expect::Skip, _) => unreachable!("skipped above"),
    };
    verdict.pass = Some(found.iter().all(|(_, found)| found.items > 0) && as_it_should);
    if let Some((rule, found)) = wrong.filter(|_| verdict.pass == Some(false)) {
        let first = found.first.clone().unwrap_or_default();
        verdict.note = format!("{}: {first}", rule.file);
    }
    verdict
}

/// What each comparison of a case finds.
fn compare<'c>(
    case: &'c Case,
    tables: &[(String, Table)],
    place: &Place<'_>,
) -> Result<Vec<(&'c Compare, Found)>, String> {
    let rules = std::iter::once(&case.compare).chain(&case.compare.also);
    let found = rules.map(|rule| {
        let expected = Table::read(&place.folder.join(&rule.file))?.select(&rule.select)?;
        let found = expected.rows.len();
        let ours = tables.iter().find(|(file, _)| *file == rule.file);
        let (_, ours) = ours.ok_or_else(|| format!("nothing produces {}", rule.file))?;
        let ours = match rule.rows {
            Some(Rows::Count(rows)) if rows != found => {
                return Err(format!("{rows} rows are meant, and there are {found}"));
            }
            Some(Rows::First(First::Prefix)) => &ours.first(found),
            Some(Rows::Count(_)) | None => ours,
        };
        Ok((rule, table::compare(ours, &expected, rule)?))
    });
    found.collect()
}

/// Files that no case uses and that are not listed as ignored: each is a failure.
fn unused(family: &Family, folder: &Path) -> Result<Vec<Verdict>, String> {
    let mut used: BTreeSet<&str> = family.ignored.iter().map(String::as_str).collect();
    for case in &family.cases {
        used.extend(case.inputs.iter().chain(&case.expected).map(String::as_str));
    }
    let mut files = Vec::new();
    list(folder, folder, &mut files)?;
    let covered = |file: &String| {
        used.iter()
            .any(|used| file == used || (used.ends_with('/') && file.starts_with(used)))
    };
    let unused = files.into_iter().filter(|file| !covered(file));
    let verdict = |file| Verdict {
        family: family.name.clone(),
        case: file,
        items: 0,
        matched: 0,
        max_abs_diff: 0.0,
        tolerance: 0.0,
        pass: Some(false),
        note: "no case uses this file, and it is not listed as ignored".to_owned(),
    };
    Ok(unused.map(verdict).collect())
}

fn list(root: &Path, folder: &Path, files: &mut Vec<String>) -> Result<(), String> {
    let error = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(error)? {
        entries.push(entry.map_err(error)?.path());
    }
    entries.sort();
    for path in entries {
        if path.is_dir() {
            list(root, &path, files)?;
        } else {
            let inner = path.strip_prefix(root).expect("found below it");
            files.push(inner.to_string_lossy().into_owned());
        }
    }
    Ok(())
}
