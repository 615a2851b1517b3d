//! `[[service]]`: its keys, how they become a service, and what they say of the rest.

use sim_core::serve::{Caching, Expiry, Objective, Role, Routing, Tier, Transfer};
use sim_core::units::{Span, convert, limits};

use super::super::fields::{Fields, Item};
use super::super::place::Spanned;
use super::super::read::every;
use super::super::scenario::{End, Scenario};
use super::super::service::{PoolSpec, ReplicasSpec, ServiceSpec};
use super::super::spec::{Choice, KeySpec, Seam, TableSpec, Takes};
use super::serving::{self, TIME};
use super::{fidelity, replicas, requests, ways};

pub(super) static SERVICE: TableSpec = TableSpec::closed(
    "[[service]]",
    "What takes requests, and what it is served on. Replicas are jobs like any other: they are placed, load a model, take requests from then \
     on, and lose what they are at with their nodes. A run with services has an end.",
    &[
        KeySpec::new("name", Takes::Name, "What tables call it.").required(),
        KeySpec::new("queue", Takes::Name, "The tenant of its replicas.")
            .default("one tenant for all"),
        KeySpec::new(
            "priority",
            Takes::Integer(i32::MIN as i64, i32::MAX as i64),
            "Of its replicas; higher goes first.",
        )
        .default("0"),
        KeySpec::new(
            "requests",
            Takes::Either(&[Takes::Part(Seam::Requests), Takes::Table(&requests::FILE)]),
            "What is asked of it: a generator, or a file. Drawn by the seed and the service's name, so that all policies meet the same.",
        )
        .required(),
        KeySpec::new(
            "fidelity",
            Takes::Choice(&fidelity::CHOICES),
            "How closely it is looked at.",
        )
        .default("\"requests\""),
        fidelity::INTERVAL,
        KeySpec::new(
            "serving",
            Takes::Table(&serving::SERVING),
            "How its replicas serve, at speed 1.0; sets may say otherwise.",
        )
        .default("what each set says"),
        KeySpec::new(
            "router",
            Takes::Either(&[Takes::Choice(&ROUTERS), Takes::Table(&SESSION)]),
            "Which replica a request goes to.",
        )
        .default("\"least-outstanding\""),
        KeySpec::new("cache", Takes::Table(&CACHE), "Answers that are kept.").default("none"),
        KeySpec::new(
            "line",
            Takes::Integer(0, 100_000_000),
            "Requests that may wait for a replica with room.",
        )
        .default("any number"),
        KeySpec::new(
            "patience",
            Takes::Duration(true),
            "How long a request waits for that, from its arrival on.",
        )
        .default("for ever"),
        KeySpec::new(
            "retries",
            Takes::Integer(0, 1_000_000),
            "How often a request begins anew when its replica is lost.",
        )
        .default("3"),
        KeySpec::new(
            "transfer",
            Takes::Table(&TRANSFER),
            "Prompts and answers are served apart, by sets with the roles prefill and decode; the memory of a prompt's tokens is moved in between.",
        )
        .default("not apart"),
        KeySpec::new("slo", Takes::Table(&SLO), "What it promises of each request.")
            .default("nothing"),
        KeySpec::new(
            "max-unavailable",
            Takes::Integer(0, limits::MAX_REPLICAS as i64),
            "How many replicas may take no requests before a policy may interrupt none that does; those that it retires do not count.",
        )
        .default("any number"),
        KeySpec::new(
            "replicas",
            Takes::Tables(&replicas::REPLICAS),
            "Sets of replicas that are alike.",
        )
        .required(),
    ],
);

static ROUTERS: [Choice; 3] = [
    Choice::new("round-robin", "One after the other."),
    Choice::new("least-outstanding", "Whoever has fewest requests inside."),
    Choice::new(
        "power-of-two",
        "The one of two, drawn by the request's number, that has fewer inside.",
    ),
];

static SESSION: TableSpec = TableSpec::closed(
    "router",
    "The replica that served the session last, else whoever has fewest requests inside.",
    &[KeySpec::new(
        "session",
        Takes::Integer(1, 100_000_000),
        "Sessions that are remembered, the last used.",
    )
    .required()],
);

static SINCE: [Choice; 2] = [
    Choice::new("insert", "From when it was put there."),
    Choice::new("access", "From the last time that somebody asked for it."),
];

static CACHE: TableSpec = TableSpec::closed(
    "cache",
    "Answers to contents that were asked before; a hit costs no replica time.",
    &[
        KeySpec::new(
            "answers",
            Takes::Integer(0, 1_000_000_000),
            "Answers it holds; what was used longest ago leaves first.",
        )
        .required(),
        KeySpec::new(
            "latency",
            TIME,
            "Time to give one: a duration, or microseconds.",
        )
        .default("0"),
        KeySpec::new(
            "expiry",
            Takes::Duration(true),
            "How long an answer is good.",
        )
        .default("for ever"),
        KeySpec::new("since", Takes::Choice(&SINCE), "From when on that counts.")
            .default("\"insert\""),
        KeySpec::new(
            "semantic",
            Takes::Number(0.0, 1.0, false),
            "Share of the misses that an answer to a similar request serves.",
        )
        .default("0.0")
        .bound("a share is 0 to 1", "write a number in that range"),
        KeySpec::new(
            "behind",
            Takes::Table(&BEHIND),
            "A second table: what leaves the first moves there, and back when it is asked for.",
        )
        .default("none"),
    ],
);

static BEHIND: TableSpec = TableSpec::closed(
    "behind",
    "The table behind the first.",
    &[
        KeySpec::new(
            "answers",
            Takes::Integer(0, 1_000_000_000),
            "Answers it holds.",
        )
        .required(),
        KeySpec::new(
            "latency",
            TIME,
            "Time to give one: a duration, or microseconds.",
        )
        .default("0"),
    ],
);

static TRANSFER: TableSpec = TableSpec::closed(
    "transfer",
    "What it takes to move the memory of a prompt's tokens to another replica.",
    &[
        KeySpec::new(
            "fixed",
            TIME,
            "Whatever the size: a duration, or microseconds.",
        )
        .default("0"),
        KeySpec::new(
            "per-token",
            TIME,
            "For each token, to the nanosecond: a duration, or microseconds.",
        )
        .default("0"),
    ],
);

static SLO: TableSpec = TableSpec::closed(
    "slo",
    "Bounds, each included; a dropped request keeps none.",
    &[
        KeySpec::new(
            "ttft",
            Takes::Duration(true),
            "From arrival to the first token.",
        )
        .default("not promised"),
        KeySpec::new(
            "tpot",
            Takes::Duration(true),
            "Between tokens after the first, on average over an answer.",
        )
        .default("not promised"),
        KeySpec::new("latency", Takes::Duration(true), "From arrival to the end.")
            .default("not promised"),
    ],
);

pub(super) fn decode(fields: &Fields<'_>) -> Option<ServiceSpec> {
    let name = fields.item("name").and_then(Item::name);
    let queue = fields.optional("queue", Item::name);
    let priority = count_or(fields, "priority", 0);
    let requests = fields.item("requests").and_then(requests::decode);
    let fidelity = fidelity::decode(fields);
    let common = fields.optional("serving", serving::decode);
    let pool = pool(fields);
    let promise = fields
        .item("slo")
        .map_or(Some(Objective::default()), promise);
    let unavailable = fields.optional("max-unavailable", Item::count);
    let sets = fields.item("replicas")?.tables()?;
    let sets = every(
        sets.iter()
            .map(|set| replicas::decode(set, common.as_ref()?.as_ref())),
    );
    let (pool, sets, fidelity) = (pool?, sets?, fidelity?);
    roles_agree(fields, &pool, &sets)?;
    ways::are_sound(fields, pool.transfer.is_some(), &sets)?;
    fidelity::is_able(fields, fidelity, (&pool, &sets))?;
    Some(ServiceSpec {
        name: name?,
        queue: queue?,
        priority: priority?,
        requests: requests?,
        fidelity,
        pool,
        promise: promise?,
        max_unavailable: unavailable?.map(|count| count.value),
        replicas: sets,
        written: fields.table.clone(),
    })
}

/// Whether there are sets, whose names differ, and whose roles are those that the pool has.
fn roles_agree(fields: &Fields<'_>, pool: &PoolSpec, sets: &[ReplicasSpec]) -> Option<()> {
    if sets.is_empty() {
        let rule = "a service is served on something";
        fields.refuse_here("replicas", rule, "add a [[service.replicas]] table");
        return None;
    }
    for (at, set) in sets.iter().enumerate() {
        let mut before = sets[..at].iter();
        if before.any(|other| other.name.value == set.name.value) {
            let rule = "another set of the service has this name";
            fields.refuse(set.name.place, &set.name.value, rule, "rename one of them");
            return None;
        }
        if (set.role == Role::Whole) == pool.transfer.is_some() {
            let (rule, remedy) = if pool.transfer.is_some() {
                let rule = "with a transfer, a set serves prompts or answers";
                (rule, "write role = \"prefill\" or \"decode\"")
            } else {
                let rule = "without a transfer, a set serves whole requests";
                (rule, "add transfer to the service, or remove role")
            };
            fields.refuse(set.name.place, &set.name.value, rule, remedy);
            return None;
        }
    }
    let has = |role| sets.iter().any(|set| set.role == role);
    if pool.transfer.is_some() && !(has(Role::Prefill) && has(Role::Decode)) {
        let place = fields.key_place("transfer").unwrap_or(fields.place);
        let rule = "somebody has to serve prompts, and somebody answers";
        fields.refuse(place, "transfer", rule, "add a set with the other role");
        return None;
    }
    Some(())
}

fn pool(fields: &Fields<'_>) -> Option<PoolSpec> {
    let routing = fields
        .item("router")
        .map_or(Some(Routing::LeastOutstanding), router);
    let caching = fields.optional("cache", cache);
    let line = fields.optional("line", Item::count);
    let patience = fields.optional("patience", Item::span);
    let retries = count_or(fields, "retries", 3);
    let transfer = fields.optional("transfer", transfer);
    Some(PoolSpec {
        routing: routing?,
        caching: caching?,
        line: line?.map(|line| line.value),
        patience: patience?.map(|span| span.value),
        retries: retries?,
        transfer: transfer?,
    })
}

fn router(item: Item<'_>) -> Option<Routing> {
    let item = item.pick()?;
    if item.is_table() {
        let remembered = item.table()?.item("session")?.count()?;
        return Some(Routing::Session(remembered.value));
    }
    let known = [
        Routing::RoundRobin,
        Routing::LeastOutstanding,
        Routing::PowerOfTwo,
    ];
    Some(known[item.choice()?.value])
}

fn cache(item: Item<'_>) -> Option<Caching> {
    let fields = item.table()?;
    let memory = tier(&fields);
    let behind = fields.optional("behind", |item| tier(&item.table()?));
    let expiry = fields.optional("expiry", Item::span);
    let since = fields
        .item("since")
        .map_or(Some(0), |item| Some(item.choice()?.value));
    let semantic = fields
        .item("semantic")
        .map_or(Some(0.0), |item| Some(item.number()?.value));
    let (expiry, since) = (expiry?, since?);
    Some(Caching {
        memory: memory?,
        behind: behind?,
        expiry: match (expiry, since) {
            (None, _) => Expiry::Never,
            (Some(span), 0) => Expiry::SinceInsert(span.value),
            (Some(span), _) => Expiry::SinceAccess(span.value),
        },
        semantic_ppm: millionths(semantic?),
    })
}

fn tier(fields: &Fields<'_>) -> Option<Tier> {
    let answers = fields.item("answers").and_then(Item::count::<u32>);
    let latency = serving::span_or_zero(fields, "latency");
    Some(Tier {
        answers: convert::index(answers?.value),
        latency: latency?,
    })
}

fn transfer(item: Item<'_>) -> Option<Transfer> {
    let fields = item.table()?;
    let fixed = serving::span_or_zero(&fields, "fixed");
    let each = serving::picoseconds_or_zero(&fields, "per-token");
    Some(Transfer {
        fixed: fixed?,
        per_token_ns: each?.div_ceil(1000),
    })
}

fn promise(item: Item<'_>) -> Option<Objective> {
    let fields = item.table()?;
    let bound = |key| fields.optional(key, Item::span);
    let [first_token, per_token, whole] = ["ttft", "tpot", "latency"].map(bound);
    let span = |bound: Option<Spanned<Span>>| bound.map(|bound| bound.value);
    Some(Objective {
        first_token: span(first_token?),
        per_token: span(per_token?),
        whole: span(whole?),
    })
}

/// An integer that its specification holds within the target's range, or what is taken where there is none.
pub(super) fn count_or<N: TryFrom<i64>>(fields: &Fields<'_>, key: &str, default: N) -> Option<N> {
    match fields.item(key) {
        Some(item) => Some(item.count()?.value),
        None => Some(default),
    }
}

/// A share in parts per million, to the nearest.
pub(super) fn millionths(share: f64) -> u32 {
    u32::try_from(convert::floor(share * 1e6 + 0.5)).expect("at most a million")
}

/// Whether the run has an end if there are services, which are called otherwise than workloads.
pub(super) fn are_sound(top: &Fields<'_>, scenario: &Scenario) {
    let Some(first) = scenario.services.first() else {
        return;
    };
    if scenario.horizon.end == End::Drain {
        let rule = "requests go on, so that a run with services does not drain: it needs an end";
        let remedy = "add end = \"1d\" to [horizon]";
        top.refuse(first.name.place, &first.name.value, rule, remedy);
    }
    fidelity::are_few(top, scenario);
    for service in &scenario.services {
        let mut workloads = scenario.workloads.iter();
        if workloads.any(|own| own.name.value == service.name.value) {
            let rule = "a workload has this name";
            top.refuse(
                service.name.place,
                &service.name.value,
                rule,
                "rename one of them",
            );
        }
    }
}
