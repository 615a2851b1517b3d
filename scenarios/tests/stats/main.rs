//! Statistics against the numbers of others, and their claims by simulation.

mod means;
mod null;
mod resamples;
mod signs;
mod vectors;
