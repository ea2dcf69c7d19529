//! How the arguments of an instruction are split into words.
//!
//! Source: `frontend/dockerfile/parser/line_parsers.go`. Ranges count from the start of the given text.

use super::TextRange;
use super::whitespace::{decode_first, is_separator, is_unicode_space};

/// Splits at runs of `[\t\v\f\r ]`, quotes unseen: FROM, EXPOSE, and COPY, ADD, VOLUME in shell form.
#[must_use]
pub fn by_separators(text: &[u8]) -> Vec<TextRange> {
    let mut words = Vec::new();
    if text.is_empty() {
        return words;
    }
    let mut start = 0;
    let mut at = 0;
    while at < text.len() {
        if !is_separator(text[at]) {
            at += 1;
            continue;
        }
        words.push(TextRange::new(start, at));
        while at < text.len() && is_separator(text[at]) {
            at += 1;
        }
        start = at;
    }
    words.push(TextRange::new(start, text.len()));
    words
}

/// Splits `text` once at its first run of separators.
#[must_use]
pub fn split_once(text: &[u8]) -> Option<(TextRange, TextRange)> {
    let end = text.iter().position(|byte| is_separator(*byte))?;
    let blanks = text[end..].iter().take_while(|byte| is_separator(**byte)).count();
    Some((TextRange::new(0, end), TextRange::new(end + blanks, text.len())))
}

/// Splits by blanks, quotes and escapes held together and kept: ENV, LABEL and ARG.
///
/// An escape character at the very end of the text belongs to no word.
#[must_use]
pub fn quoted(text: &[u8], escape: u8) -> Vec<TextRange> {
    let escape = char::from(escape);
    let mut words = Vec::new();
    let mut word: Option<Growing> = None;
    let mut quote: Option<char> = None;
    let mut at = 0;
    while let Some((c, width)) = decode_first(&text[at..]) {
        let next = at + width;
        match quote {
            None if is_unicode_space(c) => {
                words.extend(word.take().and_then(Growing::finish));
            }
            None => {
                let current = word.get_or_insert(Growing { start: at, end: at, blank_ok: false });
                if c == '\'' || c == '"' {
                    quote = Some(c);
                    current.blank_ok = true;
                }
                at = step(text, at, next, c == escape, current);
                continue;
            }
            Some(open) => {
                // The word is open: a quote is only met inside of one.
                let Some(current) = word.as_mut() else { break };
                if c == open {
                    quote = None;
                }
                let escaped = c == escape && open != '\'';
                if escaped && next == text.len() {
                    quote = None;
                }
                at = step(text, at, next, escaped, current);
                continue;
            }
        }
        at = next;
    }
    words.extend(word.and_then(Growing::finish));
    words
}

struct Growing {
    start: usize,
    end: usize,
    blank_ok: bool,
}

impl Growing {
    fn finish(self) -> Option<TextRange> {
        (self.blank_ok || self.end > self.start).then(|| TextRange::new(self.start, self.end))
    }
}

/// Takes the character at `at`, and with an escape the next one too; gives where to go on.
fn step(text: &[u8], at: usize, next: usize, escaped: bool, word: &mut Growing) -> usize {
    if !escaped {
        word.end = next;
        return next;
    }
    let Some((_, width)) = decode_first(&text[next..]) else {
        word.end = at.max(word.end);
        return next;
    };
    word.end = next + width;
    word.end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(ranges: Vec<TextRange>, text: &str) -> Vec<&str> {
        ranges.into_iter().map(|range| &text[range.range()]).collect()
    }

    #[test]
    fn separators_are_ascii_only() {
        let text = "a \t b\u{a0}c";
        assert_eq!(texts(by_separators(text.as_bytes()), text), ["a", "b\u{a0}c"]);
    }

    #[test]
    fn quotes_and_escapes_hold_words_together() {
        let text = r#"a="b c" d='e\' f=g\ h ''"#;
        assert_eq!(texts(quoted(text.as_bytes(), b'\\'), text), [r#"a="b c""#, r"d='e\'", r"f=g\ h", "''"]);
    }

    #[test]
    fn a_final_escape_is_skipped() {
        let text = "a=b\\";
        assert_eq!(texts(quoted(text.as_bytes(), b'\\'), text), ["a=b"]);
        let text = "a=\"b\\";
        assert_eq!(texts(quoted(text.as_bytes(), b'\\'), text), ["a=\"b"]);
    }
}
