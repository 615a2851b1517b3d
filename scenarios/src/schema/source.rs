//! The texts that a scenario was read from, so that a place can be shown as file, line and column.

use super::place::{Place, SourceId};

/// Every text that had a part in a scenario.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    texts: Vec<Source>,
}

/// A place as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location<'a> {
    /// The file as it was named, or `--set`.
    pub file: &'a str,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// The text of the line, without its end.
    pub text: &'a str,
    /// The bytes of the place within that line.
    pub within: std::ops::Range<usize>,
}

#[derive(Clone, Debug)]
struct Source {
    name: String,
    text: String,
    line_starts: Vec<usize>,
}

impl Sources {
    /// Keeps `text` under `name` and says how to refer to it.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> SourceId {
        let text = text.into();
        let ends = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        let line_starts = std::iter::once(0)
            .chain(ends.map(|(at, _)| at + 1))
            .collect();
        self.texts.push(Source {
            name: name.into(),
            text,
            line_starts,
        });
        let last = u16::try_from(self.texts.len() - 1);
        SourceId(last.expect("a scenario has far fewer than 65,536 sources"))
    }

    /// How `path`, counted from the folder of the first source, is named to the user.
    pub(super) fn beside(&self, path: &str) -> String {
        let scenario = self.texts.first().map_or("", |source| &source.name);
        let shown = std::path::Path::new(scenario).with_file_name(path);
        shown.to_string_lossy().into_owned()
    }

    /// The whole text of a source.
    pub fn text(&self, source: SourceId) -> &str {
        &self.source(source).text
    }

    /// Where `place` is. A place that ends beyond its text is held to it.
    pub fn locate(&self, place: Place) -> Location<'_> {
        let source = self.source(place.source);
        let at = |offset: u32| {
            let offset = usize::try_from(offset).unwrap_or(usize::MAX);
            boundary(&source.text, offset)
        };
        let (start, end) = (at(place.start), at(place.end));
        let line = source.line_starts.partition_point(|&first| first <= start);
        let line_start = source.line_starts[line - 1];
        let text = source.text[line_start..].split('\n').next().unwrap_or("");
        let text = text.strip_suffix('\r').unwrap_or(text);
        let first = (start - line_start).min(text.len());
        let last = end.saturating_sub(line_start).clamp(first, text.len());
        Location {
            file: &source.name,
            line,
            column: text[..first].chars().count() + 1,
            text,
            within: first..last,
        }
    }

    fn source(&self, id: SourceId) -> &Source {
        &self.texts[usize::from(id.0)]
    }
}

/// The last boundary of characters that is not beyond `offset`.
pub(super) fn boundary(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_from_one_in_characters() {
        let mut sources = Sources::default();
        let id = sources.add("a.toml", "a = 1\r\nä = \"ü\" # x\n");
        let found = sources.locate(Place::new(id, 12..16));
        assert_eq!((found.line, found.column), (2, 5));
        assert_eq!(found.text, "ä = \"ü\" # x");
        assert_eq!(&found.text[found.within], "\"ü\"");
    }

    #[test]
    fn a_place_beyond_the_text_is_held_to_its_end() {
        let mut sources = Sources::default();
        let id = sources.add("a.toml", "a");
        let found = sources.locate(Place::new(id, 5..9));
        assert_eq!((found.line, found.column, found.text), (1, 2, "a"));
    }
}
