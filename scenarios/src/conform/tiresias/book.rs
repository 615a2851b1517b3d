//! The book that Tiresias keeps of a run, from its facts: jobs in the order in which they end, and what stood at each instant.

use std::collections::BTreeMap;

use sim_core::units::{JobId, SimTime, Span, convert};
use sim_core::watch::{Fact, Observer, Outcome};

use super::super::table::Table;

/// In which order jobs that end at once are listed.
#[derive(Clone, Copy)]
pub(super) enum List {
    /// That of the submissions.
    Arrived,
    /// That of the starts.
    Started,
    /// That of a list which is sorted by a number at each instant, in place.
    Sorted(fn(&Entry, SimTime) -> u64),
}

/// What is known of a job.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Its GPUs.
    pub(super) gpus: u32,
    work: Span,
    submit: SimTime,
    first: Option<SimTime>,
    end: Option<SimTime>,
    /// Since when it runs.
    since: Option<SimTime>,
    /// How long it ran before.
    ran: Span,
    starts: u32,
    stops: u32,
    /// Jobs that were started before it.
    turn: usize,
}

/// What stands once all of an instant has happened.
#[derive(Clone, Copy, Debug, Default)]
struct Stand {
    busy: u32,
    pending: u32,
    running: u32,
    completed: u32,
}

/// The book in the making.
pub(super) struct Book {
    list: List,
    now: SimTime,
    stand: Stand,
    stands: BTreeMap<SimTime, Stand>,
    jobs: Vec<Entry>,
    starts: usize,
    /// Those that have not ended, as the original lists them.
    live: Vec<usize>,
    ending: Vec<usize>,
    ended: Vec<usize>,
}

/// A closed book.
pub(super) struct Tally {
    jobs: Vec<Entry>,
    ended: Vec<usize>,
    stands: BTreeMap<SimTime, Stand>,
    gpus: u32,
}

impl Entry {
    /// How long it has still to run.
    pub(super) fn left(&self, now: SimTime) -> Span {
        let running = self.since.map_or(Span::ZERO, |since| now.since(since));
        self.work.saturating_sub(self.ran + running)
    }
}

impl Book {
    pub(super) fn new(list: List) -> Self {
        Self {
            list,
            now: SimTime::ZERO,
            stand: Stand::default(),
            stands: BTreeMap::new(),
            jobs: Vec::new(),
            starts: 0,
            live: Vec::new(),
            ending: Vec::new(),
            ended: Vec::new(),
        }
    }

    /// All has happened of the instant.
    fn close(&mut self) {
        let mut ending = std::mem::take(&mut self.ending);
        let jobs = &self.jobs;
        match self.list {
            List::Arrived => ending.sort_unstable(),
            List::Started => ending.sort_by_key(|job| jobs[*job].turn),
            List::Sorted(_) => {
                ending.sort_by_key(|job| self.live.iter().position(|live| live == job));
            }
        }
        self.live.retain(|job| !ending.contains(job));
        if let List::Sorted(rank) = self.list {
            self.live.sort_by_key(|job| rank(&jobs[*job], self.now));
        }
        self.ended.extend(ending);
    }

    /// Closes the book on so many GPUs; `looks` are instants at which the original notes how things stand though nothing happened.
    pub(super) fn finish(mut self, looks: &[SimTime], gpus: u32) -> Tally {
        self.close();
        for look in looks {
            let before = self.stands.range(..=*look).next_back();
            let stand = before.map_or(Stand::default(), |(_, stand)| *stand);
            self.stands.insert(*look, stand);
        }
        Tally {
            jobs: self.jobs,
            ended: self.ended,
            stands: self.stands,
            gpus,
        }
    }

    fn start(&mut self, at: usize, now: SimTime) {
        let job = &mut self.jobs[at];
        job.first.get_or_insert(now);
        job.since = Some(now);
        job.starts += 1;
        job.turn = self.starts;
        self.starts += 1;
        self.stand.busy += job.gpus;
        self.stand.pending -= 1;
        self.stand.running += 1;
    }

    fn stop(&mut self, at: usize, now: SimTime) {
        let job = &mut self.jobs[at];
        let since = job.since.take().expect("it runs");
        job.ran += now.since(since);
        self.stand.busy -= job.gpus;
        self.stand.running -= 1;
    }
}

impl Observer for Book {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        if now > self.now {
            self.close();
            self.now = now;
        }
        let place = |job: &JobId| convert::index(job.ordinal());
        match fact {
            Fact::Arrived { job, spec, .. } => {
                self.live.push(place(job));
                self.stand.pending += 1;
                self.jobs.push(Entry {
                    gpus: spec.gang.gpus(),
                    work: Span::from_us(spec.work).expect("made of a span"),
                    submit: now,
                    first: None,
                    end: None,
                    since: None,
                    ran: Span::ZERO,
                    starts: 0,
                    stops: 0,
                    turn: 0,
                });
            }
            Fact::Started { job, .. } => self.start(place(job), now),
            Fact::Interrupted { job, .. } => {
                self.stop(place(job), now);
                self.jobs[place(job)].stops += 1;
                self.stand.pending += 1;
            }
            Fact::Ended {
                job,
                outcome: Outcome::Completed,
                ..
            } => {
                self.stop(place(job), now);
                self.jobs[place(job)].end = Some(now);
                self.stand.completed += 1;
                self.ending.push(place(job));
            }
            // Machines stand, and jobs that can never run are in no row.
            Fact::Ended { .. }
            | Fact::Refused(_)
            | Fact::Retiring { .. }
            | Fact::Worked { .. }
            | Fact::Request { .. }
            | Fact::Flow { .. }
            | Fact::Held { .. }
            | Fact::Requested { .. }
            | Fact::Booting { .. }
            | Fact::Ready { .. }
            | Fact::Draining { .. }
            | Fact::Noticed { .. }
            | Fact::Reclaimed { .. }
            | Fact::Released { .. }
            | Fact::Price { .. }
            | Fact::Paced { .. }
            | Fact::Reseated { .. }
            | Fact::Advised { .. }
            | Fact::Miscarried { .. }
            | Fact::Failed { .. }
            | Fact::Repaired { .. }
            | Fact::Shock { .. }
            | Fact::Availability { .. } => return,
        }
        self.stands.insert(now, self.stand);
    }
}

impl Tally {
    /// A row for each job that ended; `resumes`: its starts are counted.
    pub(super) fn jobs(
        &self,
        (names, promotions): (&[u32], &BTreeMap<u32, u32>),
        unit: Span,
        resumes: bool,
    ) -> Table {
        let mut table = Table::new(&[
            "time",
            "job_id",
            "num_gpu",
            "submit_time",
            "start_time",
            "end_time",
            "executed_time",
            "JCT",
            "duration",
            "pending_time",
            "preempt",
            "resume",
            "promote",
        ]);
        let units = |span: Span| span.us() / unit.us();
        let time = |at: SimTime| units(at.since(SimTime::ZERO));
        for at in &self.ended {
            let job = &self.jobs[*at];
            let (Some(first), Some(end)) = (job.first, job.end) else {
                continue;
            };
            let waited = end.since(job.submit).saturating_sub(job.ran);
            let promoted = promotions.get(&convert::narrow(*at));
            let row = [
                time(end),
                names[*at].into(),
                job.gpus.into(),
                time(job.submit),
                time(first),
                time(end),
                units(end.since(first)),
                units(end.since(job.submit)),
                units(job.work),
                units(waited),
                job.stops.into(),
                if resumes { job.starts.into() } else { 0 },
                promoted.copied().unwrap_or(0).into(),
            ];
            table
                .rows
                .push(row.map(|number: u64| number.to_string()).into());
        }
        table
    }

    /// A row for each instant.
    pub(super) fn instants(&self, unit: Span) -> Table {
        let mut table = Table::new(&[
            "time",
            "idle_gpu",
            "busy_gpu",
            "pending_job",
            "running_job",
            "completed_job",
        ]);
        for (at, stand) in &self.stands {
            let numbers = [
                self.gpus - stand.busy,
                stand.busy,
                stand.pending,
                stand.running,
                stand.completed,
            ];
            let mut row = vec![(at.us() / unit.us()).to_string()];
            row.extend(numbers.map(|number| number.to_string()));
            table.rows.push(row);
        }
        table
    }
}
