//! The waiting of a few chosen jobs, stretch by stretch.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::engine::Reason;
use sim_core::units::SimTime;

use super::room::Lack;

/// A stretch of waiting for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// From when.
    pub from: SimTime,
    /// Until when; none while it lasts.
    pub until: Option<SimTime>,
    /// Why.
    pub reason: Reason,
    /// Where there was no placement, what was missing when it began.
    pub lack: Option<Lack>,
    /// The least and the most that was free in it, in thousandths of GPUs, where there was no placement.
    pub free_milli: (u64, u64),
}

/// Stretches of the jobs that were chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stretches {
    /// By ordinal of the job, in the order of time.
    pub of: BTreeMap<u32, Vec<Stretch>>,
}

impl Stretches {
    /// None yet of these jobs.
    pub fn of(chosen: BTreeSet<u32>) -> Self {
        let none = chosen.into_iter().map(|ordinal| (ordinal, Vec::new()));
        Self { of: none.collect() }
    }

    /// Whether no job was chosen.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// Whether this one was.
    pub fn has(&self, ordinal: u32) -> bool {
        self.of.contains_key(&ordinal)
    }

    /// From now on a chosen job waits for this reason.
    pub(super) fn go_on(
        &mut self,
        ordinal: u32,
        now: SimTime,
        (reason, lack): (Reason, Option<Lack>),
    ) {
        let Some(stretches) = self.of.get_mut(&ordinal) else {
            return;
        };
        let free = lack.map_or(0, |lack| lack.free_milli);
        match stretches.last_mut() {
            Some(last) if last.until.is_none() && last.reason == reason => {
                let (least, most) = last.free_milli;
                last.free_milli = (least.min(free), most.max(free));
                return;
            }
            Some(last) if last.until.is_none() => last.until = Some(now),
            Some(_) | None => {}
        }
        stretches.push(Stretch {
            from: now,
            until: None,
            reason,
            lack,
            free_milli: (free, free),
        });
    }

    /// A job waits no more.
    pub(super) fn close(&mut self, ordinal: u32, now: SimTime) {
        let last = self.of.get_mut(&ordinal).and_then(|own| own.last_mut());
        if let Some(last) = last {
            last.until.get_or_insert(now);
        }
    }
}
