//! The report: sections of words, tables and figures as one self-contained HTML page.

mod page;

use crate::table::Table;
use crate::{Drawing, PlotError};

/// A report.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// What was compared.
    pub title: String,
    /// Paragraphs below the title.
    pub intro: Vec<String>,
    /// What a reader must know before trusting a number: peeking, compat, "exact on this trace".
    pub notes: Vec<Note>,
    /// The content.
    pub sections: Vec<Section>,
    /// Keys and values of the manifest, shown folded at the end.
    pub provenance: Vec<(String, String)>,
}

/// A note on top of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// How much it matters.
    pub weight: NoteWeight,
    /// A few words, shown as a badge: "peeking: durations".
    pub badge: String,
    /// What it means, in a sentence; may be empty.
    pub text: String,
}

/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteWeight {
    /// Good to know.
    Plain,
    /// Limits what may be concluded.
    Caution,
}

/// A part of a report under its own title.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Section {
    /// Its title.
    pub title: String,
    /// Whether it is shown only to who opens it, and in print.
    pub folded: bool,
    /// Its content, in order.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// Words.
    Paragraph(String),
    /// Sentences that stand by themselves, such as paired comparisons.
    List(Vec<String>),
    /// A table.
    Table {
        /// The table.
        table: Table,
        /// What it shows.
        caption: String,
    },
    /// A figure.
    Figure {
        /// The figure.
        drawing: Drawing,
        /// What it shows.
        caption: String,
    },
}

impl Report {
    /// The report as one HTML document without anything from outside: style and font are in it,
    /// and the data of every table and figure as a link. Its only script is ours, which the page
    /// names by digest; without it, tables do not sort and the browser shows what the pointer is on.
    ///
    /// # Errors
    /// [`PlotError::Ragged`] if a table is.
    pub fn html(&self) -> Result<String, PlotError> {
        page::html(self)
    }
}
