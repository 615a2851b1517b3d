//! What a network learns in: an episode that asks one question after another.

use policies::learned::Question;

/// Something that asks. An episode is fixed by its number: the same number and the same answers give the same questions and
/// rewards, whatever the arena was used for before.
pub trait Arena: Send {
    /// Begins an episode, up to its first question; what went before is dropped.
    ///
    /// # Errors
    /// Why there is no question to be had, such as a flight that fails.
    fn begin(&mut self, episode: u64) -> Result<(), String>;

    /// What is asked now. After [`End::Truncated`] it is what would have been asked next, or empty where nobody knows; after
    /// [`End::Terminated`] it is not read.
    fn question(&self) -> &Question;

    /// Chooses this row, which may be chosen, and goes on to the next question.
    ///
    /// # Errors
    /// Why the episode cannot go on.
    fn answer(&mut self, row: usize) -> Result<Answered, String>;

    /// The row that whoever is to be imitated would choose now, if it would choose one of them.
    fn teacher(&mut self) -> Option<usize> {
        None
    }
}

/// What came of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answered {
    /// What was gained until the next question, or until the end: finite.
    pub reward: f64,
    /// Whether there is another question.
    pub end: End,
}

/// Whether an episode goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// There is another question.
    Goes,
    /// It is over, and nothing more could be gained.
    Terminated,
    /// It was cut off: more would have come.
    Truncated,
}

/// Makes arenas that are alike, as many as are flown at a time.
pub trait Arenas: Sync {
    /// One more.
    ///
    /// # Errors
    /// Why none can be made.
    fn make(&self) -> Result<Box<dyn Arena>, String>;
}

impl<F: Fn() -> Result<Box<dyn Arena>, String> + Sync> Arenas for F {
    fn make(&self) -> Result<Box<dyn Arena>, String> {
        self()
    }
}
