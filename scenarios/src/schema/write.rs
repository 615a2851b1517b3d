//! Values as TOML text, each table of a value inline.

use super::value::{Table, Value};

/// A table under its title, after an empty line.
pub(super) fn section(text: &mut String, title: &str, table: &Table) {
    text.push('\n');
    text.push_str(title);
    text.push('\n');
    for (key, value) in &table.entries {
        line(text, &key.value, &value.value);
    }
}

/// A key and its value.
pub(super) fn line(text: &mut String, name: &str, value: &Value) {
    text.extend([&key(name), " = ", &inline(value), "\n"]);
}

/// A value as a cell of a table holds it: a text without quotes, all else as TOML.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Bool(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Date(_)
        | Value::List(_)
        | Value::Table(_) => inline(value),
    }
}

fn key(name: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if !name.is_empty() && name.bytes().all(bare) {
        name.into()
    } else {
        escaped(name)
    }
}

fn inline(value: &Value) -> String {
    match value {
        Value::Bool(flag) => flag.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Text(text) => escaped(text),
        Value::Date(date) => date.clone(),
        Value::List(entries) => {
            let entries: Vec<_> = entries.iter().map(|entry| inline(&entry.value)).collect();
            format!("[{}]", entries.join(", "))
        }
        Value::Table(table) if table.entries.is_empty() => "{}".into(),
        Value::Table(table) => {
            let entries = table.entries.iter();
            let entries = entries
                .map(|(name, value)| format!("{} = {}", key(&name.value), inline(&value.value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A text in quotes, as TOML has it.
pub fn escaped(text: &str) -> String {
    let mut shown = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => shown.extend(['\\', c]),
            c if c.is_control() => {
                let code = format!("\\u{:04X}", u32::from(c));
                shown.push_str(&code);
            }
            c => shown.push(c),
        }
    }
    shown.push('"');
    shown
}
