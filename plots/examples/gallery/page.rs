//! The table and the report of the gallery.

use plots::PlotError;
use plots::figure::scatter::Point;
use plots::report::{Block, Note, NoteWeight, Report, Section};
use plots::table::{Cell, Table, Value};

use super::{cost, gantt, jct, offset, trade_off, utilization, wait};

pub(super) fn summary() -> Table {
    let columns = [
        "Policy",
        "Cost (USD)",
        "SLA violation rate",
        "Mean wait (h)",
        "GPU utilization",
        "Reclaims",
    ];
    let trade_off = trade_off(6);
    let row = |point: &Point| {
        let i = point.position;
        let share = |value| Value::Share { value, decimals: 1 }.into();
        let (x, y) = (point.x.interval.unwrap_or_default(), point.y.value);
        let cost = Cell::from(Value::Interval {
            value: point.x.value,
            low: x.0,
            high: x.1,
            decimals: 0,
        });
        let violations: Cell = share(y);
        let reclaims = match i {
            5 => Value::Integer(1_204),
            _ => Value::Missing,
        };
        vec![
            point.name.as_str().into(),
            if i == 5 { cost.best() } else { cost },
            if i == 3 {
                violations.best()
            } else {
                violations
            },
            Cell::number(2.4 + offset(i) * 1.3, 2),
            share(0.61 - offset(i) * 0.2),
            reclaims.into(),
        ]
    };
    Table {
        columns: columns.map(str::to_owned).to_vec(),
        rows: trade_off.points.iter().map(row).collect(),
    }
}

pub(super) fn report(summary: Table) -> Result<Report, PlotError> {
    let note = |weight, badge: &str, text: &str| Note {
        weight,
        badge: badge.to_owned(),
        text: text.to_owned(),
    };
    Ok(Report {
        title: "A week of training: on-demand only, or spot with a floor".to_owned(),
        intro: vec![
            "Six policies on the same 8,000 jobs and the same luck, 20 seeds each. All \
            of it is made up."
                .to_owned(),
        ],
        notes: vec![
            note(
                NoteWeight::Caution,
                "peeking",
                "srtf knows the true durations; a production \
                scheduler does not.",
            ),
            note(
                NoteWeight::Plain,
                "compat: gavel",
                "gavel-max-min keeps the published rounds \
                of six minutes.",
            ),
        ],
        sections: sections(summary)?,
        provenance: [
            ("windtunnel", "0.1.0"),
            (
                "scenario",
                "quickstart.toml, blake3 \
                8f4e1c0a2b7d9e5f6a3c1b0d4e8f7a6b5c9d2e1f0a3b4c5d6e7f8091a2b3c4d5",
            ),
            ("seeds", "1 to 20"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .to_vec(),
    })
}

fn sections(summary: Table) -> Result<Vec<Section>, PlotError> {
    let figure = |drawing, caption: &str| Block::Figure {
        drawing,
        caption: caption.to_owned(),
    };
    let sentences = [
        "spot-first costs 23,600 USD less than fifo-on-demand [22,100, 25,200], and violates \
            5.6 points more SLAs [4.9, 6.3].",
        "srtf waits 1.70 h less [1.45, 2.00] at 7,900 USD less [7,100, 8,600]; both hold after \
            Holm's correction.",
    ];
    let section = |title: &str, blocks| Section {
        title: title.to_owned(),
        folded: false,
        blocks,
    };
    Ok(vec![
        section(
            "Summary",
            vec![
                Block::Table {
                    table: summary,
                    caption: "Means over 20 seeds with 95 % \
                    intervals."
                        .to_owned(),
                },
                Block::List(sentences.map(str::to_owned).to_vec()),
                figure(
                    trade_off(6).draw()?,
                    "Cost against violations. Left of and below the \
                    dashed line no policy was measured.",
                ),
                figure(cost().draw()?, "The bill, with the baseline drawn through."),
            ],
        ),
        section(
            "Jobs",
            vec![
                figure(
                    jct().draw()?,
                    "How long jobs took, from submission to completion.",
                ),
                figure(wait().draw()?, "How long they waited."),
            ],
        ),
        section(
            "Fleet",
            vec![
                Block::Paragraph("Utilization counts GPU time that produced kept work.".to_owned()),
                figure(utilization().draw()?, "Kept work over billed GPU time."),
                figure(
                    gantt().draw()?,
                    "Allocations of the first hours; hatched time is billed \
                    but does no work.",
                ),
            ],
        ),
    ])
}
