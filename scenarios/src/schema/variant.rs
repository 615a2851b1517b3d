//! Variants of a training: the forms that it can take, and which of them runs on which GPU.

use std::collections::BTreeMap;

use super::fleet::{Bytes, Fleet, Machines};
use super::place::Spanned;
use super::workload::Workload;

/// A form that a training can take beside the plain one, such as mixed precision.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// What it is called.
    pub name: Spanned<String>,
    /// How fast it is beside the plain form.
    pub speed: Speed,
    /// What it takes of the memory that the plain form takes.
    pub gpu_memory: f64,
}

/// How fast a variant is beside the plain form.
#[derive(Clone, Debug, PartialEq)]
pub enum Speed {
    /// On any GPU.
    Any(f64),
    /// By GPU model; 1.0 on one that is absent.
    ByModel(BTreeMap<String, f64>),
}

impl Variant {
    fn speed_on(&self, model: &str) -> f64 {
        match &self.speed {
            Speed::Any(factor) => *factor,
            Speed::ByModel(factors) => factors.get(model).copied().unwrap_or(1.0),
        }
    }
}

impl Workload {
    /// Whether it matters on which GPU it runs for what it takes of it, or for the forms that it has.
    pub fn is_choosy(&self) -> bool {
        self.gpu_memory.is_some() || !self.variants.is_empty()
    }

    /// The speed, beside the plain form, of its fastest form that fits on a GPU; none if no form does. Where nothing is known of
    /// what it takes, all fit.
    pub fn best_form(&self, model: &str, memory: Option<Bytes>) -> Option<f64> {
        let fits = |part: f64| match (&self.gpu_memory, memory) {
            (Some(needed), Some(Bytes(there))) => real(needed.value.0) * part <= real(there),
            (Some(_), None) => false,
            (None, _) => true,
        };
        let variants = self.variants.iter();
        let forms = variants.map(|form| (form.gpu_memory, form.speed_on(model)));
        let fitting = forms.chain([(1.0, 1.0)]).filter(|(part, _)| fits(*part));
        fitting.map(|(_, speed)| speed).reduce(f64::max)
    }
}

/// GPU models of the fleets that name them, with the memory of one GPU where it is known, and the fleet that says so.
pub fn gpus(fleets: &[Fleet]) -> Vec<(&str, Option<Bytes>, &Fleet)> {
    let alike = fleets.iter().filter_map(|fleet| match &fleet.machines {
        Machines::Alike { instance, .. } => Some((fleet, &instance.value)),
        Machines::Listed { .. } => None,
    });
    alike
        .filter_map(|(fleet, instance)| {
            Some((instance.gpu.as_deref()?, instance.gpu_memory, fleet))
        })
        .collect()
}

fn real(bytes: u64) -> f64 {
    sim_core::units::convert::real(bytes)
}
