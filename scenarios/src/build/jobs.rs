//! The jobs of a replication: records of every workload, with what policies are told of them, merged in order of arrival.

use std::sync::Arc;

use sim_core::engine::World;
use sim_core::model::Job;
use sim_core::units::{SimTime, Span};
use traces::synth::Luck;
use traces::{Estimate, Name, Options, Positive, Record, estimates};

use super::args::Args;
use super::goodput::Profiles;
use super::history::{Tape, reach};
use super::maker::{JobsError, Maker};
use super::speeds::SpeedTable;
use super::synth::Generator;
use super::world::Told;
use super::{BuildError, Contender, files};
use crate::bounds::memo::Memo;
use crate::schema::{Deadline, Diagnostic, JobSource, Part, Scenario, TraceSpec, Workload};

/// Where the jobs of each workload come from: read once, or drawn for each seed.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    sources: Vec<Source>,
    /// By workload: its table of speeds.
    tables: Vec<Option<SpeedTable>>,
}

#[derive(Clone, Debug)]
enum Source {
    Trace(Arc<traces::Workload>),
    Synth(Box<Generator>),
}

/// The jobs of a replication.
#[derive(Clone, Debug)]
pub struct Jobs {
    world: Arc<World>,
    all: Arc<[Job]>,
    /// By job: what its trace calls it.
    names: Arc<[Name]>,
    /// Estimates that policies have of their own, by what they are made from.
    estimates: Vec<(Part, Arc<[Option<Positive>]>)>,
    /// How good runs of them can be, as far as that was asked.
    bounds: Arc<Memo>,
}

impl Sources {
    /// By workload: its table of speeds.
    pub(super) fn tables(&self) -> &[Option<SpeedTable>] {
        &self.tables
    }

    /// Reads every trace, and checks every generator.
    pub(super) fn read(
        scenario: &Scenario,
        tables: Vec<Option<SpeedTable>>,
        reasons: &mut Vec<Diagnostic>,
    ) -> Result<Self, BuildError> {
        let mut sources = Vec::new();
        for workload in &scenario.workloads {
            sources.push(match &workload.jobs {
                JobSource::Trace(spec) => match options(spec, reasons) {
                    Some(options) => {
                        let records = files::trace(spec, &options)?;
                        if records.counts_steps && workload.course.speeds.is_none() {
                            let rule = "jobs of this format tell steps, not how long they take";
                            let remedy = "give the workload course = { speeds = { file = ..., reference = ... } }";
                            let format = &spec.format;
                            let reason = Diagnostic::new(format.place, &format.value, rule);
                            reasons.push(reason.or(remedy));
                        }
                        reasons.extend(untimed(spec, workload));
                        Source::Trace(Arc::new(cut(records, spec)))
                    }
                    None => continue,
                },
                JobSource::Synth(part) => match Generator::read(part, reasons) {
                    Some(generator) => Source::Synth(Box::new(generator)),
                    None => continue,
                },
            });
        }
        Ok(Self { sources, tables })
    }

    /// By workload: what it tells of its jobs beside the scenario; `profiles` are what was measured of it.
    pub(super) fn told<'a>(&'a self, profiles: &'a [Option<Profiles>]) -> Vec<Told<'a>> {
        let classes = |source: &'a Source| match source {
            Source::Trace(records) => records.classes.iter().map(String::as_str).collect(),
            Source::Synth(_) => Vec::new(),
        };
        let tables = self.sources.iter().zip(&self.tables).zip(profiles);
        let told = tables.map(|((source, table), profiles)| Told {
            table: table.as_ref(),
            profiles: profiles.as_ref(),
            classes: classes(source),
        });
        told.collect()
    }

    /// How far the jobs of traces reach.
    pub(super) fn reach(&self) -> Span {
        let last = |source: &Source| match source {
            Source::Trace(records) => records.jobs.last().map(|job| job.submit),
            Source::Synth(_) => None,
        };
        self.sources
            .iter()
            .fold(Span::ZERO, |length, source| reach(length, last(source)))
    }

    /// Whether anything is drawn.
    pub(super) fn is_random(&self) -> bool {
        self.sources
            .iter()
            .any(|source| matches!(source, Source::Synth(_)))
    }

    /// The jobs of a replication.
    pub(super) fn jobs(
        &self,
        scenario: &Scenario,
        world: &Arc<World>,
        (seed, tape): (u64, &Tape),
    ) -> Result<Jobs, JobsError> {
        let hour = world.calendar.second_of_week(SimTime::ZERO) / 3600;
        let policies = scenario
            .policies
            .iter()
            .filter_map(|policy| policy.estimate.clone());
        let mut of_policies: Vec<Part> = Vec::new();
        for part in policies {
            if !of_policies.contains(&part) {
                of_policies.push(part);
            }
        }
        let mut all: Vec<Made> = Vec::new();
        for (position, (workload, source)) in
            scenario.workloads.iter().zip(&self.sources).enumerate()
        {
            let luck = Luck {
                seed,
                workload: &workload.name.value,
            };
            let records = match source {
                Source::Trace(records) => played(records, tape),
                Source::Synth(generator) => Arc::new(
                    generator
                        .starting_at(hour)
                        .jobs(luck, false)
                        .expect("parameters were checked when the scenario was read"),
                ),
            };
            let table = self.tables[position].as_ref();
            let maker = Maker::new(world, (scenario, position), &records, table);
            maker.check(&records)?;
            let told = told(workload.estimate.as_ref(), &records, luck);
            let told_to: Vec<_> = of_policies
                .iter()
                .map(|part| told_by(part, &records, luck))
                .collect();
            for (at, record) in records.jobs.iter().enumerate() {
                all.push(Made {
                    job: maker.job(record, told[at]),
                    name: record.name.clone(),
                    told: told_to.iter().map(|told| told[at]).collect(),
                });
            }
        }
        all.sort_by_key(|made| made.job.arrival);
        let estimates = of_policies.into_iter().enumerate().map(|(at, part)| {
            let told: Arc<[_]> = all.iter().map(|made| made.told[at]).collect();
            (part, told)
        });
        Ok(Jobs {
            world: Arc::clone(world),
            estimates: estimates.collect(),
            bounds: Arc::default(),
            names: all.iter().map(|made| made.name.clone()).collect(),
            all: all.into_iter().map(|made| made.job).collect(),
        })
    }
}

/// What of a trace a replication meets.
fn played(records: &Arc<traces::Workload>, tape: &Tape) -> Arc<traces::Workload> {
    let moved = |job: &Record, submit| Record {
        submit,
        ..job.clone()
    };
    let jobs = tape.play(&records.jobs, |job| job.submit, moved);
    jobs.map_or_else(|| Arc::clone(records), |jobs| Arc::new(records.with(jobs)))
}

struct Made {
    job: Job,
    name: Name,
    told: Vec<Option<Positive>>,
}

impl Jobs {
    /// The jobs, as a policy is told of them.
    pub fn for_policy(&self, contender: &Contender) -> Arc<[Job]> {
        match self.told(contender) {
            None => Arc::clone(&self.all),
            Some(told) => {
                let jobs = self.all.iter().zip(told.iter());
                jobs.map(|(job, told)| Job {
                    estimate: told.map(Positive::span),
                    ..job.clone()
                })
                .collect()
            }
        }
    }

    /// The world that they meet.
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// What each job is called, in order.
    pub fn names(&self) -> &[Name] {
        &self.names
    }

    /// How good runs of them can be, as far as that was asked.
    pub fn bounds(&self) -> &Memo {
        &self.bounds
    }

    /// The jobs as their workloads tell of them.
    pub fn jobs(&self) -> &Arc<[Job]> {
        &self.all
    }

    fn told(&self, contender: &Contender) -> Option<&Arc<[Option<Positive>]>> {
        let part = contender.estimate.as_ref()?;
        self.estimates
            .iter()
            .find(|(made_from, _)| made_from == part)
            .map(|(_, told)| told)
    }

    /// How many jobs the policy is told no estimate of, and the first of them.
    pub(super) fn without_estimate(&self, contender: &Contender) -> Option<(usize, &Name)> {
        let none = |at: &usize| match self.told(contender) {
            Some(told) => told[*at].is_none(),
            None => self.all[*at].estimate.is_none(),
        };
        let mut missing = (0..self.all.len()).filter(none);
        let first = missing.next()?;
        Some((1 + missing.count(), &self.names[first]))
    }
}

/// How to import, from what the scenario says of the trace.
fn options(spec: &TraceSpec, reasons: &mut Vec<Diagnostic>) -> Option<Options> {
    let mut options = Options {
        lenient: spec.lenient,
        ..Options::default()
    };
    if let Some(unit) = &spec.unit {
        match unit.value.parse::<Span>() {
            Ok(span) if span > Span::ZERO => options.swf.unit = span,
            Ok(_) | Err(_) => {
                let rule = "a unit is the length of one tick of the file's clock";
                reasons.push(
                    Diagnostic::new(unit.place, &unit.value, rule)
                        .or("write a duration such as \"1s\""),
                );
                return None;
            }
        }
    }
    for (ours, theirs) in &spec.columns {
        if !super::columns::set(&mut options.columns, &ours.value, &theirs.value) {
            let rule = "no such column, or its unit is not one of us, ms, s, min, h, local, offset";
            let remedy = "write for example submit = \"submit_time:s\"";
            reasons.push(Diagnostic::new(ours.place, &ours.value, rule).or(remedy));
            return None;
        }
    }
    Some(options)
}

/// Why a trace that does not tell how long jobs run will not do for a workload.
fn untimed(spec: &TraceSpec, workload: &Workload) -> Option<Diagnostic> {
    if spec.format.value != "sia" {
        return None;
    }
    let (rule, remedy) = if workload.course.goodput.is_none() {
        let remedy = "give the workload course = { kind = \"goodput\", profiles = ... }";
        ("jobs of this format do not tell how long they run", remedy)
    } else if matches!(workload.deadline, Some(Deadline::Slack(_))) {
        let rule = "slack is of how long jobs run, which this format does not tell";
        (rule, "write deadline = \"2h\"")
    } else if workload.estimate.is_some() {
        let rule = "estimates are of how long jobs run, which this format does not tell";
        (rule, "remove estimate")
    } else {
        return None;
    };
    Some(Diagnostic::new(spec.format.place, &spec.format.value, rule).or(remedy))
}

/// The part of a trace that is used; with `from`, that moment becomes time zero, and with `skip` the first job's submission.
fn cut(mut workload: traces::Workload, spec: &TraceSpec) -> traces::Workload {
    let from = spec.from.map_or(Span::ZERO, |from| from.value);
    let until = spec.until.map_or(Span::MAX, |until| until.value);
    workload
        .jobs
        .retain(|job| (from.us()..until.us()).contains(&job.submit.us()));
    let mut zero = from;
    if let Some(skip) = &spec.skip {
        let skip = usize::try_from(skip.value).unwrap_or(usize::MAX);
        workload.jobs.drain(..skip.min(workload.jobs.len()));
        let first = workload.jobs.first();
        zero = first.map_or(from, |first| first.submit.since(SimTime::ZERO));
    }
    if let Some(limit) = &spec.limit {
        workload
            .jobs
            .truncate(usize::try_from(limit.value).unwrap_or(usize::MAX));
    }
    for job in &mut workload.jobs {
        job.submit = SimTime::from_us(job.submit.us() - zero.us()).expect("earlier than it was");
    }
    workload
}

/// What policies are told of durations by default.
fn told(part: Option<&Part>, records: &traces::Workload, luck: Luck<'_>) -> Vec<Option<Positive>> {
    match part {
        None => records.jobs.iter().map(|record| record.estimate).collect(),
        Some(part) => told_by(part, records, luck),
    }
}

fn told_by(part: &Part, records: &traces::Workload, luck: Luck<'_>) -> Vec<Option<Positive>> {
    let mut reasons = Vec::new();
    let mut args = Args::of(part, &mut reasons);
    let model = match part.kind.value.as_str() {
        "exact" => Estimate::Exact,
        "factor" => Estimate::Factor(args.number("factor", 1.0)),
        "lognormal-error" => Estimate::LognormalError {
            median: args.number("median", 1.0),
            sigma: args.number("sigma", 1.0),
        },
        "history" => Estimate::History,
        "similar" => Estimate::Similar {
            weight: args.number("weight", 0.5),
        },
        _ => Estimate::Given,
    };
    let first = args.span("first").and_then(Positive::new);
    let mut told = estimates(records, model, luck).expect("checked when the scenario was read");
    for estimate in &mut told {
        *estimate = estimate.or(first);
    }
    told
}
