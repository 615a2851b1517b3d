//! What was said before: runs of one world that completed the same jobs have the same bounds.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::bound::{Bound, Quantity};
use super::problem::Unbounded;

/// Bounds of one world, by what was completed in it.
#[derive(Debug, Default)]
pub struct Memo(Mutex<BTreeMap<Asked, Result<Bound, Unbounded>>>);

/// What is bounded, and what runs have in common that have the same bound.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// What is bounded.
    pub of: Quantity,
    /// By job: how it counts.
    pub jobs: Vec<u8>,
}

impl Memo {
    /// What was said before, or what is said now.
    ///
    /// # Errors
    /// Why there is no bound.
    pub fn bound(
        &self,
        asked: Asked,
        say: impl FnOnce() -> Result<Bound, Unbounded>,
    ) -> Result<Bound, Unbounded> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known().get(&asked).copied();
        before.unwrap_or_else(|| {
            // Nobody waits meanwhile: who asks at the same time hears the same.
            let said = say();
            known().insert(asked, said);
            said
        })
    }
}
