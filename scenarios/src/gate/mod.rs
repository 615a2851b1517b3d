//! The gate: whether policies still do what somebody said is right.
//!
//! A tour:
//!
//! - [`mod@rules`]: what is tolerated, from `[gate]`; [`mod@record`]: what a comparison leaves for the next one, the baseline.
//! - [`paired`]: how much worse one metric of one policy became, seed by seed; [`mod@judge`]: what that says of all of them.
//! - [`mod@foresee`]: what so many seeds can see, before they fly.
//! - [`planted`]: a scenario made worse on purpose, to prove that the gate can fail.
//! - [`tell`]: the verdict for a terminal, a comment, a test report, and a build.
//!
//! # The decision
//!
//! A baseline holds seeds; the same seeds fly again, so that what luck does to both cancels. A metric fails if the mean of its
//! paired differences is worse than tolerated, and the one-sided t test of "no worse than tolerated", corrected by Holm for all
//! metrics and policies that are judged together, rejects at `alpha`. Thus a gate over policies that did not become worse fails
//! at most at that rate (differences that are normal, or many, assumed), however much is judged. Where all seeds say the same
//! there is nothing to test: worse than tolerated is a failure. Ceilings and floors hold for the mean as it is.
//!
//! Decisions are compared by digest, seed by seed: that a behaviour changed is always told, and a failure in mode `exact`.
//! `statistical` is the mode where nothing is said, because most changes are meant.
//!
//! # Architecture invariants
//!
//! Nothing here reads or writes a file, or flies: baselines go in, words come out as text.

pub mod foresee;
pub mod judge;
pub mod paired;
pub mod planted;
pub mod record;
pub mod rules;
pub mod tell;

pub use foresee::{Foreseen, foresee};
pub use judge::{Behaved, Judgement, Row, Ruling, Verdict, fits, judge};
pub use record::{first, record};
pub use rules::{Bound, Rules, rules};
