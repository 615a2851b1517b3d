//! Dialogues: sessions of several turns, each of which reads all that was said before.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use sim_core::units::{SimTime, Span, convert};
use sim_core::world::draw::{Stream, quantile};

use super::super::{MAX_TOKENS, RequestRecord};
use super::Lengths;
use super::tokens::{Sampler, Tokens};
use crate::synth::{Luck, ParameterError, positive_span};

/// Dialogues of several turns. A turn reads what its predecessor read and wrote, and a new prompt.
///
/// The time between two turns holds the answer as well as the thinking about it, since the load is
/// drawn before anyone knows how fast it will be served.
#[derive(Clone, Debug, PartialEq)]
pub struct Dialogues {
    /// Turns of a dialogue in the mean, at least 1; their number is geometric.
    pub turns: f64,
    /// From one turn to the next, in the mean; exponential.
    pub pause: Span,
    /// What a turn after the first adds to what was said before.
    pub prompt: Tokens,
    /// The context's limit: of what is longer the oldest part is forgotten.
    pub most: u32,
}

/// Dialogues under way.
#[derive(Clone, Debug)]
pub(super) struct Sessions {
    turns: f64,
    pause: Span,
    prompt: Sampler,
    most: u32,
    count: Stream,
    pauses: Stream,
    prompts: Stream,
    answers: Stream,
    /// The next opening, until it is known that none comes.
    opening: Next,
    waiting: BinaryHeap<Reverse<Turn>>,
    opened: u64,
}

#[derive(Clone, Copy, Debug)]
enum Next {
    Unknown,
    At(RequestRecord),
    Never,
}

/// A turn to come; compared by when, then by who.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    at: SimTime,
    session: u64,
    nth: u64,
    class: Option<u16>,
    input: u32,
    output: u32,
    content: Option<u64>,
}

impl Dialogues {
    /// Most turns of a dialogue in the mean.
    pub const MOST_TURNS: f64 = 1000.0;

    pub(super) fn open(&self, luck: Luck<'_>) -> Result<Sessions, ParameterError> {
        if !(1.0..=Self::MOST_TURNS).contains(&self.turns) {
            let rule = format!("must be from 1 to {}", Self::MOST_TURNS);
            return Err(ParameterError::new("dialogues.turns", self.turns, &rule));
        }
        if self.most == 0 || self.most > MAX_TOKENS {
            let rule = format!("must be from 1 to {MAX_TOKENS}");
            return Err(ParameterError::new("dialogues.most", self.most, &rule));
        }
        Ok(Sessions {
            turns: self.turns,
            pause: positive_span("dialogues.pause", self.pause)?,
            prompt: self.prompt.open("dialogues.prompt")?,
            most: self.most,
            count: luck.stream("turns"),
            pauses: luck.stream("pauses"),
            prompts: luck.stream("prompts"),
            answers: luck.stream("answers"),
            opening: Next::Unknown,
            waiting: BinaryHeap::new(),
            opened: 0,
        })
    }
}

impl Sessions {
    /// Whether the next turn cannot be told before the next opening is.
    pub(super) const fn wants_opening(&self) -> bool {
        matches!(self.opening, Next::Unknown)
    }

    /// Takes the next opening, or that there is none.
    pub(super) fn offer(&mut self, opening: Option<RequestRecord>) {
        self.opening = opening.map_or(Next::Never, Next::At);
    }

    /// The next turn of all dialogues; nothing after the last.
    pub(super) fn next_turn(&mut self, lengths: &Lengths) -> Option<RequestRecord> {
        if let Next::At(opening) = self.opening {
            let first = self.waiting.peek();
            if first.is_none_or(|Reverse(first)| opening.arrived <= first.at) {
                self.begin(&opening, lengths);
                self.opening = Next::Unknown;
            }
        }
        let Reverse(turn) = self.waiting.pop()?;
        Some(RequestRecord {
            arrived: turn.at,
            class: turn.class,
            input: turn.input,
            output: turn.output,
            session: Some(turn.session),
            content: turn.content,
        })
    }

    /// Draws a whole dialogue, so that its luck does not hang on who else is talking.
    fn begin(&mut self, opening: &RequestRecord, lengths: &Lengths) {
        let mut turn = Turn {
            at: opening.arrived,
            session: self.opened,
            nth: 0,
            class: opening.class,
            input: opening.input.min(self.most),
            output: opening.output,
            content: opening.content,
        };
        self.opened += 1;
        let turns = geometric(self.turns, self.count.uniform());
        while turn.nth < turns {
            self.waiting.push(Reverse(turn));
            let pause = self.pauses.exponential_span(self.pause);
            let prompt = self.prompt.draw(&mut self.prompts);
            let said = turn.input.saturating_add(turn.output);
            turn = Turn {
                at: turn.at.saturating_add(pause),
                nth: turn.nth + 1,
                input: said.saturating_add(prompt).min(self.most),
                output: lengths.answer(turn.class, &mut self.answers),
                // Nobody has said the same before.
                content: None,
                ..turn
            };
        }
    }
}

/// A count from 1 of this mean, at probability `u`.
fn geometric(mean: f64, u: f64) -> u64 {
    if mean <= 1.0 {
        return 1;
    }
    // The chance to go on is 1 - 1 / mean, so the exponential has this mean.
    let scale = -1.0 / libm::log1p(-1.0 / mean);
    1 + convert::floor(quantile::exponential(u, scale))
}
