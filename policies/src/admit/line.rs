//! The two rules without reservations: strict head of line, and skipping over who does not fit.

use sim_core::engine::Reason;

use super::Admit;
use crate::compose::Desk;
use crate::queue::Pass;

/// Strict head of line: who does not fit stops all behind.
#[derive(Clone, Copy, Debug)]
pub struct Strict;

/// Skip: whoever fits starts, in order. A large job may wait for ever.
#[derive(Clone, Debug, Default)]
pub struct Skip {
    pass: Pass,
}

impl Admit for Strict {
    fn admit(&mut self, desk: &mut Desk<'_, '_, '_>) {
        while let Some((head, _)) = desk.queue.first() {
            if !desk.try_start(head) {
                desk.plan.hold_others(Reason::BehindHead);
                return;
            }
        }
    }

    fn fork(&self) -> Box<dyn Admit> {
        Box::new(*self)
    }
}

impl Admit for Skip {
    fn admit(&mut self, desk: &mut Desk<'_, '_, '_>) {
        let mut pass = std::mem::take(&mut self.pass);
        desk.queue.begin(&mut pass);
        while let Some((job, lane)) = desk.queue.next(&mut pass) {
            if !desk.try_start(job) {
                // What this lane wants fits nowhere, and starting others frees nothing.
                pass.skip(lane);
            }
        }
        self.pass = pass;
    }

    fn fork(&self) -> Box<dyn Admit> {
        Box::new(self.clone())
    }
}
