//! The border: bytes in, bounded and decompressed as they are consumed, never more than asked for.

mod clock;
mod field;
mod lines;
mod table;

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

use flate2::bufread::MultiGzDecoder;
use sim_core::units::{convert, limits};

pub(crate) use clock::{naive, with_offset};
pub(crate) use field::{count, labelled, milli, name, scaled, seconds, span_of};
pub(crate) use lines::Lines;
pub(crate) use table::{Column, Row, Table};

use crate::error::{Rule, TraceError};
use crate::record::FileName;

/// Bytes and the name to show for them. This crate opens no files itself.
pub struct Source<'a> {
    name: FileName,
    bytes: Box<dyn Read + 'a>,
}

impl<'a> Source<'a> {
    /// `name` is what messages call the file; the bytes may be gzip-compressed, once.
    pub fn new(name: &str, bytes: impl Read + 'a) -> Self {
        Self {
            name: Arc::from(name),
            bytes: Box::new(bytes),
        }
    }

    pub(crate) fn name(&self) -> FileName {
        Arc::clone(&self.name)
    }

    /// Decompressed where gzip's magic number stands first.
    ///
    /// # Errors
    /// An unreadable source, another compression, or a second layer of gzip.
    pub(crate) fn open(self) -> Result<Bounded<'a>, TraceError> {
        let mut raw = BufReader::new(Counted {
            bytes: self.bytes,
            count: 0,
        });
        let fail = |error: &io::Error| io_fault(error).at(&self.name, (0, 0), "");
        let start = raw.fill_buf().map_err(|e| fail(&e))?;
        let packed = start.starts_with(&GZIP);
        let input = if packed {
            Input::Gzip(Box::new(MultiGzDecoder::new(raw)))
        } else {
            Input::Plain(raw)
        };
        let mut bounded = BufReader::with_capacity(1 << 16, Capped { input, taken: 0 });
        let start = bounded.fill_buf().map_err(|e| fail(&e))?;
        if let Some(what) = foreign(start) {
            return Err(Rule::new(
                format!("a trace is text or text in one layer of gzip, this is {what}"),
                "unpack or convert it first",
            )
            .at(&self.name, (0, 0), ""));
        }
        Ok(bounded)
    }
}

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Formats people try that are neither text nor one layer of gzip.
fn foreign(start: &[u8]) -> Option<&'static str> {
    let magic: [(&[u8], &str); 7] = [
        (&GZIP, "gzip"),
        (b"PK\x03\x04", "a zip archive"),
        (&[0x28, 0xb5, 0x2f, 0xfd], "zstd"),
        (&[0xfd, b'7', b'z', b'X', b'Z'], "xz"),
        (b"BZh", "bzip2"),
        (b"PAR1", "parquet"),
        (&[0xff, 0xfe], "UTF-16"),
    ];
    let found = magic.iter().find(|(magic, _)| start.starts_with(magic));
    let tar = start.get(257..262) == Some(b"ustar");
    found
        .map(|&(_, what)| what)
        .or(tar.then_some("a tar archive"))
}

/// Decoded bytes that stop with an error at the limits.
pub(crate) type Bounded<'a> = BufReader<Capped<'a>>;

/// Counts what is taken from the file itself.
struct Counted<'a> {
    bytes: Box<dyn Read + 'a>,
    count: u64,
}

enum Input<'a> {
    Plain(BufReader<Counted<'a>>),
    Gzip(Box<MultiGzDecoder<BufReader<Counted<'a>>>>),
}

/// Refuses more than the absolute cap, and more than the ratio of what was read from the file.
pub(crate) struct Capped<'a> {
    input: Input<'a>,
    taken: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let taken = self.bytes.read(out)?;
        self.count += convert::wide(taken);
        Ok(taken)
    }
}

impl Read for Capped<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        const FREE: u64 = 1 << 20;
        let (taken, source) = match &mut self.input {
            Input::Plain(raw) => (raw.read(out)?, None),
            Input::Gzip(gzip) => (gzip.read(out)?, Some(gzip.get_ref().get_ref().count)),
        };
        self.taken += convert::wide(taken);
        if self.taken > limits::MAX_TRACE_BYTES {
            return Err(io::Error::other(Limit::Size));
        }
        match source {
            Some(read) if self.taken > FREE && self.taken / limits::MAX_INFLATION > read => {
                Err(io::Error::other(Limit::Ratio))
            }
            Some(_) | None => Ok(taken),
        }
    }
}

/// A bound that a stream ran into.
#[derive(Clone, Copy, Debug)]
enum Limit {
    Size,
    Ratio,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size => write!(f, "a trace has at most {} bytes", limits::MAX_TRACE_BYTES),
            Self::Ratio => write!(
                f,
                "a trace decompresses to at most {} times its size",
                limits::MAX_INFLATION
            ),
        }
    }
}

impl std::error::Error for Limit {}

/// What an I/O error means to the reader of a message.
pub(crate) fn io_fault(error: &io::Error) -> Rule {
    let limit = error.get_ref().and_then(|e| e.downcast_ref::<Limit>());
    match (limit, error.kind()) {
        (Some(limit), _) => Rule::new(limit.to_string(), "split it, or check that it is a trace"),
        (None, io::ErrorKind::UnexpectedEof) => Rule::new(
            "the compressed data ends before its end",
            "download the file again",
        ),
        (None, _) => Rule::new(format!("cannot be read: {error}"), "check the file"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: &[u8]) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        let mut open = Source::new("t", bytes).open().map_err(|e| e.to_string())?;
        open.read_to_end(&mut out)
            .map_err(|e| io_fault(&e).rule.into_owned())?;
        Ok(out)
    }

    #[test]
    fn plain_text_and_members_of_gzip_read_alike() {
        let mut members = gzip(b"one\n");
        members.extend(gzip(b"two\n"));
        assert_eq!(read(b"one\ntwo\n"), Ok(b"one\ntwo\n".to_vec()));
        assert_eq!(read(&members), Ok(b"one\ntwo\n".to_vec()));
        assert_eq!(read(b""), Ok(vec![]));
    }

    #[test]
    fn a_gzip_bomb_is_refused_before_it_fills_memory() {
        let bomb = gzip(&vec![b'\n'; 50 << 20]);
        assert!(bomb.len() < 60_000);
        let refused = read(&bomb).expect_err("refused");
        assert_eq!(
            refused,
            "a trace decompresses to at most 200 times its size"
        );
    }

    #[test]
    fn a_second_layer_and_foreign_archives_are_refused() {
        for (bytes, what) in [
            (gzip(&gzip(b"one\n")), "gzip"),
            (b"PK\x03\x04....".to_vec(), "a zip archive"),
            (b"\x28\xb5\x2f\xfd".to_vec(), "zstd"),
        ] {
            let refused = read(&bytes).expect_err("refused");
            assert!(
                refused.contains(&format!("this is {what}; unpack or")),
                "{refused}"
            );
        }
    }

    #[test]
    fn every_cut_of_a_gzip_file_is_an_error_not_a_short_trace() {
        let whole = gzip(b"1 2 3\n4 5 6\n7 8 9\n");
        for cut in 3..whole.len() {
            assert!(read(&whole[..cut]).is_err(), "cut at {cut}");
        }
    }
}
