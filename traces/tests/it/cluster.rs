//! A cluster as its own tools print it: what becomes of machines, tenants and jobs, by hand and over a thousand nodes.

use traces::cluster::{
    Alias, Asks, Cluster, Kind, Machines, Outlook, Seen, Tenant, Terms, snapshot,
};
use traces::{Options, Source, Status, import, import_cluster, write_csv};

fn fixture(name: &str) -> String {
    let path = format!("{}/data/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("fixtures stand in the repository")
}

fn read(format: &str, texts: &[&str]) -> Cluster {
    let sources = texts.iter().map(|text| Source::new("t", text.as_bytes()));
    import_cluster(format, sources.collect(), &Options::default()).expect("a good fixture")
}

fn job<'a>(cluster: &'a Cluster, name: &str) -> &'a Seen {
    let found = cluster.jobs.iter().find(|job| job.name == name);
    found.unwrap_or_else(|| panic!("{name} is not among {:?}", cluster.jobs))
}

/// Seconds from noon of the fourth of May 2024.
fn since_noon(at: i64) -> i64 {
    at / 1_000_000 - 1_714_824_000
}

#[test]
fn nodes_become_kinds_of_machine() {
    let cluster = read("kubectl", &[&fixture("kubectl.json")]);
    let a100 = |kind: Kind| Kind {
        model: "A100".into(),
        gpu_memory_mib: 40_960,
        ..kind
    };
    let machines = [
        Machines {
            kind: Kind {
                model: "T4".into(),
                gpus: 1,
                ..Kind::default()
            },
            count: 1,
            cpu_milli: 16_000,
            memory_mib: 65_536,
        },
        Machines {
            kind: a100(Kind {
                gpus: 2,
                sliced: true,
                ..Kind::default()
            }),
            count: 1,
            cpu_milli: 64_000,
            memory_mib: 524_288,
        },
        Machines {
            kind: a100(Kind {
                instance: "aws/p4d.24xlarge".into(),
                gpus: 8,
                zone: "eu-1a".into(),
                terms: Terms::OnDemand,
                ..Kind::default()
            }),
            count: 2,
            cpu_milli: 95_000,
            memory_mib: 1_126_400,
        },
    ];
    for own in &machines {
        assert!(
            cluster.machines.contains(own),
            "{own:?} is not among {:?}",
            cluster.machines
        );
    }
    assert_eq!(cluster.machines.len(), machines.len());
    for note in [
        "1 nodes are cordoned",
        "1 nodes are not ready",
        "1 objects of kind `ConfigMap`",
    ] {
        assert!(
            cluster.notes.iter().any(|own| own.starts_with(note)),
            "{note}: {:?}",
            cluster.notes
        );
    }
}

#[test]
fn pods_become_gangs_services_and_attempts() {
    let cluster = read("kubectl", &[&fixture("kubectl.json")]);
    assert_eq!(since_noon(cluster.taken_us), 0);
    let names: Vec<&str> = cluster.jobs.iter().map(|job| job.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "serving/chat-1",
            "text/short-a",
            "text/short-b",
            "vision/big",
            "text/seventh"
        ]
    );
    let big = job(&cluster, "vision/big");
    // Half a core, one, and a sidecar of a quarter, against three cores of what runs before.
    let asks = Asks {
        gpus: 8,
        gpu_milli: 1000,
        slice: None,
        cpu_milli: 3000,
        memory_mib: 1024,
    };
    assert_eq!(
        (big.tasks, &big.asks, big.priority, big.status),
        (2, &asks, 7, Status::Running)
    );
    // It was submitted with its first pod and works once its last is there.
    assert_eq!(
        (since_noon(big.submit_us), big.start_us.map(since_noon)),
        (-7200, Some(-3600))
    );
    assert_eq!(cluster.models, ["A100"]);
    assert!(big.models.allows(0) && !big.models.is_any());
    let slice = job(&cluster, "text/seventh");
    assert_eq!(
        (slice.asks.gpus, slice.asks.slice.as_deref()),
        (1, Some("1g.5gb"))
    );
    let chat = job(&cluster, "serving/chat-1");
    assert!(chat.serves);
    assert_eq!(
        (chat.asks.gpus, chat.asks.gpu_milli),
        (1, 250),
        "four take turns on its GPU"
    );
    let tenant = |name: &str| cluster.tenants.iter().find(|own| own.name == name);
    assert_eq!(tenant("text").and_then(|own| own.cap), Some(4));
    assert_eq!(tenant("vision").and_then(|own| own.cap), None);
    for note in [
        "1 pods ask for `example.com/nic`",
        "1 pods select nodes by `disk`",
        "1 pods without GPUs serve",
        "1 pods of daemons",
    ] {
        assert!(
            cluster.notes.iter().any(|own| own.starts_with(note)),
            "{note}: {:?}",
            cluster.notes
        );
    }
}

#[test]
fn what_has_no_end_yet_is_assumed_and_said() {
    let cluster = read("kubectl", &[&fixture("kubectl.json")]);
    let replay = cluster.replay(Outlook::default());
    let played = |name: &str| {
        let found = replay
            .jobs
            .iter()
            .find(|own| cluster.jobs[own.job].name == name)
            .expect("it is played");
        let seconds = |us: u64| us / 1_000_000;
        (
            seconds(found.submit.us()),
            seconds(found.duration.us()),
            found.start.map(|at| seconds(at.us())),
        )
    };
    let week = 7 * 86_400;
    // Time zero is a week before noon; the service is there from then, and stays a week more.
    assert_eq!(played("serving/chat-1"), (0, 2 * week, Some(0)));
    assert_eq!(
        played("text/short-a"),
        (week - 4 * 3600, 3600, Some(week - 4 * 3600 + 600))
    );
    // Running for an hour: as long again.
    assert_eq!(played("vision/big"), (week - 7200, 7200, Some(week - 3600)));
    // Waiting: what others took, two hours of a gang and three of others that run, but no longer than its limit.
    assert_eq!(played("text/short-b"), (week - 9600, 900, None));
    let workload = cluster.workload(&replay, |_| true);
    assert_eq!(workload.epoch.as_deref(), Some("2024-04-27T12:00:00Z"));
    assert_eq!(workload.jobs.len(), 5);
    for note in [
        "2 jobs still run",
        "1 jobs wait",
        "1 jobs serve",
        "1 jobs were submitted before time zero",
    ] {
        assert!(
            replay.notes.iter().any(|own| own.starts_with(note)),
            "{note}: {:?}",
            replay.notes
        );
    }
    let observed = cluster.observed(&replay);
    assert!(observed.starts_with("job,queue,gpus,submit_us,start_us,finish_us,outcome\n"));
    assert!(
        observed.contains("text/short-a,text,1,590400000000,591000000000,594600000000,completed\n"),
        "{observed}"
    );
    assert!(
        observed.contains("text/short-b,text,1,595200000000,,,pending\n"),
        "{observed}"
    );
}

#[test]
fn kueue_has_a_tree_of_tenants_and_its_workloads_are_the_jobs() {
    let cluster = read("kueue", &[&fixture("kueue.json")]);
    let tenants = cluster
        .tenants
        .iter()
        .map(|own: &Tenant| {
            let parent = own.parent.map(|at| cluster.tenants[at].name.as_str());
            (own.name.as_str(), parent, own.share, own.cap, own.borrows)
        })
        .collect::<Vec<_>>();
    assert_eq!(
        tenants,
        [
            ("org", None, 28, None, true),
            ("research", Some("org"), 28, None, true),
            ("vision", Some("research"), 20, Some(28), true),
            ("text", Some("research"), 8, None, true),
            ("alone", None, 2, Some(2), false),
            ("team-b", None, 0, None, true),
        ]
    );
    let big = job(&cluster, "team-a/big");
    assert_eq!((big.tasks, big.asks.gpus, big.priority), (4, 8, 100));
    assert_eq!(cluster.tenants[big.tenant].name, "vision");
    assert_eq!(
        (
            since_noon(big.submit_us),
            big.start_us.map(since_noon),
            big.end_us.map(since_noon)
        ),
        (-14_400, Some(-12_600), Some(-5400))
    );
    let waits = job(&cluster, "team-b/job-wait");
    assert_eq!(
        (waits.status, waits.start_us, waits.tasks),
        (Status::Pending, None, 2)
    );
    assert_eq!(
        cluster.jobs.len(),
        2,
        "the worker's pod is not counted again"
    );
}

#[test]
fn cohorts_that_are_part_of_each_other_are_told_and_cut() {
    let text = r#"{"items":[{"kind":"Cohort","metadata":{"name":"a"},"spec":{"parentName":"b"}},
        {"kind":"Cohort","metadata":{"name":"b"},"spec":{"parentName":"a"}},
        {"kind":"ClusterQueue","metadata":{"name":"a"},"spec":{"cohort":"a"}}]}"#;
    let cluster = read("kueue", &[text]);
    let names: Vec<&str> = cluster
        .tenants
        .iter()
        .map(|own| own.name.as_str())
        .collect();
    assert_eq!(names, ["a", "b", "a.queue"]);
    assert!(
        cluster
            .notes
            .iter()
            .any(|note| note.contains("part of themselves were cut")),
        "{:?}",
        cluster.notes
    );
}

#[test]
fn slurm_tells_jobs_and_what_was_in_use_at_once() {
    let cluster = read("sacct", &[&fixture("sacct.txt")]);
    let names: Vec<&str> = cluster.jobs.iter().map(|job| job.name.as_str()).collect();
    assert_eq!(names, ["101", "102", "103_7", "104"]);
    let first = job(&cluster, "101");
    assert_eq!(
        (
            first.tasks,
            first.asks.gpus,
            first.asks.cpu_milli,
            first.asks.memory_mib
        ),
        (2, 8, 32_000, 262_144)
    );
    assert_eq!(
        (first.status, first.limit_us, first.user.as_deref()),
        (Status::Completed, Some(86_400_000_000), Some("ada"))
    );
    let fourth = job(&cluster, "104");
    assert_eq!(
        (fourth.status, fourth.limit_us, fourth.asks.memory_mib),
        (Status::Cancelled, None, 1_572_864)
    );
    assert_eq!(job(&cluster, "103_7").limit_us, Some(2_700_000_000));
    // Sixteen A100 until the four start in that very instant; one of no told model.
    let machines: Vec<(&str, u16, u32)> = cluster
        .machines
        .iter()
        .map(|own| (own.kind.model.as_str(), own.kind.gpus, own.count))
        .collect();
    assert_eq!(machines, [("A100", 8, 2), ("GPU", 1, 1)]);
    for note in ["1 rows are steps", "1 jobs ended and never started"] {
        assert!(
            cluster.notes.iter().any(|own| own.starts_with(note)),
            "{note}: {:?}",
            cluster.notes
        );
    }
}

#[test]
fn a_thousand_nodes_and_ten_thousand_pods_are_all_accounted_for() {
    let (nodes, pods) = snapshot(7, 1000, 10_000);
    assert_eq!(
        snapshot(7, 3, 30),
        snapshot(7, 3, 30),
        "the same seed, the same text"
    );
    let cluster = read("kubectl", &[&nodes, &pods]);
    assert_eq!(
        cluster.machines.iter().map(|own| own.count).sum::<u32>(),
        1000
    );
    let kept: u32 = cluster.jobs.iter().map(|job| job.tasks).sum();
    let left_out: u32 = cluster
        .notes
        .iter()
        .filter(|note| note.contains("pods") && note.contains("left out"))
        .map(|note| {
            note.split(' ')
                .next()
                .and_then(|count| count.parse::<u32>().ok())
                .expect("a count")
        })
        .sum();
    assert_eq!(kept + left_out, 10_000, "{:?}", cluster.notes);
    let replay = cluster.replay(Outlook::default());
    assert_eq!(replay.jobs.len(), cluster.jobs.len());
    assert!(replay.jobs.is_sorted_by_key(|played| played.submit));
    for played in &replay.jobs {
        if let (Some(start), Some(finish)) = (played.start, played.finish) {
            assert_eq!(finish.since(start), played.duration);
            assert!(start >= played.submit);
        }
    }
}

#[test]
fn no_original_name_survives_under_an_alias() {
    let (nodes, pods) = snapshot(3, 40, 400);
    let kueue = fixture("kueue.json");
    let slurm = fixture("sacct.txt");
    for (format, texts) in [
        ("kubectl", vec![nodes.as_str(), pods.as_str()]),
        ("kubectl", vec![&fixture("kubectl.json")]),
        ("kueue", vec![kueue.as_str(), nodes.as_str()]),
        ("sacct", vec![slurm.as_str()]),
    ] {
        let plain = read(format, &texts);
        let mut hidden = plain.clone();
        Alias::new("a key of some length").cluster(&mut hidden, false);
        let replay = hidden.replay(Outlook::default());
        let mut csv = Vec::new();
        write_csv(&hidden.workload(&replay, |_| true), &mut csv).expect("memory takes all");
        let shown = format!(
            "{}{}{:?}",
            String::from_utf8(csv).expect("UTF-8"),
            hidden.observed(&replay),
            hidden
        );
        let jobs = plain.jobs.iter().map(|job| job.name.clone());
        let users = plain.jobs.iter().filter_map(|job| job.user.clone());
        let tenants = plain.tenants.iter().map(|own| own.name.clone());
        let words = [
            "train-",
            "chat",
            "team-",
            "node-0",
            "registry",
            "eu-1",
            "dgx",
            "example.com",
            "disk",
            "ConfigMap",
        ];
        let names = jobs
            .chain(users)
            .chain(tenants)
            .chain(words.map(String::from));
        // What is two letters long may stand in any word.
        for name in names.filter(|name| name.len() > 3 && name.parse::<u64>().is_err()) {
            assert!(!shown.contains(&name), "{name}");
            assert!(
                name.split('/')
                    .all(|part| part.len() < 5 || !shown.contains(part)),
                "{name}"
            );
        }
        // What was not to be touched is as it was.
        let spans = |cluster: &Cluster| -> Vec<u64> {
            cluster
                .replay(Outlook::default())
                .jobs
                .iter()
                .map(|own| own.duration.us())
                .collect()
        };
        assert_eq!(spans(&plain), spans(&hidden));
        let other = Alias::new("another key of this length");
        let mut again = plain.clone();
        other.cluster(&mut again, false);
        assert_ne!(
            again.jobs[0].name, hidden.jobs[0].name,
            "another key, another word"
        );
    }
}

#[test]
fn times_move_by_whole_weeks_and_only_when_asked() {
    let plain = read("kubectl", &[&fixture("kubectl.json")]);
    let alias = Alias::new("a key of some length");
    let mut moved = plain.clone();
    alias.cluster(&mut moved, true);
    let by = moved.taken_us - plain.taken_us;
    assert!(by < 0 && by % (7 * 86_400_000_000) == 0);
    for (before, after) in plain.jobs.iter().zip(&moved.jobs) {
        assert_eq!(after.submit_us - before.submit_us, by);
        assert_eq!(
            after.start_us.zip(before.start_us).map(|(a, b)| a - b),
            before.start_us.map(|_| by)
        );
    }
}

#[test]
fn a_snapshot_is_a_trace_like_any_other() {
    let text = fixture("kubectl.json");
    let workload = import(
        "kubectl",
        Source::new("t", text.as_bytes()),
        &Options::default(),
    )
    .expect("good");
    assert_eq!(workload.jobs.len(), 5);
    assert_eq!(workload.queues.len(), 3);
    assert!(
        workload
            .notes
            .iter()
            .any(|note| note.contains("as long again"))
    );
}

/// A worker of the gang `g` with so many GPUs, and what is said of how it runs.
fn worker(name: &str, created: &str, gpus: u32, status: &str) -> String {
    format!(
        r#"{{"kind":"Pod","metadata":{{"name":"{name}","namespace":"x","creationTimestamp":"2024-05-01T{created}Z",
        "labels":{{"scheduling.x-k8s.io/pod-group":"g"}}}},
        "spec":{{"containers":[{{"resources":{{"limits":{{"nvidia.com/gpu":"{gpus}"}}}}}}]}},"status":{status}}}"#
    )
}

fn gang(workers: &[String]) -> Cluster {
    read(
        "kubectl",
        &[&format!("{{\"items\":[{}]}}", workers.join(","))],
    )
}

const PLACED: &str = r#"{"phase":"Running","startTime":"2024-05-01T10:00:00Z"}"#;
const FAILED: &str = r#"{"phase":"Failed","startTime":"2024-05-01T10:00:00Z","containerStatuses":[
    {"state":{"terminated":{"finishedAt":"2024-05-01T10:30:00Z"}}}]}"#;
const LATER: &str = r#"{"phase":"Failed","startTime":"2024-05-01T10:00:00Z","containerStatuses":[
    {"state":{"terminated":{"finishedAt":"2024-05-01T11:30:00Z"}}}]}"#;
const NEVER: &str = r#"{"phase":"Failed","containerStatuses":[
    {"state":{"terminated":{"finishedAt":"2024-05-01T10:30:00Z"}}}]}"#;

#[test]
fn a_gang_waits_until_its_last_worker_is_placed() {
    let waits = r#"{"phase":"Pending"}"#;
    let cluster = gang(&[
        worker("a", "09:00:00", 2, PLACED),
        worker("b", "09:00:00", 2, waits),
    ]);
    let own = job(&cluster, "x/g");
    assert_eq!(
        (own.tasks, own.status, own.start_us),
        (2, Status::Pending, None)
    );
}

#[test]
fn a_worker_that_failed_and_was_replaced_is_not_one_more() {
    let cluster = gang(&[
        worker("a", "09:00:00", 2, PLACED),
        worker("b", "09:00:00", 2, FAILED),
        worker("b2", "10:31:00", 2, PLACED),
    ]);
    let own = job(&cluster, "x/g");
    assert_eq!((own.tasks, own.status), (2, Status::Running));
    assert!(
        cluster.notes.iter().any(|note| note.contains("replaced")),
        "{:?}",
        cluster.notes
    );
    // One that failed with the others there is part of it, and it failed.
    let cluster = gang(&[
        worker("a", "09:00:00", 2, LATER),
        worker("b", "09:00:00", 2, LATER),
    ]);
    let own = job(&cluster, "x/g");
    assert_eq!(
        (own.tasks, own.status, own.end_us.is_some()),
        (2, Status::Failed, true)
    );
}

#[test]
fn workers_of_several_sizes_become_one_task_a_gpu() {
    let cluster = gang(&[
        worker("a", "09:00:00", 4, PLACED),
        worker("b", "09:00:00", 2, PLACED),
        worker("helper", "09:00:00", 0, PLACED),
    ]);
    let own = job(&cluster, "x/g");
    assert_eq!((own.tasks, own.asks.gpus), (6, 1));
    for note in ["several sizes", "without GPUs beside"] {
        assert!(
            cluster.notes.iter().any(|own| own.contains(note)),
            "{note}: {:?}",
            cluster.notes
        );
    }
}

#[test]
fn what_ended_and_never_started_is_left_out_of_a_replay() {
    let cluster = gang(&[worker("a", "09:00:00", 2, NEVER)]);
    let replay = cluster.replay(Outlook::default());
    assert!(replay.jobs.is_empty());
    assert!(
        replay
            .notes
            .iter()
            .any(|note| note.contains("never started")),
        "{:?}",
        replay.notes
    );
}
