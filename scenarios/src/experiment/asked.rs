//! What a comparison flies: the policies and seeds that somebody asked for, or those of the scenario.

use super::compare::Plan;
use crate::build::Experiment;
use crate::schema::IntervalKind;

impl Experiment {
    /// The position of a policy by its name.
    ///
    /// # Errors
    /// There is none: those that there are.
    pub fn policy(&self, name: &str) -> Result<usize, String> {
        let mut contenders = self.contenders.iter();
        let position = contenders.position(|contender| contender.name == name);
        position.ok_or_else(|| {
            let names = self.contenders.iter();
            let names: Vec<&str> = names.map(|contender| contender.name.as_str()).collect();
            let names = names.join(", ");
            format!("no policy \"{name}\" in this scenario; it has {names}")
        })
    }
}

impl Plan {
    /// The policies of these names, or all if there are none, and the baseline; so many seeds, or as many as the scenario says; on
    /// all cores.
    ///
    /// # Errors
    /// A policy that the scenario does not have, or a number of seeds that cannot be.
    pub fn asked(
        experiment: &Experiment,
        policies: &[String],
        replications: Option<u32>,
    ) -> Result<Self, String> {
        let scenario = &experiment.loaded.scenario;
        let base = experiment.policy(&scenario.baseline.value)?;
        let mut contenders: Vec<usize> = if policies.is_empty() {
            (0..experiment.contenders.len()).collect()
        } else {
            let positions = policies.iter().map(|name| experiment.policy(name));
            positions.collect::<Result<_, _>>()?
        };
        if !contenders.contains(&base) {
            contenders.insert(0, base);
        }
        let mut seen = Vec::new();
        contenders.retain(|contender| {
            !seen.contains(contender) && {
                seen.push(*contender);
                true
            }
        });
        let baseline = contenders.iter().position(|contender| *contender == base);
        Ok(Self {
            baseline: baseline.expect("just put in"),
            contenders,
            seeds: seeds(experiment, replications)?,
            threads: 0,
        })
    }
}

fn seeds(experiment: &Experiment, replications: Option<u32>) -> Result<Vec<u64>, String> {
    let scenario = &experiment.loaded.scenario;
    let asked = u64::from(replications.unwrap_or(scenario.replicate.n.value));
    if asked == 0 {
        let rule = "an experiment is flown at least once";
        return Err(format!("--replications 0: {rule}"));
    }
    let inference = scenario.replicate.inference;
    if asked > 1 && inference.interval == IntervalKind::BatchMeans {
        let rule = "batch means are of one run; choose another interval";
        return Err(format!("--replications {asked}: {rule}"));
    }
    // Where nothing is drawn all seeds are alike, and one says it all.
    let n = if experiment.is_random() { asked } else { 1 };
    let first = scenario.seed.value;
    let beyond = || format!("seed {first}: seed + replications is beyond 64 bits");
    let last = first.checked_add(n).ok_or_else(beyond)?;
    Ok((first..last).collect())
}
