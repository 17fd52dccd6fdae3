//! What each command does, and how its end becomes an exit code.

mod channel;
mod config;
mod doctor;
mod export;
mod feeds;
mod ground;
mod import;
mod key;
mod meter;
mod migrate;
mod probe;
mod prove;
mod publish;
mod serve;
mod user;

use std::process::ExitCode;

use crate::cli::{self, Cli, Command};

/// How a command ended when nothing failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All is well.
    Good,
    /// The command did its work and found something wrong.
    Unsound,
}

impl Outcome {
    /// 0 or 3.
    pub(crate) fn code(self) -> ExitCode {
        match self {
            Self::Good => ExitCode::SUCCESS,
            Self::Unsound => ExitCode::from(3),
        }
    }
}

/// Runs the command on a runtime of its own.
pub(crate) fn run(cli: Cli) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(dispatch(cli))
}

async fn dispatch(cli: Cli) -> anyhow::Result<Outcome> {
    let common = cli.common;
    match cli.command {
        Command::Serve(arguments) => serve::run(&common, &arguments).await,
        Command::Channel(command) => channel::run(&common, command).await,
        Command::Key(command) => key::run(&common, command).await,
        Command::User(command) => user::run(&common, &command).await,
        Command::Publish(arguments) => publish::run(arguments).await,
        Command::Probe(arguments) => probe::run(&common, &arguments).await,
        Command::Import(arguments) => import::run(&common, arguments).await,
        Command::Export(arguments) => export::run(&common, arguments).await,
        Command::Openapi => print(api::openapi::document().trim_end()).map(|()| Outcome::Good),
        Command::Doctor(arguments) => doctor::run(&common, &arguments).await,
        Command::Migrate => migrate::run(&common).await,
        Command::Ledger(cli::Verify::Verify) => prove::ledger(&common).await,
        Command::Audit(cli::Verify::Verify) => prove::audit(&common).await,
        Command::Config(command) => config::run(&common, &command),
        Command::Feeds(command) => feeds::run(&common, &command),
    }
}

/// Prints why the command failed, with every cause, as one line.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    say(&format!("headwater: {}", sentence(error)));
    if error.is::<ground::Usage>() { ExitCode::from(2) } else { ExitCode::FAILURE }
}

/// The error and its causes; libraries that repeat their cause in their own text are heard once.
fn sentence(error: &anyhow::Error) -> String {
    let mut said = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if said.ends_with(&cause) {
            continue;
        }
        if !said.is_empty() {
            said.push_str(": ");
        }
        said.push_str(&cause);
    }
    said
}

/// Talk goes to stderr; a closed stderr is nobody's loss.
pub(crate) fn say(line: &str) {
    use std::io::Write;
    drop(writeln!(std::io::stderr().lock(), "{line}"));
}

/// Data goes to stdout.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{text}")?;
    Ok(stdout.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_said_once() {
        let error = anyhow::anyhow!("refused").context("pool: refused").context("no database");
        assert_eq!(sentence(&error), "no database: pool: refused");
    }
}
