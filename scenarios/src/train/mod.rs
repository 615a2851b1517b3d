//! Training: a network learns from what came of its own answers.
//!
//! An [`Arena`] asks, a [`School`] answers, sees what came of it, and moves the weights of its network by proximal policy
//! optimisation (Schulman et al., 2017) over the rows that may be chosen; before that it may imitate a teacher. Arenas fly in
//! parallel and gradients are summed in a fixed number of parts in their order, so that a training gives the same bytes with
//! any number of threads, and whether or not it was stopped and went on.

mod adam;
mod advantage;
pub mod arena;
mod cloning;
pub mod curve;
mod flights;
mod lane;
mod lesson;
mod ppo;
mod school;
pub mod settings;
mod state;

pub use arena::{Answered, Arena, Arenas, End};
pub use flights::Flights;
pub use school::{Point, School, Subject, TrainError};
pub use settings::{SettingError, Settings};
pub use state::StateError;
