//! A lossless tree of a Dockerfile over bytes, read the way BuildKit reads it.
//!
//! The tree is read-only: a rewrite is a set of text edits, and the result is parsed again.

pub mod directive;
pub mod dump;
pub mod expand;
pub mod heredoc;
pub mod image;
pub mod instruction;
mod joined;
pub mod json;
mod keyword;
pub mod lexer;
mod lossy;
mod parse;
mod span;
pub mod tokens;
pub mod validate;
pub mod variables;
pub mod whitespace;
pub mod words;

pub use directive::{Directive, DirectiveKind};
pub use heredoc::Heredoc;
pub use instruction::{Args, Body, Flag, Instruction, Pair, Trivia, TriviaKind};
pub use joined::Joined;
pub use json::JsonString;
pub use keyword::Keyword;
pub use lossy::lossy;
pub use parse::{MAX_LINE, ParseError, ParseErrorKind, parse};
pub use span::{Span, TextRange};

/// A parsed Dockerfile.
#[derive(Debug, Clone)]
pub struct Dockerfile<'s> {
    /// The bytes that were parsed.
    pub source: &'s [u8],
    /// The escape character in force: `\` or `` ` ``.
    pub escape: u8,
    /// The parser directives at the top.
    pub directives: Vec<Directive>,
    /// Everything in the file, in order, without gaps.
    pub items: Vec<Item<'s>>,
}

/// A stretch of whole lines.
#[derive(Debug, Clone)]
pub enum Item<'s> {
    /// A line with a parser directive.
    Directive(Span),
    /// A blank line or a comment line outside of instructions.
    Trivia(Trivia),
    /// An instruction with all its lines.
    Instruction(Box<Instruction<'s>>),
}

impl Item<'_> {
    /// The lines that the item covers, with their line ends.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Directive(span) => *span,
            Self::Trivia(trivia) => trivia.span,
            Self::Instruction(instruction) => instruction.span,
        }
    }
}

impl<'s> Dockerfile<'s> {
    /// The items that lie wholly in a span.
    #[must_use]
    pub fn items_in(&self, span: Span) -> &[Item<'s>] {
        let from = self.items.partition_point(|item| item.span().start < span.start);
        let until = self.items.partition_point(|item| item.span().end <= span.end);
        self.items.get(from..until).unwrap_or_default()
    }

    /// The instructions in order.
    pub fn instructions(&self) -> impl Iterator<Item = &Instruction<'s>> {
        self.items.iter().filter_map(|item| match item {
            Item::Instruction(instruction) => Some(&**instruction),
            _ => None,
        })
    }

    /// Every comment line, inside and outside of instructions, in order; directives are not among them.
    pub fn comments(&self) -> impl Iterator<Item = Span> + '_ {
        self.items
            .iter()
            .flat_map(|item| match item {
                Item::Directive(_) => [].iter(),
                Item::Trivia(trivia) => std::slice::from_ref(trivia).iter(),
                Item::Instruction(instruction) => instruction.inner.iter(),
            })
            .filter(|trivia| trivia.kind == TriviaKind::Comment)
            .map(|trivia| trivia.span)
    }
}
