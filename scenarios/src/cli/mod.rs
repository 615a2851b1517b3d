//! The command line: arguments in, a command done, an exit code out.
//!
//! Results go to stdout, progress and diagnostics to stderr. Exit codes: 0 done; 1 a gate or a conformance case failed; 2 bad
//! usage or input; 3 an I/O fault; 4 an invariant broke.

mod check;
mod cluster;
mod common;
mod compare;
mod conform;
mod explain;
mod export;
mod failure;
mod fit;
mod gate;
mod govern;
mod list;
mod new;
mod one;
mod progress;
mod requests;
mod run;
mod scenario;
mod selftest;
mod series;
mod sweep;
mod terminal;
mod trace;
mod train;
mod validate;
mod why;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

pub use failure::Failure;

/// A flight test for GPU scheduling policies.
///
/// Replays workloads against modelled GPU fleets and compares policies on cost, SLA violations and utilization.
/// The same scenario gives the same bits on every machine.
#[derive(Debug, Parser)]
#[command(
    name = "windtunnel",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
#[command(after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  windtunnel compare scenarios/library/quickstart.toml
  windtunnel run scenarios/library/quickstart.toml --policy easy --seed 7
  windtunnel check my.toml --set fleet.cluster.count=16
  windtunnel list policies
  windtunnel trace validate philly-csv philly.csv.gz --gpus 2000 --node-gpus 8";

#[derive(Debug, Subcommand)]
enum Command {
    /// Flies one policy with one seed and prints its metrics
    Run(run::Run),
    /// Flies all policies with all seeds; prints a paired table, writes figures and a report
    Compare(compare::Compare),
    /// Plans, runs and merges the cells of a scenario's [sweep]
    #[command(subcommand, after_help = sweep::EXAMPLES)]
    Sweep(sweep::Sweep),
    /// Says why jobs waited, what happened in a run, and what its results say to do
    #[command(after_help = explain::EXAMPLES)]
    Explain(explain::Explain),
    /// Compares policies with what was accepted of them, for CI: exits with 1 if they became worse
    #[command(subcommand, after_help = gate::EXAMPLES)]
    Gate(gate::Gate),
    /// Says how far a replay is from an observed schedule
    #[command(after_help = validate::EXAMPLES)]
    Validate(validate::Validate),
    /// Shows who spent what by day, week and month, and the figures by which a cluster is run
    #[command(after_help = govern::EXAMPLES)]
    Govern(govern::Govern),
    /// Flies one policy with one seed and writes the run in the form of another tool
    #[command(after_help = export::EXAMPLES)]
    Export(export::Export),
    /// Validates a scenario and prints the resolved experiment
    Check(check::Check),
    /// Writes a new scenario to start from
    New(new::New),
    /// Prints the JSON Schema of scenarios, for editors
    Schema,
    /// Says what there is: policies, instances, formats, generators, metrics, compat
    List(list::List),
    /// Reads, describes, validates and generates workload traces and logs of requests
    #[command(subcommand, after_help = trace::EXAMPLES)]
    Trace(trace::Trace),
    /// Trains the agent of a learned policy on runs of its scenario
    #[command(after_help = train::EXAMPLES)]
    Train(train::Train),
    /// Finds the parameters of a model in a log of the real thing
    #[command(subcommand)]
    Fit(fit::Fit),
    /// Runs reference cases of published simulators
    Conform(conform::Conform),
    /// Flies random scenarios under audit, beside a naive reference
    Selftest(selftest::Selftest),
    /// Prints completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Reads the arguments of the process and does what they say.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.command {
        Command::Run(command) => command.execute(),
        Command::Compare(command) => command.execute(),
        Command::Sweep(command) => command.execute(),
        Command::Explain(command) => command.execute(),
        Command::Gate(command) => command.execute(),
        Command::Validate(command) => command.execute(),
        Command::Govern(command) => command.execute(),
        Command::Export(command) => command.execute(),
        Command::Check(command) => command.execute(),
        Command::New(command) => command.execute(),
        Command::Schema => schema(),
        Command::List(command) => command.execute(),
        Command::Trace(command) => command.execute(),
        Command::Train(command) => command.execute(),
        Command::Fit(command) => command.execute(),
        Command::Conform(command) => command.execute(),
        Command::Selftest(command) => command.execute(),
        Command::Completions { shell } => completions(*shell),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn schema() -> Result<(), Failure> {
    let schema = serde_json::to_string_pretty(&crate::schema::json_schema())
        .expect("a schema is plain JSON");
    terminal::say(&format!("{schema}\n"))
}

fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "windtunnel", &mut bytes);
    terminal::say(&String::from_utf8_lossy(&bytes))
}
