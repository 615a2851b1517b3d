//! Parameters of a policy part: declared once, checked against the declaration, read with their defaults.

use std::collections::BTreeMap;
use std::fmt;

use sim_core::units::{Span, convert};

/// A value as a scenario gives it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Float(f64),
    /// A text.
    Text(String),
    /// A list of texts.
    Texts(Vec<String>),
}

/// What a parameter may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Domain {
    /// A duration above zero, such as `"6m"`.
    Span,
    /// A whole number in this range, ends included.
    Count(u32, u32),
    /// A number in this range, ends included.
    Ratio(f64, f64),
    /// `true` or `false`.
    Flag,
    /// A list of any of these.
    Subset(&'static [&'static str]),
    /// One of these.
    Word(&'static [&'static str]),
    /// A duration, or `"never"`.
    Patience,
    /// A list of durations above zero, none shorter than the one before.
    Spans,
    /// A time of day, such as `"08:30"`.
    TimeOfDay,
    /// A list of names of fleets of the scenario.
    Fleets,
    /// A list of names of budgets of the scenario.
    Budgets,
    /// A list of names of sets of replicas of the scenario's services.
    Sets,
}

/// A parameter: its name, what it may be, what it is when nothing is said, and what it does.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Name in the scenario.
    pub name: &'static str,
    /// What it may be.
    pub domain: Domain,
    /// What it is when nothing is said, as it would be written.
    pub default: &'static str,
    /// What it does.
    pub doc: &'static str,
}

impl Param {
    /// A parameter, in the order in which one reads of it.
    pub const fn new(
        name: &'static str,
        domain: Domain,
        default: &'static str,
        doc: &'static str,
    ) -> Self {
        Self {
            name,
            domain,
            default,
            doc,
        }
    }
}

/// Why a parameter is refused.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamError {
    /// Name of the parameter.
    pub name: String,
    /// The value given, as text; empty if the name is at fault.
    pub value: String,
    /// The rule it breaks.
    pub rule: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for ParamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.value.is_empty() {
            return write!(f, "{}: {}; {}", self.name, self.rule, self.remedy);
        }
        write!(
            f,
            "{} = {}: {}; {}",
            self.name, self.value, self.rule, self.remedy
        )
    }
}

impl std::error::Error for ParamError {}

/// Parameters that have been checked against their declaration.
#[derive(Clone, Debug, Default)]
pub struct Params {
    declared: &'static [Param],
    given: BTreeMap<String, Value>,
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Integer(integer) => write!(f, "{integer}"),
            Self::Float(float) => write!(f, "{float}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Texts(texts) => write!(f, "{texts:?}"),
        }
    }
}

impl Params {
    /// Checks `given` against `declared`.
    ///
    /// # Errors
    /// All that is wrong, at once.
    pub fn check(
        declared: &'static [Param],
        given: &[(String, Value)],
    ) -> Result<Self, Vec<ParamError>> {
        let mut errors = Vec::new();
        for (name, value) in given {
            match declared.iter().find(|param| param.name == name) {
                None => errors.push(unknown(name, declared)),
                Some(param) => {
                    let breaks = param.domain.breach(value);
                    errors.extend(breaks.map(|rule| ParamError {
                        name: name.clone(),
                        value: value.to_string(),
                        rule,
                        remedy: format!("write for example {name} = {}", param.default),
                    }));
                }
            }
        }
        if errors.is_empty() {
            let given = given.iter().cloned().collect();
            Ok(Self { declared, given })
        } else {
            Err(errors)
        }
    }

    fn default_of(&self, name: &str) -> &'static str {
        let param = self.declared.iter().find(|param| param.name == name);
        param.expect("a part reads what it declares").default
    }

    /// Whether there is such a parameter.
    pub fn declares(&self, name: &str) -> bool {
        self.declared.iter().any(|param| param.name == name)
    }

    /// A duration.
    pub fn span(&self, name: &str) -> Span {
        let text = self.text(name);
        text.parse().expect("checked, and defaults are well formed")
    }

    /// A whole number.
    pub fn count(&self, name: &str) -> u32 {
        match self.given.get(name) {
            Some(Value::Integer(integer)) => u32::try_from(*integer).expect("checked"),
            Some(_) | None => self
                .default_of(name)
                .parse()
                .expect("defaults are well formed"),
        }
    }

    /// A number.
    pub fn ratio(&self, name: &str) -> f64 {
        match self.given.get(name) {
            Some(Value::Float(float)) => *float,
            Some(Value::Integer(integer)) => f64::from(i32::try_from(*integer).expect("checked")),
            Some(_) | None => self
                .default_of(name)
                .parse()
                .expect("defaults are well formed"),
        }
    }

    /// A number, in millionths.
    pub fn millionths(&self, name: &str) -> u32 {
        let millionths = convert::floor(self.ratio(name) * 1e6 + 0.5);
        u32::try_from(millionths).unwrap_or(u32::MAX)
    }

    /// A duration; none if it never ends.
    pub fn patience(&self, name: &str) -> Option<Span> {
        self.text(name).parse().ok()
    }

    /// Durations, none shorter than the one before.
    pub fn spans(&self, name: &str) -> Vec<Span> {
        let span = |text: &String| text.parse().expect("checked, and defaults are well formed");
        self.subset(name).iter().map(span).collect()
    }

    /// A time of day, in seconds.
    pub fn second_of_day(&self, name: &str) -> u32 {
        second_of_day(self.text(name)).expect("checked, and defaults are well formed")
    }

    /// One of several words.
    pub fn word(&self, name: &str) -> &str {
        self.text(name)
    }

    fn text(&self, name: &str) -> &str {
        match self.given.get(name) {
            Some(Value::Text(text)) => text,
            Some(_) | None => self.default_of(name).trim_matches('"'),
        }
    }

    /// Yes or no.
    pub fn flag(&self, name: &str) -> bool {
        match self.given.get(name) {
            Some(Value::Flag(flag)) => *flag,
            Some(_) | None => self.default_of(name) == "true",
        }
    }

    /// Some of several words, in the order given.
    pub fn subset(&self, name: &str) -> Vec<String> {
        if let Some(Value::Texts(texts)) = self.given.get(name) {
            return texts.clone();
        }
        let words = self.default_of(name).trim_matches(['[', ']']).split(',');
        let words = words.map(|word| word.trim().trim_matches('"').to_owned());
        words.filter(|word| !word.is_empty()).collect()
    }
}

impl Domain {
    /// The rule that `value` breaks, if it breaks one.
    fn breach(self, value: &Value) -> Option<String> {
        match (self, value) {
            (Self::Span, Value::Text(text)) => match text.parse::<Span>() {
                Ok(span) if span > Span::ZERO => None,
                Ok(_) => Some("a duration here is above zero".to_owned()),
                Err(error) => Some(error.to_string()),
            },
            (Self::Span, _) => Some("a duration is a text with a unit".to_owned()),
            (Self::Count(low, high), Value::Integer(integer))
                if (i64::from(low)..=i64::from(high)).contains(integer) =>
            {
                None
            }
            (Self::Count(low, high), _) => Some(format!("a whole number from {low} to {high}")),
            (Self::Ratio(low, high), Value::Float(float)) if (low..=high).contains(float) => None,
            (Self::Ratio(low, high), Value::Integer(integer))
                if i32::try_from(*integer)
                    .is_ok_and(|integer| (low..=high).contains(&f64::from(integer))) =>
            {
                None
            }
            (Self::Ratio(low, high), _) => Some(format!("a number from {low} to {high}")),
            (Self::Flag, Value::Flag(_))
            | (Self::Fleets | Self::Budgets | Self::Sets, Value::Texts(_)) => None,
            (Self::Flag, _) => Some("true or false".to_owned()),
            (Self::Subset(words), Value::Texts(texts))
                if texts.iter().all(|text| words.contains(&text.as_str())) =>
            {
                None
            }
            (Self::Word(words), Value::Text(text)) if words.contains(&text.as_str()) => None,
            (Self::Word(words), _) => Some(format!("one of {}", words.join(", "))),
            (Self::Subset(words), _) => Some(format!("a list of any of {}", words.join(", "))),
            (Self::Patience, Value::Text(text)) if text == "never" => None,
            (Self::Patience, Value::Text(text)) => {
                text.parse::<Span>().err().map(|error| error.to_string())
            }
            (Self::Patience, _) => Some("a text: a duration, or \"never\"".to_owned()),
            (Self::Spans, Value::Texts(texts)) if are_rising(texts) => None,
            (Self::Spans, _) => {
                Some("a list of durations above zero, none shorter than the one before".to_owned())
            }
            (Self::TimeOfDay, Value::Text(text)) if second_of_day(text).is_some() => None,
            (Self::TimeOfDay, _) => Some("a time of day from \"00:00\" to \"23:59\"".to_owned()),
            (Self::Fleets | Self::Budgets | Self::Sets, _) => Some("a list of names".to_owned()),
        }
    }
}

/// Whether these are durations above zero, none shorter than the one before.
fn are_rising(texts: &[String]) -> bool {
    let spans: Result<Vec<Span>, _> = texts.iter().map(|text| text.parse::<Span>()).collect();
    spans.is_ok_and(|spans| spans.first() != Some(&Span::ZERO) && spans.is_sorted())
}

/// The second of the day at which a clock shows `HH:MM`.
fn second_of_day(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |part: &str, below: u32| {
        let two = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        let number: u32 = part.parse().ok().filter(|_| two)?;
        (number < below).then_some(number)
    };
    Some(digits(hours, 24)? * 3600 + digits(minutes, 60)? * 60)
}

fn unknown(name: &str, declared: &'static [Param]) -> ParamError {
    let names: Vec<&str> = declared.iter().map(|param| param.name).collect();
    let remedy = if names.is_empty() {
        "remove it: this part takes no parameters".to_owned()
    } else {
        format!("it takes {}", names.join(", "))
    };
    ParamError {
        name: name.to_owned(),
        value: String::new(),
        rule: "no such parameter".to_owned(),
        remedy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECLARED: &[Param] = &[
        Param::new("quantum", Domain::Span, "\"6m\"", ""),
        Param::new("depth", Domain::Count(1, 100), "10", ""),
        Param::new(
            "market",
            Domain::Subset(&["owned", "on-demand"]),
            "[\"on-demand\"]",
            "",
        ),
    ];

    #[test]
    fn what_is_not_said_has_its_default() {
        let params =
            Params::check(DECLARED, &[("depth".to_owned(), Value::Integer(7))]).expect("sound");
        assert_eq!(params.span("quantum"), Span::from_secs(360));
        assert_eq!(params.count("depth"), 7);
        assert_eq!(params.subset("market"), ["on-demand"]);
    }

    #[test]
    fn a_list_of_durations_rises_from_above_zero() {
        let rising = |texts: &[&str]| {
            let texts = texts.iter().map(|text| (*text).to_owned()).collect();
            Domain::Spans.breach(&Value::Texts(texts)).is_none()
        };
        assert!(rising(&[]) && rising(&["5m", "5m", "1h"]));
        assert!(!rising(&["0s", "1h"]) && !rising(&["1h", "5m"]) && !rising(&["5"]));
    }

    #[test]
    fn a_time_of_day_is_four_digits() {
        assert_eq!(second_of_day("08:30"), Some(30_600));
        assert_eq!(second_of_day("23:59"), Some(86_340));
        for wrong in ["8:30", "24:00", "08:60", "+8:30", "0830", "08:3", ""] {
            assert_eq!(second_of_day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn all_errors_are_told_at_once() {
        let given = [
            ("quantun".to_owned(), Value::Text("6m".to_owned())),
            ("depth".to_owned(), Value::Integer(0)),
            ("quantum".to_owned(), Value::Text("6 m".to_owned())),
        ];
        let errors = Params::check(DECLARED, &given).expect_err("three errors");
        assert_eq!(errors.len(), 3);
        assert_eq!(
            errors[0].to_string(),
            "quantun: no such parameter; it takes quantum, depth, market"
        );
        assert_eq!(
            errors[1].to_string(),
            "depth = 0: a whole number from 1 to 100; write for example depth = 10"
        );
    }
}
