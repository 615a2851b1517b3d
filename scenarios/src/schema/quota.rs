//! `[[quota]]`: what fleets may hold together.

use sim_core::model::Counted;

use super::place::Spanned;
use super::value::Table;

/// `[[quota]]`: binds whatever a policy asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct QuotaSpec {
    /// What tables and fleets call it.
    pub name: Spanned<String>,
    /// What it counts.
    pub counted: Counted,
    /// How much of that there may be, in thousandths where CPUs are counted.
    pub most: Spanned<u64>,
    /// The fleets that it names; others name it.
    pub fleets: Vec<Spanned<String>>,
    /// As it was written.
    pub written: Table,
}

impl QuotaSpec {
    /// The key that sets the limit.
    pub const fn key(&self) -> &'static str {
        match self.counted {
            Counted::Gpus => "gpus",
            Counted::CpuMilli => "cpus",
            Counted::Nodes => "nodes",
        }
    }
}
