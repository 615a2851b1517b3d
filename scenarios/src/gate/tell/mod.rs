//! A judgement in words: for a terminal and a comment here, for a test report in [`junit`], for a build in [`github`].

pub mod github;
pub mod junit;
mod number;

use plots::PlotError;
use plots::table::{Cell, Table};

use super::foresee::Foreseen;
use super::judge::{Behaved, Judgement, Row, Ruling, Verdict};
use super::rules::Bound;
use crate::experiment::words::counted;
use crate::schema::{GateMode, Tolerance};
use number::{part, significant};

/// Most seeds that are named.
const MOST_NAMED: usize = 5;

/// For a terminal so many columns wide.
///
/// # Errors
/// A table that cannot be shown, which is a bug of ours.
pub fn text(
    judgement: &Judgement,
    foreseen: &[Foreseen],
    width: usize,
) -> Result<String, PlotError> {
    let mut text = format!("{}\n", headline(judgement));
    for behaved in &judgement.behaved {
        text.extend(["  ", behaviour(behaved).as_str(), "\n"]);
    }
    text.push('\n');
    text += &table(judgement).text(width)?;
    text += &lines(&judgement.notes, "note: ");
    text += &lines(&failures(judgement), "FAILED: ");
    if !foreseen.is_empty() {
        text.extend(["\n", foresight(foreseen).text(width)?.as_str()]);
    }
    Ok(text)
}

/// For a comment on a change.
///
/// # Errors
/// A table that cannot be shown, which is a bug of ours.
pub fn markdown(judgement: &Judgement, foreseen: &[Foreseen]) -> Result<String, PlotError> {
    let mut text = format!("### {}\n\n", escaped(&headline(judgement)));
    let behaved: Vec<String> = judgement.behaved.iter().map(behaviour).collect();
    let told = behaved.iter().chain(&judgement.notes);
    for line in told.map(|line| escaped(line)) {
        text.extend(["- ", line.as_str(), "\n"]);
    }
    for line in failures(judgement) {
        text.extend(["- **", escaped(&line).as_str(), "**\n"]);
    }
    text.extend(["\n", table(judgement).markdown()?.as_str()]);
    if !foreseen.is_empty() {
        let table = foresight(foreseen).markdown()?;
        let summary = "\n<details><summary>What these seeds can see</summary>\n\n";
        text.extend([summary, table.as_str(), "\n</details>\n"]);
    }
    Ok(text)
}

fn lines(all: &[String], head: &str) -> String {
    let lines: Vec<String> = all.iter().map(|line| format!("\n{head}{line}")).collect();
    if lines.is_empty() {
        String::new()
    } else {
        lines.concat() + "\n"
    }
}

/// Backslashes before what Markdown or its HTML could read; one line.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\`*_[]<>|~$&#@!".contains(c) {
            out.push('\\');
        }
        out.push(if c.is_control() { ' ' } else { c });
    }
    out
}

/// What came of it all.
pub fn headline(judgement: &Judgement) -> String {
    let seeds = counted(judgement.seeds, "seed");
    let verdict = if judgement.fails() {
        "failed"
    } else if judgement.has_changed() {
        "passed, behaviour changed"
    } else {
        "passed"
    };
    format!(
        "gate of {}: {verdict} ({}, {seeds})",
        judgement.scenario,
        judgement.mode.name()
    )
}

/// Whether a policy decided otherwise.
fn behaviour(behaved: &Behaved) -> String {
    let policy = &behaved.policy;
    if behaved.otherwise.is_empty() {
        return format!("{policy}: the same decisions");
    }
    let named = behaved
        .otherwise
        .iter()
        .take(MOST_NAMED)
        .map(u64::to_string);
    let mut named = named.collect::<Vec<_>>().join(", ");
    if behaved.otherwise.len() > MOST_NAMED {
        named += ", ...";
    }
    let seeds = counted(behaved.otherwise.len(), "seed");
    format!("{policy}: behaviour changed with {seeds} ({named})")
}

/// A sentence for each reason to fail.
pub fn failures(judgement: &Judgement) -> Vec<String> {
    let changed = judgement
        .behaved
        .iter()
        .filter(|own| !own.otherwise.is_empty());
    let changed = changed
        .filter(|_| judgement.mode == GateMode::Exact)
        .map(behaviour);
    let rows = judgement.rows.iter().filter(|row| row.verdict.fails());
    changed.chain(rows.map(sentence)).collect()
}

/// What became of a rule and a policy, in a sentence.
pub fn sentence(row: &Row) -> String {
    let now = row
        .now
        .map_or_else(|| "n/a".to_owned(), |mean| significant(mean.mean));
    let head = format!("{}: {} is {now}", row.policy, row.metric.name);
    let change = change(row);
    let body = match (row.rule, row.verdict) {
        (_, Verdict::Undefined) => "not defined".to_owned(),
        (_, Verdict::Lost) => "with some seeds not defined any more".to_owned(),
        (Ruling::Tolerance(tolerance), _) => {
            let p = row
                .p
                .filter(|p| *p > 0.0)
                .map(|p| format!(", p = {}", significant(p)));
            let tolerated = amount(tolerance);
            format!(
                "{change} against the baseline, {tolerated} is tolerated{}",
                p.unwrap_or_default()
            )
        }
        (Ruling::Bound(bound), _) => rule(Ruling::Bound(bound)),
    };
    let verdict = row.verdict.words();
    format!("{head}, {body}: {verdict}")
}

fn amount(tolerance: Tolerance) -> String {
    match tolerance {
        Tolerance::Relative(share) => part(share),
        Tolerance::Absolute(amount) => significant(amount),
    }
}

/// The rule, as a table shows it.
fn rule(rule: Ruling) -> String {
    match rule {
        Ruling::Tolerance(tolerance) => format!("{} worse", amount(tolerance)),
        Ruling::Bound(Bound::Max(most)) => format!("at most {}", significant(most)),
        Ruling::Bound(Bound::Min(least)) => format!("at least {}", significant(least)),
    }
}

/// The difference with its interval.
fn change(row: &Row) -> String {
    let Some(change) = row.change else {
        return String::new();
    };
    let shown = |value: f64| {
        if change.relative {
            part(value)
        } else {
            significant(value)
        }
    };
    let sign = if change.change.mean > 0.0 { "+" } else { "" };
    let mean = shown(change.change.mean);
    let half = change
        .change
        .half
        .filter(|half| *half > 1e-9 * change.change.mean.abs());
    half.map_or(format!("{sign}{mean}"), |half| {
        format!("{sign}{mean} ± {}", shown(half))
    })
}

/// A row a rule and policy.
fn table(judgement: &Judgement) -> Table {
    let columns = [
        "policy",
        "metric",
        "tolerated",
        "baseline",
        "now",
        "change",
        "p (Holm)",
        "verdict",
    ];
    let number = |value: Option<f64>| value.map_or_else(|| "n/a".to_owned(), significant);
    let row = |row: &Row| {
        let cells = [
            row.policy.clone(),
            row.metric.name.to_owned(),
            rule(row.rule),
            number(row.baseline),
            number(row.now.map(|mean| mean.mean)),
            change(row),
            row.p.map_or_else(String::new, significant),
            row.verdict.words().to_owned(),
        ];
        cells.iter().map(|cell| Cell::from(cell.as_str())).collect()
    };
    Table {
        columns: columns.map(str::to_owned).to_vec(),
        rows: judgement.rows.iter().map(row).collect(),
    }
}

/// What the seeds can see, a row a policy and metric.
pub fn foresight(foreseen: &[Foreseen]) -> Table {
    let columns = ["policy", "metric", "tolerated", "what is seen at least"];
    let row = |own: &Foreseen| {
        let cells = [
            own.policy.clone(),
            own.metric.name.to_owned(),
            amount(own.tolerance),
            detected(own),
        ];
        cells.iter().map(|cell| Cell::from(cell.as_str())).collect()
    };
    Table {
        columns: columns.map(str::to_owned).to_vec(),
        rows: foreseen.iter().map(row).collect(),
    }
}

/// "20 seeds detect 1.5 % with 90 %".
fn detected(own: &Foreseen) -> String {
    let seeds = counted(own.seeds, "seed");
    let detect = if own.seeds == 1 { "detects" } else { "detect" };
    match own.least {
        Some(least) => format!(
            "{seeds} {detect} {} worse with {}",
            amount(least),
            part(own.power)
        ),
        None => format!("{seeds} {detect} no change for sure"),
    }
}

#[cfg(test)]
mod tests;
