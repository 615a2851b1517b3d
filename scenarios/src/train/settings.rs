//! How a network is trained.

use policies::learned::net::Form;
use serde::Serialize;
use sim_core::units::limits;

/// All that a training is fixed by, apart from what it is trained in. The budget is iterations, never time, so that it is the
/// same on every machine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Settings {
    /// What every draw is keyed by.
    pub seed: u64,
    /// How the network is built.
    #[serde(serialize_with = "crate::agent::form")]
    pub form: Form,
    /// Iterations: each gathers decisions and learns from them. 200.
    pub iterations: u32,
    /// The first iterations in which the teacher flies and is imitated. 0.
    pub cloning: u32,
    /// Arenas in which decisions are gathered. 16.
    pub arenas: u32,
    /// Decisions in each of them, by iteration. 256.
    pub steps: u32,
    /// Times that the decisions of an iteration are learned from. 4.
    pub epochs: u32,
    /// Decisions of a step of Adam. 256.
    pub minibatch: u32,
    /// Step length of Adam at the beginning; it falls to zero in a straight line. 0.001.
    pub rate: f64,
    /// What a reward one decision later counts for. 0.99.
    pub discount: f64,
    /// How far advantages look ahead: 0 believes what the network says of the next question, 1 only what came. 0.95.
    pub trace: f64,
    /// How far the share of a chosen row may move before moving it gains nothing more. 0.2.
    pub clip: f64,
    /// What open choices count for, in the loss. 0.01.
    pub entropy: f64,
    /// What errors of worth count for, in the loss. 0.5.
    pub worth: f64,
    /// Longest gradient of a minibatch; longer ones are shortened to it. 0.5.
    pub gradient: f64,
    /// Iterations between two checks on held-out episodes. 10.
    pub check: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 1,
            form: Form::DEFAULT,
            iterations: 200,
            cloning: 0,
            arenas: 16,
            steps: 256,
            epochs: 4,
            minibatch: 256,
            rate: 1e-3,
            discount: 0.99,
            trace: 0.95,
            clip: 0.2,
            entropy: 0.01,
            worth: 0.5,
            gradient: 0.5,
            check: 10,
        }
    }
}

/// A setting that is out of range.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingError {
    /// Which.
    pub name: &'static str,
    /// What it is.
    pub value: f64,
    /// What it may be.
    pub rule: String,
}

impl Settings {
    /// Decisions, and steps of Adam, of an iteration.
    pub(super) fn each(&self) -> [u64; 2] {
        let decisions = u64::from(self.arenas) * u64::from(self.steps);
        let batches = decisions.div_ceil(self.minibatch.into());
        [decisions, u64::from(self.epochs) * batches]
    }

    /// Whether each is in its range; the form is checked where the questions are known.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), SettingError> {
        let counts = [
            ("iterations", self.iterations, 1, limits::MAX_ITERATIONS),
            ("cloning", self.cloning, 0, self.iterations),
            ("arenas", self.arenas, 1, limits::MAX_ARENAS),
            ("steps", self.steps, 1, limits::MAX_STEPS),
            ("epochs", self.epochs, 1, limits::MAX_EPOCHS),
            ("minibatch", self.minibatch, 1, limits::MAX_STEPS),
            ("check", self.check, 1, limits::MAX_ITERATIONS),
        ];
        for (name, value, least, most) in counts {
            if !(least..=most).contains(&value) {
                let (value, rule) = (f64::from(value), format!("from {least} to {most}"));
                return Err(SettingError { name, value, rule });
            }
        }
        let [gathered, _] = self.each();
        if gathered > limits::MAX_GATHERED {
            let most = limits::MAX_GATHERED / u64::from(self.arenas);
            return Err(SettingError {
                name: "steps",
                value: f64::from(self.steps),
                rule: format!("to {most}, in {} arenas", self.arenas),
            });
        }
        let reals = [
            ("rate", self.rate, 1.0, false),
            ("discount", self.discount, 1.0, true),
            ("trace", self.trace, 1.0, true),
            ("clip", self.clip, 1.0, false),
            ("entropy", self.entropy, 1.0, true),
            ("worth", self.worth, 100.0, true),
            ("gradient", self.gradient, 1e6, false),
        ];
        for (name, value, most, from_zero) in reals {
            let above = value > 0.0 || from_zero && value >= 0.0;
            if !above || value > most {
                let least = if from_zero { "from 0" } else { "above 0" };
                let rule = format!("{least}, to {most}");
                return Err(SettingError { name, value, rule });
            }
        }
        Ok(())
    }
}

impl std::fmt::Display for SettingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, value, rule } = self;
        write!(f, "{name} = {value}: {rule}")
    }
}

impl std::error::Error for SettingError {}
