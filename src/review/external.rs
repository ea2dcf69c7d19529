//! The user's editor and pager, and the shell that the review is suspended to.
#![allow(clippy::disallowed_methods, reason = "what is edited stands in a temporary file")]

use std::fs;
use std::io::{self, Write as _};
use std::process::{Command, Stdio};

/// Lets the user edit lines; gives what they became.
///
/// # Errors
/// With a message where the editor does not run, or ends with a failure.
pub fn edit(editor: &str, lines: &str) -> Result<String, String> {
    let failed = |error: io::Error| format!("nothing can be edited: {error}");
    let mut file = tempfile::Builder::new().prefix("dockmod-").suffix(".Dockerfile").tempfile().map_err(failed)?;
    file.write_all(lines.as_bytes()).map_err(failed)?;
    // Editors may put another file in its place: it is read by its path.
    let path = file.into_temp_path();
    let mut command = command(editor)?;
    let status = command.arg(&path).status().map_err(|error| format!("`{editor}` does not run: {error}"))?;
    if !status.success() {
        return Err(format!("`{editor}` failed ({status}): nothing was changed"));
    }
    let text = fs::read(&path).map_err(failed)?;
    String::from_utf8(text).map_err(|_| "the edited text is not UTF-8: nothing was changed".to_owned())
}

/// Shows a text in the user's pager.
///
/// # Errors
/// With a message where it does not run.
pub fn page(pager: &str, text: &str) -> Result<(), String> {
    let failed = |error: io::Error| format!("`{pager}` does not run: {error}");
    let mut child = command(pager)?.stdin(Stdio::piped()).spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // Who has read enough closes it.
        let _ = stdin.write_all(text.as_bytes());
    }
    child.wait().map(drop).map_err(failed)
}

/// Lets the user read what is on the screen.
pub fn wait_for_key() {
    // Without a terminal nobody reads.
    let _ = writeln!(io::stdout(), "-- Enter goes back to the review --");
    let _ = io::stdin().read_line(&mut String::new());
}

fn command(line: &str) -> Result<Command, String> {
    let words = shell_words::split(line).map_err(|error| format!("`{line}` is no command: {error}"))?;
    let Some((program, args)) = words.split_first() else { return Err("no command is set".to_owned()) };
    let mut command = Command::new(program);
    command.args(args);
    Ok(command)
}

/// Stops this job until the shell goes on with it.
#[cfg(unix)]
pub fn suspend() {
    // Where there is no job control, nothing happens.
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
}

/// Stops this job: not on this system.
#[cfg(not(unix))]
pub const fn suspend() {}
