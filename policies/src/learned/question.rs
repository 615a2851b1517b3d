//! A decision as numbers: rows, of which one is to be chosen.
//!
//! Every head asks in this form, whatever it decides (which job next, which market, how many replicas), so that one network,
//! one way of training and one environment serve all. A row is one thing that could be done; what is the same for all of them
//! is in the context.

/// How many numbers a head's questions have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Widths {
    /// Numbers of the context.
    pub context: usize,
    /// Numbers of a row.
    pub row: usize,
    /// Rows at most.
    pub rows: usize,
}

impl Widths {
    /// Whether a network for questions of other widths answers these: there may be other numbers of rows.
    pub fn is_answered_by(&self, network: Self) -> bool {
        self.context == network.context && self.row == network.row
    }
}

/// One decision: rows, of which one is to be chosen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Question {
    /// What is the same for all rows; most numbers lie between -1 and 1.
    pub context: Vec<f32>,
    /// The rows, one after the other.
    pub rows: Vec<f32>,
    /// Which rows may be chosen: one entry for each row, at least one of them true.
    pub legal: Vec<bool>,
}

impl Question {
    /// Takes everything out, and keeps the room.
    pub fn clear(&mut self) {
        self.context.clear();
        self.rows.clear();
        self.legal.clear();
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.legal.len()
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.legal.is_empty()
    }
}
