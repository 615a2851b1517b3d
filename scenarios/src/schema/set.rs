//! `--set path=value`: changes to the tree before it is typed, whose errors point at the argument. A value may be relative
//! to what the scenario says ([`Change`]), and `*` stands for every entry that has the key.

use std::ops::Range;

use super::decode;
use super::diagnostic::{Diagnostic, quoted};
use super::fields::suggestion;
use super::load::name_of;
use super::place::{Place, SourceId, Spanned};
use super::relative::Change;
use super::source::Sources;
use super::spec::Takes;
use super::tree;
use super::value::{Table, Value};

/// Longest argument, in bytes.
const MOST_ARGUMENT: usize = 4096;

/// Applies the arguments in order, each of the form `fleet.floor.count=4`.
///
/// # Errors
/// Everything wrong with any of them.
pub(super) fn apply(
    tree: &mut Table,
    arguments: &[String],
    sources: &mut Sources,
) -> Result<(), Vec<Diagnostic>> {
    let mut reasons = Vec::new();
    for argument in arguments {
        let source = sources.add("--set", argument.as_str());
        if let Err(more) = apply_one(tree, argument, source) {
            reasons.extend(more);
        }
    }
    if reasons.is_empty() {
        Ok(())
    } else {
        Err(reasons)
    }
}

fn apply_one(tree: &mut Table, argument: &str, source: SourceId) -> Result<(), Vec<Diagnostic>> {
    let whole = Step {
        text: argument.into(),
        place: Place::new(source, 0..argument.len()),
    };
    if argument.len() > MOST_ARGUMENT {
        return Err(vec![
            whole.refuse("longer than 4,096 bytes", "write it into the scenario"),
        ]);
    }
    let (path, value_at) = steps(argument, source)
        .ok_or_else(|| vec![whole.refuse("not path=value", "write --set fleet.NAME.count=4")])?;
    let text = &argument[value_at..];
    let Some(change) = Change::of(text) else {
        let value = value(text, source, value_at)?;
        return put(tree, &path, &Setting::To(&value)).map_err(|reason| vec![reason]);
    };
    let written = Step {
        text: text.into(),
        place: Place::new(source, value_at..argument.len()),
    };
    let change = Setting::By(change, written);
    let before = tree.clone();
    put(tree, &path, &change).map_err(|reason| vec![reason])?;
    if *tree == before {
        let rule = "changes nothing, as counts are rounded to the nearest whole";
        return Err(vec![whole.refuse(rule, "name an amount, such as +1")]);
    }
    Ok(())
}

/// Roots of what a policy may bring along: what is bought, kept and configured with it, nothing of the luck or of the work.
const BROUGHT: [(&str, &[&str]); 8] = [
    ("storage", &[]),
    ("data", &[]),
    ("leftover", &[]),
    ("reservation", &[]),
    ("budget", &[]),
    ("workload", &["course", "checkpoint"]),
    ("fleet", &["billing", "ownership", "price", "poll"]),
    (
        "service",
        &[
            "serving", "router", "cache", "line", "patience", "retries", "transfer", "replicas",
        ],
    ),
];

/// The tree as the policy at `position` would have it, if it brings something along: `with = { "storage.logs.tiers" = ... }`.
///
/// # Errors
/// A path that leads nowhere, or to something that no policy brings along.
pub(super) fn brought(tree: &Table, position: usize) -> Result<Option<Table>, Vec<Diagnostic>> {
    let policy = |tree: &Table| {
        let policies = tree.get("policy")?.value.as_list()?.get(position)?;
        let with = policies.value.as_table()?.get("with")?.clone();
        Some(with)
    };
    let Some(with) = policy(tree) else {
        return Ok(None);
    };
    let Value::Table(changes) = &with.value else {
        let rule = "not a table";
        let remedy = "write with = { \"reservation.NAME.count\" = 4 }";
        return Err(vec![Diagnostic::new(with.place, "with", rule).or(remedy)]);
    };
    let (mut tree, mut reasons) = (without(tree), Vec::new());
    for (key, value) in &changes.entries {
        if let Err(reason) = bring(&mut tree, key, value) {
            reasons.push(reason);
        }
    }
    if reasons.is_empty() {
        Ok(Some(tree))
    } else {
        Err(reasons)
    }
}

/// The tree without what policies bring along.
fn without(tree: &Table) -> Table {
    let mut tree = tree.clone();
    let policies = tree.get_mut("policy").map(|policies| &mut policies.value);
    if let Some(Value::List(policies)) = policies {
        for policy in policies {
            if let Value::Table(policy) = &mut policy.value {
                policy.entries.retain(|(key, _)| key.value != "with");
            }
        }
    }
    tree
}

fn bring(
    tree: &mut Table,
    key: &Spanned<String>,
    value: &Spanned<Value>,
) -> Result<(), Diagnostic> {
    let form = "write a path such as \"reservation.NAME.count\"";
    let (whole, path) = written(key, form)?;
    let [root, _, inner, ..] = path.as_slice() else {
        return Err(whole.refuse("not a path to a key of a table", form));
    };
    let allowed = BROUGHT.iter().any(|(known, keys)| {
        *known == root.text && (keys.is_empty() || keys.contains(&inner.text.as_str()))
    });
    if !allowed {
        let rule = "no policy brings that along: it would change the work or the luck";
        let remedy = "known are storage, data, leftover, reservation and budget; course and \
                      checkpoint of a workload; billing, ownership, price and poll of a fleet; \
                      all of a service but its requests, what it promises, its tenant and priority";
        return Err(whole.refuse(rule, remedy));
    }
    put(tree, &path, &Setting::of(value))
}

/// What a key is set to.
enum Setting<'a> {
    /// A value.
    To(&'a Spanned<Value>),
    /// What the scenario says, changed as the argument says.
    By(Change, Step),
}

impl<'a> Setting<'a> {
    /// A value of a file, which may be relative as an argument's is.
    fn of(value: &'a Spanned<Value>) -> Self {
        let Value::Text(text) = &value.value else {
            return Self::To(value);
        };
        Change::of(text).map_or(Self::To(value), |change| {
            let written = Step {
                text: text.clone(),
                place: value.place,
            };
            Self::By(change, written)
        })
    }

    /// The new value of `key`, which has the value `old`.
    fn over(&self, key: &Step, old: Option<&Spanned<Value>>) -> Result<Spanned<Value>, Diagnostic> {
        let (change, written) = match self {
            Self::To(value) => return Ok((*value).clone()),
            Self::By(change, written) => (change, written),
        };
        let Some(old) = old else {
            let rule = "is not said by the scenario, so that nothing can be relative to it";
            return Err(key.refuse(rule, "set a value"));
        };
        let new = change.applied(&old.value).map_err(|rule| {
            let remedy = format!("set a value, or {:?} in quotes for a text", written.text);
            written.refuse(&rule, &remedy)
        })?;
        // What does not change is not said by the argument.
        let place = if new == old.value {
            old.place
        } else {
            written.place
        };
        Ok(Spanned::new(new, place))
    }
}

/// Sets the key that a sweep varies; what is wrong with the path is told where the path stands.
///
/// # Errors
/// A path that leads nowhere, or to what is no part of a cell.
pub(super) fn vary(
    tree: &mut Table,
    key: &Spanned<String>,
    value: &Spanned<Value>,
) -> Result<(), Diagnostic> {
    let form = "write a path in quotes, such as \"fleet.NAME.count\"";
    let (whole, path) = written(key, form)?;
    if ["sweep", "gate", "train", "reward", "name", "claim"].contains(&path[0].text.as_str()) {
        let rule = "no part of what a cell runs";
        return Err(whole.refuse(rule, "vary a key of a fleet, a workload or a policy"));
    }
    put(tree, &path, &Setting::of(value))
}

/// A path that stands as a key, whole and in steps; who writes something else is told of the `form`.
fn written(key: &Spanned<String>, form: &str) -> Result<(Step, Vec<Step>), Diagnostic> {
    let whole = Step {
        text: key.value.clone(),
        place: key.place,
    };
    let Some((mut path, _)) = steps(&format!("{}=", key.value), key.place.source) else {
        return Err(whole.refuse("not a path", form));
    };
    for step in &mut path {
        step.place = key.place;
    }
    Ok((whole, path))
}

/// One name of a path.
struct Step {
    text: String,
    place: Place,
}

impl Step {
    fn refuse(&self, rule: &str, remedy: &str) -> Diagnostic {
        Diagnostic::new(self.place, quoted(&self.text), rule).or(remedy)
    }

    /// Whether it stands for every entry.
    fn is_any(&self) -> bool {
        self.text == "*"
    }

    fn key(&self) -> Spanned<String> {
        Spanned::new(self.text.clone(), self.place)
    }
}

/// The dotted path, whose names may stand in quotes, and where the value begins.
fn steps(argument: &str, source: SourceId) -> Option<(Vec<Step>, usize)> {
    let mut path = Vec::new();
    let mut at = 0;
    loop {
        let (range, after) = step(argument, at)?;
        let text = argument[range.clone()].trim();
        if text.is_empty() {
            return None;
        }
        path.push(Step {
            text: text.into(),
            place: Place::new(source, range),
        });
        match argument.as_bytes().get(after)? {
            b'.' => at = after + 1,
            b'=' => return Some((path, after + 1)),
            _ => return None,
        }
    }
}

/// The bytes of the name at `at`, and where it ends.
fn step(argument: &str, at: usize) -> Option<(Range<usize>, usize)> {
    let rest = &argument[at..];
    if let Some(inner) = rest.strip_prefix('"') {
        let end = inner.find('"')?;
        return Some((at + 1..at + 1 + end, at + end + 2));
    }
    let end = rest.find(['.', '='])?;
    Some((at..at + end, at + end))
}

/// A TOML value, or a bare text: a shell has eaten the quotes.
fn value(text: &str, source: SourceId, at: usize) -> Result<Spanned<Value>, Vec<Diagnostic>> {
    let place = Place::new(source, at..at + text.len());
    let is_toml = text.starts_with(['"', '\'', '[', '{']);
    match tree::parse_value(source, text, at) {
        Ok(value) => Ok(value),
        Err(reasons) if is_toml => Err(reasons),
        Err(_) => Ok(Spanned::new(Value::Text(text.into()), place)),
    }
}

/// Sets `path` in the scenario: a key, a key of a table, or keys of an entry of an array of tables.
fn put(tree: &mut Table, path: &[Step], value: &Setting<'_>) -> Result<(), Diagnostic> {
    let (first, rest) = path.split_first().expect("a path has a step");
    let Some(known) = decode::TOP.key(&first.text) else {
        let names: Vec<_> = decode::TOP.keys.iter().map(|key| key.name).collect();
        return Err(first.refuse(
            "unknown key in the scenario",
            &suggestion(&first.text, &names),
        ));
    };
    if first.text == "extends" {
        return Err(first.refuse("cannot be set", "write it into the scenario"));
    }
    if !matches!(known.takes, Takes::Tables(_)) {
        return put_key(tree, path, value);
    }
    let entries = tree.get_mut(&first.text).map(|entries| &mut entries.value);
    let Some(Value::List(entries)) = entries else {
        return Err(first.refuse("the scenario has none", "add one to the scenario"));
    };
    put_in(first, entries, rest, value)
}

/// Sets a key of the entry that is named first, in an array of tables.
fn put_in(
    array: &Step,
    entries: &mut [Spanned<Value>],
    path: &[Step],
    value: &Setting<'_>,
) -> Result<(), Diagnostic> {
    let form = format!("write --set {}.NAME.KEY=VALUE", array.text);
    let [name, keys @ ..] = path else {
        return Err(array.refuse("an array of tables", &form));
    };
    if keys.is_empty() {
        return Err(name.refuse("a whole table", &form));
    }
    if name.is_any() {
        return put_everywhere(entries.iter_mut(), (name, keys), value);
    }
    let at = entries
        .iter()
        .position(|entry| name_of(entry) == Some(&name.text));
    if let Some(Value::Table(entry)) = at.map(|at| &mut entries[at].value) {
        return put_key(entry, keys, value);
    }
    let names: Vec<_> = entries.iter().filter_map(name_of).collect();
    let rule = format!("no {} has this name", array.text);
    Err(name.refuse(&rule, &suggestion(&name.text, &names)))
}

/// Sets the rest of a path in every entry that has it; at least one must.
fn put_everywhere<'t>(
    entries: impl Iterator<Item = &'t mut Spanned<Value>>,
    (any, rest): (&Step, &[Step]),
    value: &Setting<'_>,
) -> Result<(), Diagnostic> {
    let mut matched = false;
    for entry in entries {
        if rest.is_empty() {
            matched = true;
            *entry = value.over(any, Some(entry))?;
        } else if let Value::Table(table) = &mut entry.value
            && has(table, rest)
        {
            matched = true;
            put_key(table, rest, value)?;
        }
    }
    if matched {
        return Ok(());
    }
    match rest.first() {
        Some(key) => Err(key.refuse("no entry has this key", "name an entry in place of *")),
        None => Err(any.refuse("there is no entry", "add one to the scenario")),
    }
}

/// Whether `table` has what the path leads to.
fn has(table: &Table, path: &[Step]) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return true;
    };
    if first.is_any() {
        let mut inner = table.entries.iter().map(|(_, value)| &value.value);
        return inner.any(|inner| has_inside(inner, rest));
    }
    let inner = table.get(&first.text);
    inner.is_some_and(|inner| has_inside(&inner.value, rest))
}

fn has_inside(value: &Value, path: &[Step]) -> bool {
    match (value, path) {
        (_, []) => true,
        (Value::Table(inner), _) => has(inner, path),
        (Value::List(entries), [name, keys @ ..]) => entries.iter().any(|entry| {
            let named = name.is_any() || name_of(entry) == Some(&name.text);
            named && has_inside(&entry.value, keys)
        }),
        (
            Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::Text(_) | Value::Date(_),
            _,
        ) => false,
    }
}

/// Sets a key, making the tables on the way; the short form of a part becomes its table, and tables of an array are named.
fn put_key(table: &mut Table, path: &[Step], value: &Setting<'_>) -> Result<(), Diagnostic> {
    let (first, rest) = path.split_first().expect("a path has a step");
    if first.is_any() {
        let entries = table.entries.iter_mut().map(|(_, entry)| entry);
        return put_everywhere(entries, (first, rest), value);
    }
    if rest.is_empty() {
        let new = value.over(first, table.get(&first.text))?;
        table.set(first.key(), new);
        return Ok(());
    }
    if table.get(&first.text).is_none() {
        let empty = Spanned::new(Value::Table(Table::default()), first.place);
        table.set(first.key(), empty);
    }
    let inner = table.get_mut(&first.text).expect("it was just put there");
    if let (Value::Text(_), Some(key)) = (&inner.value, kind_key(&first.text)) {
        let kind = (Spanned::new(key.to_owned(), inner.place), inner.clone());
        inner.value = Value::Table(Table {
            entries: vec![kind],
        });
    }
    match &mut inner.value {
        Value::Table(inner) => put_key(inner, rest, value),
        Value::List(entries) if entries.iter().any(|entry| entry.value.as_table().is_some()) => {
            // The only one of an array, as most sets of replicas are, needs no name.
            let is_named = |entry: &Spanned<Value>| name_of(entry) == Some(&rest[0].text);
            if let [entry] = &mut entries[..]
                && !is_named(entry)
                && !rest[0].is_any()
                && let Value::Table(only) = &mut entry.value
            {
                return put_key(only, rest, value);
            }
            put_in(first, entries, rest, value)
        }
        Value::List(entries) if rest[0].is_any() => {
            put_everywhere(entries.iter_mut(), (&rest[0], &rest[1..]), value)
        }
        Value::Bool(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Date(_)
        | Value::List(_) => {
            let rule = format!("{}, which has no keys", inner.value.noun());
            Err(first.refuse(&rule, "shorten the path"))
        }
    }
}

/// The key of the kind, where `name` is a part that may be written short.
fn kind_key(name: &str) -> Option<&'static str> {
    match name {
        "order" | "admit" | "place" | "preempt" | "buy" | "guard" | "hours" | "scale" | "pace"
        | "replicas" | "oversubscribe" | "course" => Some("kind"),
        "synth" | "estimate" => Some("model"),
        _ => None,
    }
}
