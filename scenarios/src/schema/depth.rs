//! The nesting of a text, measured before it is parsed: no parser has to recurse into an attack.

use std::ops::Range;

use sim_core::units::limits::MAX_TOML_DEPTH;

/// The first place where `text` nests too deep, counting brackets, braces and dotted keys.
pub(super) fn too_deep(text: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut open: Vec<usize> = Vec::new();
    // Nesting outside the current key, and the dots of that key.
    let (mut outer, mut dots) = (0, 0);
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'#' => at = line_end(bytes, at) - 1,
            quote @ (b'"' | b'\'') => at = string_end(bytes, at, quote) - 1,
            b'.' => dots += 1,
            b',' => dots = 0,
            b'\n' if open.is_empty() => dots = 0,
            b'[' | b'{' => {
                open.push(outer);
                outer += dots + 1;
                dots = 0;
            }
            b']' | b'}' => {
                outer = open.pop().unwrap_or(0);
                dots = 0;
            }
            _ => {}
        }
        if outer + dots > MAX_TOML_DEPTH {
            return Some(at..at + 1);
        }
        at += 1;
    }
    None
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    let rest = &bytes[from..];
    let found = rest.iter().position(|&byte| byte == b'\n');
    found.map_or(bytes.len(), |ahead| from + ahead)
}

/// One past the end of the string that opens at `from`; without a close, the end of line or text.
fn string_end(bytes: &[u8], from: usize, quote: u8) -> usize {
    let triple = bytes[from..].starts_with(&[quote; 3]);
    let escapes = quote == b'"';
    let mut at = if triple { from + 3 } else { from + 1 };
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if escapes => at += 1,
            b'\n' if !triple => return at,
            byte if byte == quote && !triple => return at + 1,
            byte if byte == quote && bytes[at..].starts_with(&[quote; 3]) => return at + 3,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_dots_count_and_strings_do_not() {
        assert_eq!(too_deep(&"[".repeat(20_000)), Some(64..65));
        assert_eq!(
            too_deep(&format!("a = {}", "{b=".repeat(100))),
            Some(196..197)
        );
        assert!(too_deep(&format!("a{} = 1", ".a".repeat(100))).is_some());
        assert_eq!(too_deep(&format!("a = '{}'", "[".repeat(100))), None);
        assert_eq!(
            too_deep(&format!("a = \"\"\"\n{}\\\"\"\"\" ", "[".repeat(100))),
            None
        );
        assert_eq!(too_deep(&format!("# {}\n", "[".repeat(100))), None);
        assert_eq!(too_deep(&"a.b = [[1.5, 2.5]]\n".repeat(100)), None);
    }

    #[test]
    fn what_follows_an_unclosed_string_still_counts() {
        assert!(too_deep(&format!("a = \"x\nb = {}", "[".repeat(100))).is_some());
        assert_eq!(too_deep("a = \"\\"), None);
    }
}
