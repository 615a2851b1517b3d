//! The school: gathers decisions, teaches them, checks what was learned on episodes held back, and keeps the best.

use policies::learned::Widths;
use policies::learned::net::{FormError, Network};
use rayon::prelude::*;
use sim_core::units::convert;
use sim_core::world::draw::Stream;

use super::adam::Adam;
use super::advantage::{Outcome, advantages};
use super::arena::{Arena, Arenas};
use super::lane::{Gathering, Lane, check};
use super::lesson::{Lesson, Part, Sample, Tally};
use super::settings::{SettingError, Settings};
use super::state::StateError;
use crate::agent::{Agent, Origin};

/// What is taught.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// Which head, in which scenario.
    pub origin: Origin,
    /// What its questions are like.
    pub widths: Widths,
    /// How it is taught.
    pub settings: Settings,
    /// Episodes that are never learned from; training takes those from zero on. None: the last weights count as the best.
    pub held_out: Vec<u64>,
}

/// A training, between two iterations.
pub struct School {
    pub(super) subject: Subject,
    pub(super) network: Network,
    pub(super) adam: Adam,
    pub(super) spread: Spread,
    /// Iterations, and decisions, so far.
    pub(super) iteration: u32,
    pub(super) decisions: u64,
    pub(super) best: Option<Best>,
    pub(super) curve: Vec<Point>,
    pub(super) lanes: Vec<Lane>,
    checkers: Vec<Box<dyn Arena>>,
    parts: Vec<Part>,
}

/// Weights that were best at a check.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Best {
    pub(super) weights: Vec<f32>,
    pub(super) iteration: u32,
    pub(super) held_out: f64,
}

/// Spread of the discounted rewards so far, by which rewards are divided: count, mean, sum of squares about it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Spread(pub(super) [f64; 3]);

/// What an iteration came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Which, from one.
    pub iteration: u32,
    /// Whether the teacher was imitated.
    pub cloning: bool,
    /// Decisions gathered so far.
    pub decisions: u64,
    /// Step length of Adam.
    pub rate: f64,
    /// Mean return of the episodes that ended in it, rewards as they are; none ended: none.
    pub mean_return: Option<f64>,
    /// Mean return of the best rows over the held-out episodes, where it was checked.
    pub held_out: Option<f64>,
    /// Mean entropy of a choice.
    pub entropy: f64,
    /// Mean loss of a choice, and half the mean squared error of worth.
    pub loss: [f64; 2],
    /// Share of decisions whose probability moved beyond the clip.
    pub clipped: f64,
    /// Share of the spread of what questions turned out to be worth that was told before; none where there is no spread.
    pub explained: Option<f64>,
}

/// Why a training cannot go on.
#[derive(Debug)]
pub enum TrainError {
    /// A setting is out of range.
    Setting(SettingError),
    /// No such network.
    Form(FormError),
    /// An episode failed, or asked what cannot be answered.
    Arena(String),
    /// A teacher is to be imitated, and chose no row in a whole iteration.
    Untaught,
    /// The weights grew beyond all numbers, in this iteration.
    Diverged(u32),
    /// A stopped training that cannot go on.
    State(StateError),
}

impl School {
    /// At its beginning.
    ///
    /// # Errors
    /// Settings out of range, or an arena that cannot be made or asks nothing.
    pub fn new(subject: Subject, arenas: &dyn Arenas) -> Result<Self, TrainError> {
        let Subject {
            widths,
            ref settings,
            ref held_out,
            ..
        } = subject;
        settings.check().map_err(TrainError::Setting)?;
        settings.form.check(widths).map_err(TrainError::Form)?;
        let mut luck = Stream::new(settings.seed, &["train".into(), "weights".into()]);
        let network = Network::new(settings.form, widths, &mut luck);
        let stride = u64::from(settings.arenas);
        let lanes = (0..stride).map(|episode| Lane::new(arenas.make()?, episode, stride));
        let lanes: Result<_, String> = lanes.collect();
        let checked_at_once = held_out.len().min(convert::index(settings.arenas));
        let checkers: Result<_, String> = (0..checked_at_once).map(|_| arenas.make()).collect();
        Ok(Self {
            adam: Adam::new(network.weights().len()),
            network,
            spread: Spread::default(),
            iteration: 0,
            decisions: 0,
            best: None,
            curve: Vec::new(),
            lanes: lanes.map_err(TrainError::Arena)?,
            checkers: checkers.map_err(TrainError::Arena)?,
            parts: Vec::new(),
            subject,
        })
    }

    /// Goes on to the last iteration, and tells each; one that is told `false` of is the last for now.
    ///
    /// # Errors
    /// See [`School::iterate`].
    pub fn train(&mut self, told: &mut dyn FnMut(&Point) -> bool) -> Result<(), TrainError> {
        while !self.is_done() {
            let point = self.iterate()?;
            if !told(&point) {
                break;
            }
        }
        Ok(())
    }

    /// Whether all iterations were made.
    pub fn is_done(&self) -> bool {
        self.iteration == self.subject.settings.iterations
    }

    /// One iteration more. Panics when all were made.
    ///
    /// # Errors
    /// An episode fails, a teacher is missing, or the weights are no numbers any more; the training is then of no further use.
    pub fn iterate(&mut self) -> Result<Point, TrainError> {
        assert!(!self.is_done(), "all iterations were made");
        let settings = self.subject.settings.clone();
        let lesson = Lesson {
            settings: &settings,
            iteration: self.iteration,
            taught: self.iteration < settings.cloning,
        };
        self.gather(lesson)?;
        let scale = self.measure();
        let (tally, explained) = self.teach(lesson, scale)?;
        if self
            .network
            .weights()
            .iter()
            .any(|weight| !weight.is_finite())
        {
            return Err(TrainError::Diverged(self.iteration + 1));
        }
        self.iteration += 1;
        self.decisions += settings.each()[0];
        let is_due = self.is_done()
            || self.iteration == settings.cloning
            || self.iteration.is_multiple_of(settings.check);
        let held_out = if is_due { self.check()? } else { None };
        let point = Point {
            iteration: self.iteration,
            cloning: lesson.taught,
            decisions: self.decisions,
            rate: lesson.rate(),
            mean_return: mean(self.lanes.iter().flat_map(|lane| &lane.returns).copied()),
            held_out,
            entropy: tally.entropy / tally.count,
            loss: [tally.loss / tally.count, tally.worth / tally.count],
            clipped: tally.clipped / tally.count,
            explained,
        };
        self.curve.push(point);
        Ok(point)
    }

    /// What each iteration came to.
    pub fn curve(&self) -> &[Point] {
        &self.curve
    }

    /// What is taught.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The network as it is now.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The agent that was best at a check, or as it is now where none was made; and the mean return of that check.
    pub fn best(&self) -> (Agent, Option<f64>) {
        let network = match &self.best {
            Some(Best { weights, .. }) => {
                let Settings { form, .. } = self.subject.settings;
                Network::with_weights(form, self.subject.widths, weights.clone())
            }
            None => self.network.clone(),
        };
        let origin = self.subject.origin.clone();
        let held_out = self.best.as_ref().map(|best| best.held_out);
        (Agent { origin, network }, held_out)
    }

    fn gather(&mut self, lesson: Lesson<'_>) -> Result<(), TrainError> {
        let settings = lesson.settings;
        let how = Gathering {
            network: &self.network,
            steps: convert::index(settings.steps),
            discount: settings.discount,
            taught: lesson.taught,
        };
        let gathered = |(at, lane): (usize, &mut Lane)| {
            let at = convert::wide(at);
            let name = [
                "train".into(),
                "choice".into(),
                lesson.iteration.into(),
                at.into(),
            ];
            lane.gather(how, &mut Stream::new(settings.seed, &name))
        };
        let lanes = self.lanes.par_iter_mut().enumerate();
        // The first failure in the order of the lanes is told, not the first in time.
        let gathered: Vec<Result<(), String>> = lanes.map(gathered).collect();
        let gathered: Result<(), String> = gathered.into_iter().collect();
        gathered.map_err(TrainError::Arena)
    }

    /// What rewards are to be multiplied by, now that more have been seen.
    fn measure(&mut self) -> f64 {
        for lane in &self.lanes {
            for discounted in &lane.running {
                self.spread.add(*discounted);
            }
        }
        self.spread.scale()
    }

    fn teach(
        &mut self,
        lesson: Lesson<'_>,
        scale: f64,
    ) -> Result<(Tally, Option<f64>), TrainError> {
        let Settings {
            discount, trace, ..
        } = *lesson.settings;
        let mut samples = Vec::new();
        let mut gains: Vec<[f64; 2]> = Vec::new();
        for lane in &self.lanes {
            let outcomes = lane.steps.iter().map(|step| Outcome {
                reward: scale * step.reward,
                worth: step.worth.into(),
                beyond: step.beyond,
            });
            let outcomes: Vec<Outcome> = outcomes.collect();
            let made = advantages(&outcomes, [discount, trace]);
            let target = made.iter().zip(&outcomes).map(|(a, o)| [*a, a + o.worth]);
            gains.extend(target);
        }
        let centre = moments(gains.iter().map(|[advantage, _]| *advantage));
        let steps = self.lanes.iter().flat_map(|lane| &lane.steps);
        for (step, [advantage, target]) in steps.zip(&gains) {
            let advantage = (advantage - centre[0]) / (centre[1].sqrt() + 1e-8);
            samples.push(Sample {
                step,
                advantage: convert::single(advantage),
                target: convert::single(*target),
            });
        }
        if lesson.taught && samples.iter().all(|sample| sample.step.taught.is_none()) {
            return Err(TrainError::Untaught);
        }
        let tally = lesson.teach(&mut self.network, &mut self.adam, &samples, &mut self.parts);
        let [_, missed] = centre;
        let [_, spread] = moments(gains.iter().map(|[_, target]| *target));
        let explained = (spread > 0.0).then(|| 1.0 - missed / spread);
        Ok((tally, explained))
    }

    /// The mean return of the best rows over the held-out episodes, if there are any; the best so far is kept.
    fn check(&mut self) -> Result<Option<f64>, TrainError> {
        let (network, held_out) = (&self.network, &self.subject.held_out);
        let stride = self.checkers.len().max(1);
        let checked = |(at, arena): (usize, &mut Box<dyn Arena>)| {
            let episodes = held_out.iter().skip(at).step_by(stride);
            let returns = episodes.map(|episode| check(&mut **arena, *episode, network));
            returns.collect::<Result<Vec<f64>, String>>()
        };
        let checkers = self.checkers.par_iter_mut().enumerate();
        let checked: Vec<Result<Vec<f64>, String>> = checkers.map(checked).collect();
        let checked: Result<Vec<Vec<f64>>, String> = checked.into_iter().collect();
        let checked = checked.map_err(TrainError::Arena)?;
        let Some(mean) = mean(checked.into_iter().flatten()) else {
            return Ok(None);
        };
        if self.best.as_ref().is_none_or(|best| mean > best.held_out) {
            self.best = Some(Best {
                weights: self.network.weights().to_vec(),
                iteration: self.iteration,
                held_out: mean,
            });
        }
        Ok(Some(mean))
    }
}

impl Spread {
    fn add(&mut self, value: f64) {
        let [count, mean, squares] = &mut self.0;
        *count += 1.0;
        let off = value - *mean;
        *mean += off / *count;
        *squares += off * (value - *mean);
    }

    /// One over the deviation; one where there is none.
    fn scale(&self) -> f64 {
        let [count, _, squares] = self.0;
        let spread = (squares / count).sqrt();
        if spread > 1e-12 { 1.0 / spread } else { 1.0 }
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values {
        sum += value;
        count += 1.0;
    }
    (count > 0.0).then(|| sum / count)
}

/// Mean and variance.
fn moments(values: impl Iterator<Item = f64> + Clone) -> [f64; 2] {
    let centre = mean(values.clone()).unwrap_or(0.0);
    let squares = mean(values.map(|value| (value - centre) * (value - centre)));
    [centre, squares.unwrap_or(0.0)]
}

impl std::fmt::Display for TrainError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Setting(error) => error.fmt(f),
            Self::Form(error) => error.fmt(f),
            Self::Arena(message) => f.write_str(message),
            Self::Untaught => f.write_str(
                "cloning: the teacher chose none of the rows in a whole iteration: leave cloning at 0, or name another teacher",
            ),
            Self::Diverged(iteration) => write!(
                f,
                "iteration {iteration}: the weights are no numbers any more: lower `rate`"
            ),
            Self::State(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TrainError {}
