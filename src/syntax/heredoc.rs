//! Heredocs: `<<NAME` words and the documents that follow the instruction.
//!
//! Source: `heredocsFromLine` and `heredocFromMatch` of `frontend/dockerfile/parser/parser.go`.

use super::lexer::{self, Keep, LexError};
use super::{Args, Body, Keyword, Span, TextRange};

/// A heredoc with its marker, body and terminator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heredoc {
    /// The marker word in the joined text.
    pub marker: TextRange,
    /// The name that ends the body, quotes taken off.
    pub name: String,
    /// `<<-`: leading tabs of the body and the terminator do not count.
    pub chomp: bool,
    /// Whether variables in the body are expanded: no part of the name is quoted.
    pub expand: bool,
    /// The file descriptor before `<<`; 0 where none is written.
    pub descriptor: u32,
    /// The body's lines.
    pub body: Span,
    /// The line that ends it, with its line end.
    pub terminator: Span,
}

/// A heredoc that an instruction announces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// The marker word in the joined text.
    pub marker: TextRange,
    /// The name that ends the body.
    pub name: String,
    /// `<<-`.
    pub chomp: bool,
    /// Whether the body is expanded.
    pub expand: bool,
    /// The file descriptor.
    pub descriptor: u32,
}

/// Whether BuildKit looks for heredocs in this instruction.
#[must_use]
pub fn can_have(body: &Body) -> bool {
    let body = match &body.args {
        Args::Onbuild(inner) => inner,
        _ => body,
    };
    matches!(body.keyword, Keyword::Add | Keyword::Copy | Keyword::Run) && !matches!(body.args, Args::Json(_))
}

/// The heredocs that the joined text announces, in order.
///
/// # Errors
/// Where a marker's own name can't be read. What the lexer can't read as a whole announces none.
pub fn announced(text: &[u8]) -> Result<Vec<Announced>, LexError> {
    if memchr::memmem::find(text, b"<<").is_none() {
        return Ok(Vec::new());
    }
    let Ok(words) = lexer::words(text, Keep { quotes: true, escapes: true }) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for word in words {
        found.extend(from_word(&word.text, word.range)?);
    }
    Ok(found)
}

/// Reads a word as `digits? << -? blanks? name`.
fn from_word(word: &str, marker: TextRange) -> Result<Option<Announced>, LexError> {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let Some(rest) = word[digits..].strip_prefix("<<") else { return Ok(None) };
    let (chomp, rest) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
    let name = rest.trim_start_matches(['\t', '\n', '\x0c', '\r', ' ']);
    if name.is_empty() || name.contains('<') {
        return Ok(None);
    }
    let plain = lexer::words(name.as_bytes(), Keep { quotes: false, escapes: false })?;
    let [plain] = plain.as_slice() else { return Ok(None) };
    let raw = lexer::words(name.as_bytes(), Keep { quotes: true, escapes: false })?;
    let [raw] = raw.as_slice() else { return Err(LexError) };
    let quotes = |text: &str| text.chars().filter(|c| matches!(c, '\'' | '"')).count();
    Ok(Some(Announced {
        marker,
        expand: quotes(&plain.text) == quotes(&raw.text),
        name: plain.text.clone(),
        chomp,
        descriptor: word[..digits].parse().unwrap_or(0),
    }))
}

impl Announced {
    /// Whether `line` (line end included) ends the body.
    #[must_use]
    pub fn is_terminator(&self, line: &[u8]) -> bool {
        let end = line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
        let tabs = if self.chomp { line[..end].iter().take_while(|byte| **byte == b'\t').count() } else { 0 };
        &line[tabs..end] == self.name.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        announced(text.as_bytes()).unwrap().into_iter().map(|doc| doc.name).collect()
    }

    #[test]
    fn whole_words_only() {
        assert_eq!(names("RUN <<A 3<<-'B C' cat"), ["A", "B C"]);
        assert_eq!(names("RUN (cat <<E)"), ["E)"]);
        for text in ["RUN cat<<E", "RUN X=<<E", "RUN a <<< b", "RUN \"<<E\"", "RUN it's <<E", "RUN $((1<<2))"] {
            assert!(names(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn quoted_names_are_not_expanded() {
        let docs = announced(b"COPY <<'A' <<\\B <<\"C\" <<D /x").unwrap();
        let expand: Vec<_> = docs.iter().map(|doc| doc.expand).collect();
        assert_eq!(expand, [false, true, false, true]);
    }

    #[test]
    fn terminators() {
        let doc = &announced(b"RUN <<-E").unwrap()[0];
        assert!(doc.is_terminator(b"\t\tE\r\n"));
        assert!(!doc.is_terminator(b" E\n"));
        assert!(!doc.is_terminator(b"E \n"));
    }
}
