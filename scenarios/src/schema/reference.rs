//! The reference of keys as Markdown, drawn from the table that the decoder reads by.

use super::decode;
use super::spec::{KeySpec, TableSpec, Takes};

/// Every table with its keys, what they take and what they default to.
pub fn key_reference() -> String {
    let mut text = String::new();
    let mut told = Vec::new();
    table(&decode::TOP, &mut text, &mut told);
    text
}

/// A table, then the tables within it, each once.
fn table(spec: &'static TableSpec, text: &mut String, told: &mut Vec<&'static str>) {
    if told.contains(&spec.title) {
        return;
    }
    told.push(spec.title);
    text.extend(["## `", spec.title, "`\n\n", spec.doc, "\n\n"]);
    text.push_str("| key | takes | default | |\n|---|---|---|---|\n");
    for key in spec.keys {
        text.push_str(&row(key));
    }
    text.push('\n');
    for key in spec.keys {
        within(&key.takes, text, told);
    }
}

fn row(key: &KeySpec) -> String {
    let name = key.name;
    if let Some(part) = key.later {
        return format!("| `{name}` | | | not yet: {part} |\n");
    }
    let default = if key.required {
        "required"
    } else {
        key.default.unwrap_or("")
    };
    let takes = key.takes.expected();
    format!("| `{name}` | {takes} | {default} | {} |\n", key.doc)
}

fn within(takes: &'static Takes, text: &mut String, told: &mut Vec<&'static str>) {
    match takes {
        Takes::Table(spec) | Takes::Tables(spec) => table(spec, text, told),
        Takes::Either(options) => options.iter().for_each(|option| within(option, text, told)),
        Takes::List(of) | Takes::Map(of) | Takes::Steps(of) => within(of, text, told),
        Takes::Bool
        | Takes::Text
        | Takes::Name
        | Takes::Tag
        | Takes::Integer(..)
        | Takes::Number(..)
        | Takes::Duration(_)
        | Takes::Price
        | Takes::Money
        | Takes::Size
        | Takes::Percent
        | Takes::Moment
        | Takes::Timezone
        | Takes::Choice(_)
        | Takes::File
        | Takes::Folder
        | Takes::Part(_)
        | Takes::Raw => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_has_every_table_once() {
        let text = key_reference();
        for title in [
            "[horizon]",
            "[[fleet]]",
            "instance",
            "trace",
            "[[policy]]",
            "deadline",
        ] {
            let heading = format!("## `{title}`\n");
            assert_eq!(text.matches(&heading).count(), 1, "{title}");
        }
        assert!(text.contains("| `retries` | | | not yet: hardware failures |"));
    }
}
