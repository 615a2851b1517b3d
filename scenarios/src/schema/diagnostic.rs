//! One reason why a scenario is refused: place, value, rule and remedy; and all of them together.

use std::fmt::{self, Write as _};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::place::Place;
use super::source::{Sources, boundary};

/// Most reasons that are shown; the rest is counted.
const MOST_SHOWN: usize = 100;
/// Most bytes of a line that are shown around a place.
const MOST_LINE: usize = 160;
/// Most characters of a value that are quoted.
const MOST_VALUE: usize = 60;

/// One reason why a scenario is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where the value was written, or the table that lacks it.
    pub place: Place,
    /// Key and value, such as `count = 0`.
    pub value: String,
    /// What it breaks.
    pub rule: String,
    /// What to do; may be empty.
    pub remedy: String,
}

/// All reasons why a scenario is refused, in the order of the file, with the texts that show them.
#[derive(Clone, Debug)]
pub struct Rejection {
    /// The texts.
    pub sources: Sources,
    /// The reasons: at least one.
    pub diagnostics: Vec<Diagnostic>,
}

impl Diagnostic {
    /// A reason; control characters in it are made visible.
    pub fn new(place: Place, value: impl Into<String>, rule: impl Into<String>) -> Self {
        Self {
            place,
            value: visible(&value.into()),
            rule: visible(&rule.into()),
            remedy: String::new(),
        }
    }

    /// Says what to do about it.
    pub fn or(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = visible(&remedy.into());
        self
    }

    /// `file:12:9: count = 0: a fleet needs at least 1 node; raise it or remove the fleet`.
    pub fn line(&self, sources: &Sources) -> String {
        let at = sources.locate(self.place);
        let mut line = format!("{}:{}:{}: ", visible(at.file), at.line, at.column);
        let shown = [self.value.as_str(), self.rule.as_str()];
        let shown: Vec<_> = shown.into_iter().filter(|part| !part.is_empty()).collect();
        line.push_str(&shown.join(": "));
        if !self.remedy.is_empty() {
            line.push_str("; ");
            line.push_str(&self.remedy);
        }
        line
    }

    /// The one-line form, then the source line with the place marked.
    pub fn render(&self, sources: &Sources, renderer: &Renderer) -> String {
        let at = sources.locate(self.place);
        let (text, within) = excerpt(at.text, at.within);
        let snippet = Snippet::source(text)
            .line_start(at.line)
            .annotation(AnnotationKind::Primary.span(within));
        let group = Group::with_level(Level::ERROR).element(snippet);
        format!("{}\n{}\n", self.line(sources), renderer.render(&[group]))
    }
}

impl Rejection {
    /// Puts the reasons in the order of the file. Panics without any: a refusal has a reason.
    pub fn new(sources: Sources, mut diagnostics: Vec<Diagnostic>) -> Self {
        assert!(!diagnostics.is_empty(), "a refusal has a reason");
        diagnostics.sort_by(|a, b| (a.place, &a.value).cmp(&(b.place, &b.value)));
        diagnostics.dedup();
        Self {
            sources,
            diagnostics,
        }
    }

    /// Every reason with its source line, then their number.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let mut shown = String::new();
        for reason in self.diagnostics.iter().take(MOST_SHOWN) {
            shown.push_str(&reason.render(&self.sources, &renderer));
            shown.push('\n');
        }
        shown + &count(self.diagnostics.len())
    }

    /// The one-line forms alone.
    pub fn lines(&self) -> String {
        let mut lines = String::new();
        for reason in &self.diagnostics {
            writeln!(lines, "{}", reason.line(&self.sources)).expect("a text takes any text");
        }
        lines
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Rejection {}

/// How many there are, and how many of them are shown.
fn count(reasons: usize) -> String {
    match reasons {
        1 => "1 error\n".into(),
        _ if reasons <= MOST_SHOWN => format!("{reasons} errors\n"),
        _ => format!("{reasons} errors, the first {MOST_SHOWN} shown\n"),
    }
}

/// `text` as a message may quote it: short, and without anything that a terminal would obey.
pub(super) fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(MOST_VALUE).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    visible(&shown)
}

/// `text` with control and direction-changing characters escaped.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_directional(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Marks that reorder or hide the text around them.
const fn is_directional(c: char) -> bool {
    let hidden = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    hidden || matches!(c, '\u{2028}'..='\u{202e}')
}

/// The part of a line around a place, harmless to a terminal, and the place in it.
fn excerpt(line: &str, within: std::ops::Range<usize>) -> (String, std::ops::Range<usize>) {
    let first = boundary(line, within.start.saturating_sub(MOST_LINE / 2));
    let last = boundary(line, within.start + MOST_LINE);
    let end = within.end.min(last);
    let harmless = |text: &str| {
        let swap = |c: char| {
            if c == '\t' {
                ' '
            } else if c.is_control() || is_directional(c) {
                '\u{fffd}'
            } else {
                c
            }
        };
        text.chars().map(swap).collect::<String>()
    };
    let before = harmless(&line[first..within.start]);
    let marked = harmless(&line[within.start..end]);
    let after = harmless(&line[end..last]);
    let place = before.len()..before.len() + marked.len();
    (before + &marked + &after, place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_and_then_the_source() {
        let mut sources = Sources::default();
        let id = sources.add("fleet.toml", "[[fleet]]\ncount = 0\n");
        let reason = Diagnostic::new(
            Place::new(id, 18..19),
            "count = 0",
            "a fleet needs at least 1 node",
        );
        let reason = reason.or("raise it or remove the fleet");
        assert_eq!(
            reason.line(&sources),
            "fleet.toml:2:9: count = 0: a fleet needs at least 1 node; raise it or remove the fleet"
        );
        let shown = Rejection::new(sources, vec![reason]).to_string();
        assert!(shown.contains("2 | count = 0"), "{shown}");
        assert!(shown.ends_with("1 error\n"), "{shown}");
    }

    #[test]
    fn nothing_that_a_terminal_obeys_is_printed() {
        let mut sources = Sources::default();
        let text = "\u{1b}[31m\u{202e}x\tyz";
        let id = sources.add("\u{7}a.toml", text);
        let reason = Diagnostic::new(Place::new(id, 0..4), text, "a rule");
        let shown = Rejection::new(sources, vec![reason]).to_string();
        let obeyed = |c: char| c != '\n' && (c.is_control() || is_directional(c));
        assert!(!shown.contains(obeyed), "{shown:?}");
    }

    #[test]
    fn a_long_line_is_shown_in_part() {
        let mut sources = Sources::default();
        let id = sources.add("a.toml", "ä".repeat(500_000));
        let reason = Diagnostic::new(Place::new(id, 700_000..900_000), "x", "a rule");
        let shown = Rejection::new(sources, vec![reason]).to_string();
        assert!(shown.len() < 2_000, "{}", shown.len());
    }
}
