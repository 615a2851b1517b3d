//! Reading one value: its type, its range, its words. `None` means that the reason has been noted.

use sim_core::units::{Money, Price, Span};

use super::check::check_part;
use super::diagnostic::{Diagnostic, quoted};
use super::fields::{Fields, Item, suggestion};
use super::fleet::Bytes;
use super::name::{NAME_RULE, TAG_RULE, is_name, is_tag};
use super::place::Spanned;
use super::quantity;
use super::spec::{Seam, Takes};
use super::value::{Part, Value};

/// Most bytes of a text.
const MOST_TEXT: usize = 4096;

impl<'a> Item<'a> {
    /// Narrows "one of several" to the alternative that has the value's type.
    pub(super) fn pick(self) -> Option<Self> {
        let Takes::Either(options) = self.takes else {
            return Some(self);
        };
        let found = options
            .iter()
            .find(|option| option.admits(&self.value.value));
        match found {
            Some(takes) => Self { takes, ..self }.pick(),
            None => self.mistyped(),
        }
    }

    /// Whether the value stands as a text, the short form of many tables.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.value.value, Value::Text(_))
    }

    pub(super) fn is_table(&self) -> bool {
        matches!(self.value.value, Value::Table(_))
    }

    pub(super) fn bool(self) -> Option<Spanned<bool>> {
        let Value::Bool(flag) = self.value.value else {
            return self.mistyped();
        };
        Some(self.spanned(flag))
    }

    pub(super) fn text(self) -> Option<Spanned<String>> {
        let text = self.written()?;
        if text.len() > MOST_TEXT {
            return self.refuse("longer than 4,096 bytes", "shorten it");
        }
        if text.contains(char::is_control) {
            return self.refuse("holds a control character", "remove it");
        }
        Some(self.spanned(text.to_owned()))
    }

    pub(super) fn name(self) -> Option<Spanned<String>> {
        let text = self.written()?;
        if !is_name(text) {
            return self.refuse(NAME_RULE, "rename it");
        }
        Some(self.spanned(text.to_owned()))
    }

    pub(super) fn tag(self) -> Option<Spanned<String>> {
        let text = self.written()?;
        if !is_tag(text) {
            return self.refuse(TAG_RULE, "rename it");
        }
        Some(self.spanned(text.to_owned()))
    }

    pub(super) fn integer(self) -> Option<Spanned<i64>> {
        let Takes::Integer(least, most) = *self.takes else {
            panic!("{} is specified as an integer", self.name);
        };
        let Value::Integer(number) = self.value.value else {
            return self.mistyped();
        };
        if number < least {
            return self.too_low(&format!("less than {least}"));
        }
        if number > most {
            return self.refuse(&format!("more than {most}"), "lower it");
        }
        Some(self.spanned(number))
    }

    /// An integer that its specification holds within the target's range.
    pub(super) fn count<N: TryFrom<i64>>(self) -> Option<Spanned<N>> {
        let number = self.integer()?;
        let narrow = N::try_from(number.value).ok();
        Some(number.map(|_| narrow.expect("the specified range fits the type")))
    }

    pub(super) fn number(self) -> Option<Spanned<f64>> {
        let Takes::Number(least, most, open) = *self.takes else {
            panic!("{} is specified as a number", self.name);
        };
        let number = match self.value.value {
            Value::Float(number) => number,
            #[expect(clippy::cast_precision_loss, reason = "the nearest double is meant")]
            Value::Integer(number) => number as f64,
            Value::Bool(_) | Value::Text(_) | Value::Date(_) | Value::List(_) | Value::Table(_) => {
                return self.mistyped();
            }
        };
        if number < least || (open && number <= least) {
            let rule = if open { "not above" } else { "less than" };
            return self.too_low(&format!("{rule} {least}"));
        }
        if number > most {
            return self.refuse(&format!("more than {most}"), "lower it");
        }
        // Negative zero would print, and so digest, as another number.
        Some(self.spanned(if number == 0.0 { 0.0 } else { number }))
    }

    pub(super) fn span(self) -> Option<Spanned<Span>> {
        let span = self.quantity(quantity::parse_span)?;
        if matches!(self.takes, Takes::Duration(true)) && span.value == Span::ZERO {
            return self.refuse("longer than zero is needed", "raise it");
        }
        Some(span)
    }

    pub(super) fn price(self) -> Option<Spanned<Price>> {
        self.quantity(quantity::parse_price)
    }

    pub(super) fn money(self) -> Option<Spanned<Money>> {
        self.quantity(quantity::parse_money)
    }

    pub(super) fn size(self) -> Option<Spanned<Bytes>> {
        self.quantity(quantity::parse_size)
    }

    /// Millionths.
    pub(super) fn percent(self) -> Option<Spanned<u32>> {
        self.quantity(quantity::parse_percent)
    }

    /// One of the specified words, by its position.
    pub(super) fn choice(self) -> Option<Spanned<usize>> {
        let Takes::Choice(words) = *self.takes else {
            panic!("{} is specified as a choice", self.name);
        };
        let written = self.written()?;
        let Some(at) = words.iter().position(|choice| choice.word == written) else {
            let known: Vec<_> = words.iter().map(|choice| choice.word).collect();
            return self.refuse("unknown", &suggestion(written, &known));
        };
        Some(self.spanned(at))
    }

    /// A kind and its parameters.
    pub(super) fn part(self) -> Option<Part> {
        let Takes::Part(seam) = *self.takes else {
            panic!("{} is specified as a part", self.name);
        };
        if self.is_text() {
            let kind = self.name()?;
            let params = Vec::new();
            return self.known(seam, Part { kind, params });
        }
        let key = seam.key();
        let Some(table) = self.value.value.as_table() else {
            return self.mistyped();
        };
        let Some(kind) = table.get(key) else {
            return self.refuse(&format!("has no {key}"), &format!("add {key} = \"NAME\""));
        };
        let takes = &Takes::Name;
        let kind = Item {
            name: key,
            takes,
            value: kind,
            ..self
        }
        .name()?;
        let params = table.entries.iter().filter(|(name, _)| name.value != key);
        let params = params.cloned().collect();
        self.known(seam, Part { kind, params })
    }

    /// The part, unless the registry refuses it.
    fn known(self, seam: Seam, part: Part) -> Option<Part> {
        let reasons = check_part(seam, &part, self.cx.registry);
        let sound = reasons.is_empty();
        for reason in reasons {
            self.cx.refuse(reason);
        }
        sound.then_some(part)
    }

    /// The entries of a list, each to be read.
    pub(super) fn list(self) -> Option<Vec<Item<'a>>> {
        let Takes::List(takes) = self.takes else {
            panic!("{} is specified as a list", self.name);
        };
        let Value::List(entries) = &self.value.value else {
            return self.mistyped();
        };
        Some(
            entries
                .iter()
                .map(|value| Item {
                    takes,
                    value,
                    ..self
                })
                .collect(),
        )
    }

    /// The entries of a table whose keys are the writer's, each to be read.
    pub(super) fn map(self) -> Option<Vec<(&'a Spanned<String>, Item<'a>)>> {
        let Takes::Map(takes) = self.takes else {
            panic!("{} is specified as a map", self.name);
        };
        let Value::Table(table) = &self.value.value else {
            return self.mistyped();
        };
        let entry = |(key, value): &'a (Spanned<String>, Spanned<Value>)| {
            let name = key.value.as_str();
            (
                key,
                Item {
                    name,
                    takes,
                    value,
                    ..self
                },
            )
        };
        Some(table.entries.iter().map(entry).collect())
    }

    /// The fields of a table.
    pub(super) fn table(self) -> Option<Fields<'a>> {
        let Takes::Table(spec) = self.takes else {
            panic!("{} is specified as a table", self.name);
        };
        let Value::Table(table) = &self.value.value else {
            return self.mistyped();
        };
        Some(Fields::new(spec, (table, self.value.place), self.cx))
    }

    /// The fields of each table of an array; an entry that is none is refused and left out.
    pub(super) fn tables(self) -> Option<Vec<Fields<'a>>> {
        let Takes::Tables(spec) = self.takes else {
            panic!("{} is specified as an array of tables", self.name);
        };
        let Some(entries) = self.value.value.as_list() else {
            return self.mistyped();
        };
        let read = |value: &'a Spanned<Value>| match value.value.as_table() {
            Some(table) => Some(Fields::new(spec, (table, value.place), self.cx)),
            None => Item { value, ..self }.mistyped(),
        };
        Some(entries.iter().filter_map(read).collect())
    }

    /// Refuses the value: what it breaks and what to do.
    pub(super) fn refuse<T>(&self, rule: &str, remedy: &str) -> Option<T> {
        let shown = format!("{} = {}", quoted(self.name), brief(&self.value.value));
        let reason = Diagnostic::new(self.value.place, shown, rule);
        self.cx.refuse(reason.or(remedy));
        None
    }

    pub(super) fn mistyped<T>(&self) -> Option<T> {
        let remedy = format!("write {}", self.takes.expected());
        self.refuse(
            &format!("{} cannot stand here", self.value.value.noun()),
            &remedy,
        )
    }

    pub(super) fn spanned<T>(&self, value: T) -> Spanned<T> {
        Spanned::new(value, self.value.place)
    }

    pub(super) fn written(&self) -> Option<&'a str> {
        match self.value.value.as_text() {
            Some(text) => Some(text),
            None => self.mistyped(),
        }
    }

    fn quantity<T>(self, parse: impl Fn(&str) -> Result<T, &'static str>) -> Option<Spanned<T>> {
        match parse(self.written()?) {
            Ok(quantity) => Some(self.spanned(quantity)),
            Err(rule) => self.refuse(rule, &format!("write {}", self.takes.expected())),
        }
    }

    fn too_low<T>(&self, otherwise: &str) -> Option<T> {
        let (rule, remedy) = self.bound.unwrap_or((otherwise, "raise it"));
        self.refuse(rule, remedy)
    }
}

/// All of them, or `None` when one was refused: each is read, so that each says what is wrong.
pub(super) fn every<T>(read: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    let read: Vec<_> = read.collect();
    read.into_iter().collect()
}

/// A value as a message quotes it.
pub(super) fn brief(value: &Value) -> String {
    match value {
        Value::Bool(flag) => flag.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Text(text) => format!("\"{}\"", quoted(text)),
        Value::Date(text) => quoted(text),
        Value::List(entries) if entries.is_empty() => "[]".into(),
        Value::List(_) => "[...]".into(),
        Value::Table(_) => "{...}".into(),
    }
}

impl Takes {
    /// Whether a value of this type, whatever its content, may stand here.
    fn admits(&self, value: &Value) -> bool {
        match self {
            Self::Bool => matches!(value, Value::Bool(_)),
            Self::Text
            | Self::Name
            | Self::Tag
            | Self::Duration(_)
            | Self::Price
            | Self::Money
            | Self::Size
            | Self::Percent
            | Self::Timezone
            | Self::Choice(_)
            | Self::File
            | Self::Folder => matches!(value, Value::Text(_)),
            Self::Integer(..) => matches!(value, Value::Integer(_)),
            Self::Number(..) => matches!(value, Value::Integer(_) | Value::Float(_)),
            Self::Moment => matches!(value, Value::Date(_) | Value::Text(_)),
            Self::Part(_) => matches!(value, Value::Text(_) | Value::Table(_)),
            Self::List(_) | Self::Tables(_) | Self::Steps(_) => matches!(value, Value::List(_)),
            Self::Table(_) | Self::Map(_) => matches!(value, Value::Table(_)),
            Self::Either(options) => options.iter().any(|option| option.admits(value)),
            Self::Raw => true,
        }
    }
}
