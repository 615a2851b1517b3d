//! Luck: keyed streams of random draws, and every distribution a run samples from.
//!
//! A [`Stream`] is named by what it decides ("reclaims", an offering, a slot), never by the order
//! in which streams were made, so that adding a node or a job shifts nobody else's luck. Where a
//! distribution has a closed inverse, one uniform gives one draw ([`quantile`]), so that two
//! policies that meet the same draw under different parameters stay comparable; Gamma, Poisson and
//! Zipf reject on the same uniforms.
//!
//! Invariants: only `+ - * / sqrt` and `libm` touch a number here, so that the bits are the same on
//! every platform; nothing is seeded from the machine; parameters were checked where they were
//! read, so a bad one panics.

mod gamma;
mod key;
mod normal;
mod poisson;
pub mod quantile;
mod stream;
mod table;
mod zipf;

#[cfg(test)]
mod tests;

pub use gamma::Gamma;
pub use key::Part;
pub use poisson::Poisson;
pub use stream::{Stream, span};
pub use table::{Empirical, TableError, Weighted};
pub use zipf::Zipf;
