//! Failures: what went wrong, and the exit code that says of what kind it was.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use super::terminal;
use crate::build::BuildError;
use crate::experiment::{CompareError, OutputError};
use crate::schema::{LoadError, Rejection};
use crate::sweep::{MergeError, SweepError};

/// Why a command came to nothing.
#[derive(Debug)]
pub enum Failure {
    /// A gate or a conformance case failed; it has been told.
    Failed,
    /// Bad usage or input.
    Input(String),
    /// A scenario was refused.
    Rejected(Box<Rejection>),
    /// A file could not be read or written.
    Io(PathBuf, io::Error),
    /// An invariant broke: the message, and the command that replays it.
    Broken(String),
    /// Whoever read our output has had enough.
    Closed,
}

impl Failure {
    /// Tells it on stderr; returns the exit code.
    pub(super) fn report(&self) -> ExitCode {
        let (message, code) = match self {
            Self::Failed => return ExitCode::from(1),
            Self::Closed => return ExitCode::SUCCESS,
            Self::Input(message) => (format!("error: {message}"), 2),
            Self::Rejected(rejection) => (rejection.render(terminal::colour()), 2),
            Self::Io(path, error) => (format!("error: {}: {error}", path.display()), 3),
            Self::Broken(message) => (
                format!("an invariant broke, which is a bug of ours: {message}"),
                4,
            ),
        };
        eprintln!("{}", message.trim_end());
        ExitCode::from(code)
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Io { path, error } => Self::Io(path, error),
            LoadError::Rejected(rejection) => Self::Rejected(Box::new(rejection)),
        }
    }
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Io { path, error } => Self::Io(path, error),
            BuildError::Rejected(rejection) => Self::Rejected(Box::new(rejection)),
            BuildError::Trace(refused) => Self::Input(refused.to_string()),
            BuildError::Draw(error) => Self::Input(error.to_string()),
        }
    }
}

impl From<CompareError> for Failure {
    fn from(error: CompareError) -> Self {
        match error {
            CompareError::Jobs(error) => Self::Input(error.to_string()),
            CompareError::Fault(..) => Self::Broken(error.to_string()),
            CompareError::Output(error) => error.into(),
            CompareError::Unwanted => Self::Input(error.to_string()),
        }
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        Self::Io(error.path, error.error)
    }
}

impl From<SweepError> for Failure {
    fn from(error: SweepError) -> Self {
        match error {
            SweepError::NoSweep => Self::Input(error.to_string()),
            SweepError::Rejected {
                position,
                parameters,
                rejection,
            } => {
                let shown = rejection.render(terminal::colour());
                Self::Input(format!("cell {position} ({parameters}):\n{shown}"))
            }
            SweepError::Build(error) => error.into(),
            SweepError::Compare(error) => error.into(),
            SweepError::Output(error) => error.into(),
        }
    }
}

impl From<MergeError> for Failure {
    fn from(error: MergeError) -> Self {
        match error {
            MergeError::NoPlan(_) | MergeError::Differs(_) | MergeError::Missing(..) => {
                Self::Input(error.to_string())
            }
            MergeError::Output(error) => error.into(),
        }
    }
}
