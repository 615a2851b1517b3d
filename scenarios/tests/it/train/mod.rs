//! Training: what is learned is nearly the best there is, and the same however it is flown.

mod problem;

use policies::learned::net::Form;
use scenarios::agent::{Agent, Origin};
use scenarios::train::{Arena, School, Settings, Subject, TrainError};

use problem::{DISCOUNT, Servers, WIDTHS};

fn subject(settings: Settings) -> Subject {
    Subject {
        origin: Origin {
            head: "servers".to_owned(),
            scenario: "two servers".to_owned(),
            digest: "0123".to_owned(),
        },
        widths: WIDTHS,
        settings,
        held_out: (1_000_000..1_000_016).collect(),
    }
}

fn settings() -> Settings {
    Settings {
        form: Form::Mlp {
            hidden: 24,
            layers: 2,
        },
        iterations: 40,
        arenas: 8,
        steps: 128,
        rate: 0.01,
        discount: DISCOUNT,
        trace: 0.9,
        check: 5,
        ..Settings::default()
    }
}

fn arenas(teacher: &[usize]) -> impl Fn() -> Result<Box<dyn Arena>, String> + Sync {
    move || Ok(Servers::boxed(teacher))
}

fn trained(settings: Settings, teacher: &[usize]) -> School {
    let mut school = School::new(subject(settings), &arenas(teacher)).expect("it begins");
    school.train(&mut |_| true).expect("nothing fails");
    school
}

/// How much worse than the best an agent is, as a share of that.
fn short(agent: &Agent) -> f64 {
    let best = problem::mean(&problem::best());
    let followed = problem::mean(&problem::followed(&problem::rows(&agent.network)));
    followed / best - 1.0
}

#[test]
fn what_is_learned_is_nearly_the_best_there_is() {
    let school = trained(settings(), &[]);
    for point in school.curve() {
        eprintln!("{point:?}");
    }
    let (agent, held_out) = school.best();
    eprintln!("{} {held_out:?}", short(&agent));
    assert!(short(&agent) < 0.01, "{}", short(&agent));
}
