//! Generators of requests: when they come, how long they are, what they ask, who asks again.
//!
//! A model is [`Synthetic`]: an arrival process, classes with their lengths, and, where wanted,
//! contents that repeat and sessions of several turns. [`mixtures`] names models fitted to real
//! traces. The requests come lazily, in order, and are fixed by (seed, name): each part draws from
//! a
//! stream of its own, so that changing one leaves the draws of the others.

mod arrivals;
mod clock;
mod content;
mod curves;
mod expected;
pub mod mixtures;
mod session;
mod tokens;

pub use arrivals::{Arrivals, Phase, State};
pub use content::Popularity;
pub use curves::FlashSale;
pub use session::Dialogues;
pub use tokens::Tokens;

use sim_core::units::{SimTime, Span, convert};
use sim_core::world::draw::{Stream, Weighted};

use super::{MAX_REQUESTS, RequestLog, RequestRecord};
use crate::synth::{Luck, ParameterError, weights};
use clock::Clock;
use content::Contents;
use session::Sessions;
use tokens::Sampler;

/// A model of requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Synthetic {
    /// When requests come, or sessions begin where there are any.
    pub arrivals: Arrivals,
    /// Kinds of request, at least one.
    pub classes: Vec<Class>,
    /// How many there are.
    pub length: Length,
    /// What is asked again; everything is asked once without.
    pub contents: Option<Popularity>,
    /// Dialogues of several turns; every request stands alone without.
    pub dialogues: Option<Dialogues>,
}

/// A kind of request.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// Its name; a log does not state a class without one.
    pub name: String,
    /// Relative frequency.
    pub weight: f64,
    /// Tokens read.
    pub input: Tokens,
    /// Tokens written.
    pub output: Tokens,
}

/// When a generator stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// After so many requests.
    Requests(u64),
    /// Before the first request at or after this long.
    Time(Span),
}

impl Synthetic {
    /// The requests, one by one and in order.
    ///
    /// # Errors
    /// The first parameter out of its domain.
    pub fn requests(&self, luck: Luck<'_>) -> Result<Requests, ParameterError> {
        let clock = self.arrivals.open(luck)?;
        let turns = self.dialogues.as_ref().map_or(1.0, |one| one.turns);
        self.length.check(self.arrivals.mean_per_s() * turns)?;
        let sessions = self.dialogues.as_ref();
        let contents = self.contents.map(|one| one.open(luck)).transpose()?;
        let lengths = Lengths::open(&self.classes, luck)?;
        let sessions = sessions.map(|one| one.open(luck)).transpose()?;
        Ok(Requests {
            clock,
            lengths,
            contents,
            sessions,
            length: self.length,
            ordinal: 0,
        })
    }

    /// All requests.
    ///
    /// # Errors
    /// See [`Synthetic::requests`].
    pub fn log(&self, luck: Luck<'_>) -> Result<RequestLog, ParameterError> {
        let names: Vec<String> = self.classes.iter().map(|one| one.name.clone()).collect();
        Ok(RequestLog::new(self.requests(luck)?.collect(), &names))
    }
}

impl Length {
    fn check(self, per_s: f64) -> Result<(), ParameterError> {
        let most = convert::wide(MAX_REQUESTS);
        let expected = match self {
            Self::Requests(requests) => convert::real(requests),
            Self::Time(span) => convert::real(span.us()) / 1e6 * per_s,
        };
        if expected <= convert::real(most) {
            return Ok(());
        }
        let rule = format!("would make about {expected:.0} requests, more than {most}");
        let value = match self {
            Self::Requests(requests) => requests.to_string(),
            Self::Time(span) => span.to_string(),
        };
        Err(ParameterError::new("length", value, &rule))
    }

    /// Whether a request at `at`, the `ordinal`-th from 0, still belongs.
    fn holds(self, ordinal: u64, at: SimTime) -> bool {
        let listed = ordinal < convert::wide(MAX_REQUESTS);
        match self {
            Self::Requests(requests) => ordinal < requests,
            Self::Time(span) => listed && at.us() < span.us(),
        }
    }
}

/// Which class a request is of, and how long it is.
#[derive(Clone, Debug)]
struct Lengths {
    classes: Vec<(Sampler, Sampler)>,
    weights: Weighted,
    draws: Draws,
}

/// The streams that decide of one request; those of a content of its own give it the same answer
/// whenever it is asked.
#[derive(Clone, Debug)]
struct Draws {
    class: Stream,
    input: Stream,
    output: Stream,
}

impl Draws {
    fn open(stream: impl Fn(&str) -> Stream) -> Self {
        Self {
            class: stream("classes"),
            input: stream("input"),
            output: stream("output"),
        }
    }
}

impl Lengths {
    fn open(classes: &[Class], luck: Luck<'_>) -> Result<Self, ParameterError> {
        let shares: Vec<f64> = classes.iter().map(|class| class.weight).collect();
        let weights = weights("classes.weight", &shares)?;
        let most = usize::from(u16::MAX);
        if classes.len() > most {
            let rule = format!("at most {most} classes");
            return Err(ParameterError::new("classes", classes.len(), &rule));
        }
        let open = |class: &Class| Ok((class.input.open("input")?, class.output.open("output")?));
        let opened: Result<Vec<_>, ParameterError> = classes.iter().map(open).collect();
        Ok(Self {
            classes: opened?,
            weights,
            draws: Draws::open(|purpose| luck.stream(purpose)),
        })
    }

    /// A request at `at` with lengths from `own`, or from those all share.
    fn draw(&mut self, at: SimTime, own: Option<Draws>) -> RequestRecord {
        let mut own = own;
        let draws = own.as_mut().unwrap_or(&mut self.draws);
        let class = self.weights.draw(&mut draws.class);
        let (input, output) = &self.classes[class];
        let input = input.draw(&mut draws.input);
        let output = output.draw(&mut draws.output);
        let class = u16::try_from(class).expect("classes are counted in 16 bits");
        RequestRecord {
            class: Some(class),
            ..RequestRecord::new(at, input, output)
        }
    }

    /// What another turn of a dialogue of this class writes.
    fn answer(&self, class: Option<u16>, stream: &mut Stream) -> u32 {
        let class = class.expect("every request is drawn with its class");
        self.classes[usize::from(class)].1.draw(stream)
    }
}

/// The requests of a [`Synthetic`] model, in order of arrival.
#[derive(Clone, Debug)]
pub struct Requests {
    clock: Clock,
    lengths: Lengths,
    contents: Option<Contents>,
    sessions: Option<Sessions>,
    length: Length,
    ordinal: u64,
}

impl Requests {
    /// What comes of itself: a request that stands alone, or that opens a session.
    fn opening(&mut self) -> Option<RequestRecord> {
        let at = self.clock.next()?;
        let content = self.contents.as_mut().map(Contents::draw);
        let own = self.contents.as_ref().zip(content);
        let own = own.map(|(contents, key)| contents.draws(key));
        let mut request = self.lengths.draw(at, own);
        request.content = content;
        Some(request)
    }

    fn arrival(&mut self) -> Option<RequestRecord> {
        let Some(mut sessions) = self.sessions.take() else {
            return self.opening();
        };
        if sessions.wants_opening() {
            let opening = self.opening();
            sessions.offer(opening);
        }
        let turn = sessions.next_turn(&self.lengths);
        self.sessions = Some(sessions);
        turn
    }
}

impl Iterator for Requests {
    type Item = RequestRecord;

    fn next(&mut self) -> Option<RequestRecord> {
        if !self.length.holds(self.ordinal, SimTime::ZERO) {
            return None;
        }
        let request = self.arrival()?;
        if !self.length.holds(self.ordinal, request.arrived) {
            return None;
        }
        self.ordinal += 1;
        Some(request)
    }
}
