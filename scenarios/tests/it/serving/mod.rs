//! Services through whole scenarios: request by request, by rates, and under a perfect forecast.

mod fluid;
mod foresight;
mod requests;
mod rig;
