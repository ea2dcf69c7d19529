//! A Dockerfile as the sequence of all that it does and says.

use std::fmt;

use compact_str::CompactString;

use crate::model::Model;
use crate::shell::{Command, Joiner, Script, Simple, Terminator};
use crate::syntax::{Dockerfile, Item, Keyword, Span, TextRange, TriviaKind, dump, lossy};

/// Directives, then tokens in file order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The lines before the first instruction's own block: byte-order mark and directives.
    pub head: Vec<Vec<u8>>,
    /// What follows.
    pub tokens: Vec<Token>,
}

/// An element of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A comment line without the blanks around.
    Comment(String),
    /// An instruction that runs no readable script, with all that it says.
    Step {
        /// Which one, counted over the file; not compared.
        index: Index,
        /// Its keyword.
        keyword: Keyword,
        /// Its flags, arguments and heredocs.
        says: Box<dump::InstructionDump>,
    },
    /// A RUN in shell form begins.
    Open {
        /// Which instruction; not compared.
        index: Index,
        /// Its flags in order.
        flags: Vec<String>,
    },
    /// A pipeline of it.
    Link {
        /// What joins it to the one before.
        joint: Joint,
        /// The pipeline.
        pipeline: Pipeline,
    },
    /// The RUN ends.
    Close {
        /// What stands at its end, such as a `;`.
        end: Joint,
        /// Shell comments in it.
        comments: Vec<String>,
    },
}

/// An instruction's number, which two traces need not share.
#[derive(Debug, Clone, Copy)]
pub struct Index(pub usize);

impl PartialEq for Index {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Index {}

/// What stands between two pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joint {
    /// Nothing: the first one, or the end.
    None,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `;`
    Semicolon,
    /// `&`
    Background,
    /// A line end, in heredocs.
    Newline,
}

/// A pipeline, white space between words left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pipeline {
    /// Simple commands only.
    Simple {
        /// Whether `!` stands before it.
        negated: bool,
        /// Each command's parts in order.
        commands: Vec<Vec<Part>>,
    },
    /// Anything else, as written.
    Other(String),
}

/// A part of a simple command, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// `NAME=value` before the name.
    Assignment(CompactString),
    /// A word.
    Word {
        /// As written.
        raw: CompactString,
        /// What it stands for, where nothing in it expands.
        literal: Option<CompactString>,
    },
    /// A redirection.
    Redirect {
        /// As written.
        raw: CompactString,
        /// Whether it is a heredoc.
        heredoc: bool,
    },
}

impl Part {
    /// The part as written.
    #[must_use]
    pub fn raw(&self) -> &str {
        match self {
            Self::Assignment(raw) | Self::Word { raw, .. } | Self::Redirect { raw, .. } => raw,
        }
    }
}

impl Trace {
    /// The trace of a file.
    #[must_use]
    pub fn of(model: &Model<'_, '_>) -> Self {
        let file = model.file;
        let head = file.items.iter().filter_map(|item| match item {
            Item::Directive(span) => Some(span.slice(file.source).to_vec()),
            _ => None,
        });
        let mut tokens = Vec::new();
        let mut index = 0;
        for item in &file.items {
            match item {
                Item::Directive(_) => {}
                Item::Trivia(trivia) if trivia.kind == TriviaKind::Blank => {}
                Item::Trivia(trivia) => tokens.push(comment(file, trivia.span)),
                Item::Instruction(_) => {
                    instruction_tokens(model, index, &mut tokens);
                    index += 1;
                }
            }
        }
        Self { head: head.collect(), tokens }
    }

    /// Every comment, those of the shell included.
    pub fn comments(&self) -> impl Iterator<Item = &str> {
        self.tokens
            .iter()
            .flat_map(|token| match token {
                Token::Comment(text) => std::slice::from_ref(text).iter(),
                Token::Close { comments, .. } => comments.iter(),
                _ => [].iter(),
            })
            .map(String::as_str)
    }
}

fn comment(file: &Dockerfile<'_>, span: Span) -> Token {
    Token::Comment(lossy(span.slice(file.source)).trim().to_owned())
}

fn instruction_tokens(model: &Model<'_, '_>, index: usize, tokens: &mut Vec<Token>) {
    let instruction = model.instructions[index];
    let keyword = instruction.body.keyword;
    let inner = instruction.inner.iter().filter(|trivia| trivia.kind == TriviaKind::Comment);
    let Some(script) = model.run_script(index) else {
        let says = dump::instruction(model.file, instruction).without_lines();
        tokens.push(Token::Step { index: Index(index), keyword, says: Box::new(says) });
        tokens.extend(inner.map(|trivia| comment(model.file, trivia.span)));
        return;
    };
    let flags = instruction.body.flags.iter().map(|flag| flag.text.clone()).collect();
    tokens.push(Token::Open { index: Index(index), flags });
    let mut inner = inner.peekable();
    let (links, end) = links(script);
    for (at, link) in links {
        while let Some(trivia) = inner.next_if(|trivia| trivia.span.start < at) {
            tokens.push(comment(model.file, trivia.span));
        }
        tokens.push(link);
    }
    let last_comments: Vec<Token> = inner.map(|trivia| comment(model.file, trivia.span)).collect();
    tokens.extend(last_comments);
    let comments = script.comments.iter().map(|range| script.str(*range).trim().to_owned()).collect();
    tokens.push(Token::Close { end, comments });
}

/// The pipelines of a script, each with its place in the file, and what stands at the end.
pub(super) fn links(script: &Script<'_>) -> (Vec<(usize, Token)>, Joint) {
    let mut links = Vec::new();
    let mut before = Joint::None;
    for item in &script.list.items {
        for link in &item.chain.links {
            let joint = match link.joiner.map(|joiner| joiner.kind) {
                None => before,
                Some(Joiner::And) => Joint::And,
                Some(Joiner::Or) => Joint::Or,
            };
            let at = script.span(link.range).start;
            links.push((at, Token::Link { joint, pipeline: pipeline(script, link) }));
        }
        before = match item.end {
            Terminator::None => Joint::None,
            Terminator::Newline => Joint::Newline,
            Terminator::Semicolon => Joint::Semicolon,
            Terminator::Background => Joint::Background,
        };
    }
    (links, before)
}

fn pipeline(script: &Script<'_>, link: &crate::shell::ChainLink) -> Pipeline {
    let mut commands = Vec::with_capacity(link.pipeline.commands.len());
    for command in &link.pipeline.commands {
        match command {
            Command::Simple(simple) => commands.push(parts(script, simple)),
            Command::Compound(_) => return Pipeline::Other(without_layout(script.str(link.range))),
        }
    }
    Pipeline::Simple { negated: link.pipeline.negated, commands }
}

pub(super) fn parts(script: &Script<'_>, simple: &Simple) -> Vec<Part> {
    let written = |range: TextRange| CompactString::from(script.str(range));
    let assignments = simple.assignments.iter().map(|part| (part.range, Part::Assignment(written(part.range))));
    let words = simple.words.iter();
    let words = words.map(|word| (word.range, Part::Word { raw: written(word.range), literal: word.literal.clone() }));
    let redirects = simple.redirects.iter();
    let redirects = redirects
        .map(|redirect| (redirect.range, Part::Redirect { raw: written(redirect.range), heredoc: redirect.heredoc }));
    let parts = assignments.chain(words);
    if simple.redirects.is_empty() && simple.assignments.is_empty() {
        return parts.map(|(_, part)| part).collect();
    }
    let mut parts: Vec<(TextRange, Part)> = parts.chain(redirects).collect();
    parts.sort_by_key(|(range, _)| range.start);
    parts.into_iter().map(|(_, part)| part).collect()
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Comment(text) => write!(f, "the comment `{text}`"),
            Self::Step { keyword: Keyword::Unknown, .. } => write!(f, "an unknown instruction"),
            Self::Step { keyword, says, .. } => write!(f, "`{keyword} {}`", says.value.join(" ")),
            Self::Open { .. } => write!(f, "the start of a RUN"),
            Self::Link { pipeline, .. } => write!(f, "the command `{pipeline}`"),
            Self::Close { .. } => write!(f, "the end of a RUN"),
        }
    }
}

impl fmt::Display for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(text) => f.write_str(text),
            Self::Simple { commands, .. } => {
                let commands: Vec<String> =
                    commands.iter().map(|parts| parts.iter().map(Part::raw).collect::<Vec<_>>().join(" ")).collect();
                f.write_str(&commands.join(" | "))
            }
        }
    }
}

/// Runs of blanks outside of quotes as one blank. Line ends stay: they end commands.
pub(super) fn without_layout(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut quote: Option<char> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None | Some('"'), '\\') => {
                result.push(c);
                result.extend(chars.next());
                continue;
            }
            (None, ' ' | '\t') => {
                if !result.ends_with([' ', '\t']) {
                    result.push(' ');
                }
                continue;
            }
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
        result.push(c);
    }
    result
}
