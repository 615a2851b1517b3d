//! A cluster made up from a seed, in the words of `kubectl`: what imports are tested and timed
//! with.

use serde_json::{Value, json};
use sim_core::units::convert;
use sim_core::world::draw::Stream;

/// Midnight of the first day, and how long the log goes back from it: two days.
const TAKEN_S: i64 = 1_714_780_800;
const BACK_S: u64 = 2 * 86_400;

/// Kinds of node: instance type, provider, GPU product, GPUs, cores, GiB; how many of ten are of
/// it.
const KINDS: [(&str, &str, &str, u64, u64, u64, u64); 4] = [
    (
        "p4d.24xlarge",
        "aws",
        "NVIDIA-A100-SXM4-40GB",
        8,
        96,
        1152,
        5,
    ),
    ("g5.12xlarge", "aws", "NVIDIA-A10G", 4, 48, 192, 3),
    ("dgx-h100", "", "NVIDIA-H100-80GB-HBM3", 8, 224, 2048, 1),
    ("c6i.8xlarge", "aws", "", 0, 32, 64, 1),
];

/// What `kubectl get nodes -o json` and `kubectl get pods -A -o json` would print of a cluster with
/// so many nodes and pods: three of four pods are workers of training jobs, some of many, one of
/// ten serves, one of ten belongs to a daemon.
pub fn snapshot(seed: u64, nodes: u32, pods: u32) -> (String, String) {
    let made = (0..nodes).map(|at| node(seed, at));
    let made: Vec<Value> = made.collect();
    let mut all = Vec::new();
    let mut job = 0;
    while all.len() < convert::index(pods) {
        let most = convert::index(pods) - all.len();
        all.extend(work(seed, job, nodes).into_iter().take(most));
        job += 1;
    }
    (list(&made), list(&all))
}

fn list(items: &[Value]) -> String {
    let list = json!({ "apiVersion": "v1", "items": items, "kind": "List", "metadata": {} });
    serde_json::to_string_pretty(&list).expect("plain JSON")
}

fn stamp(at_s: i64) -> String {
    let at = jiff::Timestamp::from_second(at_s).expect("a moment of our days");
    at.to_string()
}

fn node(seed: u64, at: u32) -> Value {
    let mut draw = Stream::new(seed, &["snapshot".into(), "node".into(), at.into()]);
    let (instance, provider, product, gpus, cores, gib, _) = kind(draw.below(10));
    let zone = ["a", "b"][usize::from(draw.chance(0.5))];
    let mut labels = json!({
        "kubernetes.io/hostname": format!("node-{at}"),
        "node.kubernetes.io/instance-type": instance,
        "topology.kubernetes.io/zone": format!("eu-1{zone}"),
    });
    let mut allocatable = json!({
        "cpu": format!("{}m", cores * 1000 - 250),
        "memory": format!("{}Ki", (gib - 2) * 1024 * 1024 - draw.below(1000)),
        "pods": "110",
    });
    if gpus > 0 {
        labels["nvidia.com/gpu.product"] = json!(product);
        labels["nvidia.com/gpu.count"] = json!(gpus.to_string());
        allocatable["nvidia.com/gpu"] = json!(gpus.to_string());
    }
    let id = if provider.is_empty() {
        String::new()
    } else {
        format!("{provider}:///eu-1{zone}/i-{at:017x}")
    };
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": format!("node-{at}"),
            "creationTimestamp": stamp(TAKEN_S - 90 * 86_400),
            "labels": labels,
        },
        "spec": { "providerID": id },
        "status": {
            "allocatable": allocatable,
            "conditions": [{
                "type": "Ready", "status": "True", "reason": "KubeletReady",
                "lastHeartbeatTime": stamp(TAKEN_S), "lastTransitionTime": stamp(TAKEN_S - 86_400),
            }],
        },
    })
}

fn kind(of_ten: u64) -> (&'static str, &'static str, &'static str, u64, u64, u64, u64) {
    let mut left = of_ten;
    for kind in KINDS {
        if left < kind.6 {
            return kind;
        }
        left -= kind.6;
    }
    KINDS[0]
}

/// The pods of one job, one service or one daemon.
fn work(seed: u64, job: u64, nodes: u32) -> Vec<Value> {
    let mut draw = Stream::new(seed, &["snapshot".into(), "work".into(), job.into()]);
    let team = format!("team-{}", draw.below(12));
    let at = draw.below(100);
    if at < 10 {
        let spec = pod(
            ("kube-system", &format!("exporter-{job}")),
            ("DaemonSet", "exporter"),
            0,
        );
        return vec![running(
            spec,
            TAKEN_S - 86_400 * 30,
            TAKEN_S - 86_400 * 30,
            draw.below(nodes.max(1).into()),
        )];
    }
    if at < 20 {
        let spec = pod(
            (&team, &format!("chat-{job}-7d9f")),
            ("ReplicaSet", &format!("chat-{job}")),
            1,
        );
        let since = TAKEN_S - i64::try_from(3600 + draw.below(20 * 86_400)).expect("days");
        return vec![running(
            spec,
            since,
            since + 20,
            draw.below(nodes.max(1).into()),
        )];
    }
    let workers = [1, 1, 1, 2, 4, 8][usize::try_from(draw.below(6)).expect("few")];
    let gpus = [1, 1, 2, 4, 8][usize::try_from(draw.below(5)).expect("few")];
    let created = TAKEN_S - i64::try_from(draw.below(BACK_S)).expect("days");
    let waits = i64::try_from(convert::floor(draw.exponential(900.0))).expect("hours");
    let lasts = 60 + i64::try_from(convert::floor(draw.exponential(5.0 * 3600.0))).expect("days");
    let (start, end) = (created + waits, created + waits + lasts);
    let mut pods = Vec::new();
    for worker in 0..workers {
        let name = format!("train-{job}-{worker}");
        let owner = format!("train-{job}");
        let mut one = pod((&team, &name), ("PyTorchJob", &owner), gpus);
        one["metadata"]["labels"]["training.kubeflow.org/job-name"] = json!(owner);
        if gpus == 8 && draw.chance(0.3) {
            one["spec"]["nodeSelector"] =
                json!({ "nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB" });
        }
        let on = draw.below(nodes.max(1).into());
        pods.push(if start > TAKEN_S {
            waiting(one, created)
        } else if end > TAKEN_S {
            running(one, created, start, on)
        } else {
            ended(one, (created, start, end), on)
        });
    }
    pods
}

fn pod((namespace, name): (&str, &str), (kind, owner): (&str, &str), gpus: u64) -> Value {
    let mut limits =
        json!({ "cpu": format!("{}", 2 + gpus * 4), "memory": format!("{}Gi", 4 + gpus * 16) });
    if gpus > 0 {
        limits["nvidia.com/gpu"] = json!(gpus.to_string());
    }
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": { "app": owner },
            "ownerReferences": [{ "kind": kind, "name": owner, "controller": true }],
        },
        "spec": {
            "priority": 0,
            "containers": [{
                "name": "main",
                "image": format!("registry.example.com/{namespace}/{owner}:1"),
                "resources": { "limits": limits, "requests": limits },
            }],
        },
        "status": { "phase": "Pending", "conditions": [] },
    })
}

fn waiting(mut pod: Value, created: i64) -> Value {
    pod["metadata"]["creationTimestamp"] = json!(stamp(created));
    pod
}

fn running(pod: Value, created: i64, start: i64, on: u64) -> Value {
    let mut pod = waiting(pod, created);
    pod["spec"]["nodeName"] = json!(format!("node-{on}"));
    pod["status"] = json!({
        "phase": "Running",
        "startTime": stamp(start),
        "conditions": [{
            "type": "PodScheduled", "status": "True", "lastTransitionTime": stamp(start),
        }],
        "containerStatuses": [{
            "name": "main", "state": { "running": { "startedAt": stamp(start) } },
        }],
    });
    pod
}

fn ended(pod: Value, (created, start, end): (i64, i64, i64), on: u64) -> Value {
    let mut pod = running(pod, created, start, on);
    pod["status"]["phase"] = json!("Succeeded");
    pod["status"]["containerStatuses"][0]["state"] = json!({
        "terminated": { "exitCode": 0, "startedAt": stamp(start), "finishedAt": stamp(end) },
    });
    pod
}
