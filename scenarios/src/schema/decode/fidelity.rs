//! `fidelity` of a service, and what goes with rates and what does not.

use sim_core::serve::{Law, Routing, When};
use sim_core::units::{SimTime, Span};

use super::super::fields::{Fields, Item};
use super::super::scenario::{End, Scenario};
use super::super::service::{
    BatchTime, Fidelity, NetworkSpec, PoolSpec, PrefixSpec, ReplicasSpec, ServingSpec,
};
use super::super::spec::{Choice, KeySpec, Takes};

pub(super) static CHOICES: [Choice; 2] = [
    Choice::new(
        "requests",
        "Request by request, with batches or iterations as they come.",
    ),
    Choice::new(
        "fluid",
        "By rates: what comes in each interval is served as queueing formulas say, and what replicas cannot serve is carried over. \
         For services of many requests, over long times. Routers make no difference, and requests.csv has no rows.",
    ),
];

pub(super) const INTERVAL: KeySpec = KeySpec::new(
    "interval",
    Takes::Duration(true),
    "With fidelity = \"fluid\": over how long a rate is the same; the first begins at the start of the run.",
)
.default("\"1m\"");

/// Most intervals of a run.
const MOST: u64 = 10_000_000;

const REMEDY: &str = "remove it, or write fidelity = \"requests\"";

pub(super) fn decode(fields: &Fields<'_>) -> Option<Fidelity> {
    let choice = fields
        .item("fidelity")
        .map_or(Some(0), |item| Some(item.choice()?.value));
    let interval = fields.optional("interval", Item::span);
    match (choice?, interval?) {
        (0, Some(interval)) => {
            let rule = "a service that is looked at request by request has no intervals";
            let remedy = "remove it, or write fidelity = \"fluid\"";
            fields.refuse(interval.place, "interval", rule, remedy);
            None
        }
        (0, None) => Some(Fidelity::Requests),
        (_, interval) => Some(Fidelity::Fluid(
            interval.map_or(Span::from_secs(60), |interval| interval.value),
        )),
    }
}

/// Whether rates can stand for all that is said of the service.
pub(super) fn is_able(
    fields: &Fields<'_>,
    fidelity: Fidelity,
    (pool, sets): (&PoolSpec, &[ReplicasSpec]),
) -> Option<()> {
    if fidelity == Fidelity::Requests {
        return Some(());
    }
    let unable = [
        (
            "transfer",
            pool.transfer.is_some(),
            "rates know of whole requests alone",
        ),
        (
            "cache",
            pool.caching.is_some(),
            "rates know nothing of what is asked again",
        ),
        (
            "router",
            matches!(pool.routing, Routing::Session(_)),
            "rates know no sessions",
        ),
    ];
    for (key, written, rule) in unable {
        if written {
            let place = fields.key_place(key).unwrap_or(fields.place);
            fields.refuse(place, key, rule, REMEDY);
            return None;
        }
    }
    for set in sets {
        let (serving, name) = (&set.serving, &set.name.value);
        if serving.value != sets[0].serving.value {
            let rule = "with rates, all sets of a service serve alike";
            let remedy = "say it once, as serving of the service, or write fidelity = \"requests\"";
            fields.refuse(serving.place, name, rule, remedy);
            return None;
        }
        let way = &set.way;
        let plain = way.classes.is_none() && way.when == When::Always && way.then.is_none();
        if !plain || way.network != NetworkSpec::Alike(Span::ZERO) {
            let rule = "rates know no classes, cascades, standbys and networks";
            let remedy = "leave them out, or write fidelity = \"requests\"";
            fields.refuse(set.name.place, name, rule, remedy);
            return None;
        }
        if let Some(rule) = unserved(&serving.value) {
            let remedy = "write it otherwise, or write fidelity = \"requests\"";
            fields.refuse(serving.place, name, rule, remedy);
            return None;
        }
    }
    Some(())
}

/// What of this way to serve no rate tells.
fn unserved(serving: &ServingSpec) -> Option<&'static str> {
    match serving {
        ServingSpec::Tokens(_, prefix) if *prefix != PrefixSpec::default() => {
            Some("rates know nothing of prompts that are found")
        }
        ServingSpec::Tokens(..) => None,
        ServingSpec::Batch(batch) => match batch.time {
            BatchTime::Drawn { law, .. } if law != Law::Constant && batch.size > 1 => {
                Some("rates know no batches as long as their longest request")
            }
            BatchTime::Drawn { .. } | BatchTime::Affine { .. } => None,
        },
    }
}

/// Whether a run has as many intervals as it may.
pub(super) fn are_few(top: &Fields<'_>, scenario: &Scenario) {
    let End::At(end) = scenario.horizon.end else {
        return;
    };
    let length = end.value.since(SimTime::ZERO);
    for service in &scenario.services {
        let Fidelity::Fluid(interval) = service.fidelity else {
            continue;
        };
        if length.us().div_ceil(interval.us()) > MOST {
            let rule = format!("a run has at most {MOST} intervals");
            let name = &service.name;
            top.refuse(name.place, &name.value, &rule, "write a longer interval");
        }
    }
}
