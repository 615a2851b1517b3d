//! Turn away: whoever does not fit at once is turned away for good, as a call is when all lines are busy.

use super::Admit;
use crate::compose::Desk;

/// Nobody waits.
#[derive(Clone, Copy, Debug)]
pub struct TurnAway;

impl Admit for TurnAway {
    fn admit(&mut self, desk: &mut Desk<'_, '_, '_>) {
        while let Some((head, _)) = desk.queue.first() {
            if let Some(placement) = desk.lay(head) {
                desk.start(head, &placement);
            } else {
                desk.queue.remove(head);
                desk.plan.reject(head).expect("it waits");
            }
        }
    }

    fn fork(&self) -> Box<dyn Admit> {
        Box::new(*self)
    }
}
