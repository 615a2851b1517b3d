//! Intervals and p-values as commands write them, beside what the same runs give by hand.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use scenarios::stats::batches::of_run;
use scenarios::stats::bootstrap::{Resampling, of_mean};
use scenarios::stats::warmup::mser5;
use scenarios::stats::{Level, Mean};

use super::small::SMALL;

/// Nine seeds of forty jobs under three policies, and cells of them.
fn scenario() -> String {
    let nine = SMALL
        .replace("n = 2", "n = 9")
        .replace("jobs = 20", "jobs = 40");
    let later = nine.replace("per-hour = 40", "per-hour = 20");
    "seed = 3\n".to_owned()
        + &later
        + r#"
[[policy]]
name = "las"
order = "las"
admit = "skip"
place = "best-fit"

[sweep.over]
"fleet.f.count" = [2, 3]
"#
}

fn ran(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::cargo_bin("windtunnel").expect("the binary is built");
    let output = command.current_dir(folder).args(arguments).output();
    let output = output.expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// A table: by row, its fields by column.
fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).expect("a table");
    let rows = reader.deserialize();
    rows.map(|row| row.expect("a row")).collect()
}

/// The values of a metric of a policy, by seed.
fn values(runs: &[BTreeMap<String, String>], policy: &str, metric: &str) -> Vec<f64> {
    let own = runs.iter().filter(|row| row["policy"] == policy);
    own.map(|row| row[metric].parse().expect("a number"))
        .collect()
}

fn compared(settings: &[&str]) -> (tempfile::TempDir, String) {
    let scratch = tempfile::tempdir().expect("a folder");
    fs::write(scratch.path().join("s.toml"), scenario()).expect("written");
    let mut arguments = vec![
        "compare",
        "s.toml",
        "--quiet",
        "--no-progress",
        "--out",
        "out",
    ];
    arguments.extend(settings.iter().flat_map(|own| ["--set", own]));
    let told = ran(scratch.path(), &arguments);
    (scratch, told)
}

/// The share of all ways to sign the ranks of distinct differences whose positive sum is as far from its mean.
fn signed_ranks(differences: &[f64]) -> f64 {
    let mut order: Vec<usize> = (0..differences.len()).collect();
    order.sort_by(|a, b| differences[*a].abs().total_cmp(&differences[*b].abs()));
    let n = differences.len();
    let all = n * (n + 1) / 2;
    let positive = |at: usize| differences[order[at]] > 0.0;
    let plus: usize = (0..n).filter(|at| positive(*at)).map(|at| at + 1).sum();
    let off = |plus: usize| (2 * plus).abs_diff(all);
    let sums = (0..1_u32 << n).map(|signs| {
        let signed = (0..n).filter(|at| signs >> at & 1 == 1);
        signed.map(|at| at + 1).sum::<usize>()
    });
    let far = sums.filter(|sum| off(*sum) >= off(plus)).count();
    f64::from(u32::try_from(far).expect("few")) / f64::from(1_u32 << n)
}

#[test]
fn signed_ranks_and_resampled_intervals_are_those_of_the_runs() {
    let (scratch, told) = compared(&["replicate.interval=bca", "replicate.test=wilcoxon"]);
    let out = scratch.path().join("out");
    let (runs, summary) = (
        table(&out.join("runs.csv")),
        table(&out.join("summary.csv")),
    );
    assert!(told.contains("(paired, 9 seeds)"), "{told}");
    let metric = "jct_mean_s";
    let base = values(&runs, "strict", metric);
    let mut by_hand = Vec::new();
    for policy in ["skip", "las"] {
        let own = values(&runs, policy, metric);
        let differences: Vec<f64> = own.iter().zip(&base).map(|(a, b)| a - b).collect();
        let row = summary
            .iter()
            .find(|row| row["policy"] == policy && row["metric"] == metric);
        let row = row.expect("a row");
        let close = |column: &str, value: f64| {
            let written: f64 = row[column].parse().expect("a number");
            assert!(
                (written - value).abs() < 1e-9 * value.abs(),
                "{policy} {column}"
            );
        };
        for (values, low, high) in [
            (&own, "ci_low", "ci_high"),
            (&differences, "diff_ci_low", "diff_ci_high"),
        ] {
            let found = of_mean(values, Level::USUAL, Resampling::usual(3)).expect("values");
            close(low, found.low);
            close(high, found.high);
            let (plain, _) = Mean::of(values).expect("values").ends();
            assert!((plain - found.low).abs() > 1e-6, "it is not Student's t");
        }
        by_hand.push((signed_ranks(&differences), row["p_adjusted"].clone()));
    }
    // Holm: the smaller twice, the larger at least as much.
    by_hand.sort_by(|a, b| a.0.total_cmp(&b.0));
    let least = (2.0 * by_hand[0].0).min(1.0);
    let expected = [least, by_hand[1].0.max(least)];
    for ((_, written), expected) in by_hand.iter().zip(expected) {
        let written: f64 = written.parse().expect("a number");
        assert!((written - expected).abs() < 1e-12, "{written} {expected}");
    }
}

#[test]
fn a_sweep_tells_its_numbers_by_the_same_means_without_flying_again() {
    let scratch = tempfile::tempdir().expect("a folder");
    let path = scratch.path();
    fs::write(path.join("s.toml"), scenario()).expect("written");
    let run = ["sweep", "run", "s.toml", "--quiet", "--out", "out"];
    assert!(ran(path, &run).contains("2 cells run, 0 found"));
    ran(path, &["sweep", "merge", "out", "--out", "t"]);
    let asked = [
        "--set",
        "replicate.interval=bca",
        "--set",
        "replicate.test=wilcoxon",
    ];
    // How numbers are told is no part of what is run.
    assert!(ran(path, &[&run[..], &asked].concat()).contains("0 cells run, 2 found"));
    ran(path, &["sweep", "merge", "out", "--out", "bca"]);
    let by = ["t", "bca"].map(|name| table(&path.join(name).join("summary.csv")));
    let differ = |column: &str| {
        let rows = by[0].iter().zip(&by[1]);
        rows.filter(|(a, b)| a[column] != b[column]).count()
    };
    assert_eq!(differ("mean"), 0);
    for column in ["ci_low", "diff_ci_low", "p_adjusted"] {
        assert!(differ(column) > 0, "{column}");
    }
    // The cell that the scenario is without a sweep says the same as a comparison.
    let compare = [
        "compare",
        "s.toml",
        "--quiet",
        "--no-progress",
        "--out",
        "one",
    ];
    ran(path, &[&compare[..], &asked].concat());
    let alone = table(&path.join("one/summary.csv"));
    let cell = &by[1][0]["cell"];
    let same: Vec<_> = by[1].iter().filter(|row| row["cell"] == *cell).collect();
    assert_eq!(alone.len(), same.len());
    for (a, b) in alone.iter().zip(same) {
        for column in ["policy", "metric", "ci_low", "diff_ci_high", "p_adjusted"] {
            assert_eq!(a[column], b[column], "{column} of {}", a["metric"]);
        }
    }
}

/// A long run of a queue that is never empty for long, alone or with a beginning of its own.
fn long(more: &str) -> String {
    let one = scenario().replace("n = 9", &format!("n = 1\n{more}"));
    let long = one.replace("jobs = 40", "jobs = 2000");
    let long = long.replace("per-hour = 20", "per-hour = 4");
    long.split("[sweep.over]")
        .next()
        .expect("a part")
        .to_owned()
}

fn compared_long(more: &str, settings: &[&str]) -> (tempfile::TempDir, String) {
    let scratch = tempfile::tempdir().expect("a folder");
    fs::write(scratch.path().join("s.toml"), long(more)).expect("written");
    let mut arguments = vec![
        "compare",
        "s.toml",
        "--quiet",
        "--no-progress",
        "--out",
        "out",
    ];
    arguments.extend(settings.iter().flat_map(|own| ["--set", own]));
    let told = ran(scratch.path(), &arguments);
    (scratch, told)
}

/// The JCT of each job of a policy, in seconds, in the order of submission.
fn jobs(out: &Path, policy: &str) -> Vec<f64> {
    let rows = table(&out.join(format!("runs/base/{policy}/3/jobs.csv")));
    let number = |row: &BTreeMap<String, String>, column: &str| -> f64 {
        row[column].parse().expect("a number")
    };
    let jct = |row| (number(row, "finish_us") - number(row, "submit_us")) / 1e6;
    rows.iter().map(jct).collect()
}

#[test]
fn one_long_run_has_the_intervals_of_its_batches() {
    let tables = "output.tables=[\"jobs\"]";
    let (scratch, told) = compared_long("interval = \"batch-means\"", &[tables]);
    let out = scratch.path().join("out");
    assert!(told.contains("note: intervals by batch means."), "{told}");
    let (base, own) = (jobs(&out, "strict"), jobs(&out, "las"));
    let differences: Vec<f64> = own.iter().zip(&base).map(|(a, b)| a - b).collect();
    let summary = table(&out.join("summary.csv"));
    let row = |policy: &str, metric: &str| {
        let mut rows = summary.iter();
        let row = rows.find(|row| row["policy"] == policy && row["metric"] == metric);
        row.expect("a row").clone()
    };
    let las = row("las", "jct_mean_s");
    for (values, mean, low, high) in [
        (&own, "mean", "ci_low", "ci_high"),
        (&differences, "baseline_diff", "diff_ci_low", "diff_ci_high"),
    ] {
        let batches = of_run(values, Level::USUAL).expect("enough");
        let half = batches.mean.half.expect("batches");
        let of = |column: &str| las[column].parse::<f64>().expect("a number");
        let plain = values.iter().sum::<f64>() / 2000.0;
        for (column, value) in [(mean, plain), (low, plain - half), (high, plain + half)] {
            assert!((of(column) - value).abs() < 1e-6 * half, "{column}");
        }
    }
    let p: f64 = las["p_adjusted"].parse().expect("a number");
    assert!((0.0..=1.0).contains(&p));
    // What is no mean over jobs has none.
    assert_eq!(row("las", "cost_usd")["ci_low"], "");
}

#[test]
fn the_warm_up_ends_where_the_slowest_policy_settles() {
    // Without a warm-up, all jobs are told.
    let tables = "output.tables=[\"jobs\"]";
    let (scratch, _) = compared_long("", &[tables]);
    let out = scratch.path().join("out");
    let cuts = ["strict", "skip", "las"].map(|policy| {
        let found = mser5(&jobs(&out, policy)).expect("enough");
        found.values
    });
    let most = cuts.into_iter().max().expect("three");
    let settled = ["horizon.warmup=\"mser\""];
    let (scratch, told) = compared_long("", &settled);
    let out = scratch.path().join("out");
    let words = format!("{most} of 2000 jobs");
    assert!(
        told.contains("note: warm-up of ") && told.contains(&words),
        "{told}"
    );
    let runs = table(&out.join("runs.csv"));
    for run in &runs {
        assert_eq!(run["jobs"], (2000 - most).to_string());
    }
    let kept = fs::read_to_string(out.join("scenario.toml")).expect("written");
    assert!(kept.contains("warmup = \"mser\""), "{kept}");
}

#[test]
fn policies_are_ranked_over_cells_and_seeds_are_no_blocks_of_their_own() {
    let scratch = tempfile::tempdir().expect("a folder");
    let path = scratch.path();
    // So few machines that every policy has its own queue.
    let axes = "\"fleet.f.count\" = [1, 2]\n\"seed\" = [1, 50]\n\
                \"workload.w.synth.arrivals.per-hour\" = [20, 40, 80]";
    let text = scenario().replace("\"fleet.f.count\" = [2, 3]", axes);
    fs::write(path.join("s.toml"), text).expect("written");
    ran(path, &["sweep", "run", "s.toml", "--quiet", "--out", "out"]);
    ran(path, &["sweep", "merge", "out"]);
    let out = path.join("out");
    let policies = ["strict", "skip", "las"];
    let mut counts: BTreeMap<String, String> = BTreeMap::new();
    for row in table(&out.join("cells.csv")) {
        let rate = &row["workload.w.synth.arrivals.per-hour"];
        counts.insert(
            row["cell"].clone(),
            format!("{} {rate}", row["fleet.f.count"]),
        );
    }
    assert_eq!(counts.len(), 12);
    // By machines and rate, what each policy came to with both seeds.
    let mut blocks: BTreeMap<String, [f64; 3]> = BTreeMap::new();
    for row in table(&out.join("summary.csv")) {
        if row["metric"] == "jct_mean_s" {
            let at = policies.iter().position(|own| *own == row["policy"]);
            let mean: f64 = row["mean"].parse().expect("a number");
            blocks.entry(counts[&row["cell"]].clone()).or_default()[at.expect("known")] += mean;
        }
    }
    assert_eq!(blocks.len(), 6);
    // How many are less, and how many as much: two policies that decide alike share the mean of their ranks.
    let beside = |block: &[f64; 3], at: usize| {
        let less = block.iter().filter(|own| **own < block[at]).count();
        let up_to = block.iter().filter(|own| **own <= block[at]).count();
        [less, up_to - less].map(|count| f64::from(u32::try_from(count).expect("few")))
    };
    let sums = [0, 1, 2].map(|at| {
        let ranks = blocks.values().map(|block| beside(block, at));
        ranks
            .map(|[less, alike]| less + f64::midpoint(alike, 1.0))
            .sum::<f64>()
    });
    let tied = blocks
        .values()
        .flat_map(|block| [0, 1, 2].map(|at| beside(block, at)[1]));
    let tied: f64 = tied.map(|alike| alike * alike - 1.0).sum();
    let squares: f64 = sums.iter().map(|sum| sum * sum).sum();
    let (n, k) = (6.0, 3.0);
    let plain = 12.0 * squares / (n * k * (k + 1.0)) - 3.0 * n * (k + 1.0);
    let chi_square = plain / (1.0 - tied / (n * k * (k * k - 1.0)));
    let ranks = table(&out.join("ranks.csv"));
    for (policy, sum) in policies.iter().zip(sums) {
        let row = ranks
            .iter()
            .find(|row| row["policy"] == *policy && row["metric"] == "jct_mean_s");
        let of = |column: &str| {
            row.expect("a row")[column]
                .parse::<f64>()
                .expect("a number")
        };
        assert!((of("mean_rank") - sum / n).abs() < 1e-12);
        assert!((of("chi_square") - chi_square).abs() < 1e-9);
        assert!((of("blocks") - n).abs() < 1e-12);
        // Demšar's table 5: q is 2.343 for three.
        let critical = 2.343 * (k * (k + 1.0) / (6.0 * n)).sqrt();
        assert!((of("critical_difference") - critical).abs() < 1e-3);
    }
}
