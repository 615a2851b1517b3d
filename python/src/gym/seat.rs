//! An environment itself: an episode, what is seen of it, and which comes next.

use std::sync::Arc;

use policies::learned::{Episode, Refused, Terms, Widths};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use scenarios::experiment::words;
use scenarios::train::Flights;
use sim_core::engine::Finish;

/// One environment.
#[derive(Clone)]
pub(super) struct Seat {
    flights: Arc<Flights>,
    pub(super) widths: Widths,
    /// What the sequence of its episodes follows from.
    seed: u64,
    /// How many episodes it has begun since.
    begun: u64,
    pub(super) episode: Option<Standing>,
}

/// An episode, and the seed of the scenario that it is flown with.
pub(super) struct Standing {
    pub(super) episode: Episode,
    pub(super) seed: u64,
}

impl Clone for Standing {
    fn clone(&self) -> Self {
        Self {
            episode: self.episode.fork(),
            seed: self.seed,
        }
    }
}

/// What came of an action.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Came {
    pub(super) reward: f64,
    finish: Option<Finish>,
    /// Whether the action was masked, and the first that was not stood in.
    pub(super) replaced: bool,
}

impl Came {
    pub(super) fn terminated(self) -> bool {
        match self.finish {
            Some(Finish::Drained | Finish::Stuck) => true,
            Some(Finish::Horizon) | None => false,
        }
    }

    pub(super) fn truncated(self) -> bool {
        match self.finish {
            Some(Finish::Horizon) => true,
            Some(Finish::Drained | Finish::Stuck) | None => false,
        }
    }
}

impl Seat {
    pub(super) fn new(flights: Arc<Flights>) -> Self {
        Self {
            widths: flights.widths(),
            flights,
            seed: 0,
            begun: 0,
            episode: None,
        }
    }

    /// Begins the sequence of a seed, or its next episode.
    pub(super) fn reset(&mut self, seed: Option<u64>) -> Result<(), String> {
        if let Some(seed) = seed {
            (self.seed, self.begun) = (seed, 0);
        }
        let (episode, seed) = self.flights.numbered(number(self.seed, self.begun))?;
        self.begun += 1;
        self.episode = Some(Standing { episode, seed });
        Ok(())
    }

    /// Does an action, or the first that is not masked in its place.
    pub(super) fn step(&mut self, action: usize) -> Result<Came, String> {
        let standing = self.episode.as_mut().ok_or("reset comes before step")?;
        let episode = &mut standing.episode;
        let legal = &episode
            .question()
            .ok_or("the episode is over: reset")?
            .legal;
        let replaced = !legal.get(action).copied().unwrap_or(false);
        let first = || legal.iter().position(|legal| *legal);
        let row = if replaced { first() } else { Some(action) };
        let row = row.expect("a question has a legal row");
        match episode.answer(row) {
            Ok(answered) => Ok(Came {
                reward: answered.reward,
                finish: answered.finish,
                replaced,
            }),
            Err(Refused::Fault(fault)) => Err(fault.to_string()),
            Err(Refused::Masked(_) | Refused::Over) => unreachable!("a legal row of a question"),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        let standing = self.episode.as_ref();
        standing.is_none_or(|own| own.episode.question().is_none())
    }

    /// The question as one row of numbers: the context, the rows, zeros to the end.
    pub(super) fn observe(&self, into: &mut [f32]) {
        into.fill(0.0);
        let question = self.episode.as_ref().and_then(|own| own.episode.question());
        if let Some(question) = question {
            let (context, rows) = into.split_at_mut(self.widths.context);
            context.copy_from_slice(&question.context);
            rows[..question.rows.len()].copy_from_slice(&question.rows);
        }
    }

    /// Which actions may be chosen. Where nothing is asked any more it is the first, as there always is one.
    pub(super) fn mask<T: From<bool>>(&self, into: &mut [T]) {
        let question = self.episode.as_ref().and_then(|own| own.episode.question());
        let legal = question.map_or(&[true][..], |question| &question.legal);
        let all = legal.iter().copied().chain(std::iter::repeat(false));
        for (into, legal) in into.iter_mut().zip(all) {
            *into = legal.into();
        }
    }

    pub(super) fn numbers(&self) -> usize {
        self.widths.context + self.widths.rows * self.widths.row
    }

    /// What is told of the episode's end, if it came.
    pub(super) fn ended(&self, came: Came) -> Option<Ended> {
        let (finish, standing) = (came.finish?, self.episode.as_ref()?);
        let digests = standing.episode.digests();
        Some(Ended {
            finish,
            terms: standing.episode.terms(),
            digests: [digests.decisions, digests.facts].map(|digest| digest.to_string()),
        })
    }
}

/// What is told of an episode that ended.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    finish: Finish,
    terms: Terms,
    digests: [String; 2],
}

impl Ended {
    pub(super) fn tell(&self, info: &Bound<'_, PyDict>) -> PyResult<()> {
        info.set_item("finish", words::finish(self.finish))?;
        info.set_item("terms", told(info.py(), self.terms)?)?;
        info.set_item("digests", &self.digests)
    }
}

/// Terms of the reward so far, each in its unit.
pub(super) fn told(py: Python<'_>, terms: Terms) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("spent_usd", terms.spent_usd)?;
    dict.set_item("violations", terms.violations)?;
    dict.set_item("interruptions", terms.interruptions)?;
    dict.set_item("queue_hours", terms.queue_hours)?;
    dict.set_item("slowdown", terms.slowdown)?;
    Ok(dict)
}

/// The number of an episode: of the first it is the seed, of the others mixed from the seed and their place; below 2^38.
fn number(seed: u64, place: u64) -> u64 {
    const BELOW: u64 = 1 << 38;
    if place == 0 && seed < BELOW {
        return seed;
    }
    // SplitMix64 (Steele, Lea and Flood 2014).
    let mut mixed = seed.wrapping_add(place.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (mixed ^ (mixed >> 31)) % BELOW
}
