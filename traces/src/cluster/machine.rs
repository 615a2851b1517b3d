//! Nodes of Kubernetes by kind: instance type, GPU product, zone and terms.

use std::collections::BTreeMap;

use super::list::Placed;
use super::object::{Map, Node};
use super::product::{LABELS, short};
use super::quantity::Quantity;
use super::{Kind, Machines, Notes, Terms};

/// What nodes call their whole GPUs.
pub(super) const GPUS: [&str; 4] = [
    "nvidia.com/gpu",
    "amd.com/gpu",
    "gpu.intel.com/i915",
    "habana.ai/gaudi",
];
/// What they call GPUs that containers take turns on.
pub(super) const SHARED: &str = "nvidia.com/gpu.shared";
/// What the names of slices begin with.
pub(super) const SLICE: &str = "nvidia.com/mig-";
/// How many containers take turns on a GPU.
const REPLICAS: &str = "nvidia.com/gpu.replicas";

/// The machines that can be used, by kind.
pub(super) fn group(nodes: &[Placed<Node>], notes: &mut Notes) -> Vec<Machines> {
    let mut kinds: BTreeMap<Kind, Machines> = BTreeMap::new();
    for node in nodes {
        let node = &node.object;
        let mut conditions = node.status.conditions.iter();
        if conditions.any(|own| own.kind == "Ready" && own.status != "True") {
            notes.one("nodes are not ready: left out");
            continue;
        }
        if node.spec.unschedulable {
            notes.one("nodes are cordoned: left out");
            continue;
        }
        let kind = kind(node);
        if kind.sliced {
            notes.one(
                "nodes have GPUs in fixed slices; in the scenario slices are cut as they are asked \
                 for",
            );
        }
        let has = |name: &str| {
            node.status
                .allocatable
                .get(name)
                .copied()
                .unwrap_or_default()
        };
        let (cpu, memory) = (
            has("cpu")
                .count()
                .saturating_mul(1000)
                .max(has("cpu").milli() / 1000 * 1000),
            has("memory").whole_mib(),
        );
        let one = Machines {
            kind: kind.clone(),
            count: 0,
            cpu_milli: cpu,
            memory_mib: memory,
        };
        let all = kinds.entry(kind).or_insert(one);
        all.count += 1;
        all.cpu_milli = all.cpu_milli.min(cpu);
        all.memory_mib = all.memory_mib.min(memory);
    }
    kinds.into_values().collect()
}

/// By node: how many containers take turns on each of its GPUs, if more than one.
pub(super) fn sharing(nodes: &[Placed<Node>]) -> BTreeMap<&str, u32> {
    let shared = nodes.iter().filter_map(|node| {
        let turns = turns(&node.object);
        (turns > 1).then_some((node.object.metadata.name.as_str(), turns))
    });
    shared.collect()
}

fn turns(node: &Node) -> u32 {
    let told = node.metadata.labels.get(REPLICAS);
    told.and_then(|text| text.parse().ok())
        .unwrap_or(1)
        .clamp(1, 1000)
}

fn kind(node: &Node) -> Kind {
    let labels = &node.metadata.labels;
    let of = &node.status.allocatable;
    let whole = GPUS
        .iter()
        .filter_map(|name| of.get(*name))
        .map(|own| own.count())
        .sum::<u32>();
    let shared = of.get(SHARED).map_or(0, |own| own.count());
    let sliced = of
        .iter()
        .any(|(name, own)| name.starts_with(SLICE) && own.count() > 0);
    let told = first(labels, &["nvidia.com/gpu.count"]).and_then(|text| text.parse::<u32>().ok());
    let each = (whole + shared) / turns(node);
    // A partitioned GPU is no whole one, and its slices are many.
    let gpus = if sliced {
        told.unwrap_or(each.max(1))
    } else {
        each
    };
    let gpus = u16::try_from(gpus.min(64)).expect("at most 64");
    let (model, gb) = match (gpus, LABELS.iter().find_map(|key| labels.get(*key))) {
        (0, _) => (String::new(), None),
        (_, Some(product)) => short(product),
        (_, None) => (String::from("GPU"), None),
    };
    let mib = first(labels, &["nvidia.com/gpu.memory"]).and_then(|text| text.parse().ok());
    let instance = first(
        labels,
        &[
            "node.kubernetes.io/instance-type",
            "beta.kubernetes.io/instance-type",
        ],
    );
    Kind {
        instance: instance.map_or(String::new(), |own| named(&node.spec.provider_id, own)),
        model,
        gpus,
        gpu_memory_mib: if gpus == 0 {
            0
        } else {
            gb.map_or(mib.unwrap_or(0), |gb| gb * 1024)
        },
        sliced,
        zone: first(
            labels,
            &[
                "topology.kubernetes.io/zone",
                "failure-domain.beta.kubernetes.io/zone",
            ],
        )
        .unwrap_or_default()
        .to_owned(),
        terms: terms(node),
    }
}

fn first<'a>(labels: &'a Map, keys: &[&str]) -> Option<&'a str> {
    keys.iter()
        .find_map(|key| labels.get(*key))
        .map(String::as_str)
}

/// The provider and its type, as the catalogue calls them.
fn named(provider: &str, instance: &str) -> String {
    match provider.split_once("://").map(|(scheme, _)| scheme) {
        Some("aws") => format!("aws/{instance}"),
        Some("gce") => format!("gcp/{instance}"),
        Some("azure") => format!("azure/{}", instance.trim_start_matches("Standard_")),
        Some(_) | None => instance.to_owned(),
    }
}

fn terms(node: &Node) -> Terms {
    let spot = [
        ("karpenter.sh/capacity-type", "spot"),
        ("eks.amazonaws.com/capacityType", "SPOT"),
        ("cloud.google.com/gke-spot", "true"),
        ("cloud.google.com/gke-preemptible", "true"),
        ("kubernetes.azure.com/scalesetpriority", "spot"),
    ];
    let labels = &node.metadata.labels;
    if spot
        .iter()
        .any(|(key, value)| labels.get(*key).is_some_and(|own| own == value))
    {
        return Terms::Spot;
    }
    let cloud = ["aws://", "gce://", "azure://"];
    if cloud
        .iter()
        .any(|scheme| node.spec.provider_id.starts_with(scheme))
    {
        Terms::OnDemand
    } else {
        Terms::Owned
    }
}

/// GPUs that a limit names, of whatever kind.
pub(super) fn gpus_of(name: &str, amount: Quantity) -> u32 {
    let known = GPUS
        .iter()
        .any(|own| name == *own || name.strip_prefix("requests.") == Some(own));
    if known { amount.count() } else { 0 }
}
