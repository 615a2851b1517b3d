//! `[[workload]]`: its keys, and how they become a workload.

use sim_core::model::{Appetite, Market};
use sim_core::units::{Span, convert};

use super::super::fields::{Fields, Item};
use super::super::place::Spanned;
use super::super::read::every;
use super::super::spec::{Choice, KeySpec, Seam, TableSpec, Takes};
use super::super::value::Value;
use super::super::workload::{
    Checkpoint, Course, CourseKind, Deadline, JobSource, Keep, TaskGpus, TraceSpec, Workload, Worth,
};
use super::fleet_keys::MARKETS;
use super::{checkpoint, course, usage, variants};

/// Fastest and slowest that a rate or a factor may be.
pub(super) const MOST: f64 = 1e6;

pub(super) static WORKLOAD: TableSpec = TableSpec::closed(
    "[[workload]]",
    "Jobs, and what they have in common.",
    &[
        KeySpec::new("name", Takes::Name, "What tables call it.").required(),
        KeySpec::new("trace", Takes::Table(&TRACE), "A file of jobs."),
        KeySpec::new("synth", Takes::Part(Seam::Synth), "A generator of jobs."),
        KeySpec::new(
            "task-gpus",
            Takes::Either(&[
                Takes::Choice(&TASKS),
                Takes::Integer(1, 64),
                Takes::Number(0.001, 0.999, false),
            ]),
            "How the GPUs of a job split into tasks, each of which lies on one node; a part such as 0.5: each GPU is a task \
             that asks for this part of one, so that others may lie beside it.",
        )
        .default("\"trace\"")
        .bound(
            "a task has 1 to 64 GPUs, or a part of one from 0.001 to 0.999",
            "write a number in that range",
        ),
        KeySpec::new(
            "profile",
            Takes::Text,
            "The slice of a partitioned GPU that each task takes in place of its GPU, such as \"1g.5gb\"; durations are those on the slice, unless rates say how fast it is.",
        )
        .default("whole GPUs, or shares as the trace says"),
        KeySpec::new(
            "course",
            Takes::Either(&[Takes::Choice(&course::COURSES), Takes::Table(&course::COURSE)]),
            "How a job advances.",
        )
        .default("\"linear\""),
        KeySpec::new(
            "checkpoint",
            Takes::Table(&checkpoint::CHECKPOINT),
            "What a preempted job keeps.",
        )
        .default("{ keep = \"all\" }"),
        KeySpec::new(
            "deadline",
            Takes::Either(&[Takes::Duration(true), Takes::Table(&DEADLINE)]),
            "By when a job should be done, counted from its submission.",
        )
        .default("no deadline"),
        KeySpec::new(
            "estimate",
            Takes::Part(Seam::Estimate),
            "What a policy is told of a job's duration.",
        )
        .default("what the trace gives"),
        KeySpec::new(
            "priority",
            Takes::Integer(i32::MIN as i64, i32::MAX as i64),
            "Higher goes first.",
        )
        .default("0"),
        KeySpec::new("queue", Takes::Name, "The tenant.").default("one tenant for all"),
        KeySpec::new(
            "tags",
            Takes::List(&Takes::Tag),
            "Marks that results can be split by; `project:NAME` says whose the work is.",
        )
        .default("[]"),
        KeySpec::new(
            "scale",
            Takes::Number(0.0, MOST, true),
            "Arrivals come this many times as fast.",
        )
        .default("1.0")
        .bound(
            "a scale is above 0 and at most 1e6",
            "write a number in that range",
        ),
        KeySpec::new(
            "markets",
            Takes::List(&Takes::Choice(&MARKETS)),
            "Markets that the jobs may use.",
        )
        .default("any"),
        KeySpec::new(
            "lead",
            Takes::List(&Takes::Choice(&MARKETS)),
            "Markets of the first task of a gang, without which it cannot go on.",
        )
        .default("no task leads"),
        KeySpec::new(
            "least",
            Takes::Number(0.0, 1.0, true),
            "Share of its tasks that a job can do with: with fewer it runs slower, and a lost node need not stop it.",
        )
        .default("1.0"),
        KeySpec::new(
            "models",
            Takes::List(&Takes::Name),
            "GPU models that the jobs may use.",
        )
        .default("any"),
        KeySpec::new(
            "tolerance",
            Takes::Number(0.0, 1.0, false),
            "How likely it may be that a reclaim hits a job, for policies that ask.",
        )
        .default("the policy's")
        .bound("a probability is 0 to 1", "write a number in that range"),
        KeySpec::new(
            "price-cap",
            Takes::Price,
            "The most that the jobs pay for a GPU an hour, for policies that ask.",
        )
        .default("any price"),
        KeySpec::new(
            "value",
            Takes::Either(&[Takes::Money, Takes::Table(&VALUE)]),
            "What a finished job is worth, for its return on what it cost; no policy is told.",
        )
        .default("it is not said"),
        KeySpec::new(
            "gpu-memory",
            Takes::Size,
            "Memory that a task takes of each of its GPUs: it runs on no GPU that has less. GPUs of a node list have what a fleet says of their model.",
        )
        .default("any GPU will do"),
        usage::KEY,
        KeySpec::new(
            "variants",
            Takes::Tables(&variants::VARIANT),
            "Other forms that the jobs can take: on each GPU model the fastest that fits.",
        )
        .default("none"),
        KeySpec::later("kind", "elastic jobs and services"),
        KeySpec::later("retries", "hardware failures"),
        KeySpec::later("align", "replayed series"),
        KeySpec::later("after", "replayed series"),
    ],
);

static TASKS: [Choice; 3] = [
    Choice::new("trace", "As the trace says."),
    Choice::new(
        "job",
        "All on one node if they fit, otherwise full nodes and a remainder.",
    ),
    Choice::new("gpu", "Each GPU is a task: they may lie anywhere."),
];

static TRACE: TableSpec = TableSpec::closed(
    "trace",
    "A file of jobs, and the part of it that is used.",
    &[
        KeySpec::new(
            "format",
            Takes::Name,
            "Its format; `windtunnel list formats` names them.",
        )
        .required(),
        KeySpec::new("file", Takes::File, "The file.").required(),
        KeySpec::new(
            "unit",
            Takes::Name,
            "What one unit of the trace's resource is.",
        ),
        KeySpec::new(
            "columns",
            Takes::Map(&Takes::Text),
            "Column map of the generic formats: our name = \"the file's\".",
        ),
        KeySpec::new(
            "skip",
            Takes::Integer(1, 4_294_967_295),
            "So many jobs are left out first; when the next was submitted becomes time zero.",
        )
        .default("none"),
        KeySpec::new(
            "limit",
            Takes::Integer(1, 4_294_967_295),
            "At most so many jobs, the earliest.",
        )
        .default("all")
        .bound(
            "a run takes 1 to 4,294,967,295 jobs",
            "write a number in that range",
        ),
        KeySpec::new(
            "from",
            Takes::Duration(false),
            "Jobs before this time of the trace are left out.",
        ),
        KeySpec::new(
            "until",
            Takes::Duration(true),
            "Jobs from this time of the trace on are left out.",
        ),
        KeySpec::new(
            "lenient",
            Takes::Bool,
            "Bad rows are counted and dropped instead of ending the import.",
        )
        .default("false"),
    ],
);

static DEADLINE: TableSpec = TableSpec::closed(
    "deadline",
    "A deadline in proportion to a job's duration.",
    &[KeySpec::new(
        "slack",
        Takes::Number(1.0, MOST, false),
        "This many times its duration.",
    )
    .required()
    .bound(
        "a deadline before the work can be done: slack is 1 to 1e6",
        "raise it",
    )],
);

static VALUE: TableSpec = TableSpec::closed(
    "value",
    "A value in proportion to a job's work.",
    &[KeySpec::new(
        "gpu-hour",
        Takes::Price,
        "For each GPU-hour: GPUs it asks for, times its duration at speed 1.0.",
    )
    .required()],
);

pub(super) fn decode(fields: &Fields<'_>) -> Option<Workload> {
    let name = fields.item("name").and_then(Item::name);
    let jobs = jobs(fields);
    let place = fields.place;
    let task_gpus = fields
        .item("task-gpus")
        .map_or(Some(Spanned::new(TaskGpus::Trace, place)), task_gpus);
    let profile = fields.optional("profile", Item::text);
    let course = fields
        .item("course")
        .map_or(Some(course::plain()), course::decode);
    let checkpoint = checkpoint::decode(fields);
    let deadline = fields.optional("deadline", deadline);
    let estimate = fields.optional("estimate", Item::part);
    let priority = fields
        .item("priority")
        .map_or(Some(Spanned::new(0, place)), Item::count);
    let queue = fields.optional("queue", Item::name);
    let tags = fields.item("tags").map_or(Some(Vec::new()), |item| {
        every(item.list()?.into_iter().map(Item::tag))
    });
    let scale = fields
        .item("scale")
        .map_or(Some(Spanned::new(1.0, place)), Item::number);
    let models = names(fields, "models");
    let (markets, lead) = (markets(fields, "markets"), markets(fields, "lead"));
    let appetite = appetite(fields);
    let value = fields.optional("value", worth);
    let gpu_memory = fields.optional("gpu-memory", Item::size);
    let usage = usage::decode(fields);
    let variants = variants::decode(fields);
    let least = fields
        .item("least")
        .map_or(Some(1.0), |item| Some(item.number()?.value));
    let (course, checkpoint) = (course?, checkpoint?);
    let value = value?;
    agree(fields, &course, &checkpoint, least?)?;
    is_known_before(fields, &course, value)?;
    Some(Workload {
        name: name?,
        jobs: jobs?,
        task_gpus: task_gpus?,
        profile: profile?,
        course,
        checkpoint,
        deadline: deadline?,
        estimate: estimate?,
        priority: priority?,
        queue: queue?,
        tags: tags?,
        scale: scale?,
        models: models?,
        markets: markets?,
        lead: lead?,
        least: least?,
        appetite: appetite?,
        usage: usage?,
        value,
        gpu_memory: gpu_memory?,
        variants: variants?,
    })
}

/// Whether the checkpoints, parts of gangs and variants are of a kind that the course can have.
fn agree(fields: &Fields<'_>, course: &Course, checkpoint: &Checkpoint, least: f64) -> Option<()> {
    if let (CourseKind::Linear | CourseKind::Goodput, Keep::Steps(steps) | Keep::Either(_, steps)) =
        (course.kind, checkpoint.keep)
    {
        let rule = "the course has no steps";
        let remedy = "write course = { kind = \"stepwise\", step = ... }, or every = \"30m\"";
        fields.refuse(steps.place, "steps", rule, remedy);
        return None;
    }
    if let Some(goodput) = &course.goodput {
        checkpoint::starts_as_profiled(fields, goodput)?;
    }
    if course.speeds.is_some() && least < 1.0 {
        let place = fields.key_place("least").unwrap_or(fields.place);
        let rule = "a table of speeds is of whole jobs";
        fields.refuse(place, "least", rule, "remove it, or write rates");
        return None;
    }
    let told = match (course.speeds.is_some(), course.goodput.is_some()) {
        (true, _) => Some((
            "a table of speeds says how fast each kind of job is",
            "write the variant as a kind of its own into the table",
        )),
        (false, true) => Some((
            "profiles say how fast each application is",
            "measure the variant as an application of its own",
        )),
        (false, false) => None,
    };
    if let (Some((rule, remedy)), Some(place)) = (told, fields.key_place("variants")) {
        fields.refuse(place, "variants", rule, remedy);
        return None;
    }
    Some(())
}

/// Whether a value by the hour can be told: how long a goodput job works is not known before.
fn is_known_before(fields: &Fields<'_>, course: &Course, value: Option<Worth>) -> Option<()> {
    if course.goodput.is_some() && matches!(value, Some(Worth::GpuHour(_))) {
        let place = fields.key_place("value").unwrap_or(fields.place);
        let rule = "how long a goodput job works is not known before";
        let remedy = "write what a job is worth: value = \"$12\"";
        fields.refuse(place, "value", rule, remedy);
        return None;
    }
    Some(())
}

/// What the submitter puts up with; a probability is kept to the millionth.
fn appetite(fields: &Fields<'_>) -> Option<Appetite> {
    let tolerance = fields.optional("tolerance", Item::number);
    let price_cap = fields.optional("price-cap", Item::price);
    let ppm = |share: Spanned<f64>| {
        u32::try_from(convert::floor(share.value * 1e6 + 0.5)).expect("at most a million")
    };
    Some(Appetite {
        tolerance_ppm: tolerance?.map(ppm),
        price_cap: price_cap?.map(|price| price.value),
    })
}

fn worth(item: Item<'_>) -> Option<Worth> {
    let item = item.pick()?;
    if item.is_text() {
        return item.money().map(|money| Worth::Job(money.value));
    }
    let price = item.table()?.item("gpu-hour")?.price()?;
    Some(Worth::GpuHour(price.value))
}

fn jobs(fields: &Fields<'_>) -> Option<JobSource> {
    if fields.exclusive("trace", "synth") {
        return None;
    }
    if let Some(item) = fields.item("trace") {
        return trace(&item.table()?).map(JobSource::Trace);
    }
    if let Some(item) = fields.item("synth") {
        return item.part().map(JobSource::Synth);
    }
    let remedy = "add trace = { format = ..., file = ... } or synth = { model = ... }";
    fields.refuse_here("trace or synth", "missing in [[workload]]", remedy);
    None
}

fn trace(fields: &Fields<'_>) -> Option<TraceSpec> {
    let format = fields.item("format").and_then(Item::name);
    let file = fields.item("file").and_then(Item::file);
    let unit = fields.optional("unit", Item::name);
    let columns = fields.item("columns").map_or(Some(Vec::new()), |item| {
        let read = |(key, item): (&Spanned<String>, Item<'_>)| Some((key.clone(), item.text()?));
        every(item.map()?.into_iter().map(read))
    });
    let [skip, limit] = ["skip", "limit"].map(|key| fields.optional(key, Item::count));
    let from = fields.optional("from", Item::span);
    let until = fields.optional("until", Item::span);
    let lenient = fields
        .item("lenient")
        .map_or(Some(false), |item| Some(item.bool()?.value));
    let (from, until) = (from?, until?);
    let start = from.map_or(Span::ZERO, |from| from.value);
    if let Some(until) = until.filter(|until| until.value <= start) {
        fields.refuse(
            until.place,
            "until",
            "not after from",
            "raise it or lower from",
        );
        return None;
    }
    let (skip, limit, lenient) = (skip?, limit?, lenient?);
    let (format, file, unit, columns) = (format?, file?, unit?, columns?);
    Some(TraceSpec {
        format,
        file,
        unit,
        columns,
        skip,
        limit,
        from,
        until,
        lenient,
    })
}

fn task_gpus(item: Item<'_>) -> Option<Spanned<TaskGpus>> {
    let item = item.pick()?;
    if item.is_text() {
        let word = item.choice()?;
        return Some(word.map(|at| [TaskGpus::Trace, TaskGpus::Job, TaskGpus::Gpu][at]));
    }
    if matches!(item.value.value, Value::Float(_)) {
        let part = item.number()?;
        return Some(part.map(|part| TaskGpus::Share(thousandths(part))));
    }
    Some(item.count()?.map(TaskGpus::Each))
}

/// A part within the bounds of `task-gpus`, to the nearest thousandth.
fn thousandths(part: f64) -> u16 {
    let milli = convert::floor(part * 1000.0 + 0.5);
    u16::try_from(milli).expect("below a thousand")
}

fn deadline(item: Item<'_>) -> Option<Deadline> {
    let item = item.pick()?;
    if item.is_text() {
        return item.span().map(Deadline::After);
    }
    let slack = item.table()?.item("slack")?.number()?;
    Some(Deadline::Slack(slack))
}

pub(super) fn markets(fields: &Fields<'_>, key: &str) -> Option<Vec<Market>> {
    let Some(item) = fields.item(key) else {
        return Some(Vec::new());
    };
    let market = |item: Item<'_>| Some(Market::ALL[item.choice()?.value]);
    every(item.list()?.into_iter().map(market))
}

fn names(fields: &Fields<'_>, key: &str) -> Option<Vec<Spanned<String>>> {
    let Some(item) = fields.item(key) else {
        return Some(Vec::new());
    };
    every(item.list()?.into_iter().map(Item::name))
}

/// The workloads: at least one, where there are no services.
pub(super) fn all(top: &Fields<'_>) -> Option<Vec<Workload>> {
    if top.item("service").is_some() {
        return super::all(top, "workload", "", decode);
    }
    if top.item("workload").is_none() {
        let remedy = "add it: an array of tables, [[workload]]";
        top.refuse_here("workload", "missing in the scenario", remedy);
    }
    super::all(top, "workload", "some work", decode)
}
