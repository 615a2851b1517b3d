//! What is simulated: jobs and their gangs, offerings and their nodes. Immutable once a run begins.

mod budget;
mod commitment;
mod demand;
mod gang;
mod job;
mod mig;
mod offering;
mod placement;
mod queue;
mod quota;
mod risk;
mod terms;

pub use budget::{Budget, Period};
pub use commitment::{Commitment, Ownership, Reservation};
pub use demand::{Demand, GpuDemand, GpuSet, MarketSet, ModelSet, OfferingSet};
pub use gang::{Gang, Role};
pub use job::{Appetite, Checkpoint, Class, Job, Keep};
pub use mig::{GPU_PARTS, MEMORY_SLICES, Profile, Sliced, Start};
pub use offering::{Market, Offering, Shape};
pub use placement::{Allocation, Placement, Seat, Seats};
pub use queue::{Amount, Entitlement, Queue, entitlements};
pub use quota::{Counted, Quota};
pub use risk::Risk;
pub use terms::{ChargedFrom, Terms};
