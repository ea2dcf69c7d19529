//! Parser directives: `# syntax=`, `# escape=`, `# check=` at the top of the file.
//!
//! Source: `frontend/dockerfile/parser/directives.go`.

use super::{Span, whitespace};

/// A directive with the place of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// Which one.
    pub kind: DirectiveKind,
    /// The key as written.
    pub key: Span,
    /// The value, blanks around it left out.
    pub value: Span,
}

/// The directives that BuildKit knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectiveKind {
    /// `# syntax=IMAGE`: the frontend that builds the file.
    Syntax,
    /// `# escape=C`: the escape and continuation character.
    Escape,
    /// `# check=…`: settings of the build checks.
    Check,
}

impl DirectiveKind {
    fn from_key(key: &[u8]) -> Option<Self> {
        match key.to_ascii_lowercase().as_slice() {
            b"syntax" => Some(Self::Syntax),
            b"escape" => Some(Self::Escape),
            b"check" => Some(Self::Check),
            _ => None,
        }
    }

    /// The key in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Escape => "escape",
            Self::Check => "check",
        }
    }
}

/// Reads one trimmed line as a directive; `None` where it is anything else, which ends the block.
///
/// `at` is where the line starts in the file.
#[must_use]
pub fn read(line: &[u8], at: usize) -> Option<Directive> {
    let rest = line.strip_prefix(b"#")?;
    let key_start = 1 + whitespace::leading_space(rest);
    let body = &line[key_start..];
    if !body.first()?.is_ascii_alphabetic() {
        return None;
    }
    let key_len = body.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let equals = key_len + regex_space(&body[key_len..]);
    if body.get(equals) != Some(&b'=') {
        return None;
    }
    let raw = &body[equals + 1..];
    if raw.is_empty() {
        return None;
    }
    // The pattern wants one character of value: of blanks alone, the last one is taken.
    let lead = regex_space(raw).min(raw.len() - 1);
    let tail = raw[lead + 1..].iter().rev().take_while(|byte| is_regex_space(**byte)).count();
    let kind = DirectiveKind::from_key(&body[..key_len])?;
    let value_start = at + key_start + equals + 1 + lead;
    Some(Directive {
        kind,
        key: Span::new(at + key_start, at + key_start + key_len),
        value: Span::new(value_start, at + line.len() - tail),
    })
}

const fn is_regex_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

fn regex_space(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| is_regex_space(**byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(line: &str) -> Option<&str> {
        let directive = read(line.as_bytes(), 0)?;
        Some(&line[directive.value.start..directive.value.end])
    }

    #[test]
    fn reads_key_and_value_with_blanks_around() {
        assert_eq!(value("# escape = `  "), Some("`"));
        assert_eq!(value("#syntax=docker/dockerfile:1"), Some("docker/dockerfile:1"));
        assert_eq!(value("# Check=skip=all;error=true"), Some("skip=all;error=true"));
    }

    #[test]
    fn other_comments_are_no_directives() {
        for line in ["# escape=", "# note=1", "# escape", "escape=`", "# 1a=b", "#"] {
            assert_eq!(value(line), None, "{line}");
        }
    }

    #[test]
    fn a_value_of_blanks_is_one_blank() {
        assert_eq!(value("# escape=   "), Some(" "));
    }
}
