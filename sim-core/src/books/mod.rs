//! Money: what is held is metered, exactly.

mod meter;

pub use meter::{Lines, Meter};
