//! Environments as they were.

use std::sync::Mutex;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::locked;
use super::seat::Seat;

/// A place to go back to.
#[pyclass(frozen, module = "windtunnel")]
pub(crate) struct Snapshot {
    seats: Mutex<Vec<Seat>>,
}

impl Snapshot {
    pub(super) fn of(seats: &[Seat]) -> Self {
        Self {
            seats: Mutex::new(seats.to_vec()),
        }
    }

    /// Puts seats back.
    pub(super) fn restore(&self, seats: &mut [Seat]) -> PyResult<()> {
        let kept = locked(&self.seats)?;
        let widths = |seats: &[Seat]| seats.iter().map(|seat| seat.widths).collect::<Vec<_>>();
        if widths(&kept) != widths(seats) {
            let message =
                "a snapshot of environments with other questions, or of another number of them";
            return Err(PyValueError::new_err(message));
        }
        seats.clone_from_slice(&kept);
        Ok(())
    }
}
