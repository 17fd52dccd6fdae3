//! What each command does, and how its end becomes an exit code.

mod publish;

use std::process::ExitCode;

use crate::cli::{Cli, Command};

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
    match cli.command {
        Command::Publish(order) => publish::run(order).await,
        _ => anyhow::bail!("later"),
    }
}

/// Prints why the command failed, with every cause, as one line.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    say(&format!("headwater: {error:#}"));
    ExitCode::FAILURE
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
