//! What became of a file.

use crate::prove::Claim;

use super::unused::{Ledger, SuppressionNote};
use super::{Safety, Transform};

/// A fix that went in.
#[derive(Debug, Clone)]
pub struct Applied {
    /// Which transform.
    pub transform: &'static Transform,
    /// What it did.
    pub title: String,
    /// Why, and what it rests on.
    pub reason: String,
    /// How safe it is.
    pub safety: Safety,
    /// What was proved.
    pub claim: Claim,
    /// The line in the text that it was applied to, from 1.
    pub line: usize,
}

/// A fix that the proof refused.
#[derive(Debug, Clone)]
pub struct Dropped {
    /// Which transform.
    pub transform: &'static Transform,
    /// What it would have done.
    pub title: String,
    /// Why it was refused.
    pub reason: String,
    /// The line, from 1.
    pub line: usize,
}

/// An unsafe fix that was not asked for, or a place left alone.
#[derive(Debug, Clone)]
pub struct Withheld {
    /// Which transform.
    pub transform: &'static Transform,
    /// What it would do, or why it does nothing.
    pub reason: String,
    /// The line, from 1.
    pub line: usize,
}

/// What became of a file.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The new text, where it differs.
    pub changed: Option<Vec<u8>>,
    /// What went in, in order.
    pub applied: Vec<Applied>,
    /// What the proof refused.
    pub dropped: Vec<Dropped>,
    /// What `--unsafe` would bring.
    pub withheld: Vec<Withheld>,
    /// What was left alone, with the reason.
    pub left: Vec<Withheld>,
    /// Fixes that [`super::Answer::Decline`] left out, with what they would have done.
    pub declined: Vec<Withheld>,
    /// Fixes that nobody decided on.
    pub undecided: Vec<Withheld>,
    /// Transforms that undid each other; their changes were taken back.
    pub cycle: Vec<&'static str>,
    /// What is wrong with its suppressing comments.
    pub suppressions: Vec<SuppressionNote>,
    pub(super) ledger: Ledger,
}
