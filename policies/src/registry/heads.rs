//! What agents may be asked, a line each.

use super::{Entry, PLAIN};
use crate::learned::Head;
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
pub const HEADS: &[Entry<dyn Head>] = &[Entry {
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
}];
