//! Where a value was written: file and byte range, kept for the stages that may refuse it.

use std::ops::Range;

/// A source text: a scenario, a file it extends, or a `--set` argument, in order of loading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u16);

/// A byte range of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Which text.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A value and where it was written. A default carries the place of the table that lacks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// What was written.
    pub value: T,
    /// Where.
    pub place: Place,
}

impl Place {
    /// The bytes `range` of `source`; a position beyond the largest scenario is held to it.
    pub fn new(source: SourceId, range: Range<usize>) -> Self {
        let held = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            source,
            start: held(range.start),
            end: held(range.end),
        }
    }
}

impl<T> Spanned<T> {
    /// `value`, written at `place`.
    pub const fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }

    /// The same place with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned::new(change(self.value), self.place)
    }

    /// The same place with a reference to the value.
    pub const fn as_ref(&self) -> Spanned<&T> {
        Spanned::new(&self.value, self.place)
    }
}
