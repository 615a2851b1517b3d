//! `skypilot-json`: availability sampled at a fixed gap, some files with the price of each sample.

use std::fmt;
use std::io::Read;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use sim_core::units::{Price, Span};

use super::gather::{nodes, price, sample};
use super::json::{AsToken, Json, Token};
use super::{Evidence, Format, MAX_RECORDS, Options, Polarity, Reads, Series};
use crate::error::{Refused, Rule};
use crate::reader::{Source, count, seconds};

pub(super) const FORMAT: Format = Format {
    name: "skypilot-json",
    doc: "machines that could be had, sampled at a fixed gap; some files with prices",
    origin: "github.com/skypilot-org/spot-traces; Wu et al., NSDI 2024",
    columns: "metadata (gap_seconds), data, [prices]",
    options: &["polarity"],
    evidence: Evidence::RealRows,
    reads: Reads {
        availability: Some(availability),
        prices: Some(prices),
        ..Reads::NONE
    },
};

/// Sample `i` is what one saw at `i x gap` and stands for the gap after it: the trace ends one gap
/// after its last sample. As published 1 = available; with `polarity = "unavailable"` 1 = not.
fn availability(source: Source<'_>, options: &Options) -> Result<Series<u32>, Refused> {
    let polarity = options.polarity.unwrap_or(Polarity::Available);
    let file = source.name();
    let trace = trace(source, polarity)?;
    series(&trace.data, trace.gap).map_err(|rule| rule.at(&file, (0, 0), "data").into())
}

/// One price per sample, in dollars an hour.
fn prices(source: Source<'_>, options: &Options) -> Result<Series<Price>, Refused> {
    let polarity = options.polarity.unwrap_or(Polarity::Available);
    let file = source.name();
    let trace = trace(source, polarity)?;
    let refuse = |rule: Rule| Refused::from(rule.at(&file, (0, 0), "prices"));
    let Some(prices) = trace.prices else {
        let rule = Rule::new("this trace has no prices", "state a price, or take another");
        return Err(refuse(rule));
    };
    if prices.samples != trace.data.samples {
        let rule = format!(
            "there is one price per sample: {} of {}",
            prices.samples, trace.data.samples
        );
        return Err(refuse(Rule::new(rule, "check for a truncated file")));
    }
    series(&prices, trace.gap).map_err(refuse)
}

/// Samples, runs of equal ones held as their first.
struct Samples<T> {
    runs: Vec<(u64, T)>,
    samples: u64,
}

struct Trace {
    gap: Span,
    data: Samples<u32>,
    prices: Option<Samples<Price>>,
}

fn series<T: Copy + Eq>(samples: &Samples<T>, gap: Span) -> Result<Series<T>, Rule> {
    let beyond = || Rule::new("is beyond 100 years", "check the gap");
    let mut steps = Vec::with_capacity(samples.runs.len());
    for &(index, value) in &samples.runs {
        steps.push((sample(index, gap).ok_or_else(beyond)?, value));
    }
    if steps.is_empty() {
        return Err(Rule::new(
            "there are no samples",
            "check that it is complete",
        ));
    }
    let end = sample(samples.samples, gap).ok_or_else(beyond)?;
    let mut series = Series::new(steps, end).expect("indices ascend from zero");
    series.gap = Some(gap);
    series.records = samples.samples;
    Ok(series)
}

fn trace(source: Source<'_>, polarity: Polarity) -> Result<Trace, Refused> {
    let read = |json: &Json, bytes: &mut dyn Read| {
        let mut input = serde_json::Deserializer::from_reader(bytes);
        let trace = Root { json, polarity }.deserialize(&mut input)?;
        input.end()?;
        Ok(trace)
    };
    Ok(Json::read(source, read)?)
}

fn machines(text: &str, polarity: Polarity) -> Result<u32, Rule> {
    match polarity {
        Polarity::Available => nodes(text),
        // How many more there could have been only a trace of one machine says.
        Polarity::Unavailable => match count(text, (0, 1)) {
            Ok(gone) => Ok(1 - gone),
            Err(_) => Err(Rule::new(
                "with polarity = \"unavailable\" a sample is 0 or 1",
                "correct it, or read it as available",
            )),
        },
    }
}

/// The whole file.
#[derive(Clone, Copy)]
struct Root<'a> {
    json: &'a Json,
    polarity: Polarity,
}

impl<'de> DeserializeSeed<'de> for Root<'_> {
    type Value = Trace;
    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Trace, D::Error> {
        input.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Root<'_> {
    type Value = Trace;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with metadata and data")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Trace, A::Error> {
        let (mut gap, mut data, mut prices) = (None, None, None);
        let twice = |key: &str| {
            let rule = Rule::new("a key stands once", "rename or delete one");
            self.json.refuse_here(key, rule)
        };
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "metadata" if gap.is_some() => return Err(twice(&key)),
                "data" if data.is_some() => return Err(twice(&key)),
                "prices" if prices.is_some() => return Err(twice(&key)),
                "metadata" => gap = Some(map.next_value_seed(Metadata(self.json))?),
                "data" => {
                    let parse = |text: &str| machines(text, self.polarity);
                    data = Some(map.next_value_seed(List(self.json, "data", &parse))?);
                }
                "prices" => {
                    prices = Some(map.next_value_seed(List(self.json, "prices", &price))?);
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let missing = |key: &str| {
            let rule = Rule::new("this key is missing", "check that it is such a trace");
            self.json.refuse_here(key, rule)
        };
        Ok(Trace {
            gap: gap.ok_or_else(|| missing("metadata"))?,
            data: data.ok_or_else(|| missing("data"))?,
            prices,
        })
    }
}

struct Metadata<'a>(&'a Json);

impl<'de> DeserializeSeed<'de> for Metadata<'_> {
    type Value = Span;
    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Span, D::Error> {
        input.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Metadata<'_> {
    type Value = Span;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with gap_seconds")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Span, A::Error> {
        let mut gap: Option<Token> = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == "gap_seconds" {
                gap = Some(map.next_value_seed(AsToken(self.0))?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        let Some(gap) = gap else {
            let rule = Rule::new("this key is missing", "state the seconds between samples");
            return Err(self.0.refuse_here("gap_seconds", rule));
        };
        let span = match seconds(&gap.text) {
            Ok(Span::ZERO) => Err(Rule::new("a gap is longer than nothing", "correct it")),
            read => read,
        };
        span.map_err(|rule| self.0.refuse("gap_seconds", &gap, rule))
    }
}

/// A list of samples, its name, and how to read one.
struct List<'a, T>(&'a Json, &'static str, &'a dyn Fn(&str) -> Result<T, Rule>);

impl<'de, T: Copy + Eq> DeserializeSeed<'de> for List<'_, T> {
    type Value = Samples<T>;
    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Samples<T>, D::Error> {
        input.deserialize_seq(self)
    }
}

impl<'de, T: Copy + Eq> Visitor<'de> for List<'_, T> {
    type Value = Samples<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of samples")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Samples<T>, A::Error> {
        let Self(json, name, parse) = self;
        let mut samples = Samples {
            runs: Vec::new(),
            samples: 0,
        };
        while let Some(token) = list.next_element_seed(AsToken(json))? {
            let named = || format!("{name}[{}]", samples.samples);
            let value = parse(&token.text).map_err(|rule| json.refuse(&named(), &token, rule))?;
            if samples.samples >= MAX_RECORDS {
                let rule = format!("a series has at most {MAX_RECORDS} records");
                return Err(json.refuse(&named(), &token, Rule::new(rule, "split the file")));
            }
            if samples.runs.last().is_none_or(|last| last.1 != value) {
                samples.runs.push((samples.samples, value));
            }
            samples.samples += 1;
        }
        Ok(samples)
    }
}
