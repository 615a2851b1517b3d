//! Tables of measured speeds: steps a second by GPU model, kind of job and number of GPUs.

mod pairs;

use std::collections::BTreeMap;
use std::io::Read;

use serde_json::value::RawValue;

use crate::error::{Refused, Rule, TraceError};
use crate::reader::{Source, io_fault};
use crate::record::FileName;

/// Largest table, decoded, in bytes.
const MAX_TABLE_BYTES: u64 = 64 << 20;

/// Highest speed, in steps a second.
pub const MAX_STEPS_S: f64 = 1e6;

/// A measured speed.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeedRow {
    /// The GPU model.
    pub model: String,
    /// The kind of job, such as a network and its batch size.
    pub kind: String,
    /// GPUs of the whole job.
    pub gpus: u32,
    /// Steps a second of the whole job.
    pub steps_s: f64,
}

/// A speed that was measured beside another job on the same GPUs.
#[derive(Clone, Debug, PartialEq)]
pub struct PairRow {
    /// The GPU model.
    pub model: String,
    /// The kind of job.
    pub kind: String,
    /// That of its neighbour, which has as many GPUs.
    pub beside: String,
    /// GPUs of each.
    pub gpus: u32,
    /// Steps a second of the job beside its neighbour; zero where the two do not fit into the
    /// memory together.
    pub steps_s: f64,
    /// Steps a second of the job alone, not less.
    pub alone_s: f64,
}

/// One entry: by kind of neighbour, a speed, or two for jobs that share the GPUs.
type Entry = BTreeMap<String, Box<RawValue>>;

/// Reads Gavel's `simulation_throughputs.json`: by model, by `('KIND', GPUS)`, a speed under
/// `null`. Speeds of jobs that share
/// GPUs are left alone (see [`import_pairs`]), as are models whose name ends in `_unconsolidated`,
/// which Gavel's simulator
/// does not read either. A
/// speed of zero says that the job does not fit into the memory: it is left out.
///
/// # Errors
/// An unreadable file, no such JSON, or a speed that is none.
pub fn import_speeds(source: Source<'_>) -> Result<Vec<SpeedRow>, Refused> {
    Ok(read(source)?)
}

/// The pairs of the same file: by model, by `('KIND', GPUS)`, by `('KIND', GPUS)` of the neighbour,
/// the speeds of both. A job
/// that does not run alone has none; one pair told from both sides is told alike.
///
/// # Errors
/// An unreadable file, no such JSON, or speeds that cannot be.
pub fn import_pairs(source: Source<'_>) -> Result<Vec<PairRow>, Refused> {
    Ok(pairs::read(source)?)
}

/// By model, by kind and number of GPUs.
type Models = BTreeMap<String, BTreeMap<String, Entry>>;

fn models(text: &str, file: &FileName) -> Result<Models, TraceError> {
    let mut models: Models = serde_json::from_str(text).map_err(|error| broken(file, &error))?;
    models.retain(|model, _| !model.ends_with("_unconsolidated"));
    Ok(models)
}

fn text_of(source: Source<'_>) -> Result<String, TraceError> {
    let file = source.name();
    let mut text = String::new();
    let mut bytes = source.open()?.take(MAX_TABLE_BYTES + 1);
    let got = bytes.read_to_string(&mut text);
    got.map_err(|error| io_fault(&error).at(&file, (0, 0), ""))?;
    if bytes.limit() == 0 {
        let rule = format!("a table of speeds has at most {MAX_TABLE_BYTES} bytes");
        return Err(Rule::new(rule, "check the file").at(&file, (0, 0), ""));
    }
    Ok(text)
}

fn read(source: Source<'_>) -> Result<Vec<SpeedRow>, TraceError> {
    let file = source.name();
    let text = text_of(source)?;
    let mut rows = Vec::new();
    for (model, entries) in models(&text, &file)? {
        for (key, entry) in entries {
            let fault = |value: &str, rule, remedy| {
                let value = format!("{model}, {key}: {value}");
                Rule::new(rule, remedy).at(&file, (0, 0), &value)
            };
            let Some((kind, gpus)) = kind_and_gpus(&key) else {
                let remedy = "write it as (\"KIND\", GPUS)";
                return Err(fault("", "is no kind and number of GPUs", remedy));
            };
            let alone = entry.get("null").map_or("", |speed| speed.get());
            match alone.parse::<f64>() {
                Ok(steps_s) if (0.0..=MAX_STEPS_S).contains(&steps_s) => {
                    if steps_s > 0.0 {
                        rows.push(SpeedRow {
                            model: model.clone(),
                            kind: kind.to_owned(),
                            gpus,
                            steps_s,
                        });
                    }
                }
                Ok(_) | Err(_) => {
                    let rule = "a speed under \"null\" is a number from 0 to 1e6";
                    return Err(fault(alone, rule, "correct it"));
                }
            }
        }
    }
    Ok(rows)
}

/// `('ResNet-18 (batch size 16)', 4)`.
fn kind_and_gpus(key: &str) -> Option<(&str, u32)> {
    let inner = key.strip_prefix('(')?.strip_suffix(')')?;
    let (kind, gpus) = inner.rsplit_once(", ")?;
    let kind = kind.strip_prefix('\'')?.strip_suffix('\'')?;
    let gpus = gpus.parse().ok().filter(|gpus| *gpus > 0)?;
    (!kind.is_empty()).then_some((kind, gpus))
}

fn broken(file: &FileName, error: &serde_json::Error) -> TraceError {
    let place = (u64::try_from(error.line()).unwrap_or(0), error.column());
    let message = error.to_string();
    let what = message.rsplit_once(" at line ").map(|(what, _)| what);
    let rule = what.unwrap_or(&message).to_owned();
    Rule::new(rule, "correct it, or check for a truncated file").at(file, place, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Result<Vec<SpeedRow>, String> {
        let read = import_speeds(Source::new("t.json", text.as_bytes()));
        read.map_err(|refused| refused.to_string())
    }

    #[test]
    fn speeds_alone_are_read_to_the_last_digit_and_zeros_left_out() {
        let text = r#"{"k80": {"('A (b)', 1)": {"null": 4.795294551566172, "('B', 1)": [1.0, 2.0]},
            "('B', 2)": {"null": 0.0}}, "k80_unconsolidated": {"('B', 2)": {"null": 9.0}}}"#;
        let expected = SpeedRow {
            model: "k80".to_owned(),
            kind: "A (b)".to_owned(),
            gpus: 1,
            steps_s: 4.795_294_551_566_172,
        };
        assert_eq!(rows(text), Ok(vec![expected]));
    }

    #[test]
    fn what_is_no_table_is_refused() {
        let with = |key: &str, speed: &str| format!(r#"{{"v": {{"{key}": {{"null": {speed}}}}}}}"#);
        let key = "('A', 1)";
        for wrong in ["-1.0", "1e7", "\"1\"", "[1.0, 1.0]", "NaN"] {
            assert!(rows(&with(key, wrong)).is_err(), "{wrong}");
        }
        for wrong in ["A", "('A', 0)", "('', 1)", "(A, 1)", "('A', x)"] {
            assert!(rows(&with(wrong, "1.0")).is_err(), "{wrong}");
        }
        assert!(rows("{").is_err());
        assert!(rows(&with(key, "1.0").replace("null", "none")).is_err());
    }
}
