//! Kueue: cohorts and cluster queues are tenants, Workloads are jobs.

use std::collections::BTreeMap;

use super::list::{Objects, Placed};
use super::machine::gpus_of;
use super::object::{ClusterQueue, Condition, Workload, since};
use super::{Asks, Draft, Notes, Seen, Tenant, gang, pod};
use crate::error::{Refused, Rule, TraceError};
use crate::import::{Faults, Labels};
use crate::record::Status;

/// Namespace and name of a local queue.
pub(super) type LocalName = (String, String);

/// The tree of tenants, parents first, and the cluster queue behind each local one.
pub(super) fn tenants(
    objects: &Objects,
    notes: &mut Notes,
) -> (Vec<Tenant>, BTreeMap<LocalName, String>) {
    let mut tenants = cohorts(objects, notes);
    let named = |tenants: &[Tenant], name: &str| tenants.iter().position(|own| own.name == name);
    let of_cohorts = tenants.len();
    for queue in &objects.cluster_queues {
        let (nominal, more) = granted(queue);
        if lends_less(queue) {
            notes.one("cluster queues limit what they lend, which is not kept");
        }
        let parent = named(&tenants[..of_cohorts], &queue.spec.cohort);
        let name = &queue.metadata.name;
        let is_taken = named(&tenants, name).is_some();
        tenants.push(Tenant {
            name: if is_taken {
                format!("{name}.queue")
            } else {
                name.clone()
            },
            parent,
            share: nominal,
            cap: match (parent, more) {
                (None, _) => Some(nominal),
                (Some(_), Some(more)) => Some(nominal.saturating_add(more)),
                (Some(_), None) => None,
            },
            borrows: parent.is_some() && more != Some(0),
        });
    }
    raise(&mut tenants);
    let local = objects.local_queues.iter().map(|own| {
        let queue = &own.spec.cluster_queue;
        let queues = &tenants[of_cohorts..];
        let mut queues = queues.iter().map(|own| &own.name);
        let renamed = format!("{queue}.queue");
        let name = queues
            .find(|own| *own == queue || **own == renamed)
            .unwrap_or(queue);
        (
            (own.metadata.namespace.clone(), own.metadata.name.clone()),
            name.clone(),
        )
    });
    let local = local.collect();
    (tenants, local)
}

/// Cohorts, each after the one that it is part of.
fn cohorts(objects: &Objects, notes: &mut Notes) -> Vec<Tenant> {
    let mut parents: BTreeMap<&str, &str> = BTreeMap::new();
    for queue in objects.cluster_queues.iter().chain(&objects.cohorts) {
        if !queue.spec.cohort.is_empty() {
            parents.entry(&queue.spec.cohort).or_default();
        }
    }
    for cohort in &objects.cohorts {
        parents.insert(&cohort.metadata.name, &cohort.spec.cohort);
    }
    let mut tenants: Vec<Tenant> = Vec::new();
    while tenants.len() < parents.len() {
        let known = tenants.len();
        for (name, parent) in &parents {
            let at = tenants.iter().position(|own| own.name == *parent);
            let is_new = tenants.iter().all(|own| own.name != *name);
            if is_new && (parent.is_empty() || at.is_some()) {
                let own = objects
                    .cohorts
                    .iter()
                    .find(|own| own.metadata.name == *name);
                tenants.push(Tenant {
                    name: (*name).to_owned(),
                    parent: at,
                    share: own.map_or(0, |own| granted(own).0),
                    cap: None,
                    borrows: true,
                });
            }
        }
        if tenants.len() == known {
            // What is left is part of itself in the end.
            notes.one("rings of cohorts that are part of themselves were cut");
            let is_left = |name: &&&str| tenants.iter().all(|own| own.name != **name);
            let first = parents.keys().find(is_left).copied();
            parents.insert(first.expect("fewer tenants than cohorts"), "");
        }
    }
    tenants
}

/// A cohort is guaranteed what its parts are, at least.
fn raise(tenants: &mut [Tenant]) {
    for at in (0..tenants.len()).rev() {
        let parts = tenants.iter().filter(|own| own.parent == Some(at));
        let sum = parts.map(|own| own.share).fold(0, u32::saturating_add);
        tenants[at].share = tenants[at].share.max(sum);
    }
}

/// GPUs of the nominal quota over all flavors, and of the borrowing limits, if all have one.
fn granted(queue: &ClusterQueue) -> (u32, Option<u32>) {
    let flavors = queue
        .spec
        .resource_groups
        .iter()
        .flat_map(|group| &group.flavors);
    let gpus = flavors.flat_map(|flavor| &flavor.resources);
    let gpus = gpus.filter(|own| super::machine::GPUS.contains(&own.name.as_str()));
    let (mut nominal, mut more) = (0_u32, Some(0_u32));
    for own in gpus {
        nominal = nominal.saturating_add(gpus_of(&own.name, own.nominal_quota));
        let limit = own.borrowing_limit.map(|limit| gpus_of(&own.name, limit));
        more = more
            .zip(limit)
            .map(|(more, limit)| more.saturating_add(limit));
    }
    (nominal, more)
}

fn lends_less(queue: &ClusterQueue) -> bool {
    let flavors = queue
        .spec
        .resource_groups
        .iter()
        .flat_map(|group| &group.flavors);
    let mut resources = flavors.flat_map(|flavor| &flavor.resources);
    resources.any(|own| own.lending_limit.is_some())
}

/// The jobs that the Workloads are.
pub(super) fn jobs(
    objects: &Objects,
    of_queue: &BTreeMap<LocalName, String>,
    (models, notes): (&mut Labels, &mut Notes),
    faults: &mut Faults,
) -> Result<Vec<Draft>, Refused> {
    let mut drafts = Vec::new();
    for workload in &objects.workloads {
        let read = job(workload, of_queue, models, notes);
        drafts.extend(faults.take(read)?.flatten());
    }
    Ok(drafts)
}

fn job(
    workload: &Placed<Workload>,
    of_queue: &BTreeMap<LocalName, String>,
    models: &mut Labels,
    notes: &mut Notes,
) -> Result<Option<Draft>, TraceError> {
    let Workload {
        metadata: meta,
        spec,
        status,
    } = &workload.object;
    let name = format!(
        "{}/{}",
        meta.namespace,
        meta.owner().map_or(&meta.name, |owner| &owner.name)
    );
    let fault = |rule| workload.fault(&name, rule);
    let created = meta.creation_timestamp.ok_or_else(|| {
        fault(Rule::new(
            "a Workload has a creationTimestamp",
            "print it again, or import with --lenient",
        ))
    })?;
    let sets: Vec<(u32, Asks)> = spec
        .pod_sets
        .iter()
        .map(|set| (set.count, pod::asks(&set.template.spec, None, notes)))
        .collect();
    let Some((tasks, asks)) = gang::equal(&sets, notes) else {
        notes.one("Workloads have no pods: left out");
        return Ok(None);
    };
    let first = spec
        .pod_sets
        .iter()
        .zip(&sets)
        .find(|(_, (_, own))| (own.gpus > 0) == (asks.gpus > 0));
    let wanted = first.map(|(set, _)| pod::wanted(&set.template.spec, models, notes));
    let wanted = wanted.transpose().map_err(fault)?.unwrap_or_default();
    let queue = (meta.namespace.clone(), spec.queue_name.clone());
    let tenant = of_queue.get(&queue).unwrap_or(&meta.namespace).clone();
    if !of_queue.contains_key(&queue) {
        notes.one(
            "Workloads name a local queue that was not printed: their namespace is their tenant",
        );
    }
    let Some((start, end)) = ran(&status.conditions, created.0) else {
        notes.one("Workloads finished and were never admitted: left out");
        return Ok(None);
    };
    let failed = |own: &Condition| own.kind == "Finished" && own.reason.contains("Fail");
    Ok(Some(Draft {
        tenant,
        seen: Seen {
            name,
            tenant: 0,
            user: Some(meta.namespace.clone()),
            asks,
            tasks,
            models: wanted,
            priority: spec.priority,
            limit_us: spec
                .maximum_execution_time_seconds
                .and_then(|s| s.checked_mul(1_000_000)),
            serves: false,
            submit_us: created.0,
            start_us: start,
            end_us: end,
            status: match (end, start) {
                (Some(_), _) if status.conditions.iter().any(failed) => Status::Failed,
                (Some(_), _) => Status::Completed,
                (None, Some(_)) => Status::Running,
                (None, None) => Status::Pending,
            },
        },
    }))
}

/// When a Workload was admitted, and when it finished; nothing where it finished and never was.
fn ran(conditions: &[Condition], created: i64) -> Option<(Option<i64>, Option<i64>)> {
    let admitted = since(conditions, "Admitted").or_else(|| since(conditions, "QuotaReserved"));
    let start = admitted.map(|at| at.max(created));
    let Some(end) = since(conditions, "Finished") else {
        return Some((start, None));
    };
    start.map(|start| (Some(start), Some(end.max(start))))
}
