//! An episode: a run in which somebody else answers.
//!
//! It stops at every question, may be copied at any of them, and hands out after each answer what the time up to the next
//! question was worth. The rewards of an episode add up to what [`Weights::worth`] says of the whole run.

use std::sync::Arc;

use sim_core::engine::{Engine, Fault, Finish, Grants, Step, World};
use sim_core::units::{Money, Span};
use sim_core::watch::{Biller, Digests};
use sim_core::world::Arrivals;

use super::process::Process;
use super::question::Question;
use super::reward::{Account, Scale, Terms, Weights};

/// What rewards are made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    /// How much of each term counts.
    pub weights: Weights,
    /// What terms are divided by.
    pub scale: Scale,
    /// A job that waits longer is a violation.
    pub promise: Option<Span>,
}

/// A run that stops at every question.
pub struct Episode {
    engine: Engine,
    process: Box<dyn Process>,
    grants: Grants,
    measure: Measure,
    watch: (Account, Option<Biller>),
    question: Question,
    /// What was handed out so far.
    paid: f64,
    terms: Terms,
    finish: Option<Finish>,
}

/// What came of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answered {
    /// What the time up to the next question, or to the end, was worth.
    pub reward: f64,
    /// How the run ended, if it has.
    pub finish: Option<Finish>,
}

/// Why an answer was not taken; nothing has changed.
#[derive(Clone, Debug, PartialEq)]
pub enum Refused {
    /// The row is masked, or there is none of this number.
    Masked(usize),
    /// The run is over.
    Over,
    /// The run cannot go on.
    Fault(Fault),
}

impl Episode {
    /// A run in `world` up to its first question.
    ///
    /// # Errors
    /// The run cannot go on.
    pub fn begin(
        world: &Arc<World>,
        arrivals: Box<dyn Arrivals + Send>,
        (process, grants): (Box<dyn Process>, Grants),
        measure: Measure,
    ) -> Result<Self, Fault> {
        // Without services nobody else bills, and who does not care for money is not kept waiting by it.
        let spends = measure.weights.spend > 0.0;
        let biller = spends.then(|| Biller::new(world, sim_core::units::SimTime::ZERO, false));
        let mut this = Self {
            engine: Engine::new(Arc::clone(world), arrivals),
            process,
            grants,
            measure,
            watch: (Account::new(measure.promise), biller),
            question: Question::default(),
            paid: 0.0,
            terms: Terms::default(),
            finish: None,
        };
        this.advance()?;
        // What happened before anybody could do anything about it is paid with the first answer.
        Ok(this)
    }

    /// The question, unless the run is over.
    pub fn question(&self) -> Option<&Question> {
        (self.finish.is_none()).then_some(&self.question)
    }

    /// What the heuristic would answer.
    pub fn advice(&self) -> usize {
        self.process.advice()
    }

    /// Answers, and goes on to the next question or to the end.
    ///
    /// # Errors
    /// The answer is not taken, or the run cannot go on.
    pub fn answer(&mut self, row: usize) -> Result<Answered, Refused> {
        if self.finish.is_some() {
            return Err(Refused::Over);
        }
        if !self.question.legal.get(row).copied().unwrap_or(false) {
            return Err(Refused::Masked(row));
        }
        let (view, mut plan) = self.engine.reopen(self.grants);
        self.process.settle(row, &view, &mut plan);
        self.go_on().map_err(Refused::Fault)?;
        let worth = self.measure.weights.worth(&self.terms, &self.measure.scale);
        let reward = worth - self.paid;
        self.paid = worth;
        Ok(Answered {
            reward,
            finish: self.finish,
        })
    }

    /// What the run has come to by the present question.
    pub fn terms(&self) -> Terms {
        self.terms
    }

    /// What its digests are so far.
    pub fn digests(&self) -> Digests {
        self.engine.digests()
    }

    /// How the run ended, if it has.
    pub fn finish(&self) -> Option<Finish> {
        self.finish
    }

    /// An exact copy: from here on the same answers lead to the same questions and rewards.
    pub fn fork(&self) -> Self {
        Self {
            engine: self.engine.fork(),
            process: self.process.fork(),
            grants: self.grants,
            measure: self.measure,
            watch: self.watch.clone(),
            question: self.question.clone(),
            paid: self.paid,
            terms: self.terms,
            finish: self.finish,
        }
    }

    /// Goes on within an open plan.
    fn go_on(&mut self) -> Result<(), Fault> {
        if self.asks() {
            return Ok(());
        }
        self.advance()
    }

    /// Goes on to an instant at which something is asked, or to the end.
    fn advance(&mut self) -> Result<(), Fault> {
        loop {
            let wakes = self.process.wakes_on();
            let step = self.engine.advance(wakes, &mut self.watch);
            match step.map_err(|fault| fault.by(self.process.name()))? {
                Step::Done(finish) => {
                    self.finish = Some(finish);
                    self.question.clear();
                    self.terms = self.watch.0.terms(self.engine.now(), self.billed());
                    return Ok(());
                }
                Step::Decide => {
                    let (view, mut plan) = self.engine.open(self.grants);
                    self.process.open(&view, &mut plan);
                    if self.asks() {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Puts the next question of this instant; commits the plan if there is none.
    fn asks(&mut self) -> bool {
        let (view, mut plan) = self.engine.reopen(self.grants);
        self.question.clear();
        if self.process.ask(&view, &mut plan, &mut self.question) {
            let spent = if self.watch.1.is_some() {
                view.spent()
            } else {
                Money::ZERO
            };
            self.terms = self.watch.0.terms(view.now(), spent);
            return true;
        }
        self.process.close(&view, &mut plan);
        self.engine.commit(&mut self.watch);
        false
    }

    fn billed(&self) -> Money {
        let biller = self.watch.1.clone();
        biller.map_or(Money::ZERO, |biller| {
            biller.finish(self.engine.now()).0.bill().total()
        })
    }
}
