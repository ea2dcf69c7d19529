//! What goes to stderr.

use std::io::Write as _;
use std::path::Path;

use console::Style;

use crate::config::ConfigError;
use crate::walk::lexical;

/// Prints an error in one line.
pub fn error(message: &str) {
    labelled("error", &Style::new().for_stderr().red().bold(), message);
}

/// Prints a warning in one line.
pub fn warning(message: &str) {
    labelled("warning", &Style::new().for_stderr().yellow().bold(), message);
}

/// Prints an error of a configuration, with the line that it is about.
pub fn config_error(error: &ConfigError) {
    // As a reader in this folder would write it.
    let here = lexical::absolute(Path::new(".")).unwrap_or_default();
    let path = error.path.strip_prefix(here).unwrap_or(&error.path).to_owned();
    let text = ConfigError { path, ..error.clone() }.to_string();
    let mut lines = text.lines();
    labelled("error", &Style::new().for_stderr().red().bold(), lines.next().unwrap_or_default());
    lines.for_each(line);
}

/// Prints a line as it is.
pub fn line(message: &str) {
    // A closed stderr is no reason to stop.
    let _ = writeln!(std::io::stderr().lock(), "{}", crate::report::escape::visible(message));
}

fn labelled(label: &str, style: &Style, message: &str) {
    let label = style.apply_to(label);
    let _ = writeln!(std::io::stderr().lock(), "{label}: {}", crate::report::escape::visible(message));
}
