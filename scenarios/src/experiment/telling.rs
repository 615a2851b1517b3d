//! What work tells while it goes on, and is told: that a piece is done, and whether the rest is still wanted.

use std::fmt;

use super::compare::CompareError;

/// Whom work tells of each piece that is done, and asks before the next whether it is still wanted.
#[derive(Clone, Copy)]
pub struct Telling<'a> {
    done: &'a (dyn Fn() + Sync),
    wanted: &'a (dyn Fn() -> bool + Sync),
}

impl fmt::Debug for Telling<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telling").finish_non_exhaustive()
    }
}

impl<'a> Telling<'a> {
    /// Tells `done` of each piece; none is begun once it is not `wanted`.
    pub fn new(done: &'a (dyn Fn() + Sync), wanted: &'a (dyn Fn() -> bool + Sync)) -> Self {
        Self { done, wanted }
    }

    pub(crate) fn done(&self) {
        (self.done)();
    }

    pub(crate) fn still_wanted(&self) -> Result<(), CompareError> {
        if (self.wanted)() {
            Ok(())
        } else {
            Err(CompareError::Unwanted)
        }
    }
}

impl<'a> From<&'a (dyn Fn() + Sync)> for Telling<'a> {
    /// Wanted to the end.
    fn from(done: &'a (dyn Fn() + Sync)) -> Self {
        Self::new(done, &|| true)
    }
}

impl<'a, F: Fn() + Sync> From<&'a F> for Telling<'a> {
    /// Wanted to the end.
    fn from(done: &'a F) -> Self {
        Self::new(done, &|| true)
    }
}
