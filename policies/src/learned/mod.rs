//! Learned policies: decisions as numbers, and the networks that answer them.

pub mod net;
pub mod question;

pub use question::{Question, Widths};
