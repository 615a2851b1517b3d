//! The machines that are up, by name: who came, who went, how long each lived.

use std::collections::BTreeMap;

use sim_core::units::{SimTime, convert, limits};

use super::lifetimes::{Lifetime, Lifetimes};
use crate::error::Rule;

/// The machines that are up.
#[derive(Default)]
pub(super) struct Live {
    up: BTreeMap<String, SimTime>,
    ended: Vec<Lifetime>,
}

impl Live {
    /// How many there are.
    pub(super) fn count(&self) -> u32 {
        convert::narrow(self.up.len())
    }

    /// One comes.
    ///
    /// # Errors
    /// It is there already, or there are too many.
    pub(super) fn add(&mut self, name: &str, at: SimTime) -> Result<(), Rule> {
        if self.up.contains_key(name) {
            return Err(Rule::new(
                "a machine that is added is not there yet",
                "check for a lost removal",
            ));
        }
        if self.count() >= limits::MAX_NODES {
            let rule = format!("there are at most {} machines", limits::MAX_NODES);
            return Err(Rule::new(rule, "check that this is a trace of machines"));
        }
        self.up.insert(name.to_owned(), at);
        Ok(())
    }

    /// One goes.
    ///
    /// # Errors
    /// It is not there.
    pub(super) fn remove(&mut self, name: &str, at: SimTime) -> Result<(), Rule> {
        let Some((label, launched)) = self.up.remove_entry(name) else {
            return Err(Rule::new(
                "a machine that is removed is there",
                "check for a lost addition",
            ));
        };
        self.ended.push(Lifetime {
            label,
            launched: Some(launched),
            span: at.since(launched),
            ended: true,
        });
        Ok(())
    }

    /// All lifetimes, those of machines still up at `end` cut off there; in the order of launch.
    pub(super) fn finish(self, end: SimTime) -> Lifetimes {
        let mut lifetimes = self.ended;
        lifetimes.extend(self.up.into_iter().map(|(label, launched)| Lifetime {
            label,
            launched: Some(launched),
            span: end.since(launched),
            ended: false,
        }));
        lifetimes.sort_by(|a, b| (a.launched, &a.label).cmp(&(b.launched, &b.label)));
        Lifetimes {
            lifetimes,
            ..Lifetimes::default()
        }
    }
}
