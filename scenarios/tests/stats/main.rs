//! Statistics against the numbers of others, and their claims by simulation.

mod means;
mod null;
mod rankings;
mod resamples;
mod signs;
mod vectors;
