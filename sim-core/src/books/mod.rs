//! Money: what is held is billed, exactly.
//!
//! A [`Bill`] is a list of [`Line`]s, each an exact sum of integers that is rounded once. A [`Tariff`] sums the price of an
//! offering over time; a [`Tenure`] knows when a machine is charged and to whom; a [`Cover`] says which machines a reservation
//! covers. A [`Ledger`] splits the lines among those who pay.

mod attribution;
mod cover;
mod line;
mod split;
mod standing;
mod storage;
mod tariff;
mod tenure;

pub use attribution::{Claim, Ledger, Paid, Payer, Share, Sum, Unclaimed, grouped, totals};
pub use cover::{Cover, Move};
pub use line::{Bill, Exact, Kind, Line, Source};
pub use split::in_order;
pub use standing::{Window, ownership, reservation};
pub use storage::{Leftover, Store, Stored, Tier, Unit, egress, leftovers, retained, storage};
pub use tariff::{MACHINE_KINDS, Tariff, position};
pub use tenure::{End, Payee, Tenure};
