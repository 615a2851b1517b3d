//! The files a scenario names, opened and imported.

use std::fs::File;
use std::path::Path;

use traces::{Options, Source};

use super::BuildError;
use crate::schema::{DataPath, Machines, Scenario, TraceSpec};

/// The machines of a fleet that a file lists.
#[derive(Clone, Debug)]
pub(super) struct NodeList {
    pub(super) nodes: traces::Nodes,
}

/// The node lists of a scenario's fleets, by position.
pub(super) fn nodes(scenario: &Scenario) -> Result<Vec<Option<NodeList>>, BuildError> {
    let list = |machines: &Machines| match machines {
        Machines::Alike { .. } => Ok(None),
        Machines::Listed { format, file } => {
            let opened = open(&file.value)?;
            let source = Source::new(&file.value.written, opened);
            let nodes = traces::import_nodes(&format.value, source, &Options::default());
            Ok(Some(NodeList {
                nodes: nodes.map_err(BuildError::Trace)?,
            }))
        }
    };
    scenario
        .fleets
        .iter()
        .map(|fleet| list(&fleet.machines))
        .collect()
}

/// A trace, imported.
pub(super) fn trace(spec: &TraceSpec, options: &Options) -> Result<traces::Workload, BuildError> {
    let opened = open(&spec.file.value)?;
    let source = Source::new(&spec.file.value.written, opened);
    traces::import(&spec.format.value, source, options).map_err(BuildError::Trace)
}

pub(super) fn open(path: &DataPath) -> Result<File, BuildError> {
    open_at(&path.resolved)
}

pub(super) fn open_at(path: &Path) -> Result<File, BuildError> {
    File::open(path).map_err(|error| BuildError::Io {
        path: path.to_path_buf(),
        error,
    })
}
