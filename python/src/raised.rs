//! What goes wrong, as exceptions: bad input, faults of the system, broken invariants; with the words of the command line.

use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use scenarios::cli::Failure;
use scenarios::experiment::{OutputError, Unfit};
use scenarios::schema::Rejection;
use scenarios::sweep::SweepError;

pyo3::create_exception!(
    windtunnel,
    ScenarioError,
    PyValueError,
    "A scenario, or a request of it, is refused: file, line, column, value, rule and remedy, as the command line prints them."
);

pyo3::create_exception!(
    windtunnel,
    InvariantError,
    PyRuntimeError,
    "An invariant of a run broke, which is a bug of Windtunnel or of a policy."
);

/// As the exception that it is in Python.
pub(crate) fn raised(failure: impl Into<Failure>) -> PyErr {
    match failure.into() {
        Failure::Input(message) => ScenarioError::new_err(message),
        Failure::Rejected(rejection) => refused(&rejection),
        Failure::Io(path, error) => io(&path, error),
        Failure::Broken(message) => InvariantError::new_err(message),
        Failure::Failed | Failure::Closed => InvariantError::new_err("no result"),
    }
}

/// A scenario that is refused; without colours, whatever the terminal.
pub(crate) fn refused(rejection: &Rejection) -> PyErr {
    ScenarioError::new_err(rejection.render(false).trim_end().to_owned())
}

/// A sweep that came to nothing.
pub(crate) fn of_sweep(error: SweepError) -> PyErr {
    if matches!(error, SweepError::Rejected { .. }) {
        ScenarioError::new_err(error.to_string().trim_end().to_owned())
    } else {
        raised(error)
    }
}

/// A table that no column holds.
pub(crate) fn unfit(unfit: Unfit) -> PyErr {
    PyValueError::new_err(unfit.to_string())
}

/// A file that cannot be written.
pub(crate) fn output(error: OutputError) -> PyErr {
    io(&error.path, error.error)
}

fn io(path: &std::path::Path, error: std::io::Error) -> PyErr {
    match error.raw_os_error() {
        // Python makes a `FileNotFoundError`, a `PermissionError`, ... of the number.
        Some(number) => {
            let words = error.to_string();
            let words = words.split(" (os error").next().unwrap_or_default();
            PyOSError::new_err((number, words.to_owned(), path.as_os_str().to_owned()))
        }
        None => PyOSError::new_err(format!("{}: {error}", path.display())),
    }
}
