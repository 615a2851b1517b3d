//! Lists of objects: any kinds in any files, each object by itself, so that a fault has its line
//! and spoils no other.

use std::collections::BTreeMap;
use std::io::Read;

use serde::Deserialize;
use serde_json::value::RawValue;
use sim_core::units::convert;

use super::object::{ClusterQueue, LocalQueue, Node, Pod, ResourceQuota, Workload};
use crate::error::{Refused, Rule, TraceError};
use crate::import::Faults;
use crate::reader::{Source, io_fault};
use crate::record::FileName;

/// Largest file: its text is held as a whole.
const MAX_LIST_BYTES: u64 = 1 << 30;

/// What was read, by kind.
#[derive(Default)]
pub(super) struct Objects {
    pub(super) nodes: Vec<Placed<Node>>,
    pub(super) pods: Vec<Placed<Pod>>,
    pub(super) quotas: Vec<ResourceQuota>,
    pub(super) workloads: Vec<Placed<Workload>>,
    pub(super) local_queues: Vec<LocalQueue>,
    pub(super) cluster_queues: Vec<ClusterQueue>,
    pub(super) cohorts: Vec<ClusterQueue>,
    /// Objects of other kinds.
    pub(super) other: BTreeMap<String, u64>,
    /// The latest instant that stands anywhere.
    pub(super) latest: Option<i64>,
}

/// An object and where it stands.
pub(super) struct Placed<T> {
    pub(super) object: T,
    pub(super) file: FileName,
    pub(super) at: (u64, usize),
}

impl<T> Placed<T> {
    /// A broken rule of this object.
    pub(super) fn fault(&self, value: &str, rule: Rule) -> TraceError {
        rule.at(&self.file, self.at, value)
    }
}

#[derive(Deserialize)]
struct Head<'a> {
    kind: Option<String>,
    #[serde(borrow)]
    items: Option<Vec<&'a RawValue>>,
}

/// Reads every object of `source`: of a list, or several values one after the other.
pub(super) fn read(
    source: Source<'_>,
    objects: &mut Objects,
    faults: &mut Faults,
) -> Result<(), Refused> {
    let file = source.name();
    let mut text = String::new();
    let mut bytes = source.open()?.take(MAX_LIST_BYTES + 1);
    bytes
        .read_to_string(&mut text)
        .map_err(|error| io_fault(&error).at(&file, (0, 0), ""))?;
    if convert::wide(text.len()) > MAX_LIST_BYTES {
        let rule = Rule::new("a list has at most 1 GiB", "print fewer kinds at a time");
        return Err(rule.at(&file, (0, 0), "").into());
    }
    let mut reading = Reading {
        file: &file,
        text: &text,
        told: (0, 1),
    };
    let values = serde_json::Deserializer::from_str(&text).into_iter::<&RawValue>();
    let mut count = 0;
    for value in values {
        let value = value.map_err(|error| broken(&error, &file, (1, 1)))?;
        let head: Head<'_> = reading.parse(value)?;
        match head.items {
            Some(items) => {
                for item in items {
                    reading.object(item, None, objects, faults)?;
                }
            }
            None if head.kind.is_some() => reading.object(value, head.kind, objects, faults)?,
            None => {
                let rule = Rule::new(
                    "neither a list of items nor an object",
                    "print it with kubectl get ... -o json",
                );
                let at = reading.place(value);
                return Err(rule.at(&file, at, "").into());
            }
        }
        count += 1;
    }
    if count == 0 {
        let rule = Rule::new("the file is empty", "print it with kubectl get ... -o json");
        return Err(rule.at(&file, (1, 1), "").into());
    }
    objects.latest = objects.latest.max(latest(&text));
    Ok(())
}

/// A text, and how far its lines were counted.
struct Reading<'a> {
    file: &'a FileName,
    text: &'a str,
    /// A byte, and the line that it stands on.
    told: (usize, u64),
}

impl<'a> Reading<'a> {
    fn object(
        &mut self,
        raw: &'a RawValue,
        kind: Option<String>,
        objects: &mut Objects,
        faults: &mut Faults,
    ) -> Result<(), Refused> {
        let kind = if let Some(kind) = kind {
            kind
        } else {
            let head: Result<Head<'_>, _> = self.parse(raw);
            let Some(head) = faults.take(head)? else {
                return Ok(());
            };
            head.kind.unwrap_or_else(|| String::from("unknown"))
        };
        match kind.as_str() {
            "Node" => objects.nodes.extend(self.placed(raw, faults)?),
            "Pod" => objects.pods.extend(self.placed(raw, faults)?),
            "Workload" => objects.workloads.extend(self.placed(raw, faults)?),
            "ResourceQuota" => objects.quotas.extend(self.taken(raw, faults)?),
            "LocalQueue" => objects.local_queues.extend(self.taken(raw, faults)?),
            "ClusterQueue" => objects.cluster_queues.extend(self.taken(raw, faults)?),
            "Cohort" => objects.cohorts.extend(self.taken(raw, faults)?),
            _ => *objects.other.entry(kind).or_default() += 1,
        }
        Ok(())
    }

    fn taken<T: Deserialize<'a>>(
        &mut self,
        raw: &'a RawValue,
        faults: &mut Faults,
    ) -> Result<Option<T>, Refused> {
        let read = self.parse(raw);
        faults.take(read)
    }

    fn placed<T: Deserialize<'a>>(
        &mut self,
        raw: &'a RawValue,
        faults: &mut Faults,
    ) -> Result<Option<Placed<T>>, Refused> {
        let at = self.place(raw);
        let object = self.taken(raw, faults)?;
        let file = FileName::clone(self.file);
        Ok(object.map(|object| Placed { object, file, at }))
    }

    fn parse<T: Deserialize<'a>>(&mut self, raw: &'a RawValue) -> Result<T, TraceError> {
        let read: Result<T, _> = serde_json::from_str(raw.get());
        read.map_err(|error| {
            let at = self.place(raw);
            broken(&error, self.file, at)
        })
    }

    /// Line and column of the first byte of `raw`: objects are asked in their order, so that each
    /// line is counted once.
    fn place(&mut self, raw: &RawValue) -> (u64, usize) {
        let at = raw
            .get()
            .as_ptr()
            .addr()
            .saturating_sub(self.text.as_ptr().addr());
        let bytes = self.text.as_bytes();
        let (from, line) = if at < self.told.0 { (0, 1) } else { self.told };
        let lines = self.text[from..at].matches('\n').count();
        let line = line + convert::wide(lines);
        self.told = (at, line);
        let start = bytes[..at].iter().rposition(|byte| *byte == b'\n');
        (line, at - start.map_or(0, |start| start + 1) + 1)
    }
}

/// What the library found wrong in what begins at `start`.
fn broken(error: &serde_json::Error, file: &FileName, start: (u64, usize)) -> TraceError {
    let message = error.to_string();
    let what = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(what, _)| what);
    let line = u64::try_from(error.line()).unwrap_or(0).max(1);
    let column = if line == 1 {
        start.1 + error.column().max(1) - 1
    } else {
        error.column()
    };
    let rule = Rule::new(what.to_owned(), "correct it, or check for a truncated file");
    rule.at(file, (start.0 + line - 1, column), "")
}

/// The latest instant of the text, as Kubernetes writes it: `"2024-05-01T12:00:00Z"`. Heartbeats of
/// nodes are among them, so that it is close to when the text was printed; dates far ahead, as
/// certificates have, are not looked at.
fn latest(text: &str) -> Option<i64> {
    let keys = [
        "\"lastHeartbeatTime\":",
        "\"lastTransitionTime\":",
        "\"creationTimestamp\":",
        "\"finishedAt\":",
        "\"startedAt\":",
        "\"startTime\":",
    ];
    let mut latest: Option<&str> = None;
    for key in keys {
        for (at, _) in text.match_indices(key) {
            let rest = text[at + key.len()..].trim_start();
            let stamp = rest
                .strip_prefix('"')
                .and_then(|rest| rest.split('"').next());
            // All of one form and in UTC, they are in order as texts.
            let stamp = stamp.filter(|stamp| stamp.len() == 20 && stamp.ends_with('Z'));
            latest = latest.max(stamp);
        }
    }
    crate::reader::with_offset(latest?).ok()
}
