//! Bounds beside the true optimum, by trying everything: never above it, and not far below.

mod brute;
mod costs;
mod drawn;
mod provisioning;
mod runs;
mod table;
mod ticks;
mod times;
