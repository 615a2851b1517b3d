//! Judged claims as a table, in words, and in a file.

use plots::table::{Cell, Table};

use super::claims::{Judged, Verdict};
use super::sheet::{Csv, number, text};

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

const COLUMNS: [&str; 18] = [
    "claim",
    "metric",
    "as",
    "policy",
    "against",
    "measured",
    "ci_low",
    "ci_high",
    "n",
    "never",
    "investment_nanousd",
    "at_least",
    "at_most",
    "verdict",
    "figure",
    "source",
    "text",
    "assumptions",
];

/// One row a claim. A share is a fraction, and what is of money and time is in months.
pub(super) fn claims(judged: &[Judged<'_>]) -> Vec<u8> {
    let mut csv = Csv::new(COLUMNS);
    for claim in judged {
        let spec = claim.spec;
        let mean = claim.measured;
        let ends = mean.filter(|mean| mean.half.is_some());
        let ends = ends.map(|mean| mean.ends());
        let words = |words: &Option<String>| words.as_deref().map_or(String::new(), text);
        let figure = spec.figure.as_ref().map(|figure| figure.value.clone());
        let verdict = match claim.verdict {
            Verdict::NotJudged(why) => format!("not judged: {why}"),
            Verdict::Holds | Verdict::Undecided | Verdict::Fails | Verdict::Measured => {
                claim.verdict.words().to_owned()
            }
        };
        csv.row([
            text(&spec.name.value),
            text(&spec.metric.value),
            spec.measure.name().to_owned(),
            text(&spec.policy.value),
            text(&spec.against.value),
            number(mean.map(|mean| mean.mean)),
            number(ends.map(|(low, _)| low)),
            number(ends.map(|(_, high)| high)),
            mean.map_or(0, |mean| mean.n).to_string(),
            claim.never.to_string(),
            spec.investment
                .map_or(String::new(), |money| money.nanousd().to_string()),
            number(spec.at_least),
            number(spec.at_most),
            verdict,
            words(&figure),
            words(&spec.source),
            text(&spec.text),
            words(&spec.assumptions),
        ]);
    }
    csv.bytes()
}
