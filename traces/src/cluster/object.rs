//! Objects of Kubernetes as they are printed, as far as anything here needs them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use super::quantity::Quantity;
use crate::reader::with_offset;

pub(super) type Map<V = String> = BTreeMap<String, V>;

/// An instant, in microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp(pub(super) i64);

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Stamp;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a date and time such as \"2024-05-01T12:00:00Z\"")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Stamp, E> {
                let fail = |rule: crate::error::Rule| E::custom(format!("{text:?} {}", rule.rule));
                with_offset(text).map(Stamp).map_err(fail)
            }
        }
        input.deserialize_str(Text)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meta {
    pub(super) name: String,
    #[serde(default)]
    pub(super) namespace: String,
    pub(super) creation_timestamp: Option<Stamp>,
    #[serde(default)]
    pub(super) labels: Map,
    #[serde(default)]
    pub(super) annotations: Map,
    #[serde(default)]
    pub(super) owner_references: Vec<Owner>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Owner {
    pub(super) kind: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) controller: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Condition {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) last_transition_time: Option<Stamp>,
    #[serde(default)]
    pub(super) reason: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Node {
    pub(super) metadata: Meta,
    #[serde(default)]
    pub(super) spec: NodeSpec,
    pub(super) status: NodeStatus,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct NodeSpec {
    #[serde(default)]
    pub(super) unschedulable: bool,
    #[serde(default, rename = "providerID")]
    pub(super) provider_id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct NodeStatus {
    #[serde(default)]
    pub(super) allocatable: Map<Quantity>,
    #[serde(default)]
    pub(super) conditions: Vec<Condition>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Pod {
    pub(super) metadata: Meta,
    pub(super) spec: PodSpec,
    #[serde(default)]
    pub(super) status: PodStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PodSpec {
    #[serde(default)]
    pub(super) containers: Vec<Container>,
    #[serde(default)]
    pub(super) init_containers: Vec<Container>,
    #[serde(default)]
    pub(super) overhead: Map<Quantity>,
    #[serde(default)]
    pub(super) node_name: String,
    #[serde(default)]
    pub(super) node_selector: Map,
    pub(super) affinity: Option<Affinity>,
    #[serde(default)]
    pub(super) priority: i64,
    pub(super) active_deadline_seconds: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Container {
    #[serde(default)]
    pub(super) resources: Resources,
    #[serde(default)]
    pub(super) restart_policy: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Resources {
    #[serde(default)]
    pub(super) requests: Map<Quantity>,
    #[serde(default)]
    pub(super) limits: Map<Quantity>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Affinity {
    pub(super) node_affinity: Option<NodeAffinity>,
}

#[derive(Debug, Deserialize)]
pub(super) struct NodeAffinity {
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
    pub(super) required: Option<NodeSelector>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NodeSelector {
    #[serde(default)]
    pub(super) node_selector_terms: Vec<Term>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Term {
    #[serde(default)]
    pub(super) match_expressions: Vec<Expression>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Expression {
    pub(super) key: String,
    pub(super) operator: String,
    #[serde(default)]
    pub(super) values: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PodStatus {
    #[serde(default)]
    pub(super) phase: String,
    pub(super) start_time: Option<Stamp>,
    #[serde(default)]
    pub(super) conditions: Vec<Condition>,
    #[serde(default)]
    pub(super) container_statuses: Vec<ContainerStatus>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ContainerStatus {
    #[serde(default)]
    pub(super) state: ContainerState,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ContainerState {
    pub(super) terminated: Option<Terminated>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Terminated {
    pub(super) finished_at: Option<Stamp>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ResourceQuota {
    pub(super) metadata: Meta,
    #[serde(default)]
    pub(super) spec: QuotaSpec,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct QuotaSpec {
    #[serde(default)]
    pub(super) hard: Map<Quantity>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Workload {
    pub(super) metadata: Meta,
    #[serde(default)]
    pub(super) spec: WorkloadSpec,
    #[serde(default)]
    pub(super) status: WorkloadStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WorkloadSpec {
    #[serde(default)]
    pub(super) queue_name: String,
    #[serde(default)]
    pub(super) priority: i64,
    #[serde(default)]
    pub(super) pod_sets: Vec<PodSet>,
    pub(super) maximum_execution_time_seconds: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PodSet {
    #[serde(default = "one")]
    pub(super) count: u32,
    pub(super) template: Template,
}

fn one() -> u32 {
    1
}

#[derive(Debug, Deserialize)]
pub(super) struct Template {
    pub(super) spec: PodSpec,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct WorkloadStatus {
    #[serde(default)]
    pub(super) conditions: Vec<Condition>,
}

#[derive(Debug, Deserialize)]
pub(super) struct LocalQueue {
    pub(super) metadata: Meta,
    pub(super) spec: LocalQueueSpec,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LocalQueueSpec {
    pub(super) cluster_queue: String,
}

/// A cluster queue, or a cohort: both say how much of what there is, and what they are part of.
#[derive(Debug, Deserialize)]
pub(super) struct ClusterQueue {
    pub(super) metadata: Meta,
    #[serde(default)]
    pub(super) spec: ClusterQueueSpec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClusterQueueSpec {
    /// As its versions call it: a cohort, its name, or the parent of a cohort.
    #[serde(default, alias = "cohortName", alias = "parentName", alias = "parent")]
    pub(super) cohort: String,
    #[serde(default)]
    pub(super) resource_groups: Vec<ResourceGroup>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ResourceGroup {
    #[serde(default)]
    pub(super) flavors: Vec<Flavor>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Flavor {
    #[serde(default)]
    pub(super) resources: Vec<Granted>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Granted {
    pub(super) name: String,
    pub(super) nominal_quota: Quantity,
    pub(super) borrowing_limit: Option<Quantity>,
    pub(super) lending_limit: Option<Quantity>,
}

impl Meta {
    /// Its controller, where one is marked, else its first owner.
    pub(super) fn owner(&self) -> Option<&Owner> {
        let marked = self.owner_references.iter().find(|owner| owner.controller);
        marked.or(self.owner_references.first())
    }
}

/// When the condition of this kind became true, if it is.
pub(super) fn since(conditions: &[Condition], kind: &str) -> Option<i64> {
    let found = conditions.iter().find(|condition| condition.kind == kind)?;
    let at = found.last_transition_time?;
    (found.status == "True").then_some(at.0)
}
