//! What a policy may know of a goodput job: what it was submitted as, and what it reports of itself.

use super::JobView;
use crate::course::goodput::{Kind, State};
use crate::course::{CourseKind, Progress};

impl<'a> JobView<'a> {
    /// Its kind, if its course is one of goodput: what is trained, and how its batch is chosen. Of the application's
    /// [`Machine`](crate::course::goodput::Machine)s a policy that does not know the future looks only at what a submitter would
    /// profile.
    pub fn kind(&self) -> Option<&'a Kind> {
        let class = &self.state.world.classes[self.live.job.class.index()];
        let CourseKind::Goodput(kinds) = &class.course.kind else {
            return None;
        };
        kinds
            .get(usize::from(self.live.job.kind.0))
            .map(AsRef::as_ref)
    }

    /// What a goodput job reports of itself: epochs, batch, noise, and the speeds it has seen.
    pub fn report(&self) -> Option<State> {
        match &self.live.progress {
            Progress::Goodput(course) => Some(course.after(self.live.working(self.state.now))),
            Progress::Linear(_) | Progress::Stepwise(_) => None,
        }
    }
}
