//! Writes every kind of figure and a report, from made-up data, into a folder given as argument.

mod page;

use std::error::Error;
use std::path::Path;

use plots::figure::bars::{Bar, Bars};
use plots::figure::cdf::{Cdf, Of, Sample, TimeScale};
use plots::figure::gantt::{Allocation, Gantt, Row};
use plots::figure::scatter::{Point, Scatter};
use plots::figure::stack::{self, Part, Stack};
use plots::figure::timeline::{BandPoint, Timeline, Track};
use plots::figure::{Estimate, Heading, Measure, Unit};
use plots::{Drawing, PlotError};

const POLICIES: [&str; 6] = [
    "fifo-on-demand",
    "easy-backfill",
    "las",
    "srtf",
    "gavel-max-min",
    "spot-first",
];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: gallery FOLDER")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    for (name, drawing) in drawings()? {
        std::fs::write(folder.join(format!("{name}.svg")), &drawing.svg)?;
        std::fs::write(folder.join(format!("{name}.csv")), &drawing.csv)?;
        std::fs::write(folder.join(format!("{name}.png")), drawing.png()?)?;
    }
    let summary = page::summary();
    std::fs::write(folder.join("summary.txt"), summary.text(100)?)?;
    std::fs::write(folder.join("summary-narrow.txt"), summary.text(64)?)?;
    std::fs::write(folder.join("summary.md"), summary.markdown()?)?;
    std::fs::write(folder.join("summary.csv"), summary.csv()?)?;
    std::fs::write(folder.join("report.html"), page::report(summary)?.html()?)?;
    Ok(())
}

fn drawings() -> Result<Vec<(&'static str, Drawing)>, PlotError> {
    Ok(vec![
        ("jct", jct().draw()?),
        ("wait", wait().draw()?),
        (
            "wait-linear",
            Cdf {
                scale: TimeScale::Linear,
                ..wait()
            }
            .draw()?,
        ),
        ("utilization", utilization().draw()?),
        ("queue", queue().draw()?),
        ("cost", cost().draw()?),
        ("money", money().draw()?),
        ("difference", difference().draw()?),
        ("trade-off", trade_off(6).draw()?),
        ("ten", trade_off(10).draw()?),
        ("crowd", trade_off(20).draw()?),
        ("gantt", gantt().draw()?),
        ("many", many().draw()?),
        ("empty", Cdf::default().draw()?),
    ])
}

/// A small generator of uniform numbers, so that the gallery is the same everywhere.
struct Luck(u64);

impl Luck {
    fn uniform(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 40).unwrap_or(0)) / f64::from(1 << 24)
    }

    /// Roughly normal: twelve uniforms.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

fn heading(title: &str, subtitle: &str) -> Heading {
    Heading {
        title: title.to_owned(),
        subtitle: Some(subtitle.to_owned()),
    }
}

fn named<T>(make: impl Fn(usize, &str) -> T) -> Vec<T> {
    POLICIES
        .iter()
        .enumerate()
        .map(|(i, name)| make(i, name))
        .collect()
}

fn offset(i: usize) -> f64 {
    [0.0, -0.35, -0.8, -1.1, -0.9, -0.2][i % 6]
}

fn jct() -> Cdf {
    let sample = |position: usize, name: &str| {
        let mut luck = Luck(7 + position as u64);
        let draw = |_| (8.6 + offset(position) + 1.7 * luck.normal()).exp();
        Sample {
            name: name.to_owned(),
            position,
            values_s: (0..8_000).map(draw).collect(),
        }
    };
    Cdf {
        heading: heading(
            "Job completion time",
            "8,000 jobs, one week; exact on this trace",
        ),
        duration: "Job completion time".to_owned(),
        of: Of::default(),
        scale: TimeScale::Log,
        series: named(sample),
    }
}

fn wait() -> Cdf {
    let sample = |position: usize, name: &str| {
        let mut luck = Luck(70 + position as u64);
        let draw = |_| match luck.uniform() {
            u if u < 0.3 - 0.2 * offset(position) => 0.0,
            _ => (6.0 + 2.0 * offset(position) + 2.0 * luck.normal()).exp(),
        };
        Sample {
            name: name.to_owned(),
            position,
            values_s: (0..900).map(draw).collect(),
        }
    };
    Cdf {
        heading: heading("Time waited in the queue", "900 jobs; many start at once"),
        duration: "Wait".to_owned(),
        of: Of::default(),
        scale: TimeScale::Log,
        series: named(sample),
    }
}

fn track(position: usize, name: &str, most: f64, banded: bool) -> Track {
    let mut luck = Luck(900 + position as u64);
    let mut level = 0.5;
    let count = 3_000;
    let mut points = Vec::new();
    let mut band = Vec::new();
    for i in 0..count {
        let at_s = f64::from(i) * 604_800.0 / f64::from(count);
        let day = (at_s / 86_400.0 * std::f64::consts::TAU).sin() * 0.18;
        let target = 0.55 - 0.25 * offset(position) + day;
        level += (target - level) * 0.03 + 0.015 * luck.normal();
        let shown = level.clamp(0.0, 1.0) * most;
        points.push((at_s, shown));
        if banded && i % 20 == 0 {
            band.push(BandPoint {
                at_s,
                low: (shown - 0.07 * most).max(0.0),
                high: (shown + 0.07 * most).min(most),
            });
        }
    }
    Track {
        name: name.to_owned(),
        position,
        points,
        band,
        end_s: Some(604_800.0),
        ..Track::default()
    }
}

fn utilization() -> Timeline {
    Timeline {
        heading: heading(
            "GPU utilization over the week",
            "mean of 20 seeds with 95 % interval",
        ),
        measure: Measure {
            title: "GPU utilization".to_owned(),
            unit: Unit::Share,
        },
        tracks: [0, 3, 5].map(|i| track(i, POLICIES[i], 1.0, true)).to_vec(),
    }
}

fn queue() -> Timeline {
    let mut tracks: Vec<Track> = [0, 1]
        .map(|i| track(i, POLICIES[i], 1_800.0, false))
        .to_vec();
    for track in &mut tracks {
        track.points.retain(|(at, _)| *at < 100_000.0);
        track.end_s = None;
        for point in &mut track.points {
            point.1 = (point.1 - 700.0).max(0.0).round();
        }
    }
    Timeline {
        heading: heading("Jobs waiting", "first day; exact on this trace"),
        measure: Measure {
            title: "Queue length".to_owned(),
            unit: Unit::Named("jobs".to_owned()),
        },
        tracks,
    }
}

fn cost() -> Bars {
    let bar = |position: usize, name: &str| {
        let value =
            48_211.0 + 9_000.0 * offset(position) - if position == 5 { 19_000.0 } else { 0.0 };
        let half = 900.0 + 300.0 * f64::from(u32::try_from(position).unwrap_or(0));
        Bar {
            name: name.to_owned(),
            position,
            estimate: Estimate::within(value, value - half, value + half),
            bound: Some(24_500.0),
        }
    };
    Bars {
        heading: heading("Cost of the week", "20 seeds, 95 % interval"),
        measure: Measure {
            title: "Cost".to_owned(),
            unit: Unit::Named("USD".to_owned()),
        },
        bars: named(bar),
        baseline: Some(0),
    }
}

fn difference() -> Bars {
    let mut bars = cost();
    bars.heading = heading(
        "Mean wait against the baseline",
        "paired over 20 seeds, 95 % interval",
    );
    bars.measure = Measure {
        title: "Difference of mean wait".to_owned(),
        unit: Unit::Seconds,
    };
    bars.baseline = None;
    bars.bars.remove(0);
    for (i, bar) in bars.bars.iter_mut().enumerate() {
        let value = [-1_900.0, -5_200.0, -6_100.0, -4_000.0, 2_300.0][i];
        bar.estimate = Estimate::within(value, value - 800.0, value + 900.0);
    }
    bars
}

fn trade_off(count: usize) -> Scatter {
    let mut luck = Luck(5);
    let point = |position: usize| {
        let (x, y) = if position < 6 {
            [
                (48_200.0, 0.081),
                (45_100.0, 0.066),
                (41_000.0, 0.044),
                (40_300.0, 0.041),
                (40_900.0, 0.052),
                (24_600.0, 0.137),
            ][position]
        } else {
            (
                34_000.0 + 6_000.0 * luck.normal(),
                0.08 + 0.02 * luck.normal(),
            )
        };
        let name = POLICIES.get(position).map_or_else(
            || format!("sweep risk={:.2} reserve={position}", luck.uniform()),
            ToString::to_string,
        );
        Point {
            name,
            position,
            x: Estimate::within(x, x - 1_100.0, x + 900.0),
            y: Estimate::within(y, (y - 0.006).max(0.0), y + 0.007),
        }
    };
    Scatter {
        heading: heading(
            "What a lower bill costs in violations",
            "20 seeds, 95 % intervals; lower left is better",
        ),
        x: Measure {
            title: "Cost".to_owned(),
            unit: Unit::Named("USD".to_owned()),
        },
        y: Measure {
            title: "SLA violation rate".to_owned(),
            unit: Unit::Share,
        },
        points: (0..count).map(point).collect(),
    }
}

fn gantt() -> Gantt {
    let mut luck = Luck(3);
    let mut allocations = Vec::new();
    let lanes = [8, 8, 4];
    for (row, count) in lanes.into_iter().enumerate() {
        let mut lane = 0;
        while lane < count {
            let wide = if luck.uniform() < 0.5 { 4 } else { 2 };
            let width = if luck.uniform() < 0.3 { 1 } else { wide }.min(count - lane);
            let mut at = 600.0 * luck.uniform();
            while at < 36_000.0 {
                let long = 900.0 + 9_000.0 * luck.uniform() * luck.uniform();
                let job = format!("{}", 100 + allocations.len());
                let work = Allocation {
                    row,
                    lanes: (lane..lane + width).collect(),
                    job,
                    state: 0,
                    kind: 0,
                    start_s: at,
                    end_s: at + long,
                };
                if luck.uniform() < 0.35 {
                    allocations.push(Allocation {
                        state: 1,
                        start_s: at - 240.0,
                        end_s: at,
                        ..work.clone()
                    });
                }
                if luck.uniform() < 0.2 {
                    allocations.push(Allocation {
                        state: 2,
                        start_s: at + long,
                        end_s: at + long + 300.0,
                        ..work.clone()
                    });
                }
                allocations.push(work);
                at += long + 420.0 + 1_500.0 * luck.uniform() * luck.uniform();
            }
            lane += width;
        }
    }
    let row = |name: &str, lanes: usize| Row {
        name: name.to_owned(),
        lanes,
    };
    Gantt {
        heading: heading(
            "Who ran where",
            "10 hours on three nodes under easy-backfill",
        ),
        rows: vec![row("floor-0", 8), row("floor-1", 8), row("spot-17", 4)],
        states: ["working", "restoring", "dumping"]
            .map(str::to_owned)
            .to_vec(),
        kinds: Vec::new(),
        allocations,
    }
}

fn many() -> Cdf {
    let sample = |position: usize| {
        let mut luck = Luck(40 + position as u64);
        let shift = 0.15 * f64::from(u32::try_from(position).unwrap_or(0));
        Sample {
            name: format!(
                "policy-with-a-rather-long-name-of-its-own-and-parameters-risk=0.{position:02}"
            ),
            position,
            values_s: (0..300)
                .map(|_| (5.0 + shift + luck.normal()).exp())
                .collect(),
        }
    };
    Cdf {
        heading: heading(
            "Twenty policies",
            "more than a figure should hold, and still readable",
        ),
        duration: "Job completion time".to_owned(),
        of: Of::default(),
        scale: TimeScale::Log,
        series: (0..20).map(sample).collect(),
    }
}

fn money() -> Stack {
    let parts = [
        "kept work",
        "restore",
        "lost work",
        "idle",
        "unused commitment",
    ];
    let part = |(at, name): (usize, &&str)| Part {
        name: (*name).to_owned(),
        look: [0, 5, 1, 6, 13][at],
    };
    let row = |name: &str, values: [f64; 5], note: &str| {
        let total: f64 = values.iter().sum();
        stack::Row {
            name: name.to_owned(),
            values: values.to_vec(),
            total: Estimate::within(total, total * 0.94, total * 1.06),
            note: note.to_owned(),
        }
    };
    Stack {
        heading: Heading {
            title: "Where the money went".to_owned(),
            subtitle: Some("20 seeds, 95 % interval of the mean".to_owned()),
        },
        measure: Measure {
            title: "Cost".to_owned(),
            unit: Unit::Named("USD".to_owned()),
        },
        parts: parts.iter().enumerate().map(part).collect(),
        rows: vec![
            row(
                POLICIES[0],
                [8_100.0, 20.0, 0.0, 2_400.0, 900.0],
                "baseline",
            ),
            row(
                POLICIES[5],
                [2_900.0, 160.0, 410.0, 700.0, 900.0],
                "−55.6 % ± 3.1",
            ),
        ],
    }
}
