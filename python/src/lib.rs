//! Windtunnel as a Python module: the part of the package that is Rust, which `windtunnel/*.py` dresses.
//!
//! - [`scenario`]: a scenario that is read and built, and what flies it.
//! - [`sweeps`]: the cells of a sweep, planned, flown one by one and merged.
//! - [`table`]: tables as Arrow hands them over.
//! - [`raised`]: what goes wrong, as exceptions.
//! - [`watched`]: work beside which Python goes on, so that Ctrl-C is heard.
//!
//! # Architecture invariants
//!
//! A workspace of its own: the root builds without Python, and `cargo` there knows nothing of this crate. Nothing here
//! decides or measures anything: whatever a result says, the command line says. No memory is handed to Python but through
//! Arrow's own interface, so that nothing here is `unsafe`.

mod raised;
mod scenario;
mod sweeps;
mod table;
mod watched;

use pyo3::prelude::*;

/// The module.
#[pymodule]
fn _windtunnel(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("DIGEST_VERSION", sim_core::watch::DIGEST_VERSION)?;
    module.add("ScenarioError", py.get_type::<raised::ScenarioError>())?;
    module.add("InvariantError", py.get_type::<raised::InvariantError>())?;
    module.add_class::<table::Table>()?;
    module.add_class::<scenario::Scenario>()?;
    module.add_class::<sweeps::SweepPlan>()?;
    module.add_function(wrap_pyfunction!(sweeps::fly_cells, module)?)?;
    module.add_function(wrap_pyfunction!(sweeps::merge, module)?)
}
