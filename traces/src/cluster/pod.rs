//! Pods as jobs: those of one gang are one, those that keep running by themselves serve, those of
//! daemons come with the nodes.

use std::collections::BTreeMap;

use super::list::{Objects, Placed};
use super::machine::{GPUS, SHARED, SLICE};
use super::object::{Container, Map, Pod, PodSpec, PodStatus, since};
use super::product::{LABELS, short};
use super::quantity::Quantity;
use super::{Asks, Draft, Notes, Seen, gang};
use crate::error::{Refused, Rule, TraceError};
use crate::import::{Faults, Labels};
use crate::record::{ModelSet, Status};

/// Labels and annotations that name a gang, the most explicit first.
const GROUPS: [&str; 10] = [
    "kueue.x-k8s.io/pod-group-name",
    "pod-group.scheduling.sigs.k8s.io/name",
    "scheduling.x-k8s.io/pod-group",
    "scheduling.k8s.io/group-name",
    "pod-group-name",
    "jobset.sigs.k8s.io/jobset-name",
    "training.kubeflow.org/job-name",
    "volcano.sh/job-name",
    "leaderworkerset.sigs.k8s.io/group-key",
    "ray.io/cluster",
];
/// Marks of pods that Kueue admits as part of a Workload.
const ADMITTED: [&str; 3] = [
    "kueue.x-k8s.io/queue-name",
    "kueue.x-k8s.io/podset",
    "kueue.x-k8s.io/workload",
];
/// Pods of one owner that were created this far apart are attempts or completions of their own.
const TOGETHER_US: i64 = 60_000_000;

/// A pod that counts.
struct Member {
    group: (String, String),
    is_gang: bool,
    asks: Asks,
    seen: Seen,
}

/// The jobs that the pods make; where Kueue's Workloads are `admitted`, its pods are theirs.
pub(super) fn jobs(
    objects: &Objects,
    (sharing, admitted): (&BTreeMap<&str, u32>, bool),
    (models, notes): (&mut Labels, &mut Notes),
    faults: &mut Faults,
) -> Result<Vec<Draft>, Refused> {
    let mut members = Vec::new();
    for pod in &objects.pods {
        let meta = &pod.object.metadata;
        if admitted
            && ADMITTED
                .iter()
                .any(|key| meta.labels.contains_key(*key) || meta.annotations.contains_key(*key))
        {
            notes.one("pods belong to Workloads of Kueue, which stand for them");
            continue;
        }
        let read = member(pod, sharing, models, notes);
        members.extend(faults.take(read)?.flatten());
    }
    members.sort_by(|a, b| {
        let key = |member: &Member| {
            (
                member.group.clone(),
                member.seen.submit_us,
                member.seen.name.clone(),
            )
        };
        key(a).cmp(&key(b))
    });
    let apart = |a: &Member, b: &Member| {
        let late = !b.is_gang && b.seen.submit_us - a.seen.submit_us > TOGETHER_US;
        a.group == b.group && !late
    };
    let groups = members.chunk_by(apart);
    Ok(groups.filter_map(|group| job(group, notes)).collect())
}

/// The job that the pods of a gang make.
fn job(group: &[Member], notes: &mut Notes) -> Option<Draft> {
    let last = group.last().expect("a group has a member");
    // A worker that had ended before the last was created was replaced by it.
    let (live, replaced): (Vec<&Member>, Vec<&Member>) = group.iter().partition(|member| {
        let ended = member
            .seen
            .end_us
            .is_some_and(|end| end <= last.seen.submit_us);
        !(ended && member.seen.status == Status::Failed)
    });
    if !replaced.is_empty() {
        let count = u64::try_from(replaced.len()).unwrap_or(u64::MAX);
        notes.count(
            "pods failed and were replaced within their gang: left out",
            count,
        );
    }
    let parts: Vec<(u32, Asks)> = live.iter().map(|member| (1, member.asks.clone())).collect();
    let (tasks, asks) = gang::equal(&parts, notes)?;
    let first = live.first()?;
    let all = |of: fn(&Seen) -> Option<i64>| -> Option<Vec<i64>> {
        live.iter().map(|member| of(&member.seen)).collect()
    };
    let (namespace, name) = &last.group;
    let mut seen = Seen {
        name: if group.len() == 1 {
            first.seen.name.clone()
        } else {
            format!("{namespace}/{}", plain(name, first))
        },
        tasks,
        asks,
        // A gang works once all of it has started, and holds its machines until the last of it
        // ends.
        start_us: all(|seen| seen.start_us).and_then(|starts| starts.into_iter().max()),
        end_us: all(|seen| seen.end_us).and_then(|ends| ends.into_iter().max()),
        ..first.seen.clone()
    };
    let failed = live
        .iter()
        .any(|member| member.seen.status == Status::Failed);
    seen.status = match (seen.start_us, seen.end_us) {
        (_, Some(_)) if failed => Status::Failed,
        (_, Some(_)) => Status::Completed,
        (Some(_), None) => Status::Running,
        (None, None) => Status::Pending,
    };
    Some(Draft {
        tenant: namespace.clone(),
        seen,
    })
}

/// The gang's name, told apart from those of the same owner by its first pod.
fn plain(name: &str, first: &Member) -> String {
    if first.is_gang {
        name.to_owned()
    } else {
        format!("{name}.{}", first.seen.submit_us / 1_000_000)
    }
}

/// The pod as a member of a gang; nothing where it is no work of its own.
fn member(
    pod: &Placed<Pod>,
    sharing: &BTreeMap<&str, u32>,
    models: &mut Labels,
    notes: &mut Notes,
) -> Result<Option<Member>, TraceError> {
    let (meta, spec, status) = (&pod.object.metadata, &pod.object.spec, &pod.object.status);
    let owner = meta.owner();
    let owned_by = owner.map_or("", |owner| owner.kind.as_str());
    if matches!(owned_by, "DaemonSet" | "Node") {
        notes.one("pods of daemons come with their nodes: left out");
        return Ok(None);
    }
    let asks = asks(spec, sharing.get(spec.node_name.as_str()).copied(), notes);
    let asks = fraction(asks, &meta.annotations);
    let marked = GROUPS
        .iter()
        .find_map(|key| meta.labels.get(*key).or_else(|| meta.annotations.get(*key)));
    let serves = matches!(
        owned_by,
        "ReplicaSet" | "StatefulSet" | "ReplicationController" | "CloneSet"
    );
    if asks.gpus == 0 && marked.is_none() && (serves || owner.is_none()) {
        notes.one("pods without GPUs serve or stand alone: left out");
        return Ok(None);
    }
    let name = format!("{}/{}", meta.namespace, meta.name);
    let missing = |what: &'static str| {
        let rule = Rule::new(what, "print it again, or import with --lenient");
        pod.fault(&name, rule)
    };
    let created = meta
        .creation_timestamp
        .ok_or_else(|| missing("a pod has a creationTimestamp"))?;
    let Some((start, end)) = held(status) else {
        notes.one("pods ended and do not say when: left out");
        return Ok(None);
    };
    let grouped = marked.or(owner.filter(|_| !serves).map(|owner| &owner.name));
    let models = wanted(spec, models, notes).map_err(|rule| pod.fault(&name, rule))?;
    Ok(Some(Member {
        group: (
            meta.namespace.clone(),
            grouped.unwrap_or(&meta.name).clone(),
        ),
        is_gang: marked.is_some(),
        asks: asks.clone(),
        seen: Seen {
            name,
            tenant: 0,
            user: None,
            asks,
            tasks: 1,
            models,
            priority: spec.priority,
            limit_us: spec
                .active_deadline_seconds
                .and_then(|s| s.checked_mul(1_000_000)),
            serves: serves && marked.is_none(),
            submit_us: created.0,
            start_us: start.map(|at| at.max(created.0)),
            end_us: end.map(|at| at.max(start.unwrap_or(at)).max(created.0)),
            status: match (status.phase.as_str(), start) {
                ("Succeeded", _) => Status::Completed,
                ("Failed", _) => Status::Failed,
                (_, Some(_)) => Status::Running,
                (_, None) => Status::Pending,
            },
        },
    }))
}

/// When a pod got its node and when it left it; nothing where it left and does not say when.
fn held(status: &PodStatus) -> Option<(Option<i64>, Option<i64>)> {
    let start = since(&status.conditions, "PodScheduled").or(status.start_time.map(|at| at.0));
    if !matches!(status.phase.as_str(), "Succeeded" | "Failed") {
        return Some((start, None));
    }
    let ends = status.container_statuses.iter();
    let ends = ends.filter_map(|own| own.state.terminated.as_ref()?.finished_at);
    Some((start, Some(ends.max()?.0)))
}

/// What a pod asks for: its containers and sidecars together, or the largest of those that run
/// before, and its overhead.
pub(super) fn asks(spec: &PodSpec, turns: Option<u32>, notes: &mut Notes) -> Asks {
    let beside = spec
        .init_containers
        .iter()
        .filter(|own| own.restart_policy == "Always");
    let before = spec
        .init_containers
        .iter()
        .filter(|own| own.restart_policy != "Always");
    let mut all: Map<Quantity> = spec.overhead.clone();
    for container in spec.containers.iter().chain(beside) {
        for (name, amount) in wants(container) {
            let own = all.entry(name).or_default();
            *own = own.plus(amount);
        }
    }
    for container in before {
        for (name, amount) in wants(container) {
            let own = all.entry(name).or_default();
            *own = (*own).max(amount);
        }
    }
    let of = |name: &str| all.get(name).copied().unwrap_or_default();
    let whole = GPUS.iter().map(|name| of(name).count()).sum::<u32>();
    let shared = of(SHARED).count();
    let slices: Vec<(&String, u32)> = all
        .iter()
        .filter(|(name, _)| name.starts_with(SLICE))
        .map(|(name, own)| (name, own.count()))
        .collect();
    for name in all.keys() {
        let device =
            name.contains('/') && !name.starts_with("hugepages") && !name.starts_with(SLICE);
        if device && name != SHARED && !GPUS.contains(&name.as_str()) {
            notes.one(format!(
                "pods ask for `{name}`, which is not modelled: that part was left out"
            ));
        }
    }
    let slice = slices
        .iter()
        .max_by_key(|(_, count)| *count)
        .filter(|(_, count)| *count > 0);
    if slice.is_some() && (slices.len() > 1 || whole > 0) {
        notes.one("pods ask for slices of several kinds: only the commonest was kept");
    }
    let gpus = slice.map_or(whole + shared, |(_, count)| *count).min(64);
    let turns = if shared > 0 { turns.or(Some(2)) } else { turns };
    let milli = turns
        .filter(|_| slice.is_none())
        .map_or(1000, |turns| 1000 / turns.clamp(1, 1000));
    Asks {
        gpus: u16::try_from(gpus).expect("at most 64"),
        gpu_milli: if gpus == 0 {
            0
        } else {
            u16::try_from(milli).expect("at most 1000")
        },
        slice: slice.map(|(name, _)| name.trim_start_matches(SLICE).to_owned()),
        cpu_milli: of("cpu").milli(),
        memory_mib: of("memory").mib(),
    }
}

/// What a container asks for: of devices, what it is limited to.
fn wants(container: &Container) -> Map<Quantity> {
    let mut wants = container.resources.limits.clone();
    wants.retain(|name, _| name.contains('/'));
    wants.extend(
        container
            .resources
            .requests
            .iter()
            .map(|(name, own)| (name.clone(), *own)),
    );
    wants
}

/// A part of a GPU, as annotated: `gpu-fraction: "0.5"`.
fn fraction(mut asks: Asks, annotations: &Map) -> Asks {
    let part = annotations
        .get("gpu-fraction")
        .and_then(|text| Quantity::parse(text));
    if let Some(milli) = part
        .map(Quantity::milli)
        .filter(|milli| (1..1000).contains(milli))
    {
        asks.gpus = asks.gpus.max(1);
        asks.gpu_milli = u16::try_from(milli).expect("below a thousand");
    }
    asks
}

/// The GPU models that a pod's selectors name; other selectors are counted.
pub(super) fn wanted(
    spec: &PodSpec,
    models: &mut Labels,
    notes: &mut Notes,
) -> Result<ModelSet, Rule> {
    let mut names: Vec<&str> = Vec::new();
    for (key, value) in &spec.node_selector {
        if LABELS.contains(&key.as_str()) {
            names.push(value);
        } else {
            notes.one(format!("pods select nodes by `{key}`, which is not kept"));
        }
    }
    let required = spec
        .affinity
        .as_ref()
        .and_then(|own| own.node_affinity.as_ref()?.required.as_ref());
    for expression in required
        .into_iter()
        .flat_map(|own| &own.node_selector_terms)
        .flat_map(|term| &term.match_expressions)
    {
        if LABELS.contains(&expression.key.as_str()) && expression.operator == "In" {
            names.extend(expression.values.iter().map(String::as_str));
        } else {
            notes.one(format!(
                "pods select nodes by `{}`, which is not kept",
                expression.key
            ));
        }
    }
    names.iter().try_fold(ModelSet::ANY, |set, name| {
        Ok(set.with(models.position_of(&short(name).0)?))
    })
}
