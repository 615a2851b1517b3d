//! A workload, printed.

use sim_core::model::Market;
use sim_core::units::Span;
use traces::SpeedRow;

use super::super::place::{Place, Spanned};
use super::super::print::{entries, integer, list, names, part, put, size, span, string, wide};
use super::super::quantity::{print_money, print_price};
use super::super::value::{Table, Value};
use super::super::variant::{Speed, Variant};
use super::super::workload::{
    Checkpoint, Course, CourseKind, Deadline, GoodputSpec, JobSource, Keep, SpeedsSource,
    SpeedsSpec, TaskGpus, TraceSpec, Workload, Worth,
};

/// Nothing for any market.
fn market_list(markets: &[Market]) -> Option<Value> {
    let words = markets.iter().map(|market| string(market.name()));
    let words = words.map(|word| Spanned::new(word, Place::default()));
    (!markets.is_empty()).then(|| Value::List(words.collect()))
}

/// What costs nothing is left out, but for the restore; of a goodput course, which has a delay instead, that as well.
fn checkpoint_table(checkpoint: &Checkpoint, course: &Course) -> Table {
    let mut table = kept(checkpoint);
    if course.goodput.is_none() {
        put(&mut table, "restore", Some(span(checkpoint.restore.value)));
    }
    costs(&mut table, checkpoint);
    table
}

fn kept(checkpoint: &Checkpoint) -> Table {
    let mut table = Table::default();
    let (every, steps) = match checkpoint.keep {
        Keep::All => return entries([("keep", string("all"))]),
        Keep::None => return entries([("keep", string("none"))]),
        Keep::Every(work) => (Some(work), None),
        Keep::Steps(steps) => (None, Some(steps)),
        Keep::Either(work, steps) => (Some(work), Some(steps)),
    };
    put(&mut table, "every", every.map(|work| span(work.value)));
    put(
        &mut table,
        "steps",
        steps.map(|steps| Value::Integer(i64::try_from(steps.value).unwrap_or(i64::MAX))),
    );
    table
}

fn costs(table: &mut Table, checkpoint: &Checkpoint) {
    let rare = [
        ("dump", checkpoint.dump),
        ("upload", checkpoint.upload),
        ("setup", checkpoint.setup),
        ("reseat", checkpoint.reseat),
    ];
    for (key, cost) in rare {
        let cost = Some(cost.value).filter(|cost| *cost > Span::ZERO);
        put(table, key, cost.map(span));
    }
    let flags = [
        ("last", checkpoint.last),
        ("on-notice", checkpoint.on_notice),
    ];
    for (key, flag) in flags {
        put(table, key, flag.then_some(Value::Bool(true)));
    }
    if let Some(stored) = &checkpoint.stored {
        put(table, "storage", Some(string(&stored.storage.value)));
        put(table, "size", Some(size(stored.size)));
        put(table, "retention", Some(integer(stored.retention)));
        put(table, "linger", Some(span(stored.linger)));
    }
}

pub(super) fn workload_table(workload: &Workload) -> Table {
    let mut table = entries([("name", string(&workload.name.value))]);
    match &workload.jobs {
        JobSource::Trace(trace) => {
            put(&mut table, "trace", Some(Value::Table(trace_table(trace))));
        }
        JobSource::Synth(synth) => put(&mut table, "synth", Some(part("model", synth))),
    }
    let tasks = match workload.task_gpus.value {
        TaskGpus::Trace => string("trace"),
        TaskGpus::Job => string("job"),
        TaskGpus::Gpu => string("gpu"),
        TaskGpus::Each(gpus) => integer(gpus),
        TaskGpus::Share(milli) => Value::Float(f64::from(milli) / 1000.0),
    };
    put(&mut table, "task-gpus", Some(tasks));
    let profile = workload.profile.as_ref();
    put(
        &mut table,
        "profile",
        profile.map(|name| string(&name.value)),
    );
    put(
        &mut table,
        "course",
        Some(Value::Table(course_table(&workload.course))),
    );
    let checkpoint = checkpoint_table(&workload.checkpoint, &workload.course);
    put(&mut table, "checkpoint", Some(Value::Table(checkpoint)));
    let deadline = workload.deadline.map(|deadline| match deadline {
        Deadline::Slack(slack) => Value::Table(entries([("slack", Value::Float(slack.value))])),
        Deadline::After(time) => span(time.value),
    });
    put(&mut table, "deadline", deadline);
    put(
        &mut table,
        "estimate",
        workload.estimate.as_ref().map(|model| part("model", model)),
    );
    put(
        &mut table,
        "priority",
        Some(Value::Integer(workload.priority.value.into())),
    );
    put(
        &mut table,
        "queue",
        workload.queue.as_ref().map(|queue| string(&queue.value)),
    );
    put(&mut table, "tags", Some(names(&workload.tags)));
    put(
        &mut table,
        "scale",
        Some(Value::Float(workload.scale.value)),
    );
    put(&mut table, "models", Some(names(&workload.models)));
    for (key, markets) in [("markets", &workload.markets), ("lead", &workload.lead)] {
        put(&mut table, key, market_list(markets));
    }
    let least = Some(workload.least).filter(|share| *share < 1.0);
    put(&mut table, "least", least.map(Value::Float));
    let tolerance = workload.appetite.tolerance_ppm;
    let tolerance = tolerance.map(|ppm| Value::Float(f64::from(ppm) / 1e6));
    put(&mut table, "tolerance", tolerance);
    let cap = workload.appetite.price_cap;
    let cap = cap.map(|price| Value::Text(print_price(price)));
    put(&mut table, "price-cap", cap);
    put(&mut table, "value", workload.value.map(value));
    forms(&mut table, workload);
    table
}

/// What the jobs take of a GPU, and the forms that they can take.
fn forms(table: &mut Table, workload: &Workload) {
    let memory = workload.gpu_memory.map(|memory| size(memory.value));
    put(table, "gpu-memory", memory);
    let told = [
        ("memory", workload.usage.memory_milli),
        ("compute", workload.usage.compute_milli),
    ];
    let told = told
        .into_iter()
        .filter_map(|(key, milli)| Some((key, milli?)));
    let told = told.map(|(key, milli)| (key, Value::Float(f64::from(milli) / 1000.0)));
    let told: Vec<_> = told.collect();
    if !told.is_empty() {
        put(table, "usage", Some(Value::Table(entries(told))));
    }
    if !workload.variants.is_empty() {
        let variants = workload.variants.iter();
        put(table, "variants", Some(list(variants.map(variant))));
    }
}

fn variant(variant: &Variant) -> Value {
    let speed = match &variant.speed {
        Speed::Any(factor) => Value::Float(*factor),
        Speed::ByModel(factors) => {
            let factors = factors.iter();
            let factors = factors.map(|(model, factor)| (model.as_str(), Value::Float(*factor)));
            Value::Table(entries(factors))
        }
    };
    Value::Table(entries([
        ("name", string(&variant.name.value)),
        ("speed", speed),
        ("gpu-memory", Value::Float(variant.gpu_memory)),
    ]))
}

fn value(worth: Worth) -> Value {
    match worth {
        Worth::Job(amount) => Value::Text(print_money(amount)),
        Worth::GpuHour(price) => {
            let price = Value::Text(print_price(price));
            Value::Table(entries([("gpu-hour", price)]))
        }
    }
}

fn trace_table(trace: &TraceSpec) -> Table {
    let file = string(&trace.file.value.written);
    let mut table = entries([("format", string(&trace.format.value)), ("file", file)]);
    put(
        &mut table,
        "unit",
        trace.unit.as_ref().map(|unit| string(&unit.value)),
    );
    let columns = trace.columns.iter();
    let columns = columns.map(|(ours, theirs)| (ours.value.as_str(), string(&theirs.value)));
    put(&mut table, "columns", Some(Value::Table(entries(columns))));
    put(&mut table, "skip", trace.skip.map(|skip| wide(skip.value)));
    put(
        &mut table,
        "limit",
        trace.limit.map(|limit| wide(limit.value)),
    );
    put(&mut table, "from", trace.from.map(|from| span(from.value)));
    put(
        &mut table,
        "until",
        trace.until.map(|until| span(until.value)),
    );
    put(&mut table, "lenient", Some(Value::Bool(trace.lenient)));
    table
}

fn put_goodput(table: &mut Table, goodput: &GoodputSpec) {
    let folder = goodput.folder.as_ref();
    put(
        table,
        "profiles",
        folder.map(|folder| string(&folder.value.written)),
    );
    let applications = goodput.applications.iter().map(|(name, spec)| {
        let mut own = entries([("delay", span(spec.delay))]);
        put(&mut own, "epochs", spec.epochs.map(integer));
        put(&mut own, "slowdown", Some(Value::Float(spec.slowdown)));
        let stages = spec.pipeline.iter();
        let stages: Vec<_> = stages
            .map(|(model, stages)| (model.value.as_str(), integer(*stages)))
            .collect();
        let some = !stages.is_empty();
        put(
            &mut own,
            "pipeline",
            some.then(|| Value::Table(entries(stages))),
        );
        (name.as_str(), Value::Table(own))
    });
    let applications: Vec<_> = applications.collect();
    let some = !applications.is_empty();
    put(
        table,
        "applications",
        some.then(|| Value::Table(entries(applications))),
    );
    let names = goodput.profiled.iter();
    let names: Vec<_> = names
        .map(|(model, name)| (model.as_str(), string(name)))
        .collect();
    let some = !names.is_empty();
    put(
        table,
        "profiled",
        some.then(|| Value::Table(entries(names))),
    );
    let batch = if goodput.tuned { "tuned" } else { "requested" };
    put(table, "batch", Some(string(batch)));
    put(table, "round", Some(span(goodput.round)));
}

fn course_table(course: &Course) -> Table {
    let (kind, step) = match course.kind {
        CourseKind::Linear if course.input.is_some() => ("data-bound", None),
        CourseKind::Linear => ("linear", None),
        CourseKind::Goodput => ("goodput", None),
        CourseKind::Stepwise { .. } if course.speeds.is_some() => ("stepwise", None),
        CourseKind::Stepwise { step } => ("stepwise", Some(span(step.value))),
    };
    let mut table = entries([("kind", string(kind))]);
    put(&mut table, "step", step);
    if let Some(goodput) = &course.goodput {
        put_goodput(&mut table, goodput);
        let rates = course.rates.iter();
        let rates = rates.map(|(model, rate)| (model.as_str(), Value::Float(*rate)));
        let rates: Vec<_> = rates.collect();
        let some = !rates.is_empty();
        put(
            &mut table,
            "rates",
            some.then(|| Value::Table(entries(rates))),
        );
        return table;
    }
    if let Some(speeds) = &course.speeds {
        put(
            &mut table,
            "speeds",
            Some(Value::Table(speeds_table(speeds))),
        );
        across(&mut table, course);
        return table;
    }
    let rates = course.rates.iter();
    let rates = rates.map(|(model, rate)| (model.as_str(), Value::Float(*rate)));
    put(&mut table, "rates", Some(Value::Table(entries(rates))));
    let numbers: Vec<String> = course.scaling.keys().map(u32::to_string).collect();
    let scaling = numbers.iter().zip(course.scaling.values());
    let scaling = scaling.map(|(gpus, rate)| (gpus.as_str(), Value::Float(*rate)));
    put(&mut table, "scaling", Some(Value::Table(entries(scaling))));
    across(&mut table, course);
    if let Some(input) = &course.input {
        put(&mut table, "data", Some(string(&input.data.value)));
        put(&mut table, "read", Some(size(input.read)));
        let (cache, bandwidth) = input.cache.unzip();
        put(&mut table, "cache", cache.map(size));
        put(&mut table, "cache-bandwidth", bandwidth.map(size));
    }
    table
}

fn across(table: &mut Table, course: &Course) {
    let factors = [
        ("across-nodes", course.across_nodes),
        ("across-racks", course.across_racks),
        ("across-zones", course.across_zones),
    ];
    for (key, factor) in factors {
        put(table, key, Some(Value::Float(factor)));
    }
}

fn speeds_table(speeds: &SpeedsSpec) -> Table {
    let mut table = match &speeds.table {
        SpeedsSource::File(file) => entries([("file", string(&file.value.written))]),
        SpeedsSource::Rows(rows) => {
            let row = |row: &SpeedRow| {
                Value::Table(entries([
                    ("gpu", string(&row.model)),
                    ("kind", string(&row.kind)),
                    ("gpus", integer(row.gpus)),
                    ("steps", Value::Float(row.steps_s)),
                ]))
            };
            entries([("table", list(rows.iter().map(row)))])
        }
    };
    put(
        &mut table,
        "reference",
        Some(string(&speeds.reference.value)),
    );
    let kind = speeds.kind.as_ref().map(|kind| string(&kind.value));
    put(&mut table, "kind", kind);
    table
}
