//! The report of a comparison.

use plots::report::{Block, Note, NoteWeight, Report, Section};

use super::claim_tables::{claim_sentences, claims_table};
use super::claims::judge;
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
    let mut sections = vec![
        section("Results", results),
        section("Figures", drawn.collect()),
        section("All metrics", vec![all]),
        section("Definitions", vec![Block::List(definitions.collect())]),
    ];
    let claims = claims(experiment, comparison);
    if !claims.is_empty() {
        sections.insert(0, section("Question and claims", claims));
    }
    Report {
        title: scenario.name.value.clone(),
        intro: scenario.description.iter().cloned().collect(),
        notes: notes.collect(),
        sections,
        provenance: provenance(experiment, comparison),
    }
}

/// What was asked, and what the run says to the claims.
fn claims(experiment: &Experiment, comparison: &Comparison) -> Vec<Block> {
    let question = experiment.loaded.scenario.question.iter();
    let mut blocks: Vec<Block> = question.cloned().map(Block::Paragraph).collect();
    let judged = judge(experiment, comparison);
    if !judged.is_empty() {
        let caption = "A claim holds where the whole interval of what was measured is within its bounds, and does not hold \
                       where it is wholly beyond one.";
        blocks.push(Block::Table {
            table: claims_table(&judged),
            caption: caption.to_owned(),
        });
        blocks.push(Block::List(claim_sentences(&judged)));
    }
    blocks
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
