//! What a table declares of itself: its columns, each with its type, its unit and what it says.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A table: its name as a file, what a row is, and its columns.
pub(crate) struct Layout {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) columns: Vec<Column>,
}

/// A column. Where a row has nothing to say its field is empty, whatever the column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: Kind,
    /// Of its numbers.
    pub(crate) unit: &'static str,
    pub(crate) doc: &'static str,
}

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// UTF-8. In CSV with an apostrophe before what a spreadsheet would run.
    Text,
    /// True or false.
    Flag,
    /// An integer.
    Whole,
    /// An exact decimal number with so many digits behind its point.
    Decimal(u8),
    /// A double.
    Real,
}

impl Column {
    const fn of(kind: Kind, unit: &'static str, (name, doc): (&'static str, &'static str)) -> Self {
        Self {
            name: Cow::Borrowed(name),
            kind,
            unit,
            doc,
        }
    }

    /// Words under a name that a scenario says.
    pub(crate) fn named(name: String, doc: &'static str) -> Self {
        Self {
            name: Cow::Owned(name),
            ..Self::text("", doc)
        }
    }

    /// Words.
    pub(crate) const fn text(name: &'static str, doc: &'static str) -> Self {
        Self::of(Kind::Text, "", (name, doc))
    }

    /// True or false.
    pub(crate) const fn flag(name: &'static str, doc: &'static str) -> Self {
        Self::of(Kind::Flag, "", (name, doc))
    }

    /// A number of things.
    pub(crate) const fn count(name: &'static str, doc: &'static str) -> Self {
        Self::of(Kind::Whole, "", (name, doc))
    }

    /// A time since the run began, or a length of time.
    pub(crate) const fn us(name: &'static str, doc: &'static str) -> Self {
        Self::of(Kind::Whole, "us", (name, doc))
    }

    /// Money.
    pub(crate) const fn nanousd(name: &'static str, doc: &'static str) -> Self {
        Self::of(Kind::Whole, "nano-USD", (name, doc))
    }

    /// An integer with a unit.
    pub(crate) const fn whole(name: &'static str, unit: &'static str, doc: &'static str) -> Self {
        Self::of(Kind::Whole, unit, (name, doc))
    }

    /// A decimal number, exact to so many digits behind its point.
    pub(crate) const fn decimal(
        name: &'static str,
        (unit, places): (&'static str, u8),
        doc: &'static str,
    ) -> Self {
        Self::of(Kind::Decimal(places), unit, (name, doc))
    }

    /// A double.
    pub(crate) const fn real(name: &'static str, unit: &'static str, doc: &'static str) -> Self {
        Self::of(Kind::Real, unit, (name, doc))
    }

    /// Its type, as the documentation names it.
    fn kind_name(&self) -> String {
        match self.kind {
            Kind::Text => "text".to_owned(),
            Kind::Flag => "boolean".to_owned(),
            Kind::Whole => "int64".to_owned(),
            Kind::Decimal(places) => format!("decimal(38, {places})"),
            Kind::Real => "double".to_owned(),
        }
    }
}

impl Layout {
    /// Its section of the documentation, in Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("## `{}`\n\n{}\n\n", self.name, self.doc);
        text.push_str("| column | type | unit | what it says |\n| --- | --- | --- | --- |\n");
        for column in &self.columns {
            let (name, kind) = (&column.name, column.kind_name());
            let doc = column.doc.replace('|', "\\|");
            writeln!(text, "| `{name}` | {kind} | {} | {doc} |", column.unit)
                .expect("a text takes any text");
        }
        text
    }
}
