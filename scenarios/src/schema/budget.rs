//! `[[budget]]`: what may be spent in each period.

use sim_core::model::Period;
use sim_core::units::{Money, Span};

use super::place::Spanned;
use super::value::Table;

/// `[[budget]]`: only policies with a guard heed it.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetSpec {
    /// What tables and guards call it.
    pub name: Spanned<String>,
    /// What may be spent in a period.
    pub amount: Money,
    /// When it begins anew.
    pub period: Period,
    /// The fleets that it is for; none: all.
    pub fleets: Vec<Spanned<String>>,
    /// How late spending is seen.
    pub delay: Span,
    /// As it was written.
    pub written: Table,
}
