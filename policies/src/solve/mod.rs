//! Solvers that policies use: deterministic, without a clock, and the same answer for the same question.

mod assignment;
mod program;

pub(crate) use assignment::assign;
pub(crate) use program::{Desk, Program, Solution};
