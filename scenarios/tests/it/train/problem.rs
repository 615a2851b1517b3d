//! A problem small enough to be solved exactly: jobs come one by one to two servers of different speeds.
//!
//! Each job is sent to one of the servers, whose room is bounded, or turned away at a price; then each busy server finishes
//! with its own chance, and every job still there costs a little.

use policies::learned::net::{Network, Scratch, choice};
use policies::learned::{Question, Widths};
use scenarios::train::{Answered, Arena, End};
use sim_core::units::convert;
use sim_core::world::draw::Stream;

/// Most jobs at a server.
pub(super) const ROOM: usize = 11;
const STATES: usize = (ROOM + 1) * (ROOM + 1);
const FINISHES: [f64; 2] = [0.7, 0.4];
const TURNED_AWAY: f64 = 3.0;
const WAITS: f64 = 0.25;
pub(super) const DISCOUNT: f64 = 0.95;
const JOBS: u32 = 60;

pub(super) const WIDTHS: Widths = Widths {
    context: 2,
    row: 4,
    rows: 3,
};

/// Jobs at each server.
type State = [usize; 2];

/// What each state is worth, and the row that is chosen in it.
pub(super) struct Solution {
    pub(super) worth: Vec<f64>,
    pub(super) rows: Vec<usize>,
}

pub(super) fn states() -> impl Iterator<Item = State> {
    (0..STATES).map(|at| [at / (ROOM + 1), at % (ROOM + 1)])
}

fn place([first, second]: State) -> usize {
    first * (ROOM + 1) + second
}

fn real(count: usize) -> f64 {
    convert::real(convert::wide(count))
}

/// The state after a choice, before any server finishes, and what the choice costs.
fn sent(mut state: State, row: usize) -> (State, f64) {
    match state.get_mut(row) {
        Some(jobs) => {
            *jobs += 1;
            (state, 0.0)
        }
        None => (state, TURNED_AWAY),
    }
}

fn waits(state: State) -> f64 {
    WAITS * real(state[0] + state[1])
}

pub(super) fn legal(state: State) -> [bool; 3] {
    [state[0] < ROOM, state[1] < ROOM, true]
}

/// What a choice is worth, told what states are.
fn value(state: State, row: usize, worth: &[f64]) -> f64 {
    let (state, cost) = sent(state, row);
    let mut sum = -cost;
    for done in [[0, 0], [0, 1], [1, 0], [1, 1]] {
        let chance = |server: usize| match (state[server], done[server]) {
            (0, 0) => 1.0,
            (0, _) => 0.0,
            (_, 1) => FINISHES[server],
            (_, _) => 1.0 - FINISHES[server],
        };
        let chance = chance(0) * chance(1);
        if chance > 0.0 {
            let after = [state[0] - done[0], state[1] - done[1]];
            sum += chance * (DISCOUNT * worth[place(after)] - waits(after));
        }
    }
    sum
}

/// Turns one guess of what states are worth after the other, until they are the same; `choose` says what each becomes.
fn turn(choose: impl Fn(State, &[f64]) -> (f64, usize)) -> Solution {
    let mut worth = vec![0.0; STATES];
    loop {
        let made: Vec<(f64, usize)> = states().map(|state| choose(state, &worth)).collect();
        let (next, rows): (Vec<f64>, Vec<usize>) = made.into_iter().unzip();
        let moved = worth.iter().zip(&next).map(|(was, is)| (was - is).abs());
        let moved = moved.fold(0.0, f64::max);
        worth = next;
        if moved < 1e-9 {
            return Solution { worth, rows };
        }
    }
}

/// What is best, by value iteration.
pub(super) fn best() -> Solution {
    turn(|state, worth| {
        let rows = (0..3).filter(|row| legal(state)[*row]);
        let values = rows.map(|row| (value(state, row, worth), row));
        values.max_by(|a, b| a.0.total_cmp(&b.0)).expect("a row")
    })
}

/// What following these rows comes to.
pub(super) fn followed(rows: &[usize]) -> Solution {
    turn(|state, worth| {
        let row = rows[place(state)];
        (value(state, row, worth), row)
    })
}

/// The best rows of a network, by state.
pub(super) fn rows(network: &Network) -> Vec<usize> {
    let (mut scratch, mut question) = (Scratch::default(), Question::default());
    let row = |state: State| {
        ask(state, &mut question);
        let scores = network.scores(&question, &mut scratch);
        choice::greedy(scores, &question.legal)
    };
    states().map(row).collect()
}

/// The row of the server with fewer jobs, where there is room.
pub(super) fn shortest() -> Vec<usize> {
    let row = |state: State| match (legal(state), state[0] <= state[1]) {
        ([true, _, _], true) | ([true, false, _], _) => 0,
        ([_, true, _], _) => 1,
        ([false, false, _], _) => 2,
    };
    states().map(row).collect()
}

/// Mean worth over all states: each is as likely to be the first.
pub(super) fn mean(solution: &Solution) -> f64 {
    solution.worth.iter().sum::<f64>() / real(STATES)
}

fn ask(state: State, question: &mut Question) {
    let filled = state.map(|jobs| convert::single(real(jobs) / real(ROOM)));
    question.clear();
    question.context.extend(filled);
    question.rows.extend([filled[0], 1.0, 0.0, 0.0]);
    question.rows.extend([filled[1], 0.0, 1.0, 0.0]);
    question.rows.extend([0.0, 0.0, 0.0, 1.0]);
    question.legal.extend(legal(state));
}

/// The problem as an arena: an episode begins in any state and is cut off after some jobs.
pub(super) struct Servers {
    state: State,
    jobs: u32,
    luck: Stream,
    question: Question,
    /// What the teacher chooses, by state.
    teacher: Vec<usize>,
}

impl Servers {
    pub(super) fn boxed(teacher: &[usize]) -> Box<dyn Arena> {
        Box::new(Self {
            state: [0, 0],
            jobs: 0,
            luck: Stream::new(0, &["servers".into()]),
            question: Question::default(),
            teacher: teacher.to_vec(),
        })
    }
}

impl Arena for Servers {
    fn begin(&mut self, episode: u64) -> Result<(), String> {
        self.luck = Stream::new(5, &["servers".into(), episode.into()]);
        self.state = [0, 0].map(|_: usize| {
            let most = convert::wide(ROOM);
            usize::try_from(self.luck.between(0, most)).expect("small")
        });
        self.jobs = 0;
        ask(self.state, &mut self.question);
        Ok(())
    }

    fn question(&self) -> &Question {
        &self.question
    }

    fn answer(&mut self, row: usize) -> Result<Answered, String> {
        assert!(legal(self.state)[row], "row {row} in {:?}", self.state);
        let (mut state, cost) = sent(self.state, row);
        for (jobs, chance) in state.iter_mut().zip(FINISHES) {
            let done = self.luck.chance(chance);
            *jobs = jobs.saturating_sub(usize::from(done));
        }
        self.state = state;
        self.jobs += 1;
        ask(state, &mut self.question);
        let is_last = self.jobs == JOBS;
        let end = if is_last { End::Truncated } else { End::Goes };
        Ok(Answered {
            reward: -cost - waits(state),
            end,
        })
    }

    fn teacher(&mut self) -> Option<usize> {
        self.teacher.get(place(self.state)).copied()
    }
}
