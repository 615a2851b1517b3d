//! Autoscalers: their rules over many random steps.

mod cluster;
mod invariants;
mod optimum;
mod predictive;
