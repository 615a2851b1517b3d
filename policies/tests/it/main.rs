//! The policies under test: the contract that all keep, and rules of families on worlds small enough to follow by hand.

mod buy;
mod contract;
mod deadline;
mod gavel;
mod keeping;
mod learned;
mod mig;
mod packing;
mod plain;
mod pollux;
mod rated;
mod scale;
mod sharing;
mod sia;
mod tenants;
mod themis;
mod tiresias;
