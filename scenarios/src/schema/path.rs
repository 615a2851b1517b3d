//! Paths in a scenario: under its own folder or a named data root, and nowhere else.

use std::path::PathBuf;

/// A file that a scenario names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataPath {
    /// As written, or as it would be written in the scenario itself where a file it extends names it.
    pub written: String,
    /// The file, symbolic links followed, found to lie where it may.
    pub resolved: PathBuf,
}
