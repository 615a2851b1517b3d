//! Generators: one file per model, each a lazy stream of jobs fixed by (seed, workload name).

mod applications;
mod arrivals;
mod durations;
mod lublin;
mod parameter;
mod parametric;
pub mod philly_2017;

pub use applications::{MadeUp, applications};
pub use arrivals::{Arrivals, Week};
pub use durations::Durations;
pub use lublin::{Arrival, Kind, Lublin, LublinJobs, Runtime, Size};
pub use parameter::{Length, Luck, ParameterError};
pub(crate) use parameter::{positive, positive_span, share, table_error, weights};
pub use parametric::{Deadlines, GangWeight, Parametric, ParametricJobs, Users};
pub use philly_2017::{Philly2017, PhillyJobs};
