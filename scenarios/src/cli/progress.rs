//! Progress on stderr: a bar with the time left on a terminal, nothing elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `total` steps, unless nobody would see it or it is not wanted.
pub(super) fn bar(total: usize, what: &str, wanted: bool) -> ProgressBar {
    let seen = wanted && std::io::stderr().is_terminal() && std::env::var_os("CI").is_none();
    if !seen {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(u64::try_from(total).expect("64 bits"));
    let template = "{msg} [{bar:32}] {pos}/{len}, {eta} left";
    let style = ProgressStyle::with_template(template).expect("a template of ours");
    bar.set_style(style.progress_chars("=> "));
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
