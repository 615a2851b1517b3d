//! Money: what is held is metered and billed, exactly.

mod line;
mod meter;

pub use line::{Bill, Exact, Kind, Line, Source};
pub use meter::{Lines, Meter};
