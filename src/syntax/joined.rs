//! An instruction as BuildKit reads it, with the way back to the file.

use std::borrow::Cow;

use super::{Span, TextRange};

/// The text of an instruction after its physical lines were joined.
///
/// Continuation characters, line ends, comment lines and blank lines are gone; all other bytes stand as
/// they do in the file. Every range of it leads back to bytes of the file.
#[derive(Debug, Clone)]
pub struct Joined<'s> {
    text: Cow<'s, [u8]>,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, Copy)]
struct Piece {
    text: usize,
    file: usize,
}

impl<'s> Joined<'s> {
    /// The joined text that one piece of the file makes up.
    #[must_use]
    pub fn of(source: &'s [u8], span: Span) -> Self {
        Self { text: Cow::Borrowed(span.slice(source)), pieces: vec![Piece { text: 0, file: span.start }] }
    }

    /// A text of no file; its places count its own bytes.
    #[must_use]
    pub fn owned(text: String) -> Self {
        Self { text: Cow::Owned(text.into_bytes()), pieces: vec![Piece { text: 0, file: 0 }] }
    }

    /// Appends a further piece of the file.
    pub fn push(&mut self, source: &[u8], span: Span) {
        if span.is_empty() {
            return;
        }
        let text = self.text.to_mut();
        self.pieces.push(Piece { text: text.len(), file: span.start });
        text.extend_from_slice(span.slice(source));
    }

    /// The joined bytes.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Where the byte at `offset` of the text stands in the file.
    #[must_use]
    pub fn file_offset(&self, offset: usize) -> usize {
        let piece = self.piece_at(offset);
        piece.file + (offset - piece.text)
    }

    /// The bytes of the file from the first to the last byte of `range`, what stands between included.
    ///
    /// An empty range gives an empty span just before the byte at its start.
    #[must_use]
    pub fn span(&self, range: TextRange) -> Span {
        let start = self.file_offset(range.start);
        if range.is_empty() {
            return Span::new(start, start);
        }
        Span::new(start, self.file_offset(range.end - 1) + 1)
    }

    /// Whether the bytes of `range` stand side by side in the file.
    #[must_use]
    pub fn is_contiguous(&self, range: TextRange) -> bool {
        range.is_empty() || self.span(range).len() == range.len()
    }

    /// The joined text of a range of this one.
    #[must_use]
    pub fn part(&self, source: &'s [u8], range: TextRange) -> Self {
        let mut at = 0;
        let mut part: Option<Self> = None;
        for piece in self.spans() {
            let start = range.start.max(at);
            let end = range.end.min(at + piece.len());
            if start < end {
                let span = Span::new(piece.start + start - at, piece.start + end - at);
                match &mut part {
                    Some(part) => part.push(source, span),
                    None => part = Some(Self::of(source, span)),
                }
            }
            at += piece.len();
        }
        part.unwrap_or_else(|| {
            let start = self.file_offset(range.start);
            Self::of(source, Span::new(start, start))
        })
    }

    /// The pieces of the file that make up the text, in order.
    pub fn spans(&self) -> impl Iterator<Item = Span> + '_ {
        self.pieces.iter().enumerate().map(|(index, piece)| {
            let end = self.pieces.get(index + 1).map_or(self.text.len(), |next| next.text);
            Span::new(piece.file, piece.file + end - piece.text)
        })
    }

    fn piece_at(&self, offset: usize) -> Piece {
        let index = self.pieces.partition_point(|piece| piece.text <= offset);
        // The first piece starts at offset 0, so at least one piece starts at or before any offset.
        self.pieces[index.saturating_sub(1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_split_by_a_continuation_leads_back_to_the_file() {
        let source = b"RUN ec\\\nho hi";
        let mut joined = Joined::of(source, Span::new(0, 6));
        joined.push(source, Span::new(8, 13));
        assert_eq!(joined.text(), b"RUN echo hi");
        assert_eq!(joined.span(TextRange::new(4, 8)), Span::new(4, 10));
        assert!(!joined.is_contiguous(TextRange::new(4, 8)));
        assert!(joined.is_contiguous(TextRange::new(9, 11)));
        assert_eq!(joined.file_offset(6), 8);
    }
}
