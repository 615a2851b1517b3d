//! What happens whatever the policy does: curves, arrivals, luck, the calendar.

mod arrivals;
mod calendar;
mod curve;
pub mod draw;

pub use arrivals::{Arrivals, Trace};
pub use calendar::Calendar;
pub use curve::{Curve, CurveError};
