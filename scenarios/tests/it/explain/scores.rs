//! What the placement made of the nodes: told where it is asked for, and nothing else is different for it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::command::{command, crowded, told};

type Table = Vec<BTreeMap<String, String>>;

fn table(path: &Path) -> Table {
    let mut reader = csv::Reader::from_path(path).expect("a table");
    let rows = reader.deserialize().map(|row| row.expect("a row"));
    rows.collect()
}

/// "3:-2 7:-4" as nodes and scores.
fn scores(text: &str) -> Vec<(u32, f64)> {
    let one = |one: &str| {
        let (node, score) = one.split_once(':').expect("node:score");
        (
            node.parse().expect("a node"),
            score.parse().expect("a score"),
        )
    };
    text.split(' ').map(one).collect()
}

#[test]
fn each_start_says_which_nodes_there_were_and_the_best_was_taken() {
    let folder = crowded();
    let at = folder.path();
    let run = |more: &[&str]| {
        let all = [
            &["run", "crowded.toml", "--policy", "easy", "--out", "out"],
            more,
        ]
        .concat();
        let (_, wrong, code) = command(at, &all);
        assert_eq!(code, 0, "{wrong}");
        fs::read_to_string(at.join("out/runs/base/easy/3/digest.txt")).expect("digests")
    };
    let plain = run(&[]);
    let with = run(&["--set", "output.tables=[\"jobs\", \"decisions\"]"]);
    assert_eq!(plain, with);
    let rows = table(&at.join("out/runs/base/easy/3/decisions.csv"));
    let mut on: BTreeMap<(&str, &str), Vec<&BTreeMap<String, String>>> = BTreeMap::new();
    for row in &rows {
        on.entry((&row["job"], &row["start_us"]))
            .or_default()
            .push(row);
    }
    let mut chosen = 0;
    for seats in on.into_values() {
        let best = scores(&seats[0]["scores"]);
        let candidates: usize = seats[0]["candidates"].parse().expect("a number");
        assert!(best.len() == candidates.min(5), "{seats:?}");
        if let [seat] = seats[..] {
            assert_eq!(seat["node"], best[0].0.to_string(), "{seats:?}");
            chosen += usize::from(best.len() > 1 && best[0].1 > best[1].1);
        }
    }
    assert!(chosen > 10, "{chosen}");
    let own = told(at, &["--job", "5"]);
    let lines = own["lines"].as_array().expect("a list");
    let could = lines.iter().position(|line| line["what"] == "could lie");
    let could = could.expect("it was started");
    assert_eq!(lines[could + 1]["what"], "runs", "{own:#}");
    assert_eq!(lines[could + 1]["from_us"], lines[could]["from_us"]);
}
