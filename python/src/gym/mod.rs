//! Episodes as Gymnasium has environments: one, or many side by side.
//!
//! What an environment does follows from its seed and the actions: the k-th episode after `reset(seed)` is of a number that
//! follows from the seed and k alone, on whatever thread and beside whatever others.

mod many;
mod one;
mod seat;
mod snapshot;

use std::sync::{Mutex, MutexGuard, TryLockError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use scenarios::cli::Failure;
use scenarios::train::Flights;

pub(crate) use many::Environments;
pub(crate) use one::Environment;
pub(crate) use snapshot::Snapshot;

use crate::raised::{InvariantError, raised};
use crate::scenario::Scenario;

/// The flights of a learned policy, the only one if none is named.
fn flights(scenario: &Scenario, policy: Option<String>) -> PyResult<Flights> {
    let experiment = scenario.experiment();
    let input = |message: String| raised(Failure::Input(message));
    let mut learned = experiment.contenders.iter();
    let position = match policy {
        Some(name) => Some(experiment.policy(&name).map_err(input)?),
        None => learned.position(|own| own.head().is_some()),
    };
    let remedy = "no policy of this scenario is learned; add one with kind = \"learned\"";
    let position = position.ok_or_else(|| input(remedy.to_owned()))?;
    let name = &experiment.contenders[position].name;
    let remedy = format!("policy \"{name}\" asks nobody; give it kind = \"learned\"");
    Flights::new(experiment, position).ok_or_else(|| input(remedy))
}

fn broken(message: String) -> PyErr {
    InvariantError::new_err(message)
}

/// What is locked is held while Python goes on: whoever waited for it would hold Python up for ever.
fn locked<T>(mutex: &Mutex<T>) -> PyResult<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Ok(guard),
        Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => {
            let message = "another thread is at these environments: give each its own";
            Err(PyRuntimeError::new_err(message))
        }
    }
}
