//! A judgement as annotations of a build on GitHub: errors, warnings, and a notice of the whole.

use super::{failures, headline, sentence};
use crate::gate::judge::Judgement;

/// The annotations, a line each.
pub fn github(judgement: &Judgement) -> Vec<u8> {
    let title = format!("gate of {}", judgement.scenario);
    let failures = failures(judgement).into_iter().map(|said| ("error", said));
    let warned = judgement.rows.iter().filter(|row| row.verdict.warns());
    let warned = warned.map(|row| ("warning", sentence(row)));
    let notes = judgement.notes.iter().map(|note| ("warning", note.clone()));
    let whole = std::iter::once(("notice", headline(judgement)));
    let all = failures.chain(warned).chain(notes).chain(whole);
    let lines = all
        .map(|(kind, said)| format!("::{kind} title={}::{}\n", property(&title), message(&said)));
    lines.collect::<String>().into_bytes()
}

/// What would end a message.
fn message(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// What would end a property as well.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
