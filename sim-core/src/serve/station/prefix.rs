//! Prefix hits: what of a prompt a replica has computed before and need not compute again.
//!
//! Assumed: a class shares its first tokens (a system prompt), which stay on a replica from the first prompt of that class
//! on; a session's later requests begin with what was said before. Hits come in whole blocks and never cover the last
//! token. They save computing, not memory: each sequence holds its tokens for itself.

use super::schedule::BLOCK;
use crate::serve::Lru;
use crate::serve::request::Request;
use crate::units::convert;

/// How much of a prompt is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefix {
    /// First tokens that the requests of a class share, by class; none beyond the table.
    pub by_class: Vec<u32>,
    /// Part of its prompt that a later request of a session finds, in parts per million.
    pub session_ppm: u32,
    /// Sessions that a replica remembers, the last used.
    pub sessions: u32,
}

/// What a replica has seen.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    classes: Vec<bool>,
    sessions: Lru<()>,
}

impl Seen {
    pub(super) fn nothing(prefix: &Prefix) -> Self {
        Self {
            classes: vec![false; prefix.by_class.len()],
            sessions: Lru::new(convert::index(prefix.sessions)),
        }
    }

    /// A prompt has been computed.
    pub(super) fn see(&mut self, request: &Request) {
        if let Some(seen) = self.classes.get_mut(request.class.index()) {
            *seen = true;
        }
        if let Some(session) = request.session {
            self.sessions.insert(session, ());
        }
    }

    /// Tokens that are found of the `known` ones of a sequence.
    pub(super) fn hit(&self, prefix: &Prefix, request: &Request, known: u32) -> u32 {
        let class = request.class.index();
        let shared = if self.classes.get(class) == Some(&true) {
            prefix.by_class[class]
        } else {
            0
        };
        let again = request
            .session
            .is_some_and(|session| self.sessions.peek(session).is_some());
        let of_session = if again {
            let part = u64::from(request.counts.input) * u64::from(prefix.session_ppm) / 1_000_000;
            u32::try_from(part).unwrap_or(u32::MAX)
        } else {
            0
        };
        let prompt = request.counts.input.min(known - 1);
        let found = shared.max(of_session).min(prompt);
        found - found % BLOCK
    }
}
