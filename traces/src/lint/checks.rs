//! Checks that look at jobs one by one, or at neighbours.

use std::collections::BTreeMap;

use sim_core::units::{Span, convert};

use super::{Code, Finding, Tally};
use crate::fleet::Fleet;
use crate::record::{Name, Positive, Record, Workload};

const DAY: Span = Span::from_secs(86_400);
const HOUR: Span = Span::from_secs(3_600);
const YEAR: Span = Span::from_secs(365 * 86_400);

/// What needs no fleet.
pub(super) fn all(workload: &Workload) -> Vec<Finding> {
    let mut found = Vec::new();
    if workload.jobs.is_empty() {
        found.push(plain(
            Code::NoJobs,
            1,
            "the workload holds no jobs".to_owned(),
        ));
    }
    if workload.dropped.count > 0 {
        let count = workload.dropped.count;
        found.push(plain(
            Code::Dropped,
            count,
            format!("{count} rows were dropped"),
        ));
    }
    found.extend(duplicate_names(workload));
    found.extend(duplicate_jobs(workload));
    found.extend(durations(workload));
    found.extend(gaps(workload));
    found.extend(promises(workload));
    found.extend(order(workload));
    found.extend(missing(workload));
    found
}

/// What can never run on this fleet.
pub(super) fn on_fleet(workload: &Workload, fleet: &Fleet) -> Vec<Finding> {
    let mut model = Tally::new(Code::ModelNotInFleet);
    let mut task = Tally::new(Code::TaskBeyondNode);
    let mut gang = Tally::new(Code::GangBeyondFleet);
    for job in workload.jobs.iter().filter(|job| job.gpus > 0) {
        let pools = || fleet.allowed(workload, job.models);
        let most = pools().map(|pool| pool.gpus_per_node).max();
        let fitting: u64 = pools()
            .map(|pool| capacity(pool.tasks(job.gpus.into()), job))
            .sum();
        match most {
            None => model.add(job, || format!("allows {}", models(workload, job))),
            Some(most) if u32::from(job.gpus) > most => {
                task.add(job, || {
                    format!("{} GPUs a task, nodes have {most}", job.gpus)
                });
            }
            Some(_) if u64::from(job.tasks) > fitting => gang.add(job, || {
                format!("{} tasks of {} GPUs, {fitting} fit", job.tasks, job.gpus)
            }),
            Some(_) => {}
        }
    }
    let findings = [
        model.finding(|n| format!("{n} jobs allow only GPU models that the fleet does not have")),
        task.finding(|n| format!("{n} jobs have tasks larger than any node they may run on")),
        gang.finding(|n| format!("{n} gangs do not fit into the empty fleet")),
    ];
    findings.into_iter().flatten().collect()
}

/// Tasks that fit where `whole` tasks of whole GPUs fit: shares stack on a GPU.
fn capacity(whole: u64, job: &Record) -> u64 {
    let stacked = 1000 / u64::from(job.gpu_milli.clamp(1, 1000));
    whole.saturating_mul(if job.gpus == 1 { stacked } else { 1 })
}

fn models(workload: &Workload, job: &Record) -> String {
    let names = job
        .models
        .positions()
        .filter_map(|p| workload.models.get(p));
    let names: Vec<&str> = names.map(String::as_str).collect();
    if names.is_empty() {
        "any model, and the fleet is empty".to_owned()
    } else {
        names.join(", ")
    }
}

fn plain(code: Code, count: u64, message: String) -> Finding {
    Finding {
        code,
        count,
        message,
        examples: Vec::new(),
    }
}

fn duplicate_names(workload: &Workload) -> Option<Finding> {
    let mut tally = Tally::new(Code::DuplicateName);
    let mut first: BTreeMap<&Name, &Record> = BTreeMap::new();
    for job in &workload.jobs {
        if let Some(earlier) = first.get(&job.name) {
            tally.add(job, || format!("also on line {}", earlier.line));
        } else {
            first.insert(&job.name, job);
        }
    }
    tally.finding(|n| format!("{n} jobs have the name of an earlier one"))
}

/// Jobs that differ in nothing but name and line; sorted jobs of one instant stand side by side.
fn duplicate_jobs(workload: &Workload) -> Option<Finding> {
    let mut tally = Tally::new(Code::DuplicateJob);
    for instant in workload.jobs.chunk_by(|a, b| a.submit == b.submit) {
        let mut seen: BTreeMap<_, u32> = BTreeMap::new();
        for job in instant {
            let shape = (
                job.duration,
                job.estimate,
                job.deadline,
                job.tasks,
                job.gpus,
            );
            let needs = (job.gpu_milli, job.cpu_milli, job.memory_mib, job.models);
            let owner = (job.user, job.queue, job.class, job.priority, job.status);
            match seen.get(&(shape, needs, owner)) {
                Some(line) => tally.add(job, || format!("equals the job on line {line}")),
                None => {
                    seen.insert((shape, needs, owner), job.line);
                }
            }
        }
    }
    tally.finding(|n| format!("{n} jobs equal an earlier one in everything but their name"))
}

fn durations(workload: &Workload) -> Vec<Finding> {
    let mut zero = Tally::new(Code::ZeroDuration);
    let mut long = Tally::new(Code::LongDuration);
    for job in &workload.jobs {
        if job.duration == Span::ZERO {
            zero.add(job, || "runs for 0s".to_owned());
        } else if job.duration > YEAR {
            long.add(job, || format!("runs for {}", job.duration));
        }
    }
    let zero = zero.finding(|n| format!("{n} jobs run for no time at all"));
    let long = long.finding(|n| format!("{n} jobs run for more than a year"));
    zero.into_iter().chain(long).collect()
}

fn gaps(workload: &Workload) -> Option<Finding> {
    let gap = |pair: &[Record]| pair[1].submit.since(pair[0].submit);
    let mut sorted: Vec<Span> = workload.jobs.windows(2).map(gap).collect();
    sorted.sort_unstable();
    let median = *sorted.get(sorted.len() / 2)?;
    let odd = median.saturating_mul(1000).max(HOUR).min(DAY);
    let mut tally = Tally::new(Code::ClockGap);
    for pair in workload.jobs.windows(2).filter(|pair| gap(pair) > odd) {
        tally.add(&pair[1], || format!("the first in {}", gap(pair)));
    }
    tally.finding(|n| format!("{n} times nothing is submitted for more than {odd}"))
}

fn promises(workload: &Workload) -> Vec<Finding> {
    let mut estimate = Tally::new(Code::EstimateBelowRuntime);
    let mut deadline = Tally::new(Code::DeadlineBeforeEnd);
    for job in &workload.jobs {
        let shorter = |promise: Span| promise < job.duration;
        if let Some(promise) = job.estimate.map(Positive::span).filter(|&p| shorter(p)) {
            estimate.add(job, || {
                format!("estimated {promise}, runs for {}", job.duration)
            });
        }
        if let Some(promise) = job.deadline.map(Positive::span).filter(|&p| shorter(p)) {
            deadline.add(job, || {
                format!("due after {promise}, runs for {}", job.duration)
            });
        }
    }
    let estimate = estimate.finding(|n| format!("{n} jobs run longer than their estimate"));
    let deadline = deadline.finding(|n| format!("{n} jobs are due before they could end"));
    estimate.into_iter().chain(deadline).collect()
}

/// The workload is sorted; the lines tell whether its trace was.
fn order(workload: &Workload) -> Option<Finding> {
    let mut tally = Tally::new(Code::Unsorted);
    for pair in workload.jobs.windows(2) {
        if pair[1].line < pair[0].line {
            tally.add(&pair[1], || format!("comes after line {}", pair[0].line));
        }
    }
    tally.finding(|n| format!("{n} jobs stood earlier in the trace than one submitted before them"))
}

fn missing(workload: &Workload) -> Vec<Finding> {
    type Known = fn(&Record) -> bool;
    let fields: [(&str, Known); 6] = [
        ("an estimate", |job| job.estimate.is_some()),
        ("a user", |job| job.user.is_some()),
        ("a queue", |job| job.queue.is_some()),
        ("a CPU request", |job| job.cpu_milli > 0),
        ("a memory request", |job| job.memory_mib > 0),
        ("a line", |job| job.line > 0),
    ];
    let missing = fields.into_iter().filter_map(|(what, known)| {
        let mut tally = Tally::new(Code::MissingField);
        for job in workload.jobs.iter().filter(|job| !known(job)) {
            tally.add(job, || format!("has not {what}"));
        }
        let of = workload.jobs.len();
        tally
            .finding(|n| format!("{n} of {of} jobs have not {what}"))
            .filter(|finding| convert::wide(workload.jobs.len()) > finding.count)
    });
    missing.collect()
}
