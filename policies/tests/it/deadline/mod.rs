//! The policies for jobs with a deadline: their rules by hand, the fluid limit, the least cost by enumeration, and the
//! published figure.

mod fluid;
mod optimum;
mod rig;
mod rules;
mod windows;
