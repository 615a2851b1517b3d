//! `openb-nodes`: the machines of Alibaba's GPU cluster of 2023.

use sim_core::units::limits;

use super::gather::{Faults, Labels};
use super::{Evidence, Format, Options, Reads};
use crate::error::{Refused, Rule, TraceError};
use crate::reader::{Column, Row, Source, Table, count, labelled, name};
use crate::record::{Node, Nodes};

pub(super) const FORMAT: Format = Format {
    name: "openb-nodes",
    doc: "Alibaba GPU cluster 2023: machines with CPU, memory, GPUs and their model",
    origin: "github.com/alibaba/clusterdata, cluster-trace-gpu-v2023; Weng et al., USENIX ATC 2023",
    columns: "sn, cpu_milli, memory_mib, gpu, model",
    evidence: Evidence::RealRows,
    reads: Reads::Nodes(read),
};

struct Columns {
    name: Column,
    cpu: Column,
    memory: Column,
    gpus: Column,
    model: Column,
}

fn read(source: Source<'_>, options: &Options) -> Result<Nodes, Refused> {
    let mut faults = Faults::new(options);
    let mut models = Labels::default();
    let mut nodes = Vec::new();
    let mut table = Table::open(source)?;
    let columns = Columns {
        name: table.column("sn")?,
        cpu: table.column("cpu_milli")?,
        memory: table.column("memory_mib")?,
        gpus: table.column("gpu")?,
        model: table.column("model")?,
    };
    while let Some(row) = table.next_row()? {
        let row = row.and_then(|row| node(&row, &columns, &mut models));
        nodes.extend(faults.take(row)?);
    }
    Ok(Nodes {
        nodes,
        models: models.into_names(),
        dropped: faults.settle()?,
    })
}

fn node(row: &Row<'_>, columns: &Columns, models: &mut Labels) -> Result<Node, TraceError> {
    let gpus = row.parse(columns.gpus, |t| count(t, (0, limits::MAX_GPUS_PER_NODE)))?;
    let model = row.maybe(Some(columns.model), |t| models.short(labelled(t)?))?;
    if gpus > 0 && model.is_none() {
        let rule = Rule::new("a machine with GPUs names their model", "fill it in");
        return Err(row.fault(columns.model, rule));
    }
    Ok(Node {
        name: row.parse(columns.name, name)?,
        cpu_milli: row.parse(columns.cpu, |t| count(t, (0, u32::MAX)))?,
        memory_mib: row.parse(columns.memory, |t| count(t, (0, u32::MAX)))?,
        gpus: u16::try_from(gpus).expect("bounded by a node"),
        model,
    })
}
