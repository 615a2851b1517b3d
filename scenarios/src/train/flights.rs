//! Flights of a scenario as episodes: each of a seed that no evaluation uses.

use std::sync::Arc;

use policies::learned::net::Form;
use policies::learned::{Episode, Measure, Question, Refused, Scale, Weights, Widths};
use sim_core::engine::Finish;
use sim_core::units::convert;
use sim_core::world::Trace;

use super::arena::{Answered, Arena, Arenas, End};
use super::settings::Settings;
use super::{Subject, TrainError};
use crate::agent::Origin;
use crate::build::{Experiment, Jobs};
use crate::schema::{NetworkKind, digest};

/// Episodes of training begin here, counted from the seed of the scenario: no replication comes so far.
const TRAINING: u64 = 1 << 32;
/// Those of checks begin here: no training comes so far.
const CHECKS: u64 = 1 << 40;
const _: () = assert!(sim_core::units::limits::MAX_GRID < TRAINING && TRAINING < CHECKS);
/// Heads of an attention network.
const HEADS: usize = 4;
/// Seeds in a row that ask nothing before a training is given up.
const MOST_SILENT: u64 = 100;

/// Flights of one learned policy of a scenario.
#[derive(Clone)]
pub struct Flights {
    experiment: Arc<Experiment>,
    contender: usize,
}

/// An episode of them.
struct Flown {
    flights: Flights,
    episode: Option<Episode>,
    nothing: Question,
}

impl Flights {
    /// Of the policy at this position; none unless it is learned.
    pub fn new(experiment: &Experiment, contender: usize) -> Option<Self> {
        experiment.contenders[contender].head()?;
        Some(Self {
            experiment: Arc::new(experiment.of_policy(contender).clone()),
            contender,
        })
    }

    /// What is taught, as the scenario says it.
    pub fn subject(&self) -> Subject {
        let scenario = &self.experiment.loaded.scenario;
        let contender = &self.experiment.contenders[self.contender];
        let spec = &scenario.train;
        let hidden = convert::index(spec.hidden.value);
        let settings = Settings {
            seed: scenario.seed.value,
            form: match spec.network {
                NetworkKind::Mlp => Form::Mlp { hidden, layers: 2 },
                NetworkKind::Attention => Form::Attention {
                    width: hidden.next_multiple_of(HEADS),
                    heads: HEADS,
                },
            },
            iterations: spec.iterations.value,
            cloning: spec.imitate,
            arenas: spec.arenas.value,
            steps: spec.steps.value,
            epochs: spec.epochs.value,
            minibatch: spec.minibatch.value,
            rate: spec.rate,
            discount: spec.discount,
            trace: spec.trace,
            clip: spec.clip,
            entropy: spec.entropy,
            check: spec.check_every.value,
            ..Settings::default()
        };
        let checks = u64::from(spec.checks.value);
        Subject {
            origin: Origin {
                head: contender.head().expect("it is learned").to_owned(),
                scenario: scenario.name.value.clone(),
                digest: digest(scenario),
            },
            widths: self.widths(),
            settings,
            held_out: (CHECKS..CHECKS + checks).collect(),
        }
    }

    /// What its questions are like.
    pub fn widths(&self) -> Widths {
        let contender = &self.experiment.contenders[self.contender];
        contender.process(0).expect("it is learned").widths()
    }

    /// The mean return of what the policy is built on, over the runs of a check.
    ///
    /// # Errors
    /// A flight that fails.
    pub fn heuristic(&self, subject: &Subject) -> Result<f64, TrainError> {
        let mut arena = self.make().map_err(TrainError::Arena)?;
        let mut sum = 0.0;
        for episode in &subject.held_out {
            sum += advised(&mut *arena, *episode).map_err(TrainError::Arena)?;
        }
        Ok(sum / convert::real(convert::wide(subject.held_out.len())))
    }

    /// The run of a seed, up to its first question; over if it asks none.
    ///
    /// # Errors
    /// Why there is no such run: its jobs cannot be drawn, or it cannot go on.
    pub fn episode(&self, seed: u64) -> Result<Episode, String> {
        let jobs = self.experiment.jobs(seed);
        let jobs = jobs.map_err(|error| error.to_string())?;
        let contender = &self.experiment.contenders[self.contender];
        let process = contender.process(seed).expect("it is learned");
        let measure = self.measure(&jobs);
        let trace = Box::new(Trace::new(jobs.for_policy(contender)));
        let asked = (process, contender.grants);
        let begun = Episode::begin(jobs.world(), trace, asked, measure);
        begun.map_err(|fault| fault.to_string())
    }

    /// An episode of training or of a check, by its number, and the seed of its run. It asks something.
    ///
    /// # Errors
    /// Why there is no such run, or that nothing is left to decide.
    pub fn numbered(&self, number: u64) -> Result<(Episode, u64), String> {
        let first = self.experiment.loaded.scenario.seed.value;
        // A seed without a choice teaches nothing: the next of its kind stands in, far from all others.
        for silent in 0..MOST_SILENT {
            let number = number.saturating_add(silent << 41);
            let seed = first.saturating_add(TRAINING).saturating_add(number);
            let episode = self.episode(seed)?;
            if episode.question().is_some() {
                return Ok((episode, seed));
            }
        }
        Err(format!(
            "{MOST_SILENT} seeds in a row leave nothing to decide: the fleet is so large, or the window so small, that there is never a choice"
        ))
    }

    fn measure(&self, jobs: &Jobs) -> Measure {
        let scenario = &self.experiment.loaded.scenario;
        let reward = &scenario.reward;
        let hours = |job: &sim_core::model::Job| {
            convert::real(job.work) / 3.6e9 * convert::real(job.gang.gpu_milli()) / 1000.0
        };
        let gpu_hours = jobs.jobs().iter().map(hours).sum();
        let count = convert::narrow(jobs.jobs().len());
        Measure {
            weights: Weights {
                spend: reward.spend,
                penalty: reward.penalty,
                queue: reward.queue,
                slowdown: reward.slowdown,
                interruption: reward.interruption,
            },
            scale: Scale::of(jobs.world(), count, gpu_hours),
            promise: scenario.objectives.wait.map(|wait| wait.value),
        }
    }
}

impl Arenas for Flights {
    fn make(&self) -> Result<Box<dyn Arena>, String> {
        Ok(Box::new(Flown {
            flights: self.clone(),
            episode: None,
            nothing: Question::default(),
        }))
    }
}

impl Arena for Flown {
    fn begin(&mut self, episode: u64) -> Result<(), String> {
        self.episode = None;
        self.episode = Some(self.flights.numbered(episode)?.0);
        Ok(())
    }

    fn question(&self) -> &Question {
        let episode = self.episode.as_ref();
        episode.and_then(Episode::question).unwrap_or(&self.nothing)
    }

    fn answer(&mut self, row: usize) -> Result<Answered, String> {
        let episode = self.episode.as_mut().expect("it has begun");
        match episode.answer(row) {
            Ok(answered) => Ok(Answered {
                reward: answered.reward,
                end: match answered.finish {
                    None => End::Goes,
                    // Jobs that will never run count for what they have waited: nothing more will come.
                    Some(Finish::Drained | Finish::Stuck) => End::Terminated,
                    Some(Finish::Horizon) => End::Truncated,
                },
            }),
            Err(Refused::Fault(fault)) => Err(fault.to_string()),
            Err(Refused::Masked(row)) => Err(format!("row {row} may not be chosen")),
            Err(Refused::Over) => Err("the run is over".to_owned()),
        }
    }

    fn teacher(&mut self) -> Option<usize> {
        let episode = self.episode.as_ref().filter(|own| own.question().is_some());
        let advice = episode?.advice();
        let legal = *self.question().legal.get(advice)?;
        legal.then_some(advice)
    }
}

/// What the heuristic gains in an episode; where its advice is masked, the first row that is not.
fn advised(arena: &mut dyn Arena, episode: u64) -> Result<f64, String> {
    arena.begin(episode)?;
    let mut sum = 0.0;
    loop {
        let first = || arena.question().legal.iter().position(|legal| *legal);
        let first = first().expect("a question has a legal row");
        let row = arena.teacher().unwrap_or(first);
        let answered = arena.answer(row)?;
        sum += answered.reward;
        if answered.end != End::Goes {
            return Ok(sum);
        }
    }
}
