//! A workload as a table that `csv` reads back: what `trace import` and `trace synth` write.

use std::io;

use crate::record::{Positive, Record, Workload};

const HEADER: &str = "job,submit_us,duration_us,tasks,gpus,gpu_milli,cpu_milli,memory_mib,\
                      estimate_us,deadline_us,user,queue,class,models,priority";

/// Writes the jobs with the columns of [`crate::ColumnMap::native`]: times in microseconds, an
/// empty field where nothing is known. Endings, notes and the epoch are not part of it.
///
/// Names are quoted where they hold a comma; quotes in them become apostrophes, and a name that a
/// spreadsheet would take for a formula gets an apostrophe in front.
///
/// # Errors
/// What `out` reports.
pub fn write_csv(workload: &Workload, out: &mut impl io::Write) -> io::Result<()> {
    writeln!(out, "{HEADER}")?;
    for job in &workload.jobs {
        let us = |span: Option<Positive>| span.map(|s| s.span().us().to_string());
        let gpu_milli = if job.gpus == 0 { 1000 } else { job.gpu_milli };
        let user = workload.user_of(job);
        let queue = label(&workload.queues, job.queue);
        let class = label(&workload.classes, job.class);
        writeln!(
            out,
            "{},{},{},{},{},{gpu_milli},{},{},{},{},{},{},{},{},{}",
            cell(&job.name.to_string()),
            job.submit.us(),
            job.duration.us(),
            job.tasks,
            job.gpus,
            job.cpu_milli,
            job.memory_mib,
            us(job.estimate).unwrap_or_default(),
            us(job.deadline).unwrap_or_default(),
            cell(user.unwrap_or("")),
            cell(queue),
            cell(class),
            cell(&models(workload, job)),
            job.priority,
        )?;
    }
    Ok(())
}

fn label(names: &[String], position: Option<u16>) -> &str {
    let name = position.and_then(|position| names.get(usize::from(position)));
    name.map_or("", String::as_str)
}

fn models(workload: &Workload, job: &Record) -> String {
    let names = job
        .models
        .positions()
        .filter_map(|p| workload.models.get(p));
    names.map(String::as_str).collect::<Vec<_>>().join("|")
}

/// A name as a field of a table.
pub(crate) fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@']) {
        "'"
    } else {
        ""
    };
    let plain = text.replace('"', "'");
    if plain.contains(',') {
        format!("\"{guard}{plain}\"")
    } else {
        format!("{guard}{plain}")
    }
}
