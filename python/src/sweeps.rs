//! The cells of a sweep: planned once, flown one by one wherever there is room, put into a folder and merged.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use scenarios::cli::Failure;
use scenarios::experiment::{Form, Telling, known};
use scenarios::schema::print;
use scenarios::sweep::{self, Files, Folder, Plan, Shard};

use crate::raised::{ScenarioError, of_sweep, output, raised};
use crate::scenario::{Source, roots, typed};
use crate::table::by_name;
use crate::watched::watched;

/// The plan of a sweep: every cell, typed and named.
#[pyclass(frozen, module = "windtunnel")]
pub(crate) struct SweepPlan {
    plan: Arc<Plan>,
}

#[pymethods]
impl SweepPlan {
    /// Types every cell and names it.
    #[new]
    #[pyo3(signature = (source, threads = 0))]
    fn new(py: Python<'_>, source: Source, threads: usize) -> PyResult<Self> {
        let planned = watched(py, move |_| {
            let draft = source.draft().map_err(raised)?;
            let loaded = draft.typed(&known);
            let loaded = loaded.map_err(|rejection| crate::raised::refused(&rejection))?;
            Plan::of(draft, &loaded.scenario, threads, &|| ()).map_err(of_sweep)
        })?;
        Ok(Self {
            plan: Arc::new(planned?),
        })
    }

    /// The scenario's name.
    #[getter]
    fn name(&self) -> &str {
        &self.plan.sheet.head.scenario
    }

    /// The paths of the keys that are varied.
    #[getter]
    fn keys(&self) -> Vec<&str> {
        self.plan.sheet.keys().collect()
    }

    /// The names of the cells by position; equal cells have the same.
    #[getter]
    fn cells(&self) -> Vec<&str> {
        let cells = self.plan.sheet.cells.iter();
        cells.map(|planned| planned.cell.as_str()).collect()
    }

    /// The plan as CSV, the same bytes as `sweep plan --format csv`.
    fn csv<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.plan.sheet.rows())
    }

    /// Of the cells at these positions: name, resolved scenario as TOML, and the files that it names.
    fn texts(&self, positions: Vec<usize>) -> PyResult<Vec<(String, String, Vec<PathBuf>)>> {
        let design = self.plan.design();
        let one = |position: usize| {
            let cell = self.plan.cell(&design, position).map_err(of_sweep)?;
            let name = self.plan.sheet.cells[position].cell.clone();
            Ok((name, print(&cell.scenario), cell.files))
        };
        positions.into_iter().map(one).collect()
    }

    /// Writes the plan into a folder; returns the positions of the different cells that it does not hold yet.
    fn missing(&self, folder: PathBuf) -> PyResult<Vec<usize>> {
        let folder = Folder::new(&folder, false);
        self.plan.sheet.store(&folder).map_err(output)?;
        let mut missing = Vec::new();
        for position in sweep::own(&self.plan, Shard::WHOLE) {
            let planned = &self.plan.sheet.cells[position];
            let found = folder.get(&planned.file()).map_err(output)?;
            let whole = |bytes: Vec<u8>| sweep::read(&bytes, &planned.cell).is_some();
            if !found.is_some_and(whole) {
                missing.push(position);
            }
        }
        Ok(missing)
    }

    /// Puts the bytes of the cell at a position into a folder.
    fn put(&self, folder: PathBuf, position: usize, bytes: &[u8]) -> PyResult<()> {
        let planned = &self.plan.sheet.cells[position];
        if sweep::read(bytes, &planned.cell).is_none() {
            let message = format!("not the whole of cell {}", planned.cell);
            return Err(ScenarioError::new_err(message));
        }
        let folder = Folder::new(&folder, false);
        folder.put(&planned.file(), bytes).map_err(output)
    }

    /// Flies the cells of a shard that the folder does not hold yet, on so many threads; returns how many were flown and found.
    fn run(
        &self,
        py: Python<'_>,
        folder: PathBuf,
        shard: (u32, u32),
        threads: usize,
    ) -> PyResult<(usize, usize)> {
        let (index, of) = shard;
        let shard = Shard::new(index, of).ok_or_else(|| {
            let rule = format!("shard {index}/{of}: the first is 1, the last {of}");
            ScenarioError::new_err(rule)
        })?;
        let plan = Arc::clone(&self.plan);
        let ran = watched(py, move |wanted| {
            let folder = Folder::new(&folder, false);
            let wanted = || wanted.is_so();
            let telling = Telling::new(&|| (), &wanted);
            sweep::run(&plan, shard, (&folder, threads), telling).map_err(of_sweep)
        })??;
        Ok((ran.ran, ran.found))
    }
}

/// Flies cells, each a name and its resolved scenario, on this thread; returns the bytes of their files. Whoever would fly
/// another cell than was named, because files or the version differ, refuses.
#[pyfunction]
pub(crate) fn fly_cells(
    py: Python<'_>,
    cells: Vec<(String, String)>,
    folder: PathBuf,
    data: Vec<(String, PathBuf)>,
) -> PyResult<Vec<Bound<'_, PyBytes>>> {
    let flown = watched(py, move |wanted| {
        let roots = roots(&data).map_err(raised)?;
        let files = Files::default();
        let mut flown = Vec::new();
        for (name, text) in cells {
            if !wanted.is_so() {
                break;
            }
            let cell = typed((&name, text.as_bytes()), (&folder, &roots))?;
            let own = files.name(&cell).map_err(of_sweep)?;
            if own != name {
                let message = format!(
                    "cell {name} would be {own} here: this worker's version ({}) or its files differ",
                    env!("CARGO_PKG_VERSION")
                );
                return Err(ScenarioError::new_err(message));
            }
            flown.push(sweep::fly(cell, &name).map_err(of_sweep)?);
        }
        Ok(flown)
    })??;
    Ok(flown.iter().map(|bytes| PyBytes::new(py, bytes)).collect())
}

/// The tables of the cells in a folder, by name; written there as well, with figures, if so asked, as Parquet or as CSV.
#[pyfunction]
pub(crate) fn merge(
    py: Python<'_>,
    folder: PathBuf,
    partial: bool,
    written: Option<bool>,
) -> PyResult<(usize, usize, Bound<'_, PyDict>)> {
    let merged = watched(py, move |_| {
        let folder = Folder::new(&folder, false);
        let folders = std::slice::from_ref(&folder);
        if let Some(parquet) = written {
            let form = if parquet { Form::Parquet } else { Form::Csv };
            sweep::merge(folders, (&folder, form), partial)?;
        }
        sweep::merge_in_memory(folders, partial)
    })?;
    let (merged, tables) = merged.map_err(|error| raised(Failure::from(error)))?;
    Ok((merged.cells, merged.missing, by_name(py, tables)?))
}
