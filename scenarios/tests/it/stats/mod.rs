//! Statistics against the numbers of others, and their claims by simulation.

mod hostile;
mod means;
mod null;
mod powers;
mod rankings;
mod resamples;
mod runs;
mod signs;
mod vectors;
