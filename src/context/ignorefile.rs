//! `.dockerignore`: which files of a build context the build does not get to see.
//!
//! Follows what a `BuildKit` client does when it sends the context: the file is read by
//! moby/patternmatcher's `ignorefile.ReadAll`, folders are walked from the root with
//! `MatchesUsingParentResults`, excluded folders are left unvisited where no exception can apply
//! (tonistiigi/fsutil, `filter.go`), and a file is opened only if `MatchesOrParentMatches` agrees. A
//! file on which the two disagree can't be copied, so it counts as ignored here.

use super::pattern::{Pattern, PatternError};

/// Longest line that `ignorefile.ReadAll` accepts, in bytes (Go's `bufio.MaxScanTokenSize`).
const MAX_LINE: usize = 64 * 1024;

/// Why an ignore file can't be used. The first two stop a build as well.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IgnoreError {
    /// A pattern that can't be used.
    #[error("line {line}: {error}")]
    Pattern {
        /// Its line, counted from 1.
        line: usize,
        /// What is wrong with it.
        error: PatternError,
    },
    /// A line that is too long for the build's reader.
    #[error("line {line} is longer than 64 KiB: break it up")]
    LongLine {
        /// The line, counted from 1.
        line: usize,
    },
    /// It holds bytes that are not UTF-8.
    #[error("it is not UTF-8: save it as UTF-8")]
    NotUtf8,
    /// The operating system refused.
    #[error("it could not be read: {0}")]
    Unreadable(String),
    /// Builders differ: some take an empty file for a missing one.
    #[error("it is empty, and builders differ on whether `.dockerignore` counts then: delete it or fill it")]
    EmptyBesideAnother,
}

/// The rules of one ignore file, in their order; the last one that matches wins.
#[derive(Clone, Debug, Default)]
pub struct IgnoreRules {
    patterns: Vec<Pattern>,
}

impl IgnoreRules {
    /// Reads the text of an ignore file.
    ///
    /// # Errors
    /// When a build would stop at the file, or would read it in a way that can't be foretold.
    pub fn parse(text: &[u8]) -> Result<Self, IgnoreError> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let text = std::str::from_utf8(text).map_err(|_| IgnoreError::NotUtf8)?;
        let mut patterns = Vec::new();
        for (index, line) in text.split('\n').enumerate() {
            let line_number = index + 1;
            if line.len() >= MAX_LINE {
                return Err(IgnoreError::LongLine { line: line_number });
            }
            let pattern = read_line(line);
            let pattern = pattern.map_err(|error| IgnoreError::Pattern { line: line_number, error })?;
            patterns.extend(pattern);
        }
        Ok(Self { patterns })
    }

    /// Whether there is no pattern.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether the build gets to see no `path` (relative to the context's root, clean, with `/`). For a
    /// folder that is ignored, files in it may still be re-included: see
    /// [`may_hold_included`](Self::may_hold_included).
    #[must_use]
    pub fn is_ignored(&self, path: &str) -> bool {
        if self.patterns.is_empty() || path.is_empty() {
            return false;
        }
        self.is_left_out_by_walk(path) || self.matches_with_parents(path)
    }

    /// Whether an ignored `folder` may hold files that an exception takes back in.
    #[must_use]
    pub fn may_hold_included(&self, folder: &str) -> bool {
        let exceptions = || self.patterns.iter().filter(|pattern| pattern.exception);
        if exceptions().any(|pattern| pattern.plain_prefix().is_none()) {
            return true;
        }
        let inside = format!("{folder}/");
        exceptions().filter_map(Pattern::plain_prefix).any(|prefix| format!("{prefix}/").starts_with(&inside))
    }

    /// fsutil's walk: patterns that matched a folder hold for all in it, and an excluded folder is entered
    /// only for exceptions.
    fn is_left_out_by_walk(&self, path: &str) -> bool {
        let mut held = vec![false; self.patterns.len()];
        for folder in parents(path) {
            if self.matches_using(&mut held, folder) && !self.may_hold_included(folder) {
                return true;
            }
        }
        self.matches_using(&mut held, path)
    }

    /// `MatchesUsingParentResults`. A pattern that can't change the verdict is not even tried, and so is
    /// not held against what is inside of a folder: a difference that shows.
    fn matches_using(&self, held: &mut [bool], path: &str) -> bool {
        let mut matched = false;
        for (pattern, held) in self.patterns.iter().zip(held) {
            if !*held {
                *held = pattern.exception == matched && pattern.matches(path);
            }
            if *held {
                matched = !pattern.exception;
            }
        }
        matched
    }

    /// `MatchesOrParentMatches`.
    fn matches_with_parents(&self, path: &str) -> bool {
        let matching =
            |pattern: &&Pattern| pattern.matches(path) || parents(path).any(|folder| pattern.matches(folder));
        self.patterns.iter().rev().find(matching).is_some_and(|pattern| !pattern.exception)
    }
}

/// The folders above `path`, from the outermost.
fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// `ignorefile.ReadAll` and `patternmatcher.New` for one line.
fn read_line(line: &str) -> Result<Option<Pattern>, PatternError> {
    // Only here, before the line is trimmed: ` # x` is a pattern.
    if line.starts_with('#') {
        return Ok(None);
    }
    let line = line.trim();
    if line.is_empty() {
        return Ok(None);
    }
    let (exception, text) = match line.strip_prefix('!') {
        Some(text) => (true, text.trim()),
        None => (false, line),
    };
    let text = if text.is_empty() { String::new() } else { clean(text) };
    let text = match text.strip_prefix('/') {
        Some(relative) if !relative.is_empty() => relative,
        // With its `!` in front, a lone slash is cleaned away as well.
        Some(_) if exception => "",
        _ => &text,
    };
    if exception && text.is_empty() {
        return Err(PatternError::LoneException);
    }
    Pattern::new(text.to_owned(), exception).map(Some)
}

/// Go's `path.Clean`.
pub(super) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ if rooted => {}
                _ => parts.push(".."),
            },
            _ => parts.push(part),
        }
    }
    match (rooted, parts.join("/")) {
        (true, rest) => format!("/{rest}"),
        (false, rest) if rest.is_empty() => ".".to_owned(),
        (false, rest) => rest,
    }
}

#[cfg(test)]
#[path = "ignorefile_tests.rs"]
mod tests;
