//! What shells and `man` want to know of the command line.

use std::io::{self, Write as _};

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::Status;
use super::args::Cli;

/// Prints the completions of a shell.
pub fn completions(shell: Shell) -> io::Result<Status> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "dockmod", &mut text);
    io::stdout().lock().write_all(&text)?;
    Ok(Status::Done)
}

/// Prints the manual page: that of the command, then one section for each of its commands.
pub fn man() -> io::Result<Status> {
    let mut text = Vec::new();
    let mut command = Cli::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut text)?;
    for subcommand in command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help") {
        let page = clap_mangen::Man::new(subcommand.clone());
        writeln!(text, ".SH \"DOCKMOD {}\"", subcommand.get_name().to_uppercase())?;
        page.render_description_section(&mut text)?;
        page.render_options_section(&mut text)?;
    }
    io::stdout().lock().write_all(&text)?;
    Ok(Status::Done)
}
