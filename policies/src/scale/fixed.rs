//! Fixed: as many as there were told to be.

use sim_core::units::Span;

use super::{SYNC, Scaler, Seen};

/// Always so many replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixed(pub u32);

impl Scaler for Fixed {
    fn name(&self) -> &'static str {
        "fixed"
    }

    fn interval(&self) -> Span {
        SYNC
    }

    fn want(&mut self, _seen: &Seen) -> u32 {
        self.0
    }

    fn fork(&self) -> Box<dyn Scaler + Send> {
        Box::new(*self)
    }
}
