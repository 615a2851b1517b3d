//! Training: what is learned is nearly the best there is, and the same however it is flown.

mod faults;
mod problem;

use policies::learned::Question;
use policies::learned::net::Form;
use scenarios::agent::{Agent, Origin};
use scenarios::train::{Answered, Arena, End, School, Settings, Subject, TrainError};
use sim_core::world::draw::Stream;

use problem::{DISCOUNT, Servers, WIDTHS};

type Made = Result<Box<dyn Arena>, String>;

fn subject(settings: Settings) -> Subject {
    Subject {
        origin: Origin {
            head: "servers".to_owned(),
            scenario: "two servers".to_owned(),
            digest: "0123".to_owned(),
        },
        widths: WIDTHS,
        settings,
        held_out: (1_000_000..1_000_040).collect(),
    }
}

fn settings() -> Settings {
    Settings {
        form: Form::Mlp {
            hidden: 24,
            layers: 2,
        },
        iterations: 50,
        arenas: 8,
        steps: 128,
        rate: 0.01,
        discount: DISCOUNT,
        trace: 0.9,
        check: 5,
        ..Settings::default()
    }
}

fn short_settings() -> Settings {
    Settings {
        iterations: 6,
        arenas: 5,
        steps: 50,
        cloning: 2,
        minibatch: 64,
        check: 2,
        ..settings()
    }
}

fn arenas(teacher: Vec<usize>) -> impl Fn() -> Made + Sync {
    move || Ok(Servers::boxed(&teacher))
}

fn trained(settings: Settings, teacher: Vec<usize>) -> School {
    let mut school = School::new(subject(settings), &arenas(teacher)).expect("it begins");
    school.train(&mut |_| true).expect("nothing fails");
    school
}

/// How much worse than the best it is to follow these rows, as a share of that.
fn short_of_best(rows: &[usize]) -> f64 {
    let best = problem::mean(&problem::best());
    problem::mean(&problem::followed(rows)) / best - 1.0
}

#[test]
fn the_problem_is_not_solved_by_any_one_row_or_by_the_shortest_queue() {
    let best = problem::best();
    for row in 0..3 {
        assert!(best.rows.contains(&row));
    }
    assert!(short_of_best(&best.rows).abs() < 1e-6);
    assert!(short_of_best(&problem::shortest()) > 0.2);
}

#[test]
fn what_is_learned_is_within_a_hundredth_of_the_best_there_is() {
    let long = Settings {
        iterations: 150,
        ..settings()
    };
    let attention = Settings {
        form: Form::Attention { width: 8, heads: 2 },
        ..settings()
    };
    for settings in [long, attention] {
        let school = trained(settings, Vec::new());
        let (agent, _) = school.best();
        let short = short_of_best(&problem::rows(&agent.network));
        assert!(short < 0.01, "{:?}: {short}", agent.network.form());
    }
}

#[test]
fn a_teacher_is_reproduced_by_cloning() {
    let cloning = Settings {
        iterations: 12,
        cloning: 12,
        ..settings()
    };
    let teacher = problem::shortest();
    let school = trained(cloning, teacher.clone());
    let rows = problem::rows(&school.best().0.network);
    let same = rows
        .iter()
        .zip(&teacher)
        .filter(|(row, taught)| row == taught);
    assert!(same.count() * 100 >= 98 * rows.len(), "{rows:?}");
}

#[test]
fn the_best_at_a_check_is_kept() {
    let school = trained(settings(), Vec::new());
    let checks = school.curve().iter().filter_map(|point| point.held_out);
    let best = checks.fold(f64::NEG_INFINITY, f64::max);
    assert_eq!(school.best().1, Some(best));
    let all = school.curve().len();
    assert_eq!(all, 50);
    let checked = school
        .curve()
        .iter()
        .filter(|point| point.held_out.is_some());
    assert_eq!(checked.count(), 10);
    // Without episodes held back the last weights are taken.
    let subject = Subject {
        held_out: Vec::new(),
        ..subject(short_settings())
    };
    let mut school = School::new(subject, &arenas(problem::shortest())).expect("it begins");
    school.train(&mut |_| true).expect("nothing fails");
    let (agent, held_out) = school.best();
    assert_eq!(held_out, None);
    assert_eq!(agent.network, *school.network());
}

/// A training on so many threads, stopped after each of these iterations and gone on with from bytes.
fn bytes(threads: usize, stops: &[u32]) -> (Vec<u8>, Vec<u8>) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("threads can be had").install(|| {
        let arenas = arenas(problem::shortest());
        let subject = subject(short_settings());
        let mut school = School::new(subject.clone(), &arenas).expect("it begins");
        for stop in stops {
            let told = &mut |point: &scenarios::train::Point| point.iteration < *stop;
            school.train(told).expect("nothing fails");
            let state = school.state();
            school = School::resume(subject.clone(), &arenas, &state).expect("it goes on");
            assert_eq!(school.state(), state);
        }
        school.train(&mut |_| true).expect("nothing fails");
        (school.best().0.to_bytes(), school.state())
    })
}

#[test]
fn threads_and_stops_leave_no_trace_in_what_is_learned() {
    let expected = bytes(1, &[]);
    assert!(bytes(2, &[]) == expected);
    assert!(bytes(5, &[1, 3, 5]) == expected);
    let again = Agent::from_bytes(&expected.0).expect("an agent");
    assert_eq!(again.origin.scenario, "two servers");
    // Another seed is another training.
    let other = Settings {
        seed: 2,
        ..short_settings()
    };
    let other = trained(other, problem::shortest()).best().0;
    assert_ne!(other.to_bytes(), expected.0);
}

/// Rows of which some may not be chosen, drawn anew each time, and an end that comes by chance.
struct Picky {
    luck: Stream,
    question: Question,
}

impl Picky {
    fn ask(&mut self) {
        self.question.clear();
        self.question.context.extend([0.0; WIDTHS.context]);
        let legal = [(); 3].map(|()| self.luck.chance(0.4));
        self.question.legal.extend(legal);
        self.question.legal[1] |= !legal[0] && !legal[2];
        for legal in &self.question.legal {
            // What may not be chosen looks best.
            let looks = if *legal { 0.0 } else { 1.0 };
            self.question.rows.extend([looks; WIDTHS.row]);
        }
    }
}

impl Arena for Picky {
    fn begin(&mut self, episode: u64) -> Result<(), String> {
        self.luck = Stream::new(9, &["picky".into(), episode.into()]);
        self.ask();
        Ok(())
    }

    fn question(&self) -> &Question {
        &self.question
    }

    fn answer(&mut self, row: usize) -> Result<Answered, String> {
        if !self.question.legal[row] {
            return Err(format!("row {row} may not be chosen"));
        }
        let end = [End::Goes, End::Goes, End::Terminated, End::Truncated];
        let end = end[usize::try_from(self.luck.below(4)).expect("small")];
        self.ask();
        if end != End::Goes {
            // Nobody knows what would have come.
            self.question.clear();
        }
        Ok(Answered { reward: 1.0, end })
    }
}

#[test]
fn a_row_that_may_not_be_chosen_never_is() {
    let made = || -> Made {
        Ok(Box::new(Picky {
            luck: Stream::new(9, &["picky".into()]),
            question: Question::default(),
        }))
    };
    let mut school = School::new(subject(short_settings_untaught()), &made).expect("it begins");
    school.train(&mut |_| true).expect("no row is refused");
    assert_eq!(
        school.curve().last().map(|point| point.decisions),
        Some(6 * 250)
    );
}

fn short_settings_untaught() -> Settings {
    Settings {
        cloning: 0,
        ..short_settings()
    }
}
