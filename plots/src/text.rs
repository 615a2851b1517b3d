//! Names from outside made safe to show: no control characters, no overlong lines.

/// Whether a character would steer a terminal or a viewer instead of being shown: controls,
/// bidirectional overrides, zero-width marks, and what XML does not allow.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(
            c,
            '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
        )
        || matches!(c, '\u{2028}' | '\u{2029}')
}

/// The text on one line: white space becomes a space, what steers a viewer is dropped.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !steers(*c))
        .collect()
}

/// The text, shortened in its middle until `width` of it is at most `limit`; names that
/// differ only at their ends, as those of variants do, stay apart.
pub(crate) fn elide(text: &str, limit: f64, width: impl Fn(&str) -> f64) -> String {
    if width(text) <= limit {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let shortened = |keep: usize| -> String {
        let head = keep.div_ceil(2);
        let tail = chars.len() - (keep - head);
        chars[..head]
            .iter()
            .chain(['…'].iter())
            .chain(&chars[tail..])
            .collect()
    };
    let (mut fits, mut too_long) = (0, chars.len());
    while fits + 1 < too_long {
        let middle = usize::midpoint(fits, too_long);
        if width(&shortened(middle)) <= limit {
            fits = middle;
        } else {
            too_long = middle;
        }
    }
    shortened(fits)
}

/// The text with the five characters of XML escaped; correct in elements and attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lossy::real;

    #[test]
    fn steering_characters_are_dropped_and_white_space_is_one_line() {
        assert_eq!(plain("a\u{1b}[31m\tb\r\nc\u{202e}d\0"), "a[31m b  cd");
    }

    #[test]
    fn elision_keeps_both_ends_and_the_limit() {
        let count = |text: &str| real(text.chars().count());
        let name = "x".repeat(60) + "-variant-7";
        let short = elide(&name, 12.0, count);
        assert_eq!(short, "xxxxxx…ant-7");
        assert_eq!(elide("short", 12.0, count), "short");
        assert_eq!(elide("short", 0.0, count), "…");
    }

    #[test]
    fn markup_is_escaped() {
        assert_eq!(escape("<a b='c'>&\""), "&lt;a b=&#39;c&#39;&gt;&amp;&quot;");
    }
}
