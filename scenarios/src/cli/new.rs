//! `new`: a scenario to start from.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::{Failure, terminal};
use crate::schema::skeleton;

/// Writes a new scenario.
#[derive(Debug, Args)]
pub(super) struct New {
    /// Its name; the file is NAME.toml
    name: String,
}

impl New {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let text = skeleton(&self.name).map_err(Failure::Input)?;
        let path = PathBuf::from(format!("{}.toml", self.name));
        let io = |error| Failure::Io(path.clone(), error);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(io)?;
        file.write_all(text.as_bytes()).map_err(io)?;
        let path = path.display();
        terminal::say(&format!("{path} written; try: windtunnel compare {path}\n"))
    }
}
