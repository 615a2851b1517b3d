//! The plan as a folder holds it: `sweep.json` says what the sweep is, `plan.csv` which cell stands at which position.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::MergeError;
use super::folder::Folder;
use crate::experiment::sheet::{Csv, text};
use crate::schema::Inference;

/// What the sweep is.
pub(super) const HEAD: &str = "sweep.json";
/// Its cells by position.
pub(super) const PLAN: &str = "plan.csv";
/// The folder of finished cells.
pub const CELLS: &str = "cells";

/// A plan: what the sweep is, and its cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// What the sweep is.
    pub head: Head,
    /// By position; equal cells have the same name.
    pub cells: Vec<Planned>,
}

/// What a sweep is, without anything of the machine or the time of day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Always `windtunnel`.
    pub tool: String,
    /// Of the tool.
    pub version: String,
    /// Of the digests.
    pub digest_version: u32,
    /// The scenario's name.
    pub scenario: String,
    /// The policy that others are compared with.
    pub baseline: String,
    /// How intervals and p-values of its tables are found.
    #[serde(default)]
    pub inference: Inference,
    /// How cells are chosen.
    pub method: String,
    /// Points that are drawn.
    pub n: u32,
    /// What they are drawn by.
    pub seed: u64,
    /// The paths of the keys that are varied.
    pub keys: Vec<String>,
    /// How many cells there are, equal ones counted each time.
    pub positions: usize,
    /// How many different ones.
    pub cells: usize,
}

/// One cell of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Its name.
    pub cell: String,
    /// The value of each key, as tables show it.
    pub values: Vec<String>,
}

impl Planned {
    /// The file of the cell within a folder.
    pub fn file(&self) -> String {
        format!("{CELLS}/{}.csv", self.cell)
    }
}

impl Sheet {
    /// The positions at which a cell stands for the first time, in their order.
    pub fn distinct(&self) -> Vec<usize> {
        let mut first = BTreeMap::new();
        for (position, planned) in self.cells.iter().enumerate() {
            first.entry(planned.cell.as_str()).or_insert(position);
        }
        let mut positions: Vec<usize> = first.into_values().collect();
        positions.sort_unstable();
        positions
    }

    /// `plan.csv`: one row a position.
    pub fn rows(&self) -> Vec<u8> {
        let mut csv = Csv::new(["position", "cell"].into_iter().chain(self.keys()));
        for (position, planned) in self.cells.iter().enumerate() {
            let head = [position.to_string(), planned.cell.clone()];
            csv.row(
                head.into_iter()
                    .chain(planned.values.iter().map(|value| text(value))),
            );
        }
        csv.bytes()
    }

    /// The paths of the keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.head.keys.iter().map(String::as_str)
    }

    /// `sweep.json`.
    pub fn json(&self) -> String {
        let json = serde_json::to_string_pretty(&self.head).expect("texts and numbers alone");
        json + "\n"
    }

    /// Puts both files into a folder, unless they are there.
    ///
    /// # Errors
    /// The system's.
    pub fn store(&self, folder: &Folder) -> Result<(), crate::experiment::OutputError> {
        // The plan goes first: what the head counts is there once the head is.
        for (name, bytes) in [(PLAN, self.rows()), (HEAD, self.json().into_bytes())] {
            if folder.get(name)?.as_ref() != Some(&bytes) {
                folder.put(name, &bytes)?;
            }
        }
        Ok(())
    }

    /// The plan of a folder.
    ///
    /// # Errors
    /// There is none, or not a whole one.
    pub fn read(folder: &Folder) -> Result<Self, MergeError> {
        let none = || MergeError::NoPlan(folder.path().to_owned());
        let head = folder.get(HEAD)?.ok_or_else(none)?;
        let plan = folder.get(PLAN)?.ok_or_else(none)?;
        let head: Head = serde_json::from_slice(&head).map_err(|_| none())?;
        let mut reader = csv::Reader::from_reader(plan.as_slice());
        let mut cells = Vec::new();
        for row in reader.records() {
            let row = row.map_err(|_| none())?;
            let cell = row.get(1).filter(|cell| is_name(cell)).ok_or_else(none)?;
            cells.push(Planned {
                cell: cell.to_owned(),
                values: row.iter().skip(2).map(str::to_owned).collect(),
            });
        }
        let keys = head.keys.len();
        let sound = cells.len() == head.positions
            && cells.iter().all(|planned| planned.values.len() == keys);
        if sound {
            Ok(Self { head, cells })
        } else {
            Err(none())
        }
    }
}

/// Whether a text can be the name of a cell, and so of a file: hexadecimal digits.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(cells: &[(&str, &[&str])]) -> Sheet {
        let planned = cells.iter().map(|(cell, values)| Planned {
            cell: (*cell).to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        });
        let cells: Vec<Planned> = planned.collect();
        Sheet {
            head: Head {
                tool: "windtunnel".to_owned(),
                version: "1".to_owned(),
                digest_version: 1,
                scenario: "x".to_owned(),
                baseline: "p".to_owned(),
                inference: Inference::default(),
                method: "grid".to_owned(),
                n: 1,
                seed: 1,
                keys: cells[0]
                    .values
                    .iter()
                    .map(|value| format!("k.{value}"))
                    .collect(),
                positions: cells.len(),
                cells: 2,
            },
            cells,
        }
    }

    #[test]
    fn a_stored_plan_reads_back() {
        let scratch = tempfile::tempdir().expect("a folder");
        let folder = Folder::new(scratch.path(), false);
        let sheet = sheet(&[
            ("a0", &["1", "x, \"y\""]),
            ("b1", &["2", "z"]),
            ("a0", &["1", "w"]),
        ]);
        sheet.store(&folder).expect("stored");
        assert_eq!(Sheet::read(&folder).expect("a plan"), sheet);
        assert_eq!(sheet.distinct(), [0, 1]);
    }

    #[test]
    fn a_plan_cannot_lead_out_of_its_folder() {
        let scratch = tempfile::tempdir().expect("a folder");
        let folder = Folder::new(scratch.path(), false);
        sheet(&[("../a", &["1"])]).store(&folder).expect("stored");
        assert!(matches!(Sheet::read(&folder), Err(MergeError::NoPlan(_))));
    }
}
