//! The three notions of white space in BuildKit's parser, which differ on purpose of nobody.
//!
//! Source: `frontend/dockerfile/parser/{parser,line_parsers,split_command}.go`.

/// Go's `unicode.IsSpace`: what lines are trimmed by, and what separates ENV, LABEL and ARG words.
#[must_use]
pub fn is_unicode_space(c: char) -> bool {
    c.is_whitespace()
}

/// The class `[\t\v\f\r ]`: what separates the keyword, and the words of COPY, EXPOSE, FROM and VOLUME.
#[must_use]
pub const fn is_separator(byte: u8) -> bool {
    matches!(byte, b'\t' | 0x0b | 0x0c | b'\r' | b' ')
}

/// `unicode.IsSpace` on a single byte taken for a code point, as the flag reader does.
///
/// It sees a blank in the middle of some UTF-8 sequences (`à` ends in 0xA0).
#[must_use]
pub const fn is_latin1_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ' | 0x85 | 0xa0)
}

/// The first character of `bytes` and its length; `U+FFFD` of length 1 where the bytes are not UTF-8.
#[must_use]
pub fn decode_first(bytes: &[u8]) -> Option<(char, usize)> {
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some((char::from(first), 1));
    }
    let head = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
    };
    match valid.chars().next() {
        Some(c) => Some((c, c.len_utf8())),
        None => Some((char::REPLACEMENT_CHARACTER, 1)),
    }
}

/// How many bytes of white space `bytes` begins with.
#[must_use]
pub fn leading_space(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some((c, width)) = decode_first(&bytes[at..]) {
        if !is_unicode_space(c) {
            break;
        }
        at += width;
    }
    at
}

/// How many bytes of white space `bytes` ends with.
#[must_use]
pub fn trailing_space(bytes: &[u8]) -> usize {
    let mut end = bytes.len();
    while let Some(width) = last_space_width(&bytes[..end]) {
        end -= width;
    }
    bytes.len() - end
}

fn last_space_width(bytes: &[u8]) -> Option<usize> {
    let last = *bytes.last()?;
    if last < 0x80 {
        return is_unicode_space(char::from(last)).then_some(1);
    }
    (2..=bytes.len().min(4)).find_map(|width| {
        let text = std::str::from_utf8(&bytes[bytes.len() - width..]).ok()?;
        let mut chars = text.chars();
        let c = chars.next()?;
        (chars.next().is_none() && is_unicode_space(c)).then_some(width)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trims_unicode_blanks_on_both_ends() {
        let text = "\u{a0}\t x \u{3000}".as_bytes();
        assert_eq!(leading_space(text), 4);
        assert_eq!(trailing_space(text), 4);
    }

    #[test]
    fn invalid_bytes_are_no_blanks() {
        assert_eq!(leading_space(b"\xa0x"), 0);
        assert_eq!(trailing_space(b"x\xff"), 0);
        assert_eq!(decode_first(b"\xe3\x80"), Some((char::REPLACEMENT_CHARACTER, 1)));
    }
}
