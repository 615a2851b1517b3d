//! Specifications have the shape of the published schema: its marks, channels, types and transforms, and columns that are there.

use super::*;
use crate::figure::timeline::Track;
use crate::figure::{Estimate, bars, cdf, cloud, gantt, panels, ranks, scatter, stack};

/// Checks a view, and the views within it.
fn check(view: &Value, columns: &[String]) {
    const VIEW: [&str; 8] = [
        "encoding",
        "height",
        "layer",
        "mark",
        "transform",
        "width",
        "title",
        "data",
    ];
    const MARKS: [&str; 4] = ["bar", "line", "point", "rule"];
    let keys = view.as_object().expect("an object").keys();
    for key in keys.filter(|key| *key != "$schema") {
        assert!(VIEW.contains(&key.as_str()), "{key}");
    }
    assert!(view.get("mark").is_some() != view.get("layer").is_some());
    if let Some(mark) = view.get("mark") {
        let kind = mark.as_str().or(mark["type"].as_str()).expect("a kind");
        assert!(MARKS.contains(&kind), "{kind}");
    }
    let mut known = columns.to_vec();
    for transform in view["transform"].as_array().into_iter().flatten() {
        match (transform["filter"].as_str(), transform["as"].as_str()) {
            (Some(filter), None) => {
                let named = filter.split("datum.").skip(1);
                for rest in named {
                    let name: String = rest.chars().take_while(|c| is_part(*c)).collect();
                    assert!(known.contains(&name), "{filter}");
                }
            }
            (None, Some(made)) => known.push(made.to_owned()),
            other => panic!("{other:?}"),
        }
    }
    for (name, channel) in view["encoding"].as_object().into_iter().flatten() {
        check_channel(name, channel, &known);
    }
    for inner in view["layer"].as_array().into_iter().flatten() {
        check(inner, &known);
    }
}

fn is_part(c: char) -> bool {
    c.is_ascii_lowercase() || c == '_'
}

fn check_channel(name: &str, channel: &Value, known: &[String]) {
    const CHANNELS: [&str; 8] = ["x", "x2", "y", "y2", "color", "detail", "facet", "opacity"];
    assert!(CHANNELS.contains(&name), "{name}");
    let field = channel["field"].as_str().expect("a field");
    assert!(known.iter().any(|own| own == field), "{field}");
    // The other end of a range has the type of the first.
    if !name.ends_with('2') {
        let kind = channel["type"].as_str().expect("a type");
        assert!(["quantitative", "nominal"].contains(&kind), "{kind}");
    }
    if let Some(scale) = channel["scale"].as_object()
        && let (Some(domain), Some(range)) = (scale.get("domain"), scale.get("range"))
    {
        let count = |list: &Value| list.as_array().map(Vec::len);
        assert_eq!(count(domain), count(range), "{name}");
    }
}

fn sound(drawing: &crate::Drawing) -> Value {
    let spec: Value = serde_json::from_str(&drawing.vega).expect("JSON");
    assert_eq!(spec["$schema"], SCHEMA);
    assert_eq!(spec["data"]["values"], drawing.csv);
    let head = drawing.csv.lines().next().expect("a head");
    let columns: Vec<String> = head.split(',').map(str::to_owned).collect();
    let parse = &spec["data"]["format"]["parse"];
    for column in parse.as_object().expect("columns").keys() {
        assert!(columns.contains(column), "{column}");
    }
    check(&spec, &columns);
    spec
}

fn heading() -> Heading {
    Heading {
        title: "A \"title\"".to_owned(),
        subtitle: Some("20 seeds".to_owned()),
    }
}

fn measure() -> Measure {
    Measure {
        title: "Cost".to_owned(),
        unit: Unit::Named("USD".to_owned()),
    }
}

#[test]
fn every_figure_of_policies_has_a_specification_of_the_published_shape() {
    let estimate = Estimate::within(2.0, 1.0, 3.0);
    let names = ["fifo".to_owned(), "las".to_owned()];
    let bars = bars::Bars {
        heading: heading(),
        measure: measure(),
        bars: names
            .iter()
            .enumerate()
            .map(|(position, name)| bars::Bar {
                name: name.clone(),
                position,
                estimate,
                bound: None,
            })
            .collect(),
        baseline: Some(0),
    };
    let spec = sound(&bars.draw().expect("drawn"));
    assert_eq!(spec["title"]["text"], "A \"title\"");
    assert_eq!(spec["layer"][0]["encoding"]["x"]["title"], "Cost (USD)");
    let points = names.iter().enumerate();
    let scatter = scatter::Scatter {
        heading: heading(),
        x: measure(),
        y: measure(),
        points: points
            .map(|(position, name)| scatter::Point {
                name: name.clone(),
                position,
                x: estimate,
                y: estimate,
            })
            .collect(),
    };
    sound(&scatter.draw().expect("drawn"));
    let stack = stack::Stack {
        heading: heading(),
        measure: measure(),
        parts: vec![stack::Part {
            name: "idle".to_owned(),
            look: 1,
        }],
        rows: vec![stack::Row {
            name: "fifo".to_owned(),
            values: vec![2.0],
            total: estimate,
            note: String::new(),
        }],
    };
    sound(&stack.draw().expect("drawn"));
}

#[test]
fn every_figure_of_a_sweep_has_a_specification_of_the_published_shape() {
    let cloud = cloud::Cloud {
        heading: heading(),
        x: measure(),
        y: measure(),
        groups: vec![cloud::Group {
            name: "fifo".to_owned(),
            position: 0,
            points: vec![cloud::Point {
                name: "8".to_owned(),
                x: 1.0,
                y: 2.0,
            }],
        }],
    };
    sound(&cloud.draw().expect("drawn"));
    let ranked = [("fifo", 1.25), ("las", 1.75)].into_iter().enumerate();
    let ranks = ranks::Ranks {
        heading: heading(),
        places: ranked
            .map(|(position, (name, rank))| ranks::Place {
                name: name.to_owned(),
                position,
                rank,
            })
            .collect(),
        critical_difference: 0.8,
        alike: vec![(0, 1)],
    };
    sound(&ranks.draw().expect("drawn"));
}

#[test]
fn every_figure_over_time_has_a_specification_of_the_published_shape() {
    let cdf = cdf::Cdf {
        heading: heading(),
        series: vec![cdf::Sample {
            name: "fifo".to_owned(),
            position: 0,
            values_s: vec![0.0, 1.0, 10.0],
        }],
        ..cdf::Cdf::default()
    };
    let spec = sound(&cdf.draw().expect("drawn"));
    assert_eq!(spec["encoding"]["x"]["scale"]["type"], "symlog");
    let timeline = Timeline {
        heading: heading(),
        measure: measure(),
        tracks: vec![Track {
            name: "fifo".to_owned(),
            points: vec![(0.0, 1.0), (5.0, 2.0)],
            ..Track::default()
        }],
    };
    sound(&timeline.draw().expect("drawn"));
    let gantt = gantt::Gantt {
        heading: heading(),
        rows: vec![gantt::Row {
            name: "node".to_owned(),
            lanes: 2,
        }],
        states: vec!["working".to_owned(), "loading".to_owned()],
        allocations: vec![gantt::Allocation {
            lanes: vec![0, 1],
            job: "7".to_owned(),
            end_s: 3.0,
            ..gantt::Allocation::default()
        }],
        ..gantt::Gantt::default()
    };
    sound(&gantt.draw().expect("drawn"));
    let panels = panels::Panels {
        heading: heading(),
        duration: "Latency".to_owned(),
        panels: vec![panels::Panel {
            name: "fifo".to_owned(),
            stretches: vec![panels::Stretch {
                to_s: 1.0,
                p50_s: 1.0,
                p95_s: 2.0,
                p99_s: 3.0,
                ..panels::Stretch::default()
            }],
            ..panels::Panel::default()
        }],
        ..panels::Panels::default()
    };
    sound(&panels.draw().expect("drawn"));
}
