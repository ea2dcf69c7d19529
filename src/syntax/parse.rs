//! From bytes to a [`Dockerfile`], on BuildKit's line rules.
//!
//! Source: `Parse` of `frontend/dockerfile/parser/parser.go`.

use super::directive::{self, Directive, DirectiveKind};
use super::heredoc::{self, Heredoc};
use super::instruction::{self, BodyError, Instruction, Trivia, TriviaKind};
use super::{Dockerfile, Item, Joined, Span, TextRange, lossy, whitespace};

/// The longest physical line that BuildKit reads, its line end included, in bytes.
pub const MAX_LINE: usize = 64 * 1024;

/// Why BuildKit's parser rejects a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct ParseError {
    /// What is wrong.
    pub kind: ParseErrorKind,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in bytes, counted from 1.
    pub column: usize,
}

/// The kinds of parse errors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseErrorKind {
    /// No instruction in the whole file.
    #[error("file with no instructions")]
    NoInstructions,
    /// A directive given twice.
    #[error("only one {0} parser directive can be used")]
    DuplicateDirective(&'static str),
    /// An escape character other than `\` and `` ` ``.
    #[error("invalid escape token '{0}' does not match ` or \\")]
    InvalidEscape(String),
    /// A line over 64 KiB.
    #[error("dockerfile line greater than max allowed size of {}", MAX_LINE - 1)]
    LineTooLong,
    /// A heredoc without its last line.
    #[error("unterminated heredoc")]
    UnterminatedHeredoc,
    /// A heredoc whose name can't be read.
    #[error("failed to read the name of a heredoc: {0}")]
    HeredocName(super::lexer::LexError),
    /// The arguments can't be read.
    #[error(transparent)]
    Arguments(BodyError),
    /// The parser takes it, and the build refuses it.
    #[error("{0}")]
    Refused(String),
}

/// Parses a Dockerfile. The result covers every byte of `source`.
///
/// # Errors
/// Exactly where BuildKit's parser rejects the file.
pub fn parse(source: &[u8]) -> Result<Dockerfile<'_>, ParseError> {
    let mut reader = Reader { source, at: 0, line: 0, escape: b'\\', directives: Vec::new(), directives_open: true };
    let mut items = Vec::new();
    while let Some(line) = reader.next_line()? {
        items.push(reader.item(line)?);
    }
    if !items.iter().any(|item| matches!(item, Item::Instruction(_))) {
        return Err(error(ParseErrorKind::NoInstructions, reader.line.max(1)));
    }
    Ok(Dockerfile { source, escape: reader.escape, directives: reader.directives, items })
}

fn error(kind: ParseErrorKind, line: usize) -> ParseError {
    ParseError { kind, line, column: 1 }
}

/// A physical line.
#[derive(Clone, Copy)]
struct Line {
    /// With its line end.
    span: Span,
    /// Without a byte-order mark at its start and carriage returns and line feed at its end.
    content: Span,
    number: usize,
}

struct Reader<'s> {
    source: &'s [u8],
    at: usize,
    line: usize,
    escape: u8,
    directives: Vec<Directive>,
    directives_open: bool,
}

impl<'s> Reader<'s> {
    fn next_line(&mut self) -> Result<Option<Line>, ParseError> {
        let rest = &self.source[self.at..];
        if rest.is_empty() {
            return Ok(None);
        }
        let feed = memchr::memchr(b'\n', rest);
        let len = feed.map_or(rest.len(), |feed| feed + 1);
        let limit = if feed.is_some() { MAX_LINE } else { MAX_LINE - 1 };
        if len > limit {
            return Err(error(ParseErrorKind::LineTooLong, self.line + 1));
        }
        let ends = rest[..len].iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let mark = if self.at == 0 && rest[..len - ends].starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let span = Span::new(self.at, self.at + len);
        self.at += len;
        self.line += 1;
        Ok(Some(Line { span, content: Span::new(span.start + mark, span.end - ends), number: self.line }))
    }

    fn item(&mut self, line: Line) -> Result<Item<'s>, ParseError> {
        let lead = whitespace::leading_space(line.content.slice(self.source));
        let content = Span::new(line.content.start + lead, line.content.end);
        let directive = self.directive(content, line.number)?;
        if let Some(directive) = directive {
            self.directives.push(directive);
            return Ok(Item::Directive(line.span));
        }
        let bytes = content.slice(self.source);
        if bytes.is_empty() {
            return Ok(Item::Trivia(Trivia { kind: TriviaKind::Blank, span: line.span }));
        }
        if bytes[0] == b'#' {
            return Ok(Item::Trivia(Trivia { kind: TriviaKind::Comment, span: line.span }));
        }
        self.instruction(line, content)
    }

    fn directive(&mut self, content: Span, number: usize) -> Result<Option<Directive>, ParseError> {
        if !self.directives_open {
            return Ok(None);
        }
        let Some(found) = directive::read(content.slice(self.source), content.start) else {
            self.directives_open = false;
            return Ok(None);
        };
        if self.directives.iter().any(|known| known.kind == found.kind) {
            return Err(error(ParseErrorKind::DuplicateDirective(found.kind.name()), number));
        }
        if found.kind == DirectiveKind::Escape {
            self.escape = match found.value.slice(self.source) {
                b"`" => b'`',
                b"\\" => b'\\',
                other => {
                    let text = lossy(other).into_owned();
                    return Err(error(ParseErrorKind::InvalidEscape(text), number));
                }
            };
        }
        Ok(Some(found))
    }

    fn instruction(&mut self, first: Line, content: Span) -> Result<Item<'s>, ParseError> {
        let mut inner = Vec::new();
        let mut end = first.span.end;
        let mut cut = self.continuation(content);
        let mut joined = Joined::of(self.source, Span::new(content.start, cut.unwrap_or(content.end)));
        while cut.is_some() {
            let Some(line) = self.next_line()? else { break };
            end = line.span.end;
            let bytes = line.content.slice(self.source);
            let lead = whitespace::leading_space(bytes);
            let kind = match bytes.get(lead) {
                None => Some(TriviaKind::Blank),
                Some(b'#') => Some(TriviaKind::Comment),
                Some(_) => None,
            };
            if let Some(kind) = kind {
                inner.push(Trivia { kind, span: line.span });
                continue;
            }
            cut = self.continuation(line.content);
            joined.push(self.source, Span::new(line.content.start, cut.unwrap_or(line.content.end)));
        }
        let at = |kind, offset: usize| {
            let file = joined.file_offset(offset);
            let line_start = memchr::memrchr(b'\n', &self.source[..file]).map_or(0, |feed| feed + 1);
            let lines = memchr::memchr_iter(b'\n', &self.source[first.span.start..file]).count();
            ParseError { kind, line: first.number + lines, column: file - line_start + 1 }
        };
        let whole = TextRange::new(0, joined.text().len());
        let body = instruction::read(joined.text(), whole, self.escape)
            .map_err(|error| at(ParseErrorKind::Arguments(error), 0))?;
        let announced = if heredoc::can_have(&body) {
            heredoc::announced(joined.text()).map_err(|error| at(ParseErrorKind::HeredocName(error), 0))?
        } else {
            Vec::new()
        };
        let mut heredocs = Vec::with_capacity(announced.len());
        for doc in announced {
            let start = self.at;
            let terminator = loop {
                match self.next_line()? {
                    None => return Err(at(ParseErrorKind::UnterminatedHeredoc, doc.marker.start)),
                    Some(line) if doc.is_terminator(line.span.slice(self.source)) => break line.span,
                    Some(_) => {}
                }
            };
            end = terminator.end;
            heredocs.push(Heredoc {
                marker: doc.marker,
                name: doc.name,
                chomp: doc.chomp,
                expand: doc.expand,
                descriptor: doc.descriptor,
                body: Span::new(start, terminator.start),
                terminator,
            });
        }
        Ok(Item::Instruction(Box::new(Instruction {
            span: Span::new(first.span.start, end),
            first_line: first.number,
            last_line: self.line,
            joined,
            body,
            heredocs,
            inner,
        })))
    }

    /// Where the continuation character of a line stands, if it ends in one.
    ///
    /// The pattern is `[^E]E[ \t]*$` or `^E[ \t]*$`: two escape characters in a row do not continue.
    fn continuation(&self, content: Span) -> Option<usize> {
        let bytes = content.slice(self.source);
        let end = bytes.iter().rposition(|byte| !matches!(byte, b' ' | b'\t'))?;
        let continues = bytes[end] == self.escape && (end == 0 || bytes[end - 1] != self.escape);
        continues.then_some(content.start + end)
    }
}
