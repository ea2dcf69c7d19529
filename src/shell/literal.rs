//! What a shell word stands for, where nothing in it expands.

use compact_str::CompactString;

/// How the characters of a word are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a finding of its own about one word")]
pub struct Quoting {
    /// Whether any part is quoted or escaped.
    pub quoted: bool,
    /// Whether a variable, command or arithmetic expansion is in it.
    pub expands: bool,
    /// Whether an expansion stands outside of double quotes, so that it may become several words.
    pub splits: bool,
    /// Whether an unquoted pattern, brace or tilde is in it.
    pub pattern: bool,
    /// Whether an unquoted blank or operator is in it, which no word can hold: the word was read wrongly.
    pub broken: bool,
}

/// The value of `word` after quote removal; `None` where a part of it expands or may expand.
#[must_use]
pub fn literal(word: &str) -> Option<CompactString> {
    read(word).1
}

/// How `word` is written.
#[must_use]
pub fn quoting(word: &str) -> Quoting {
    read(word).0
}

/// How `word` is written, and its value; see [`literal`].
#[must_use]
pub(super) fn read(word: &str) -> (Quoting, Option<CompactString>) {
    if word.bytes().all(is_plain) {
        return (Quoting::default(), Some(word.into()));
    }
    let mut value = String::with_capacity(word.len());
    let found = scan(word, &mut value);
    let certain = !found.expands && !found.pattern && !found.broken;
    (found, certain.then(|| value.into()))
}

/// What stands for itself wherever it stands in a word.
pub(super) const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'=' | b':' | b',' | b'+' | b'@' | b'%')
}

fn scan(word: &str, value: &mut String) -> Quoting {
    let mut found = Quoting::default();
    let mut chars = word.char_indices().peekable();
    let mut start_of_part = true;
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' => {
                found.quoted = true;
                loop {
                    match chars.next() {
                        None => {
                            found.broken = true;
                            break;
                        }
                        Some((_, '\'')) => break,
                        Some((_, c)) => value.push(c),
                    }
                }
            }
            '"' => {
                found.quoted = true;
                double_quoted(&mut chars, value, &mut found);
            }
            '\\' => {
                found.quoted = true;
                match chars.next() {
                    None => value.push('\\'),
                    Some((_, '\n')) => {}
                    Some((_, c)) => value.push(c),
                }
            }
            '$' | '`' => {
                let plain = c == '$' && !chars.peek().is_some_and(|(_, next)| is_expansion_start(*next));
                if plain {
                    value.push(c);
                } else {
                    found.expands = true;
                    found.splits = true;
                    // What an expansion holds may be anything: nothing after it is judged.
                    return found;
                }
            }
            '*' | '?' | '[' => {
                found.pattern |= c != '[' || word[at..].contains(']');
                value.push(c);
            }
            '{' => {
                found.pattern |= word[at..].contains(',') || word[at..].contains("..");
                value.push(c);
            }
            '~' if start_of_part => {
                found.pattern = true;
                value.push(c);
            }
            ' ' | '\t' | '\n' | ';' | '|' | '&' | '<' | '>' | '(' | ')' => {
                found.broken = true;
                value.push(c);
            }
            _ => value.push(c),
        }
        start_of_part = matches!(c, '=' | ':');
    }
    found
}

fn is_expansion_start(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '_' | '{' | '(' | '[' | '@' | '*' | '#' | '?' | '-' | '$' | '!' | '\'' | '"')
}

fn double_quoted(chars: &mut std::iter::Peekable<std::str::CharIndices<'_>>, value: &mut String, found: &mut Quoting) {
    // Command substitutions may hold quotes of their own: the depth keeps their end apart.
    let mut depth = 0_usize;
    loop {
        let Some((_, c)) = chars.next() else {
            found.broken = true;
            return;
        };
        match c {
            '"' if depth == 0 => return,
            '\\' => match chars.next() {
                Some((_, '\n')) => {}
                Some((_, c @ ('$' | '`' | '"' | '\\'))) => value.push(c),
                Some((_, c)) => {
                    value.push('\\');
                    value.push(c);
                }
                None => found.broken = true,
            },
            '`' => found.expands = true,
            '$' => match chars.peek() {
                Some((_, '(' | '{')) => {
                    found.expands = true;
                    depth += 1;
                    chars.next();
                }
                Some((_, next)) if is_expansion_start(*next) && !matches!(next, '"' | '\'' | '[') => {
                    found.expands = true;
                }
                _ => value.push('$'),
            },
            '(' | '{' if depth > 0 => depth += 1,
            ')' | '}' if depth > 0 => depth -= 1,
            _ => value.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_taken_off() {
        assert_eq!(literal(r#"a"b c"'d e'\ f"#).as_deref(), Some("ab cd e f"));
        assert_eq!(literal("curl=7.*"), None);
        assert_eq!(literal("g++").as_deref(), Some("g++"));
        assert_eq!(literal("'a*'").as_deref(), Some("a*"));
        assert_eq!(literal("a$").as_deref(), Some("a$"));
    }

    #[test]
    fn what_expands_is_no_literal() {
        for word in ["$a", "a${b}", "`c`", "\"$d\"", "$(e)", "a*", "~/x", "x{a,b}", "a=~/b", "$'a'", "[a]"] {
            assert_eq!(literal(word), None, "{word}");
        }
        assert!(!quoting("\"$d\"").splits);
        assert!(quoting("$d").splits);
    }

    #[test]
    fn a_word_with_a_blank_is_broken() {
        assert!(quoting("a b").broken);
        assert!(!quoting("a\\ b").broken);
        assert!(quoting("a;").broken);
        assert!(!quoting("\"$(a \"b\")\"").broken);
    }
}
