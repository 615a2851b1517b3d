//! What the registry says of the Cluster Autoscaler as a buyer.

use sim_core::model::Market;
use sim_core::units::Span;

use super::{Entry, FAIR, MARKETS, Setting, span};
use crate::buy::{Asked, Buy, Clock, ClusterAutoscaler};
use crate::params::{Domain, Param, Params};
use crate::scale::cluster::{Autoscaler, Delays, Expander};

/// The words of a scenario.
const EXPANDERS: &[&str] = &["random", "most-pods", "least-waste", "price", "priority"];

const PARAMS: &[Param] = &[
    Param::new(
        "market",
        Domain::Subset(MARKETS),
        "[\"on-demand\", \"spot\"]",
        "markets whose fleets are its groups",
    ),
    Param::new(
        "fleets",
        Domain::Fleets,
        "[]",
        "fleets that are its groups; none named: all of those markets",
    ),
    Param::new(
        "expander",
        Domain::Subset(EXPANDERS),
        "[\"random\"]",
        "which group gets the machines: each rule among those that the ones before it leave, the first one of what is left",
    ),
    Param::new(
        "priority",
        Domain::Fleets,
        "[]",
        "for the expander of that name, fleets, the most wanted first; all others come after them",
    ),
    span("scan-interval", "\"10s\"", "from a scan to the next"),
    Param::new(
        "utilization-threshold",
        Domain::Ratio(0.0, 1.0),
        "0.5",
        "a machine of whose GPUs less than this share is used may go; of CPU and memory, if it has none",
    ),
    span(
        "unneeded-time",
        "\"10m\"",
        "how long a machine must not have been needed before it goes",
    ),
    span(
        "delay-after-add",
        "\"10m\"",
        "how long after machines were asked for none go",
    ),
    Param::new(
        "max-empty-bulk-delete",
        Domain::Count(1, 1_000_000),
        "10",
        "most machines on which nothing runs that go at once",
    ),
    Param::new(
        "evict",
        Domain::Flag,
        "false",
        "whether machines go on which jobs run that would find room elsewhere: they are interrupted",
    ),
];

pub(super) const CLUSTER_AUTOSCALER: Entry<dyn Buy> = Entry {
    kind: "cluster-autoscaler",
    doc: "the Cluster Autoscaler of Kubernetes: fleets are its groups",
    params: PARAMS,
    claims: FAIR,
    build: |params, setting| {
        let words = params.subset("market");
        let is_named = |market: &Market| words.iter().any(|word| word == market.name());
        Box::new(ClusterAutoscaler {
            markets: Market::ALL.into_iter().filter(is_named).collect(),
            fleets: params.subset("fleets"),
            priority: params.subset("priority"),
            evict: params.flag("evict"),
            autoscaler: autoscaler(params, setting),
            asked: Asked::default(),
            clock: Clock::new(params.span("scan-interval")),
        })
    },
};

fn autoscaler(params: &Params, setting: &Setting) -> Autoscaler {
    let delays = Delays {
        scan: params.span("scan-interval"),
        // Machines that boot cannot be given back.
        max_node_provision: Span::MAX,
        unneeded: params.span("unneeded-time"),
        after_add: params.span("delay-after-add"),
        utilization_milli: u64::from(params.millionths("utilization-threshold")) / 1000,
        empty_bulk: params
            .count("max-empty-bulk-delete")
            .try_into()
            .expect("32 bits fit"),
        ..Delays::default()
    };
    let words = params.subset("expander");
    let chain = words.iter().map(|word| expander(word)).collect();
    Autoscaler::new(delays, chain, setting.seed)
}

fn expander(word: &str) -> Expander {
    match word {
        "most-pods" => Expander::MostPods,
        "least-waste" => Expander::LeastWaste,
        "price" => Expander::Price,
        "priority" => Expander::Priority,
        _ => Expander::Random,
    }
}
