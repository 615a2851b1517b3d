//! What is assumed of what has no end yet, so that a snapshot becomes jobs that can be replayed.

use std::collections::BTreeMap;

use sim_core::units::{SimTime, Span, convert};

use super::{Asks, Cluster, Seen};
use crate::record::{Name, Positive, Record, Status, Workload};

/// How far back a replay goes, and how far ahead what serves stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Time zero lies so long before the snapshot, or where its first job was submitted if that is
    /// later.
    pub back: Span,
    /// What serves stays for so long after the snapshot.
    pub ahead: Span,
}

/// A job on the clock of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Played {
    /// Position of the job in [`Cluster::jobs`].
    pub job: usize,
    /// When it is submitted.
    pub submit: SimTime,
    /// How long it runs once it runs.
    pub duration: Span,
    /// When it was seen to start.
    pub start: Option<SimTime>,
    /// When it was seen to end.
    pub finish: Option<SimTime>,
}

/// The jobs of a snapshot on one clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replay {
    /// In the order of their submission.
    pub jobs: Vec<Played>,
    /// The moment of time zero, in microseconds since 1970.
    pub zero_us: i64,
    /// What was left out, and what was assumed.
    pub notes: Vec<String>,
}

impl Default for Outlook {
    fn default() -> Self {
        let week = Span::from_secs(7 * 86_400);
        Self {
            back: week,
            ahead: week,
        }
    }
}

impl Cluster {
    /// The jobs on one clock. What was submitted before time zero is there from the beginning, with
    /// what then was left of it. What still runs takes as long again as it has run; what waits
    /// takes the median of what its tenant has finished; both at most what their users said.
    pub fn replay(&self, outlook: Outlook) -> Replay {
        let first = self.jobs.iter().map(|job| job.submit_us).min();
        let us = |span: Span| i64::try_from(span.us()).expect("a hundred years fit");
        let back = self.taken_us.saturating_sub(us(outlook.back));
        let zero = first.unwrap_or(self.taken_us).max(back);
        let mut guess = Guess {
            taken: self.taken_us,
            stays: self.taken_us.saturating_add(us(outlook.ahead)),
            zero,
            medians: Medians::of(self),
            counts: BTreeMap::new(),
        };
        let since = |at: i64| {
            let us = u64::try_from(at.max(zero) - zero).unwrap_or(0);
            SimTime::from_us(us).unwrap_or(SimTime::MAX)
        };
        let mut jobs = Vec::new();
        for (position, job) in self.jobs.iter().enumerate() {
            let Some((start, end)) = guess.held(job) else {
                continue;
            };
            let length = u64::try_from(end.saturating_sub(start.max(zero))).unwrap_or(0);
            jobs.push(Played {
                job: position,
                submit: since(job.submit_us),
                duration: Span::from_us(length).unwrap_or(Span::MAX),
                start: job.start_us.map(since),
                finish: job.end_us.map(since),
            });
        }
        jobs.sort_by_key(|own| (own.submit, own.start.is_none(), own.start, own.job));
        let told = guess.counts.into_iter();
        Replay {
            jobs,
            zero_us: zero,
            notes: told
                .map(|(what, count)| format!("{count} {what}"))
                .collect(),
        }
    }

    /// The jobs of a replay that `keep` names, as a workload; a slice counts as a GPU.
    pub fn workload(&self, replay: &Replay, keep: impl Fn(&Seen) -> bool) -> Workload {
        let mut users: BTreeMap<&str, u32> = BTreeMap::new();
        let names = self.jobs.iter().filter_map(|job| job.user.as_deref());
        for name in names {
            let next = convert::narrow(users.len());
            users.entry(name).or_insert(next);
        }
        let mut named: Vec<(&str, u32)> = users.iter().map(|(name, at)| (*name, *at)).collect();
        named.sort_by_key(|(_, at)| *at);
        let kept = replay
            .jobs
            .iter()
            .map(|played| (played, &self.jobs[played.job]));
        let kept = kept.filter(|(_, seen)| keep(seen));
        let record = |(played, seen): (&Played, &Seen)| {
            let (tasks, asks) = seen.tasks_of_one();
            let limit = seen
                .limit_us
                .and_then(Span::from_us)
                .and_then(Positive::new);
            Record {
                estimate: limit,
                models: seen.models,
                tasks,
                cpu_milli: asks.cpu_milli,
                memory_mib: asks.memory_mib,
                user: seen.user.as_deref().map(|user| users[user]),
                queue: u16::try_from(seen.tenant).ok(),
                gpus: asks.gpus,
                gpu_milli: asks.gpu_milli,
                priority: i16::try_from(seen.priority.clamp(-32_768, 32_767)).expect("clamped"),
                status: seen.status,
                ..Record::new(
                    Name::Text(bounded(&seen.name).into()),
                    played.submit,
                    played.duration,
                )
            }
        };
        let epoch = jiff::Timestamp::from_microsecond(replay.zero_us).ok();
        Workload {
            jobs: kept.map(record).collect(),
            queues: self
                .tenants
                .iter()
                .map(|tenant| bounded(&tenant.name))
                .collect(),
            users: named.into_iter().map(|(name, _)| bounded(name)).collect(),
            models: self.models.clone(),
            epoch: epoch.map(|at| at.to_string()),
            notes: replay.notes.clone(),
            ..Workload::default()
        }
    }
}

impl Seen {
    /// Its tasks as a workload has them: one slice, one part of a GPU, or whole GPUs each.
    pub fn tasks_of_one(&self) -> (u32, Asks) {
        let asks = &self.asks;
        let whole = asks.slice.is_none() && (asks.gpu_milli == 1000 || asks.gpu_milli == 0);
        let many = u32::from(asks.gpus);
        if whole || many <= 1 {
            return (self.tasks, asks.clone());
        }
        let one = Asks {
            gpus: 1,
            cpu_milli: asks.cpu_milli / many,
            memory_mib: asks.memory_mib / many,
            ..asks.clone()
        };
        (self.tasks.saturating_mul(many), one)
    }
}

/// What is known or assumed of when jobs hold their machines; instants in microseconds since 1970.
struct Guess {
    taken: i64,
    /// Until when what serves stays.
    stays: i64,
    zero: i64,
    medians: Medians,
    counts: BTreeMap<&'static str, u64>,
}

impl Guess {
    /// From when until when a job holds its machines; nothing where it is left out.
    fn held(&mut self, job: &Seen) -> Option<(i64, i64)> {
        let limit = job
            .limit_us
            .map_or(i64::MAX, |us| i64::try_from(us).unwrap_or(i64::MAX));
        let (note, held) = match (job.start_us, job.end_us) {
            (None, Some(_)) => ("jobs ended and never started: left out", None),
            (Some(_), Some(end)) if end <= self.zero => {
                ("jobs ended before time zero: left out", None)
            }
            (Some(start), Some(end)) => {
                self.early(job);
                return Some((start, end));
            }
            (Some(start), None) if job.serves => (
                "jobs serve: they stay until the end",
                Some((start, self.stays)),
            ),
            (Some(start), None) => {
                let ran = self.taken.saturating_sub(start).max(LEAST_US);
                let lasts = ran.saturating_mul(2).min(limit).max(ran);
                let note = "jobs still run: they are assumed to take as long again";
                (note, Some((start, start.saturating_add(lasts))))
            }
            (None, None) => {
                let start = job.submit_us.max(self.zero);
                let median = self.medians.of_tenant(job.tenant).min(limit).max(LEAST_US);
                let end = if job.serves {
                    self.stays
                } else {
                    start.saturating_add(median)
                };
                let note = "jobs wait: they are assumed to take the median of what their tenant \
                            has finished";
                (note, Some((start, end.max(start))))
            }
        };
        *self.counts.entry(note).or_default() += 1;
        if held.is_some() {
            self.early(job);
        }
        held
    }

    /// Counts a job that was there before time zero.
    fn early(&mut self, job: &Seen) {
        if job.submit_us < self.zero {
            let note = "jobs were submitted before time zero: they are there from the beginning";
            *self.counts.entry(note).or_default() += 1;
        }
    }
}

/// What runs takes a second at least.
const LEAST_US: i64 = 1_000_000;

/// Medians of what was finished, by tenant, and over all.
struct Medians {
    by_tenant: BTreeMap<usize, i64>,
    all: i64,
}

impl Medians {
    /// Of fewer than this many nothing is said.
    const LEAST: usize = 5;

    fn of(cluster: &Cluster) -> Self {
        let mut ended: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
        let mut all = Vec::new();
        for job in &cluster.jobs {
            if let (Some(start), Some(end), Status::Completed) =
                (job.start_us, job.end_us, job.status)
            {
                ended.entry(job.tenant).or_default().push(end - start);
                all.push(end - start);
            }
        }
        if all.len() < Self::LEAST {
            let running = cluster
                .jobs
                .iter()
                .filter(|job| !job.serves && job.end_us.is_none());
            all.extend(
                running.filter_map(|job| Some(2 * (cluster.taken_us - job.start_us?).max(0))),
            );
        }
        let own = ended
            .into_iter()
            .filter(|(_, all)| all.len() >= Self::LEAST);
        Self {
            by_tenant: own
                .map(|(tenant, mut all)| (tenant, median(&mut all).unwrap_or(0)))
                .collect(),
            // Where nothing at all is known: an hour.
            all: median(&mut all).unwrap_or(3_600_000_000),
        }
    }

    fn of_tenant(&self, tenant: usize) -> i64 {
        self.by_tenant.get(&tenant).copied().unwrap_or(self.all)
    }
}

/// The lower median.
fn median(all: &mut [i64]) -> Option<i64> {
    all.sort_unstable();
    all.get(all.len().saturating_sub(1) / 2).copied()
}

/// A name that is printable and of bounded length: a longer one ends in a hash of itself.
pub(super) fn bounded(name: &str) -> String {
    let shown: String = name
        .chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect();
    let most = sim_core::units::limits::MAX_NAME;
    if shown.len() <= most {
        return shown;
    }
    let mut end = most - 17;
    while !shown.is_char_boundary(end) {
        end -= 1;
    }
    let hash = blake3::hash(name.as_bytes()).to_hex();
    format!("{}-{}", &shown[..end], &hash[..16])
}
