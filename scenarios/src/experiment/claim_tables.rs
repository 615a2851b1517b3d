//! Judged claims as a table, in words, and in a file.

use plots::table::{Cell, Table};
use sim_core::units::convert;

use super::claims::{Judged, Verdict};
use super::sheet::{Column, Layout, Made, Sheet};

/// A row a claim: what was measured, what was claimed, and the verdict.
pub fn claims_table(judged: &[Judged<'_>]) -> Table {
    let columns = ["claim", "measured", "", "claimed", "verdict"];
    let row = |claim: &Judged<'_>| {
        let cells = [
            claim.spec.name.value.clone(),
            claim.what(),
            claim.number(),
            claim.bounds(),
            claim.verdict.words().to_owned(),
        ];
        cells.iter().map(|cell| Cell::from(cell.as_str())).collect()
    };
    Table {
        columns: columns.map(str::to_owned).to_vec(),
        rows: judged.iter().map(row).collect(),
    }
}

/// Lines for a terminal: the verdict of each claim with its number, and under it what was measured and claimed.
pub fn claims_text(judged: &[Judged<'_>]) -> String {
    let names = judged.iter().map(|claim| claim.spec.name.value.len());
    let width = names.max().unwrap_or(0);
    let mut text = String::new();
    for (claim, sentence) in judged.iter().zip(words(judged)) {
        let bounds = claim.bounds();
        let claimed = if bounds.is_empty() { "" } else { "; claimed: " };
        let name = &claim.spec.name.value;
        let verdict = claim.verdict.words();
        let number = claim.number();
        let what = claim.what();
        text = format!(
            "{text}  {name:width$}  {verdict:13}  {number}{claimed}{bounds}\n  {:width$}  {:13}  {what}\n  {:width$}  {:13}  {sentence}\n",
            "", "", "", ""
        );
    }
    text
}

/// A sentence a claim: its words, who says so, what it takes for granted, and the figure that answers it.
pub fn claim_sentences(judged: &[Judged<'_>]) -> Vec<String> {
    let names = judged.iter().map(|claim| &claim.spec.name.value);
    let sentences = names.zip(words(judged));
    sentences
        .map(|(name, words)| format!("{name}: {words}"))
        .collect()
}

fn words(judged: &[Judged<'_>]) -> Vec<String> {
    let sentence = |claim: &Judged<'_>| {
        let spec = claim.spec;
        let mut sentence = format!("\"{}\"", spec.text);
        if let Some(source) = &spec.source {
            sentence = format!("{sentence} ({source})");
        }
        if let Some(assumptions) = &spec.assumptions {
            let assumptions = assumptions.trim_end_matches('.');
            sentence = format!("{sentence}. Assumes: {assumptions}");
        }
        if let Some(figure) = &spec.figure {
            sentence = format!("{sentence}. See {}", figure.value);
        }
        format!("{}.", sentence.trim_end_matches('.'))
    };
    judged.iter().map(sentence).collect()
}

/// What `claims` holds.
pub(super) fn claims_layout() -> Layout {
    Layout {
        name: "claims",
        doc: "One row a claim of the scenario. A share is a fraction, and what is of money and time is in months.",
        columns: COLUMNS.to_vec(),
    }
}

const COLUMNS: [Column; 18] = [
    Column::text("claim", "Its name"),
    Column::text("metric", "What is measured"),
    Column::text("as", "In what way"),
    Column::text("policy", "Of which policy"),
    Column::text("against", "Compared with which"),
    Column::real("measured", "", "The mean over the seeds"),
    Column::real("ci_low", "", "The lower end of its 95 % interval"),
    Column::real("ci_high", "", "The upper end"),
    Column::count("n", "Seeds that say something"),
    Column::count("never", "Seeds of which what is measured never comes to be"),
    Column::nanousd(
        "investment_nanousd",
        "What is spent once, where the claim is about getting it back",
    ),
    Column::real("at_least", "", "What is claimed: no less"),
    Column::real("at_most", "", "What is claimed: no more"),
    Column::text("verdict", "What the run says to it"),
    Column::text("figure", "The figure that shows it"),
    Column::text("source", "Who claims it"),
    Column::text("text", "In whose words"),
    Column::text("assumptions", "What it takes for granted"),
];

/// One row a claim. A share is a fraction, and what is of money and time is in months.
pub(super) fn claims(made: Made, judged: &[Judged<'_>]) -> Sheet {
    let mut sheet = Sheet::new(made, &COLUMNS);
    for claim in judged {
        let spec = claim.spec;
        let mean = claim.measured;
        let ends = mean.and_then(|mean| mean.interval());
        let figure = spec.figure.as_ref().map(|figure| figure.value.as_str());
        let verdict = match claim.verdict {
            Verdict::NotJudged(why) => format!("not judged: {why}"),
            Verdict::Holds | Verdict::Undecided | Verdict::Fails | Verdict::Measured => {
                claim.verdict.words().to_owned()
            }
        };
        sheet.row([
            spec.name.value.as_str().into(),
            spec.metric.value.as_str().into(),
            spec.measure.name().into(),
            spec.policy.value.as_str().into(),
            spec.against.value.as_str().into(),
            mean.map(|mean| mean.mean).into(),
            ends.map(|(low, _)| low).into(),
            ends.map(|(_, high)| high).into(),
            convert::wide(mean.map_or(0, |mean| mean.n)).into(),
            convert::wide(claim.never).into(),
            spec.investment.into(),
            spec.at_least.into(),
            spec.at_most.into(),
            verdict.into(),
            figure.into(),
            spec.source.as_deref().into(),
            spec.text.as_str().into(),
            spec.assumptions.as_deref().into(),
        ]);
    }
    sheet
}
