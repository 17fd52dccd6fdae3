//! The one binary: reads the command line, runs one command, and turns its end into an exit code.

mod cli;
mod commands;
mod compose;
mod demo;
mod probe;
mod publish;
mod trust;
mod via;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    match commands::run(cli) {
        Ok(outcome) => outcome.code(),
        Err(error) => commands::failed(&error),
    }
}

/// Help and version are answers; everything else is a usage error (2).
fn usage(error: &clap::Error) -> ExitCode {
    // Nothing is left to tell when the terminal is gone.
    drop(error.print());
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}
