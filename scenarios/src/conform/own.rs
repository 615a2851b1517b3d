//! Families of which the cases are ours: what they are held to lies among the data, and no `cases.toml` lists them.

use std::path::{Path, PathBuf};

use plots::table::Table;

use super::{Place, Verdict, alpaserve, autoscaling};

/// A family of which the cases are ours.
pub struct Own {
    /// Its name.
    pub name: &'static str,
    inputs: &'static [&'static str],
    run: fn(&Place<'_>) -> Result<Findings, String>,
}

/// What came of such a family.
#[derive(Clone, Debug, PartialEq)]
pub struct Findings {
    /// Of each case.
    pub verdicts: Vec<Verdict>,
    /// What the verdicts are about, in numbers.
    pub table: Table,
}

/// All of them.
pub const OWN: &[Own] = &[
    Own {
        name: "alpaserve",
        inputs: alpaserve::INPUTS,
        run: alpaserve::run,
    },
    Own {
        name: "autoscaling",
        inputs: autoscaling::INPUTS,
        run: autoscaling::run,
    },
];

impl Own {
    /// The one of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        OWN.iter().find(|own| own.name == name)
    }

    /// Whether the data roots hold what it reads.
    pub fn is_there(&self, data: &[PathBuf]) -> bool {
        let place = Place::of_data(data, false);
        self.inputs.iter().all(|input| place.find(input).is_ok())
    }

    /// Runs all of its cases.
    ///
    /// # Errors
    /// What it reads is not there, or not what it should be, in words.
    pub fn run(&self, data: &[PathBuf], full: bool) -> Result<Findings, String> {
        (self.run)(&Place::of_data(data, full))
    }
}

impl<'a> Place<'a> {
    fn of_data(data: &'a [PathBuf], full: bool) -> Self {
        let folder = Path::new("");
        Place { folder, data, full }
    }
}

impl Verdict {
    /// Of a case of ours: so many items, of which so many are as they should be.
    pub(super) fn of((family, case): (&str, String), (items, matched): (usize, usize)) -> Self {
        Self {
            family: family.to_owned(),
            case,
            items,
            matched,
            max_abs_diff: 0.0,
            tolerance: 0.0,
            pass: Some(items > 0 && matched == items),
            note: String::new(),
        }
    }

    /// With the largest difference, and what is allowed.
    pub(super) fn within(self, max_abs_diff: f64, tolerance: f64) -> Self {
        Self {
            max_abs_diff,
            tolerance,
            ..self
        }
    }

    /// With a note.
    pub(super) fn noting(self, note: String) -> Self {
        Self { note, ..self }
    }
}
