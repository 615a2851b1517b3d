//! One arena, and where its episode stands.

use policies::learned::Question;
use policies::learned::net::{Network, Scratch, choice};
use sim_core::units::convert;
use sim_core::world::draw::Stream;

use super::advantage::Beyond;
use super::arena::{Answered, Arena, End};

/// An arena in which decisions are gathered, episode after episode.
pub(super) struct Lane {
    arena: Box<dyn Arena>,
    /// Which episode is flown, and what the next one's number is more by; after the last number comes the first.
    episode: u64,
    stride: u64,
    /// Answers of this episode, by which it can be flown again up to here.
    answers: Vec<u32>,
    gained: f64,
    /// Rewards so far, each the next one's discounted.
    discounted: f64,
    thinking: Thinking,
    /// What was gathered last.
    pub(super) steps: Vec<Step>,
    /// Returns of the episodes that ended meanwhile.
    pub(super) returns: Vec<f64>,
    /// Discounted rewards after each step.
    pub(super) running: Vec<f64>,
}

/// Room for one network to answer one question.
#[derive(Default)]
struct Thinking {
    scratch: Scratch,
    log_shares: Vec<f32>,
}

/// A decision and what came of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Step {
    pub(super) question: Question,
    pub(super) row: usize,
    /// What the teacher would have chosen, where it was asked.
    pub(super) taught: Option<usize>,
    pub(super) log_share: f32,
    pub(super) worth: f32,
    pub(super) reward: f64,
    pub(super) beyond: Beyond,
}

/// How decisions are gathered.
#[derive(Clone, Copy)]
pub(super) struct Gathering<'a> {
    pub(super) network: &'a Network,
    /// How many.
    pub(super) steps: usize,
    pub(super) discount: f64,
    /// Whether the teacher flies.
    pub(super) taught: bool,
}

impl Lane {
    /// At the first question of an episode; later ones are `stride` apart.
    pub(super) fn new(arena: Box<dyn Arena>, episode: u64, stride: u64) -> Result<Self, String> {
        let mut lane = Self {
            arena,
            episode,
            stride,
            answers: Vec::new(),
            gained: 0.0,
            discounted: 0.0,
            thinking: Thinking::default(),
            steps: Vec::new(),
            returns: Vec::new(),
            running: Vec::new(),
        };
        lane.begin(episode)?;
        Ok(lane)
    }

    /// The episode it is in, and its answers so far.
    pub(super) fn place(&self) -> (u64, &[u32]) {
        (self.episode, &self.answers)
    }

    /// Flies an episode again up to where it was.
    pub(super) fn fly_to(
        &mut self,
        episode: u64,
        answers: &[u32],
        discount: f64,
    ) -> Result<(), String> {
        self.begin(episode)?;
        for answer in answers {
            let row = convert::index(*answer);
            if self.arena.question().legal.get(row) != Some(&true) {
                return Err(self.at(&format!("row {row} cannot be chosen again")));
            }
            let answered = self.answer(row, discount)?;
            if answered.end != End::Goes {
                return Err(self.at("it ends before it did"));
            }
        }
        Ok(())
    }

    /// So many decisions more.
    pub(super) fn gather(&mut self, how: Gathering<'_>, luck: &mut Stream) -> Result<(), String> {
        self.steps.resize_with(how.steps, Step::default);
        self.returns.clear();
        self.running.clear();
        let mut steps = std::mem::take(&mut self.steps);
        for (at, step) in steps.iter_mut().enumerate() {
            self.choose(how, luck, step);
            let answered = self.answer(step.row, how.discount)?;
            self.running.push(self.discounted);
            step.reward = answered.reward;
            step.beyond = match answered.end {
                End::Goes if at + 1 < how.steps => Beyond::Next,
                End::Goes | End::Truncated => Beyond::Worth(self.worth(how.network)),
                End::Terminated => Beyond::Worth(0.0),
            };
            if answered.end != End::Goes {
                self.returns.push(self.gained);
                self.begin(self.episode.wrapping_add(self.stride))?;
            }
        }
        self.steps = steps;
        Ok(())
    }

    fn choose(&mut self, how: Gathering<'_>, luck: &mut Stream, step: &mut Step) {
        let question = self.arena.question();
        // Into the room of the question that was kept here before.
        let Question {
            context,
            rows,
            legal,
        } = &mut step.question;
        context.clone_from(&question.context);
        rows.clone_from(&question.rows);
        legal.clone_from(&question.legal);
        let Thinking {
            scratch,
            log_shares,
        } = &mut self.thinking;
        let scores = how.network.scores(question, scratch);
        choice::log_shares(scores, &question.legal, log_shares);
        step.worth = how.network.worth(question, scratch);
        // Drawn in any case, so that what a teacher leaves open shifts no other draw.
        step.row = choice::drawn(log_shares, &question.legal, luck.uniform());
        step.taught = if how.taught {
            self.arena.teacher()
        } else {
            None
        };
        step.row = step.taught.unwrap_or(step.row);
        step.log_share = log_shares[step.row];
    }

    /// What is expected from what is asked now on.
    fn worth(&mut self, network: &Network) -> f64 {
        let question = self.arena.question();
        if question.is_empty() {
            return 0.0;
        }
        network.worth(question, &mut self.thinking.scratch).into()
    }

    fn begin(&mut self, episode: u64) -> Result<(), String> {
        self.episode = episode;
        self.answers.clear();
        (self.gained, self.discounted) = (0.0, 0.0);
        let begun = self.arena.begin(episode);
        begun.map_err(|message| self.at(&message))?;
        asked(&*self.arena).map_err(|message| self.at(&message))
    }

    fn answer(&mut self, row: usize, discount: f64) -> Result<Answered, String> {
        let answered = answer(&mut *self.arena, row).map_err(|message| self.at(&message))?;
        self.answers.push(convert::narrow(row));
        self.gained += answered.reward;
        self.discounted = discount * self.discounted + answered.reward;
        Ok(answered)
    }

    fn at(&self, message: &str) -> String {
        let (episode, answers) = (self.episode, self.answers.len());
        format!("episode {episode}, after {answers} decisions: {message}")
    }
}

/// What the best rows gain in an episode.
pub(super) fn check(arena: &mut dyn Arena, episode: u64, network: &Network) -> Result<f64, String> {
    let mut scratch = Scratch::default();
    let mut gained = 0.0;
    let named = |message| format!("held-out episode {episode}: {message}");
    arena.begin(episode).map_err(named)?;
    asked(arena).map_err(named)?;
    loop {
        let question = arena.question();
        let scores = network.scores(question, &mut scratch);
        let row = choice::greedy(scores, &question.legal);
        let answered = answer(arena, row).map_err(named)?;
        gained += answered.reward;
        if answered.end != End::Goes {
            return Ok(gained);
        }
    }
}

fn answer(arena: &mut dyn Arena, row: usize) -> Result<Answered, String> {
    let answered = arena.answer(row)?;
    if !answered.reward.is_finite() {
        return Err(format!("a reward of {}", answered.reward));
    }
    if answered.end == End::Goes {
        asked(arena)?;
    }
    Ok(answered)
}

/// Whether there is a question that can be answered.
fn asked(arena: &dyn Arena) -> Result<(), String> {
    let question = arena.question();
    if !question.legal.contains(&true) {
        return Err("nothing is asked".to_owned());
    }
    let numbers = question.context.iter().chain(&question.rows);
    match numbers.into_iter().find(|number| !number.is_finite()) {
        Some(number) => Err(format!("a question with a number of {number}")),
        None => Ok(()),
    }
}
