//! Merging: the cells of any number of folders become the tables of one, the same bytes however they were sharded.

use std::cell::RefCell;

use super::MergeError;
use super::figures;
use super::findings::Findings;
use super::folder::Folder;
use super::record;
use super::stored::{HEAD, Planned, Sheet};
use super::tables::{self, Growing, To};
use crate::experiment::cell::{self, Cell};
use crate::experiment::{Columns, Form};

/// Most missing cells that an error lists.
const MOST_LISTED: usize = 20;

/// What was merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// Different cells that were found.
    pub cells: usize,
    /// How many were not.
    pub missing: usize,
}

/// Writes the tables `cells`, `runs` and `summary` in this form and `sweep.json` into `out`, and what the cells say together;
/// cells that no folder has are an error unless what there is will do.
///
/// # Errors
/// No plan, folders of different sweeps, missing cells, or the system's. No table is written unless each cell was read.
pub fn merge(
    folders: &[Folder],
    (out, form): (&Folder, Form),
    partial: bool,
) -> Result<Merged, MergeError> {
    let (merged, sheet, findings) = gather(folders, To::Folder(out, form), partial)?;
    figures::write(&findings, &sheet, out)?;
    out.put(HEAD, sheet.json().as_bytes())?;
    Ok(merged)
}

/// The same tables in memory, by name; no figures.
///
/// # Errors
/// No plan, folders of different sweeps, missing cells, the system's, or a number beyond 64 bits.
pub fn merge_in_memory(
    folders: &[Folder],
    partial: bool,
) -> Result<(Merged, Vec<(String, Columns)>), MergeError> {
    let tables = RefCell::default();
    let (merged, _, _) = gather(folders, To::Memory(&tables), partial)?;
    Ok((merged, tables.into_inner()))
}

fn gather(
    folders: &[Folder],
    to: To<'_>,
    partial: bool,
) -> Result<(Merged, Sheet, Findings), MergeError> {
    let sheet = common(folders)?;
    let mut cells = Growing::begin(to, "cells", &tables::cells(sheet.keys()))?;
    let mut runs = Growing::begin(to, "runs", &cell::run_columns())?;
    let mut summary = Growing::begin(to, "summary", &cell::SUMMARY)?;
    let mut findings = Findings::default();
    let (mut found, mut missing, mut listed) = (0, 0, Vec::new());
    for position in sheet.distinct() {
        let planned = &sheet.cells[position];
        let Some(mut cell) = find(folders, planned)? else {
            missing += 1;
            if listed.len() < MOST_LISTED {
                listed.push(planned.clone());
            }
            continue;
        };
        found += 1;
        cell.inference = sheet.head.inference;
        findings.add(&cell);
        let values = planned.values.iter().map(|value| value.as_str().into());
        let row = std::iter::once(planned.cell.as_str().into()).chain(values);
        cells.add([row.collect()])?;
        runs.add(cell::runs(&cell))?;
        summary.add(cell::summary(&cell))?;
    }
    if missing > 0 && !partial {
        return Err(MergeError::Missing(missing, listed));
    }
    for table in [cells, runs, summary] {
        table.finish()?;
    }
    findings.write(&sheet, to)?;
    let merged = Merged {
        cells: found,
        missing,
    };
    Ok((merged, sheet, findings))
}

/// The plan that all folders have.
pub(super) fn common(folders: &[Folder]) -> Result<Sheet, MergeError> {
    let mut sheet = None;
    for folder in folders {
        let own = Sheet::read(folder)?;
        if sheet.get_or_insert_with(|| own.clone()) != &own {
            return Err(MergeError::Differs(folder.path().to_owned()));
        }
    }
    Ok(sheet.expect("there is a folder to merge"))
}

/// The cell, from the first folder that has the whole of it.
pub(super) fn find(folders: &[Folder], planned: &Planned) -> Result<Option<Cell>, MergeError> {
    for folder in folders {
        let bytes = folder.get(&planned.file())?;
        let cell = bytes.and_then(|bytes| record::read(&bytes, &planned.cell));
        if cell.is_some() {
            return Ok(cell);
        }
    }
    Ok(None)
}
