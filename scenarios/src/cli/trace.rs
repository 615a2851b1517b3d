//! `trace`.
use super::Failure;
use clap::Subcommand;
/// Traces.
#[derive(Debug, Subcommand)]
pub(super) enum Trace {}
impl Trace {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        match *self {}
    }
}
