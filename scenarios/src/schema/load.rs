//! Loading a scenario: the file, what it extends, the `--set` arguments, and then the typed value.

use std::collections::BTreeSet;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sim_core::units::limits::MAX_TOML_BYTES;

use super::check::Registry;
use super::diagnostic::{Diagnostic, Rejection};
use super::fields::Context;
use super::path::{DataRoots, Roots, check_relative, inside};
use super::place::{Place, SourceId, Spanned};
use super::read::brief;
use super::scenario::Scenario;
use super::source::Sources;
use super::sweep::SweepSpec;
use super::value::{Table, Value};
use super::{decode, set, tree};

/// Longest chain of scenarios that extend each other.
const MOST_EXTENDED: usize = 8;

/// A scenario and the texts it was read from, so that later stages can show what they refuse.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What to run.
    pub scenario: Scenario,
    /// By position of a policy: the scenario as that policy would have it, if it brings something along.
    pub brought: Vec<(usize, Scenario)>,
    /// The texts that places lead to.
    pub sources: Sources,
    /// The files and folders that it names, in their order.
    pub files: Vec<PathBuf>,
}

/// A scenario that is read and not yet typed: what the cells of its sweep are made from.
#[derive(Clone, Debug)]
pub struct Draft {
    tree: Table,
    source: SourceId,
    sources: Sources,
    folders: Vec<(SourceId, String)>,
    roots: Roots,
}

/// Why no scenario came of a file.
#[derive(Debug)]
pub enum LoadError {
    /// The scenario itself could not be read: an I/O fault, nothing was decided about its content.
    Io {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        error: io::Error,
    },
    /// It was read and refused.
    Rejected(Rejection),
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Rejected(rejection) => rejection.fmt(f),
        }
    }
}

impl std::error::Error for LoadError {}

/// Reads the scenario at `path`, with the `--set` arguments `sets` applied in order; its parts are checked against `registry`.
///
/// # Errors
/// The file cannot be read, or it is refused: then every reason is given.
pub fn load(
    path: &Path,
    sets: &[String],
    data: &DataRoots,
    registry: &Registry<'_>,
) -> Result<Loaded, LoadError> {
    let draft = draft(path, sets, data)?;
    draft.typed(registry).map_err(LoadError::Rejected)
}

/// The same, not yet typed.
///
/// # Errors
/// The file cannot be read, or it is no TOML, or an argument leads nowhere.
pub fn draft(path: &Path, sets: &[String], data: &DataRoots) -> Result<Draft, LoadError> {
    let bytes = read(path).map_err(|error| LoadError::Io {
        path: path.into(),
        error,
    })?;
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let roots = Roots {
        folder,
        data: data.clone(),
    };
    let name = path.to_string_lossy();
    Draft::read(&name, &bytes, (sets, roots)).map_err(LoadError::Rejected)
}

/// Reads a scenario from memory; its relative paths lead into `folder`.
///
/// # Errors
/// Every reason to refuse it.
pub fn parse(
    name: &str,
    text: &[u8],
    at: (&Path, &DataRoots),
    registry: &Registry<'_>,
) -> Result<Loaded, Rejection> {
    draft_text((name, text), &[], at)?.typed(registry)
}

/// The same, with the `--set` arguments `sets` applied in order, and not yet typed.
///
/// # Errors
/// It is no TOML, or an argument leads nowhere.
pub fn draft_text(
    (name, text): (&str, &[u8]),
    sets: &[String],
    (folder, data): (&Path, &DataRoots),
) -> Result<Draft, Rejection> {
    let roots = Roots {
        folder: folder.into(),
        data: data.clone(),
    };
    Draft::read(name, text, (sets, roots))
}

impl Draft {
    /// Leaves learned policies without their agents: those that are to be trained may not be there yet.
    pub fn dismiss_agents(&mut self) {
        let policies = self.tree.get_mut("policy").map(|all| &mut all.value);
        let Some(Value::List(policies)) = policies else {
            return;
        };
        for policy in policies {
            let Value::Table(table) = &mut policy.value else {
                continue;
            };
            let kind = table.get("kind").and_then(|kind| kind.value.as_text());
            if kind == Some("learned") {
                table.entries.retain(|(key, _)| key.value != "file");
            }
        }
    }

    fn read(
        name: &str,
        bytes: &[u8],
        (sets, roots): (&[String], Roots),
    ) -> Result<Self, Rejection> {
        let mut loading = Loading {
            sources: Sources::default(),
            folders: Vec::new(),
            roots: &roots,
        };
        let tree = sourced(&mut loading.sources, name, bytes).and_then(|source| {
            let tree = tree::parse(source, loading.sources.text(source))?;
            let mut tree = loading.extended(tree, source, &mut BTreeSet::new())?;
            set::apply(&mut tree, sets, &mut loading.sources)?;
            Ok((tree, source))
        });
        let Loading {
            sources, folders, ..
        } = loading;
        match tree {
            Ok((tree, source)) => Ok(Self {
                tree,
                source,
                sources,
                folders,
                roots,
            }),
            Err(reasons) => Err(Rejection::new(sources, reasons)),
        }
    }

    /// The scenario itself; the keys of its sweep are tried with the first of their values.
    ///
    /// # Errors
    /// Every reason to refuse it.
    pub fn typed(&self, registry: &Registry<'_>) -> Result<Loaded, Rejection> {
        let loaded = self.decode(&self.tree, registry)?;
        if let Some(sweep) = &loaded.scenario.sweep {
            let first = sweep.axes.iter().map(|axis| axis.levels.at(0.0));
            self.cell(sweep, &first.collect::<Vec<_>>(), registry)?;
        }
        Ok(loaded)
    }

    /// The scenario of one cell, each key of `sweep` with its value of `values`: without the sweep, and without what
    /// judges results and does not change them.
    ///
    /// # Errors
    /// Every reason to refuse it, where the key or the value of the sweep stands.
    pub fn cell(
        &self,
        sweep: &SweepSpec,
        values: &[Spanned<Value>],
        registry: &Registry<'_>,
    ) -> Result<Loaded, Rejection> {
        let mut tree = self.tree.clone();
        let judges = [
            "sweep",
            "gate",
            "claim",
            "description",
            "question",
            "train",
            "reward",
        ];
        tree.entries
            .retain(|(key, _)| !judges.contains(&key.value.as_str()));
        let axes = sweep.axes.iter().zip(values);
        let put = axes.filter_map(|(axis, value)| set::vary(&mut tree, &axis.path, value).err());
        let reasons: Vec<_> = put.collect();
        if !reasons.is_empty() {
            return Err(Rejection::new(self.sources.clone(), reasons));
        }
        self.decode(&tree, registry)
    }

    fn decode(&self, tree: &Table, registry: &Registry<'_>) -> Result<Loaded, Rejection> {
        let cx = Context::new(&self.roots, self.folders.clone(), registry);
        let place = Place::new(self.source, 0..0);
        let scenario = decode::scenario(tree, place, &cx);
        let mut reasons = cx.reasons.take();
        let mut brought = Vec::new();
        if let Some(scenario) = scenario.as_ref().filter(|_| reasons.is_empty()) {
            for position in 0..scenario.policies.len() {
                match set::brought(tree, position) {
                    Ok(Some(tree)) => {
                        let own = decode::scenario(&tree, place, &cx);
                        brought.extend(own.map(|own| (position, own)));
                        reasons.extend(cx.reasons.take());
                    }
                    Ok(None) => {}
                    Err(more) => reasons.extend(more),
                }
            }
        }
        let sources = self.sources.clone();
        match scenario.filter(|_| reasons.is_empty()) {
            Some(scenario) => Ok(Loaded {
                scenario,
                brought,
                sources,
                files: cx.files.take().into_iter().collect(),
            }),
            None => Err(Rejection::new(sources, reasons)),
        }
    }
}

/// The bytes of a file, one more than a scenario may have at most.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(MAX_TOML_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

struct Loading<'a> {
    sources: Sources,
    folders: Vec<(SourceId, String)>,
    roots: &'a Roots,
}

pub(super) type Read<T> = Result<T, Vec<Diagnostic>>;

impl Loading<'_> {
    /// The tree with what it extends beneath it.
    fn extended(
        &mut self,
        mut tree: Table,
        source: SourceId,
        seen: &mut BTreeSet<PathBuf>,
    ) -> Read<Table> {
        let Some(at) = tree
            .entries
            .iter()
            .position(|(key, _)| key.value == "extends")
        else {
            return Ok(tree);
        };
        let (_, named) = tree.entries.remove(at);
        let refuse = |rule: &str, remedy: &str| {
            let shown = format!("extends = {}", brief(&named.value));
            vec![Diagnostic::new(named.place, shown, rule).or(remedy)]
        };
        let Some(written) = named.value.as_text() else {
            return Err(refuse("not a text", "write a file such as \"base.toml\""));
        };
        check_relative(written).map_err(|(rule, remedy)| refuse(&rule, &remedy))?;
        let folder = self.folder(source);
        let joined = format!("{folder}{written}");
        let path = inside(&self.roots.folder, &joined);
        let path = path.map_err(|(rule, remedy)| refuse(&rule, &remedy))?;
        if !seen.insert(path.clone()) {
            return Err(refuse("extends itself in the end", "break the circle"));
        }
        if seen.len() > MOST_EXTENDED {
            return Err(refuse(
                "more than 8 scenarios in a row",
                "join some of them",
            ));
        }
        let bytes =
            read(&path).map_err(|error| refuse(&error.to_string(), "name a readable file"))?;
        let name = self.sources.beside(&joined);
        let base = sourced(&mut self.sources, &name, &bytes)?;
        let inner = joined.rsplit_once('/').map_or("", |(folder, _)| folder);
        let inner = if inner.is_empty() {
            String::new()
        } else {
            format!("{inner}/")
        };
        self.folders.push((base, inner));
        let beneath = tree::parse(base, self.sources.text(base))?;
        let mut beneath = self.extended(beneath, base, seen)?;
        overlay(&mut beneath, tree);
        Ok(beneath)
    }

    fn folder(&self, source: SourceId) -> String {
        let found = self.folders.iter().find(|(id, _)| *id == source);
        found.map_or_else(String::new, |(_, folder)| folder.clone())
    }
}

/// Bytes as a source: of bounded size, and UTF-8.
pub(super) fn sourced(sources: &mut Sources, name: &str, bytes: &[u8]) -> Read<SourceId> {
    let refused = |source, at: usize, rule: &str, remedy: &str| {
        let place = Place::new(source, at..at + 1);
        Err(vec![Diagnostic::new(place, "", rule).or(remedy)])
    };
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if size > MAX_TOML_BYTES {
        let source = sources.add(name, "");
        return refused(
            source,
            0,
            "larger than 1 MiB",
            "move data into files of its own",
        );
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(sources.add(name, text)),
        Err(error) => {
            let source = sources.add(name, String::from_utf8_lossy(bytes));
            refused(
                source,
                error.valid_up_to(),
                "not UTF-8",
                "save the file as UTF-8",
            )
        }
    }
}

/// Lays `over` on `base`: tables by key, arrays of tables by name, all else replaced whole.
fn overlay(base: &mut Table, over: Table) {
    for (key, value) in over.entries {
        let Some(old) = base.get_mut(&key.value) else {
            base.entries.push((key, value));
            continue;
        };
        match (&mut old.value, value.value) {
            (Value::Table(old), Value::Table(new)) => replace_keys(old, new),
            (Value::List(old), Value::List(new)) if is_named(&new) => merge_named(old, new),
            (_, new) => *old = Spanned::new(new, value.place),
        }
    }
}

fn replace_keys(base: &mut Table, over: Table) {
    for (key, value) in over.entries {
        base.set(key, value);
    }
}

fn merge_named(base: &mut Vec<Spanned<Value>>, over: Vec<Spanned<Value>>) {
    for entry in over {
        let name = name_of(&entry).map(str::to_owned);
        let old = base.iter_mut().find(|old| name_of(old) == name.as_deref());
        match (old, entry.value) {
            (
                Some(Spanned {
                    value: Value::Table(old),
                    ..
                }),
                Value::Table(new),
            ) => {
                replace_keys(old, new);
            }
            (Some(_) | None, value) => base.push(Spanned::new(value, entry.place)),
        }
    }
}

fn is_named(entries: &[Spanned<Value>]) -> bool {
    !entries.is_empty() && entries.iter().all(|entry| name_of(entry).is_some())
}

/// The name of an entry of an array of tables.
pub(super) fn name_of(entry: &Spanned<Value>) -> Option<&str> {
    entry.value.as_table()?.get("name")?.value.as_text()
}
