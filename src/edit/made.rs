//! The edits of a round so far.

use std::collections::BTreeMap;

use crate::syntax::Span;

use super::{Edit, Fix};

/// The edits of a round so far, by their places in the text that the round began with: the length of what came in the
/// place of each. None of them overlaps another.
#[derive(Debug, Clone, Default)]
pub(super) struct Made(BTreeMap<Span, usize>);

impl Made {
    /// Whether an edit of `fix` and one that was made overlap or meet.
    pub(super) fn touch(&self, fix: &Fix) -> bool {
        let meets = |span: Span| {
            let last = self.0.range(..=Span::new(span.end, usize::MAX)).next_back();
            last.is_some_and(|(made, _)| span.start <= made.end)
        };
        fix.edits.iter().any(|edit| meets(edit.span))
    }

    pub(super) fn record(&mut self, fix: &Fix) {
        self.0.extend(fix.edits.iter().map(|edit| (edit.span, edit.text.len())));
    }

    /// The edits of `fix`, which touches none that was made, as places of the text as it is now.
    pub(super) fn moved(&self, fix: &Fix) -> Vec<Edit> {
        let mut edits = fix.edits.clone();
        for edit in &mut edits {
            let start = self.place(edit.span.start);
            edit.span = Span::new(start, start + edit.span.len());
        }
        edits
    }

    /// Where a byte of the round's first text stands now; it lies in no edit.
    fn place(&self, at: usize) -> usize {
        let before = self.0.iter().filter(|(span, _)| span.end <= at);
        let (added, taken) = before.fold((0, 0), |(added, taken), (span, len)| (added + len, taken + span.len()));
        at + added - taken
    }
}
