//! Profiles of applications as the artifact of Sia publishes them (Jayaram Subramanya et al., SOSP
//! 2023): how long steps take where, and how noisy gradients are when. Columns go by their names;
//! times are seconds, batches samples.

use sim_core::course::goodput::{Epoch, Noise, Seen, Timed};

use crate::error::{Refused, Rule, TraceError};
use crate::reader::{Row, Source, Table, count};

/// Most samples a GPU, and most GPUs of a job.
const MOST: u32 = 1 << 20;

/// Longest step, in seconds.
const MOST_S: f64 = 1e6;

/// What the steps of a profile are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steps {
    /// Whole ones, of which synchronisation is a part.
    Whole,
    /// Those of a stage of a pipeline. What is told of its synchronisation is read as none: the
    /// artifact, which tells more than the step takes, does not count it.
    OfAStage,
}

/// Reads `placements-GPU.csv`: a step by GPUs on each node (a digit each) and samples a GPU.
///
/// # Errors
/// An unreadable file, a column that is missing, or a row that breaks a rule.
pub fn import_placements(
    source: Source<'_>,
    steps: Steps,
) -> Result<Vec<(Vec<u32>, Timed)>, Refused> {
    let mut table = Table::open(source)?;
    let placement = table.column("placement")?;
    let times = [table.column("step_time")?, table.column("sync_time")?];
    let local = table.column("local_bsz")?;
    rows(&mut table, |row| {
        let (step_s, sync_s) = times_of(row, times, steps)?;
        let local = row.parse(local, |text| count(text, (1, MOST)))?;
        let timed = Timed {
            local,
            step_s,
            sync_s,
        };
        Ok((row.parse(placement, nodes)?, timed))
    })
}

/// Reads `scalability-GPU.csv`: a step by nodes, GPUs and samples a GPU.
///
/// # Errors
/// An unreadable file, a column that is missing, or a row that breaks a rule.
pub fn import_scalability(source: Source<'_>, steps: Steps) -> Result<Vec<Seen>, Refused> {
    let mut table = Table::open(source)?;
    let (nodes, gpus) = (table.column("num_nodes")?, table.column("num_replicas")?);
    let times = [table.column("step_time")?, table.column("sync_time")?];
    let local = table.column("local_bsz")?;
    rows(&mut table, |row| {
        let (step_s, sync_s) = times_of(row, times, steps)?;
        let replicas = row.parse(gpus, |text| count(text, (1, MOST)))?;
        Ok(Seen {
            nodes: row.parse(nodes, |text| count(text, (1, replicas)))?,
            replicas,
            local: row.parse(local, |text| count(text, (1, MOST)))?,
            step_s,
            sync_s,
        })
    })
}

/// Reads `validation-BATCH.csv`: progress by the end of each epoch, and the noise during it.
///
/// # Errors
/// An unreadable file, a column that is missing, or a row that breaks a rule.
pub fn import_validation(source: Source<'_>) -> Result<Vec<Epoch>, Refused> {
    let mut table = Table::open(source)?;
    let (progress, square) = (table.column("progress")?, table.column("grad_sqr")?);
    let variance = table.column("grad_var")?;
    let mut before = 0.0;
    rows(&mut table, |row| {
        let rising = |text: &str| match real(text, 1e15) {
            Ok(progress) if progress > before => Ok(progress),
            Ok(_) => {
                let rule = "progress must exceed that of the epoch before";
                Err(Rule::new(rule, "check the order of the rows"))
            }
            Err(rule) => Err(rule),
        };
        before = row.parse(progress, rising)?;
        Ok(Epoch {
            progress: before,
            noise: Noise {
                square: row.parse(square, noise)?,
                variance: row.parse(variance, noise)?,
            },
        })
    })
}

/// All rows of a table, of which there is at least one.
fn rows<T>(
    table: &mut Table<'_>,
    mut read: impl FnMut(&Row<'_>) -> Result<T, TraceError>,
) -> Result<Vec<T>, Refused> {
    let mut rows = Vec::new();
    while let Some(row) = table.next_row()? {
        rows.push(row.and_then(|row| read(&row))?);
    }
    if rows.is_empty() {
        return Err(table.empty("a profile has rows").into());
    }
    Ok(rows)
}

fn times_of(
    row: &Row<'_>,
    [step, sync]: [crate::reader::Column; 2],
    steps: Steps,
) -> Result<(f64, f64), TraceError> {
    let step_s = row.parse(step, |text| real(text, MOST_S))?;
    if steps == Steps::OfAStage {
        row.parse(sync, |text| real(text, MOST_S))?;
        return Ok((step_s, 0.0));
    }
    let below = |text: &str| match real(text, MOST_S) {
        Ok(sync_s) if sync_s < step_s => Ok(sync_s),
        Ok(_) => {
            let rule = "synchronisation is a part of the step, and must be less";
            Err(Rule::new(
                rule,
                "correct it, or say the stages of the pipeline that it is of",
            ))
        }
        Err(rule) => Err(rule),
    };
    Ok((step_s, row.parse(sync, below)?))
}

/// A positive number.
fn real(text: &str, most: f64) -> Result<f64, Rule> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number <= most => Ok(number),
        Ok(_) | Err(_) => {
            let rule = format!("must be a number above 0, at most {most:e}");
            Err(Rule::new(rule, "correct it"))
        }
    }
}

/// Zero, or a positive number that can still be told from it.
fn noise(text: &str) -> Result<f64, Rule> {
    match text.parse::<f64>() {
        Ok(0.0) => Ok(1e-30),
        Ok(_) | Err(_) => real(text, 1e30),
    }
}

/// `24`: two GPUs on a node and four on the next.
fn nodes(text: &str) -> Result<Vec<u32>, Rule> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(10)).collect();
    let gpus = digits.map(|digits| digits.into_iter().filter(|gpus| *gpus > 0));
    match gpus.map(Iterator::collect::<Vec<u32>>) {
        Some(gpus) if !gpus.is_empty() && gpus.len() <= 64 => Ok(gpus),
        Some(_) | None => Err(Rule::new(
            "a placement has a digit for each node, the GPUs on it",
            "write 1 to 9 for each of at most 64 nodes",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused<T: std::fmt::Debug>(read: Result<T, Refused>) -> String {
        read.expect_err("it breaks a rule").to_string()
    }

    #[test]
    fn columns_go_by_their_names() {
        let text = "local_bsz,sync_time,placement,step_time\n32,0.01,204,0.05\n";
        let rows =
            import_placements(Source::new("p", text.as_bytes()), Steps::Whole).expect("sound");
        let timed = Timed {
            local: 32,
            step_s: 0.05,
            sync_s: 0.01,
        };
        assert_eq!(rows, [(vec![2, 4], timed)]);
    }

    #[test]
    fn of_a_stage_the_synchronisation_is_read_and_does_not_count() {
        let read = |sync: &str| {
            let text = format!("placement,local_bsz,step_time,sync_time\n8,1,0.099,{sync}\n");
            import_placements(Source::new("p", text.as_bytes()), Steps::OfAStage)
        };
        let timed = Timed {
            local: 1,
            step_s: 0.099,
            sync_s: 0.0,
        };
        assert_eq!(read("0.3275").expect("sound"), [(vec![8], timed)]);
        assert!(refused(read("-1")).contains("sync_time = -1"));
    }

    #[test]
    fn what_breaks_a_rule_is_named_with_its_place() {
        let placements = |row: &str| {
            let text = format!("placement,local_bsz,step_time,sync_time\n{row}\n");
            refused(import_placements(
                Source::new("p", text.as_bytes()),
                Steps::Whole,
            ))
        };
        assert_eq!(
            placements("1,32,0.05,0.05"),
            "p:2:11: sync_time = 0.05: synchronisation is a part of the step, and must be less; \
             correct it, or say the stages of the pipeline that it is of"
        );
        assert_eq!(
            placements("1x,32,0.05,0.01"),
            "p:2:1: placement = 1x: a placement has a digit for each node, the GPUs on it; \
             write 1 to 9 for each of at most 64 nodes"
        );
        assert_eq!(
            placements("1,32,NaN,0.01"),
            "p:2:6: step_time = NaN: must be a number above 0, at most 1e6; correct it"
        );
        let text = "progress,grad_sqr,grad_var\n2,1,1\n2,1,1\n";
        assert_eq!(
            refused(import_validation(Source::new("v", text.as_bytes()))),
            "v:3:1: progress = 2: progress must exceed that of the epoch before; \
             check the order of the rows"
        );
        let text = "num_nodes,num_replicas,local_bsz,step_time,sync_time\n3,2,1,1,0.5\n";
        assert_eq!(
            refused(import_scalability(
                Source::new("s", text.as_bytes()),
                Steps::Whole
            )),
            "s:2:1: num_nodes = 3: must be from 1 to 2; correct it"
        );
        let empty = import_validation(Source::new("v", "progress,grad_sqr,grad_var\n".as_bytes()));
        assert_eq!(
            refused(empty),
            "v:1:1: a profile has rows; check for a truncated file"
        );
    }
}
