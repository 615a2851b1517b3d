//! What goes wrong in a training is told, with where it was.

use safetensors::SafeTensors;
use safetensors::tensor::TensorView;

use super::*;

fn said<T>(result: Result<T, TrainError>) -> String {
    match result {
        Ok(_) => "nothing".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn settings_out_of_range_are_told() {
    let said = |settings: Settings| settings.check().map_err(|error| error.to_string());
    assert_eq!(said(Settings::default()), Ok(()));
    let cases = [
        (
            Settings {
                arenas: 0,
                ..settings()
            },
            "arenas = 0: from 1 to 4096",
        ),
        (
            Settings {
                cloning: 51,
                ..settings()
            },
            "cloning = 51: from 0 to 50",
        ),
        (
            Settings {
                arenas: 16,
                steps: 1_000_000,
                ..settings()
            },
            "steps = 1000000: to 250000, in 16 arenas",
        ),
        (
            Settings {
                rate: 0.0,
                ..settings()
            },
            "rate = 0: above 0, to 1",
        ),
        (
            Settings {
                discount: f64::NAN,
                ..settings()
            },
            "discount = NaN: from 0, to 1",
        ),
        (
            Settings {
                trace: 1.5,
                ..settings()
            },
            "trace = 1.5: from 0, to 1",
        ),
    ];
    for (settings, expected) in cases {
        assert_eq!(said(settings), Err(expected.to_owned()));
    }
    let form = Form::Mlp {
        hidden: 0,
        layers: 2,
    };
    let none = Settings { form, ..settings() };
    let none = School::new(subject(none), &arenas(Vec::new()));
    let told = super::faults::said(none);
    assert_eq!(told, "0 hidden units: from 1 to 2048 are allowed");
}

/// An arena that does one thing wrong after some answers.
struct Faulty {
    servers: Box<dyn Arena>,
    answers: u32,
    fault: Fault,
}

#[derive(Clone, Copy)]
enum Fault {
    Fails,
    Infinite,
    Silent,
}

impl Arena for Faulty {
    fn begin(&mut self, episode: u64) -> Result<(), String> {
        self.answers = 0;
        self.servers.begin(episode)
    }

    fn question(&self) -> &Question {
        const NONE: &Question = &Question {
            context: Vec::new(),
            rows: Vec::new(),
            legal: Vec::new(),
        };
        match self.fault {
            Fault::Silent if self.answers == 4 => NONE,
            Fault::Silent | Fault::Fails | Fault::Infinite => self.servers.question(),
        }
    }

    fn answer(&mut self, row: usize) -> Result<Answered, String> {
        self.answers += 1;
        let answered = self.servers.answer(row)?;
        match self.fault {
            Fault::Fails if self.answers == 4 => Err("the flight fell".to_owned()),
            Fault::Infinite if self.answers == 4 => Ok(Answered {
                reward: f64::INFINITY,
                ..answered
            }),
            Fault::Fails | Fault::Infinite | Fault::Silent => Ok(answered),
        }
    }
}

#[test]
fn an_arena_that_fails_is_told_with_its_episode() {
    let cases = [
        (Fault::Fails, "after 3 decisions: the flight fell"),
        (Fault::Infinite, "after 3 decisions: a reward of inf"),
        (Fault::Silent, "after 3 decisions: nothing is asked"),
    ];
    for (fault, expected) in cases {
        let made = || -> Made {
            Ok(Box::new(Faulty {
                servers: Servers::boxed(&[]),
                answers: 0,
                fault,
            }))
        };
        let mut school = School::new(subject(short_settings_untaught()), &made).expect("it begins");
        let told = said(school.train(&mut |_| true));
        assert_eq!(told, format!("episode 0, {expected}"));
    }
    let none = || -> Made { Err("no such trace".to_owned()) };
    let none = School::new(subject(settings()), &none);
    assert_eq!(said(none), "no such trace");
}

#[test]
fn cloning_without_a_teacher_is_told() {
    let mut school =
        School::new(subject(short_settings()), &arenas(Vec::new())).expect("it begins");
    let told = said(school.train(&mut |_| true));
    assert!(
        told.starts_with("cloning: the teacher chose none"),
        "{told}"
    );
}

#[test]
fn a_training_goes_on_only_as_it_was_begun() {
    let arenas = arenas(problem::shortest());
    let mut school = School::new(subject(short_settings()), &arenas).expect("it begins");
    school.train(&mut |_| false).expect("nothing fails");
    let state = school.state();
    let resumed = |subject: Subject, state: &[u8]| said(School::resume(subject, &arenas, state));
    assert_eq!(resumed(subject(short_settings()), &state), "nothing");
    let other = Settings {
        clip: 0.3,
        ..short_settings()
    };
    let told = resumed(subject(other), &state);
    let expected = "a training with settings.clip = 0.2 cannot go on with 0.3:";
    assert!(told.starts_with(expected), "{told}");
    let mut other = subject(short_settings());
    other.origin.digest = "4567".to_owned();
    let told = resumed(other, &state);
    let expected = "a training with origin.digest = \"0123\" cannot go on with \"4567\":";
    assert!(told.starts_with(expected), "{told}");
    let agent = school.best().0.to_bytes();
    let told = resumed(subject(short_settings()), &agent);
    assert!(told.contains("metadata"), "{told}");
}

/// The bytes of a stopped training with all weights at one value.
fn with_weights(state: &[u8], weight: f32) -> Vec<u8> {
    let read = SafeTensors::deserialize(state).expect("a training");
    let (_, metadata) = SafeTensors::read_metadata(state).expect("a training");
    let count = read.tensor("weights").expect("weights").shape()[0];
    let weights = vec![weight; count].into_iter().flat_map(f32::to_le_bytes);
    let weights: Vec<u8> = weights.collect();
    let views = read.tensors().into_iter().map(|(name, view)| {
        let data = if name == "weights" {
            &weights
        } else {
            view.data()
        };
        let view = TensorView::new(view.dtype(), view.shape().to_vec(), data);
        (name, view.expect("as long as it was"))
    });
    safetensors::serialize(views, metadata.metadata().clone()).expect("a file")
}

#[test]
fn weights_that_grow_beyond_all_numbers_are_told() {
    let arenas = arenas(problem::shortest());
    let mut school = School::new(subject(short_settings()), &arenas).expect("it begins");
    school.train(&mut |_| false).expect("nothing fails");
    let state = with_weights(&school.state(), 1e30);
    let mut school = School::resume(subject(short_settings()), &arenas, &state).expect("finite");
    let told = said(school.train(&mut |_| true));
    assert_eq!(
        told,
        "iteration 2: the weights are no numbers any more: lower `rate`"
    );
}

#[test]
fn no_damage_to_a_stopped_training_is_more_than_an_error() {
    let arenas = arenas(problem::shortest());
    let mut school = School::new(subject(short_settings()), &arenas).expect("it begins");
    school.train(&mut |_| false).expect("nothing fails");
    let state = school.state();
    let mut luck = Stream::new(3, &["damage".into()]);
    let mut errors = 0;
    for _ in 0..300 {
        let mut bytes = state.clone();
        // Most of the damage goes to where the words are.
        let reach = if luck.chance(0.8) { 2_000 } else { bytes.len() };
        let at = luck.below(u64::try_from(reach.min(bytes.len())).expect("small"));
        let at = usize::try_from(at).expect("small");
        bytes[at] ^= 1 << luck.below(8);
        if luck.chance(0.1) {
            bytes.truncate(at);
        }
        let resumed = School::resume(subject(short_settings()), &arenas, &bytes);
        errors += u32::from(resumed.is_err());
    }
    assert!(errors > 100, "{errors}");
}
