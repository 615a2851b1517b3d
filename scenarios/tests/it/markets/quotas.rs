//! Quotas that fleets share: what is held under them at any time, and what of a scenario they rule out.

use scenarios::build::{BuildError, Experiment, known};
use scenarios::schema::{DataRoots, parse};
use sim_core::units::SimTime;

use super::rig::{Flown, JOBS, experiment, fly};

/// Two spot fleets, of machines of four and of eight GPUs, and machines on demand.
fn cloud(spot: &str, rest: &str) -> String {
    format!(
        r#"name = "quota"
[[fleet]]
name = "spot-a"
instance = {{ gpus = 4, gpu = "V100" }}
max = 6
market = "spot"
price = "$4"
reclaim = {{ model = "exponential", mean = "2h" }}
boot = "2m"
{spot}
[[fleet]]
name = "spot-b"
instance = {{ gpus = 8, gpu = "V100" }}
min = 1
max = 6
market = "spot"
price = "$6"
reclaim = {{ model = "exponential", mean = "1h" }}
notice = "2m"
boot = "3m"
{spot}
[[fleet]]
name = "on-demand"
instance = {{ gpus = 4, gpu = "V100" }}
max = 12
market = "on-demand"
price = "$12"
boot = "4m"
{rest}{JOBS}
[[policy]]
name = "deep"
admit = "skip"
buy = {{ kind = "queue-depth", market = ["spot", "on-demand"] }}
[[policy]]
name = "spread"
admit = "skip"
buy = {{ kind = "spot-first", pools = "diversified", max-risk = 1.0, patience = "20m" }}
move = "cheaper"
"#
    )
}

fn jobs() -> Vec<(u64, u64, u32)> {
    let job = |n: u64| (400 * n, 2_001 + 977 * (n % 7), 1 << (n % 4));
    (0..60).map(job).collect()
}

/// The most GPUs of spot machines that were held at a time.
fn peak(flown: &Flown) -> u32 {
    let gpus = |slot: u32| match slot {
        0..6 => 4,
        6..12 => 8,
        _ => 0,
    };
    let at = |now: SimTime| {
        let holds = flown.diary.holds.iter();
        let held = holds.filter(|hold| hold.from <= now && now < hold.until);
        held.map(|hold| gpus(hold.node.0)).sum::<u32>()
    };
    let peaks = flown.diary.holds.iter().map(|hold| at(hold.from));
    peaks.max().unwrap_or(0)
}

const QUOTA: &str = "[[quota]]\nname = \"spot\"\nfleets = [\"spot-a\", \"spot-b\"]\ngpus = 20\n";

#[test]
fn two_spot_fleets_hold_no_more_than_their_quota_and_all_work_is_done() {
    let free = experiment(&cloud("", ""), &jobs());
    let under = experiment(&cloud("", QUOTA), &jobs());
    for contender in 0..2 {
        for seed in 1..=4 {
            let [free, under] = [&free, &under].map(|built| fly(built, contender, seed));
            assert!(peak(&free) > 20, "without a quota: {}", peak(&free));
            assert!(peak(&under) > 12, "it is made use of: {}", peak(&under));
            assert!(peak(&under) <= 20, "{}", peak(&under));
            assert!(under.diary.ends.iter().all(Option::is_some));
        }
    }
}

#[test]
fn a_fleet_may_name_its_quota_as_well_as_the_quota_its_fleets() {
    let theirs = "[[quota]]\nname = \"spot\"\ngpus = 20\n";
    let built = [
        cloud("", QUOTA),
        cloud("quota = \"spot\"", theirs),
        cloud("quota = [\"spot\"]", theirs),
    ]
    .map(|text| experiment(&text, &jobs()));
    let [first, second, third] = built.map(|built| {
        assert_eq!(built.world.quotas[0].covers.len(), 2);
        fly(&built, 1, 1).transcript.lines
    });
    assert_eq!(first, second);
    assert_eq!(first, third);
}

/// What is said of a scenario whose fleet is listed in a file.
fn listed(quota: &str) -> Result<Experiment, String> {
    let text = format!(
        "name = \"listed\"\n[[fleet]]\nname = \"home\"\n\
         nodes = {{ format = \"openb-nodes\", file = \"nodes.csv\" }}\n{quota}{JOBS}\
         [[policy]]\nname = \"p\"\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let nodes =
        "sn,cpu_milli,memory_mib,gpu,model\nn1,64000,1000,2,P100\nn2,96000,1000,8,V100M32\n";
    std::fs::write(folder.path().join("nodes.csv"), nodes).unwrap();
    std::fs::write(
        folder.path().join("jobs.csv"),
        "submit,duration,gpus\n0,60,1\n",
    )
    .unwrap();
    let roots = (folder.path(), &DataRoots::default());
    let loaded = parse("test.toml", text.as_bytes(), roots, &known).unwrap();
    match Experiment::build(loaded) {
        Ok(experiment) => Ok(experiment),
        Err(BuildError::Rejected(rejection)) => Err(rejection.lines()),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_quota_leaves_what_a_file_lists() {
    let quota = |limit: &str| format!("[[quota]]\nname = \"q\"\nfleets = [\"home\"]\n{limit}\n");
    for enough in ["gpus = 10", "cpus = 160", "nodes = 2"] {
        assert!(listed(&quota(enough)).is_ok(), "{enough}");
    }
    let begins = "raise it, or take a fleet out";
    for (limit, said) in [
        (
            "gpus = 9",
            format!("8:8: gpus = 9: its fleets begin with 10 already; {begins}"),
        ),
        (
            "cpus = 159",
            format!("8:8: cpus = 159: its fleets begin with 160 already; {begins}"),
        ),
        (
            "nodes = 1",
            format!("8:9: nodes = 1: its fleets begin with 2 already; {begins}"),
        ),
    ] {
        let refused = listed(&quota(limit)).err();
        assert_eq!(refused, Some(format!("test.toml:{said}\n")));
    }
}

#[test]
fn a_job_that_no_quota_leaves_machines_for_is_refused() {
    let all = |gpus: u32| {
        let quota = "[[quota]]\nname = \"all\"\nfleets = [\"spot-a\", \"spot-b\", \"on-demand\"]";
        let text = cloud("", &format!("{quota}\ngpus = {gpus}\n"));
        // Two tasks of eight GPUs, for which only the larger machines have room.
        let text = text.replace("name = \"w\"\n", "name = \"w\"\ntask-gpus = 8\n");
        experiment(&text, &[(0, 60, 16)])
    };
    let enough = all(16).jobs(1).err().map(|error| error.to_string());
    assert_eq!(enough, None);
    let refused = all(15).jobs(1).err().map(|error| error.to_string());
    assert!(
        refused
            .as_ref()
            .is_some_and(|said| said.contains("can hold")),
        "{refused:?}"
    );
}
