//! A recording: what a policy decided each time it was asked, so that another simulator can play it
//! again.

use crate::engine::{Decision, Plan, Policy, View, Wakes};
use crate::units::SimTime;

/// What a policy decided each time it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// What it wanted to be asked after first.
    pub wakes: Wakes,
    /// Whether its placements name GPUs; else the engine's choice of them can be checked.
    pub names_gpus: bool,
    /// One entry for each time it was asked, in order.
    pub asked: Vec<Answer>,
}

/// What a policy decided when it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// When.
    pub at: SimTime,
    /// What it decided.
    pub decisions: Vec<Decision>,
    /// What it wanted to be asked after next.
    pub wakes: Wakes,
}

/// A policy that writes down what another one decides.
pub struct Recorder {
    inner: Box<dyn Policy + Send>,
    recording: Recording,
}

impl Recorder {
    /// Writes down what `inner` decides from here on; it is taken to leave the choice of GPUs to
    /// the engine.
    pub fn new(inner: Box<dyn Policy + Send>) -> Self {
        let recording = Recording {
            wakes: inner.wakes_on(),
            names_gpus: false,
            asked: Vec::new(),
        };
        Self { inner, recording }
    }

    /// What was written down.
    pub fn into_recording(self) -> Recording {
        self.recording
    }
}

impl Policy for Recorder {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn wakes_on(&self) -> Wakes {
        self.inner.wakes_on()
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        self.inner.decide(view, plan);
        self.recording.asked.push(Answer {
            at: view.now(),
            decisions: plan.decisions().to_vec(),
            wakes: self.inner.wakes_on(),
        });
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(Self {
            inner: self.inner.fork(),
            recording: self.recording.clone(),
        })
    }
}
