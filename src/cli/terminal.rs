//! What goes to stderr.

use std::io::Write as _;

use console::Style;

/// Prints an error in one line.
pub fn error(message: &str) {
    labelled("error", &Style::new().for_stderr().red().bold(), message);
}

/// Prints a warning in one line.
pub fn warning(message: &str) {
    labelled("warning", &Style::new().for_stderr().yellow().bold(), message);
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
