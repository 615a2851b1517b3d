//! `conform`.
use super::Failure;
use clap::Args;
/// Runs reference cases.
#[derive(Debug, Args)]
pub(super) struct Conform {}
impl Conform {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        Ok(())
    }
}
