//! Exports: one run in the forms that tools of others read.
//!
//! [`batsim`] is a schedule as Batsim writes it, which Evalys draws; [`perfetto`] is a trace of events, which Perfetto and Chrome
//! show.

mod batsim;
mod numbers;
mod perfetto;

pub use batsim::batsim;
pub use perfetto::perfetto;
