//! The gate: its rates on drawn values, and the command on flights.

mod command;
mod rates;
