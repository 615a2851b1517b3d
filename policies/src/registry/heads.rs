//! What agents may be asked, a line each.

use super::{ESTIMATE, Entry, PLAIN, span};
use crate::deadline::{Greedy, OnDemandOnly, Rule, UniformProgress};
use crate::learned::Head;
use crate::learned::market::Market;
use crate::learned::order::{Chooses, Order};
use crate::params::{Domain, Param};

const ORDER: &[Param] = &[
    Param::new(
        "window",
        Domain::Count(2, 4096),
        "32",
        "jobs that it may choose from: the first in the order that the policy is built on",
    ),
    Param::new(
        "choose",
        Domain::Word(&["next", "start"]),
        "\"next\"",
        "\"next\": who is next, and holds what the admission rule reserves for the head of a queue; \"start\": who starts at once, or to wait",
    ),
];

/// What an agent may be asked.
pub const HEADS: &[Entry<dyn Head>] = &[MARKET_HEAD, ORDER_HEAD];

const MARKET: &[Param] = &[
    Param::new(
        "rule",
        Domain::Word(&["uniform-progress", "greedy", "on-demand-only"]),
        "\"uniform-progress\"",
        "whose advice is followed where no agent answers",
    ),
    span("every", "\"10m\"", "how often it is asked at least"),
];

const MARKET_HEAD: Entry<dyn Head> = Entry {
    kind: "market",
    doc: "where a job with a deadline should be: nowhere, on spot, or on demand; its other parts are nobody's",
    params: MARKET,
    claims: ESTIMATE,
    build: |params, _| {
        let rule: Box<dyn Rule> = match params.word("rule") {
            "greedy" => Box::new(Greedy),
            "on-demand-only" => Box::new(OnDemandOnly),
            _ => Box::new(UniformProgress),
        };
        Box::new(Market {
            rule,
            every: params.span("every"),
        })
    },
};

const ORDER_HEAD: Entry<dyn Head> = Entry {
    kind: "order",
    doc: "which of the waiting jobs is next; the other parts of the policy do the rest",
    params: ORDER,
    claims: PLAIN,
    build: |params, _| {
        Box::new(Order {
            window: params.count("window"),
            chooses: match params.word("choose") {
                "start" => Chooses::Start,
                _ => Chooses::Next,
            },
        })
    },
};
