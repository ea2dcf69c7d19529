//! What a transform proposes.

use serde::Serialize;

use crate::prove::Claim;
use crate::syntax::Span;

/// A replacement of a stretch of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty for an insertion.
    pub span: Span,
    /// What comes in its place.
    pub text: String,
}

impl Edit {
    /// Replaces `span` by `text`.
    #[must_use]
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }

    /// Puts `text` before the byte at `at`.
    #[must_use]
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self { span: Span::new(at, at), text: text.into() }
    }

    /// Takes `span` away.
    #[must_use]
    pub fn delete(span: Span) -> Self {
        Self { span, text: String::new() }
    }
}

/// Puts edits in the order of the file.
pub fn sort(edits: &mut [Edit]) {
    edits.sort_by_key(|edit| edit.span);
}

/// Edits in the order of the file.
pub(super) fn sorted(edits: &[Edit]) -> Vec<&Edit> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| edit.span);
    sorted
}

/// Whether a fix may be applied without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// The image holds the same files and behaves the same, save for package-manager caches, layer
    /// boundaries and build history.
    Safe,
    /// It may change what is in the image or how it behaves.
    Unsafe,
}

impl Safety {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
        }
    }
}

/// Edits that go in together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as a sentence without a full stop.
    pub title: String,
    /// Why, and what it rests on.
    pub reason: String,
    /// The edits, none overlapping another.
    pub edits: Vec<Edit>,
    /// Whether it may be applied without asking.
    pub safety: Safety,
    /// What it changes.
    pub claim: Claim,
    /// Smaller fixes, to be tried one by one where the whole is not proved.
    pub alternatives: Vec<Fix>,
}

impl Fix {
    /// From the first to the last byte that the fix touches.
    #[must_use]
    pub fn cover(&self) -> Span {
        let spans = self.edits.iter().map(|edit| edit.span);
        spans.reduce(Span::cover).unwrap_or_default()
    }
}

/// A place that a transform looked at and left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The place.
    pub span: Span,
    /// What would be done, and why it is not.
    pub reason: String,
}

/// What a transform has to say about a file.
#[derive(Debug, Clone, Default)]
pub struct Proposals {
    /// Fixes.
    pub fixes: Vec<Fix>,
    /// Places left alone.
    pub findings: Vec<Finding>,
}

impl Proposals {
    /// Notes a place that is left alone.
    pub fn leave(&mut self, span: Span, reason: impl Into<String>) {
        self.findings.push(Finding { span, reason: reason.into() });
    }
}
