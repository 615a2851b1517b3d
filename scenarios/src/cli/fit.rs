//! `fit`: parameters of a model from a log of the real thing, with their error on what was held back.

use std::path::PathBuf;

use clap::{ArgAction, Args, Subcommand};
use plots::table::{Cell, Table};
use traces::requests::import_requests;
use traces::{Options, Source};

use super::run::plot;
use super::trace::{notes, open};
use super::{Failure, terminal};
use crate::fit::{Engine, Errors, Fitted, fit};

pub(super) const EXAMPLES: &str = "Examples:
  windtunnel fit serving vllm_requests.jsonl --sequences 128
  windtunnel fit serving vllm_requests.jsonl --blocks 2588";

/// Fits.
#[derive(Debug, Subcommand)]
pub(super) enum Fit {
    /// The step time of a language model engine, from when it served each request
    #[command(after_help = EXAMPLES)]
    Serving(ServingLog),
}

/// A log of a serving engine, and the limits it ran under.
#[derive(Debug, Args)]
pub(super) struct ServingLog {
    /// The log, plain or gzipped
    log: PathBuf,
    /// Its format, one that says when requests were served
    #[arg(long, default_value = "vllm-requests")]
    format: String,
    /// Tokens of an iteration, at most: vLLM's `max_num_batched_tokens`
    #[arg(long, default_value_t = 2048)]
    tokens: u32,
    /// Sequences that run, at most: `max_num_seqs`
    #[arg(long, default_value_t = 256)]
    sequences: u32,
    /// Blocks of 16 tokens that the memory holds: `num_gpu_blocks`; if not said, it never lacked any
    #[arg(long)]
    blocks: Option<u32>,
    /// Whether a request is admitted only where its whole prompt fits, as vLLM does since 0.19
    #[arg(long, default_value_t = true, action = ArgAction::Set)]
    reserve: bool,
}

impl Fit {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        match self {
            Self::Serving(log) => log.execute(),
        }
    }
}

impl ServingLog {
    fn execute(&self) -> Result<(), Failure> {
        // Blocks enough for a hundred million tokens.
        const PLENTY: u32 = 1 << 23;
        let source = Source::new(&self.log.to_string_lossy(), open(&self.log)?);
        let log = import_requests(&self.format, source, &Options::default())
            .map_err(|refused| Failure::Input(refused.to_string()))?;
        notes(&log.notes, &log.dropped);
        let engine = Engine {
            tokens: self.tokens,
            sequences: self.sequences,
            blocks: self.blocks.unwrap_or(PLENTY),
            reserve: self.reserve,
        };
        let fitted = fit(&log, engine).map_err(|error| {
            let message = format!("{}: {error}", self.log.display());
            Failure::Input(message)
        })?;
        let table = table(&fitted.held_back).text(terminal::width());
        terminal::say(&format!("{}\n{}", head(&fitted), table.map_err(plot)?))
    }
}

fn head(fitted: &Fitted) -> String {
    let step = fitted.step;
    let us = |ps: u64| sim_core::units::convert::real(ps) / 1e6;
    let line = |which: &str, errors: &Errors| {
        format!(
            "{} requests {which}: end to end {:.2} % off in the mean of requests, {:.2} % in that of 15 statistics\n",
            errors.requests,
            errors.mape * 100.0,
            errors.mean_statistic() * 100.0,
        )
    };
    format!(
        "a step takes {:.1} us + {:.4} us x tokens + {:.4} us x sequences + {:.6} us x context tokens\n{}{}\n\
         errors on those held back, %\n",
        us(step.fixed_ps),
        us(step.per_token_ps),
        us(step.per_sequence_ps),
        us(step.per_context_ps),
        line("to fit on", &fitted.fitted),
        line("held back", &fitted.held_back),
    )
}

fn table(errors: &Errors) -> Table {
    let columns = std::iter::once("").chain(Errors::STATISTICS);
    let rows = Errors::LATENCIES.iter().zip(&errors.statistics);
    let row = |(name, errors): (&&str, &[f64; 5])| {
        let cells = errors.iter().map(|error| Cell::number(error * 100.0, 2));
        std::iter::once(Cell::from(*name)).chain(cells).collect()
    };
    Table {
        columns: columns.map(str::to_owned).collect(),
        rows: rows.map(row).collect(),
    }
}
