//! How results are shown: diffs, messages, the summary, dumps of a parse.

pub mod diff;
pub mod escape;
pub mod summary;
pub mod verification;
