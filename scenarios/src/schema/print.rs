//! The resolved experiment: a scenario as the one canonical text that reads back as the same.

mod policy;
mod workload;

use sim_core::units::{Price, SimTime, Span};

use super::curve::{NodeSource, PriceSource};
use super::fleet::{Bytes, Fleet, InstanceType, Machines, Size, Steps};
use super::place::{Place, Spanned};
use super::quantity::{print_percent, print_price, print_size, print_span};
use super::scenario::{End, Inference, IntervalKind, Over, Replicate, Scenario, TestKind, Trigger};
use super::service::{RequestsSpec, ServiceSpec};
use super::value::{Part, Table, Value};
use super::write::{line, section};

/// The scenario with every default and reference resolved, as TOML.
pub fn print(scenario: &Scenario) -> String {
    let mut text = String::new();
    for (key, value) in &head(scenario).entries {
        line(&mut text, &key.value, &value.value);
    }
    section(&mut text, "[replicate]", &replicate(&scenario.replicate));
    section(&mut text, "[horizon]", &horizon(scenario));
    section(&mut text, "[engine]", &engine(scenario));
    for fleet in &scenario.fleets {
        section(&mut text, "[[fleet]]", &fleet_table(fleet));
    }
    for workload in &scenario.workloads {
        section(
            &mut text,
            "[[workload]]",
            &workload::workload_table(workload),
        );
    }
    for service in &scenario.services {
        section(&mut text, "[[service]]", &service_table(service));
    }
    for queue in &scenario.queues {
        section(&mut text, "[[queue]]", &queue.written);
    }
    for (title, table) in as_written(scenario) {
        section(&mut text, title, table);
    }
    for budget in &scenario.budgets {
        section(&mut text, "[[budget]]", &budget.written);
    }
    for quota in &scenario.quotas {
        section(&mut text, "[[quota]]", &quota.written);
    }
    if let Some(sharing) = &scenario.sharing {
        let mut table = sharing.written.clone();
        if let Some(file) = &sharing.file {
            table.entries.retain(|(key, _)| key.value != "file");
            put(&mut table, "file", Some(string(&file.value.written)));
        }
        section(&mut text, "[sharing]", &table);
    }
    for policy in &scenario.policies {
        section(&mut text, "[[policy]]", &policy::policy_table(policy));
    }
    if let Some(wait) = scenario.objectives.wait {
        section(
            &mut text,
            "[objectives]",
            &entries([("wait", span(wait.value))]),
        );
    }
    let tables = scenario
        .output
        .tables
        .iter()
        .map(|table| string(table.name()));
    let (sample, spend) = (scenario.output.sample.value, scenario.output.spend.value);
    let output = [
        ("tables", list(tables)),
        ("sample", span(sample)),
        ("spend", span(spend)),
    ];
    let unbounded = (!scenario.output.bounds).then_some(("bounds", Value::Bool(false)));
    let output = output.into_iter().chain(unbounded);
    section(&mut text, "[output]", &entries(output));
    for claim in &scenario.claims {
        section(&mut text, "[[claim]]", &claim.written);
    }
    text
}

/// Tables that have no defaults to resolve.
fn as_written(scenario: &Scenario) -> Vec<(&'static str, &Table)> {
    let reservations = scenario
        .reservations
        .iter()
        .map(|own| ("[[reservation]]", &own.written));
    let storage = scenario
        .storage
        .iter()
        .map(|own| ("[[storage]]", &own.written));
    let data = scenario.data.iter().map(|own| ("[[data]]", &own.written));
    let leftovers = scenario
        .leftovers
        .iter()
        .map(|own| ("[[leftover]]", &own.written));
    let events = scenario
        .events
        .iter()
        .map(|own| ("[[event]]", &own.written));
    let regions = scenario
        .regions
        .iter()
        .map(|own| ("[[region]]", &own.written));
    let kept = storage.chain(data).chain(leftovers);
    reservations
        .chain(kept)
        .chain(events)
        .chain(regions)
        .collect()
}

/// A service as it was written, but for where its file lies.
fn service_table(service: &ServiceSpec) -> Table {
    let mut table = service.written.clone();
    let file = match &service.requests {
        RequestsSpec::Model(_) => return table,
        RequestsSpec::Log(log) => &log.file,
        RequestsSpec::Curve(curve) => &curve.file,
    };
    for (key, value) in &mut table.entries {
        if let ("requests", Value::Table(own)) = (key.value.as_str(), &mut value.value) {
            own.entries.retain(|(key, _)| key.value != "file");
            put(own, "file", Some(string(&file.value.written)));
        }
    }
    table
}

/// A digest of the resolved text: equal however the same experiment is written.
pub fn digest(scenario: &Scenario) -> String {
    blake3::hash(print(scenario).as_bytes())
        .to_hex()
        .to_string()
}

/// A digest of what policies are judged on: of all but the policies themselves, what is asked of them, how often they fly and
/// what is written of it. Files count by their names, not by what they hold.
pub fn premises(scenario: &Scenario) -> String {
    let mut bare = scenario.clone();
    bare.description = None;
    bare.question = None;
    bare.seed.value = 0;
    bare.baseline.value.clear();
    bare.replicate.n.value = 1;
    bare.replicate.until = None;
    bare.replicate.inference = Inference::default();
    bare.policies.clear();
    bare.output.tables.clear();
    bare.output.bounds = true;
    bare.output.sample.value = Span::ZERO;
    bare.claims.clear();
    bare.gate = None;
    bare.train.written = Table::default();
    bare.reward.written = Table::default();
    bare.sweep = None;
    digest(&bare)
}

fn replicate(replicate: &Replicate) -> Table {
    let mut table = entries([("n", integer(replicate.n.value))]);
    let over = match replicate.over {
        Over::Seeds => None,
        Over::Windows(window) => Some(("windows", window)),
        Over::Blocks(window) => Some(("block-bootstrap", window)),
    };
    if let Some((over, window)) = over {
        put(&mut table, "over", Some(string(over)));
        put(&mut table, "window", Some(span(window.value)));
    }
    if let Some(until) = &replicate.until {
        let until = entries([
            ("metric", string(&until.metric.value)),
            ("precision", Value::Text(print_percent(until.precision_ppm))),
            ("at-most", integer(until.at_most.value)),
        ]);
        put(&mut table, "until", Some(Value::Table(until)));
    }
    let Inference { interval, test } = replicate.inference;
    let interval = match interval {
        IntervalKind::T => None,
        IntervalKind::Bca => Some("bca"),
        IntervalKind::BatchMeans => Some("batch-means"),
    };
    let test = match test {
        TestKind::T => None,
        TestKind::Wilcoxon => Some("wilcoxon"),
    };
    put(&mut table, "interval", interval.map(string));
    put(&mut table, "test", test.map(string));
    table
}

fn head(scenario: &Scenario) -> Table {
    let mut head = entries([("name", string(&scenario.name.value))]);
    put(
        &mut head,
        "description",
        scenario.description.as_deref().map(string),
    );
    put(
        &mut head,
        "question",
        scenario.question.as_deref().map(string),
    );
    put(&mut head, "seed", Some(wide(scenario.seed.value)));
    put(
        &mut head,
        "baseline",
        Some(string(&scenario.baseline.value)),
    );
    // Raw tables stand inline in the head, where no section claims them.
    put(
        &mut head,
        "gate",
        scenario
            .gate
            .as_ref()
            .map(|gate| Value::Table(gate.written.clone())),
    );
    let written = [
        ("train", &scenario.train.written),
        ("reward", &scenario.reward.written),
    ];
    for (key, table) in written {
        let table = Some(table).filter(|table| !table.entries.is_empty());
        put(&mut head, key, table.cloned().map(Value::Table));
    }
    put(
        &mut head,
        "sweep",
        scenario
            .sweep
            .as_ref()
            .map(|own| Value::Table(own.written.clone())),
    );
    head
}

fn horizon(scenario: &Scenario) -> Table {
    let horizon = &scenario.horizon;
    let end = match horizon.end {
        End::Drain => string("drain"),
        End::At(at) => instant(at.value),
    };
    let warmup = if horizon.is_settled_by_mser {
        string("mser")
    } else {
        span(horizon.warmup.value)
    };
    let mut table = entries([
        ("end", end),
        ("warmup", warmup),
        ("tail", span(horizon.tail.value)),
    ]);
    let epoch = horizon
        .epoch
        .as_ref()
        .map(|epoch| Value::Date(epoch.value.to_string()));
    put(&mut table, "epoch", epoch);
    put(
        &mut table,
        "timezone",
        Some(string(&horizon.timezone.value)),
    );
    table
}

fn engine(scenario: &Scenario) -> Table {
    let round = |round: Spanned<Span>| Value::Table(entries([("round", span(round.value))]));
    match scenario.engine.trigger {
        Trigger::Event => entries([("trigger", string("event"))]),
        Trigger::Step => entries([
            ("trigger", string("event")),
            ("instants", string("stepwise")),
        ]),
        Trigger::Round(period) => entries([("trigger", round(period))]),
    }
}

fn fleet_table(fleet: &Fleet) -> Table {
    let mut table = entries([("name", string(&fleet.name.value))]);
    match &fleet.machines {
        Machines::Alike { instance, size } => {
            put(
                &mut table,
                "instance",
                Some(Value::Table(instance_table(&instance.value))),
            );
            match size {
                Size::Fixed(count) => put(&mut table, "count", Some(integer(count.value))),
                Size::Elastic { min, max } => {
                    put(&mut table, "min", Some(integer(min.value)));
                    put(&mut table, "max", Some(integer(max.value)));
                }
            }
        }
        Machines::Listed { format, file } => {
            let nodes = [
                ("format", string(&format.value)),
                ("file", string(&file.value.written)),
            ];
            put(&mut table, "nodes", Some(Value::Table(entries(nodes))));
        }
    }
    let mig = fleet.mig.as_ref().map(|mig| string(&mig.value.name));
    put(&mut table, "mig", mig);
    put(&mut table, "zone", Some(string(&fleet.zone.value)));
    put(
        &mut table,
        "rack-size",
        fleet.rack_size.map(|size| integer(size.value)),
    );
    put(
        &mut table,
        "market",
        Some(string(fleet.market.value.name())),
    );
    if let PriceSource::Steps(steps) = &fleet.price.value {
        put(&mut table, "price", Some(price(steps)));
    }
    if let Some(NodeSource::Steps(steps)) = fleet.availability.as_ref().map(|nodes| &nodes.value) {
        let steps = steps_of(steps, |nodes| integer(*nodes));
        put(&mut table, "availability", Some(steps));
    }
    put(&mut table, "notice", Some(span(fleet.notice.value)));
    if fleet.risk.boot.is_none() {
        put(&mut table, "boot", Some(span(fleet.boot.value)));
    }
    let risk = &fleet.risk;
    let (poll, advice) = (risk.poll, risk.advice);
    put(&mut table, "poll", (poll > Span::ZERO).then(|| span(poll)));
    put(
        &mut table,
        "advice",
        (advice > Span::ZERO).then(|| span(advice)),
    );
    let launch = risk.launch.filter(|share| *share < 1.0);
    put(&mut table, "launch", launch.map(Value::Float));
    let hidden = (!fleet.visible).then(|| string("by-request"));
    put(&mut table, "visible", hidden);
    // Laws and models are printed as they were written.
    for (key, value) in &fleet.written {
        if table.get(key).is_none() {
            put(&mut table, key, Some(value.clone()));
        }
    }
    table
}

fn instance_table(instance: &InstanceType) -> Table {
    let mut table = Table::default();
    put(&mut table, "name", instance.name.as_deref().map(string));
    put(&mut table, "gpus", Some(integer(instance.gpus)));
    put(&mut table, "gpu", instance.gpu.as_deref().map(string));
    put(&mut table, "gpu-memory", instance.gpu_memory.map(size));
    put(&mut table, "watts", instance.watts.map(integer));
    put(&mut table, "cpus", instance.cpus.map(integer));
    put(&mut table, "memory", instance.memory.map(size));
    table
}

/// A part as a table, its parameters by name: their order says nothing.
fn part(key: &str, part: &Part) -> Value {
    let kind = (key, string(&part.kind.value));
    let params = sorted(&part.params).into_iter();
    let params = params.map(|(name, value)| (name, value.clone()));
    Value::Table(entries(std::iter::once(kind).chain(params)))
}

fn sorted(params: &[(Spanned<String>, Spanned<Value>)]) -> Vec<(&str, &Value)> {
    let mut params: Vec<_> = params
        .iter()
        .map(|(key, value)| (key.value.as_str(), &value.value))
        .collect();
    params.sort_by_key(|(name, _)| *name);
    params
}

fn price(price: &Steps<Price>) -> Value {
    let shown = |price: &Price| Value::Text(print_price(*price));
    match price.steps.as_slice() {
        [(_, constant)] => shown(constant),
        _ => steps_of(price, shown),
    }
}

fn steps_of<T>(steps: &Steps<T>, show: impl Fn(&T) -> Value) -> Value {
    let pairs = steps
        .steps
        .iter()
        .map(|(at, value)| list([instant(*at), show(value)]));
    Value::Table(entries([("steps", list(pairs))]))
}

fn names(names: &[Spanned<String>]) -> Value {
    list(names.iter().map(|name| string(&name.value)))
}

fn string(text: &str) -> Value {
    Value::Text(text.into())
}

fn integer(number: u32) -> Value {
    Value::Integer(number.into())
}

fn wide(number: u64) -> Value {
    Value::Integer(i64::try_from(number).expect("TOML's integers have 63 bits"))
}

fn span(span: Span) -> Value {
    Value::Text(print_span(span))
}

fn instant(at: SimTime) -> Value {
    span(at.since(SimTime::ZERO))
}

fn list(entries: impl IntoIterator<Item = Value>) -> Value {
    let nowhere = |value| Spanned::new(value, Place::default());
    Value::List(entries.into_iter().map(nowhere).collect())
}

fn entries<'a>(pairs: impl IntoIterator<Item = (&'a str, Value)>) -> Table {
    let mut table = Table::default();
    for (key, value) in pairs {
        put(&mut table, key, Some(value));
    }
    table
}

/// A number of bytes.
fn size(size: Bytes) -> Value {
    Value::Text(print_size(size))
}

pub(super) fn put(table: &mut Table, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        let key = Spanned::new(key.to_owned(), Place::default());
        table
            .entries
            .push((key, Spanned::new(value, Place::default())));
    }
}
