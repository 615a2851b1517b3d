//! `gate check`: the seeds of a baseline again, and what became of them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sim_core::watch::DIGEST_VERSION;

use super::{Flying, ONE_SEED, read, selftest};
use crate::build::Experiment;
use crate::cli::run::plot;
use crate::cli::{Failure, terminal};
use crate::experiment::Store;
use crate::gate::{self, Foreseen, Judgement, Rules, tell};
use crate::schema::{self, Baseline, GateMode, print_baseline};

/// In what form the verdict is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal
    Text,
    /// For a comment on a change
    Markdown,
    /// For a server that reads test reports
    Junit,
    /// For a build on GitHub
    Github,
}

/// What fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// A metric that is worse than tolerated, by more than chance explains
    Statistical,
    /// The same, and any other decision than those of the baseline
    Exact,
}

/// Compares with a baseline.
#[derive(Debug, Args)]
pub(in crate::cli) struct Check {
    #[command(flatten)]
    flying: Flying,
    /// What fails; as the scenario says, if not said
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    /// Makes the policies worse on purpose, and proves that the gate sees it; and that it sees nothing where nothing is
    #[arg(long)]
    self_test: bool,
    /// Compares although the scenario itself was changed
    #[arg(long)]
    allow_changed_scenario: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Where the verdict goes in every form, with the baseline that would be accepted now
    #[arg(long)]
    out: Option<PathBuf>,
}

impl Check {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let (experiment, rules) = self.flying.build()?;
        let mode = match self.mode {
            None => rules.mode,
            Some(Mode::Statistical) => GateMode::Statistical,
            Some(Mode::Exact) => GateMode::Exact,
        };
        let baseline = self.baseline(&experiment)?;
        let premises = schema::premises(&experiment.loaded.scenario);
        let notes = gate::fits(
            &rules,
            &baseline,
            (&premises, DIGEST_VERSION),
            (mode, self.allow_changed_scenario),
        );
        let notes = notes.map_err(Failure::Input)?;
        let sampled = experiment.is_random();
        let tests = !rules.tolerances.is_empty() && mode == GateMode::Statistical;
        if sampled && tests && baseline.seeds.len() < 2 {
            return Err(Failure::Input(ONE_SEED.to_owned()));
        }
        let foreseen = self.foresee(&rules, &baseline, sampled)?;
        let now = self.flying.fly(&experiment, &rules, &baseline.seeds)?;
        if self.self_test {
            return selftest::prove(&self.flying, (&experiment, &rules), &now);
        }
        let mut judgement = gate::judge(&rules, (&baseline, &now), mode, sampled);
        judgement.notes = notes;
        self.tell(&judgement, &foreseen, &now)
    }

    /// The baseline, of as many seeds as are asked for.
    fn baseline(&self, experiment: &Experiment) -> Result<Baseline, Failure> {
        let baseline = read(&self.flying.baseline)?;
        let has = baseline.seeds.len();
        let asked = match self.flying.replications {
            _ if !experiment.is_random() => 1,
            Some(n) => usize::try_from(n).expect("64 bits"),
            None => has,
        };
        if asked > has {
            let no = format!("--replications {asked}: the baseline has {has} seeds");
            return Err(Failure::Input(no));
        }
        Ok(gate::first(baseline, asked))
    }

    /// What the seeds can see, told before they fly.
    fn foresee(
        &self,
        rules: &Rules,
        baseline: &Baseline,
        sampled: bool,
    ) -> Result<Vec<Foreseen>, Failure> {
        let foreseen = if sampled {
            gate::foresee(rules, baseline)
        } else {
            Vec::new()
        };
        if !foreseen.is_empty() && !self.flying.common.quiet {
            let table = tell::foresight(&foreseen).text(terminal::width());
            eprintln!("{}", table.map_err(plot)?);
        }
        Ok(foreseen)
    }

    fn tell(
        &self,
        judgement: &Judgement,
        foreseen: &[Foreseen],
        now: &Baseline,
    ) -> Result<(), Failure> {
        let markdown = || tell::markdown(judgement, foreseen).map_err(plot);
        if let Some(out) = &self.out {
            let store = Store::open(out)?;
            store.put("gate.md", markdown()?.as_bytes())?;
            store.put("gate.xml", &tell::junit::junit(judgement))?;
            store.put("baseline.toml", print_baseline(now).as_bytes())?;
        }
        let bytes = match self.format {
            Format::Text => tell::text(judgement, &[], terminal::width())
                .map_err(plot)?
                .into_bytes(),
            Format::Markdown => markdown()?.into_bytes(),
            Format::Junit => tell::junit::junit(judgement),
            Format::Github => tell::github::github(judgement),
        };
        terminal::say(&String::from_utf8_lossy(&bytes))?;
        if judgement.fails() {
            Err(Failure::Failed)
        } else {
            Ok(())
        }
    }
}
