//! `windtunnel gate` as a build runs it: what it prints, what it leaves, how it exits.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use scenarios::schema::parse_baseline;

const SMALL: &str = r#"name = "small"
seed = 1

[replicate]
n = 8

[[fleet]]
name = "cloud"
instance = { gpus = 8, gpu = "V100" }
price = "$10"
market = "on-demand"
min = 1
max = 6
boot = "5m"

[[workload]]
name = "training"
deadline = { slack = 3.0 }

[workload.synth]
model = "parametric"
length = "1d"
arrivals = { kind = "diurnal", per-hour = 20, amplitude = 0.5, peak-hour = 15 }
durations = { kind = "lognormal", median = "40m", sigma = 1.0 }
gangs = [{ gpus = 1, weight = 60 }, { gpus = 4, weight = 20 }, { gpus = 8, weight = 10 }]

[[policy]]
name = "strict"
order = "fifo"
admit = "strict"
buy = { kind = "queue-depth", idle = "10m" }

[[policy]]
name = "skip"
order = "fifo"
admit = "skip"
buy = { kind = "queue-depth", idle = "10m" }

[gate]
tolerance = { cost_usd = "1%", jct_mean_s = "5%" }
max = { cost_usd = 100000 }
"#;

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("small.toml"), SMALL).expect("a file");
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("a file")
    }

    /// What the command prints on stdout and stderr, and how it exits.
    fn gate(&self, what: &str, more: &[&str]) -> (String, String, i32) {
        let mut command = Command::cargo_bin("windtunnel").expect("the binary is built");
        command
            .current_dir(self.folder.path())
            .env("NO_COLOR", "1")
            .env_remove("COLUMNS")
            .args(["gate", what, "small.toml", "--baseline", "gate.toml"])
            .args(more);
        let output = command.output().expect("it runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let code = output.status.code().unwrap_or(-1);
        (text(output.stdout), text(output.stderr), code)
    }

    fn accept(&self) {
        let (_, stderr, code) = self.gate("accept", &[]);
        assert_eq!(code, 0, "{stderr}");
    }
}

#[test]
fn what_was_accepted_passes_in_both_modes_bit_by_bit() {
    let desk = Desk::new();
    let (stdout, stderr, code) = desk.gate("accept", &["--threads", "1"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stdout.contains("accepted: 2 policies, 8 seeds: gate.toml"),
        "{stdout}"
    );
    assert!(stdout.contains("8 seeds detect"), "{stdout}");
    let text = desk.text("gate.toml");
    let read = parse_baseline("gate.toml", text.as_bytes()).expect("it reads what it wrote");
    assert_eq!(read.seeds, (1..=8).collect::<Vec<u64>>());
    for mode in ["exact", "statistical"] {
        let (stdout, stderr, code) = desk.gate("check", &["--mode", mode, "--out", "report"]);
        assert_eq!(code, 0, "{stdout}{stderr}");
        assert!(
            stdout.starts_with(&format!("gate of small: passed ({mode}, 8 seeds)")),
            "{stdout}"
        );
        assert!(stdout.contains("strict: the same decisions"), "{stdout}");
        assert!(
            stderr.contains("8 seeds detect") && stderr.contains("with 90 %"),
            "{stderr}"
        );
    }
    // What would be accepted now is what was.
    assert_eq!(desk.text("report/baseline.toml"), text);
    assert!(
        desk.text("report/gate.md")
            .starts_with("### gate of small: passed")
    );
    assert!(desk.text("report/gate.xml").contains("failures=\"0\""));
    let (stdout, _, code) = desk.gate("check", &["--replications", "3", "--quiet"]);
    assert_eq!(code, 0, "{stdout}");
    assert!(stdout.contains("3 seeds"), "{stdout}");
}

#[test]
fn a_changed_policy_fails_exactly_and_a_worse_one_fails_at_all() {
    let desk = Desk::new();
    desk.accept();
    let mild = [
        "--set",
        "policy.strict.buy.idle=\"11m\"",
        "--set",
        "gate.tolerance.cost_usd=\"20%\"",
    ];
    let (stdout, _, code) = desk.gate("check", &mild);
    assert_eq!(code, 0, "{stdout}");
    assert!(stdout.contains("passed, behaviour changed"), "{stdout}");
    assert!(
        stdout.contains("strict: behaviour changed with"),
        "{stdout}"
    );
    assert!(stdout.contains("skip: the same decisions"), "{stdout}");
    let exact = [&mild[..], &["--mode", "exact"]].concat();
    let (stdout, _, code) = desk.gate("check", &exact);
    assert_eq!(code, 1, "{stdout}");
    assert!(
        stdout.contains("FAILED: strict: behaviour changed"),
        "{stdout}"
    );
    // Machines are kept for hours that nobody needs.
    let worse = [
        "--set",
        "policy.strict.buy.idle=\"6h\"",
        "--format",
        "github",
    ];
    let (stdout, _, code) = desk.gate("check", &worse);
    assert_eq!(code, 1, "{stdout}");
    assert!(
        stdout.contains("::error title=gate of small::strict: cost_usd is"),
        "{stdout}"
    );
    assert!(
        !stdout.contains("::error title=gate of small::skip"),
        "{stdout}"
    );
    let (stdout, _, code) = desk.gate(
        "check",
        &["--set", "gate.max.cost_usd=10", "--format", "junit"],
    );
    assert_eq!(code, 1, "{stdout}");
    assert!(stdout.contains("<failure "), "{stdout}");
}

#[test]
fn a_regression_of_two_per_cent_of_the_bill_is_caught_on_flights() {
    let desk = Desk::new();
    desk.accept();
    let dearer = ["--set", "fleet.cloud.price=\"$10.20\""];
    // The price belongs to the scenario, not to a policy.
    let (_, stderr, code) = desk.gate("check", &dearer);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("--allow-changed-scenario"), "{stderr}");
    let allowed = [
        &dearer[..],
        &["--allow-changed-scenario", "--format", "markdown"],
    ]
    .concat();
    let (stdout, _, code) = desk.gate("check", &allowed);
    assert_eq!(code, 1, "{stdout}");
    assert!(
        stdout.contains("cost\\_usd") && stdout.contains("+2 %"),
        "{stdout}"
    );
    let cheaper = [
        "--set",
        "fleet.cloud.price=\"$9\"",
        "--allow-changed-scenario",
    ];
    assert_eq!(desk.gate("check", &cheaper).2, 0);
}

#[test]
fn the_gate_proves_that_it_can_fail() {
    let desk = Desk::new();
    desk.accept();
    let (stdout, stderr, code) = desk.gate("check", &["--self-test"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(
        stdout.contains("other seeds: passed, as it should"),
        "{stdout}"
    );
    assert!(
        stdout.contains("minutes only: caught, as it should be"),
        "{stdout}"
    );
    assert!(
        stdout.contains("the gate can fail, and does not cry wolf"),
        "{stdout}"
    );
    // One that tolerates all cannot.
    let blind = [
        "--self-test",
        "--set",
        "gate.tolerance={ cost_usd = 1e12 }",
        "--set",
        "gate.max={}",
    ];
    let (stdout, _, code) = desk.gate("check", &blind);
    assert_eq!(code, 1, "{stdout}");
    assert!(stdout.contains("THE GATE CANNOT FAIL"), "{stdout}");
}

#[test]
fn bad_input_exits_with_two_and_a_missing_file_with_three() {
    let desk = Desk::new();
    assert_eq!(desk.gate("check", &[]).2, 3);
    let sets = ["--set", "gate.tolerance.cost_us=\"1%\""];
    let (_, stderr, code) = desk.gate("accept", &sets);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("did you mean `cost_usd`?"), "{stderr}");
    let (_, stderr, code) = desk.gate("accept", &["--replications", "1"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("one seed cannot tell"), "{stderr}");
    let (_, stderr, code) = desk.gate("check", &[]);
    assert_eq!(code, 2, "{stderr}");
    desk.accept();
    for more in [
        &["--replications", "9"][..],
        &["--replications", "0"],
        &["--policies", "stricd"],
        &["--set", "gate.metrics=[\"wait_mean_s\"]"],
        &["--format", "yaml"],
    ] {
        let (_, stderr, code) = desk.gate("check", more);
        assert_eq!(code, 2, "{more:?}: {stderr}");
    }
    let text = desk.text("gate.toml").replace("form = 1", "form = 7");
    std::fs::write(desk.path("gate.toml"), text).expect("a file");
    let (_, stderr, code) = desk.gate("check", &[]);
    assert_eq!(code, 2);
    assert!(stderr.contains("gate.toml:2:8: form = 7"), "{stderr}");
}

#[test]
fn the_workflow_speaks_of_arguments_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("library/ci/windtunnel-gate.yml");
    let workflow = std::fs::read_to_string(path).expect("a workflow");
    let desk = Desk::new();
    let (help, _, _) = desk.gate("check", &["--help"]);
    let (accept, _, _) = desk.gate("accept", &["--help"]);
    let lines = workflow
        .lines()
        .filter_map(|line| line.split_once("windtunnel gate "));
    let mut seen = 0;
    for (_, line) in lines {
        let help = if line.starts_with("accept") {
            &accept
        } else {
            &help
        };
        for flag in line
            .split_whitespace()
            .filter(|word| word.starts_with("--"))
        {
            assert!(help.contains(flag), "{flag}");
            seen += 1;
        }
    }
    assert!(seen >= 4);
}
