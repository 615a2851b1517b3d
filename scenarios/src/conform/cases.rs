//! `cases.toml`: the cases of a family.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;
use sim_core::units::{Span, convert};

use super::table::Table;

/// A family of cases.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Family {
    /// Version of the form.
    pub(super) version: u32,
    /// Its name.
    #[serde(rename = "family")]
    pub(super) name: String,
    /// Files that nothing reads.
    #[serde(default)]
    pub(super) ignored: Vec<String>,
    /// The cases.
    #[serde(rename = "case", default)]
    pub(super) cases: Vec<Case>,
}

/// A case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// Its name.
    pub(super) id: String,
    /// What goes in.
    pub(super) inputs: Vec<String>,
    /// What the original printed.
    pub(super) expected: Vec<String>,
    /// The original's name for the policy.
    pub(super) policy: String,
    /// All else that a run needs.
    #[serde(default)]
    pub(super) options: toml::Table,
    /// What must agree.
    pub(super) compare: Compare,
    /// What is expected of a right implementation.
    pub(super) expect: Expect,
    /// Why, where it is not a match.
    pub(super) note: Option<String>,
}

/// What must agree.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Compare {
    /// The file.
    pub(super) file: String,
    /// Columns that name a row, comma-joined.
    pub(super) key: String,
    /// Columns that must agree.
    pub(super) columns: Vec<String>,
    /// A column that is filled where a row must fail; what with is not compared.
    pub(super) error_column: Option<String>,
    /// By how much they may differ.
    pub(super) tolerance: f64,
    /// The same, column by column, where they differ.
    #[serde(default)]
    pub(super) tolerances: BTreeMap<String, f64>,
    /// Whether the tolerance is of the expected value.
    #[serde(default)]
    pub(super) relative: bool,
    /// Or that many standard errors of the run's own estimate, if that is more.
    pub(super) stderr: Option<f64>,
    /// The rows of the file that are meant: columns with the texts that they hold.
    #[serde(default)]
    pub(super) select: BTreeMap<String, String>,
    /// How many rows there must be, or that they are the first ones only.
    pub(super) rows: Option<Rows>,
    /// How many rows differ, where that is known.
    pub(super) known_mismatches: Option<usize>,
    /// Whether the rows must come in the same order too.
    #[serde(default)]
    pub(super) ordered: bool,
    /// At least this share of the rows within the tolerance will do,
    pub(super) share: Option<f64>,
    /// if all are within this.
    pub(super) limit: Option<f64>,
    /// Further comparisons.
    #[serde(default)]
    pub(super) also: Vec<Compare>,
}

/// Which rows of a file there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Rows {
    /// All, so many.
    Count(usize),
    /// Some of the first.
    First(First),
}

/// The word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum First {
    /// The original's run was stopped: what comes behind its last row is not compared.
    Prefix,
}

/// What is expected of a right implementation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Expect {
    /// The same.
    Match,
    /// A difference that the note explains.
    KnownMismatch,
    /// Listed, and not run.
    Skip,
}

impl Family {
    /// Reads `cases.toml` of a folder.
    pub(super) fn read(folder: &Path) -> Result<Self, String> {
        let path = folder.join("cases.toml");
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let family: Self = toml::from_str(&text).map_err(|error| {
            let mut message = path.display().to_string();
            write!(message, ": {error}").expect("a text takes all");
            message
        })?;
        match family.version {
            1 => Ok(family),
            other => Err(format!(
                "{}: version = {other}: only version 1 is known",
                path.display()
            )),
        }
    }
}

impl Case {
    /// Tables by the files they are compared with: those of which one was published, told by how its name ends.
    pub(super) fn named<const N: usize>(&self, tables: [(&str, Table); N]) -> Vec<(String, Table)> {
        let file = |end: &str| self.expected.iter().find(|file| file.ends_with(end));
        let named = tables.into_iter();
        let named = named.filter_map(|(end, table)| Some((file(end)?.clone(), table)));
        named.collect()
    }

    /// A whole number among the options.
    pub(super) fn number(&self, option: &str) -> Result<u64, String> {
        let value = self.options.get(option).and_then(toml::Value::as_integer);
        let number = value.and_then(|value| u64::try_from(value).ok());
        number.ok_or_else(|| format!("option {option}: not a whole number from zero up"))
    }

    /// A whole number from one to `most` among the options.
    pub(super) fn small(&self, option: &str, most: u32) -> Result<u32, String> {
        let number = u32::try_from(self.number(option)?).ok();
        let number = number.filter(|number| (1..=most).contains(number));
        number.ok_or_else(|| format!("{option}: not a number from 1 to {most}"))
    }

    /// Yes or no among the options.
    pub(super) fn flag(&self, option: &str) -> Result<bool, String> {
        let flag = self.options.get(option).and_then(toml::Value::as_bool);
        flag.ok_or_else(|| format!("option {option}: not true or false"))
    }

    /// A number among the options.
    pub(super) fn real(&self, option: &str) -> Result<f64, String> {
        let value = self.options.get(option);
        let whole = || {
            value
                .and_then(toml::Value::as_integer)
                .and_then(|n| u32::try_from(n).ok())
        };
        let number = value
            .and_then(toml::Value::as_float)
            .or_else(|| whole().map(f64::from));
        let number = number.filter(|number| number.is_finite() && *number >= 0.0);
        number.ok_or_else(|| format!("option {option}: not a number from zero up"))
    }

    /// A number of hours among the options, to the microsecond.
    pub(super) fn hours(&self, option: &str) -> Result<Span, String> {
        let us = convert::floor(self.real(option)? * 3.6e9 + 0.5);
        Span::from_us(us).ok_or_else(|| format!("option {option}: too long"))
    }

    /// A list of whole numbers among the options.
    pub(super) fn numbers(&self, option: &str) -> Result<Vec<u64>, String> {
        let error = || format!("option {option}: not a list of whole numbers from zero up");
        let list = self.options.get(option).and_then(toml::Value::as_array);
        let number = |value: &toml::Value| u64::try_from(value.as_integer()?).ok();
        let numbers: Option<Vec<u64>> = list.and_then(|list| list.iter().map(number).collect());
        numbers.ok_or_else(error)
    }

    /// Options that say in words what there is no choice about.
    pub(super) fn fixed(&self, words: &[(&str, &str)]) -> Result<(), String> {
        for (option, only) in words {
            if self.word(option).is_some_and(|word| word != *only) {
                return Err(format!(
                    "option {option}: only \"{only}\" is known to this family"
                ));
            }
        }
        Ok(())
    }

    /// A word among the options.
    pub(super) fn word(&self, option: &str) -> Option<&str> {
        self.options.get(option).and_then(toml::Value::as_str)
    }

    /// Every option is among these; one that is not would be silently passed over.
    pub(super) fn only(&self, options: &[&str]) -> Result<(), String> {
        match self
            .options
            .keys()
            .find(|key| !options.contains(&key.as_str()))
        {
            Some(key) => Err(format!("option {key}: not known to this family")),
            None => Ok(()),
        }
    }
}
