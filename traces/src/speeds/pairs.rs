//! Speeds of jobs that share GPUs, two by two.

use std::collections::BTreeMap;

use super::{Entry, MAX_STEPS_S, PairRow, kind_and_gpus, models, text_of};
use crate::error::{Rule, TraceError};
use crate::reader::Source;

/// Both directions of each pair, each once.
pub(super) fn read(source: Source<'_>) -> Result<Vec<PairRow>, TraceError> {
    let file = source.name();
    let text = text_of(source)?;
    let mut rows = Vec::new();
    for (model, entries) in models(&text, &file)? {
        let of_model = pairs(&entries).map_err(|(value, rule, remedy)| {
            Rule::new(rule, remedy).at(&file, (0, 0), &format!("{model}, {value}"))
        })?;
        rows.extend(of_model.into_iter().map(|row| PairRow {
            model: model.clone(),
            ..row
        }));
    }
    Ok(rows)
}

/// What is wrong with a value, and what to do.
type Fault = (String, &'static str, &'static str);

fn pairs(entries: &BTreeMap<String, Entry>) -> Result<Vec<PairRow>, Fault> {
    let mut speeds: BTreeMap<(&str, &str), f64> = BTreeMap::new();
    for (key, entry) in entries {
        for (other, told) in entry.iter().filter(|(other, _)| *other != "null") {
            let shown = || format!("{key} beside {other}: {}", told.get());
            let [own, beside] = serde_json::from_str::<[f64; 2]>(told.get())
                .ok()
                .filter(|both| both.iter().all(|speed| (0.0..=MAX_STEPS_S).contains(speed)))
                .ok_or_else(|| {
                    (
                        shown(),
                        "a pair has two speeds from 0 to 1e6",
                        "correct them",
                    )
                })?;
            for (direction, speed) in [((&**key, &**other), own), ((&**other, &**key), beside)] {
                let before = speeds.insert(direction, speed);
                // As they stand in the file: the same digits are the same double.
                if before.is_some_and(|before| before.to_bits() != speed.to_bits()) {
                    let rule = "is told otherwise from the other side, or where both are alike";
                    return Err((shown(), rule, "correct one of them"));
                }
            }
        }
    }
    let mut rows = Vec::new();
    for ((own, beside), steps_s) in speeds {
        let shown = || format!("{own} beside {beside}: {steps_s}");
        let read = |key: &'_ str| {
            let (kind, gpus) = kind_and_gpus(key)?;
            Some((kind.to_owned(), gpus))
        };
        let (Some((kind, gpus)), Some((neighbour, theirs))) = (read(own), read(beside)) else {
            let remedy = "write it as (\"KIND\", GPUS)";
            return Err((shown(), "is no kind and number of GPUs", remedy));
        };
        if gpus != theirs {
            let rule = "jobs that share their GPUs have as many of them";
            return Err((shown(), rule, "remove it"));
        }
        let alone = entries.get(own).and_then(|entry| entry.get("null"));
        let alone_s: f64 = alone
            .and_then(|speed| speed.get().parse().ok())
            .unwrap_or(0.0);
        if steps_s > alone_s {
            let rule = "is faster beside another than alone";
            return Err((shown(), rule, "correct one of the speeds"));
        }
        if alone_s > 0.0 {
            rows.push(PairRow {
                model: String::new(),
                kind,
                beside: neighbour,
                gpus,
                steps_s,
                alone_s,
            });
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::super::import_pairs;
    use super::*;

    fn rows(text: &str) -> Result<Vec<PairRow>, String> {
        let read = import_pairs(Source::new("t.json", text.as_bytes()));
        read.map_err(|refused| refused.to_string())
    }

    #[test]
    fn a_pair_is_read_from_both_sides_and_once() {
        let text = r#"{"k80": {
            "('A (b)', 2)": {"null": 4.5, "('B', 2)": [4.25, 0.5], "('A (b)', 2)": [2.0, 2.0]},
            "('B', 2)": {"null": 1.0, "('A (b)', 2)": [0.5, 4.25]},
            "('C', 1)": {"null": 0.0, "('D', 1)": [0.0, 0.0]}, "('D', 1)": {"null": 3.0}}}"#;
        let row = |kind: &str, beside: &str, gpus, steps_s, alone_s| PairRow {
            model: "k80".to_owned(),
            kind: kind.to_owned(),
            beside: beside.to_owned(),
            gpus,
            steps_s,
            alone_s,
        };
        let expected = vec![
            row("A (b)", "A (b)", 2, 2.0, 4.5),
            row("A (b)", "B", 2, 4.25, 4.5),
            row("B", "A (b)", 2, 0.5, 1.0),
            row("D", "C", 1, 0.0, 3.0),
        ];
        assert_eq!(rows(text), Ok(expected));
    }

    #[test]
    fn pairs_that_cannot_be_are_refused() {
        let text = |b: &str, pair: &str, back: &str| {
            let (own, other) = (
                format!(r#"{{"null": 2.0, "{b}": {pair}}}"#),
                format!(r#"{{"null": 3.0, "('A', 1)": {back}}}"#),
            );
            format!(r#"{{"v": {{"('A', 1)": {own}, "{b}": {other}}}}}"#)
        };
        assert_eq!(
            rows(&text("('B', 1)", "[1.0, 2.5]", "[2.5, 1.0]")).map(|rows| rows.len()),
            Ok(2)
        );
        for pair in ["1.0", "[1.0]", "[1.0, -2.5]", "[1.0, 2e6]", "[2.5, 2.5]"] {
            assert!(
                rows(&text("('B', 1)", pair, "[2.5, 1.0]")).is_err(),
                "{pair}"
            );
        }
        assert!(rows(&text("('B', 1)", "[1.0, 2.5]", "[2.5, 1.5]")).is_err());
        assert!(rows(&text("('B', 2)", "[1.0, 2.5]", "[2.5, 1.0]")).is_err());
        assert!(rows(&text("B", "[1.0, 2.5]", "[2.5, 1.0]")).is_err());
    }
}
