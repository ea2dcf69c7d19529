//! The command line: arguments, the run over files, and what is printed.
#![allow(clippy::disallowed_methods, reason = "this room reads the environment and writes to the terminal")]

mod args;
mod cached;
mod catalogue;
mod config_command;
mod consume;
mod images;
mod manual;
mod numbers;
mod parse_command;
mod pin_command;
mod review_command;
mod run;
mod select;
mod shown;
mod terminal;
mod verify_command;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command};

/// The status of a run, as documented for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Done; under `--check`, nothing to change.
    Done,
    /// `--check` found something to change.
    WouldChange,
    /// Something failed.
    Failed,
    /// A review was interrupted.
    Interrupted,
}

impl From<Status> for u8 {
    fn from(status: Status) -> Self {
        match status {
            Status::Done => 0,
            Status::WouldChange => 1,
            Status::Failed => 2,
            Status::Interrupted => 130,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(u8::from(status))
    }
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no failures; clap picks the stream.
            let failed = error.use_stderr();
            let _ = error.print();
            return if failed { Status::Failed.into() } else { Status::Done.into() };
        }
    };
    let status = match &cli.command {
        Some(Command::List) => catalogue::list(),
        Some(Command::Explain { id }) => catalogue::explain(id),
        Some(Command::Parse(parse)) => parse_command::parse(parse, &cli.run),
        Some(Command::Verify(verify)) => verify_command::verify(verify),
        Some(Command::Pin(pin)) => pin_command::pin(pin),
        Some(Command::Config(config)) => config_command::config(&config.what),
        Some(Command::Init(init)) => Ok(config_command::init(init)),
        Some(Command::Completions { shell }) => manual::completions(*shell),
        Some(Command::Man) => manual::man(),
        None => run::run(&cli.run),
    };
    match status {
        Ok(status) => status.into(),
        // Whoever read the output has closed it: nothing is left to say, and it is no failure of ours.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Status::Done.into(),
        Err(error) => {
            terminal::error(&format!("the output could not be written: {error}"));
            Status::Failed.into()
        }
    }
}
