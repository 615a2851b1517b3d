//! Experiments: flights, in parallel, and what they say together.

mod bill;
mod claim_tables;
pub mod claims;
pub mod compare;
mod figures;
pub mod flight;
pub mod fragments;
mod known;
mod measured;
pub mod metrics;
pub mod money;
mod money_figures;
mod money_table;
pub mod number;
mod output;
mod page;
mod power;
mod run_tables;
mod sheet;
pub mod spend;
pub mod stats;
mod tables;
mod tenancy;
pub mod words;
mod worth;

pub use claim_tables::{claim_sentences, claims_table, claims_text};
pub use claims::judge;
pub use compare::{CompareError, Comparison, Plan, compare};
pub use known::known;
pub use money_table::money_table;
pub use output::{OutputError, Store, write};
pub use tables::{paired_table, run_table};
pub use words::{notices, sentences};
