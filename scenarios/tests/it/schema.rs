//! Scenarios as users write them, good ones and bad ones, through the front door.

use std::path::{Path, PathBuf};

use scenarios::schema::{DataRoots, Loaded, Rejection, digest, json_schema, load, parse, print};

const GOOD: &str = include_str!("../good/every-key.toml");

fn good_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/good")
}

fn read(text: &[u8]) -> Result<Loaded, Rejection> {
    parse(
        "x.toml",
        text,
        (&good_folder(), &DataRoots::default()),
        &|_| None,
    )
}

fn set(arguments: &[&str]) -> Result<Loaded, String> {
    let arguments: Vec<_> = arguments.iter().map(|&text| text.to_owned()).collect();
    let path = good_folder().join("every-key.toml");
    let loaded = load(&path, &arguments, &DataRoots::default(), &|_| None);
    loaded.map_err(|error| error.to_string())
}

#[test]
fn a_scenario_with_every_key_is_read_and_printed_so_that_it_reads_back() {
    let loaded = read(GOOD.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    let printed = print(&loaded.scenario);
    let again = read(printed.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{printed}"));
    assert_eq!(print(&again.scenario), printed);
    assert_eq!(digest(&again.scenario), digest(&loaded.scenario));
}

#[test]
fn every_key_that_can_be_written_is_written_in_the_good_scenario() {
    fn keys(schema: &serde_json::Value, missing: &mut Vec<String>) {
        if let Some(properties) = schema["properties"].as_object() {
            for (key, inner) in properties {
                let written =
                    GOOD.contains(&format!("{key} = ")) || GOOD.contains(&format!("[{key}]"));
                if !written && key != "extends" {
                    missing.push(key.clone());
                }
                keys(inner, missing);
            }
        }
        keys_of_list(&schema["anyOf"], missing);
        if schema["items"].is_object() {
            keys(&schema["items"], missing);
        }
    }
    fn keys_of_list(schemas: &serde_json::Value, missing: &mut Vec<String>) {
        for schema in schemas.as_array().into_iter().flatten() {
            keys(schema, missing);
        }
    }
    let mut missing = Vec::new();
    keys(&json_schema(), &mut missing);
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn no_prefix_of_a_good_scenario_panics() {
    for end in 0..GOOD.len() {
        let _ = read(&GOOD.as_bytes()[..end]);
    }
}

#[test]
fn no_single_changed_byte_of_a_good_scenario_panics() {
    for at in 0..GOOD.len() {
        for byte in [0, b'"', b'[', b'=', b'9', b'-', b'\n', 0xff] {
            let mut text = GOOD.as_bytes().to_vec();
            text[at] = byte;
            let _ = read(&text).map_err(|rejection| rejection.to_string());
        }
    }
}

#[test]
fn the_same_experiment_has_the_same_digest_however_it_is_written() {
    let plain = set(&[]).expect("good");
    let same = set(&[
        "seed=7",
        "policy.strict.order={kind=\"fifo\"}",
        "fleet.floor.notice=0h",
    ]);
    let other = set(&["seed=8"]).expect("good");
    let same = same.expect("good");
    assert_eq!(digest(&plain.scenario), digest(&same.scenario));
    assert_ne!(digest(&plain.scenario), digest(&other.scenario));
}

#[test]
fn arguments_change_keys_tables_and_parts() {
    let loaded = set(&[
        "horizon.tail=2h",
        "fleet.floor.count=4",
        "policy.strict.order.quantum=6m",
        "workload.*.priority=9",
        "policy.\"strict\".admit=skip",
        "fleet.floor.price=$2.50",
        "service.chat.replicas.prompts.tasks=7",
        "service.search.replicas.max=78",
        "service.*.replicas.far.after=31s",
    ]);
    let printed = print(&loaded.unwrap_or_else(|error| panic!("{error}")).scenario);
    for line in [
        "tail = \"2h\"",
        "count = 4",
        "order = { kind = \"fifo\", quantum = \"6m\" }",
        "priority = 9",
        "admit = { kind = \"skip\" }",
        "price = \"$2.50\"",
        "tasks = 7",
        "max = 78",
        "after = \"31s\"",
    ] {
        assert!(printed.contains(line), "{line}\n{printed}");
    }
}

#[test]
fn arguments_change_what_the_scenario_says_by_a_part_or_an_amount() {
    let plain = set(&[]).expect("good").scenario;
    let loaded = set(&[
        "fleet.floor.count=4",
        "fleet.floor.count=x1.5",
        "fleet.*.count=+50%",
        "horizon.warmup=+-1h",
        "fleet.drawn.bid=-10%",
        "service.*.replicas.*.max=+2",
        "seed=+1",
    ]);
    let changed = loaded.unwrap_or_else(|error| panic!("{error}")).scenario;
    assert_eq!(changed.seed.value, plain.seed.value + 1);
    let printed = print(&changed);
    for line in [
        "count = 9",
        "warmup = \"11h\"",
        "bid = \"$1.80\"",
        "max = 10",
    ] {
        assert!(printed.contains(line), "{line}\n{printed}");
    }
}

#[test]
fn bad_arguments_are_shown_where_they_are_wrong() {
    for (argument, message) in [
        (
            "fleet.*.count=+0.01%",
            "--set:1:1: fleet.*.count=+0.01%: changes nothing, as counts are rounded to the nearest whole; name an amount",
        ),
        (
            "fleet.floor.count=+2h",
            "--set:1:19: +2h: 16 is an integer, and takes +2, +20% or x1.5;",
        ),
        (
            "policy.strict.order=x2",
            "--set:1:21: x2: \"fifo\" is nothing that has more or less; set a value, or \"x2\" in quotes for a text",
        ),
        (
            "horizon.nothing=+20%",
            "--set:1:9: nothing: is not said by the scenario, so that nothing can be relative to it; set a value",
        ),
        (
            "fleet.floor.count=+-16",
            "--set:1:19: count = 0: a fleet needs at least 1 node;",
        ),
        (
            "fleet.floor.count=0",
            "--set:1:19: count = 0: a fleet needs at least 1 node;",
        ),
        (
            "fleet.flor.count=1",
            "--set:1:7: flor: no fleet has this name; did you mean `floor`?",
        ),
        (
            "fleet.*.cuont=1",
            "--set:1:9: cuont: no entry has this key;",
        ),
        (
            "flet.floor.count=1",
            "--set:1:1: flet: unknown key in the scenario; did you mean `fleet`?",
        ),
        (
            "fleet.floor.cuont=1",
            "--set:1:13: cuont: unknown key in [[fleet]]; did you mean `count`?",
        ),
        (
            "service.chat.replicas.promts.max=1",
            "--set:1:23: promts: no replicas has this name; did you mean `prompts`?",
        ),
        (
            "service.chat.replicas.prompts=1",
            "--set:1:23: prompts: a whole table;",
        ),
        ("fleet.floor=1", "--set:1:7: floor: a whole table;"),
        ("fleet=1", "--set:1:1: fleet: an array of tables;"),
        ("seed", "--set:1:1: seed: not path=value;"),
        ("=1", "--set:1:1: =1: not path=value;"),
        (
            "seed.x=1",
            "--set:1:1: seed: an integer, which has no keys;",
        ),
        ("horizon.warmup=[1", "--set:1:18: not TOML: unclosed array"),
        ("extends=a.toml", "--set:1:1: extends: cannot be set;"),
    ] {
        let shown = set(&[argument]).expect_err("a bad argument");
        assert!(shown.contains(message), "{argument}: {shown}");
    }
}

#[test]
fn five_errors_are_told_at_once_in_the_order_of_the_file() {
    let text = "name = \"a b\"\nsede = 1\n[horizon]\nwarmup = \"1x\"\n\
                [[fleet]]\nname = \"f\"\ninstance = \"aws/p3.2xlarge\"\ncount = 0\n\
                [[workload]]\nname = \"w\"\nsynth = \"lublin\"\nscale = -1\n\
                [[policy]]\nname = \"p\"\n";
    let shown = read(text.as_bytes()).expect_err("five errors").to_string();
    let lines: Vec<_> = shown
        .lines()
        .filter(|line| line.starts_with("x.toml:"))
        .collect();
    let places: Vec<_> = lines
        .iter()
        .filter_map(|line| line.split(": ").next())
        .collect();
    assert_eq!(
        places,
        [
            "x.toml:1:8",
            "x.toml:2:1",
            "x.toml:4:10",
            "x.toml:8:9",
            "x.toml:12:9"
        ]
    );
    assert!(shown.ends_with("5 errors\n"), "{shown}");
}

#[test]
fn a_scenario_lies_on_top_of_the_one_it_extends() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(at("base/profiles")).expect("folders");
    for file in [
        "jobs.csv",
        "requests.csv",
        "rates.csv",
        "prices.csv",
        "lives.csv",
        "nodes-over-time.csv",
        "available.json",
        "gavel.trace",
        "speeds.json",
        "agent.safetensors",
    ] {
        std::fs::write(at("base").join(file), "").expect("a file");
    }
    let base = GOOD
        .replace("\"jobs.csv\"", "\"./jobs.csv\"")
        .replace("\"nodes.csv\"", "\"jobs.csv\"");
    std::fs::write(at("base/base.toml"), base).expect("a file");
    let text = "extends = \"base/base.toml\"\nname = \"child\"\n[horizon]\ntail = \"9h\"\n\
                [[fleet]]\nname = \"floor\"\ncount = 77\n";
    std::fs::write(at("child.toml"), text).expect("a file");
    let child = load(&at("child.toml"), &[], &DataRoots::default(), &|_| None);
    let printed = print(&child.unwrap_or_else(|error| panic!("{error}")).scenario);
    for line in [
        "name = \"child\"",
        "tail = \"9h\"",
        "warmup = \"12h\"",
        "count = 77",
        "base/./jobs.csv",
    ] {
        assert!(printed.contains(line), "{line}\n{printed}");
    }
    std::fs::write(at("a.toml"), "extends = \"b.toml\"").expect("a file");
    std::fs::write(at("b.toml"), "extends = \"a.toml\"").expect("a file");
    let circle = load(&at("a.toml"), &[], &DataRoots::default(), &|_| None).expect_err("a circle");
    assert!(
        circle.to_string().contains("extends itself in the end"),
        "{circle}"
    );
}
