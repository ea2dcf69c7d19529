//! What is wrong with a configuration, and where.

use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_saphyr::{Location, Spanned};

use crate::report::escape::visible;

/// An error in a configuration file, or in the search for one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The file.
    pub path: PathBuf,
    /// Line and column, from 1, with the line's text.
    pub place: Option<Place>,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// A place in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: u64,
    /// From 1, in characters.
    pub column: u64,
    /// The line itself.
    pub text: String,
}

impl ConfigError {
    /// An error of the whole file.
    #[must_use]
    pub fn of_file(path: &Path, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), place: None, message: message.into() }
    }

    /// An error at a place of the file's text.
    #[must_use]
    pub fn at(path: &Path, text: &str, location: Location, message: impl Into<String>) -> Self {
        let (line, column) = (location.line(), location.column());
        let before = usize::try_from(line).unwrap_or(1).saturating_sub(1);
        let line_text = text.trim_start_matches('\u{feff}').lines().nth(before).unwrap_or_default().to_owned();
        let place = Place { line, column, text: line_text };
        Self { path: path.to_owned(), place: Some(place), message: message.into() }
    }

    /// An error of one value.
    #[must_use]
    pub fn of_value<T>(path: &Path, text: &str, value: &Spanned<T>, message: impl Into<String>) -> Self {
        Self::at(path, text, value.referenced, message)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", visible(&self.path.display().to_string()))?;
        let Some(Place { line, column, text }) = &self.place else {
            return write!(f, ": {}", visible(&self.message));
        };
        write!(f, ":{line}:{column}: {}", visible(&self.message))?;
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        // Blanks and tabs stay, so that the mark stands below its place.
        let mut indent = String::new();
        for character in text.chars().take(usize::try_from(column.saturating_sub(1)).unwrap_or(0)) {
            indent.push_str(if character == '\t' { "    " } else { " " });
        }
        let mut shown = String::new();
        let _ = write!(shown, "{}", visible(&text.replace('\t', "    ")));
        write!(f, "\n{margin} |\n{number} | {shown}\n{margin} | {indent}^")
    }
}
