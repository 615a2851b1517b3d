//! Parameters of generators: what is wrong with one, and the checks they share.

use std::fmt;

use sim_core::units::{SimTime, Span, convert};
use sim_core::world::draw::{Part, Stream, TableError, Weighted};

/// A parameter out of its domain. Displays as `field = value: rule`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterError {
    /// The parameter, as a path from its model.
    pub field: String,
    /// Its value.
    pub value: String,
    /// The rule it breaks.
    pub rule: String,
}

impl ParameterError {
    pub(crate) fn new(field: &str, value: impl fmt::Display, rule: &str) -> Self {
        Self {
            field: field.to_owned(),
            value: value.to_string(),
            rule: rule.to_owned(),
        }
    }
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}: {}", self.field, self.value, self.rule)
    }
}

impl std::error::Error for ParameterError {}

/// When a generator stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// After so many jobs.
    Jobs(u32),
    /// Before the first submission at or after this long.
    Time(Span),
}

impl Length {
    /// Most jobs that a length in time may lead to.
    pub const MAX_EXPECTED: f64 = 1e8;

    /// Refuses a length in time that would, at this rate, never fit into memory.
    pub(crate) fn check(self, per_hour: f64) -> Result<(), ParameterError> {
        let hours = match self {
            Self::Jobs(_) => return Ok(()),
            Self::Time(span) => convert::real(span.us()) / 3.6e9,
        };
        let expected = hours * per_hour;
        if expected <= Self::MAX_EXPECTED {
            return Ok(());
        }
        let rule = format!("would make about {expected:.0} jobs, more than 100 million");
        Err(ParameterError::new("length", format!("{hours} h"), &rule))
    }

    /// Whether a job at `submit`, the `ordinal`-th from 0, still belongs.
    pub(crate) fn holds(self, ordinal: u64, submit: SimTime) -> bool {
        let listed = ordinal < u64::from(u32::MAX);
        match self {
            Self::Jobs(jobs) => ordinal < u64::from(jobs),
            Self::Time(span) => listed && submit.us() < span.us(),
        }
    }
}

/// Whose luck a generator draws from: the run's seed and the workload's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Luck<'a> {
    /// The run's seed.
    pub seed: u64,
    /// The workload's name: two workloads of one run draw apart.
    pub workload: &'a str,
}

impl Luck<'_> {
    /// One stream per purpose, so that changing one distribution leaves the draws of the others.
    pub(crate) fn stream(&self, purpose: &str) -> Stream {
        let key = [Part::Name("workload"), self.workload.into(), purpose.into()];
        Stream::new(self.seed, &key)
    }
}

/// Positive and finite.
pub(crate) fn positive(field: &str, value: f64) -> Result<f64, ParameterError> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(ParameterError::new(
            field,
            value,
            "must be positive and finite",
        ))
    }
}

/// Positive, as a span.
pub(crate) fn positive_span(field: &str, value: Span) -> Result<Span, ParameterError> {
    if value > Span::ZERO {
        Ok(value)
    } else {
        Err(ParameterError::new(
            field,
            value,
            "must be longer than nothing",
        ))
    }
}

/// From 0 to 1.
pub(crate) fn share(field: &str, value: f64) -> Result<f64, ParameterError> {
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err(ParameterError::new(field, value, "must be from 0 to 1"))
    }
}

/// Weights, not all zero.
pub(crate) fn weights(field: &str, values: &[f64]) -> Result<Weighted, ParameterError> {
    Weighted::new(values).map_err(|error| table_error(field, &error))
}

/// A table that is no distribution, as a parameter error.
pub(crate) fn table_error(field: &str, error: &TableError) -> ParameterError {
    ParameterError::new(field, "its table", &error.to_string())
}
