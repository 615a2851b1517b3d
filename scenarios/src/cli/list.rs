//! `list`: what there is.

use clap::{Args, ValueEnum};
use plots::table::{Cell, Table};
use policies::registry::{
    ADMISSIONS, BUYERS, Entry, GUARDS, HEADS, HOURS, ORDERS, OVERSUBSCRIPTIONS, PACES, PLACEMENTS,
    POLICIES, PREEMPTIONS, RELOCATIONS, REPLICAS, SCALES,
};

use super::run::plot;
use super::{Failure, compare::Format, terminal};
use crate::build::{self, COMPATS, JOB_MODELS, REQUEST_MODELS};
use crate::experiment::metrics::METRICS;
use crate::schema::{Seam, catalogue, geometries, pools, quantity};

/// Says what there is.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Of what
    what: What,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Orders, admission rules, placements, preemptions, buyers, and whole policies
    Policies,
    /// Instance types with their prices
    Instances,
    /// Spot pools as they were measured
    Pools,
    /// Geometries of partitioned GPUs, and their slices
    Mig,
    /// Formats of traces, of prices, of availability and of requests
    Formats,
    /// Generators of jobs and of requests
    Generators,
    /// Metrics and their definitions
    Metrics,
    /// Published simulators whose ways can be kept
    Compat,
}

impl List {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let table = match self.what {
            What::Policies => policies(),
            What::Instances => instances(),
            What::Pools => spot_pools(),
            What::Mig => slices(),
            What::Formats => formats(),
            What::Generators => generators(),
            What::Metrics => metrics(),
            What::Compat => compats(),
        };
        let text = match self.format {
            Format::Text => table.text(terminal::width()),
            Format::Markdown => table.markdown(),
            Format::Json => return terminal::say(&json(&table)),
        };
        terminal::say(&text.map_err(plot)?)
    }
}

fn table(columns: &[&str], rows: Vec<Vec<String>>) -> Table {
    let rows = rows
        .into_iter()
        .map(|row| row.iter().map(|cell| Cell::from(cell.as_str())).collect());
    Table {
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        rows: rows.collect(),
    }
}

/// Rows as objects by column.
fn json(table: &Table) -> String {
    let row = |row: &Vec<Cell>| {
        let cells = table.columns.iter().zip(row).map(|(column, cell)| {
            let plots::table::Value::Text(text) = &cell.value else {
                unreachable!("lists are texts")
            };
            (column.clone(), serde_json::Value::from(text.as_str()))
        });
        serde_json::Value::Object(cells.collect())
    };
    let rows: Vec<serde_json::Value> = table.rows.iter().map(row).collect();
    format!("{:#}\n", serde_json::Value::from(rows))
}

fn policies() -> Table {
    let mut rows = Vec::new();
    rows.extend(entries("order", ORDERS));
    rows.extend(entries("admit", ADMISSIONS));
    rows.extend(entries("place", PLACEMENTS));
    rows.extend(entries("preempt", PREEMPTIONS));
    rows.extend(entries("buy", BUYERS));
    rows.extend(entries("move", RELOCATIONS));
    rows.extend(entries("guard", GUARDS));
    rows.extend(entries("hours", HOURS));
    rows.extend(entries("scale", SCALES));
    rows.extend(entries("pace", PACES));
    rows.extend(entries("replicas", REPLICAS));
    rows.extend(entries("oversubscribe", OVERSUBSCRIPTIONS));
    rows.extend(entries("asks", HEADS));
    rows.extend(entries("kind", POLICIES));
    table(&["key", "name", "what it does", "parameters"], rows)
}

fn entries<T: ?Sized>(key: &str, entries: &'static [Entry<T>]) -> Vec<Vec<String>> {
    let row = |entry: &Entry<T>| {
        let params = entry
            .params
            .iter()
            .map(|param| format!("{} = {}: {}", param.name, param.default, param.doc));
        let params: Vec<String> = params.collect();
        let needs = if entry.claims.estimate {
            "; needs estimates"
        } else {
            ""
        };
        vec![
            key.to_owned(),
            entry.kind.to_owned(),
            format!("{}{needs}", entry.doc),
            params.join("; "),
        ]
    };
    entries.iter().map(row).collect()
}

fn instances() -> Table {
    let row = |entry: crate::schema::Entry| {
        let instance = entry.instance;
        let memory = instance.memory.map_or(String::new(), quantity::print_size);
        vec![
            instance.name.unwrap_or_default(),
            instance.gpus.to_string(),
            instance.gpu.or(entry.arch).unwrap_or_default(),
            instance.cpus.map_or(String::new(), |cpus| cpus.to_string()),
            memory,
            instance
                .watts
                .map_or(String::new(), |watts| watts.to_string()),
            quantity::print_price(entry.price),
            entry.region,
            format!("{}, {}", entry.source, entry.date),
        ]
    };
    let columns = [
        "instance",
        "gpus",
        "model",
        "vcpus",
        "memory",
        "watts",
        "on demand, h",
        "region",
        "source",
    ];
    table(&columns, catalogue().into_iter().map(row).collect())
}

fn spot_pools() -> Table {
    let row = |pool: crate::schema::Pool| {
        let spans = |(mean, median)| {
            let print = quantity::print_span;
            format!("{} ({})", print(mean), print(median))
        };
        vec![
            pool.name,
            pool.instance,
            format!("{:.1} %", 100.0 * pool.law.share()),
            spans(pool.up),
            spans(pool.down),
            format!("{} days from {}", pool.days, pool.date),
        ]
    };
    let columns = [
        "pool",
        "instance",
        "available",
        "up: mean (median)",
        "down: mean (median)",
        "watched",
    ];
    table(&columns, pools().into_iter().map(row).collect())
}

fn slices() -> Table {
    let mut rows = Vec::new();
    for geometry in geometries() {
        for (name, profile) in &geometry.profiles {
            let starts = profile.starts().map(|start| start.to_string());
            rows.push(vec![
                geometry.name.clone(),
                geometry.gpus.join(" "),
                name.clone(),
                format!("{}/{}", profile.compute(), profile.of()),
                profile.memory().to_string(),
                starts.collect::<Vec<_>>().join(" "),
                profile.per_gpu().to_string(),
                format!("{}, {}", geometry.source, geometry.date),
            ]);
        }
    }
    let columns = [
        "mig",
        "gpus",
        "profile",
        "compute",
        "memory slices",
        "starts",
        "on a GPU",
        "source",
    ];
    table(&columns, rows)
}

fn formats() -> Table {
    let row = |format: &traces::Format| {
        let reads = match format.reads {
            traces::Reads::Jobs(_) => "jobs",
            traces::Reads::Nodes(_) => "machines",
            traces::Reads::Cluster(_) => "a cluster",
        };
        vec![
            format.name.to_owned(),
            reads.to_owned(),
            format.evidence.to_string(),
            format.doc.to_owned(),
            format.origin.to_owned(),
        ]
    };
    let series = |format: &traces::series::Format| {
        let reads = [
            (format.reads.availability.is_some(), "availability"),
            (format.reads.prices.is_some(), "prices"),
            (format.reads.lifetimes.is_some(), "lifetimes"),
        ];
        let reads = reads.into_iter().filter(|(is, _)| *is);
        let reads: Vec<&str> = reads.map(|(_, what)| what).collect();
        vec![
            format.name.to_owned(),
            reads.join(", "),
            format.evidence.to_string(),
            format.doc.to_owned(),
            format.origin.to_owned(),
        ]
    };
    let requests = |format: &traces::requests::Format| {
        let reads = match format.reads {
            traces::requests::Reads::Requests(_) => "requests",
            traces::requests::Reads::Rates(_) => "rates of requests",
        };
        vec![
            format.name.to_owned(),
            reads.to_owned(),
            format.evidence.to_string(),
            format.doc.to_owned(),
            format.origin.to_owned(),
        ]
    };
    let traces = traces::formats().iter().map(row);
    let series = traces::series::formats().iter().map(series);
    let requests = traces::requests::formats().iter().map(requests);
    table(
        &["format", "holds", "checked", "what it is", "origin"],
        traces.chain(series).chain(requests).collect(),
    )
}

/// What `trace synth` takes; jobs of a scenario come from the same generators.
fn generators() -> Table {
    let known = build::known(Seam::Synth).expect("generators are registered");
    let jobs = JOB_MODELS.iter().map(|(name, doc)| {
        let mut models = known.iter();
        let model = models.find(|model| model.kind == *name);
        let params = model.expect("every generator is registered").params.iter();
        let params: Vec<&str> = params.map(|param| param.name.as_str()).collect();
        let cells = [*name, "jobs", *doc, &params.join("; ")];
        cells.map(str::to_owned).to_vec()
    });
    let requests = REQUEST_MODELS.iter().map(|model| {
        let cells = [model.name, "requests", model.doc, &model.params.join("; ")];
        cells.map(str::to_owned).to_vec()
    });
    let common = build::COMMON.join("; ");
    let common = ["", "", "what all generators of requests take", &common].map(str::to_owned);
    table(
        &["generator", "makes", "what it is", "parameters"],
        jobs.chain(requests).chain([common.to_vec()]).collect(),
    )
}

fn metrics() -> Table {
    let row = |metric: &crate::experiment::metrics::Metric| {
        vec![
            metric.name.to_owned(),
            metric.unit.to_owned(),
            metric.doc.to_owned(),
        ]
    };
    table(
        &["metric", "unit", "definition"],
        METRICS.iter().map(row).collect(),
    )
}

/// A line for what each simulator is, for each of its ways, and for what is not kept of it.
fn compats() -> Table {
    let mut rows = Vec::new();
    for compat in COMPATS {
        let mut row = |policy: &str, what: String| {
            rows.push(vec![compat.name.to_owned(), policy.to_owned(), what]);
        };
        row("", compat.of.to_owned());
        for (policy, way) in compat.keeps {
            row(policy, (*way).to_owned());
        }
        for way in compat.lacks {
            row("", format!("not kept: {way}"));
        }
    }
    table(&["compat", "policy", "what is kept"], rows)
}
