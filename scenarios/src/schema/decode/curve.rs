//! Prices and availability over time.

use sim_core::units::{Price, Span};
use sim_core::world::ParameterError;
use sim_core::world::availability::UpDown;
use sim_core::world::price::{Auction, Jumps, Smoothed};
use traces::series::{After, ClockUnit, Options, Polarity, Pool, formats};

use super::super::curve::{NodeSource, PriceSource, SeriesSpec};
use super::super::fields::{Fields, Item, suggestion};
use super::super::fleet::Steps;
use super::super::place::Spanned;
use super::super::spec::{Choice, KeySpec, TableSpec, Takes};
use super::fleet::steps;
use super::fleet_keys::MOST_NODES;
use super::risk::{needed, of};

static AFTER: [Choice; 3] = [
    Choice::new("repeat", "It begins again."),
    Choice::new("hold", "Its last value stays."),
    Choice::new("error", "A run that gets there is refused."),
];

static POLARITY: [Choice; 2] = [
    Choice::new("available", "1: a machine can be had."),
    Choice::new("unavailable", "1: none can be had."),
];

static UNITS: [Choice; 4] = [
    Choice::new("seconds", "The file's clock counts seconds."),
    Choice::new("minutes", "Minutes."),
    Choice::new("hours", "Hours."),
    Choice::new("days", "Days."),
];

static PRICE_MODELS: [Choice; 3] = [
    Choice::new(
        "smoothed",
        "Small steps between a floor and the on-demand price, as since 2017.",
    ),
    Choice::new(
        "auction",
        "A low base with spikes up to ten times on demand, as before.",
    ),
    Choice::new("jumps", "A price that returns to its mean, and jumps."),
];

static NODE_MODELS: [Choice; 1] = [Choice::new("two-state", "All or none, in turns.")];

const FORMAT: KeySpec = KeySpec::new(
    "format",
    Takes::Name,
    "Format of the file; `windtunnel list formats` names them.",
);
const FILE: KeySpec = KeySpec::new("file", Takes::File, "A published series.");
const FROM: KeySpec = KeySpec::new(
    "from",
    Takes::Duration(false),
    "Where in the series the run begins.",
)
.default("its beginning");
const UNTIL: KeySpec = KeySpec::new(
    "until",
    Takes::Duration(true),
    "Where in the series the part that is used ends.",
)
.default("its end");
const AFTER_KEY: KeySpec = KeySpec::new(
    "after",
    Takes::Choice(&AFTER),
    "What is so when it is over.",
)
.default("repeat");

pub(super) static PRICE: TableSpec = TableSpec::closed(
    "price",
    "A price that changes: as steps, from a file, or by a model.",
    &[
        KeySpec::new(
            "steps",
            Takes::Steps(&Takes::Price),
            "Instants with the price from then on; the first is \"0h\".",
        ),
        FORMAT,
        FILE,
        FROM,
        UNTIL,
        AFTER_KEY,
        KeySpec::new("zone", Takes::Text, "Which pool of the file: its zone."),
        KeySpec::new("instance", Takes::Text, "Its instance type."),
        KeySpec::new(
            "product",
            Takes::Text,
            "Its product, such as \"Linux/UNIX\".",
        ),
        KeySpec::new(
            "model",
            Takes::Choice(&PRICE_MODELS),
            "A model, drawn for each seed.",
        ),
        KeySpec::new(
            "on-demand",
            Takes::Price,
            "What the machine costs on demand.",
        )
        .default("what the instance costs"),
        KeySpec::new("mean", Takes::Price, "Smoothed, jumps: the mean price.")
            .default("smoothed: 0.318 x on demand"),
        KeySpec::new("floor", Takes::Price, "Smoothed, jumps: the lowest price."),
        KeySpec::new("cap", Takes::Price, "Smoothed, jumps: the highest price."),
        KeySpec::new(
            "swing",
            Takes::Number(0.0, 10.0, false),
            "Jumps: times e^ of this at the peak of each day, e^- of it half a day later.",
        )
        .default("0.0"),
        KeySpec::new(
            "peak-hour",
            Takes::Number(0.0, 24.0, false),
            "Jumps: when a day's price is highest, in hours since the run began.",
        )
        .default("0.0"),
    ],
);

pub(super) static NODES: TableSpec = TableSpec::closed(
    "availability",
    "A number of nodes that changes: as steps, from a file, or by a model.",
    &[
        KeySpec::new(
            "steps",
            Takes::Steps(&Takes::Integer(0, MOST_NODES)),
            "Instants with the nodes from then on; the first is \"0h\".",
        ),
        FORMAT,
        FILE,
        FROM,
        UNTIL,
        AFTER_KEY,
        KeySpec::new(
            "polarity",
            Takes::Choice(&POLARITY),
            "What a 1 in the file means.",
        )
        .default("as published"),
        KeySpec::new(
            "unit",
            Takes::Choice(&UNITS),
            "Unit of the file's clock, where it states none.",
        ),
        KeySpec::new(
            "model",
            Takes::Choice(&NODE_MODELS),
            "A model, drawn for each seed.",
        ),
        KeySpec::new(
            "up",
            Takes::Duration(true),
            "Two-state: mean time with machines.",
        ),
        KeySpec::new(
            "down",
            Takes::Duration(true),
            "Two-state: mean time without.",
        ),
    ],
);

/// The ways to write a curve, each with the keys that go with it.
const WAYS: [(&str, &[&str]); 3] = [
    ("steps", &[]),
    (
        "file",
        &[
            "format", "from", "until", "after", "polarity", "unit", "zone", "instance", "product",
        ],
    ),
    (
        "model",
        &[
            "on-demand",
            "mean",
            "floor",
            "cap",
            "swing",
            "peak-hour",
            "up",
            "down",
        ],
    ),
];

/// The one way that is taken; keys of the others are refused.
fn way(fields: &Fields<'_>) -> Option<usize> {
    let taken = WAYS
        .iter()
        .position(|(way, _)| fields.key_place(way).is_some());
    let Some(taken) = taken else {
        let remedy = "write steps = ..., file = ... or model = ...";
        fields.refuse_here(fields.spec.title, "says nothing", remedy);
        return None;
    };
    for (other, (way, keys)) in WAYS.iter().enumerate().filter(|(at, _)| *at != taken) {
        let stray = std::iter::once(way).chain(keys.iter());
        for key in stray {
            if let Some(place) = fields.key_place(key) {
                let rule = format!("goes with {}, not with {}", WAYS[other].0, WAYS[taken].0);
                fields.refuse(place, key, &rule, "keep one of them");
                return None;
            }
        }
    }
    Some(taken)
}

/// A price; `own` is what the instance costs on demand, where that is known.
pub(super) fn price(item: Item<'_>, own: Option<Price>) -> Option<Spanned<PriceSource>> {
    let item = item.pick()?;
    if item.is_text() {
        let price = item.price()?;
        return Some(price.map(|price| PriceSource::Steps(Steps::constant(price))));
    }
    let fields = item.table()?;
    let source = match way(&fields)? {
        0 => {
            let read = |item: Item<'_>| Some(item.price()?.value);
            PriceSource::Steps(steps(fields.item("steps")?, read)?.value)
        }
        1 => {
            let text = |key| match fields.item(key) {
                Some(item) => item.text().map(|text| text.value),
                None => Some(String::new()),
            };
            let pool = Pool {
                zone: text("zone")?,
                instance: text("instance")?,
                product: text("product")?,
            };
            let options = Options {
                pool,
                ..Options::default()
            };
            PriceSource::Series(series(&fields, options, "prices")?)
        }
        _ => price_model(&fields, own)?,
    };
    Some(item.spanned(source))
}

/// Thousandths of an on-demand price that spot machines cost where nothing is said: $0.9731 of $3.06 for p3.2xlarge in 2022, the
/// prices of Wu et al., NSDI 2024.
const SPOT_SHARE_MILLI: u64 = 318;

fn price_model(fields: &Fields<'_>, own: Option<Price>) -> Option<PriceSource> {
    let model = fields.item("model")?.choice()?.value;
    let price = |key: &str| needed(fields, key, Item::price).map(|price| price.value);
    let bound = |key, otherwise: Price| match fields.item(key) {
        Some(item) => item.price().map(|price| price.value),
        None => Some(otherwise),
    };
    match model {
        0 => {
            let on_demand = match own.filter(|_| fields.key_place("on-demand").is_none()) {
                Some(own) => own,
                None => price("on-demand")?,
            };
            let usual = on_demand.nanousd_h() / 1000 * SPOT_SHARE_MILLI;
            let mean = bound("mean", Price::from_nanousd_h(usual)?)?;
            let made = Smoothed::new(on_demand, mean);
            let bounds = ["floor", "cap"].map(|key| fields.key_place(key).is_some());
            let made = if bounds == [false, false] {
                made
            } else {
                let floor = bound("floor", Price::ZERO)?;
                let cap = bound("cap", on_demand)?;
                made.and_then(|made| made.between(floor, cap))
            };
            of(fields, "mean", made).map(PriceSource::Smoothed)
        }
        1 => of(fields, "on-demand", Auction::new(price("on-demand")?)).map(PriceSource::Auction),
        _ => {
            let (floor, mean, cap) = (price("floor")?, price("mean")?, price("cap")?);
            let number = |key| match fields.item(key) {
                Some(item) => item.number().map(|number| number.value),
                None => Some(0.0),
            };
            let (swing, peak_hour) = (number("swing")?, number("peak-hour")?);
            let made = Jumps::new(floor, mean, cap).and_then(|made| made.daily(swing, peak_hour));
            of(fields, "mean", made).map(PriceSource::Jumps)
        }
    }
}

pub(super) fn nodes(item: Item<'_>) -> Option<Spanned<NodeSource>> {
    let fields = item.table()?;
    let source = match way(&fields)? {
        0 => {
            let read = |item: Item<'_>| Some(item.count()?.value);
            NodeSource::Steps(steps(fields.item("steps")?, read)?.value)
        }
        1 => {
            let polarity = fields.optional("polarity", Item::choice)?;
            let unit = fields.optional("unit", Item::choice)?;
            let polarities = [Polarity::Available, Polarity::Unavailable];
            let units = [
                ClockUnit::Seconds,
                ClockUnit::Minutes,
                ClockUnit::Hours,
                ClockUnit::Days,
            ];
            let options = Options {
                polarity: polarity.map(|word| polarities[word.value]),
                unit: unit.map(|word| units[word.value]),
                ..Options::default()
            };
            NodeSource::Series(series(&fields, options, "availability")?)
        }
        _ => {
            let span = |key: &str| needed(&fields, key, Item::span).map(|span| span.value);
            let (up, down) = (span("up"), span("down"));
            let made: Result<UpDown, ParameterError> = UpDown::markov(up?, down?);
            NodeSource::UpDown(of(&fields, "up", made)?)
        }
    };
    Some(item.spanned(source))
}

fn series(fields: &Fields<'_>, options: Options, what: &str) -> Option<SeriesSpec> {
    let format = needed(fields, "format", Item::name);
    let file = fields.item("file").and_then(Item::file);
    let from = match fields.item("from") {
        Some(item) => item.span().map(|span| span.value),
        None => Some(Span::ZERO),
    };
    let until = fields.optional("until", Item::span);
    let after = fields.optional("after", Item::choice);
    let format = format?;
    let reads = |format: &traces::series::Format| {
        if what == "prices" {
            format.reads.prices.is_some()
        } else {
            format.reads.availability.is_some()
        }
    };
    let known: Vec<&str> = formats()
        .iter()
        .filter(|format| reads(format))
        .map(|format| format.name)
        .collect();
    if !known.contains(&format.value.as_str()) {
        let rule = format!("no format of {what} has this name");
        fields.refuse(
            format.place,
            &format.value,
            &rule,
            &suggestion(&format.value, &known),
        );
        return None;
    }
    let (from, until) = (from?, until?);
    if let Some(until) = until.filter(|until| until.value <= from) {
        fields.refuse(until.place, "until", "not after from", "raise it");
        return None;
    }
    let after = after?.map_or(After::Repeat, |word| {
        [After::Repeat, After::Hold, After::Error][word.value]
    });
    Some(SeriesSpec {
        format,
        file: file?,
        options,
        from,
        until: until.map(|until| until.value),
        after,
    })
}
