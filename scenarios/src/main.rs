//! The `windtunnel` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    scenarios::cli::main()
}
