//! `swf`: the Standard Workload Format of the Parallel Workloads Archive.

use jiff::Timestamp;
use sim_core::units::{SimTime, Span, convert, limits};

use super::gather::{Clock, Draft, Gather, Labels, Ledger};
use super::{Evidence, Format, Options, Reads};
use crate::error::{Refused, Rule, TraceError};
use crate::reader::{Lines, Source};
use crate::record::{FileName, Machine, Name, Positive, Record, Status, Workload};

pub(super) const FORMAT: Format = Format {
    name: "swf",
    doc: "Standard Workload Format: 18 blank-separated fields, ';' header lines, -1 = unknown",
    origin: "cs.huji.ac.il/labs/parallel/workload; Chapin et al., JSSPP 1999",
    columns: "1 job, 2 submit, 3 wait, 4 run, 5 allocated processors, 6 cpu, 7 memory, 8 requested \
              processors, 9 requested time, 10 requested memory, 11 status, 12 user, 13 group, \
              14 executable, 15 queue, 16 partition, 17 preceding job, 18 think time",
    evidence: Evidence::RealRows,
    reads: Reads::Jobs(read),
};

/// How to read what the format leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwfOptions {
    /// One tick of the file's clock; a second unless its author used another.
    pub unit: Span,
    /// Which of the two processor counts is the job's size.
    pub procs: Procs,
}

/// Which processor count is the job's size; one that is -1 gives way to the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Procs {
    /// Field 5, what the job got.
    #[default]
    Allocated,
    /// Field 8, what it asked for.
    Requested,
    /// The larger of the two, as `RLScheduler` reads it.
    Larger,
}

impl Default for SwfOptions {
    fn default() -> Self {
        Self {
            unit: Span::from_secs(1),
            procs: Procs::Allocated,
        }
    }
}

const FIELDS: usize = 18;
const NAMES: [&str; FIELDS] = [
    "job",
    "submit",
    "wait",
    "run",
    "allocated",
    "cpu",
    "memory",
    "requested",
    "requested time",
    "requested memory",
    "status",
    "user",
    "group",
    "executable",
    "queue",
    "partition",
    "preceding job",
    "think time",
];

/// The fields a record needs, in thousandths; `None` for -1.
type Fields = [Option<u64>; FIELDS];

/// Processors become tasks of one GPU each. Submissions stay on the file's clock, so that published
/// per-job results can be compared. A job without a run time or without processors is left out and
/// counted; requested time -1 or 0 is no estimate.
fn read(source: Source<'_>, options: &Options) -> Result<Workload, Refused> {
    let mut gather = Gather::new(source.name(), options);
    if options.swf.unit == Span::ZERO {
        let rule = Rule::new(
            "a tick is longer than nothing",
            "give the unit of the clock",
        );
        return Err(rule.at(&source.name(), (0, 0), "unit = 0s").into());
    }
    let mut lines = Lines::open(source)?;
    let mut header = Header::default();
    let mut differ = 0_u64;
    while lines.advance()? {
        let bytes = lines.bytes();
        match bytes.iter().find(|b| !b.is_ascii_whitespace()) {
            None => {}
            Some(b';') => {
                let text = lines.text();
                if let Ok(text) = text {
                    header.line(text.trim_start());
                }
            }
            Some(_) => {
                let fields = parse(&lines);
                if let Ok(fields) = &fields {
                    differ += u64::from(fields[4].zip(fields[7]).is_some_and(|(a, b)| a != b));
                }
                let place = (lines.file(), lines.number());
                let draft = fields.and_then(|f| job(&f, place, options.swf, &mut gather.ledger));
                gather.take(draft)?;
            }
        }
    }
    if differ > 0 {
        let size = match options.swf.procs {
            Procs::Allocated => "allocated",
            Procs::Requested => "requested",
            Procs::Larger => "larger",
        };
        gather.notes.push(format!(
            "{differ} jobs asked for another number of processors than they got: the {size} counts"
        ));
    }
    let mut workload = gather.finish(Clock::Relative)?;
    workload.epoch = header.epoch();
    workload.machine = header.machine;
    Ok(workload)
}

fn job(
    fields: &Fields,
    (file, number): (&FileName, u64),
    options: SwfOptions,
    ledger: &mut Ledger,
) -> Result<Draft, TraceError> {
    let fault = |field: usize, rule: Rule| rule.at(file, (number, 0), NAMES[field]);
    let ticks = |field: usize| -> Result<Option<Span>, TraceError> {
        let scale = u128::from(options.unit.us());
        let us = fields[field].map(|milli| u128::from(milli) * scale / 1000);
        us.map(|us| {
            let span = u64::try_from(us).ok().and_then(Span::from_us);
            span.ok_or_else(|| fault(field, Rule::new("is beyond 100 years", "check the unit")))
        })
        .transpose()
    };
    let procs = match options.procs {
        Procs::Allocated => fields[4].or(fields[7]),
        Procs::Requested => fields[7].or(fields[4]),
        Procs::Larger => fields[4].max(fields[7]),
    };
    let Some(submit) = ticks(1)? else {
        return Err(fault(
            1,
            Rule::new("a submission time is missing", "drop the row"),
        ));
    };
    let Some(duration) = ticks(3)? else {
        return Ok(Draft::Excluded("no run time (field 4 is -1)"));
    };
    let Some(procs @ 1..) = procs.map(|milli| milli / 1000) else {
        return Ok(Draft::Excluded(
            "no processors (fields 5 and 8 are -1 or 0)",
        ));
    };
    let tasks = u32::try_from(procs)
        .ok()
        .filter(|&tasks| tasks <= limits::MAX_GANG);
    let Some(tasks) = tasks else {
        let rule = format!("a gang has at most {} tasks", limits::MAX_GANG);
        return Err(fault(4, Rule::new(rule, "drop the row")));
    };
    let user = fields[11].map(|milli| ledger.users.numbered(milli / 1000, Labels::MOST_LONG));
    let user = user.transpose().map_err(|rule| fault(11, rule))?;
    let queue = fields[14].map(|milli| ledger.queues.numbered(milli / 1000, Labels::MOST_SHORT));
    let queue = queue.transpose().map_err(|rule| fault(14, rule))?;
    let name = fields[0].map_or(number, |milli| milli / 1000);
    let at = i64::try_from(submit.us()).expect("a hundred years fit");
    Ok(Draft::Job(
        at,
        Record {
            tasks,
            estimate: ticks(8)?.and_then(Positive::new),
            user: user.map(convert::narrow),
            queue: queue.map(|queue| u16::try_from(queue).expect("below the bound")),
            line: u32::try_from(number).unwrap_or(u32::MAX),
            status: status(fields[10]),
            ..Record::new(Name::Number(name), SimTime::ZERO, duration)
        },
    ))
}

/// 0 failed, 1 completed, 5 cancelled; 2 to 4 are parts of a job swapped in and out.
fn status(milli: Option<u64>) -> Status {
    match milli {
        Some(0 | 4000) => Status::Failed,
        Some(1000 | 3000) => Status::Completed,
        Some(5000) => Status::Cancelled,
        Some(_) | None => Status::Unknown,
    }
}

/// The 18 numbers of a line, in thousandths.
fn parse(lines: &Lines<'_>) -> Result<Fields, TraceError> {
    let line = lines.bytes();
    let mut fields: Fields = [None; FIELDS];
    let (mut at, mut field) = (0, 0);
    loop {
        while line.get(at).is_some_and(|&b| b == b' ' || b == b'\t') {
            at += 1;
        }
        if at >= line.len() {
            break;
        }
        let start = at;
        if field == FIELDS {
            let rule = Rule::new("a job has 18 fields, this line has more", "remove the rest");
            return Err(fault(lines, (start, line.len()), None, rule));
        }
        match number(line, &mut at) {
            Ok(value) => fields[field] = value,
            Err(rule) => {
                let end = line[start..].iter().position(|b| b" \t".contains(b));
                let end = end.map_or(line.len(), |length| start + length);
                return Err(fault(lines, (start, end), Some(NAMES[field]), rule));
            }
        }
        field += 1;
    }
    if field < FIELDS {
        let rule = format!("a job has 18 fields, this line has {field}");
        let rule = Rule::new(rule, "check for a truncated line");
        return Err(fault(lines, (0, line.len()), None, rule));
    }
    Ok(fields)
}

fn fault(
    lines: &Lines<'_>,
    (start, end): (usize, usize),
    name: Option<&str>,
    rule: Rule,
) -> TraceError {
    // A line that is no text at all says so first.
    if let Err(error) = lines.text() {
        return error;
    }
    let text = String::from_utf8_lossy(&lines.bytes()[start..end]);
    let value = name.map_or_else(|| text.to_string(), |name| format!("{name} = {text}"));
    rule.at(lines.file(), (lines.number(), start + 1), &value)
}

/// One number at `at`, which moves past it: -1 (and any other negative, as some logs have) is
/// unknown; a fraction is kept to thousandths.
fn number(line: &[u8], at: &mut usize) -> Result<Option<u64>, Rule> {
    let bad = || {
        Rule::new(
            "is not a number",
            "write digits, with at most one point, or -1",
        )
    };
    let negative = line.get(*at) == Some(&b'-');
    *at += usize::from(negative);
    let start = *at;
    let mut milli: u64 = 0;
    while let Some(digit) = digit(line, *at) {
        milli = milli.wrapping_mul(10).wrapping_add(digit);
        *at += 1;
    }
    // Sixteen digits, and three more for the thousandths, fit into 64 bits.
    match *at - start {
        0 => return Err(bad()),
        1..=16 => milli *= 1000,
        17.. => return Err(Rule::new("has more than 16 digits", "correct it")),
    }
    if line.get(*at) == Some(&b'.') {
        *at += 1;
        let mut place = 100;
        while let Some(digit) = digit(line, *at) {
            milli += digit * place;
            place /= 10;
            *at += 1;
        }
    }
    match line.get(*at) {
        None | Some(b' ' | b'\t') => Ok((!negative).then_some(milli)),
        Some(_) => Err(bad()),
    }
}

fn digit(line: &[u8], at: usize) -> Option<u64> {
    let byte = *line.get(at)?;
    byte.is_ascii_digit().then(|| u64::from(byte - b'0'))
}

/// What the header lines state.
#[derive(Default)]
struct Header {
    machine: Machine,
    unix_start: Option<i64>,
}

impl Header {
    /// `; Key: value`; the first statement of a key counts.
    fn line(&mut self, text: &str) {
        let Some((key, value)) = text.trim_start_matches(';').split_once(':') else {
            return;
        };
        let value = value.trim();
        match key.trim() {
            "MaxProcs" => self.machine.procs = self.machine.procs.or(value.parse().ok()),
            "MaxNodes" => self.machine.nodes = self.machine.nodes.or(value.parse().ok()),
            "UnixStartTime" => self.unix_start = self.unix_start.or(value.parse().ok()),
            _ => {}
        }
    }

    fn epoch(&self) -> Option<String> {
        let at = Timestamp::from_second(self.unix_start?).ok()?;
        Some(at.to_string())
    }
}
