//! What happens whatever the policy does: luck, prices, failures.

pub mod draw;
