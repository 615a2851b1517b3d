//! Governance: who spent what by day, week and month, and the figures by which a cluster is run.
//!
//! All sums are of integers: the payers of a dimension add up to the bill in every period, to the last nano-dollar, and the
//! error of the attribution is computed to show it, not assumed.

mod kpi;
mod page;
mod reclaim;
mod showback;

pub use kpi::{Kpi, kpis};
pub use page::{markdown, report};
pub use reclaim::{Reaction, reactions};
pub use showback::{Shown, Stretch, attribution_error, csv, showback};
