//! `parametric`: a workload from independent parts, each with its own draws.

use std::collections::BTreeSet;

use sim_core::units::{SimTime, convert, limits};
use sim_core::world::draw::{Stream, Weighted, Zipf, span};

use super::arrivals::{Arrivals, Clock};
use super::durations::{Durations, Sampler};
use super::parameter::{Length, Luck, ParameterError, share, weights};
use crate::record::{ModelSet, Name, Positive, Record, Workload};

/// A workload of independent parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Parametric {
    /// When jobs come.
    pub arrivals: Arrivals,
    /// How long they run.
    pub durations: Durations,
    /// How large they are.
    pub gangs: Vec<GangWeight>,
    /// How many there are.
    pub length: Length,
    /// Who submits them; nobody in particular without.
    pub users: Option<Users>,
    /// Which of them have a deadline; none without.
    pub deadlines: Option<Deadlines>,
    /// Priorities by weight; all 0 where empty.
    pub priorities: Vec<(i16, f64)>,
    /// Allowed models by weight, an empty list standing for any; all any where empty.
    pub models: Vec<(Vec<String>, f64)>,
}

/// A size of gang and how common it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GangWeight {
    /// Tasks, at least 1.
    pub tasks: u32,
    /// Whole GPUs of each.
    pub gpus: u16,
    /// Cores of each; 0 = not stated.
    pub cpus: u32,
    /// Memory of each, in GiB; 0 = not stated.
    pub memory_gib: u32,
    /// Relative frequency.
    pub weight: f64,
}

/// Who submits: user k with a weight of k^-exponent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Users {
    /// How many.
    pub count: u32,
    /// 0 = all alike; 1 and above = few submit most.
    pub exponent: f64,
}

/// Deadlines, as multiples of the job's own duration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deadlines {
    /// Share of jobs that have one.
    pub share: f64,
    /// Due after at least this many times the duration, at least 1.
    pub slack_low: f64,
    /// Due after at most this many times the duration; uniform between.
    pub slack_high: f64,
}

impl Parametric {
    /// The jobs, one by one.
    ///
    /// # Errors
    /// The first parameter out of its domain.
    pub fn jobs(&self, luck: Luck<'_>) -> Result<ParametricJobs, ParameterError> {
        let users = self.users.map(open_users).transpose()?;
        if let Some(deadlines) = self.deadlines {
            check_deadlines(deadlines)?;
        }
        let clock = self.arrivals.open(luck)?;
        self.length.check(self.arrivals.mean_per_hour())?;
        Ok(ParametricJobs {
            clock,
            durations: self.durations.open()?,
            gangs: open_gangs(&self.gangs)?,
            table: self.gangs.clone(),
            users,
            deadlines: self.deadlines,
            priorities: choices("priorities", &self.priorities)?,
            models: self.open_models()?,
            length: self.length,
            ordinal: 0,
            streams: Streams {
                duration: luck.stream("durations"),
                gang: luck.stream("gangs"),
                user: luck.stream("users"),
                deadline: luck.stream("deadlines"),
                priority: luck.stream("priorities"),
                model: luck.stream("models"),
            },
        })
    }

    /// All jobs.
    ///
    /// # Errors
    /// See [`Parametric::jobs`].
    pub fn workload(&self, luck: Luck<'_>) -> Result<Workload, ParameterError> {
        let count = self.users.map_or(0, |users| users.count);
        Ok(Workload {
            jobs: self.jobs(luck)?.collect(),
            users: (1..=count).map(|n| format!("user-{n}")).collect(),
            models: self.model_names(),
            notes: vec!["generated: parametric".to_owned()],
            ..Workload::default()
        })
    }

    fn model_names(&self) -> Vec<String> {
        let names = self.models.iter().flat_map(|(names, _)| names);
        let names: BTreeSet<&String> = names.collect();
        names.into_iter().cloned().collect()
    }

    fn open_models(&self) -> Result<Option<Choices<ModelSet>>, ParameterError> {
        let names = self.model_names();
        if names.len() > ModelSet::MAX {
            let rule = format!("at most {} models", ModelSet::MAX);
            return Err(ParameterError::new("models", names.len(), &rule));
        }
        let set = |allowed: &[String]| {
            let positions = names
                .iter()
                .enumerate()
                .filter(|(_, name)| allowed.contains(name));
            positions.fold(ModelSet::ANY, |set, (position, _)| set.with(position))
        };
        let sets = self
            .models
            .iter()
            .map(|(allowed, weight)| (set(allowed), *weight));
        choices("models", &sets.collect::<Vec<_>>())
    }
}

fn open_gangs(gangs: &[GangWeight]) -> Result<Weighted, ParameterError> {
    for gang in gangs {
        if gang.tasks == 0 || gang.tasks > limits::MAX_GANG {
            let rule = format!("must be from 1 to {}", limits::MAX_GANG);
            return Err(ParameterError::new("gangs.tasks", gang.tasks, &rule));
        }
        if u32::from(gang.gpus) > limits::MAX_GPUS_PER_NODE {
            let rule = format!("must be at most {}", limits::MAX_GPUS_PER_NODE);
            return Err(ParameterError::new("gangs.gpus", gang.gpus, &rule));
        }
    }
    let shares: Vec<f64> = gangs.iter().map(|gang| gang.weight).collect();
    weights("gangs.weight", &shares)
}

fn open_users(users: Users) -> Result<Zipf, ParameterError> {
    if users.count == 0 {
        return Err(ParameterError::new("users.count", 0, "must be at least 1"));
    }
    if !users.exponent.is_finite() || users.exponent < 0.0 {
        let rule = "must not be negative";
        return Err(ParameterError::new("users.exponent", users.exponent, rule));
    }
    Ok(Zipf::new(users.count.into(), users.exponent))
}

fn check_deadlines(deadlines: Deadlines) -> Result<(), ParameterError> {
    share("deadlines.share", deadlines.share)?;
    if !(deadlines.slack_low >= 1.0 && deadlines.slack_low.is_finite()) {
        let rule = "must be at least 1: nothing ends before its duration";
        return Err(ParameterError::new(
            "deadlines.slack-low",
            deadlines.slack_low,
            rule,
        ));
    }
    if !(deadlines.slack_high >= deadlines.slack_low && deadlines.slack_high.is_finite()) {
        let rule = "must not be below deadlines.slack-low";
        return Err(ParameterError::new(
            "deadlines.slack-high",
            deadlines.slack_high,
            rule,
        ));
    }
    Ok(())
}

/// Values by weight.
#[derive(Clone, Debug)]
struct Choices<T> {
    values: Vec<T>,
    weights: Weighted,
}

fn choices<T: Clone>(field: &str, of: &[(T, f64)]) -> Result<Option<Choices<T>>, ParameterError> {
    if of.is_empty() {
        return Ok(None);
    }
    let shares: Vec<f64> = of.iter().map(|(_, weight)| *weight).collect();
    Ok(Some(Choices {
        values: of.iter().map(|(value, _)| value.clone()).collect(),
        weights: weights(field, &shares)?,
    }))
}

impl<T: Copy> Choices<T> {
    fn draw(&self, stream: &mut Stream) -> T {
        self.values[self.weights.draw(stream)]
    }
}

/// The jobs of a [`Parametric`] workload, in order of submission.
#[derive(Clone, Debug)]
pub struct ParametricJobs {
    clock: Clock,
    durations: Sampler,
    gangs: Weighted,
    table: Vec<GangWeight>,
    users: Option<Zipf>,
    deadlines: Option<Deadlines>,
    priorities: Option<Choices<i16>>,
    models: Option<Choices<ModelSet>>,
    length: Length,
    ordinal: u64,
    streams: Streams,
}

#[derive(Clone, Debug)]
struct Streams {
    duration: Stream,
    gang: Stream,
    user: Stream,
    deadline: Stream,
    priority: Stream,
    model: Stream,
}

impl ParametricJobs {
    fn job(&mut self, submit: SimTime) -> Record {
        let streams = &mut self.streams;
        let duration = self.durations.draw(&mut streams.duration);
        let gang = self.table[self.gangs.draw(&mut streams.gang)];
        let user = self.users.map(|users| users.draw(&mut streams.user) - 1);
        let deadline = self.deadlines.and_then(|deadlines| {
            let (has, at) = (streams.deadline.uniform(), streams.deadline.uniform());
            let slack = deadlines.slack_low + (deadlines.slack_high - deadlines.slack_low) * at;
            // Rounding must not make a deadline that no run can meet.
            let due = span(convert::real(duration.us()) * slack).max(duration);
            Positive::new(due).filter(|_| has < deadlines.share)
        });
        let priorities = self.priorities.as_ref();
        let models = self.models.as_ref();
        Record {
            tasks: gang.tasks,
            gpus: gang.gpus,
            gpu_milli: if gang.gpus == 0 { 0 } else { 1000 },
            cpu_milli: gang.cpus.saturating_mul(1000),
            memory_mib: gang.memory_gib.saturating_mul(1024),
            user: user.map(|user| u32::try_from(user).expect("counted in 32 bits")),
            deadline,
            priority: priorities.map_or(0, |p| p.draw(&mut streams.priority)),
            models: models.map_or(ModelSet::ANY, |m| m.draw(&mut streams.model)),
            ..Record::new(Name::Number(self.ordinal), submit, duration)
        }
    }
}

impl Iterator for ParametricJobs {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let submit = self.clock.next()?;
        if !self.length.holds(self.ordinal, submit) {
            return None;
        }
        let job = self.job(submit);
        self.ordinal += 1;
        Some(job)
    }
}
