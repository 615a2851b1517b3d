//! What a cell leaves: one small file that says whose it is, holds its runs, and ends in a digest of all before.

use std::collections::BTreeMap;

use crate::experiment::cell::{Cell, Entrant, Run, run_heading, run_rows};
use crate::schema::Inference;

/// How the file begins; the number is that of its form.
const HEAD: &str = "windtunnel cell,1";
/// How it ends: the word, 64 digits, the end of the line.
const END: &str = "end,";
const END_BYTES: usize = END.len() + 64 + 1;

/// The file of a cell.
pub fn write(cell: &Cell) -> Vec<u8> {
    let luck = if cell.exact { "exact" } else { "drawn" };
    let mut bytes = format!("{HEAD},{},{},{luck}\n", cell.name, cell.baseline).into_bytes();
    bytes.extend(run_heading());
    bytes.extend(run_rows(cell));
    let digest = blake3::hash(&bytes).to_hex();
    bytes.extend(format!("{END}{digest}\n").into_bytes());
    bytes
}

/// The cell called `name`, if the file is whole and its own; how sure its numbers are is the sweep's to say.
pub fn read(bytes: &[u8], name: &str) -> Option<Cell> {
    let (body, end) = bytes.split_at_checked(bytes.len().checked_sub(END_BYTES)?)?;
    let digest = blake3::hash(body).to_hex();
    if end != format!("{END}{digest}\n").as_bytes() {
        return None;
    }
    let line = body.iter().position(|byte| *byte == b'\n')?;
    let head = std::str::from_utf8(&body[..line]).ok()?;
    let mut head = head.strip_prefix(HEAD)?.strip_prefix(',')?.split(',');
    let is_own = head.next()? == name;
    let baseline: usize = head.next()?.parse().ok()?;
    let exact = head.next()? == "exact";
    let rows = body[line + 1..].strip_prefix(run_heading().as_slice())?;
    let entrants = entrants(rows)?;
    (is_own && baseline < entrants.len()).then(|| Cell {
        name: name.to_owned(),
        exact,
        inference: Inference::default(),
        baseline,
        entrants,
        serial: BTreeMap::new(),
    })
}

fn entrants(rows: &[u8]) -> Option<Vec<Entrant>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(rows);
    let mut entrants: Vec<Entrant> = Vec::new();
    for row in reader.records() {
        let row = row.ok()?;
        let policy = row.get(1)?;
        let metric = |text: &str| match text {
            "" => Some(None),
            text => text.parse().ok().map(Some),
        };
        let run = Run {
            seed: row.get(2)?.parse().ok()?,
            finish: row.get(3)?.to_owned(),
            metrics: row.iter().skip(4).map(metric).collect::<Option<_>>()?,
        };
        match entrants.last_mut().filter(|last| last.policy == policy) {
            Some(last) => last.runs.push(run),
            None => entrants.push(Entrant {
                policy: policy.to_owned(),
                runs: vec![run],
            }),
        }
    }
    Some(entrants)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::metrics::METRICS;
    use sim_core::units::convert;

    fn cell() -> Cell {
        let run = |seed: u64| Run {
            seed,
            finish: "drained".to_owned(),
            metrics: (0..METRICS.len())
                .map(|metric| (metric % 3 != 0).then(|| convert::real(convert::wide(metric)) / 7.0))
                .collect(),
        };
        let entrant = |policy: &str| Entrant {
            policy: policy.to_owned(),
            runs: vec![run(1), run(2)],
        };
        Cell {
            name: "0123456789abcdef0123".to_owned(),
            exact: false,
            inference: Inference::default(),
            baseline: 1,
            entrants: vec![entrant("a"), entrant("'-b")],
            serial: BTreeMap::new(),
        }
    }

    #[test]
    fn what_is_written_reads_back_to_the_last_bit() {
        let cell = cell();
        assert_eq!(read(&write(&cell), &cell.name), Some(cell));
    }

    #[test]
    fn a_file_that_is_cut_changed_or_anothers_is_none() {
        let cell = cell();
        let bytes = write(&cell);
        for end in 0..bytes.len() {
            assert_eq!(read(&bytes[..end], &cell.name), None, "cut at {end}");
        }
        for at in (0..bytes.len()).step_by(97) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(read(&changed, &cell.name), None, "changed at {at}");
        }
        assert_eq!(read(&bytes, "another"), None);
    }
}
