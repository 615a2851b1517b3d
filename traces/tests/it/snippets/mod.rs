//! Cases written as text: a name, an input, what is expected of it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

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

/// Runs the cases of a folder, whose files are named after their formats, and says how many there were. `outcome` makes text of a
/// format, the name of a case and its bytes; with `UPDATE_EXPECT=1` that is written.
pub(crate) fn run(folder: &str, outcome: impl Fn(&str, &str, &[u8]) -> String) -> usize {
    let files = fs::read_dir(folder).expect("a folder of cases");
    let paths = files.map(|file| file.expect("an entry").path());
    paths.map(|path| run_file(&path, &outcome)).sum()
}

fn run_file(path: &Path, outcome: &impl Fn(&str, &str, &[u8]) -> String) -> usize {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let format = stem.expect("a name");
    let text = fs::read_to_string(path).expect("a case file");
    let is_update = std::env::var_os("UPDATE_EXPECT").is_some();
    let (mut seen, mut fresh) = (0, String::new());
    for case in cases(&text) {
        let input = case.input.strip_suffix('\n').unwrap_or(&case.input);
        let got = outcome(format, &case.name, &bytes(input));
        write!(fresh, "=== {}\n{}---\n{got}", case.name, case.input).expect("a string");
        if !is_update {
            assert_eq!(got, case.output, "{format}: {}", case.name);
        }
        seen += 1;
    }
    if is_update {
        fs::write(path, fresh).expect("a writable case file");
    }
    seen
}

/// A small file of a format.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/data/{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read(path).expect("a fixture")
}
