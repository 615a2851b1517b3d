//! Data files of ours that ship with the program: lists of entries, read by the rules of a scenario.

use super::diagnostic::Diagnostic;
use super::fields::{Context, Fields, Item};
use super::path::Roots;
use super::place::Place;
use super::source::Sources;
use super::spec::TableSpec;
use super::tree;

/// The tables under `key` of the file `text`, each read by `entry`, or what is wrong with them, a line each.
pub(super) fn entries<T>(
    (name, text): (&str, &str),
    (file, key): (&'static TableSpec, &str),
    entry: impl Fn(&Fields<'_>) -> Option<T>,
) -> Result<Vec<T>, String> {
    let mut sources = Sources::default();
    let id = sources.add(name, text);
    let said = |reasons: Vec<Diagnostic>| {
        let lines = reasons.iter().map(|reason| reason.line(&sources));
        lines.collect::<Vec<_>>().join("\n")
    };
    let table = tree::parse(id, text).map_err(said)?;
    let roots = Roots::default();
    let cx = Context::new(&roots, Vec::new(), &|_| None);
    let file = Fields::new(file, (&table, Place::new(id, 0..0)), &cx);
    let tables = file.item(key).and_then(Item::tables);
    let entries: Option<Vec<_>> = tables.unwrap_or_default().iter().map(entry).collect();
    let reasons = cx.reasons.take();
    match entries.filter(|_| reasons.is_empty()) {
        Some(entries) => Ok(entries),
        None => Err(said(reasons)),
    }
}
