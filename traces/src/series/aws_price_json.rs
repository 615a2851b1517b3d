//! `aws-price-history-json`: what the provider's own client prints of its spot prices.

use std::fmt;
use std::io::Read;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use sim_core::units::Price;

use super::gather::price;
use super::json::{AsToken, Json, Token};
use super::pools::Records;
use super::{Evidence, Format, Options, Pool, Reads, Series};
use crate::error::{Refused, Rule};
use crate::reader::{Source, labelled, with_offset};

pub(super) const FORMAT: Format = Format {
    name: "aws-price-history-json",
    doc: "changes of spot prices as `aws ec2 describe-spot-price-history` prints them",
    origin: "Amazon EC2 API reference, DescribeSpotPriceHistory",
    columns: "SpotPriceHistory (AvailabilityZone, InstanceType, ProductDescription, SpotPrice, \
              Timestamp), [NextToken]",
    options: &["pool"],
    evidence: Evidence::Documentation,
    reads: Reads {
        prices: Some(read),
        pools: Some(pools),
        ..Reads::NONE
    },
};

/// Newest first or in any order. A price stands until the next record of its pool; two prices at
/// one instant are an error, one price stated twice (pages overlap) is not.
fn read(source: Source<'_>, options: &Options) -> Result<Series<Price>, Refused> {
    let file = source.name();
    let history = history(source, &options.pool)?;
    let mut series = history.records.finish(&file)?;
    if history.more {
        series.notes.push(String::from(
            "NextToken says that older records are on further pages",
        ));
    }
    Ok(series)
}

fn pools(source: Source<'_>, options: &Options) -> Result<Vec<(Pool, u64)>, Refused> {
    Ok(history(source, &options.pool)?.records.into_pools())
}

struct History {
    records: Records,
    more: bool,
}

fn history(source: Source<'_>, asked: &Pool) -> Result<History, Refused> {
    let read = |json: &Json, bytes: &mut dyn Read| {
        let mut input = serde_json::Deserializer::from_reader(bytes);
        let history = Root { json, asked }.deserialize(&mut input)?;
        input.end()?;
        Ok(history)
    };
    Ok(Json::read(source, read)?)
}

/// The whole file.
struct Root<'a> {
    json: &'a Json,
    asked: &'a Pool,
}

impl<'de> DeserializeSeed<'de> for Root<'_> {
    type Value = History;
    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<History, D::Error> {
        input.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Root<'_> {
    type Value = History;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with SpotPriceHistory")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<History, A::Error> {
        let json = self.json;
        let mut found = false;
        let mut history = History {
            records: Records::new(self.asked),
            more: false,
        };
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "SpotPriceHistory" => {
                    found = true;
                    let records = &mut history.records;
                    map.next_value_seed(List { json, records })?;
                }
                "NextToken" => {
                    let token = map.next_value_seed(AsToken(json))?;
                    history.more = !token.text.is_empty() && token.text != "null";
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if !found {
            let rule = Rule::new("this key is missing", "check that it is such a history");
            return Err(json.refuse_here("SpotPriceHistory", rule));
        }
        Ok(history)
    }
}

/// Takes the records one by one, so that memory holds one at a time beside those asked for.
struct List<'a> {
    json: &'a Json,
    records: &'a mut Records,
}

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { json, records } = self;
        while list
            .next_element_seed(Record {
                json,
                records: &mut *records,
            })?
            .is_some()
        {}
        Ok(())
    }
}

struct Record<'a> {
    json: &'a Json,
    records: &'a mut Records,
}

impl<'de> DeserializeSeed<'de> for Record<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_map(self)
    }
}

/// The fields of a record, in the order of the documentation.
const FIELDS: [&str; 5] = [
    "AvailabilityZone",
    "InstanceType",
    "ProductDescription",
    "SpotPrice",
    "Timestamp",
];

impl<'de> Visitor<'de> for Record<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record of a price")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { json, records } = self;
        let mut fields: [Option<Token>; 5] = Default::default();
        while let Some(key) = map.next_key::<String>()? {
            let Some(field) = FIELDS.iter().position(|name| *name == key) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            fields[field] = Some(map.next_value_seed(AsToken(json))?);
        }
        if let Some(missing) = fields.iter().position(Option::is_none) {
            let rule = Rule::new(
                "a record has this field",
                "fill it in, or delete the record",
            );
            return Err(json.refuse_here(FIELDS[missing], rule));
        }
        let tokens = fields.map(|token| token.expect("none is missing"));
        let refuse = |field: usize, rule: Rule| json.refuse(FIELDS[field], &tokens[field], rule);
        let name = |field: usize| {
            let name = labelled(&tokens[field].text).map(str::to_owned);
            name.map_err(|rule| refuse(field, rule))
        };
        let pool = Pool {
            zone: name(0)?,
            instance: name(1)?,
            product: name(2)?,
        };
        let price = price(&tokens[3].text).map_err(|rule| refuse(3, rule))?;
        let at = with_offset(&tokens[4].text).map_err(|rule| refuse(4, rule))?;
        let taken = records.take(pool, (at, price), tokens[3].place());
        taken.map_err(|rule| refuse(0, rule))
    }
}
