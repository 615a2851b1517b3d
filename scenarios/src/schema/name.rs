//! Names: what tables, policies and commands may call things.

use sim_core::units::limits::MAX_NAME;

/// The rule that [`is_name`] checks, as a message says it.
pub(super) const NAME_RULE: &str = "a name is 1 to 128 of A-Z a-z 0-9 . _ -";

/// Whether `text` is safe as a name in files, tables, commands and reports.
pub(super) fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(allowed)
}

/// The rule that [`is_tag`] checks, as a message says it.
pub(super) const TAG_RULE: &str = "a tag is NAME or KEY:NAME, each 1 to 128 of A-Z a-z 0-9 . _ -";

/// Whether `text` is a name, or two with a colon between.
pub(super) fn is_tag(text: &str) -> bool {
    let pair = text.split_once(':');
    pair.map_or_else(
        || is_name(text),
        |(key, name)| is_name(key) && is_name(name),
    )
}
