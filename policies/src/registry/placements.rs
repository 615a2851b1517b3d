//! The registry's lines for placements.

use super::{Claims, Entry, PLAIN};
use crate::fragment::Seen;
use crate::params::{Domain, Param};
use crate::place::{
    BestFit, Consolidate, DotProd, Fgd, FirstFit, GpuClustering, GpuPacking, Place, RackAware,
    Random, RandomNode, Spread, VectorFit, WorstFit, Yarn,
};

/// What the FGD paper's simulator has.
const KEEPS_FGD: Claims = Claims {
    keeps: Some("fgd"),
    ..PLAIN
};

/// What counts as typical.
pub(super) const TYPICAL: Param = Param::new(
    "typical",
    Domain::Ratio(0.01, 1.0),
    "0.95",
    "share of the tasks that typical ones make up, the commonest first: of those seen so far, or of all where arrivals may be known",
);

/// Where.
pub const PLACEMENTS: &[Entry<dyn Place>] = &[
    Entry {
        kind: "best-fit",
        doc: "the node left with the fewest free GPUs",
        params: &[],
        claims: PLAIN,
        build: |_, _| Box::new(BestFit),
    },
    Entry {
        kind: "first-fit",
        doc: "nodes in the order of their ids",
        params: &[],
        claims: PLAIN,
        build: |_, _| Box::new(FirstFit),
    },
    Entry {
        kind: "worst-fit",
        doc: "the node left with the most free GPUs",
        params: &[],
        claims: PLAIN,
        build: |_, _| Box::new(WorstFit),
    },
    Entry {
        kind: "random",
        doc: "nodes in random order",
        params: &[],
        claims: PLAIN,
        build: |_, setting| Box::new(Random::new(setting.seed)),
    },
    Entry {
        kind: "consolidate",
        doc: "the fewest nodes that would do if they were empty, or wait",
        params: &[],
        claims: PLAIN,
        build: |_, _| Box::new(Consolidate),
    },
    Entry {
        kind: "spread",
        doc: "as many nodes as there are tasks",
        params: &[],
        claims: PLAIN,
        build: |_, _| Box::new(Spread),
    },
    Entry {
        kind: "rack-aware",
        doc: "a gang of several nodes in one rack, if any has the room",
        params: &[],
        claims: PLAIN,
        build: |_, _| Box::new(RackAware),
    },
    Entry {
        kind: "yarn",
        doc: "all in one rack: on one node, or on whole idle ones and the remainder on another; or wait",
        params: &[],
        claims: Claims {
            one_role: true,
            ..PLAIN
        },
        build: |_, _| Box::new(Yarn),
    },
    Entry {
        kind: "fgd",
        doc: "where the least more becomes a fragment to the tasks that typically come (Weng et al., ATC 2023)",
        params: &[TYPICAL],
        claims: KEEPS_FGD,
        build: |params, setting| {
            let seen = Seen::new(params.millionths("typical"));
            Fgd::placement(seen, setting.compat)
        },
    },
    Entry {
        kind: "vector-fit",
        doc: "the node left with the least CPU and GPU together, each in parts of the largest node",
        params: &[],
        claims: KEEPS_FGD,
        build: |_, setting| VectorFit::placement(setting.compat),
    },
    Entry {
        kind: "dot-prod",
        doc: "the node with the least product of what is asked for and what is free, CPU and GPU",
        params: &[],
        claims: KEEPS_FGD,
        build: |_, setting| DotProd::placement(setting.compat),
    },
    Entry {
        kind: "gpu-clustering",
        doc: "nodes that host tasks of the same kind, shares or so many GPUs; the fullest of them",
        params: &[],
        claims: KEEPS_FGD,
        build: |_, _| GpuClustering::placement(),
    },
    Entry {
        kind: "gpu-packing",
        doc: "GPUs in use, then free GPUs of nodes in use, then free nodes",
        params: &[],
        claims: KEEPS_FGD,
        build: |_, _| GpuPacking::placement(),
    },
    Entry {
        kind: "random-node",
        doc: "any node on which a task fits, and on it any GPU with room for its share",
        params: &[],
        claims: KEEPS_FGD,
        build: |_, setting| Box::new(RandomNode::new(setting.seed)),
    },
];
