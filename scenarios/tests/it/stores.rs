//! Bytes that lie, are read, are moved and are forgotten, by hand: a run of two jobs whose every cent can be told.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use assert_cmd::Command;

const STORES: &str = r#"
name = "stores"
seed = 1
[[fleet]]
name = "a"
instance = { gpus = 8, gpu = "V100" }
zone = "z1"
count = 1
market = "on-demand"
price = "$8"
[[fleet]]
name = "b"
instance = { gpus = 8, gpu = "V100" }
zone = "z2"
max = 1
market = "on-demand"
price = "$8"
[[data]]
name = "images"
size = "1TB"
storage = "objects"
bandwidth = "1GB"
[[storage]]
name = "objects"
zone = "z1"
tiers = [{ name = "hot", month = "$0.02" }]
egress = "$0.01"
[[leftover]]
name = "volume"
hourly = "$0.50"
[[workload]]
name = "w"
trace = { format = "csv", file = "w.csv", columns = { submit = "submit", duration = "duration", gpus = "gpus" } }
task-gpus = "job"
course = { kind = "data-bound", data = "images", read = "500MB" }
checkpoint = { every = "1h", storage = "objects", size = "100GB", retention = 2 }
[[policy]]
name = "p"
order = "fifo"
buy = { kind = "queue-depth", market = ["on-demand"], idle = "10h" }
"#;

/// The metrics of a run of `scenario` beside a file of two jobs of 8 GPUs and 10 hours each.
fn run(scenario: &str) -> serde_json::Value {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path
    };
    put("w.csv", "submit,duration,gpus\n0,36000,8\n0,36000,8\n");
    let path = put("stores.toml", scenario);
    let mut command = Command::cargo_bin("windtunnel").expect("the binary is built");
    let output = command
        .args(["run", "--format", "json"])
        .arg(Path::new(&path))
        .output();
    let output = output.expect("it runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{said}"))
}

#[track_caller]
fn costs(run: &serde_json::Value, metric: &str, dollars: f64) {
    let found = run["metrics"][metric].as_f64().unwrap_or(f64::NAN);
    assert!(
        (found - dollars).abs() < 5e-9,
        "{metric}: {found}, not {dollars}"
    );
}

#[test]
fn a_node_that_reads_a_gigabyte_a_second_feeds_two_of_its_eight_gpus() {
    let run = run(STORES);
    // Each job works 40 hours: a quarter of its time computes, three quarters wait.
    costs(&run, "cost_on_demand_usd", 2.0 * 40.0 * 8.0);
    costs(&run, "gpu_utilization", 0.25);
    // 4 GB/s for the 10 hours that it computes, from the other zone.
    costs(&run, "cost_egress_usd", 144_000.0 * 0.01);
    // The data, and two checkpoints of each job, for 40 hours.
    let stored = (1000.0 + 400.0) * 0.02 * 40.0 / 730.0;
    costs(&run, "cost_storage_usd", (stored * 1e9_f64).round() / 1e9);
}

#[test]
fn a_cache_is_filled_once_a_start_and_then_feeds_all() {
    let cached = STORES.replace(
        "read = \"500MB\"",
        "read = \"500MB\", cache = \"2TB\", cache-bandwidth = \"5GB\"",
    );
    let run = run(&cached);
    // 1,000 s to fill it, and then no wait at all.
    let hours = 10.0 + 1000.0 / 3600.0;
    let usd = (2.0 * 8.0 * hours * 1e9_f64).round() / 1e9;
    costs(&run, "cost_on_demand_usd", usd);
    costs(&run, "cost_egress_usd", 1000.0 * 0.01);
    costs(&run, "gpu_utilization", 10.0 / hours);
}

#[test]
fn a_machine_that_goes_leaves_a_volume_behind_until_it_is_removed() {
    // The run goes on after the second machine was given back, 10 hours after its job.
    let longer = STORES.replace("[[policy]]", "[horizon]\nend = \"100h\"\n[[policy]]");
    let kept = run(&longer);
    let stored = (1000.0 * 100.0 + 400.0 * 40.0) * 0.02 / 730.0;
    let stored = (stored * 1e9_f64).round() / 1e9;
    costs(&kept, "cost_storage_usd", stored + 50.0 * 0.5);
    let swept = longer.replace(
        "hourly = \"$0.50\"",
        "hourly = \"$0.50\"\nclean-up = \"6h\"",
    );
    costs(&run(&swept), "cost_storage_usd", stored + 6.0 * 0.5);
}

/// The rows of a table, by column.
type Rows = Vec<BTreeMap<String, String>>;

fn rows(folder: &Path, table: &str) -> Rows {
    let mut reader = csv::Reader::from_path(folder.join(table)).expect("a table");
    let rows = reader.deserialize();
    rows.map(|row| row.expect("a row")).collect()
}

/// The sum of a column over the rows that `of` chooses.
fn sum(
    rows: &[BTreeMap<String, String>],
    column: &str,
    of: impl Fn(&BTreeMap<String, String>) -> bool,
) -> i128 {
    let chosen = rows.iter().filter(|row| of(row));
    let amount = |row: &BTreeMap<String, String>| -> i128 {
        row[column].parse().expect("an integer of nano-dollars")
    };
    chosen.map(amount).sum()
}

/// The tables of a run of the scenario over the two jobs.
fn tables(scenario: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a file");
    };
    put("w.csv", "submit,duration,gpus\n0,36000,8\n0,36000,8\n");
    put("stores.toml", scenario);
    let mut command = Command::cargo_bin("windtunnel").expect("the binary is built");
    command.args(["compare", "--no-progress", "stores.toml", "--out", "."]);
    command.current_dir(folder.path()).assert().success();
    folder
}

#[test]
fn a_line_of_a_bill_names_what_it_is_for_and_how_much_of_it() {
    let longer = STORES.replace(
        "[[policy]]",
        "[output]\ntables = [\"bill\"]\n[horizon]\nend = \"100h\"\n[[policy]]",
    );
    let of = |scenario: &str, market: &str| {
        let folder = tables(scenario);
        let bill = rows(&folder.path().join("runs/base/p/1"), "bill.csv");
        let own = bill.iter().filter(|row| row["market"] == market);
        let mut told: Vec<String> = own
            .map(|row| {
                let columns = ["name", "zone", "kind", "team", "quantity", "unit"];
                columns.map(|column| row[column].as_str()).join(" ")
            })
            .collect();
        told.sort();
        told
    };
    // Two checkpoints of 100 GB of each of two jobs for 40 of the 730 hours of a month, and the data for a hundred: together
    // 158.904110 to the millionth.
    let kept = [
        "objects z1 storage (nobody) 136.986302 GB-months",
        "objects z1 storage (none) 21.917808 GB-months",
    ];
    assert_eq!(of(&longer, "storage"), kept);
    let moved = ["objects z1 egress (none) 144000 GB"];
    assert_eq!(of(&longer, "network"), moved);
    // The second machine went ten hours after its job, and fifty before the end.
    let left = ["volume  leftover (nobody) 50 hours"];
    assert_eq!(of(&longer, "leftovers"), left);
    let binary = longer.replace(
        "zone = \"z1\"\ntiers",
        "zone = \"z1\"\nunit = \"GiB\"\ntiers",
    );
    let moved = ["objects z1 egress (none) 134110.450745 GiB"];
    assert_eq!(of(&binary, "network"), moved);
    let asked = longer.replace("month = \"$0.02\"", "month = \"$0.02\", writes = \"$0.01\"");
    // The data are written once and read at each start; two checkpoints of each job are written.
    let requests = [
        "objects z1 requests (nobody) 3 requests",
        "objects z1 requests (none) 4 requests",
    ];
    assert_eq!(of(&asked, "storage")[..2], requests);
}

/// Two teams on machines that go away, a reservation, tiers with minimums, series of objects, egress, and things left behind of
/// which some are removed.
const ALL: &str = r#"
name = "all"
seed = 3
[replicate]
n = 3
[horizon]
end = "4d"
warmup = "7h"
[output]
tables = ["jobs", "bill", "attribution", "spend"]
spend = "5h"
[[queue]]
name = "vision"
[[queue]]
name = "language"
[[fleet]]
name = "spot"
instance = "aws/p3.8xlarge"
zone = "z1"
market = "spot"
max = 6
price = { model = "smoothed", mean = "$3.70" }
reclaim = { model = "exponential", mean = "5h" }
billing = "aws-spot"
[[fleet]]
name = "floor"
instance = "aws/p3.8xlarge"
zone = "z2"
min = 1
max = 4
market = "on-demand"
[[reservation]]
name = "plan"
covers = ["floor"]
count = 2
hourly = "$7.01"
term = "365d"
upfront = "$777"
[[data]]
name = "images"
size = "700GB"
storage = "objects"
bandwidth = "1GB"
[[storage]]
name = "objects"
zone = "z1"
unit = "GiB"
tiers = [
  { name = "hot", month = "$0.023", writes = "$0.005", reads = "$0.0004", minimum = "3d" },
  { name = "cold", month = "$0.004", after = "1d", retrieval = "$0.02", writes = "$0.01", minimum = "30d" },
]
egress = "$0.0113"
objects = [{ name = "logs", size = "5GiB", count = 2, from = "1h", every = "7h", keep = "2d", read-every = "30h" }]
[[storage]]
name = "everywhere"
tiers = [{ name = "hot", month = "$0.031" }]
[[leftover]]
name = "volume"
hourly = "$0.013"
size = "100GB"
month = "$0.08"
share = 0.7
clean-up = "13h"
[[leftover]]
name = "address"
hourly = "$0.005"
[[workload]]
name = "detection"
queue = "vision"
tags = ["project:detector", "nightly"]
synth = { model = "philly-2017", jobs-per-hour = 1.5, length = "4d" }
course = { kind = "data-bound", data = "images", read = "300MB", cache = "200GB", cache-bandwidth = "5GB" }
checkpoint = { every = "30m", dump = "90s", restore = "3m", storage = "objects", size = "13GB", retention = 2, linger = "9h" }
[[workload]]
name = "pretraining"
queue = "language"
synth = { model = "philly-2017", jobs-per-hour = 1, length = "4d" }
checkpoint = { every = "1h", storage = "everywhere", size = "40GiB", retention = 3 }
[[workload]]
name = "sweeps"
queue = "language"
synth = { model = "philly-2017", jobs-per-hour = 0.5, length = "4d" }
[[policy]]
name = "spot-first"
admit = "skip"
buy = { kind = "spot-first", fallback = "on-demand", max-risk = 1.0, pools = "lowest-price", patience = "1h" }
[[policy]]
name = "on-demand"
admit = "skip"
buy = { kind = "queue-depth", market = ["on-demand"], idle = "20m" }
"#;

/// That whatever tells the bill of a run tells the same, and its parts by team as well.
fn add_up(folder: &Path) {
    const COST: &str = "cost_nanousd";
    let shown = folder.display();
    let bill = rows(folder, "bill.csv");
    let total = sum(&bill, COST, |_| true);
    let markets: BTreeSet<&str> = bill.iter().map(|row| row["market"].as_str()).collect();
    let kinds: BTreeSet<&str> = bill.iter().map(|row| row["kind"].as_str()).collect();
    let kept = ["leftovers", "network", "reserved", "storage"];
    assert!(kept.iter().all(|own| markets.contains(own)), "{markets:?}");
    let kept = ["egress", "leftover", "requests", "rounding", "storage"];
    assert!(kept.iter().all(|own| kinds.contains(own)), "{kinds:?}");
    for row in &bill {
        assert!(!row["name"].is_empty(), "{shown}: {row:?}");
        assert!(!row["quantity"].is_empty(), "{shown}: {row:?}");
    }
    let attribution = rows(folder, "attribution.csv");
    for dimension in ["team", "workload", "model", "tag", "project"] {
        let own = sum(&attribution, COST, |row| row["dimension"] == dimension);
        assert_eq!(own, total, "{shown}, {dimension}");
    }
    let spend = rows(folder, "spend.csv");
    for team in ["vision", "language", "(nobody)"] {
        let own = sum(&bill, COST, |row| row["team"] == team);
        let is_team =
            |row: &BTreeMap<String, String>| row["dimension"] == "team" && row["payer"] == team;
        assert_eq!(sum(&attribution, COST, is_team), own, "{shown}, {team}");
        let is_team = |row: &BTreeMap<String, String>| row["by"] == "team" && row["name"] == team;
        assert_eq!(
            sum(&spend, "spend_nanousd", is_team),
            own,
            "{shown}, {team}"
        );
    }
    let jobs = sum(&rows(folder, "jobs.csv"), COST, |_| true);
    let nobody = sum(&bill, COST, |row| row["team"] == "(nobody)");
    assert_eq!(jobs + nobody, total, "{shown}");
    let periods: BTreeSet<&str> = spend.iter().map(|row| row["until_us"].as_str()).collect();
    assert!(periods.len() > 15, "{periods:?}");
    for until in periods {
        let by = |by: &str| {
            let own = |row: &BTreeMap<String, String>| row["until_us"] == until && row["by"] == by;
            sum(&spend, "spend_nanousd", own)
        };
        assert_eq!(by("market"), by("all"), "{shown}, until {until}");
        assert_eq!(by("team"), by("all"), "{shown}, until {until}");
    }
    let all = sum(&spend, "spend_nanousd", |row| row["by"] == "all");
    assert_eq!(all, total, "{shown}");
}

#[test]
fn what_is_kept_moved_and_left_is_in_every_table_and_every_sum_is_the_bill() {
    let folder = tables(ALL);
    for policy in ["spot-first", "on-demand"] {
        for seed in [3, 4, 5] {
            let run = format!("runs/base/{policy}/{seed}");
            add_up(&folder.path().join(run));
        }
    }
}
