//! How a file is written: line ends, indentation, where operators stand. Fixes are written the same way.

pub mod run;

use crate::model::Model;
use crate::shell::Script;
use crate::syntax::{Keyword, TextRange};

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

impl Model<'_, '_> {
    /// The style of the whole file: what most of its RUNs do.
    #[must_use]
    pub fn style(&self) -> &Style {
        self.style.get_or_init(|| Style::of(self))
    }
}

impl Style {
    fn of(model: &Model<'_, '_>) -> Self {
        let source = model.file.source;
        let feeds = memchr::memchr_iter(b'\n', source).count();
        let returns = memchr::memmem::find_iter(source, b"\r\n").count();
        let mut style = Self {
            line_end: if returns * 2 > feeds { "\r\n" } else { "\n" },
            escape: char::from(model.file.escape),
            indent: "    ".to_owned(),
            operator: OperatorPlace::LineStart,
        };
        let mut seen = Lines::default();
        for index in 0..model.instructions.len() {
            if model.keyword(index) == Keyword::Run
                && let Some(script) = model.script(index)
            {
                seen.read(source, script);
            }
        }
        if let Some(indent) = seen.indent() {
            style.indent = indent;
        }
        if seen.line_ends > seen.line_starts {
            style.operator = OperatorPlace::LineEnd;
        }
        style
    }

    /// The style of one RUN where it shows one, else the file's.
    #[must_use]
    pub fn of_run(&self, model: &Model<'_, '_>, index: usize) -> Self {
        self.shown_by(model, index).unwrap_or_else(|| self.clone())
    }

    /// The style of one RUN, where commands of it start or end lines.
    #[must_use]
    pub fn shown_by(&self, model: &Model<'_, '_>, index: usize) -> Option<Self> {
        let mut seen = Lines::default();
        seen.read(model.file.source, model.script(index)?);
        let indent = seen.indent();
        if indent.is_none() && seen.line_starts + seen.line_ends == 0 {
            return None;
        }
        let mut style = self.clone();
        style.indent = indent.unwrap_or(style.indent);
        if seen.line_starts + seen.line_ends > 0 {
            let at_end = seen.line_ends > seen.line_starts;
            style.operator = if at_end { OperatorPlace::LineEnd } else { OperatorPlace::LineStart };
        }
        Some(style)
    }

    /// What ends a line that goes on: a blank, the continuation character, the line end.
    #[must_use]
    pub fn continuation(&self) -> String {
        format!(" {}{}", self.escape, self.line_end)
    }
}

/// The widest indentation that still is one; beyond, words are aligned below others.
const WIDEST: usize = 12;

/// How the lines of RUNs begin and end.
#[derive(Debug, Default)]
struct Lines {
    /// Blanks before commands that start a line, with their operators, and how often.
    commands: Vec<(String, usize)>,
    /// Blanks before other words that start a line.
    words: Vec<(String, usize)>,
    /// How many `&&` stand at the start of a line.
    line_starts: usize,
    /// How many `&&` stand at the end of a line.
    line_ends: usize,
}

impl Lines {
    fn read(&mut self, source: &[u8], script: &Script<'_>) {
        if script.in_heredoc {
            return;
        }
        let first_line = memchr::memchr(b'\n', &source[script.span(TextRange::new(0, 1)).start..]);
        let first_line_end = first_line.map_or(source.len(), |feed| script.span(TextRange::new(0, 1)).start + feed);
        for link in script.list.items.iter().flat_map(|item| &item.chain.links) {
            let command = script.span(link.range).start;
            let Some(joiner) = link.joiner else { continue };
            let operator = script.span(joiner.range);
            let after = source[operator.end..].iter().find(|byte| !matches!(byte, b' ' | b'\t'));
            if let Some(blanks) = blanks_before(source, operator.start) {
                self.line_starts += 1;
                count(&mut self.commands, blanks);
            } else if matches!(after, Some(b'\\' | b'`')) {
                self.line_ends += 1;
                self.commands.extend(blanks_before(source, command).map(|blanks| (blanks.to_owned(), 1)));
            }
        }
        for word in script.simple_commands().iter().flat_map(|simple| &simple.words) {
            let at = script.span(word.range).start;
            if at > first_line_end
                && let Some(blanks) = blanks_before(source, at)
            {
                count(&mut self.words, blanks);
            }
        }
    }

    /// What commands are indented by, else what words are, if that is an indentation and no alignment.
    fn indent(&self) -> Option<String> {
        if let Some(indent) = commonest(&self.commands) {
            return Some(indent);
        }
        let smallest = self.words.iter().map(|(blanks, _)| blanks).min_by_key(|blanks| blanks.len())?;
        (!smallest.is_empty() && smallest.len() <= WIDEST).then(|| smallest.clone())
    }
}

fn count(list: &mut Vec<(String, usize)>, blanks: &str) {
    match list.iter_mut().find(|(known, _)| *known == blanks) {
        Some((_, count)) => *count += 1,
        None => list.push((blanks.to_owned(), 1)),
    }
}

/// The first of the commonest: the same file always gives the same style.
fn commonest(list: &[(String, usize)]) -> Option<String> {
    let mut totals: Vec<(&str, usize)> = Vec::new();
    for (blanks, number) in list {
        match totals.iter_mut().find(|(known, _)| known == blanks) {
            Some((_, total)) => *total += number,
            None => totals.push((blanks, *number)),
        }
    }
    let most = totals.iter().map(|(_, total)| *total).max()?;
    totals.into_iter().find(|(_, total)| *total == most).map(|(blanks, _)| blanks.to_owned())
}

/// The blanks before `at`, where nothing else stands before it on its line.
#[must_use]
pub fn blanks_before(source: &[u8], at: usize) -> Option<&str> {
    let start = memchr::memrchr(b'\n', &source[..at]).map_or(0, |feed| feed + 1);
    let blanks = &source[start..at];
    let only_blanks = start > 0 && blanks.iter().all(|byte| matches!(byte, b' ' | b'\t'));
    if only_blanks { std::str::from_utf8(blanks).ok() } else { None }
}
