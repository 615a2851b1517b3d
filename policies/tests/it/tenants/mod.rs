//! Admission by tenant and reclaim: by hand on small fleets, and what always holds, on random ones.

mod by_hand;
mod classes;
mod invariants;
mod rig;
