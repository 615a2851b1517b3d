//! Metrics by hand, on scenarios small enough to reckon with: through the command line, as users get them.

mod bounds;
mod fragmentation;
mod gavel;
mod mig;
mod rig;
mod stretch;
mod tenants;
mod worth;
