//! JSON, one value at a time and with the place of each, numbers as the digits that stand there.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};
use std::rc::Rc;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error};
use serde_json::value::RawValue;

use crate::error::{Rule, TraceError};
use crate::reader::{Source, io_fault};
use crate::record::FileName;

/// Largest JSON file: one value of it is held as a whole, and could be all of it.
const MAX_JSON_BYTES: u64 = 256 << 20;

/// A file being read: where the reader stands, and the first fault of a value.
pub(super) struct Json {
    file: FileName,
    place: Rc<Cell<Place>>,
    fault: RefCell<Option<TraceError>>,
}

/// The last byte read.
#[derive(Clone, Copy)]
struct Place {
    line: u64,
    column: usize,
    byte: u8,
    read: u64,
}

/// A number, a word or a text as it stands in the file.
pub(super) struct Token {
    /// What stands there, a text without its quotes and escapes.
    pub(super) text: String,
    at: (u64, usize),
}

/// Reads one [`Token`].
#[derive(Clone, Copy)]
pub(super) struct AsToken<'a>(pub(super) &'a Json);

impl Json {
    /// Reads `source` with what `read` makes of the open file.
    ///
    /// # Errors
    /// An unreadable source, no JSON, or the fault that the seed found.
    pub(super) fn read<T>(
        source: Source<'_>,
        read: impl FnOnce(&Self, &mut dyn Read) -> Result<T, serde_json::Error>,
    ) -> Result<T, TraceError> {
        let place = Rc::new(Cell::new(Place {
            line: 1,
            column: 0,
            byte: 0,
            read: 0,
        }));
        let json = Self {
            file: source.name(),
            place: Rc::clone(&place),
            fault: RefCell::new(None),
        };
        let mut bytes = Tracked {
            bytes: source.open()?,
            place,
        };
        let read = read(&json, &mut bytes);
        match json.fault.take() {
            Some(fault) => Err(fault),
            None => read.map_err(|error| json.broken(error)),
        }
    }

    /// Remembers the fault of `token`; what is returned stops the reading.
    pub(super) fn refuse<E: Error>(&self, name: &str, token: &Token, rule: Rule) -> E {
        let value = format!("{name} = {}", token.text);
        let fault = rule.at(&self.file, token.at, &value);
        self.fault.replace(Some(fault));
        E::custom("refused")
    }

    /// Remembers a fault of what ends here.
    pub(super) fn refuse_here<E: Error>(&self, value: &str, rule: Rule) -> E {
        let place = self.place.get();
        let fault = rule.at(&self.file, (place.line, place.column), value);
        self.fault.replace(Some(fault));
        E::custom("refused")
    }

    fn broken(&self, error: serde_json::Error) -> TraceError {
        if error.is_io() {
            return io_fault(&io::Error::from(error)).at(&self.file, (0, 0), "");
        }
        broken(&error).at(&self.file, place_of(&error), "")
    }
}

impl Token {
    /// Line and column of its first byte.
    pub(super) const fn place(&self) -> (u64, usize) {
        self.at
    }
}

/// Where a JSON error stands.
pub(super) fn place_of(error: &serde_json::Error) -> (u64, usize) {
    (u64::try_from(error.line()).unwrap_or(0), error.column())
}

/// What a JSON error says. The library's message ends in the place, which stands in front already.
pub(super) fn broken(error: &serde_json::Error) -> Rule {
    let message = error.to_string();
    let what = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(what, _)| what);
    Rule::new(what.to_owned(), "correct it, or check for a truncated file")
}

impl<'de> DeserializeSeed<'de> for AsToken<'_> {
    type Value = Token;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Token, D::Error> {
        let raw = Box::<RawValue>::deserialize(input)?;
        let place = self.0.place.get();
        let raw = raw.get();
        // A number ends where another byte was seen, anything else with a byte of its own.
        let own = raw.as_bytes().last() == Some(&place.byte) && !raw.ends_with(is_digit);
        let after = place.column + usize::from(own);
        let column = after.saturating_sub(raw.len()).max(1);
        let text = if raw.starts_with('"') {
            serde_json::from_str(raw).map_err(D::Error::custom)?
        } else {
            raw.to_owned()
        };
        let at = (place.line, column);
        Ok(Token { text, at })
    }
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// Hands out one byte at a time, so that the place is that of the byte in hand.
struct Tracked<R> {
    bytes: R,
    place: Rc<Cell<Place>>,
}

impl<R: Read> Read for Tracked<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(byte) = out.first_mut() else {
            return Ok(0);
        };
        let taken = self.bytes.read(std::slice::from_mut(byte))?;
        if taken > 0 {
            let mut place = self.place.get();
            if place.byte == b'\n' {
                place.line += 1;
                place.column = 0;
            }
            place.column += 1;
            place.byte = *byte;
            place.read += 1;
            self.place.set(place);
            if place.read > MAX_JSON_BYTES {
                let rule = format!("a JSON series has at most {MAX_JSON_BYTES} bytes");
                return Err(io::Error::other(rule));
            }
        }
        Ok(taken)
    }
}
