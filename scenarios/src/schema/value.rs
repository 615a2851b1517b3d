//! A value as TOML can say it, with the place of everything in it: what the decoder reads.

use super::place::Spanned;

/// A TOML value. Parameters of parts stay in this form until their registry types them.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// An integer of 64 bits.
    Integer(i64),
    /// A finite number.
    Float(f64),
    /// A text.
    Text(String),
    /// A date, or a date and time, as written.
    Date(String),
    /// `[a, b]`, or an array of tables.
    List(Vec<Spanned<Value>>),
    /// A table.
    Table(Table),
}

/// The entries of a table, in the order written; keys are unique.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Key and value, in the order written.
    pub entries: Vec<(Spanned<String>, Spanned<Value>)>,
}

/// One exchangeable part: `order = "fifo"`, or `order = { kind = "las", quantum = "6m" }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The registry's name for it.
    pub kind: Spanned<String>,
    /// Its parameters, unchecked, in the order written.
    pub params: Vec<(Spanned<String>, Spanned<Value>)>,
}

impl Value {
    /// What a message calls a value of this type.
    pub const fn noun(&self) -> &'static str {
        match self {
            Self::Bool(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a number",
            Self::Text(_) => "a text",
            Self::Date(_) => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

impl Value {
    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// The entries, if it is a list.
    pub fn as_list(&self) -> Option<&[Spanned<Self>]> {
        if let Self::List(entries) = self {
            Some(entries)
        } else {
            None
        }
    }

    /// The table, if it is one.
    pub const fn as_table(&self) -> Option<&Table> {
        if let Self::Table(table) = self {
            Some(table)
        } else {
            None
        }
    }
}

impl Table {
    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Spanned<Value>> {
        let found = self.entries.iter().find(|(name, _)| name.value == key);
        found.map(|(_, value)| value)
    }

    /// The value of `key`, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Spanned<Value>> {
        let found = self.entries.iter_mut().find(|(name, _)| name.value == key);
        found.map(|(_, value)| value)
    }

    /// Sets `key`, in its old position if it has one.
    pub fn set(&mut self, key: Spanned<String>, value: Spanned<Value>) {
        match self.get_mut(&key.value) {
            Some(old) => *old = value,
            None => self.entries.push((key, value)),
        }
    }
}
