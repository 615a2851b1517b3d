//! The gate: its rates on drawn values.

mod rates;
