//! A report is one page that nothing can break out of and that asks for nothing outside itself.

use plots::figure::cdf::Cdf;
use plots::report::{Block, Note, NoteWeight, Report, Section};
use plots::table::{Cell, Table};
use plots::{Drawing, PlotError};

const HOSTILE: &str = "</style></title><script>alert(1)</script><img src=x onerror=y>\u{0}\"'";

fn drawing() -> Drawing {
    Cdf::default().draw().expect("drawn")
}

fn hostile() -> Report {
    let words = || HOSTILE.to_owned();
    let figure = || Block::Figure {
        drawing: drawing(),
        caption: words(),
    };
    let table = Table {
        columns: vec![words(), "Cost".to_owned()],
        rows: vec![vec![HOSTILE.into(), Cell::number(1.0, 1).best()]],
    };
    let blocks = vec![
        Block::Paragraph(words()),
        Block::List(vec![words()]),
        Block::Table {
            table,
            caption: words(),
        },
        figure(),
        figure(),
    ];
    Report {
        title: words(),
        intro: vec![words()],
        notes: vec![Note {
            weight: NoteWeight::Caution,
            badge: words(),
            text: words(),
        }],
        sections: vec![
            Section {
                title: words(),
                folded: true,
                blocks,
            },
            Section::default(),
        ],
        provenance: vec![(words(), words())],
    }
}

#[test]
fn nothing_breaks_out_of_the_page() {
    let page = hostile().html().expect("rendered");
    // The one script is ours.
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains("<script>\"use strict\";"));
    assert!(!page.contains("<img"));
    assert_eq!(page.matches("</style>").count(), 1);
    assert_eq!(page.matches("</title>").count(), 1);
    assert!(!page.contains('\0'));
}

#[test]
fn nothing_is_asked_from_outside() {
    let page = hostile().html().expect("rendered");
    for outside in [
        "src=\"",
        "@import",
        "url(http",
        "<link",
        "<iframe",
        "href=\"http",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    let addresses = page.matches("http").count();
    let namespaces = page.matches("http://www.w3.org/2000/svg").count();
    let metas = page.matches("http-equiv").count();
    assert_eq!(addresses, namespaces + metas);
}

#[test]
fn every_id_is_unique_and_every_link_leads_to_one() {
    let page = hostile().html().expect("rendered");
    let after = |mark: &str| -> Vec<String> {
        let pieces = page.split(mark).skip(1);
        pieces
            .filter_map(|rest| rest.split('"').next())
            .map(str::to_owned)
            .collect()
    };
    let ids = after(" id=\"");
    let mut unique = ids.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), ids.len());
    let links = after("href=\"#");
    assert_eq!(links.len(), 3);
    assert!(links.iter().all(|link| ids.contains(link)));
}

#[test]
fn every_table_and_figure_can_be_saved() {
    let page = hostile().html().expect("rendered");
    for name in ["table-1.csv", "figure-1.csv", "figure-2.csv"] {
        assert_eq!(page.matches(&format!("download=\"{name}\"")).count(), 1);
    }
    assert_eq!(page.matches("href=\"data:text/csv;base64,").count(), 3);
    assert!(page.contains("data-value=\"1\""));
}

#[test]
fn figures_and_tables_are_counted_through() {
    let page = hostile().html().expect("rendered");
    for label in ["Table 1. ", "Figure 1. ", "Figure 2. "] {
        assert_eq!(page.matches(label).count(), 1, "{label}");
    }
}

#[test]
fn the_same_report_gives_the_same_bytes_and_an_empty_one_is_a_page() {
    assert_eq!(hostile().html(), hostile().html());
    let page = Report::default().html().expect("rendered");
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"));
}

#[test]
fn a_ragged_table_is_refused() {
    let mut report = hostile();
    let table = Table {
        columns: vec!["a".to_owned()],
        rows: vec![Vec::new()],
    };
    report.sections[0].blocks.push(Block::Table {
        table,
        caption: String::new(),
    });
    assert!(matches!(report.html(), Err(PlotError::Ragged { .. })));
}
