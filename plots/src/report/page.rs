//! The page of a report: its frame, contents, sections and folded provenance.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Block, NoteWeight, Report, Section};
use crate::PlotError;
use crate::ink::font::{FAMILY, REGULAR, SEMIBOLD};
use crate::text::plain;

const STYLE: &str = include_str!("page.css");

/// Sorts tables and shows what the pointer is on.
const SCRIPT: &str = include_str!("page.js");

/// What a browser may load for the page, nothing but what it holds, and run on it, nothing but [`SCRIPT`].
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; \
                      script-src 'sha256-8HPJLnuAztibqR3goYRyyuQL5VXw9/TQAGDQ0FhYoKA='";

/// Numbers of tables and figures, counted through the page.
#[derive(Default)]
struct Counts {
    tables: usize,
    figures: usize,
}

pub(super) fn html(report: &Report) -> Result<String, PlotError> {
    let mut counts = Counts::default();
    let sections = report.sections.iter().enumerate();
    let sections: Vec<Markup> = sections
        .map(|(i, part)| section(i, part, &mut counts))
        .collect::<Result<_, _>>()?;
    let title = plain(&report.title);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(fonts())) (PreEscaped(STYLE)) }
            }
            body { main {
                header { h1 { (title) } @for text in &report.intro { p { (plain(text)) } } }
                (notes(report))
                (contents(report))
                @for section in &sections { (section) }
                (provenance(report))
            } script { (PreEscaped(SCRIPT)) } }
        }
    };
    Ok(page.into_string())
}

/// The embedded font, so that words beside figures look like those in them.
fn fonts() -> String {
    let face = |bytes: &[u8], weight: u16| {
        let data = STANDARD.encode(bytes);
        format!(
            "@font-face{{font-family:\"{FAMILY}\";font-weight:{weight};\
             src:url(data:font/ttf;base64,{data}) format(\"truetype\")}}\n"
        )
    };
    face(REGULAR, 400) + &face(SEMIBOLD, 600)
}

fn notes(report: &Report) -> Markup {
    html! {
        @if !report.notes.is_empty() {
            ul.notes {
                @for note in &report.notes {
                    li {
                        span class=(match note.weight {
                            NoteWeight::Plain => "badge",
                            NoteWeight::Caution => "badge caution",
                        }) { (plain(&note.badge)) }
                        " " (plain(&note.text))
                    }
                }
            }
        }
    }
}

fn contents(report: &Report) -> Markup {
    html! {
        @if !report.sections.is_empty() {
            nav aria-label="Contents" {
                h2 { "Contents" }
                ol {
                    @for (i, section) in report.sections.iter().enumerate() {
                        li { a href={ "#" (anchor(i)) } { (plain(&section.title)) } }
                    }
                    @if !report.provenance.is_empty() {
                        li { a href="#provenance" { "Provenance" } }
                    }
                }
            }
        }
    }
}

fn anchor(section: usize) -> String {
    format!("section-{}", section + 1)
}

fn section(i: usize, section: &Section, counts: &mut Counts) -> Result<Markup, PlotError> {
    let blocks = section.blocks.iter().map(|part| block(part, counts));
    let blocks: Vec<Markup> = blocks.collect::<Result<_, _>>()?;
    let title = plain(&section.title);
    Ok(html! {
        @if section.folded {
            details id=(anchor(i)) {
                summary { h2 { (title) } }
                @for block in &blocks { (block) }
            }
        } @else {
            section id=(anchor(i)) {
                h2 { (title) }
                @for block in &blocks { (block) }
            }
        }
    })
}

fn block(block: &Block, counts: &mut Counts) -> Result<Markup, PlotError> {
    Ok(match block {
        Block::Paragraph(text) => html! { p { (plain(text)) } },
        Block::List(items) => html! {
            ul.sentences { @for item in items { li { (plain(item)) } } }
        },
        Block::Table { table, caption } => {
            counts.tables += 1;
            let data = data(&format!("table-{}.csv", counts.tables), &table.csv()?);
            let table = table.html()?;
            html! {
                figure.table {
                    figcaption {
                        b { "Table " (counts.tables) ". " } (plain(caption)) " " (data)
                    }
                    div.scroll { (table) }
                }
            }
        }
        Block::Figure { drawing, caption } => {
            counts.figures += 1;
            let data = data(&format!("figure-{}.csv", counts.figures), &drawing.csv);
            html! {
                figure {
                    div.paper { (PreEscaped(inline(&drawing.svg))) }
                    figcaption {
                        b { "Figure " (counts.figures) ". " } (plain(caption)) " " (data)
                    }
                }
            }
        }
    })
}

/// A link that saves data which the page holds.
fn data(name: &str, csv: &str) -> Markup {
    let address = format!("data:text/csv;base64,{}", STANDARD.encode(csv));
    html! { a.data href=(address) download=(name) { "CSV" } }
}

/// The SVG without its title element, which browsers would show under the pointer everywhere;
/// its label for screen readers stays.
fn inline(svg: &str) -> String {
    let without = svg.find("<title>").zip(svg.find("</title>\n"));
    match without {
        Some((from, to)) if from < to => [&svg[..from], &svg[to + "</title>\n".len()..]].concat(),
        Some(_) | None => svg.to_owned(),
    }
}

fn provenance(report: &Report) -> Markup {
    html! {
        @if !report.provenance.is_empty() {
            details id="provenance" {
                summary { h2 { "Provenance" } }
                dl {
                    @for (key, value) in &report.provenance {
                        dt { (plain(key)) }
                        dd { (plain(value)) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn the_policy_names_the_script() {
        let digest = STANDARD.encode(Sha256::digest(SCRIPT));
        assert!(POLICY.ends_with(&format!("'sha256-{digest}'")), "{digest}");
        // Nothing in it may end it.
        assert!(!SCRIPT.contains("</"));
    }
}
