//! How results are shown: diffs, messages, the summary, dumps of a parse.

pub mod diff;
pub mod escape;
mod nearest;
pub mod summary;
pub mod verification;

pub use nearest::nearest;

/// A number with the word that it counts.
#[must_use]
pub fn plural(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
