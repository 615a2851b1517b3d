//! Words that stories have in common.

use sim_core::units::Span;
use sim_core::watch::{Cause, Spent};

/// "2 GPUs", "1 task".
pub(super) fn counted(count: u32, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// Thousandths as a number: "8", "0.5".
pub(super) fn milli(milli: u64) -> String {
    let rest = milli % 1000;
    if rest == 0 {
        return (milli / 1000).to_string();
    }
    let digits = format!("{}.{rest:03}", milli / 1000);
    digits.trim_end_matches('0').to_owned()
}

pub(super) fn why(cause: Cause) -> &'static str {
    match cause {
        Cause::Policy => "the policy stopped it",
        Cause::Reclaim => "a node of its was taken away",
        Cause::Notice => "a node of its will be taken away, and its state is saved",
        Cause::Failure => "a node of its broke",
    }
}

pub(super) fn passed(spent: &Spent) -> String {
    let parts = [
        (spent.restore, "setting up"),
        (spent.kept, "of work kept"),
        (spent.lost, "of work lost"),
        (spent.dump, "writing checkpoints"),
    ];
    let parts = parts.iter().filter(|(time, _)| *time > Span::ZERO);
    let parts: Vec<String> = parts.map(|(time, what)| format!("{time} {what}")).collect();
    parts.join(", ")
}
