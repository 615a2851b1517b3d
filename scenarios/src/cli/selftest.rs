//! `selftest`.
use super::Failure;
use clap::Args;
/// Flies random scenarios under audit.
#[derive(Debug, Args)]
pub(super) struct Selftest {}
impl Selftest {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        Ok(())
    }
}
