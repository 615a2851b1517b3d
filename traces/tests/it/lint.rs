//! The critic on small workloads, and its numbers on real ones.

use sim_core::units::{SimTime, Span};
use traces::{Code, Fleet, ModelSet, Name, Pool, Positive, Record, Stats, Workload, lint};

fn job(name: u64, submit: u64, duration: u64) -> Record {
    let (submit, duration) = (SimTime::from_secs(submit), Span::from_secs(duration));
    Record::new(Name::Number(name), submit, duration)
}

fn workload(jobs: Vec<Record>) -> Workload {
    Workload {
        jobs,
        models: vec!["A100".to_owned(), "H100".to_owned()],
        ..Workload::default()
    }
}

fn fleet() -> Fleet {
    let pool = |model: &str, nodes, gpus_per_node| Pool {
        model: model.to_owned(),
        nodes,
        gpus_per_node,
    };
    Fleet {
        pools: vec![pool("A100", 2, 4), pool("A100", 1, 2), pool("T4", 1, 8)],
    }
}

fn found(jobs: Vec<Record>, fleet: Option<&Fleet>) -> Vec<(Code, u64)> {
    let findings = lint(&workload(jobs), fleet);
    findings
        .iter()
        .map(|finding| (finding.code, finding.count))
        .collect()
}

#[test]
fn a_sound_workload_has_no_findings() {
    assert_eq!(found(vec![job(1, 0, 5), job(2, 10, 5)], Some(&fleet())), []);
}

#[test]
fn a_workload_without_jobs_is_an_error() {
    assert_eq!(found(vec![], None), [(Code::NoJobs, 1)]);
}

#[test]
fn what_can_never_be_placed_is_an_error_and_what_just_fits_is_not() {
    let on = |models: ModelSet, tasks, gpus| Record {
        models,
        tasks,
        gpus,
        ..job(1, 0, 5)
    };
    let a100 = ModelSet::ANY.with(0);
    let one = |job: Record| found(vec![job], Some(&fleet()));
    assert_eq!(
        one(on(ModelSet::ANY.with(1), 1, 1)),
        [(Code::ModelNotInFleet, 1)]
    );
    assert_eq!(one(on(a100, 1, 5)), [(Code::TaskBeyondNode, 1)]);
    assert_eq!(one(on(ModelSet::ANY, 1, 8)), []);
    assert_eq!(one(on(a100, 2, 4)), []);
    assert_eq!(one(on(a100, 3, 4))[0], (Code::GangBeyondFleet, 1));
    // Three nodes of 4, 4 and 2 hold four tasks of two, five in all, and two of three.
    assert_eq!(one(on(a100, 5, 2)), []);
    assert_eq!(one(on(a100, 3, 3)), [(Code::GangBeyondFleet, 1)]);
    let half = Record {
        gpu_milli: 500,
        ..on(a100, 20, 1)
    };
    assert_eq!(one(half.clone()), []);
    assert_eq!(
        one(Record { tasks: 21, ..half })[0],
        (Code::GangBeyondFleet, 1)
    );
}

#[test]
fn demand_is_compared_with_the_models_that_can_serve_it() {
    let a100 = |name, submit, tasks| Record {
        models: ModelSet::ANY.with(0),
        tasks,
        ..job(name, submit, 10)
    };
    let busy = vec![a100(1, 0, 6), a100(2, 5, 6), job(3, 20, 5)];
    let findings = lint(&workload(busy), Some(&fleet()));
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(
        findings[0].message,
        "were every job started when submitted, A100 would be short for 5s (33.3 % of the time): \
         at most 12 GPUs wanted, at 5s, of 10"
    );
    // One after the other fits: ends come before starts of the same instant.
    assert_eq!(
        found(vec![a100(1, 0, 6), a100(2, 10, 6)], Some(&fleet())),
        []
    );
}

#[test]
fn duplicates_are_told_apart_from_equal_names() {
    let jobs = vec![job(1, 0, 5), job(2, 0, 5), job(3, 0, 6), job(1, 1, 5)];
    assert_eq!(
        found(jobs, None),
        [(Code::DuplicateName, 1), (Code::DuplicateJob, 1)]
    );
}

#[test]
fn odd_durations_estimates_and_deadlines_are_named() {
    let promised = Record {
        estimate: Positive::new(Span::from_secs(3)),
        deadline: Positive::new(Span::from_secs(4)),
        ..job(3, 0, 5)
    };
    let same = Record {
        estimate: Positive::new(Span::from_secs(5)),
        deadline: Positive::new(Span::from_secs(5)),
        ..job(4, 0, 5)
    };
    assert_eq!(
        found(vec![promised, same], None),
        [
            (Code::EstimateBelowRuntime, 1),
            (Code::DeadlineBeforeEnd, 1)
        ]
    );
    assert_eq!(
        found(vec![job(1, 0, 0), job(2, 0, 400 * 86_400)], None),
        [(Code::ZeroDuration, 1), (Code::LongDuration, 1)]
    );
}

#[test]
fn a_day_of_silence_and_an_unsorted_trace_are_named_with_lines() {
    let at = |name, submit, line| Record {
        line,
        ..job(name, submit, 5)
    };
    let jobs = vec![at(1, 0, 3), at(2, 60, 2), at(3, 120, 4), at(4, 90_000, 5)];
    let findings = lint(&workload(jobs), None);
    let shown: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "warning[clock-gap]: 1 times nothing is submitted for more than 16h40m\n  \
             line 5, job 4: the first in 1d",
            "note[unsorted]: 1 jobs stood earlier in the trace than one submitted before them\n  \
             line 2, job 2: comes after line 3",
        ]
    );
}

#[test]
fn a_field_that_some_jobs_miss_is_noted_and_one_that_all_miss_is_not() {
    let with = Record {
        user: Some(0),
        ..job(1, 0, 5)
    };
    assert_eq!(
        found(vec![with, job(2, 1, 5)], None),
        [(Code::MissingField, 1)]
    );
}

#[test]
fn statistics_are_the_textbook_ones() {
    let by = |user, job: Record| Record {
        user: Some(user),
        ..job
    };
    let mut jobs: Vec<Record> = (0..100).map(|n| by(0, job(n, n * 36, n + 1))).collect();
    jobs[99].tasks = 4;
    jobs[99].user = Some(1);
    jobs[99].duration = Span::from_secs(36_000);
    let workload = Workload {
        users: vec!["ann".to_owned(), "bob".to_owned()],
        ..workload(jobs)
    };
    let stats = Stats::of(&workload, Some(&fleet()));
    assert_eq!((stats.jobs, stats.span), (100, Span::from_secs(99 * 36)));
    assert_eq!(stats.duration_s.p50.to_bits(), 50.0_f64.to_bits());
    assert_eq!(stats.duration_s.p99.to_bits(), 99.0_f64.to_bits());
    assert_eq!(stats.gap_s.mean.to_bits(), 36.0_f64.to_bits());
    assert_eq!(stats.sizes, [(1, 99), (4, 1)]);
    assert_eq!(stats.top_users[0].user, "bob");
    assert!((stats.gpu_hours - (40.0 + 4950.0 / 3600.0)).abs() < 1e-9);
    let load = stats.offered_load.expect("a fleet was given");
    assert!((load - stats.gpu_hours / (18.0 * 0.99)).abs() < 1e-12);
}

#[test]
fn an_empty_workload_has_statistics_too() {
    let stats = Stats::of(&Workload::default(), Some(&fleet()));
    assert_eq!((stats.jobs, stats.offered_load), (0, None));
}

#[test]
fn a_job_of_no_time_holds_nothing() {
    let none = |name| Record {
        tasks: 1000,
        ..job(name, 5, 0)
    };
    let codes = found(vec![job(1, 0, 10), none(2), none(3)], None);
    assert_eq!(codes, [(Code::DuplicateJob, 1), (Code::ZeroDuration, 2)]);
    let big = Fleet {
        pools: vec![Pool {
            model: "T4".to_owned(),
            nodes: 1000,
            gpus_per_node: 1,
        }],
    };
    let codes = found(vec![none(2), job(1, 6, 10)], Some(&big));
    assert_eq!(codes, [(Code::ZeroDuration, 1)]);
}
