//! Edits applied to bytes.

use super::Edit;
use super::fix::sorted;

/// Why edits can't be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Two edits touch the same bytes, or insert at the same place.
    #[error("two edits of one fix overlap")]
    Overlap,
    /// An edit reaches past the end of the text.
    #[error("an edit reaches past the end of the file")]
    OutOfBounds,
}

/// The text with all edits made; bytes outside of them are copied as they are.
///
/// # Errors
/// Where edits overlap or reach past the end.
pub fn apply(source: &[u8], edits: &[Edit]) -> Result<Vec<u8>, EditError> {
    let mut result = Vec::with_capacity(source.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut at = 0;
    let mut last_insert = None;
    for edit in sorted(edits) {
        if edit.span.end > source.len() || edit.span.start > edit.span.end {
            return Err(EditError::OutOfBounds);
        }
        let twice = edit.span.is_empty() && last_insert == Some(edit.span.start);
        if edit.span.start < at || twice {
            return Err(EditError::Overlap);
        }
        result.extend_from_slice(&source[at..edit.span.start]);
        result.extend_from_slice(edit.text.as_bytes());
        at = edit.span.end;
        last_insert = edit.span.is_empty().then_some(edit.span.start);
    }
    result.extend_from_slice(&source[at..]);
    Ok(result)
}

#[cfg(test)]
mod tests {
    use crate::syntax::Span;

    use super::*;

    #[test]
    fn edits_in_any_order() {
        let edits = [Edit::insert(5, "!"), Edit::replace(Span::new(0, 1), "J"), Edit::delete(Span::new(1, 2))];
        assert_eq!(apply(b"hello", &edits).unwrap(), b"Jllo!");
    }

    #[test]
    fn overlaps_are_refused() {
        let overlap = [Edit::delete(Span::new(0, 2)), Edit::delete(Span::new(1, 3))];
        assert_eq!(apply(b"hello", &overlap), Err(EditError::Overlap));
        let twice = [Edit::insert(1, "a"), Edit::insert(1, "b")];
        assert_eq!(apply(b"hello", &twice), Err(EditError::Overlap));
        assert_eq!(apply(b"hello", &[Edit::insert(6, "a")]), Err(EditError::OutOfBounds));
    }
}
