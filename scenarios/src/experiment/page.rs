//! The report of a comparison.

use plots::report::{Block, Note, NoteWeight, Report, Section};

use super::claim_tables::{claim_sentences, claims_table};
use super::claims::judge;
use super::compare::Comparison;
use super::figures::Figure;
use super::metrics::METRICS;
use super::words::counted;
use super::{bound_sentences, notices, sentences, tables, waits, waits_tables};
use crate::build::Experiment;
use crate::schema;

/// The report: what was compared, what came out, under each policy as well, how to do it again.
pub(super) fn report(
    experiment: &Experiment,
    comparison: &Comparison,
    figures: &[Figure],
) -> Report {
    let scenario = &experiment.loaded.scenario;
    let mut sections = vec![section("Results", results(experiment, comparison))];
    let waits = waits(experiment, comparison);
    if !waits.is_empty() {
        sections.push(section("Why jobs waited", waits));
    }
    let claims = claims(experiment, comparison);
    if !claims.is_empty() {
        sections.insert(0, section("Question and claims", claims));
    }
    sections.extend(drawn(figures));
    let all = Block::Table {
        table: tables::full_table(experiment, comparison),
        caption: caption(comparison),
    };
    sections.push(section("All metrics", vec![all]));
    let contenders = 0..comparison.plan.contenders.len();
    sections.extend(contenders.map(|at| policy(experiment, comparison, (at, figures))));
    sections.push(Section {
        folded: true,
        ..section("Definitions", vec![definitions(comparison)])
    });
    Report {
        title: scenario.name.value.clone(),
        intro: intro(experiment, comparison),
        notes: notes(experiment, comparison),
        sections,
        provenance: provenance(experiment, comparison),
    }
}

fn section(title: &str, blocks: Vec<Block>) -> Section {
    Section {
        title: title.to_owned(),
        folded: false,
        blocks,
    }
}

/// What was compared, in words and numbers.
fn intro(experiment: &Experiment, comparison: &Comparison) -> Vec<String> {
    let scenario = &experiment.loaded.scenario;
    let (workloads, services) = (scenario.workloads.len(), scenario.services.len());
    let count = |n: usize, one: &str, many: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {many}")),
    };
    let seeds = comparison.plan.seeds.len();
    let parts = [
        count(comparison.plan.contenders.len(), "policy", "policies"),
        count(scenario.fleets.len(), "fleet", "fleets"),
        count(workloads, "workload", "workloads"),
        count(services, "service", "services"),
        count(seeds, "run each", "runs each, with the same luck for all"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let compared = format!("{}.", parts.join(", "));
    scenario
        .description
        .iter()
        .cloned()
        .chain([compared])
        .collect()
}

fn notes(experiment: &Experiment, comparison: &Comparison) -> Vec<Note> {
    let note = |(badge, text): (String, String)| {
        let harmless = badge == "exact on this trace";
        let weight = if harmless {
            NoteWeight::Plain
        } else {
            NoteWeight::Caution
        };
        Note {
            weight,
            badge,
            text,
        }
    };
    let notices = notices(experiment, comparison);
    notices.into_iter().map(note).collect()
}

/// Why jobs and replicas waited, where that is known.
fn waits(experiment: &Experiment, comparison: &Comparison) -> Vec<Block> {
    let told = waits_tables(experiment, comparison)
        .into_iter()
        .map(|table| {
            let caption = "The part of all waiting, all seeds together.".to_owned();
            Block::Table { table, caption }
        });
    let mut blocks: Vec<Block> = told.collect();
    if !blocks.is_empty() {
        blocks.push(Block::List(waits::words(comparison)));
    }
    blocks
}

fn results(experiment: &Experiment, comparison: &Comparison) -> Vec<Block> {
    let table = Block::Table {
        table: tables::page_table(experiment, comparison),
        caption: caption(comparison),
    };
    let mut words = sentences(experiment, comparison);
    words.extend(bound_sentences(experiment, comparison));
    vec![table, Block::List(words)]
}

/// What figures are about, by how their names begin; the rest is about jobs.
const THEMES: [(&str, &[&str]); 4] = [
    ("Cost against promises", &["cost-sla"]),
    ("Money", &["cost", "spend", "spot"]),
    ("Services", &["slo", "latency", "ttft", "tpot", "replica"]),
    ("Fleet and queue", &["gpu-", "allocation", "queue"]),
];

/// Sections of figures but for those of one policy alone.
fn drawn(figures: &[Figure]) -> Vec<Section> {
    let theme = |figure: &Figure| {
        let begins = |starts: &[&str]| starts.iter().any(|start| figure.name.starts_with(start));
        let of_requests = figure.name.starts_with("cost-per-");
        match THEMES.iter().position(|(_, starts)| begins(starts)) {
            Some(_) if of_requests => 2,
            Some(theme) => theme,
            None => THEMES.len(),
        }
    };
    let common = || figures.iter().filter(|own| !own.name.starts_with(OF_ONE));
    let titled = |(theme_at, title): (usize, &str)| {
        let own = common().filter(|figure| theme(figure) == theme_at);
        section(title, own.filter_map(block).collect())
    };
    // Jobs come before what their fleet looked like meanwhile.
    let titles = THEMES.iter().map(|(title, _)| *title).enumerate();
    let mut titles: Vec<(usize, &str)> = titles.collect();
    titles.insert(2, (THEMES.len(), "Jobs"));
    let sections = titles.into_iter().map(titled);
    sections.filter(|own| !own.blocks.is_empty()).collect()
}

/// How the names of figures of one policy begin.
const OF_ONE: &str = "gantt-";

fn block(figure: &Figure) -> Option<Block> {
    Some(Block::Figure {
        drawing: figure.drawing.as_ref().ok()?.clone(),
        caption: figure.caption.clone(),
    })
}

/// A policy by itself: what it came to, beside the baseline, and what it did where that can be seen.
fn policy(
    experiment: &Experiment,
    comparison: &Comparison,
    (at, figures): (usize, &[Figure]),
) -> Section {
    let position = comparison.plan.contenders[at];
    let name = &experiment.contenders[position].name;
    let mut blocks = vec![Block::Table {
        table: tables::policy_table(experiment, comparison, at),
        caption: caption_of_one(comparison, at),
    }];
    let own = format!("{OF_ONE}{name}");
    blocks.extend(
        figures
            .iter()
            .filter(|figure| figure.name == own)
            .filter_map(block),
    );
    let role = if at == comparison.plan.baseline {
        ", the baseline"
    } else {
        ""
    };
    let title = format!("Policy {}{role}", tables::label(experiment, position));
    Section {
        folded: true,
        ..section(&title, blocks)
    }
}

fn definitions(comparison: &Comparison) -> Block {
    let telling = comparison
        .metrics()
        .filter(|metric| comparison.is_telling(*metric));
    let definition = |metric: usize| {
        let spec = &METRICS[metric];
        format!("{} ({}): {}.", tables::heading(spec), spec.name, spec.doc)
    };
    Block::List(telling.map(definition).collect())
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
        let means = means(comparison);
        let of = comparison.infer.interval();
        match comparison.plan.seeds.len() {
            1 => format!("{means}. The best of each column is marked."),
            _ => format!("{means} with 95 % intervals ({of}). The best of each column is marked."),
        }
    }
}

fn caption_of_one(comparison: &Comparison, at: usize) -> String {
    let is_baseline = at == comparison.plan.baseline;
    let means = means(comparison);
    let has_intervals = comparison.plan.seeds.len() > 1;
    match (comparison.exact, is_baseline) {
        (true, true) => "Exact on this trace.".to_owned(),
        (true, false) => "Exact on this trace, and how far it is from the baseline.".to_owned(),
        (false, true) if has_intervals => format!("{means} with 95 % intervals."),
        (false, true) => format!("{means}."),
        (false, false) if has_intervals => format!(
            "{means}, and how far they are from the baseline's, paired, both with 95 % intervals."
        ),
        (false, false) => format!("{means}, and how far they are from the baseline's, paired."),
    }
}

/// "Means over 20 seeds", or that there is one.
fn means(comparison: &Comparison) -> String {
    match comparison.plan.seeds.len() {
        1 => "Of one seed".to_owned(),
        n => format!("Means over {}", counted(n, "seed")),
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
