//! `requests` of a service: a generator, a file of requests, or a file of rates.

use sim_core::units::Span;
use traces::requests::{Reads, Then, formats};

use super::super::fields::{Fields, Item};
use super::super::place::Spanned;
use super::super::service::{CurveSpec, RequestLogSpec, RequestsSpec};
use super::super::spec::{Choice, KeySpec, TableSpec, Takes};
use super::super::value::Part;
use super::workload::MOST;

pub(super) static FILE: TableSpec = TableSpec::closed(
    "requests",
    "A file of requests, and the part of it that is used; or a file of rates (`rate-curve-csv`), which are met at random instants \
     by requests as the parameters of every generator say: length, input, output, classes, contents, turns and the others.",
    &[
        KeySpec::new(
            "format",
            Takes::Name,
            "Its format; `windtunnel list formats` names them.",
        )
        .required(),
        KeySpec::new("file", Takes::File, "The file.").required(),
        KeySpec::new(
            "from",
            Takes::Duration(false),
            "Requests before this time of the file are left out; it becomes time zero.",
        )
        .default("\"0s\""),
        KeySpec::new(
            "until",
            Takes::Duration(true),
            "Requests from this time of the file on are left out.",
        )
        .default("none"),
        KeySpec::new(
            "limit",
            Takes::Integer(1, 100_000_000),
            "At most so many requests, the earliest.",
        )
        .default("all"),
        KeySpec::new(
            "scale",
            Takes::Number(0.0, MOST, true),
            "Requests come this many times as fast.",
        )
        .default("1.0")
        .bound(
            "a scale is above 0 and at most 1e6",
            "write a number in that range",
        ),
        KeySpec::new(
            "lenient",
            Takes::Bool,
            "Bad rows are counted and dropped instead of ending the import.",
        )
        .default("false"),
        KeySpec::new(
            "keep",
            Takes::Choice(&KEEPS),
            "What is kept of a file of rates.",
        )
        .default("\"counts\""),
        KeySpec::new(
            "then",
            Takes::Choice(&THENS),
            "What comes after the last of a file of rates.",
        )
        .default("\"stop\""),
    ],
)
.open();

static FILES: Takes = Takes::Table(&FILE);

static KEEPS: [Choice; 2] = [
    Choice::new(
        "counts",
        "Each bucket has as many requests as the file says.",
    ),
    Choice::new("rate", "The rate, by which each bucket has more or fewer."),
];

static THENS: [Choice; 3] = [
    Choice::new("repeat", "The file begins again."),
    Choice::new("hold", "The last rate stays."),
    Choice::new("stop", "Nothing comes any more."),
];

/// Keys of files of requests alone, and of files of rates alone.
const LOGS: [&str; 5] = ["from", "until", "limit", "scale", "lenient"];
const CURVES: [&str; 2] = ["keep", "then"];

pub(super) fn decode(item: Item<'_>) -> Option<RequestsSpec> {
    let written = item.value.value.as_table();
    let is_file = written.is_some_and(|table| table.get("model").is_none());
    if !is_file {
        return item.pick()?.part().map(RequestsSpec::Model);
    }
    let takes = &FILES;
    let fields = Item { takes, ..item }.table()?;
    let format = fields.item("format").and_then(Item::name);
    let file = fields.item("file").and_then(Item::file);
    let (format, file) = (format?, file?);
    let mut known = formats().iter();
    let known = known.find(|known| known.name == format.value);
    if known.is_some_and(|known| matches!(known.reads, Reads::Rates(_))) {
        none_of(&fields, &LOGS, "is of files of requests")?;
        return curve(&fields, (format, file)).map(RequestsSpec::Curve);
    }
    none_of(&fields, &CURVES, "is of files of rates")?;
    let strangers = fields.others();
    for (key, _) in &strangers {
        fields.cx.refuse(fields.unknown(key));
    }
    let log = log(&fields, (format, file));
    log.filter(|_| strangers.is_empty()).map(RequestsSpec::Log)
}

/// Refuses keys that mean nothing here.
pub(super) fn none_of(fields: &Fields<'_>, keys: &[&str], rule: &str) -> Option<()> {
    let stray = keys
        .iter()
        .find_map(|key| Some((fields.key_place(key)?, key)));
    match stray {
        Some((place, key)) => {
            fields.refuse(place, key, rule, "remove it");
            None
        }
        None => Some(()),
    }
}

type File = (Spanned<String>, Spanned<super::super::path::DataPath>);

fn log(fields: &Fields<'_>, (format, file): File) -> Option<RequestLogSpec> {
    let from = fields.optional("from", Item::span);
    let until = fields.optional("until", Item::span);
    let limit = fields.optional("limit", Item::count);
    let scale = fields
        .item("scale")
        .map_or(Some(1.0), |item| Some(item.number()?.value));
    let lenient = fields
        .item("lenient")
        .map_or(Some(false), |item| Some(item.bool()?.value));
    let (from, until) = (from?, until?);
    let start = from.map_or(Span::ZERO, |from| from.value);
    if let Some(until) = until.filter(|until| until.value <= start) {
        let remedy = "raise it or lower from";
        fields.refuse(until.place, "until", "not after from", remedy);
        return None;
    }
    Some(RequestLogSpec {
        format,
        file,
        from: start,
        until: until.map_or(Span::MAX, |until| until.value),
        limit: limit?.map(|limit| limit.value),
        scale: scale?,
        lenient: lenient?,
    })
}

fn curve(fields: &Fields<'_>, (format, file): File) -> Option<CurveSpec> {
    let keep = fields
        .item("keep")
        .map_or(Some(0), |item| Some(item.choice()?.value));
    let then = fields
        .item("then")
        .map_or(Some(2), |item| Some(item.choice()?.value));
    let params = Part {
        kind: format.clone(),
        params: fields.others(),
    };
    Some(CurveSpec {
        format,
        file,
        counted: keep? == 0,
        then: [Then::Repeat, Then::Hold, Then::Stop][then?],
        params,
    })
}
