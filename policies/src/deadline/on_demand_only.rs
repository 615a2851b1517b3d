//! On demand only: what the others are measured against.

use super::rule::{On, Rule, Situation, Want};

/// On demand from the first moment to the last.
#[derive(Clone, Copy, Debug)]
pub struct OnDemandOnly;

impl Rule for OnDemandOnly {
    fn name(&self) -> &'static str {
        "on-demand-only"
    }

    fn want(&mut self, _job: &Situation<'_>) -> Want {
        Want::be(On::OnDemand)
    }

    fn fork(&self) -> Box<dyn Rule> {
        Box::new(*self)
    }
}
