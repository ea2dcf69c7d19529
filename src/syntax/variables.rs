//! Variables in words that BuildKit itself expands: ENV, COPY, WORKDIR, FROM and the like, not RUN.
//!
//! Source: `frontend/dockerfile/shell/lex.go`.

use super::{TextRange, lossy};

/// A place where a variable is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The variable.
    pub name: String,
    /// From the `$` to the end of the name, or to the closing brace.
    pub range: TextRange,
    /// Whether it stands for the value as it is: `$NAME` or `${NAME}`, without `:-` and the like.
    pub plain: bool,
}

/// The variables that `range` of `text` uses; those within single quotes and escaped ones are none.
#[must_use]
pub fn references(text: &[u8], range: TextRange, escape: u8) -> Vec<Reference> {
    let mut found = Vec::new();
    if memchr::memchr(b'$', range.slice(text)).is_none() {
        return found;
    }
    let mut quote: Option<u8> = None;
    // The first closing brace behind the last variable in braces: those that stand in each other share it.
    let mut brace = None;
    let mut at = range.start;
    while at < range.end {
        match (text[at], quote) {
            (b'\'', None) => quote = Some(b'\''),
            (b'\'', Some(b'\'')) | (b'"', Some(b'"')) => quote = None,
            (b'"', None) => quote = Some(b'"'),
            (_, Some(b'\'')) => {}
            (byte, _) if byte == escape => at += 1,
            (b'$', _) => {
                // What stands in a modifier is read by the same loop: `${A:-$B}` uses both.
                at = dollar(text, at, range.end, &mut brace, &mut found);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Reads the variable at `at`; gives where to go on. `brace` is a closing brace that was found before.
fn dollar(text: &[u8], at: usize, end: usize, brace: &mut Option<usize>, found: &mut Vec<Reference>) -> usize {
    let braced = text[at + 1..end].first() == Some(&b'{');
    let start = at + 1 + usize::from(braced);
    let len = text[start..end].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    if len == 0 || text[start].is_ascii_digit() {
        return start + len;
    }
    let name_end = start + len;
    let name = lossy(&text[start..name_end]).into_owned();
    if !braced {
        found.push(Reference { name, range: TextRange::new(at, name_end), plain: true });
        return name_end;
    }
    let plain = text[name_end..end].first() == Some(&b'}');
    let closing = match *brace {
        Some(closing) if closing > name_end => closing,
        _ => memchr::memchr(b'}', &text[name_end..end]).map_or(end, |offset| name_end + offset + 1),
    };
    *brace = Some(closing);
    found.push(Reference { name, range: TextRange::new(at, closing), plain });
    name_end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<(String, bool)> {
        let found = references(text.as_bytes(), TextRange::new(0, text.len()), b'\\');
        found.into_iter().map(|reference| (reference.name, reference.plain)).collect()
    }

    #[test]
    fn plain_and_with_a_modifier() {
        let expected = [("A", true), ("B", true), ("C", false), ("D", true)];
        let expected: Vec<_> = expected.map(|(name, plain)| (name.to_owned(), plain)).to_vec();
        assert_eq!(names("$A/\"${B}\"${C:-$D}"), expected);
    }

    #[test]
    fn what_is_no_variable() {
        for text in ["'$A'", "\\$A", "$", "$1", "$$", "$(A)", "a'${B}'"] {
            assert!(names(text).is_empty(), "{text}");
        }
        assert_eq!(names("it\"'$A'\"").len(), 1);
    }
}
