//! The report of a comparison.

use plots::report::{Block, Note, NoteWeight, Report, Section};

use super::compare::Comparison;
use super::figures::Figure;
use super::metrics::METRICS;
use super::{notices, sentences, tables};
use crate::build::Experiment;
use crate::schema;

/// The report: what was compared, what came out, how to do it again.
pub(super) fn report(
    experiment: &Experiment,
    comparison: &Comparison,
    figures: &[Figure],
) -> Report {
    let scenario = &experiment.loaded.scenario;
    let notes = notices(experiment, comparison)
        .into_iter()
        .map(|(badge, text)| {
            let harmless = badge == "exact on this trace";
            Note {
                weight: if harmless {
                    NoteWeight::Plain
                } else {
                    NoteWeight::Caution
                },
                badge,
                text,
            }
        });
    let mut results = vec![Block::Table {
        table: tables::page_table(experiment, comparison),
        caption: caption(comparison),
    }];
    results.push(Block::List(sentences(experiment, comparison)));
    let drawn = figures.iter().filter_map(|figure| {
        let drawing = figure.drawing.as_ref().ok()?.clone();
        Some(Block::Figure {
            drawing,
            caption: figure.caption.clone(),
        })
    });
    let all = Block::Table {
        table: tables::full_table(experiment, comparison),
        caption: caption(comparison),
    };
    let telling = comparison
        .metrics()
        .filter(|metric| comparison.is_telling(*metric));
    let definitions = telling.map(|metric| {
        format!(
            "{} ({}): {}.",
            tables::heading(&METRICS[metric]),
            METRICS[metric].name,
            METRICS[metric].doc
        )
    });
    let section = |title: &str, blocks| Section {
        title: title.to_owned(),
        blocks,
    };
    Report {
        title: scenario.name.value.clone(),
        intro: scenario.description.iter().cloned().collect(),
        notes: notes.collect(),
        sections: vec![
            section("Results", results),
            section("Figures", drawn.collect()),
            section("All metrics", vec![all]),
            section("Definitions", vec![Block::List(definitions.collect())]),
        ],
        provenance: provenance(experiment, comparison),
    }
}

fn caption(comparison: &Comparison) -> String {
    if comparison.exact {
        "Exact on this trace: nothing is drawn. The best of each column is marked.".to_owned()
    } else {
        format!(
            "Means over {} seeds with 95 % intervals (Student's t). The best of each column is marked.",
            comparison.plan.seeds.len()
        )
    }
}

fn provenance(experiment: &Experiment, comparison: &Comparison) -> Vec<(String, String)> {
    let scenario = &experiment.loaded.scenario;
    let mut provenance = vec![
        (
            "version".to_owned(),
            format!("windtunnel {}", env!("CARGO_PKG_VERSION")),
        ),
        ("scenario digest".to_owned(), schema::digest(scenario)),
        ("seeds".to_owned(), format!("{:?}", comparison.plan.seeds)),
    ];
    for flight in &comparison.first {
        let name = &experiment.contenders[flight.contender].name;
        provenance.push((
            format!("{name}, seed {}", flight.seed),
            format!("decisions {}", flight.digests.decisions),
        ));
    }
    provenance
}
