//! Reading a table by its specification: structure is checked at once, values as they are taken.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::path::PathBuf;

use super::catalogue::Entry;
use super::check::Registry;
use super::diagnostic::{Diagnostic, quoted};
use super::path::Roots;
use super::place::{Place, SourceId, Spanned};
use super::spec::{KeySpec, TableSpec, Takes};
use super::value::{Table, Value};

/// Most known words that a misspelt one is compared with.
const MOST_COMPARED: usize = 1_000;

/// What every reader shares: where reasons are gathered, and where paths lead.
pub(super) struct Context<'a> {
    pub(super) reasons: RefCell<Vec<Diagnostic>>,
    /// The files and folders that were named.
    pub(super) files: RefCell<BTreeSet<PathBuf>>,
    pub(super) roots: &'a Roots,
    /// What parts there are.
    pub(super) registry: &'a Registry<'a>,
    /// For each source, its folder relative to the scenario's.
    pub(super) folders: Vec<(SourceId, String)>,
    /// Read when the first fleet names an entry.
    pub(super) catalogue: OnceCell<Vec<Entry>>,
}

/// A table that is being read.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) spec: &'static TableSpec,
    pub(super) table: &'a Table,
    pub(super) place: Place,
    pub(super) cx: &'a Context<'a>,
}

/// A value that is being read, and what may stand there.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) name: &'a str,
    pub(super) takes: &'static Takes,
    pub(super) bound: Option<(&'static str, &'static str)>,
    pub(super) value: &'a Spanned<Value>,
    pub(super) cx: &'a Context<'a>,
}

impl<'a> Context<'a> {
    /// Nothing noted yet.
    pub(super) fn new(
        roots: &'a Roots,
        folders: Vec<(SourceId, String)>,
        registry: &'a Registry<'a>,
    ) -> Self {
        Self {
            reasons: RefCell::default(),
            files: RefCell::default(),
            roots,
            registry,
            folders,
            catalogue: OnceCell::new(),
        }
    }

    /// Notes a reason for refusal.
    pub(super) fn refuse(&self, reason: Diagnostic) {
        self.reasons.borrow_mut().push(reason);
    }

    /// The folder of a text below the scenario's, empty or ending in a slash.
    pub(super) fn base(&self, source: SourceId) -> &str {
        let found = self.folders.iter().find(|(id, _)| *id == source);
        found.map_or("", |(_, folder)| folder)
    }
}

impl<'a> Fields<'a> {
    /// Begins to read: unknown keys, keys of later parts and missing keys are noted here.
    pub(super) fn new(
        spec: &'static TableSpec,
        (table, place): (&'a Table, Place),
        cx: &'a Context<'a>,
    ) -> Self {
        let fields = Self {
            spec,
            table,
            place,
            cx,
        };
        let mut awaited = false;
        for (key, _) in &table.entries {
            match spec.key(&key.value) {
                Some(known) => {
                    if let Some(part) = known.later {
                        awaited = true;
                        cx.refuse(not_yet(key.place, &key.value, part));
                    }
                }
                None if spec.open => {}
                None => cx.refuse(fields.unknown(key)),
            }
        }
        // What is missing may be what the later part puts in its place.
        let required = spec.keys.iter().filter(|key| key.required && !awaited);
        for key in required {
            if table.get(key.name).is_none() {
                let rule = format!("missing in {}", spec.title);
                let remedy = format!("add it: {}", key.takes.expected());
                cx.refuse(Diagnostic::new(place, key.name, rule).or(remedy));
            }
        }
        fields
    }

    /// The value of a key. Panics on one that the specification lacks or leaves to a later part.
    pub(super) fn item(&self, name: &str) -> Option<Item<'a>> {
        let known = self.spec.key(name);
        let known = known.expect("every key that is read is specified");
        assert!(known.later.is_none(), "{name} is of a later part");
        let value = self.table.get(name)?;
        Some(Item {
            name: known.name,
            takes: &known.takes,
            bound: known.bound,
            value,
            cx: self.cx,
        })
    }

    /// An optional key: absent is `Some(None)`, refused is `None`.
    #[expect(
        clippy::option_option,
        reason = "absent, refused and read are three answers"
    )]
    pub(super) fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(Item<'a>) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.item(name) {
            Some(item) => read(item).map(Some),
            None => Some(None),
        }
    }

    /// Refuses two keys that exclude each other, at the later one; true if both are there.
    pub(super) fn exclusive(&self, first: &str, second: &str) -> bool {
        let places = [first, second].map(|name| Some((self.key_place(name)?, name)));
        let [Some(first), Some(second)] = places else {
            return false;
        };
        let (earlier, later) = (first.min(second), first.max(second));
        let rule = format!("stands beside {}, which excludes it", earlier.1);
        self.refuse(later.0, later.1, &rule, "keep one of them");
        true
    }

    /// Refuses the table, or something it lacks.
    pub(super) fn refuse_here(&self, value: &str, rule: &str, remedy: &str) {
        self.refuse(self.place, value, rule, remedy);
    }

    /// Refuses something within the table.
    pub(super) fn refuse(&self, place: Place, value: &str, rule: &str, remedy: &str) {
        self.cx
            .refuse(Diagnostic::new(place, value, rule).or(remedy));
    }

    /// Where a key stands.
    pub(super) fn key_place(&self, name: &str) -> Option<Place> {
        let mut keys = self.table.entries.iter().map(|(key, _)| key);
        keys.find(|key| key.value == name).map(|key| key.place)
    }

    /// The keys that the specification does not list: parameters of an open table.
    pub(super) fn others(&self) -> Vec<(Spanned<String>, Spanned<Value>)> {
        let others = self.table.entries.iter();
        let others = others.filter(|(key, _)| self.spec.key(&key.value).is_none());
        others.cloned().collect()
    }

    pub(super) fn unknown(&self, key: &Spanned<String>) -> Diagnostic {
        let ready = self.spec.keys.iter().filter(|key| key.is_ready());
        let names: Vec<_> = ready.map(|key| key.name).collect();
        let rule = format!("unknown key in {}", self.spec.title);
        Diagnostic::new(key.place, quoted(&key.value), rule).or(suggestion(&key.value, &names))
    }
}

/// The refusal of something that a later part brings.
pub(super) fn not_yet(place: Place, what: &str, part: &str) -> Diagnostic {
    let what = format!("`{}` is not yet implemented ({part})", quoted(what));
    Diagnostic::new(place, what, "").or("remove it")
}

/// "did you mean `x`?" where one of `known` is close, else all of them.
pub(super) fn suggestion(written: &str, known: &[&str]) -> String {
    let lower: String = written
        .chars()
        .take(64)
        .flat_map(char::to_lowercase)
        .collect();
    let closeness = |name: &str| strsim::jaro_winkler(&lower, &name.to_lowercase());
    let scored = known
        .iter()
        .take(MOST_COMPARED)
        .map(|name| (*name, closeness(name)));
    let best = scored.max_by(|a, b| a.1.total_cmp(&b.1));
    match best {
        Some((name, closeness)) if closeness > 0.8 => format!("did you mean `{name}`?"),
        Some(_) if known.len() <= 40 => format!("known are {}", known.join(", ")),
        Some(_) => "check the spelling".into(),
        None => "remove it".into(),
    }
}

impl KeySpec {
    /// Whether the key can be written now.
    pub(super) const fn is_ready(&self) -> bool {
        self.later.is_none()
    }
}
