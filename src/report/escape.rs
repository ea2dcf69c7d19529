//! Text from files made fit for a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Makes control characters visible, so that a Dockerfile can't steer the terminal: `^[` becomes `\u{1b}`.
///
/// Tabs stay; so does a line end at the very end.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    let harmless = |c: char| c == '\t' || !(c.is_control() || is_invisible(c));
    let (body, end) = match text.strip_suffix('\n') {
        Some(body) => (body, "\n"),
        None => (text, ""),
    };
    if body.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len() + 16);
    for c in body.chars() {
        if harmless(c) {
            result.push(c);
        } else {
            // Writing to a string can't fail.
            let _ = write!(result, "{}", c.escape_unicode());
        }
    }
    result.push_str(end);
    Cow::Owned(result)
}

/// Characters that reorder or hide text without being control characters.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_show() {
        assert_eq!(visible("a\tb\n"), "a\tb\n");
        assert_eq!(visible("a\u{1b}[31mb\r\n"), "a\\u{1b}[31mb\\u{d}\n");
        assert_eq!(visible("\u{202e}x"), "\\u{202e}x");
    }
}
