//! Why jobs wait: sums to the microsecond, reasons proved by a search that knows nothing of how they were found, and nothing
//! left unexplained under a policy of the registry.

mod command;
mod library;
mod naive;
mod proofs;
mod quota;
mod registry;
mod replicas;
mod rig;
mod scores;
mod swarm;
