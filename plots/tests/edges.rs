//! Whatever data comes, a figure is drawn or refused with its place; nothing panics.

use plots::figure::bars::{Bar, Bars};
use plots::figure::cdf::{Cdf, Of, Sample, TimeScale};
use plots::figure::gantt::{Allocation, Gantt, Row};
use plots::figure::panels::{Panel, Panels, Stretch};
use plots::figure::scatter::{Point, Scatter};
use plots::figure::stack::{self, Part, Stack};
use plots::figure::timeline::{Backdrop, BandPoint, Course, Flags, Timeline, Track};
use plots::figure::{Estimate, Heading, Measure, Unit};
use plots::{Drawing, PlotError};
use proptest::prelude::*;

fn heading(title: &str) -> Heading {
    Heading {
        title: title.to_owned(),
        subtitle: Some("exact on this trace".to_owned()),
    }
}

fn measure(unit: Unit) -> Measure {
    Measure {
        title: "Level".to_owned(),
        unit,
    }
}

/// Every kind of figure over the same series; a value is a duration, a level, and a place.
#[expect(clippy::too_many_lines, reason = "one kind of figure after the other")]
fn all(series: &[(String, Vec<f64>)], unit: &Unit) -> Vec<Result<Drawing, PlotError>> {
    let first = |values: &[f64]| Estimate::exact(values.first().copied().unwrap_or(0.0));
    let each = || series.iter().enumerate();
    let cdf = |scale| Cdf {
        heading: heading("Distribution"),
        duration: "Wait".to_owned(),
        of: Of::default(),
        scale,
        series: each()
            .map(|(position, (name, values))| Sample {
                name: name.clone(),
                position,
                values_s: values.iter().map(|v| v.abs()).collect(),
            })
            .collect(),
    };
    let tracks = each().map(|(position, (name, values))| {
        let mut times: Vec<f64> = values.clone();
        times.sort_by(f64::total_cmp);
        let points: Vec<(f64, f64)> = times.into_iter().zip(values.iter().copied()).collect();
        let band = points.iter().map(|(at_s, level)| BandPoint {
            at_s: *at_s,
            low: *level,
            high: *level,
        });
        Track {
            name: name.clone(),
            position,
            band: band.collect(),
            points,
            end_s: None,
            ..Track::default()
        }
    });
    let timeline = Timeline {
        heading: heading("Timeline"),
        measure: measure(unit.clone()),
        tracks: tracks.collect(),
    };
    let bars = each().map(|(position, (name, values))| Bar {
        name: name.clone(),
        position,
        estimate: first(values),
        bound: values.last().copied(),
    });
    let bars = Bars {
        heading: heading("Bars"),
        measure: measure(unit.clone()),
        bars: bars.collect(),
        baseline: Some(0),
    };
    let points = each().map(|(position, (name, values))| Point {
        name: name.clone(),
        position,
        x: first(values),
        y: Estimate::exact(values.last().copied().unwrap_or(0.0)),
    });
    let scatter = Scatter {
        heading: heading("Scatter"),
        x: measure(unit.clone()),
        y: measure(Unit::Share),
        points: points.collect(),
    };
    vec![
        cdf(TimeScale::Log).draw(),
        cdf(TimeScale::Linear).draw(),
        timeline.draw(),
        bars.draw(),
        scatter.draw(),
        gantt(series).draw(),
        stack(series, unit).draw(),
        panels(series).draw(),
    ]
}

/// A stretch a value, one after the other.
fn panels(series: &[(String, Vec<f64>)]) -> Panels {
    let stretches = |values: &[f64]| {
        let mut at_s = 0.0;
        let stretch = values.iter().map(|value| {
            let from_s = at_s;
            at_s += 1.0;
            Stretch {
                from_s,
                to_s: at_s,
                p50_s: value.abs() / 2.0,
                p95_s: value.abs(),
                p99_s: value.abs(),
            }
        });
        stretch.collect()
    };
    let panel = |(position, (name, values)): (usize, &(String, Vec<f64>))| Panel {
        name: name.clone(),
        position,
        stretches: stretches(values),
        promises_s: values.iter().take(1).map(|value| value.abs()).collect(),
    };
    Panels {
        heading: heading("Panels"),
        duration: "Latency".to_owned(),
        panels: series.iter().enumerate().map(panel).collect(),
        promise: "promise".to_owned(),
        backdrop: Some(Backdrop {
            name: series.first().map_or_else(String::new, |own| own.0.clone()),
            shares: vec![(0.0, 0.5), (1.0, 1.0)],
            common: true,
        }),
    }
}

/// As many parts as the longest series has values; the sum is told as if it were exact.
fn stack(series: &[(String, Vec<f64>)], unit: &Unit) -> Stack {
    let longest = series.iter().map(|(_, values)| values.len()).max();
    let longest = longest.unwrap_or(0).min(50);
    let row = |(name, values): &(String, Vec<f64>)| {
        let mut values: Vec<f64> = values.iter().copied().take(longest).collect();
        values.resize(longest, 0.0);
        stack::Row {
            name: name.clone(),
            total: Estimate::exact(values.iter().sum()),
            values,
            note: "−3 %".to_owned(),
        }
    };
    Stack {
        heading: heading("Stack"),
        measure: measure(unit.clone()),
        parts: (0..longest)
            .map(|at| Part {
                name: format!("part {at}"),
                look: at,
            })
            .collect(),
        rows: series.iter().map(row).collect(),
    }
}

fn gantt(series: &[(String, Vec<f64>)]) -> Gantt {
    let allocations = series.iter().flat_map(|(name, values)| {
        values.windows(2).take(100).map(|pair| Allocation {
            row: 0,
            lanes: vec![0, 2],
            job: name.clone(),
            state: 1,
            kind: 0,
            start_s: pair[0].min(pair[1]),
            end_s: pair[0].max(pair[1]),
        })
    });
    Gantt {
        heading: heading("Gantt"),
        rows: vec![Row {
            name: "node".to_owned(),
            lanes: 3,
        }],
        states: vec!["working".to_owned(), "restoring".to_owned()],
        kinds: Vec::new(),
        allocations: allocations.collect(),
    }
}

fn named(values: &[&[f64]]) -> Vec<(String, Vec<f64>)> {
    let name = |i: usize| format!("policy-{i}");
    values
        .iter()
        .enumerate()
        .map(|(i, v)| (name(i), v.to_vec()))
        .collect()
}

/// Draws all figures and checks that each is sound.
fn drawn(series: &[(String, Vec<f64>)]) -> Vec<Drawing> {
    let units = [
        Unit::One,
        Unit::Seconds,
        Unit::Share,
        Unit::Named("USD".to_owned()),
    ];
    let drawings = units.iter().flat_map(|unit| all(series, unit));
    let drawings: Vec<Drawing> = drawings.map(|d| d.expect("it can be drawn")).collect();
    for drawing in &drawings {
        assert!(drawing.svg.starts_with("<svg ") && drawing.svg.ends_with("</svg>\n"));
        assert!(
            !drawing.svg.contains("NaN") && !drawing.svg.contains("inf"),
            "{}",
            drawing.svg
        );
        assert!(!drawing.svg.contains(" id="));
    }
    drawings
}

#[test]
fn little_or_no_data_is_drawn() {
    for series in [
        named(&[]),
        named(&[&[]]),
        named(&[&[], &[5.0]]),
        named(&[&[0.0]]),
        named(&[&[3.0], &[3.0], &[3.0]]),
        named(&[&[7.0; 50], &[7.0; 50]]),
    ] {
        for drawing in drawn(&series) {
            assert!(drawing.png().expect("it renders").starts_with(b"\x89PNG"));
        }
    }
    assert!(
        Cdf::default()
            .draw()
            .expect("drawn")
            .svg
            .contains("No data")
    );
}

#[test]
fn a_level_seen_once_is_still_seen() {
    let track = Track {
        points: vec![(5.0, 0.5)],
        ..Track::default()
    };
    let timeline = Timeline {
        heading: heading("Once"),
        measure: measure(Unit::Share),
        tracks: vec![track],
    };
    assert!(timeline.draw().expect("drawn").svg.contains("<circle"));
}

#[test]
fn huge_and_tiny_ranges_are_drawn() {
    for series in [
        named(&[&[1e-300, 1e100]]),
        named(&[&[-1e100, 1e100]]),
        named(&[&[1e9, 1e9 + 1e-6]]),
        named(&[&[1e-12, 2e-12, 5e-11]]),
        named(&[&[0.0, 1e-9, 1e12]]),
        named(&[&[5e-324, 0.0]]),
    ] {
        drawn(&series);
    }
}

#[test]
fn numbers_that_are_none_are_refused_with_their_place() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e200] {
        for result in all(&named(&[&[1.0, 2.0], &[bad, bad]]), &Unit::One) {
            let words = result.expect_err("it cannot be drawn").to_string();
            assert!(words.contains("policy-1"), "{words}");
        }
    }
}

#[test]
fn what_contradicts_itself_is_refused() {
    let sample = Sample {
        values_s: vec![-1.0],
        ..Sample::default()
    };
    let negative = Cdf {
        series: vec![sample],
        ..Cdf::default()
    };
    assert!(matches!(negative.draw(), Err(PlotError::Negative { .. })));
    let track = |points: &[(f64, f64)], band: &[BandPoint]| Timeline {
        heading: heading(""),
        measure: measure(Unit::One),
        tracks: vec![Track {
            points: points.to_vec(),
            band: band.to_vec(),
            ..Track::default()
        }],
    };
    let backwards = track(&[(2.0, 0.0), (1.0, 0.0)], &[]).draw();
    assert!(matches!(backwards, Err(PlotError::Unsorted { .. })));
    let crossed = BandPoint {
        at_s: 0.0,
        low: 2.0,
        high: 1.0,
    };
    let crossed = track(&[], &[crossed]).draw();
    assert!(matches!(crossed, Err(PlotError::Interval { .. })));
    let mut chart = gantt(&named(&[&[1.0, 2.0]]));
    chart.allocations[0].lanes = vec![3];
    assert!(matches!(chart.draw(), Err(PlotError::OutOfRange { .. })));
    chart.rows[0].lanes = usize::MAX;
    assert!(matches!(chart.draw(), Err(PlotError::TooMany { .. })));
}

#[test]
fn twenty_series_with_long_and_hostile_names_are_drawn() {
    let hostile = "<script>alert(1)</script>\u{1b}[31m\0\u{202e}\"'&]]>";
    let series: Vec<(String, Vec<f64>)> = (0..20_u32)
        .map(|i| {
            (
                format!("{hostile}{}-{i}", "x".repeat(100)),
                vec![f64::from(i), 5.0],
            )
        })
        .collect();
    for drawing in drawn(&series) {
        assert!(!drawing.svg.contains("<script"));
        let allowed = |c: char| c == '\n' || !c.is_control();
        assert!(drawing.svg.chars().all(allowed));
        assert!(!drawing.svg.contains('\u{202e}'));
        drawing.png().expect("it renders");
    }
}

#[test]
fn cells_of_the_csv_cannot_be_formulas() {
    let series = vec![("=HYPERLINK(1)".to_owned(), vec![-1.0, 2.0, 3.0])];
    for drawing in drawn(&series) {
        for line in drawing
            .csv
            .split("\r\n")
            .skip(1)
            .filter(|line| !line.is_empty())
        {
            assert!(!line.starts_with('='), "{line}");
            assert!(
                !line.contains("'-") && line.contains("'=HYPERLINK(1)"),
                "{line}"
            );
        }
    }
}

#[test]
fn the_same_data_gives_the_same_bytes() {
    let series = named(&[&[1.0, 60.0, 3_600.0, 0.0], &[2.0, 90.0]]);
    let (once, again) = (drawn(&series), drawn(&series));
    assert_eq!(once, again);
    assert_eq!(once[0].png().expect("png"), again[0].png().expect("png"));
}

#[test]
fn large_series_stay_small_and_keep_their_extremes() {
    let mut values: Vec<f64> = (0..100_000_u32)
        .map(|i| f64::from(i % 1_009) + 1.0)
        .collect();
    values[77_777] = 123_456.0;
    let points = (0_u32..)
        .map(f64::from)
        .zip(values.iter().copied())
        .collect();
    let timeline = Timeline {
        heading: heading("Long"),
        measure: measure(Unit::One),
        tracks: vec![Track {
            points,
            ..Track::default()
        }],
    };
    let drawing = timeline.draw().expect("drawn");
    assert!(drawing.csv.lines().count() <= 2_001);
    assert!(drawing.csv.contains(",77777,123456"));
    assert!(drawing.svg.len() < 60_000, "{}", drawing.svg.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_numbers_are_drawn_or_refused(
        values in proptest::collection::vec(
            proptest::collection::vec(prop_oneof![any::<f64>(), -1e6_f64..1e6, 0.0..1.0_f64], 0..6),
            0..5,
        )
    ) {
        let series: Vec<(String, Vec<f64>)> =
            values.into_iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect();
        for drawing in all(&series, &Unit::Seconds).into_iter().flatten() {
            prop_assert!(!drawing.svg.contains("NaN"));
        }
    }

    #[test]
    fn any_name_is_shown_safely(name in any::<String>()) {
        let series = vec![(name, vec![1.0, 2.0])];
        for drawing in all(&series, &Unit::One).into_iter().flatten() {
            prop_assert!(drawing.png().is_ok());
        }
    }
}

#[test]
fn a_stack_keeps_parts_below_zero_left_of_it_and_writes_every_part() {
    let row = |values: &[f64]| stack::Row {
        name: "spot".to_owned(),
        values: values.to_vec(),
        total: Estimate::within(80.0, 70.0, 90.0),
        note: "baseline".to_owned(),
    };
    let part = |name: &str, look| Part {
        name: name.to_owned(),
        look,
    };
    let stack = |values: &[f64]| Stack {
        heading: heading("Where the money went"),
        measure: measure(Unit::Named("USD".to_owned())),
        parts: vec![part("work", 0), part("idle", 6), part("credit", 11)],
        rows: vec![row(values)],
    };
    let drawn = stack(&[60.0, 30.0, -10.0]).draw().unwrap();
    assert_eq!(
        drawn.csv,
        "series,part,value,low,high\r\nspot,work,60,,\r\nspot,idle,30,,\r\nspot,credit,-10,,\r\n\
         spot,total,80,70,90\r\n"
    );
    assert!(drawn.svg.contains("60.0 (67 %)"), "{}", drawn.svg);
    assert!(drawn.svg.contains("80.0 ± 10.0"));
    assert!(matches!(
        stack(&[60.0]).draw(),
        Err(PlotError::Ragged {
            row: 0,
            cells: 1,
            columns: 3
        })
    ));
    assert!(matches!(
        stack(&[60.0, f64::NAN, 1.0]).draw(),
        Err(PlotError::NotDrawable { .. })
    ));
}

#[test]
fn a_flag_stands_on_its_curve_and_a_sum_goes_straight() {
    let track = |at_s: Vec<f64>| Timeline {
        heading: heading("Spend"),
        measure: measure(Unit::Named("USD".to_owned())),
        tracks: vec![Track {
            name: "spot".to_owned(),
            points: vec![(0.0, 0.0), (10.0, 100.0)],
            course: Course::Straight,
            flags: Some(Flags {
                name: "odd day".to_owned(),
                at_s,
            }),
            backdrop: Some(Backdrop {
                common: false,
                name: "machines to be had".to_owned(),
                shares: vec![(0.0, 1.0), (4.0, 0.25)],
            }),
            ..Track::default()
        }],
    };
    let drawn = track(vec![5.0, 10.0]).draw().unwrap();
    assert!(
        drawn.csv.contains("spot,flag,5,50\r\nspot,flag,10,100"),
        "{}",
        drawn.csv
    );
    assert!(drawn.csv.contains("spot,backdrop,4,0.25"), "{}", drawn.csv);
    assert!(drawn.svg.contains("machines to be had"));
    assert!(drawn.svg.contains("odd day"));
    assert!(!track(Vec::new()).draw().unwrap().svg.contains("odd day"));
    assert!(matches!(
        track(vec![7.0, 5.0]).draw(),
        Err(PlotError::Unsorted { .. })
    ));
}

#[test]
fn panels_run_by_ratio_beyond_two_decades_and_break_where_nothing_is_known() {
    let stretch = |from_s: f64, p50_s: f64, p99_s: f64| Stretch {
        from_s,
        to_s: from_s + 10.0,
        p50_s,
        p95_s: p99_s,
        p99_s,
    };
    let of = |stretches: Vec<Stretch>| Panels {
        heading: heading("Latency"),
        duration: "Latency".to_owned(),
        panels: vec![Panel {
            name: "fifo".to_owned(),
            position: 0,
            stretches,
            promises_s: vec![2.0],
        }],
        promise: "promise: 2 s".to_owned(),
        backdrop: None,
    };
    let even = of(vec![stretch(0.0, 0.5, 40.0), stretch(10.0, 0.6, 3.0)]);
    let even = even.draw().expect("sound");
    assert!(even.svg.contains("Latency (s)"));
    assert!(even.svg.contains("promise: 2 s"));
    // What the pointer shows is that of the stretch it is on.
    for told in [
        "fifo, 0 s to 10.00 s\nmedian: 500.0 ms\n95th percentile: 40.00 s",
        "fifo, 10.00 s to 20.00 s\nmedian: 600.0 ms\n95th percentile: 3.000 s",
    ] {
        assert!(even.svg.contains(told), "{told}: {}", even.svg);
    }
    let lines: Vec<&str> = even.csv.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "series,curve,from_s,to_s,value",
            "fifo,promise,,,2",
            "fifo,p50,0,10,0.5"
        ]
    );
    assert_eq!(lines.len(), 1 + 1 + 3 * 2);
    let wide = of(vec![stretch(0.0, 0.1, 40.0), stretch(10.0, 0.6, 3.0)]);
    assert!(
        wide.draw()
            .expect("sound")
            .svg
            .contains("Latency (log scale)")
    );
    // Each of the two lines, and of the areas, has as many pieces as there are runs.
    let bands = |panels: &Panels| {
        panels
            .draw()
            .expect("sound")
            .svg
            .matches("fill-opacity")
            .count()
    };
    let broken = of(vec![stretch(0.0, 0.5, 4.0), stretch(20.0, 0.6, 3.0)]);
    assert_eq!((bands(&wide), bands(&broken)), (1, 2));
    // What is no percentile, or no course of time, is refused.
    assert!(of(vec![stretch(0.0, 5.0, 4.0)]).draw().is_err());
    assert!(of(vec![stretch(0.0, -1.0, 4.0)]).draw().is_err());
    assert!(
        of(vec![stretch(5.0, 1.0, 4.0), stretch(10.0, 1.0, 4.0)])
            .draw()
            .is_err()
    );
}

#[test]
fn kinds_of_jobs_have_colours_and_a_key() {
    let mut chart = gantt(&named(&[&[1.0, 2.0, 3.0]]));
    let by_job = chart.draw().expect("sound");
    chart.kinds = vec!["chat".to_owned(), "search".to_owned()];
    chart.allocations[1].kind = 1;
    let by_kind = chart.draw().expect("sound");
    assert!(!by_job.svg.contains("search") && by_kind.svg.contains("search"));
    assert_eq!(by_job.csv, by_kind.csv);
    chart.allocations[1].kind = 2;
    assert!(chart.draw().is_err());
}
