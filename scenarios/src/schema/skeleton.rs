//! `windtunnel new NAME`: a scenario to begin with, which passes `check` as it is.

use super::diagnostic::quoted;
use super::name::{NAME_RULE, is_name};

/// The text of a first scenario called `name`.
///
/// # Errors
/// `name` is not 1 to 128 of `A-Z a-z 0-9 . _ -`.
pub fn skeleton(name: &str) -> Result<String, String> {
    if !is_name(name) {
        return Err(format!("{}: {NAME_RULE}", quoted(name)));
    }
    Ok(SKELETON.replace("NAME", name))
}

const SKELETON: &str = r#"name = "NAME"
description = "Strict first-come-first-served against skipping what does not fit"
seed = 1
baseline = "strict"

[replicate]
n = 5                          # replication r uses seed + r

[horizon]
warmup = "12h"                 # run, and not counted

[[fleet]]
name = "cluster"
instance = "aws/p3.16xlarge"   # or { gpus = 8, gpu = "V100" }; `windtunnel list instances`
market = "owned"               # or "on-demand"
count = 8

[[workload]]
name = "training"
# Or a trace of yours: trace = { format = "philly-csv", file = "jobs.csv" }
synth = { model = "philly-2017", jobs-per-hour = 30, length = "2d" }

[[policy]]
name = "strict"
order = "fifo"
admit = "strict"
place = "best-fit"

[[policy]]
name = "skip"
order = "fifo"
admit = "skip"
place = "best-fit"
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{DataRoots, parse};

    #[test]
    fn the_skeleton_passes_its_own_check() {
        let text = skeleton("first-try").expect("a good name");
        let loaded = parse(
            "first-try.toml",
            text.as_bytes(),
            (".".as_ref(), &DataRoots::default()),
            &|_| None,
        );
        let loaded = loaded.expect("the skeleton is a good scenario");
        assert_eq!(loaded.scenario.name.value, "first-try");
        assert!(skeleton("a b").is_err());
        assert!(skeleton("").is_err());
    }
}
