//! Moving the memory of a prompt's tokens from the replica that computed it to the one that goes on.

use crate::units::Span;

/// What it takes to move the memory of a prompt's tokens to another replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Whatever the size.
    pub fixed: Span,
    /// For each token, in nanoseconds.
    pub per_token_ns: u64,
}

impl Transfer {
    /// Time it takes for so many tokens, rounded up to the microsecond.
    pub fn span(self, tokens: u32) -> Span {
        let ns = u128::from(self.per_token_ns) * u128::from(tokens);
        let us = u64::try_from(ns.div_ceil(1_000)).ok();
        let moved = us.and_then(Span::from_us).unwrap_or(Span::MAX);
        self.fixed.saturating_add(moved)
    }
}
