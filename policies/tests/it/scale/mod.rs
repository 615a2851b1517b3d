//! Autoscalers: their rules over many random steps.

mod invariants;
mod optimum;
