//! How a file is written: line ends, indentation, where operators stand. Fixes are written the same way.

pub mod run;

use crate::model::Model;
use crate::shell::Script;
use crate::syntax::{Instruction, Keyword};

/// Where an operator stands when a command goes on in the next line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorPlace {
    /// At the start of the next line.
    LineStart,
    /// At the end of the line.
    LineEnd,
}

/// The style of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    /// `\n` or `\r\n`.
    pub line_end: &'static str,
    /// The continuation character.
    pub escape: char,
    /// What continuation lines of RUN begin with.
    pub indent: String,
    /// Where `&&` stands.
    pub operator: OperatorPlace,
}

impl Style {
    /// The style of the whole file: what most of its RUNs do.
    #[must_use]
    pub fn of(model: &Model<'_, '_>) -> Self {
        let source = model.file.source;
        let feeds = memchr::memchr_iter(b'\n', source).count();
        let returns = memchr::memmem::find_iter(source, b"\r\n").count();
        let mut style = Self {
            line_end: if returns * 2 > feeds { "\r\n" } else { "\n" },
            escape: char::from(model.file.escape),
            indent: "    ".to_owned(),
            operator: OperatorPlace::LineStart,
        };
        let mut indents: Vec<(String, usize)> = Vec::new();
        let (mut starts, mut ends) = (0, 0);
        for (index, instruction) in model.instructions.iter().enumerate() {
            if instruction.body.keyword != Keyword::Run || instruction.first_line == instruction.last_line {
                continue;
            }
            if let Some(indent) = continuation_indent(source, instruction) {
                match indents.iter_mut().find(|(known, _)| *known == indent) {
                    Some((_, count)) => *count += 1,
                    None => indents.push((indent, 1)),
                }
            }
            if let Some(script) = model.script(index) {
                let (at_start, at_end) = operator_places(source, script);
                starts += at_start;
                ends += at_end;
            }
        }
        // The first of the commonest wins: the same file always gives the same style.
        let most = indents.iter().map(|(_, count)| *count).max();
        if let Some((indent, _)) = indents.into_iter().find(|(_, count)| Some(*count) == most) {
            style.indent = indent;
        }
        if ends > starts {
            style.operator = OperatorPlace::LineEnd;
        }
        style
    }

    /// The style of one RUN where it shows one, else the file's.
    #[must_use]
    pub fn of_run(&self, model: &Model<'_, '_>, index: usize) -> Self {
        let source = model.file.source;
        let instruction = model.instructions[index];
        let mut style = self.clone();
        if let Some(indent) = continuation_indent(source, instruction) {
            style.indent = indent;
        }
        if let Some(script) = model.script(index) {
            let (starts, ends) = operator_places(source, script);
            if starts > 0 && ends == 0 {
                style.operator = OperatorPlace::LineStart;
            } else if ends > 0 && starts == 0 {
                style.operator = OperatorPlace::LineEnd;
            }
        }
        style
    }

    /// What ends a line that goes on: a blank, the continuation character, the line end.
    #[must_use]
    pub fn continuation(&self) -> String {
        format!(" {}{}", self.escape, self.line_end)
    }
}

/// The blanks before the first continuation line that is no comment and not blank.
#[must_use]
pub fn continuation_indent(source: &[u8], instruction: &Instruction<'_>) -> Option<String> {
    let mut pieces = instruction.joined.spans().skip(1);
    let piece = pieces.find(|piece| piece.slice(source).iter().any(|byte| !matches!(byte, b' ' | b'\t')))?;
    let blanks = piece.slice(source).iter().take_while(|byte| matches!(byte, b' ' | b'\t'));
    Some(String::from_utf8_lossy(&blanks.copied().collect::<Vec<_>>()).into_owned())
}

/// How many `&&` stand at the start and at the end of a line.
fn operator_places(source: &[u8], script: &Script<'_>) -> (usize, usize) {
    let (mut starts, mut ends) = (0, 0);
    for link in script.list.items.iter().flat_map(|item| &item.chain.links) {
        let Some(joiner) = link.joiner else { continue };
        let span = script.span(joiner.range);
        let before = source[..span.start].iter().rev().find(|byte| !matches!(byte, b' ' | b'\t'));
        let after = source[span.end..].iter().find(|byte| !matches!(byte, b' ' | b'\t'));
        starts += usize::from(before == Some(&b'\n'));
        ends += usize::from(matches!(after, Some(b'\\' | b'`')));
    }
    (starts, ends)
}
