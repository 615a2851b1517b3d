//! Figures as Vega-Lite specifications, their data inside, for whoever wants to look closer, restyle or join them.
//!
//! A specification shows what the picture shows, in the colours of the picture; where the picture chooses units and breaks axes, it
//! leaves that to the viewer and gives seconds as seconds.

use serde_json::{Value, json};

use super::bars::Bars;
use super::cdf::{Cdf, Of, TimeScale};
use super::cloud::Cloud;
use super::curves::Curves;
use super::gantt::Gantt;
use super::panels::Panels;
use super::ranks::Ranks;
use super::scatter::Scatter;
use super::stack::Stack;
use super::timeline::{Course, Timeline};
use super::{Heading, Measure, Unit};
use crate::ink::palette::{Rgb, color};
use crate::ink::paper::Hex;

/// The version of the language.
const SCHEMA: &str = "https://vega.github.io/schema/vega-lite/v6.json";

/// A specification: a heading, the rows of the figure's CSV, and how they are shown.
fn spec(heading: &Heading, (csv, numbers): (&str, &[&str]), view: Value) -> String {
    let parse: serde_json::Map<String, Value> = numbers
        .iter()
        .map(|column| ((*column).to_owned(), "number".into()))
        .collect();
    let mut spec = json!({
        "$schema": SCHEMA,
        "title": { "text": heading.title, "anchor": "start" },
        "data": { "values": csv, "format": { "type": "csv", "parse": parse } },
    });
    if let Some(subtitle) = &heading.subtitle {
        spec["title"]["subtitle"] = subtitle.as_str().into();
    }
    if let (Value::Object(spec), Value::Object(view)) = (&mut spec, view) {
        spec.extend(view);
    }
    format!("{spec:#}\n")
}

/// A column of numbers on an axis.
fn number(field: &str, measure: &Measure) -> Value {
    let mut channel = json!({ "field": field, "type": "quantitative" });
    let title = &measure.title;
    channel["title"] = match &measure.unit {
        Unit::Share => {
            channel["axis"] = json!({ "format": "%" });
            title.as_str().into()
        }
        Unit::Seconds => format!("{title} (s)").into(),
        Unit::Named(unit) => format!("{title} ({unit})").into(),
        Unit::One => title.as_str().into(),
    };
    channel
}

fn seconds(field: &str, title: &str) -> Value {
    let measure = Measure {
        title: title.to_owned(),
        unit: Unit::Seconds,
    };
    number(field, &measure)
}

/// A column of names, in the order of the figure.
fn names<'a>(field: &str, names: impl IntoIterator<Item = &'a str>) -> Value {
    let order: Vec<&str> = names.into_iter().collect();
    json!({ "field": field, "type": "nominal", "title": null, "sort": order })
}

/// Colours by name, those of the picture.
fn colors<'a>(field: &str, named: impl IntoIterator<Item = (&'a str, Rgb)>) -> Value {
    let named = named.into_iter();
    let (domain, range): (Vec<&str>, Vec<String>) = named
        .map(|(name, rgb)| (name, Hex(rgb).to_string()))
        .unzip();
    let scale = json!({ "domain": domain, "range": range });
    json!({ "field": field, "type": "nominal", "title": null, "scale": scale })
}

fn keep(condition: &str) -> Value {
    json!([{ "filter": condition }])
}

impl Bars {
    pub(super) fn vega(&self, csv: &str) -> String {
        let all = self.bars.iter();
        let row = names("series", all.clone().map(|bar| bar.name.as_str()));
        let mut colors = colors(
            "series",
            all.map(|bar| (bar.name.as_str(), color(bar.position))),
        );
        colors["legend"] = Value::Null;
        let mut view = json!({
            "height": { "step": 27 },
            "encoding": { "y": row },
            "layer": [
                {
                    "mark": { "type": "bar", "tooltip": true },
                    "encoding": { "x": number("value", &self.measure), "color": colors },
                },
                {
                    "mark": "rule",
                    "transform": keep("isValid(datum.low)"),
                    "encoding": { "x": { "field": "low", "type": "quantitative" }, "x2": { "field": "high" } },
                },
            ],
        });
        if let Value::Array(layers) = &mut view["layer"]
            && self.bars.iter().any(|bar| bar.bound.is_some())
        {
            layers.push(json!({
                "mark": { "type": "tick", "thickness": 2, "size": 27, "color": "black", "tooltip": true },
                "transform": keep("isValid(datum.bound)"),
                "encoding": { "x": { "field": "bound", "type": "quantitative" } },
            }));
        }
        let numbers = ["value", "low", "high", "bound"];
        spec(&self.heading, (csv, &numbers), view)
    }
}

impl Cdf {
    pub(super) fn vega(&self, csv: &str) -> String {
        let of = match self.of {
            Of::Jobs => "Share of jobs",
            Of::Requests => "Share of requests",
        };
        let share = Measure {
            title: of.to_owned(),
            unit: Unit::Share,
        };
        let mut x = seconds("value_s", &self.duration);
        if self.scale == TimeScale::Log {
            // By ratio, but zero has its place.
            x["scale"] = json!({ "type": "symlog" });
        }
        let series = self.series.iter();
        let view = json!({
            "mark": { "type": "line", "interpolate": "step-after", "tooltip": true },
            "width": 560,
            "encoding": {
                "x": x,
                "y": number("share_at_most", &share),
                "color": colors("series", series.map(|own| (own.name.as_str(), color(own.position)))),
            },
        });
        spec(&self.heading, (csv, &["value_s", "share_at_most"]), view)
    }
}

impl Timeline {
    pub(super) fn vega(&self, csv: &str) -> String {
        let tracks = self.tracks.iter();
        let straight = self
            .tracks
            .iter()
            .any(|track| track.course == Course::Straight);
        let joined = if straight { "linear" } else { "step-after" };
        let view = json!({
            "width": 560,
            "encoding": {
                "x": seconds("at_s", "Time"),
                "y": number("value", &self.measure),
                "color": colors("series", tracks.map(|own| (own.name.as_str(), color(own.position)))),
            },
            "layer": [
                {
                    "transform": keep("datum.curve == 'low' || datum.curve == 'high'"),
                    "mark": { "type": "line", "interpolate": joined, "strokeDash": [3, 3], "strokeWidth": 1 },
                    "encoding": { "detail": { "field": "curve", "type": "nominal" } },
                },
                {
                    "transform": keep("datum.curve == 'value'"),
                    "mark": { "type": "line", "interpolate": joined, "tooltip": true },
                },
                {
                    "transform": keep("datum.curve == 'flag'"),
                    "mark": { "type": "point", "filled": true, "tooltip": true },
                },
            ],
        });
        spec(&self.heading, (csv, &["at_s", "value"]), view)
    }
}

impl Stack {
    pub(super) fn vega(&self, csv: &str) -> String {
        let parts = self.parts.iter();
        let view = json!({
            "transform": keep("datum.part != 'total'"),
            "mark": { "type": "bar", "tooltip": true },
            "height": { "step": 42 },
            "encoding": {
                "y": names("series", self.rows.iter().map(|row| row.name.as_str())),
                "x": number("value", &self.measure),
                "color": colors("part", parts.map(|own| (own.name.as_str(), color(own.look)))),
            },
        });
        spec(&self.heading, (csv, &["value", "low", "high"]), view)
    }
}

impl Scatter {
    pub(super) fn vega(&self, csv: &str) -> String {
        let points = self.points.iter();
        let colors = colors(
            "series",
            points.map(|own| (own.name.as_str(), color(own.position))),
        );
        let plain = |field: &str| json!({ "field": field, "type": "quantitative" });
        let view = json!({
            "width": 560,
            "height": 360,
            "encoding": { "x": number("x", &self.x), "y": number("y", &self.y) },
            "layer": [
                {
                    "transform": keep("datum.on_front == 'yes'"),
                    "mark": { "type": "line", "strokeDash": [4, 3], "color": "#888888" },
                },
                {
                    "transform": keep("isValid(datum.x_low)"),
                    "mark": "rule",
                    "encoding": { "x": plain("x_low"), "x2": { "field": "x_high" }, "color": colors },
                },
                {
                    "transform": keep("isValid(datum.y_low)"),
                    "mark": "rule",
                    "encoding": { "y": plain("y_low"), "y2": { "field": "y_high" }, "color": colors },
                },
                {
                    "mark": { "type": "point", "filled": true, "size": 80, "tooltip": true },
                    "encoding": { "color": colors },
                },
            ],
        });
        let numbers = ["x", "x_low", "x_high", "y", "y_low", "y_high"];
        spec(&self.heading, (csv, &numbers), view)
    }
}

impl Curves {
    pub(super) fn vega(&self, csv: &str) -> String {
        let curves = self.curves.iter();
        let named = curves.map(|own| (own.name.as_str(), color(own.position)));
        let view = json!({
            "width": 560,
            "height": 300,
            "mark": { "type": "line", "point": true, "tooltip": true },
            "encoding": {
                "x": number("x", &self.x),
                "y": number("y", &self.y),
                "color": colors("series", named),
            },
        });
        spec(&self.heading, (csv, &["x", "y"]), view)
    }
}

impl Cloud {
    pub(super) fn vega(&self, csv: &str) -> String {
        let groups = self.groups.iter();
        let colors = colors(
            "series",
            groups.map(|own| (own.name.as_str(), color(own.position))),
        );
        let view = json!({
            "width": 560,
            "height": 360,
            "encoding": { "x": number("x", &self.x), "y": number("y", &self.y) },
            "layer": [
                {
                    "transform": keep("datum.on_front == 'yes'"),
                    "mark": { "type": "line", "interpolate": "step-after", "strokeDash": [4, 3], "color": "#888888" },
                },
                {
                    "transform": keep("datum.on_front == 'no'"),
                    "mark": { "type": "point", "filled": true, "size": 16, "tooltip": { "content": "data" } },
                    "encoding": { "color": colors },
                },
                {
                    "transform": keep("datum.on_front == 'yes'"),
                    "mark": { "type": "point", "filled": true, "size": 80, "tooltip": { "content": "data" } },
                    "encoding": { "color": colors },
                },
            ],
        });
        spec(&self.heading, (csv, &["x", "y"]), view)
    }
}

impl Gantt {
    pub(super) fn vega(&self, csv: &str) -> String {
        let colored = json!({ "field": "job", "type": "nominal", "legend": null });
        // The first state is at work; what is not is paler.
        let inks = (0..self.states.len()).map(|state| if state == 0 { 1.0 } else { 0.5 });
        let inks: Vec<f64> = inks.collect();
        let view = json!({
            "transform": [{ "calculate": "datum.node + ' / ' + datum.lane", "as": "gpu" }],
            "mark": { "type": "bar", "tooltip": { "content": "data" } },
            "width": 560,
            "height": { "step": 12 },
            "encoding": {
                "y": { "field": "gpu", "type": "nominal", "title": null, "sort": null },
                "x": seconds("start_s", "Time"),
                "x2": { "field": "end_s" },
                "color": colored,
                "opacity": {
                    "field": "state",
                    "type": "nominal",
                    "scale": { "domain": self.states, "range": inks },
                },
            },
        });
        spec(&self.heading, (csv, &["lane", "start_s", "end_s"]), view)
    }
}

impl Ranks {
    pub(super) fn vega(&self, csv: &str) -> String {
        let measure = Measure {
            title: "Mean rank".to_owned(),
            unit: Unit::One,
        };
        let mut x = number("rank", &measure);
        x["scale"] = json!({ "domain": [self.places.len(), 1], "nice": false });
        let order = self.order();
        let all = order.iter().map(|at| &self.places[*at]);
        let named = all
            .clone()
            .map(|own| (own.name.as_str(), color(own.position)));
        let mut colors = colors("series", named);
        colors["legend"] = Value::Null;
        let view = json!({
            "width": 560,
            "height": { "step": 22 },
            "encoding": { "y": names("series", all.map(|own| own.name.as_str())), "x": x },
            "layer": [
                {
                    "transform": keep("datum.kind == 'alike'"),
                    "mark": { "type": "rule", "strokeWidth": 4, "color": "#5a5a5a" },
                    "encoding": { "x2": { "field": "to" } },
                },
                {
                    "transform": keep("datum.kind == 'policy'"),
                    "mark": { "type": "point", "filled": true, "size": 80, "tooltip": true },
                    "encoding": { "color": colors },
                },
            ],
        });
        spec(&self.heading, (csv, &["rank", "to"]), view)
    }
}

impl Panels {
    pub(super) fn vega(&self, csv: &str) -> String {
        let mut panel = names(
            "series",
            self.panels.iter().map(|panel| panel.name.as_str()),
        );
        panel["columns"] = 2.into();
        let curves = [("p50", color(0)), ("p95", color(1)), ("p99", color(2))];
        let view = json!({
            "transform": keep("datum.curve == 'p50' || datum.curve == 'p95' || datum.curve == 'p99'"),
            "mark": { "type": "line", "interpolate": "step-after", "tooltip": true },
            "width": 280,
            "height": 160,
            "encoding": {
                "facet": panel,
                "x": seconds("from_s", "Time"),
                "y": seconds("value", &self.duration),
                "color": colors("curve", curves),
            },
        });
        spec(&self.heading, (csv, &["from_s", "to_s", "value"]), view)
    }
}

#[cfg(test)]
mod tests;
