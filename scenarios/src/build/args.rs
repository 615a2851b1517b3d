//! Parameters of a part, taken one by one; what is wrong with one is told with its place.

use sim_core::units::Span;

use crate::schema::quantity::parse_span;
use crate::schema::{Diagnostic, Part, Place, Spanned, Value};

/// Parameters of a part, or the entries of a table within it.
pub(super) struct Args<'a> {
    entries: &'a [(Spanned<String>, Spanned<Value>)],
    place: Place,
    reasons: &'a mut Vec<Diagnostic>,
}

impl<'a> Args<'a> {
    /// The parameters of `part`.
    pub(super) fn of(part: &'a Part, reasons: &'a mut Vec<Diagnostic>) -> Self {
        Self {
            entries: &part.params,
            place: part.kind.place,
            reasons,
        }
    }

    fn get(&self, key: &str) -> Option<&'a Spanned<Value>> {
        self.entries
            .iter()
            .find(|(name, _)| name.value == key)
            .map(|(_, value)| value)
    }

    /// Refuses the value of `key`.
    pub(super) fn refuse(&mut self, key: &str, rule: &str, remedy: &str) {
        let place = self.get(key).map_or(self.place, |value| value.place);
        self.reasons
            .push(Diagnostic::new(place, key, rule).or(remedy));
    }

    /// Whether `key` is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// A number, or what is taken where there is none.
    pub(super) fn number(&mut self, key: &str, default: f64) -> f64 {
        match self.get(key).map(|value| &value.value) {
            None => default,
            Some(Value::Float(number)) => *number,
            Some(Value::Integer(integer)) => real(*integer),
            Some(
                Value::Bool(_) | Value::Text(_) | Value::Date(_) | Value::List(_) | Value::Table(_),
            ) => {
                self.refuse(key, "not a number", "write a number");
                default
            }
        }
    }

    /// A whole number from zero up, or what is taken where there is none.
    pub(super) fn count(&mut self, key: &str, default: u32) -> u32 {
        let number = match self.get(key).map(|value| &value.value) {
            None => return default,
            Some(Value::Integer(integer)) => u32::try_from(*integer).ok(),
            Some(_) => None,
        };
        number.unwrap_or_else(|| {
            self.refuse(
                key,
                "not a whole number from 0 to 4294967295",
                "write such a number",
            );
            default
        })
    }

    /// A duration, if there is one.
    pub(super) fn span(&mut self, key: &str) -> Option<Span> {
        let text = self.get(key)?.value.as_text();
        let span = text.and_then(|text| parse_span(text).ok());
        if span.is_none() {
            self.refuse(key, "not a duration", "write a text such as \"30m\"");
        }
        span
    }

    /// A word, or what is taken where there is none.
    pub(super) fn word(&mut self, key: &str, default: &'a str) -> &'a str {
        let Some(value) = self.get(key) else {
            return default;
        };
        value.value.as_text().unwrap_or_else(|| {
            self.refuse(key, "not a text", "write a word in quotes");
            default
        })
    }

    /// A table, whose entries are then taken in the same way.
    pub(super) fn table<'s>(&'s mut self, key: &str) -> Option<Args<'s>> {
        let value = self.get(key)?;
        let Some(table) = value.value.as_table() else {
            self.refuse(key, "not a table", "write { key = value }");
            return None;
        };
        Some(Args {
            entries: &table.entries,
            place: value.place,
            reasons: self.reasons,
        })
    }

    /// The tables of a list.
    pub(super) fn tables<T>(
        &mut self,
        key: &str,
        mut each: impl FnMut(&mut Args<'_>) -> T,
    ) -> Vec<T> {
        let Some(list) = self.get(key) else {
            return Vec::new();
        };
        let Some(entries) = list.value.as_list() else {
            self.refuse(key, "not a list", "write [{ ... }, { ... }]");
            return Vec::new();
        };
        let mut all = Vec::new();
        for entry in entries {
            match entry.value.as_table() {
                Some(table) => {
                    all.push(each(&mut Args {
                        entries: &table.entries,
                        place: entry.place,
                        reasons: self.reasons,
                    }));
                }
                None => self.refuse(key, "not a list of tables", "write [{ ... }, { ... }]"),
            }
        }
        all
    }

    /// The texts of a list.
    pub(super) fn words(&mut self, key: &str) -> Vec<String> {
        let Some(list) = self.get(key) else {
            return Vec::new();
        };
        let words = list.value.as_list().and_then(|entries| {
            entries
                .iter()
                .map(|entry| entry.value.as_text().map(str::to_owned))
                .collect::<Option<Vec<_>>>()
        });
        words.unwrap_or_else(|| {
            self.refuse(key, "not a list of texts", "write [\"a\", \"b\"]");
            Vec::new()
        })
    }

    /// Refuses keys that nobody took.
    pub(super) fn only(&mut self, keys: &[&str]) {
        for (name, value) in self.entries {
            if !keys.contains(&name.value.as_str()) {
                let remedy = format!("it takes {}", keys.join(", "));
                self.reasons
                    .push(Diagnostic::new(value.place, &name.value, "no such key").or(remedy));
            }
        }
    }
}

/// An integer as the nearest double.
#[expect(clippy::cast_precision_loss, reason = "the nearest double is meant")]
fn real(integer: i64) -> f64 {
    integer as f64
}
