//! One environment.

use std::sync::{Arc, Mutex};

use numpy::{IntoPyArray, PyArray1};
use policies::learned::Widths;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::seat::{Seat, told};
use super::snapshot::Snapshot;
use super::{broken, flights, locked};
use crate::scenario::Scenario;

/// An environment, without Gymnasium's dress.
#[pyclass(frozen, module = "windtunnel")]
pub(crate) struct Environment {
    seat: Mutex<Seat>,
    widths: Widths,
    /// Whether observations hold the mask as well.
    as_dict: bool,
}

/// Observation and what is told beside it.
type Shown<'py> = (Bound<'py, PyAny>, Bound<'py, PyDict>);
/// Observation, reward, whether it terminated or was truncated, and what is told beside it.
type Stepped<'py> = (Bound<'py, PyAny>, f64, bool, bool, Bound<'py, PyDict>);

#[pymethods]
impl Environment {
    /// Of a learned policy of the scenario, the only one if not said.
    #[new]
    fn new(scenario: &Scenario, policy: Option<String>, as_dict: bool) -> PyResult<Self> {
        let seat = Seat::new(Arc::new(flights(scenario, policy)?));
        Ok(Self {
            widths: seat.widths,
            seat: Mutex::new(seat),
            as_dict,
        })
    }

    /// Numbers of the context, numbers of a row, rows.
    #[getter]
    fn widths(&self) -> (usize, usize, usize) {
        (self.widths.context, self.widths.row, self.widths.rows)
    }

    /// Begins the sequence of episodes of a seed, or its next one.
    fn reset<'py>(&self, py: Python<'py>, seed: Option<u64>) -> PyResult<Shown<'py>> {
        let mut seat = locked(&self.seat)?;
        let own = &mut *seat;
        py.detach(|| own.reset(seed)).map_err(broken)?;
        let (observation, info) = self.shown(py, &seat)?;
        let begun = seat.episode.as_ref().map(|own| own.seed);
        info.set_item("seed", begun)?;
        Ok((observation, info))
    }

    /// Does an action.
    fn step<'py>(&self, py: Python<'py>, action: usize) -> PyResult<Stepped<'py>> {
        let mut seat = locked(&self.seat)?;
        let came = seat.step(action).map_err(broken)?;
        let (observation, info) = self.shown(py, &seat)?;
        if came.replaced {
            info.set_item(pyo3::intern!(py, "replaced"), true)?;
        }
        if let Some(ended) = seat.ended(came) {
            ended.tell(&info)?;
        }
        let (terminated, truncated) = (came.terminated(), came.truncated());
        Ok((observation, came.reward, terminated, truncated, info))
    }

    /// Which actions may be chosen now; there always is one.
    fn action_masks<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<bool>>> {
        let mut mask = vec![false; self.widths.rows];
        locked(&self.seat)?.mask(&mut mask);
        Ok(mask.into_pyarray(py))
    }

    /// What the heuristic would choose that the policy is built on; nothing where nothing is asked.
    fn advice(&self) -> PyResult<Option<usize>> {
        let seat = locked(&self.seat)?;
        let standing = seat.episode.as_ref();
        let asked = standing.filter(|own| own.episode.question().is_some());
        Ok(asked.map(|own| own.episode.advice()))
    }

    /// What the episode has come to so far, each term in its unit.
    fn terms<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let seat = locked(&self.seat)?;
        let standing = seat.episode.as_ref();
        let terms = standing.map(|own| own.episode.terms());
        terms.map(|terms| told(py, terms)).transpose()
    }

    /// A place to go back to.
    fn snapshot(&self) -> PyResult<Snapshot> {
        let seat = locked(&self.seat)?;
        Ok(Snapshot::of(std::slice::from_ref(&*seat)))
    }

    /// Goes back: from there the same actions lead to the same observations and rewards.
    fn restore<'py>(&self, py: Python<'py>, snapshot: &Snapshot) -> PyResult<Shown<'py>> {
        let mut seat = locked(&self.seat)?;
        snapshot.restore(std::slice::from_mut(&mut *seat))?;
        self.shown(py, &seat)
    }
}

impl Environment {
    fn shown<'py>(&self, py: Python<'py>, seat: &Seat) -> PyResult<Shown<'py>> {
        let mut numbers = vec![0.0; seat.numbers()];
        seat.observe(&mut numbers);
        let mut mask = vec![0_i8; self.widths.rows];
        seat.mask(&mut mask);
        let (numbers, mask) = (numbers.into_pyarray(py), mask.into_pyarray(py));
        let info = PyDict::new(py);
        info.set_item(pyo3::intern!(py, "action_mask"), &mask)?;
        if !self.as_dict {
            return Ok((numbers.into_any(), info));
        }
        let observation = PyDict::new(py);
        observation.set_item(pyo3::intern!(py, "observations"), numbers)?;
        observation.set_item(pyo3::intern!(py, "action_mask"), mask)?;
        Ok((observation.into_any(), info))
    }
}
