//! Environments side by side.

use std::sync::{Arc, Mutex};

use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1};
use policies::learned::Widths;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rayon::prelude::*;

use super::seat::{Came, Ended, Seat};
use super::snapshot::Snapshot;
use super::{broken, flights, locked};
use crate::scenario::Scenario;

/// Environments that a thread steps at least: fewer are not worth waking it.
const CHUNK: usize = 16;

/// When an environment of many begins its next episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Autoreset {
    /// With the step after the one that ended it, whose action is not looked at.
    NextStep,
    /// With the step that ended it.
    SameStep,
    /// When it is told to.
    Disabled,
}

/// Environments side by side, without Gymnasium's dress.
#[pyclass(frozen, module = "windtunnel")]
pub(crate) struct Environments {
    seats: Mutex<Vec<Seat>>,
    widths: Widths,
    autoreset: Autoreset,
    /// Where there are enough of them to be worth it.
    pool: Option<rayon::ThreadPool>,
}

/// What came of a step of one of many.
#[derive(Clone, Debug, Default)]
struct Lane {
    came: Came,
    /// Of an episode that ended.
    told: Option<Ended>,
    /// What was seen last of it, where the next has begun.
    last: Option<Vec<f32>>,
}

/// Observations and masks, a row an environment.
type AllShown<'py> = (Bound<'py, PyArray2<f32>>, Bound<'py, PyArray2<i8>>);
/// The same, rewards, terminated, truncated, and of each episode that ended its environment, what is told, and what was last
/// seen of it where the next has begun.
type AllStepped<'py> = (
    AllShown<'py>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<bool>>,
    Bound<'py, PyArray1<bool>>,
    Vec<(usize, Bound<'py, PyDict>, Option<Bound<'py, PyArray1<f32>>>)>,
);

#[pymethods]
impl Environments {
    /// So many of a learned policy of the scenario, stepped on so many threads, all cores if zero.
    #[new]
    fn new(
        scenario: &Scenario,
        policy: Option<String>,
        autoreset: &str,
        size: (usize, usize),
    ) -> PyResult<Self> {
        let (count, threads) = size;
        let flights = Arc::new(flights(scenario, policy)?);
        let seats = (0..count).map(|_| Seat::new(Arc::clone(&flights)));
        let pool = || rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let several = count >= 2 * CHUNK && threads != 1;
        Ok(Self {
            seats: Mutex::new(seats.collect()),
            widths: flights.widths(),
            autoreset: match autoreset {
                "NextStep" => Autoreset::NextStep,
                "SameStep" => Autoreset::SameStep,
                _ => Autoreset::Disabled,
            },
            pool: several.then(|| pool().expect("threads can be made")),
        })
    }

    /// Numbers of the context, numbers of a row, rows.
    #[getter]
    fn widths(&self) -> (usize, usize, usize) {
        (self.widths.context, self.widths.row, self.widths.rows)
    }

    /// Begins the sequences of seeds, or next episodes, of those environments that are named; also says the seeds that all are
    /// flown with.
    fn reset<'py>(
        &self,
        py: Python<'py>,
        seeds: Vec<Option<u64>>,
        which: Vec<bool>,
    ) -> PyResult<(AllShown<'py>, Bound<'py, PyArray1<u64>>)> {
        let mut seats = locked(&self.seats)?;
        let all: Vec<_> = seats.iter_mut().zip(seeds).zip(which).collect();
        let reset = |((seat, seed), named): ((&mut Seat, Option<u64>), bool)| {
            if named { seat.reset(seed) } else { Ok(()) }
        };
        let done: Result<Vec<()>, String> = py.detach(|| match &self.pool {
            None => all.into_iter().map(reset).collect(),
            Some(pool) => pool.install(|| all.into_par_iter().map(reset).collect()),
        });
        done.map_err(broken)?;
        let begun = seats.iter().map(|seat| seat.episode.as_ref());
        let begun: Vec<u64> = begun.map(|own| own.map_or(0, |own| own.seed)).collect();
        Ok((self.shown(py, &seats), begun.into_pyarray(py)))
    }

    /// Does an action in each.
    fn step<'py>(
        &self,
        py: Python<'py>,
        actions: PyReadonlyArray1<'py, i64>,
    ) -> PyResult<AllStepped<'py>> {
        let actions = actions.as_array();
        let mut seats = locked(&self.seats)?;
        if actions.len() != seats.len() {
            let message = format!("{} actions for {} environments", actions.len(), seats.len());
            return Err(PyValueError::new_err(message));
        }
        let all: Vec<(&mut Seat, i64)> = seats.iter_mut().zip(actions.iter().copied()).collect();
        let autoreset = self.autoreset;
        let step = |(seat, action): (&mut Seat, i64)| {
            // What is no row is masked.
            let action = usize::try_from(action).unwrap_or(usize::MAX);
            lane(seat, action, autoreset)
        };
        let lanes: Result<Vec<Lane>, String> = py.detach(|| match &self.pool {
            None => all.into_iter().map(step).collect(),
            Some(pool) => {
                let all = all.into_par_iter().with_min_len(CHUNK);
                pool.install(|| all.map(step).collect())
            }
        });
        let lanes = lanes.map_err(broken)?;
        let mut ended = Vec::new();
        for (at, lane) in lanes.iter().enumerate() {
            if let Some(told) = &lane.told {
                let info = PyDict::new(py);
                told.tell(&info)?;
                let last = lane.last.as_ref();
                ended.push((at, info, last.map(|last| PyArray1::from_slice(py, last))));
            }
        }
        let came = || lanes.iter().map(|lane| lane.came);
        let rewards: Vec<f64> = came().map(|came| came.reward).collect();
        let terminated: Vec<bool> = came().map(Came::terminated).collect();
        let truncated: Vec<bool> = came().map(Came::truncated).collect();
        Ok((
            self.shown(py, &seats),
            rewards.into_pyarray(py),
            terminated.into_pyarray(py),
            truncated.into_pyarray(py),
            ended,
        ))
    }

    /// A place to go back to.
    fn snapshot(&self) -> PyResult<Snapshot> {
        let seats = locked(&self.seats)?;
        Ok(Snapshot::of(&seats))
    }

    /// Goes back: from there the same actions lead to the same observations and rewards.
    fn restore<'py>(&self, py: Python<'py>, snapshot: &Snapshot) -> PyResult<AllShown<'py>> {
        let mut seats = locked(&self.seats)?;
        snapshot.restore(&mut seats)?;
        Ok(self.shown(py, &seats))
    }
}

impl Environments {
    fn shown<'py>(&self, py: Python<'py>, seats: &[Seat]) -> AllShown<'py> {
        let rows = self.widths.rows;
        let numbers = self.widths.context + rows * self.widths.row;
        let mut observations = vec![0.0; seats.len() * numbers];
        let mut masks = vec![0; seats.len() * rows];
        let both = observations.chunks_mut(numbers).zip(masks.chunks_mut(rows));
        for (seat, (numbers, mask)) in seats.iter().zip(both) {
            seat.observe(numbers);
            seat.mask(mask);
        }
        let shape = |width| (seats.len(), width);
        let observations = Array2::from_shape_vec(shape(numbers), observations);
        let masks = Array2::from_shape_vec(shape(rows), masks);
        let whole = "as many numbers as were asked for";
        (
            observations.expect(whole).into_pyarray(py),
            masks.expect(whole).into_pyarray(py),
        )
    }
}

fn lane(seat: &mut Seat, action: usize, autoreset: Autoreset) -> Result<Lane, String> {
    let mut lane = Lane::default();
    if autoreset == Autoreset::NextStep && seat.is_over() {
        seat.reset(None)?;
        return Ok(lane);
    }
    lane.came = seat.step(action)?;
    lane.told = seat.ended(lane.came);
    if autoreset == Autoreset::SameStep && lane.told.is_some() {
        let mut last = vec![0.0; seat.numbers()];
        seat.observe(&mut last);
        lane.last = Some(last);
        seat.reset(None)?;
    }
    Ok(lane)
}
