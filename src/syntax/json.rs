//! JSON arrays of strings, the exec form.
//!
//! Source: `parseJSON` of `frontend/dockerfile/parser/line_parsers.go` and Go's `encoding/json`.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{TextRange, lossy};

/// An element of a JSON array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonString {
    /// The element with its quotes.
    pub range: TextRange,
    /// What it says.
    pub value: String,
}

/// What an argument is, read as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonForm {
    /// An array of strings.
    Strings(Vec<JsonString>),
    /// An array with other elements: fatal.
    OtherElements,
    /// No JSON array: the shell form.
    NotJson,
}

/// Reads `text` as a JSON array of strings; ranges count from its start.
#[must_use]
pub fn read(text: &[u8]) -> JsonForm {
    if text.first() != Some(&b'[') {
        return JsonForm::NotJson;
    }
    // Go replaces bytes that are not UTF-8; the ranges are off then, and such a file is never edited.
    let text = lossy(text);
    let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(&text) else {
        return JsonForm::NotJson;
    };
    let mut strings = Vec::with_capacity(elements.len());
    for element in elements {
        let raw = element.get();
        if !raw.starts_with('"') {
            return JsonForm::OtherElements;
        }
        let start = raw.as_ptr() as usize - text.as_ptr() as usize;
        strings.push(JsonString {
            range: TextRange::new(start, start + raw.len()),
            value: unescape(&raw[1..raw.len() - 1]).into_owned(),
        });
    }
    JsonForm::Strings(strings)
}

/// The text of a valid JSON string; a lone surrogate becomes `U+FFFD`, as in Go.
fn unescape(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    let mut units: Vec<u16> = Vec::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
            continue;
        }
        let unit = match chars.next() {
            Some('b') => 0x08,
            Some('f') => 0x0c,
            Some('n') => u16::from(b'\n'),
            Some('r') => u16::from(b'\r'),
            Some('t') => u16::from(b'\t'),
            Some('u') => {
                let digits: String = chars.by_ref().take(4).collect();
                u16::from_str_radix(&digits, 16).unwrap_or(0xfffd)
            }
            Some(c) => u16::try_from(u32::from(c)).unwrap_or(0xfffd),
            None => break,
        };
        units.push(unit);
    }
    Cow::Owned(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Option<Vec<String>> {
        match read(text.as_bytes()) {
            JsonForm::Strings(strings) => Some(strings.into_iter().map(|string| string.value).collect()),
            _ => None,
        }
    }

    #[test]
    fn strings_with_places_and_escapes() {
        let text = r#"[ "a" , "b\n\u00e9\ud83d\ude00\ud83d" ]"#;
        assert_eq!(values(text).unwrap(), ["a", "b\né😀\u{fffd}"]);
        let JsonForm::Strings(strings) = read(text.as_bytes()) else { panic!("an array of strings") };
        assert_eq!(&text[strings[0].range.range()], "\"a\"");
    }

    #[test]
    fn what_is_no_array_of_strings() {
        assert_eq!(read(b"[1]"), JsonForm::OtherElements);
        for text in ["['a']", r#"["a",]"#, r#"["a"] x"#, r#"["c:\w"]"#, "a", "[", "[]]"] {
            assert_eq!(read(text.as_bytes()), JsonForm::NotJson, "{text}");
        }
        assert_eq!(values("[]").unwrap(), Vec::<String>::new());
    }
}
