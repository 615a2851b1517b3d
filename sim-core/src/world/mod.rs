//! What happens whatever the policy does: curves, arrivals, luck, the calendar.

mod arrivals;
pub mod availability;
mod calendar;
mod curve;
pub mod draw;
mod launch;
mod lifetime;
mod pace;
mod parameter;
pub mod price;
mod shock;
mod steps;

pub use arrivals::{Arrivals, Trace};
pub use calendar::Calendar;
pub use curve::{Curve, CurveError};
pub use launch::{BootTime, Launch};
pub use lifetime::{BathtubSpans, Lifetime};
pub use pace::{Pace, UNIT_PACE};
pub use parameter::{MAX_STEPS, ParameterError};
pub use shock::{Region, Severity, Shock, Shocks};
