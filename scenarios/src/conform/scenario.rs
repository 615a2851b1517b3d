//! A case that is flown as an ordinary scenario: written as a text, then read and built like any other.

use super::Place;
use crate::build::{Experiment, known};
use crate::schema::{DataRoots, parse};

/// The experiment that a text spells, which has one policy; its data root is where `input` lies.
pub(super) fn experiment(text: &str, input: &str, place: &Place<'_>) -> Result<Experiment, String> {
    let inner = input.strip_prefix("data/").unwrap_or(input);
    let mut roots = DataRoots::default();
    roots.add("data", place.root(input, inner)?)?;
    let scenario = parse("case.toml", text.as_bytes(), (place.folder, &roots), &known);
    let scenario = scenario.map_err(|rejection| rejection.lines())?;
    let experiment = Experiment::build(scenario).map_err(|error| error.to_string())?;
    if experiment.contenders.len() != 1 {
        return Err("the scenario has one policy".to_owned());
    }
    Ok(experiment)
}
