//! Goldens: the digests of runs, pinned. A change of any of them is a change of behaviour: deliberate, with a reason in the
//! commit, or a bug. `UPDATE_EXPECT=1` writes them anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use scenarios::build::{Experiment, known};
use scenarios::experiment::{Plan, compare};
use scenarios::schema::{DataRoots, parse};

const POISSON: &str = "{ kind = \"poisson\", per-hour = 60 }";
const MIX: &str = "[{ gpus = 1, weight = 5 }, { gpus = 2, weight = 2 }, { gpus = 4, weight = 2 }, { gpus = 8, weight = 1 }, { tasks = 2, gpus = 8, weight = 1 }]";
const V100: &str = "instance = { gpus = 8, gpu = \"V100\", cpus = 64, memory = \"512GiB\" }\nmarket = \"on-demand\"\nprice = \"$24.48\"";

/// A parametric workload with these durations.
fn work(durations: &str) -> String {
    format!(
        "synth = {{ model = \"parametric\", jobs = 400, arrivals = {POISSON}, durations = {durations}, gangs = {MIX} }}"
    )
}

const EXPONENTIAL: &str = "{ kind = \"exponential\", mean = \"50m\" }";
const LOGNORMAL: &str = "{ kind = \"lognormal\", median = \"30m\", sigma = 1.2 }";
const GAMMA: &str = "{ kind = \"gamma\", shape = 0.6, mean = \"45m\" }";
const FACTOR: &str = "estimate = { model = \"factor\", factor = 2.0 }";

/// Name, fleet, workload, and what stands in the policy.
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn cases() -> Vec<(&'static str, String, String, &'static str)> {
    let fixed = |nodes: u32| format!("{V100}\ncount = {nodes}");
    let estimated = |durations: &str| format!("{}\n{FACTOR}", work(durations));
    let racks = format!("{V100}\ncount = 12\nrack-size = 3");
    let elastic = format!("{V100}\nmin = 1\nmax = 20\nboot = \"4m\"");
    let shaky = format!(
        "{}\navailability = {{ steps = [[\"0h\", 12], [\"2h\", 5], [\"4h\", 12]] }}\nnotice = \"2m\"",
        fixed(12)
    );
    let priced = format!("{V100}\ncount = 12").replace(
        "price = \"$24.48\"",
        "price = { steps = [[\"0h\", \"$24.48\"], [\"3h\", \"$20\"]] }",
    );
    let saving = format!(
        "{}\ncheckpoint = {{ every = \"10m\", restore = \"2m\" }}",
        work(LOGNORMAL)
    );
    let steps = format!(
        "{}\ncourse = {{ kind = \"stepwise\", step = \"30s\", across-nodes = 0.8 }}\ncheckpoint = {{ keep = \"none\" }}",
        work(GAMMA)
    );
    let scaled = format!(
        "{}\ncourse = {{ kind = \"linear\", rates = {{ V100 = 1.5 }}, scaling = {{ 1 = 1.0, 8 = 0.9 }} }}",
        work(EXPONENTIAL)
    );
    let due = format!("{}\ndeadline = {{ slack = 2.0 }}", work(LOGNORMAL));
    let ranked = work(EXPONENTIAL).replace(
        "gangs =",
        "priorities = [{ priority = 0, weight = 3 }, { priority = 5, weight = 1 }], gangs =",
    );
    let bursty = work(LOGNORMAL).replace(POISSON, "{ kind = \"bursty\", calm-per-hour = 20, burst-per-hour = 200, calm = \"2h\", burst = \"30m\" }");
    let lublin = format!("synth = {{ model = \"lublin\", procs = 64, jobs = 400 }}\n{FACTOR}");
    let philly =
        "synth = { model = \"philly-2017\", jobs-per-hour = 20, jobs = 400 }\ntask-gpus = \"job\""
            .to_owned();
    vec![
        (
            "fifo-strict",
            fixed(12),
            work(EXPONENTIAL),
            "order = \"fifo\"",
        ),
        ("fifo-skip", fixed(12), work(LOGNORMAL), "admit = \"skip\""),
        (
            "fifo-easy",
            fixed(12),
            estimated(LOGNORMAL),
            "admit = \"easy\"",
        ),
        (
            "fifo-conservative",
            fixed(12),
            estimated(GAMMA),
            "admit = \"conservative\"",
        ),
        (
            "shortest",
            fixed(12),
            estimated(GAMMA),
            "order = \"shortest\"",
        ),
        (
            "smallest",
            fixed(12),
            work(GAMMA),
            "order = \"smallest\"\nadmit = \"skip\"",
        ),
        (
            "largest",
            fixed(12),
            work(EXPONENTIAL),
            "order = \"largest\"\nadmit = \"skip\"",
        ),
        ("edf", fixed(12), due, "order = \"edf\"\nadmit = \"skip\""),
        (
            "priority",
            fixed(12),
            ranked,
            "order = \"priority\"\nadmit = \"skip\"\npreempt = \"by-order\"",
        ),
        (
            "las",
            fixed(12),
            saving.clone(),
            "order = { kind = \"las\", quantum = \"20m\" }\nadmit = \"skip\"\npreempt = \"by-order\"",
        ),
        (
            "srtf",
            fixed(12),
            saving,
            "order = \"srtf\"\nadmit = \"skip\"\npreempt = \"by-order\"\nclairvoyant = [\"durations\"]",
        ),
        (
            "wfp3",
            fixed(12),
            estimated(LOGNORMAL),
            "order = { kind = \"wfp3\", quantum = \"5m\" }",
        ),
        (
            "unicep",
            fixed(12),
            estimated(GAMMA),
            "order = \"unicep\"\nadmit = \"easy\"",
        ),
        (
            "f1",
            fixed(12),
            estimated(EXPONENTIAL),
            "order = \"f1\"\nadmit = \"easy\"",
        ),
        (
            "first-fit",
            fixed(12),
            work(LOGNORMAL),
            "place = \"first-fit\"\nadmit = \"skip\"",
        ),
        (
            "worst-fit",
            fixed(12),
            work(LOGNORMAL),
            "place = \"worst-fit\"\nadmit = \"skip\"",
        ),
        (
            "random",
            fixed(12),
            work(LOGNORMAL),
            "place = \"random\"\nadmit = \"skip\"",
        ),
        (
            "consolidate",
            fixed(12),
            work(GAMMA),
            "place = \"consolidate\"\nadmit = \"skip\"",
        ),
        (
            "spread",
            fixed(12),
            steps,
            "place = \"spread\"\nadmit = \"skip\"",
        ),
        (
            "rack-aware",
            racks,
            scaled,
            "place = \"rack-aware\"\nadmit = \"skip\"",
        ),
        (
            "queue-depth",
            elastic,
            work(LOGNORMAL),
            "buy = \"queue-depth\"\nadmit = \"skip\"",
        ),
        ("lost-nodes", shaky, work(LOGNORMAL), "admit = \"skip\""),
        ("price-steps", priced, bursty, "admit = \"skip\""),
        (
            "lublin-easy",
            "instance = { gpus = 1, gpu = \"P100\" }\ncount = 64".to_owned(),
            lublin.clone(),
            "admit = \"easy\"",
        ),
        (
            "lublin-batsim",
            "instance = { gpus = 1, gpu = \"P100\" }\ncount = 64".to_owned(),
            lublin,
            "kind = \"easy-bf\"\ncompat = \"batsim\"",
        ),
        ("philly-2017", fixed(40), philly, "admit = \"skip\""),
    ]
}

fn experiment(name: &str, fleet: &str, workload: &str, policy: &str) -> Experiment {
    let round = if name == "wfp3" {
        "[engine]\ntrigger = { round = \"6m\" }\n"
    } else {
        ""
    };
    let text = format!(
        "name = \"{name}\"\nseed = 7\n[replicate]\nn = 2\n{round}[[fleet]]\nname = \"cluster\"\n{fleet}\n\
         [[workload]]\nname = \"jobs\"\n{workload}\n[[policy]]\nname = \"{name}\"\n{policy}\n"
    );
    let loaded = parse(
        name,
        text.as_bytes(),
        (Path::new("."), &DataRoots::default()),
        &known,
    );
    let loaded = loaded.unwrap_or_else(|rejection| panic!("{rejection}"));
    Experiment::build(loaded).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The digests of all seeds, a line each.
fn digests(name: &str, experiment: &Experiment, threads: usize) -> String {
    let plan = Plan {
        contenders: vec![0],
        baseline: 0,
        seeds: vec![7, 8],
        threads,
    };
    let comparison =
        compare(experiment, plan, None, &|| ()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut lines = String::new();
    for summary in &comparison.flights[0] {
        let digests = &summary.digests;
        writeln!(
            lines,
            "{name} {} {} {}",
            summary.seed, digests.decisions, digests.facts
        )
        .expect("memory takes all");
    }
    lines
}

#[test]
fn runs_have_the_digests_they_had_whatever_the_number_of_threads() {
    let mut now = String::new();
    for (name, fleet, workload, policy) in cases() {
        let experiment = experiment(name, &fleet, &workload, policy);
        let one = digests(name, &experiment, 1);
        assert_eq!(one, digests(name, &experiment, 2), "{name} with 2 threads");
        assert_eq!(one, digests(name, &experiment, 8), "{name} with 8 threads");
        now.push_str(&one);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens.txt");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &now).expect("writable");
    }
    let pinned = fs::read_to_string(&path).unwrap_or_default();
    for (pinned, now) in pinned.lines().zip(now.lines()) {
        assert_eq!(pinned, now);
    }
    assert_eq!(pinned.lines().count(), now.lines().count());
}
