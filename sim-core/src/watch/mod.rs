//! What is seen from outside: facts, and those who watch them. An observer cannot answer back.

pub mod audit;
mod balance;
mod biller;
mod digest;
mod fact;
mod meter;
mod notices;
mod recorder;
mod rows;
mod stay;
mod storekeeper;
mod timeline;
mod transcript;

pub use balance::Balance;
pub use biller::Biller;
pub(crate) use digest::Digesting;
pub use digest::{DIGEST_VERSION, Digest, Digests};
pub use fact::{Cause, Fact, Observer, Outcome, Spent};
pub use meter::{Meter, Quantity};
pub use notices::Notices;
pub use recorder::{Machine, Record, Recorder, Recording};
pub use rows::Row;
pub use stay::{Stay, Stop};
pub use storekeeper::{DataSet, Kept, Place, Reads, Series, Stocks, Storekeeper, Thing, Use};
pub use timeline::{GpuTime, GpuUse, Sample};
pub use transcript::{Difference, Transcript, compare};
