//! Services through whole scenarios: request by request, by rates, and under a perfect forecast.

mod fluid;
mod foresight;
mod one_number;
mod requests;
mod rig;
