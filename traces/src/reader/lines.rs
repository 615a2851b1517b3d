//! Lines of bounded length: without their ends, without a byte-order mark.

use std::io::{BufRead, Read};

use sim_core::units::{convert, limits};

use super::{Bounded, Source, io_fault};
use crate::error::{Rule, TraceError};
use crate::record::FileName;

/// The lines of a source, one at a time.
pub(crate) struct Lines<'a> {
    file: FileName,
    input: Bounded<'a>,
    line: Vec<u8>,
    number: u64,
}

impl<'a> Lines<'a> {
    pub(crate) fn open(source: Source<'a>) -> Result<Self, TraceError> {
        Ok(Self {
            file: source.name(),
            input: source.open()?,
            line: Vec::new(),
            number: 0,
        })
    }

    pub(crate) fn file(&self) -> &FileName {
        &self.file
    }

    /// Number of the line read last, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Reads the next line; `false` at the end.
    ///
    /// # Errors
    /// An I/O fault, a limit of the source, or a line beyond its bound: reading cannot go on.
    pub(crate) fn advance(&mut self) -> Result<bool, TraceError> {
        self.line.clear();
        self.number += 1;
        let most = convert::wide(limits::MAX_LINE_BYTES) + 1;
        let mut bounded = self.input.by_ref().take(most);
        let read = bounded.read_until(b'\n', &mut self.line);
        if let Err(error) = read {
            return Err(io_fault(&error).at(&self.file, (self.number, 0), ""));
        }
        if self.line.len() > limits::MAX_LINE_BYTES {
            let rule = format!("a line has at most {} bytes", limits::MAX_LINE_BYTES);
            let start = String::from_utf8_lossy(&self.line[..20]).into_owned();
            return Err(
                Rule::new(rule, "check that this is a trace of this format").at(
                    &self.file,
                    (self.number, 1),
                    &start,
                ),
            );
        }
        if self.line.is_empty() {
            return Ok(false);
        }
        self.trim();
        Ok(true)
    }

    fn trim(&mut self) {
        const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
        for end in [b'\n', b'\r'] {
            if self.line.last() == Some(&end) {
                self.line.pop();
            }
        }
        if self.number == 1 && self.line.starts_with(&MARK) {
            self.line.drain(..MARK.len());
        }
    }

    /// The line's bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.line
    }

    /// The line as text.
    ///
    /// # Errors
    /// A NUL, or bytes that are not UTF-8: this line is lost, the next may be read.
    pub(crate) fn text(&self) -> Result<&str, TraceError> {
        if let Some(at) = self.line.iter().position(|&byte| byte == 0) {
            return Err(
                Rule::new("text holds no NUL", "check that this is a text file").at(
                    &self.file,
                    (self.number, at + 1),
                    "",
                ),
            );
        }
        std::str::from_utf8(&self.line).map_err(|error| {
            let place = (self.number, error.valid_up_to() + 1);
            Rule::new("text is UTF-8", "convert the file to UTF-8").at(&self.file, place, "")
        })
    }
}
