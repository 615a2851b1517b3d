//! The keys of `[[fleet]]` and of what stands in it.

use sim_core::units::limits;

use super::super::spec::{Choice, KeySpec, TableSpec, Takes};
use super::{billing, commitment, curve, quota, risk};

pub(super) const MOST_NODES: i64 = 1_000_000;
const MOST_GPUS: i64 = 64;
const _: () = assert!(limits::MAX_NODES == 1_000_000 && limits::MAX_GPUS_PER_NODE == 64);

const AT_LEAST_ONE: (&str, &str) = (
    "a fleet needs 1 to 1,000,000 nodes",
    "change it or remove the fleet",
);

pub(super) static FLEET: TableSpec = TableSpec::closed(
    "[[fleet]]",
    "Machines of one kind, in one zone and one market.",
    &[
        KeySpec::new("name", Takes::Name, "What tables and policies call it.").required(),
        KeySpec::new(
            "instance",
            Takes::Either(&[Takes::Text, Takes::Table(&INSTANCE)]),
            "What one node is: a catalogue name, or a table.",
        ),
        KeySpec::new(
            "nodes",
            Takes::Table(&NODES),
            "A file that lists the nodes, instead of instance and count.",
        ),
        KeySpec::new(
            "count",
            Takes::Integer(1, MOST_NODES),
            "Nodes, always this many.",
        )
        .bound(
            "a fleet needs at least 1 node",
            "raise it or remove the fleet",
        ),
        KeySpec::new(
            "min",
            Takes::Integer(0, MOST_NODES),
            "Nodes held whether used or not.",
        )
        .default("0, where max is given")
        .bound(
            "a fleet holds 0 to 1,000,000 nodes",
            "write a number in that range",
        ),
        KeySpec::new(
            "max",
            Takes::Integer(1, MOST_NODES),
            "Most nodes that a policy may hold.",
        )
        .bound(AT_LEAST_ONE.0, AT_LEAST_ONE.1),
        KeySpec::new(
            "mig",
            Takes::Text,
            "How each GPU is partitioned as tasks ask for slices; `windtunnel list mig` names the geometries.",
        )
        .default("not at all"),
        KeySpec::new("zone", Takes::Name, "The zone they stand in.").default("\"zone\""),
        KeySpec::new(
            "rack-size",
            Takes::Integer(1, MOST_NODES),
            "Nodes per rack, in the order of the slots.",
        )
        .default("one rack")
        .bound("a rack holds at least 1 node", "raise it or remove the key"),
        KeySpec::new(
            "market",
            Takes::Choice(&MARKETS),
            "Who pays for them, and when.",
        )
        .default("\"owned\""),
        KeySpec::new(
            "price",
            Takes::Either(&[Takes::Price, Takes::Table(&curve::PRICE)]),
            "Price of one node per hour.",
        )
        .default("\"$0\" when owned, else the instance's own"),
        KeySpec::new(
            "availability",
            Takes::Table(&curve::NODES),
            "Nodes that can be had; below what is held, machines are taken away.",
        )
        .default("all, always"),
        KeySpec::new(
            "bid",
            Takes::Price,
            "Most that is paid for a node per hour; at a higher price none can be had, and all are lost.",
        )
        .default("whatever it costs"),
        KeySpec::new(
            "billing",
            Takes::Either(&[Takes::Choice(&billing::WORDS), Takes::Table(&billing::BILLING)]),
            "How held machines are charged.",
        )
        .default("exact; whether used in the markets reserved and capacity-block; serverless in that"),
        KeySpec::new(
            "ownership",
            Takes::Table(&commitment::OWNERSHIP),
            "What owning a machine costs beside its price.",
        )
        .default("nothing"),
        KeySpec::new(
            "notice",
            Takes::Duration(false),
            "Warning before a machine is taken away.",
        )
        .default("\"0s\""),
        KeySpec::new(
            "boot",
            Takes::Either(&[Takes::Duration(false), Takes::Table(&risk::BOOT)]),
            "From the request of a node to its readiness.",
        )
        .default("\"0s\""),
        KeySpec::new(
            "poll",
            Takes::Duration(false),
            "How often a notice is looked for.",
        )
        .default("\"0s\", seen at once"),
        KeySpec::new(
            "advice",
            Takes::Duration(false),
            "How long before its loss the provider advises to leave a machine.",
        )
        .default("\"0s\", never"),
        KeySpec::new(
            "visible",
            Takes::Choice(&risk::VISIBLE),
            "What policies see of how many nodes can be had.",
        )
        .default("\"availability\""),
        KeySpec::new(
            "reclaim",
            Takes::Table(&risk::RECLAIM),
            "When the provider takes single machines back.",
        )
        .default("only when availability falls"),
        KeySpec::new(
            "shocks",
            Takes::Table(&risk::SHOCKS),
            "When it takes back many at once.",
        )
        .default("never"),
        KeySpec::new(
            "launch",
            Takes::Number(0.01, 1.0, false),
            "Share of the machines granted that come up.",
        )
        .default("1.0"),
        KeySpec::new(
            "failures",
            Takes::Table(&risk::FAILURES),
            "When hardware breaks.",
        )
        .default("never"),
        KeySpec::new(
            "quota",
            Takes::Either(&quota::OF_FLEET),
            "Quotas that its machines count against, beside those that name it.",
        )
        .default("none"),
    ],
);

/// In the order of [`Market::ALL`].
pub(super) static MARKETS: [Choice; 6] = [
    Choice::new("owned", "Bought once: there whether used or not."),
    Choice::new("on-demand", "Paid by the time held."),
    Choice::new("reserved", "Committed to for a term."),
    Choice::new("spot", "Cheap, until the provider wants it back."),
    Choice::new("capacity-block", "Bought for a window of time."),
    Choice::new("serverless", "Paid while jobs run on it."),
];

pub(super) static INSTANCE: TableSpec = TableSpec::closed(
    "instance",
    "What one node is.",
    &[
        KeySpec::new("name", Takes::Text, "What tables call the type."),
        KeySpec::new("gpus", Takes::Integer(0, MOST_GPUS), "GPUs of a node.")
            .required()
            .bound("a node has 0 to 64 GPUs", "write a number in that range"),
        KeySpec::new("gpu", Takes::Name, "GPU model, unless there is no GPU."),
        KeySpec::new("gpu-memory", Takes::Size, "Memory of one GPU."),
        KeySpec::new("cpus", Takes::Integer(1, 1_000_000), "Virtual CPUs.")
            .default("not constrained"),
        KeySpec::new("memory", Takes::Size, "Main memory.").default("not constrained"),
        KeySpec::new(
            "watts",
            Takes::Integer(0, 1_000_000),
            "Power of a node in full use; times the time it is held it makes `energy_kwh`.",
        )
        .default("not known"),
        KeySpec::new("price", Takes::Price, "Price of a node per hour."),
    ],
);

pub(super) static NODES: TableSpec = TableSpec::closed(
    "nodes",
    "A file that lists the nodes of a fleet.",
    &[
        KeySpec::new("format", Takes::Name, "Its format.").required(),
        KeySpec::new("file", Takes::File, "The file.").required(),
    ],
);
