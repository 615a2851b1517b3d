//! `philly-json`: Microsoft's Philly trace as published, `cluster_job_log`.

use std::fmt;
use std::io;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use sim_core::units::{SimTime, Span, limits};

use super::gather::{Clock, Draft, Gather, Ledger};
use super::{Evidence, Format, Options, Reads};
use crate::error::{Refused, Rule, TraceError};
use crate::reader::{Source, io_fault, labelled, naive, name};
use crate::record::{FileName, Record, Status, Workload};

pub(super) const FORMAT: Format = Format {
    name: "philly-json",
    doc: "Microsoft Philly 2017 as published: cluster_job_log, a JSON list of jobs with attempts",
    origin: "github.com/msr-fiddle/philly-traces; Jeon et al., USENIX ATC 2019",
    columns: "status, vc, jobid, attempts (start_time, end_time, detail (ip, gpus)), \
              submitted_time, user",
    evidence: Evidence::Documentation,
    reads: Reads::Jobs(read),
};

#[derive(Deserialize)]
struct Job {
    status: String,
    vc: String,
    jobid: String,
    attempts: Vec<Attempt>,
    submitted_time: Option<String>,
    user: Option<String>,
}

#[derive(Deserialize)]
struct Attempt {
    start_time: Option<String>,
    end_time: Option<String>,
    detail: Vec<Server>,
}

#[derive(Deserialize)]
struct Server {
    gpus: Vec<String>,
}

/// A job's duration is the sum of its attempts, its size the GPUs of its last attempt: as workers
/// of one GPU each, because the placement was the scheduler's. Jobs that never ran, or whose
/// attempts miss a time, are left out and counted.
fn read(source: Source<'_>, options: &Options) -> Result<Workload, Refused> {
    let file = source.name();
    let mut gather = Gather::new(source.name(), options);
    let mut stop = None;
    let mut json = serde_json::Deserializer::from_reader(source.open()?);
    let jobs = Jobs {
        file: &file,
        gather: &mut gather,
        stop: &mut stop,
    };
    let read = jobs.deserialize(&mut json).and_then(|()| json.end());
    if let Some(refused) = stop {
        return Err(refused);
    }
    read.map_err(|error| json_fault(error, &file))?;
    gather.notes.push(String::from(
        "times are local without an offset; durations are sums over attempts",
    ));
    gather.finish(Clock::Naive)
}

/// Takes the jobs one by one, so that memory holds one at a time.
struct Jobs<'a> {
    file: &'a FileName,
    gather: &'a mut Gather,
    stop: &'a mut Option<Refused>,
}

impl<'de> DeserializeSeed<'de> for Jobs<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Jobs<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of jobs")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut position = 0;
        while let Some(job) = list.next_element::<Job>()? {
            position += 1;
            let draft = draft(&job, (self.file, position), &mut self.gather.ledger);
            if let Err(refused) = self.gather.take(draft) {
                *self.stop = Some(refused);
                return Err(serde::de::Error::custom("too many faults"));
            }
        }
        Ok(())
    }
}

fn draft(
    job: &Job,
    (file, position): (&FileName, u64),
    ledger: &mut Ledger,
) -> Result<Draft, TraceError> {
    // A JSON list has no useful lines: messages name the job and its place in the list.
    let fault = |field: &str, value: &str, rule: Rule| {
        let value = format!("job {position} ({}): {field} = {value}", job.jobid);
        rule.at(file, (0, 0), &value)
    };
    let clock = |field: &str, text: &str| naive(text).map_err(|rule| fault(field, text, rule));
    let Some(submitted) = job.submitted_time.as_deref().filter(|t| *t != "None") else {
        return Ok(Draft::Excluded("no submission time"));
    };
    let at = clock("submitted_time", submitted)?;
    let mut duration = Span::ZERO;
    for attempt in &job.attempts {
        let (Some(start), Some(end)) = (&attempt.start_time, &attempt.end_time) else {
            return Ok(Draft::Excluded("an attempt without start or end"));
        };
        let (from, to) = (clock("start_time", start)?, clock("end_time", end)?);
        let ran = u64::try_from(to - from).ok().and_then(Span::from_us);
        let ran = ran.ok_or_else(|| {
            let rule = Rule::new(
                "an attempt ends after it starts",
                "correct it, or drop the job",
            );
            fault("end_time", end, rule)
        })?;
        duration = duration.saturating_add(ran);
    }
    let gpus = job.attempts.last().map_or(0, |last| {
        last.detail
            .iter()
            .map(|server| server.gpus.len())
            .sum::<usize>()
    });
    let tasks = u32::try_from(gpus).unwrap_or(u32::MAX);
    if tasks == 0 {
        return Ok(Draft::Excluded("never ran on a GPU"));
    }
    if tasks > limits::MAX_GANG {
        let rule = format!("a gang has at most {} tasks", limits::MAX_GANG);
        return Err(fault(
            "gpus",
            &tasks.to_string(),
            Rule::new(rule, "drop the job"),
        ));
    }
    let id = name(&job.jobid).map_err(|rule| fault("jobid", &job.jobid, rule))?;
    let user = job.user.as_deref().map(|u| ledger.users.long(labelled(u)?));
    let user = user.transpose();
    let queue = labelled(&job.vc).and_then(|vc| ledger.queues.short(vc));
    Ok(Draft::Job(
        at,
        Record {
            tasks,
            user: user.map_err(|rule| fault("user", job.user.as_deref().unwrap_or(""), rule))?,
            queue: Some(queue.map_err(|rule| fault("vc", &job.vc, rule))?),
            status: status(&job.status),
            ..Record::new(id, SimTime::ZERO, duration)
        },
    ))
}

fn status(text: &str) -> Status {
    match text {
        "Pass" => Status::Completed,
        "Killed" => Status::Cancelled,
        "Failed" => Status::Failed,
        _ => Status::Unknown,
    }
}

fn json_fault(error: serde_json::Error, file: &FileName) -> TraceError {
    let line = u64::try_from(error.line()).unwrap_or(0);
    let place = (line, error.column());
    if error.is_io() {
        return io_fault(&io::Error::from(error)).at(file, (0, 0), "");
    }
    // The library's message ends in the place, which stands in front already.
    let message = error.to_string();
    let what = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(what, _)| what);
    Rule::new(what.to_owned(), "correct it, or check for a truncated file").at(file, place, "")
}
