//! Cases written as text: a name, an input, what is expected of it.

/// One case: its name, its input, what is expected.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) input: String,
    pub(crate) output: String,
}

/// The cases of one file.
pub(crate) fn cases(text: &str) -> Vec<Case> {
    let blocks = text.split("=== ").skip(1);
    blocks
        .map(|block| {
            let (name, rest) = block.split_once('\n').expect("a name line");
            let (input, output) = rest.split_once("---\n").expect("a line of three dashes");
            Case {
                name: name.to_owned(),
                input: input.to_owned(),
                output: output.to_owned(),
            }
        })
        .collect()
}

/// `\xHH` is a byte, `\r` a carriage return, `\` at the end of a line joins it to the next,
/// `{N*text}` repeats.
pub(crate) fn bytes(input: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = input.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = match (byte, tail) {
            (b'\\', [b'x', high, low, tail @ ..]) => {
                let hex = [*high, *low].map(char::from).iter().collect::<String>();
                out.push(u8::from_str_radix(&hex, 16).expect("two hex digits"));
                tail
            }
            (b'\\', [b'r', tail @ ..]) => {
                out.push(b'\r');
                tail
            }
            (b'\\', [b'\n', tail @ ..]) => tail,
            (b'{', _) if tail.contains(&b'*') && tail[0].is_ascii_digit() => {
                let text = std::str::from_utf8(tail).expect("UTF-8");
                let (count, text) = text.split_once('*').expect("a star");
                let (text, tail) = text.split_once('}').expect("a brace");
                out.extend(bytes(text).repeat(count.parse().expect("a count")));
                tail.as_bytes()
            }
            (byte, tail) => {
                out.push(byte);
                tail
            }
        };
    }
    out
}
