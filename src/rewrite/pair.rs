//! ENV and LABEL in the old form `KEY value`, written as `KEY=value`.

use crate::edit::Edit;
use crate::model::Model;
use crate::syntax::expand::{Word, expand};
use crate::syntax::whitespace::{decode_first, is_unicode_space};
use crate::syntax::words;
use crate::syntax::{Args, Instruction, Joined, Keyword, Pair, Span, TextRange, TriviaKind, lossy};

/// A change of the value's text: what is replaced, and by what.
type Change = (TextRange, String);

/// A way to write a value.
struct Spelling {
    quoted: bool,
    changes: Vec<Change>,
}

/// The edits that write an ENV or LABEL in the old form as `KEY=value`, in the plainest way that keeps the value:
/// as it stands, in double quotes, in double quotes that take the place of those inside, with escaped blanks.
///
/// # Errors
/// With the reason where it is in the new form already, or where no way keeps the value.
pub fn as_key_value(model: &Model<'_, '_>, index: usize) -> Result<Vec<Edit>, String> {
    let instruction = model.instructions[index];
    let Args::LegacyPair(pair) = instruction.body.args else {
        return Err("it is written as key=value already".to_owned());
    };
    let (joined, escape) = (&instruction.joined, model.file.escape);
    let key = pair.key.slice(joined.text());
    let raw = pair.value.slice(joined.text());
    if raw.starts_with(b"=") {
        return Err("the value begins with `=`: blanks around a `=` are part of the old form's value".to_owned());
    }
    if key.contains(&escape) {
        return Err("the key holds an escape character".to_owned());
    }
    expand(key, escape).map_err(|error| format!("the key has no value: {error}"))?;
    let word = expand(raw, escape).map_err(|error| format!("the value can't be read: {error}"))?;
    if let Some(mistake) = mistake(instruction, pair, escape) {
        return Err(mistake);
    }
    let separator = separator(joined, pair);
    let commented = instruction.inner.iter().any(|trivia| {
        trivia.kind == TriviaKind::Comment && separator.start <= trivia.span.start && trivia.span.start < separator.end
    });
    if commented {
        return Err("a comment stands between the key and the value".to_owned());
    }
    let mut spellings = spellings(raw, escape, joined.is_contiguous(pair.value)).into_iter();
    let spelling = spellings
        .find(|spelling| keeps(spelling, key, raw, escape, &word))
        .ok_or("no way of quoting keeps the value as it is")?;
    Ok(edits(joined, pair, spelling))
}

/// What looks like a mistake and is part of the value. In the new form, which has it in quotes, no check would see it.
fn mistake(instruction: &Instruction<'_>, pair: Pair, escape: u8) -> Option<String> {
    let joined = &instruction.joined;
    let raw = pair.value.slice(joined.text());
    let words = words::quoted(raw, escape);
    for (before, word) in words.iter().zip(words.iter().skip(1)) {
        let text = lossy(word.slice(raw));
        if text.starts_with('#') {
            return Some(format!("`{text}` begins no comment: it is part of the value, which was hardly meant"));
        }
        let gap = TextRange::new(before.end, word.start).shifted(pair.value.start);
        if !joined.is_contiguous(gap) && is_pair(instruction.body.keyword, &text) {
            return Some(format!("`{text}` on a line of its own sets nothing: it is part of the value"));
        }
    }
    None
}

/// Whether a word looks like a further pair: packages with a version, `nginx=1.2`, are values of ENV.
fn is_pair(keyword: Keyword, word: &str) -> bool {
    let Some((name, value)) = word.split_once('=') else { return false };
    let first = name.chars().next();
    let named = match keyword {
        Keyword::Env => name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'),
        _ => name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-/".contains(c)),
    };
    named && first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_') && !value.starts_with('=')
}

fn separator(joined: &Joined<'_>, pair: Pair) -> Span {
    let key_end = joined.span(pair.key).end;
    Span::new(key_end, joined.span(pair.value).start)
}

/// The ways to try, the plainest first.
fn spellings(raw: &[u8], escape: u8, one_line: bool) -> Vec<Spelling> {
    let mut spellings = vec![Spelling { quoted: false, changes: Vec::new() }];
    if !raw.iter().any(|byte| matches!(byte, b'"' | b'\'') || *byte == escape) {
        spellings.push(Spelling { quoted: true, changes: Vec::new() });
    }
    spellings.extend(quotes_replaced(raw, escape).map(|changes| Spelling { quoted: true, changes }));
    if one_line {
        spellings.push(Spelling { quoted: false, changes: blanks_escaped(raw, escape) });
    }
    spellings
}

/// Whether the spelling is one word, and stands for the same as the old form's value.
fn keeps(spelling: &Spelling, key: &[u8], raw: &[u8], escape: u8, word: &Word) -> bool {
    let quote: &[u8] = if spelling.quoted { b"\"" } else { b"" };
    let mut value = quote.to_vec();
    let mut at = 0;
    for (range, text) in &spelling.changes {
        value.extend_from_slice(&raw[at..range.start]);
        value.extend_from_slice(text.as_bytes());
        at = range.end;
    }
    value.extend_from_slice(&raw[at..]);
    value.extend_from_slice(quote);
    let pair = [key, b"=", &value].concat();
    let one_word = words::quoted(&pair, escape) == [TextRange::new(0, pair.len())];
    one_word && expand(&value, escape).as_ref() == Ok(word)
}

fn edits(joined: &Joined<'_>, pair: Pair, spelling: Spelling) -> Vec<Edit> {
    let open = if spelling.quoted { "=\"" } else { "=" };
    let mut edits = vec![Edit::replace(separator(joined, pair), open)];
    for (range, text) in spelling.changes {
        edits.push(Edit::replace(joined.span(range.shifted(pair.value.start)), text));
    }
    if spelling.quoted {
        edits.push(Edit::insert(joined.span(pair.value).end, "\""));
    }
    edits
}

/// What makes the value one double-quoted string: the quotes inside go, and with them the escapes that have no
/// meaning between double quotes. `None` for a `${…}` with quotes of its own.
fn quotes_replaced(raw: &[u8], escape: u8) -> Option<Vec<Change>> {
    let mut changes: Vec<Change> = Vec::new();
    let gone = |at: usize| (TextRange::new(at, at + 1), String::new());
    let needs_escape = |byte: u8| matches!(byte, b'"' | b'$') || byte == escape;
    let mut quote: Option<u8> = None;
    let mut at = 0;
    while at < raw.len() {
        let byte = raw[at];
        match quote {
            Some(open) if byte == open => {
                changes.push(gone(at));
                quote = None;
            }
            Some(b'\'') if needs_escape(byte) => {
                changes.push((TextRange::new(at, at), char::from(escape).to_string()));
            }
            Some(b'\'') => {}
            None if matches!(byte, b'"' | b'\'') => {
                changes.push(gone(at));
                quote = Some(byte);
            }
            _ if byte == escape => {
                if quote.is_none() && !raw.get(at + 1).is_some_and(|next| needs_escape(*next)) {
                    changes.push(gone(at));
                }
                at += 1;
            }
            _ if raw[at..].starts_with(b"${") => {
                let length = raw[at..].iter().position(|byte| *byte == b'}')?;
                let inner = &raw[at + 2..at + length];
                if inner.iter().any(|byte| matches!(byte, b'"' | b'\'' | b'{') || *byte == escape) {
                    return None;
                }
                at += length;
            }
            _ => {}
        }
        at += 1;
    }
    Some(changes)
}

/// An escape character before each blank that stands outside of quotes.
fn blanks_escaped(raw: &[u8], escape: u8) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut quote: Option<char> = None;
    let mut at = 0;
    while let Some((c, width)) = decode_first(&raw[at..]) {
        match quote {
            None if is_unicode_space(c) => changes.push((TextRange::new(at, at), char::from(escape).to_string())),
            None if matches!(c, '"' | '\'') => quote = Some(c),
            Some(open) if c == open => quote = None,
            None | Some('"') if c == char::from(escape) => {
                at += width + decode_first(&raw[at + width..]).map_or(0, |(_, width)| width);
                continue;
            }
            _ => {}
        }
        at += width;
    }
    changes
}
