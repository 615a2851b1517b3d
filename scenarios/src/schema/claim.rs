//! Claims: what the field says, for a run to judge.

use sim_core::units::Money;

use super::place::Spanned;
use super::value::Table;

/// `[[claim]]`: a sentence, and the number that decides it.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimSpec {
    /// What tables call it.
    pub name: Spanned<String>,
    /// The claim in words.
    pub text: String,
    /// Who says so.
    pub source: Option<String>,
    /// What it takes for granted.
    pub assumptions: Option<String>,
    /// The metric that is looked at.
    pub metric: Spanned<String>,
    /// The policy that it is about.
    pub policy: Spanned<String>,
    /// The policy that it is compared with.
    pub against: Spanned<String>,
    /// What is measured.
    pub measure: ClaimMeasure,
    /// It holds at this and above.
    pub at_least: Option<f64>,
    /// It holds at this and below.
    pub at_most: Option<f64>,
    /// What has to be paid before anything is saved.
    pub investment: Option<Money>,
    /// The figure that answers it.
    pub figure: Option<Spanned<String>>,
    /// As it was written.
    pub written: Table,
}

/// What a claim measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimMeasure {
    /// The metric of the policy.
    Value,
    /// One less the quotient of the policy's and the other's.
    Saving,
    /// That quotient.
    Ratio,
    /// The policy's less the other's.
    Difference,
    /// Months until owning is cheaper than renting: what the machines cost over what a month of owning saves.
    BreakEven,
    /// Months until an investment is paid back by what a month saves.
    Payback,
    /// What a year saves over an investment.
    Return,
}

impl ClaimMeasure {
    /// All, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::Value,
        Self::Saving,
        Self::Ratio,
        Self::Difference,
        Self::BreakEven,
        Self::Payback,
        Self::Return,
    ];

    /// Its name in a scenario.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Saving => "saving",
            Self::Ratio => "ratio",
            Self::Difference => "difference",
            Self::BreakEven => "break-even",
            Self::Payback => "payback",
            Self::Return => "return",
        }
    }

    /// Whether it sets money that was spent once against money that a month saves.
    pub const fn is_of_money(self) -> bool {
        matches!(self, Self::BreakEven | Self::Payback | Self::Return)
    }
}
