//! The command as a user runs it: what it prints, what it leaves, how it exits.

use std::path::{Path, PathBuf};

use assert_cmd::Command;

fn windtunnel() -> Command {
    let mut command = Command::cargo_bin("windtunnel").expect("the binary is built");
    command
        .current_dir(root())
        .env("NO_COLOR", "1")
        .env_remove("COLUMNS");
    command
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned()
}

fn reference() -> Option<PathBuf> {
    let folder = std::env::var_os("WINDTUNNEL_REFERENCE")
        .map_or_else(|| root().join("../shared"), PathBuf::from);
    if folder.join("conformance").is_dir() {
        return Some(folder);
    }
    println!("skipped: no reference data");
    None
}

/// What a command printed on stdout and stderr, and how it exited.
fn ran(command: &mut Command) -> (String, String, i32) {
    let output = command.output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (
        text(output.stdout),
        text(output.stderr),
        output.status.code().unwrap_or(-1),
    )
}

const QUICKSTART: &str = "scenarios/library/quickstart.toml";

#[test]
fn the_quickstart_prints_a_paired_table_and_leaves_figures_and_a_report() {
    let out = tempfile::tempdir().expect("a folder");
    let mut command = windtunnel();
    command
        .args(["compare", QUICKSTART, "--replications", "3", "--out"])
        .arg(out.path());
    let (stdout, stderr, code) = ran(&mut command);
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("cheaper"), "{stdout}");
    assert!(stdout.contains("than fifo (paired, 3 seeds)"), "{stdout}");
    for file in [
        "report.html",
        "summary.csv",
        "runs.csv",
        "manifest.json",
        "figures/cost-sla.svg",
        "figures/cost-sla.png",
    ] {
        assert!(out.path().join(file).is_file(), "{file}");
    }
    let jobs = std::fs::read_to_string(out.path().join("runs/base/easy/1/jobs.csv"))
        .expect("a table of jobs");
    assert!(
        jobs.starts_with("job,name,queue,tags,kind,gpus,submit_us"),
        "{}",
        &jobs[..80]
    );
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let of = |threads: &str| {
        let out = tempfile::tempdir().expect("a folder");
        let mut command = windtunnel();
        command
            .args([
                "compare",
                QUICKSTART,
                "--replications",
                "4",
                "--threads",
                threads,
                "--out",
            ])
            .arg(out.path());
        let (stdout, _, code) = ran(&mut command);
        assert_eq!(code, 0);
        let read = |file: &str| std::fs::read(out.path().join(file)).expect("written");
        (
            stdout,
            read("manifest.json"),
            read("runs.csv"),
            read("report.html"),
        )
    };
    let one = of("1");
    assert!(one == of("2"));
    assert!(one == of("8"));
}

#[test]
fn a_run_says_its_digests_as_json() {
    let (stdout, _, code) =
        ran(windtunnel().args(["run", QUICKSTART, "--policy", "easy", "--format", "json"]));
    assert_eq!(code, 0);
    let run: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(run["policy"], "easy");
    assert_eq!(run["finish"], "drained");
    assert_eq!(run["digests"]["decisions"].as_str().map(str::len), Some(64));
}

#[test]
fn a_bad_scenario_exits_with_two_and_says_where() {
    let (stdout, stderr, code) =
        ran(windtunnel().args(["check", QUICKSTART, "--set", "fleet.cloud.max=0"]));
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("max = 0"), "{stderr}");
    let (_, stderr, code) = ran(windtunnel().args(["run", QUICKSTART, "--policy", "esay"]));
    assert_eq!(code, 2);
    assert!(
        stderr.contains("it has fifo, easy, las, always-on"),
        "{stderr}"
    );
    let (_, stderr, code) = ran(windtunnel().args(["check", "no-such.toml"]));
    assert_eq!(code, 3, "{stderr}");
    let (_, _, code) = ran(windtunnel().args(["compare"]));
    assert_eq!(code, 2);
}

#[test]
fn a_job_that_could_never_run_is_told_before_anything_runs() {
    let sets = ["--set", "fleet.cloud.max=1", "--set", "fleet.cloud.min=1"];
    let (_, stderr, code) = ran(windtunnel().args(["check", QUICKSTART]).args(sets));
    assert_eq!(code, 2);
    assert!(stderr.contains("could never run"), "{stderr}");
}

#[test]
fn a_new_scenario_passes_its_own_check() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = windtunnel();
    command.current_dir(folder.path()).args(["new", "mine"]);
    assert_eq!(ran(&mut command).2, 0);
    let mut command = windtunnel();
    command
        .current_dir(folder.path())
        .args(["check", "mine.toml"]);
    let (stdout, stderr, code) = ran(&mut command);
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("# digest "), "{stdout}");
    // It is never overwritten.
    let mut command = windtunnel();
    command.current_dir(folder.path()).args(["new", "mine"]);
    assert_eq!(ran(&mut command).2, 3);
}

#[test]
fn every_scenario_of_the_library_is_sound() {
    for entry in std::fs::read_dir(root().join("scenarios/library")).expect("a library") {
        let path = entry.expect("readable").path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("readable");
        if text.contains("reference:") && reference().is_none() {
            continue;
        }
        let (_, stderr, code) = ran(windtunnel().arg("check").arg(&path));
        assert_eq!(code, 0, "{}: {stderr}", path.display());
    }
}

#[test]
fn lists_schema_and_completions_are_there() {
    for what in [
        "policies",
        "instances",
        "mig",
        "formats",
        "generators",
        "metrics",
        "compat",
    ] {
        let (stdout, _, code) = ran(windtunnel().args(["list", what, "--format", "json"]));
        assert_eq!(code, 0);
        let rows: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
        assert!(
            rows.as_array().is_some_and(|rows| !rows.is_empty()),
            "{what}"
        );
    }
    let (stdout, _, _) = ran(windtunnel().arg("schema"));
    assert!(stdout.contains("draft-07"));
    let (stdout, _, _) = ran(windtunnel().args(["completions", "bash"]));
    assert!(stdout.contains("windtunnel"));
}

#[test]
fn a_generated_trace_reads_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("jobs.csv");
    let mut command = windtunnel();
    command
        .args([
            "trace", "synth", "lublin", "--param", "jobs=50", "--param", "procs=64", "--out",
        ])
        .arg(&file);
    assert_eq!(ran(&mut command).2, 0);
    let mut command = windtunnel();
    command.args(["trace", "stats", "csv"]).arg(&file);
    command.args([
        "--column",
        "submit=submit_us:us",
        "--column",
        "duration=duration_us:us",
        "--column",
        "tasks=tasks",
    ]);
    let (stdout, stderr, code) = ran(&mut command);
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.starts_with("50 jobs"), "{stdout}");
}

#[test]
fn the_batch_family_conforms_job_by_job() {
    let Some(reference) = reference() else { return };
    let mut command = windtunnel();
    command
        .env("WINDTUNNEL_REFERENCE", reference)
        .args(["conform", "batch", "--format", "json"]);
    let (stdout, stderr, code) = ran(&mut command);
    assert_eq!(code, 0, "{stderr}");
    let verdicts: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    assert!(
        verdicts
            .as_array()
            .is_some_and(|verdicts| verdicts.len() >= 18)
    );
}

#[test]
fn a_family_that_is_held_to_data_alone_conforms_and_fails_where_the_data_are_doctored() {
    let Some(reference) = reference() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let inner = folder.path().join("serving/alpaserve");
    std::fs::create_dir_all(&inner).expect("a folder in it");
    for name in ["align_sim.tsv", "align_real.tsv"] {
        let from = reference.join("data/serving/alpaserve").join(name);
        std::fs::copy(from, inner.join(name)).expect("it is there");
    }
    let run = || {
        let mut command = windtunnel();
        command
            .env("WINDTUNNEL_REFERENCE", &reference)
            .args(["conform", "alpaserve", "--format", "json", "--data"])
            .arg(folder.path());
        ran(&mut command)
    };
    let (stdout, stderr, code) = run();
    assert_eq!(code, 0, "{stderr}{stdout}");
    assert!(stdout.contains("\"items\": 20"), "{stdout}");
    let real = inner.join("align_real.tsv");
    let text = std::fs::read_to_string(&real).expect("it is there");
    let last = text
        .rfind("1.0\trun")
        .expect("the last setting attains all");
    std::fs::remove_file(&real).expect("a copy of ours");
    let doctored = text[..last].to_owned() + "0.9" + &text[last + 3..];
    std::fs::write(&real, doctored).expect("a writable folder");
    assert_eq!(run().2, 1);
}

#[test]
fn a_conformance_case_that_is_doctored_fails() {
    let Some(reference) = reference() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let family = folder.path().join("batch");
    std::fs::create_dir(&family).expect("made");
    let from = reference.join("conformance/batch");
    let swf = std::fs::read_to_string(from.join("syn1k.swf")).expect("readable");
    std::fs::write(family.join("syn1k.swf"), swf).expect("written");
    let rows = std::fs::read_to_string(from.join("syn1k.reference-fifo.csv")).expect("readable");
    std::fs::write(
        family.join("expected.csv"),
        rows.replacen("\n2,238,238,261", "\n2,238,239,262", 1),
    )
    .expect("written");
    let cases = "version = 1\nfamily = \"batch\"\nignored = [\"cases.toml\"]\n[[case]]\nid = \"doctored\"\n\
        inputs = [\"syn1k.swf\"]\nexpected = [\"expected.csv\"]\npolicy = \"fifo\"\n\
        options = { nodes = 64, procs_per_node = 1, unit_us = 1000000 }\n\
        compare = { file = \"expected.csv\", key = \"job_id\", columns = [\"start\", \"end\"], tolerance = 0 }\nexpect = \"match\"\n";
    std::fs::write(family.join("cases.toml"), cases).expect("written");
    let mut command = windtunnel();
    command
        .args(["conform", "batch", "--reference"])
        .arg(folder.path());
    let (stdout, _, code) = ran(&mut command);
    assert_eq!(code, 1, "{stdout}");
    assert!(
        stdout.contains("job_id 2: start is 238, and was 239"),
        "{stdout}"
    );
    // A file that nothing uses is a failure as well.
    std::fs::write(family.join("stray.csv"), "a\n").expect("written");
    let mut command = windtunnel();
    command
        .args(["conform", "batch", "--reference"])
        .arg(folder.path());
    assert!(ran(&mut command).0.contains("stray.csv"));
}

/// Two teams, two markets, a reservation and machines of one's own, so that every kind of payer has something to pay.
const MONEY: &str = r#"
name = "money"
question = "Is spot worth it?"
baseline = "on-demand"
[replicate]
n = 2
[output]
tables = ["jobs", "bill", "attribution", "spend"]
[[queue]]
name = "vision"
[[queue]]
name = "language"
[[fleet]]
name = "floor"
instance = "aws/p3.16xlarge"
max = 6
[[fleet]]
name = "spot"
instance = "aws/p3.16xlarge"
market = "spot"
max = 6
price = { model = "smoothed", on-demand = "$24.48", mean = "$7.40" }
reclaim = { model = "exponential", mean = "4h" }
[[reservation]]
name = "plan"
covers = ["floor"]
count = 1
hourly = "$1.10"
term = "365d"
upfront = "$777"
[[workload]]
name = "pretraining"
queue = "language"
tags = ["project:atlas", "nightly", "gpu"]
synth = { model = "philly-2017", jobs-per-hour = 3, length = "3d" }
checkpoint = { every = "30m", dump = "90s", restore = "3m" }
[[workload]]
name = "detection"
queue = "vision"
synth = { model = "philly-2017", jobs-per-hour = 2, length = "3d" }
[[policy]]
name = "on-demand"
buy = { kind = "queue-depth", market = ["on-demand"] }
[[policy]]
name = "spot"
buy = { kind = "queue-depth", market = ["spot"] }
[[claim]]
name = "saves"
text = "Spot saves a third"
policy = "spot"
as = "saving"
at-least = 0.33
figure = "cost-by-market"
"#;

/// The columns of a table of a run, by name.
fn column(text: &str, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let at = reader
        .headers()
        .expect("a head")
        .iter()
        .position(|own| own == name);
    let at = at.unwrap_or_else(|| panic!("no column {name}"));
    let row = |row: Result<csv::StringRecord, csv::Error>| row.expect("a row")[at].to_owned();
    reader.records().map(row).collect()
}

fn sum(amounts: &[String]) -> i128 {
    let amount = |amount: &String| amount.parse::<i128>().expect("an integer");
    amounts.iter().map(amount).sum()
}

#[test]
fn every_way_to_split_the_bill_adds_up_to_it_in_the_printed_digits() {
    let out = tempfile::tempdir().expect("a folder");
    let file = out.path().join("money.toml");
    std::fs::write(&file, MONEY).expect("written");
    let mut command = windtunnel();
    command
        .arg("compare")
        .arg(&file)
        .arg("--out")
        .arg(out.path());
    let (stdout, stderr, code) = ran(&mut command);
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("question: Is spot worth it?"), "{stdout}");
    assert!(stdout.contains("claimed: at least 33 %"), "{stdout}");
    for file in [
        "figures/cost-by-market.svg",
        "figures/cost-by-kind.png",
        "figures/cost-by-team.csv",
    ] {
        assert!(out.path().join(file).is_file(), "{file}");
    }
    let claims = std::fs::read_to_string(out.path().join("claims.csv")).expect("claims");
    assert_eq!(column(&claims, "claim"), ["saves"]);
    for run in ["on-demand/1", "on-demand/2", "spot/1", "spot/2"] {
        let read = |table: &str| {
            let path = out.path().join(format!("runs/base/{run}/{table}.csv"));
            std::fs::read_to_string(path).expect("a table")
        };
        let bill = read("bill");
        let total = sum(&column(&bill, "cost_nanousd"));
        assert!(total > 0);
        let quantities = column(&bill, "quantity");
        assert!(
            quantities.iter().all(|quantity| !quantity.is_empty()),
            "{bill}"
        );
        let attribution = read("attribution");
        let (dimensions, amounts) = (
            column(&attribution, "dimension"),
            column(&attribution, "cost_nanousd"),
        );
        for dimension in ["team", "workload", "model", "tag", "project"] {
            let own = dimensions.iter().zip(&amounts);
            let own = own.filter(|(known, _)| *known == dimension);
            let own: Vec<String> = own.map(|(_, amount)| amount.clone()).collect();
            assert_eq!(sum(&own), total, "{run}, {dimension}");
        }
        let payers = column(&bill, "team")
            .into_iter()
            .zip(column(&bill, "cost_nanousd"));
        let nobody = payers.filter(|(team, _)| team == "(nobody)");
        let nobody: Vec<String> = nobody.map(|(_, amount)| amount).collect();
        let jobs = column(&read("jobs"), "cost_nanousd");
        assert_eq!(sum(&jobs) + sum(&nobody), total, "{run}");
        let spend = read("spend");
        for by in ["market", "team", "all"] {
            let own = column(&spend, "by")
                .into_iter()
                .zip(column(&spend, "spend_nanousd"));
            let own = own.filter(|(known, _)| known == by);
            let own: Vec<String> = own.map(|(_, amount)| amount).collect();
            assert_eq!(sum(&own), total, "{run}, {by}");
        }
    }
}

#[test]
fn a_claim_names_metrics_and_figures_that_there_are() {
    let out = tempfile::tempdir().expect("a folder");
    let file = out.path().join("money.toml");
    let text = MONEY.replace(
        "figure = \"cost-by-market\"",
        "figure = \"cost-by-markets\"\nmetric = \"cost_us\"",
    );
    std::fs::write(&file, text).expect("written");
    let (_, stderr, code) = ran(windtunnel().arg("check").arg(&file));
    assert_eq!(code, 2);
    for line in [
        "figure = \"cost-by-markets\": no figure has this name; did you mean `cost-by-market`?",
        "metric = \"cost_us\": no metric has this name; did you mean `cost_usd`?",
    ] {
        assert!(stderr.contains(line), "{stderr}");
    }
}

#[test]
fn a_run_says_where_the_money_went() {
    let out = tempfile::tempdir().expect("a folder");
    let file = out.path().join("money.toml");
    std::fs::write(&file, MONEY).expect("written");
    let (stdout, stderr, code) = ran(windtunnel().arg("run").arg(&file));
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("where the money went, $"), "{stdout}");
    assert!(stdout.contains("unused commitment"), "{stdout}");
}

#[test]
fn every_case_study_asks_a_question_and_judges_its_claims() {
    let folder = root().join("scenarios/library/cases");
    let cases = std::fs::read_dir(folder).expect("the case studies");
    let mut seen = 0;
    for case in cases {
        let path = case.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("a scenario");
        assert!(text.contains("figure = "), "{}", path.display());
        let mut command = windtunnel();
        command.args(["compare", "--replications", "2", "--no-progress"]);
        let (stdout, stderr, code) = ran(command.arg(&path));
        assert_eq!(code, 0, "{}: {stderr}", path.display());
        assert!(stdout.contains("question: "), "{}", path.display());
        let judged = stdout.matches("claimed: ").count();
        let claims = text.matches("[[claim]]").count();
        assert!(
            claims > 0 && judged == claims,
            "{}: {stdout}",
            path.display()
        );
        assert!(
            !stdout.contains("not judged"),
            "{}: {stdout}",
            path.display()
        );
        assert!(
            !stdout.contains("got stuck"),
            "{}: {stdout}",
            path.display()
        );
        seen += 1;
    }
    assert!(seen >= 11, "{seen} case studies");
}
