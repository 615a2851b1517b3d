//! What a log of requests says: when each came, of which class, how much it read and wrote.

use std::collections::BTreeMap;

use sim_core::serve::{Counts, Request, RequestId};
use sim_core::units::{ClassId, SimTime, Span};

use crate::record::Dropped;

/// A request to a service. What its numbers count its format says; of language models, tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestRecord {
    /// When it came.
    pub arrived: SimTime,
    /// Position in [`RequestLog::classes`]: the model asked, or the kind of request.
    pub class: Option<u16>,
    /// What is read before the first answer: prompt tokens, earlier turns included.
    pub input: u32,
    /// What is written: generated tokens.
    pub output: u32,
    /// Requests of one session share this key: a dialogue, or a user.
    pub session: Option<u64>,
    /// Requests with the same key ask the same: one answer, once cached, serves all.
    pub content: Option<u64>,
}

impl RequestRecord {
    /// The same as a service takes it, under this number; what has no class is of the first.
    pub fn request(&self, id: u64) -> Request {
        Request {
            id: RequestId(id),
            class: ClassId(self.class.unwrap_or(0)),
            arrived: self.arrived,
            counts: Counts {
                input: self.input,
                output: self.output,
            },
            session: self.session,
            content: self.content,
        }
    }
}

/// When the engine that was logged took up a request and answered it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// It entered the engine's queue.
    pub queued: SimTime,
    /// It was first part of a step.
    pub scheduled: SimTime,
    /// Its first token was there.
    pub first_token: SimTime,
    /// Its last token was there.
    pub last_token: SimTime,
}

/// Requests, sorted by (arrival, position in the file), and what is known of them as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestLog {
    /// The requests, in the order in which they came.
    pub records: Vec<RequestRecord>,
    /// Names behind [`RequestRecord::class`], in the order in which they first came.
    pub classes: Vec<String>,
    /// One entry per request where the log says how they were served, else none.
    pub measured: Vec<Measured>,
    /// The wall clock at time zero, RFC 3339; without an offset where the trace states none.
    pub epoch: Option<String>,
    /// Rows left out because they broke a rule; always empty unless the import was lenient.
    pub dropped: Dropped,
    /// Exclusions and imputations, in sentences.
    pub notes: Vec<String>,
}

impl RequestRecord {
    /// A request of no stated class, session or content.
    pub const fn new(arrived: SimTime, input: u32, output: u32) -> Self {
        Self {
            arrived,
            class: None,
            input,
            output,
            session: None,
            content: None,
        }
    }
}

impl RequestLog {
    /// A log of these requests, in any order; `classes` are the names behind their classes, an
    /// empty
    /// one standing for none.
    pub fn new(mut records: Vec<RequestRecord>, classes: &[String]) -> Self {
        records.sort_by_key(|record| record.arrived);
        let classes = renumber(&mut records, classes);
        Self {
            records,
            classes,
            ..Self::default()
        }
    }

    /// From the first request to the last; nothing in an empty log.
    pub fn span(&self) -> Span {
        match (self.records.first(), self.records.last()) {
            (Some(first), Some(last)) => last.arrived.since(first.arrived),
            (None, _) | (_, None) => Span::ZERO,
        }
    }

    /// The name of a request's class; nothing where none is stated.
    pub fn class_of(&self, record: &RequestRecord) -> &str {
        let name = record
            .class
            .and_then(|class| self.classes.get(usize::from(class)));
        name.map_or("", String::as_str)
    }
}

/// Numbers classes in the order in which they come, so that equal logs have equal numbers; a name
/// that nobody has is forgotten.
fn renumber(records: &mut [RequestRecord], classes: &[String]) -> Vec<String> {
    let mut known: BTreeMap<u16, u16> = BTreeMap::new();
    let mut names = Vec::new();
    for record in records {
        record.class = record
            .class
            .filter(|&class| !classes[usize::from(class)].is_empty());
        let Some(class) = &mut record.class else {
            continue;
        };
        *class = *known.entry(*class).or_insert_with(|| {
            names.push(classes[usize::from(*class)].clone());
            u16::try_from(names.len() - 1).expect("no more than there were")
        });
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_numbered_as_they_come() {
        let at = |secs, class| RequestRecord {
            class,
            ..RequestRecord::new(SimTime::from_secs(secs), 1, 1)
        };
        let names = ["never", "late", "early"].map(str::to_owned);
        let log = RequestLog::new(
            vec![at(5, Some(1)), at(1, Some(2)), at(3, None), at(5, Some(2))],
            &names,
        );
        assert_eq!(log.classes, ["early", "late"]);
        let of: Vec<&str> = log.records.iter().map(|one| log.class_of(one)).collect();
        assert_eq!(of, ["early", "", "late", "early"]);
        assert_eq!(log.span(), Span::from_secs(4));
    }
}
