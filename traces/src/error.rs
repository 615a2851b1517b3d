//! What is wrong with a trace: file, line, column, value, rule and remedy, for every fault.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// Most faults listed before an import gives up, and most dropped rows listed in a lenient one.
pub const MAX_LISTED: usize = 20;

/// One fault of a trace. Displays as `file:line:column: value: rule; remedy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceError {
    /// The file as the caller named it.
    pub file: Arc<str>,
    /// Line, from 1; 0 where the file as a whole is at fault.
    pub line: u64,
    /// Column of the first byte at fault, from 1; 0 where the line as a whole is at fault.
    pub column: usize,
    /// What stands there, with its field's name.
    pub value: String,
    /// The rule it breaks.
    pub rule: Cow<'static, str>,
    /// What to do about it.
    pub remedy: Cow<'static, str>,
}

/// An import that failed: nothing of it can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The first faults, at most [`MAX_LISTED`], in the order of the file.
    pub errors: Vec<TraceError>,
}

/// A rule and its remedy, before anyone knows where it was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) rule: Cow<'static, str>,
    pub(crate) remedy: Cow<'static, str>,
}

impl Rule {
    pub(crate) fn new(
        rule: impl Into<Cow<'static, str>>,
        remedy: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            rule: rule.into(),
            remedy: remedy.into(),
        }
    }

    /// Places the rule: `column` counts from 1.
    pub(crate) fn at(
        self,
        file: &Arc<str>,
        (line, column): (u64, usize),
        value: &str,
    ) -> TraceError {
        TraceError {
            file: Arc::clone(file),
            line,
            column,
            value: shown(value),
            rule: self.rule,
            remedy: self.remedy,
        }
    }
}

/// The text on one line and in sensible length, whatever it holds.
fn shown(value: &str) -> String {
    const MOST: usize = 60;
    let mut out = String::new();
    for c in value.chars().take(MOST) {
        if c.is_control() {
            out.extend(c.escape_debug());
        } else {
            out.push(c);
        }
    }
    if value.chars().nth(MOST).is_some() {
        out.push_str("...");
    }
    out
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        if !self.value.is_empty() {
            write!(f, ": {}", self.value)?;
        }
        write!(f, ": {}; {}", self.rule, self.remedy)
    }
}

impl std::error::Error for TraceError {}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, error) in self.errors.iter().enumerate() {
            let newline = if n == 0 { "" } else { "\n" };
            write!(f, "{newline}{error}")?;
        }
        if self.errors.len() >= MAX_LISTED {
            f.write_str("\n(further faults are not listed)")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}

impl From<TraceError> for Refused {
    fn from(error: TraceError) -> Self {
        Self {
            errors: vec![error],
        }
    }
}
