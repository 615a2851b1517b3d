//! The terminal: its width, whether it takes colour, and output that may find its reader gone.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use super::Failure;

/// Whether diagnostics on stderr may be coloured.
pub(super) fn colour() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// Columns of stdout; wide enough for any table where it is no terminal.
pub(super) fn width() -> usize {
    let told = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    if io::stdout().is_terminal() {
        let (_, columns) = console::Term::stdout().size();
        return told.unwrap_or_else(|| usize::from(columns).max(60));
    }
    told.unwrap_or(160)
}

/// Writes to stdout. A reader that has gone is no fault.
pub(super) fn say(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::Closed),
        Err(error) => Err(Failure::Io(PathBuf::from("standard output"), error)),
    }
}
