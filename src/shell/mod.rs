//! The shell commands of RUN, CMD, ENTRYPOINT and HEALTHCHECK, with every node's place in the file.
//!
//! `shuck-parser` reads the text; what it says is turned into the small tree below, and checked once more
//! against the text. Where anything is unclear the body is [`Body::Opaque`], which nothing may edit.

mod convert;
mod dialect;
mod failure;
mod interpreter;
pub mod lexed;
mod literal;
mod memo;
mod output;
mod place;
mod plain;
mod source;
mod tree;

pub use interpreter::Interpreter;
pub use literal::{Quoting, literal, quoting};
pub use place::Place;
pub use source::{ScriptSource, body_of, script_in_json};
pub use tree::{
    Assignment, Chain, ChainLink, Command, Commands, Compound, CompoundKind, Joiner, Link, List, ListItem, Literals,
    Pipeline, Redirect, Simple, Terminator, Word,
};

use std::sync::Arc;

use crate::syntax::{Joined, Span, TextRange};

/// Reads a text that stands by itself, such as what a substitution runs.
///
/// # Errors
/// Where it can't be read with certainty.
pub fn script_of(text: String, bash: bool) -> Result<Script<'static>, Opaque> {
    convert::parse(Joined::owned(text), false, bash)
}

/// What a script says to the reader of plain commands, where it is one for that, and what it says to the parser. The two
/// agree: this is for tests.
pub fn read_both_ways(text: &str, bash: bool) -> (Option<List>, Result<List, Opaque>) {
    (plain::read(text), convert::read_by_parser(text, bash).map(|(list, _)| list))
}

/// What an instruction runs.
#[derive(Debug, Clone)]
pub enum Body<'s> {
    /// The exec form: no shell reads it.
    Exec(Vec<String>),
    /// A script for a Bourne shell.
    Script(Box<Script<'s>>),
    /// Something that must be left alone.
    Opaque(Opaque),
}

/// Why a body can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Opaque {
    /// Another program than a Bourne shell reads it.
    #[error("it is not written for sh or bash but for {0}")]
    Interpreter(String),
    /// The shell in force is not known.
    #[error("the shell that runs it is not known")]
    UnknownShell,
    /// The text is no clean shell.
    #[error("the shell syntax can't be read with certainty: {0}")]
    Syntax(String),
    /// Only some shells read it this way.
    #[error("it uses {0}, which sh and bash read differently")]
    Bashism(&'static str),
    /// The text is not UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// Several heredocs and no command: BuildKit runs nothing.
    #[error("heredocs without a command run nothing")]
    NothingRuns,
    /// There is no command at all.
    #[error("it holds no command")]
    Empty,
}

/// A shell script and where each byte of it stands in the file.
#[derive(Debug, Clone)]
pub struct Script<'s> {
    /// The text that the shell gets.
    pub text: Joined<'s>,
    /// The same text as a string.
    written: Arc<str>,
    /// The commands.
    pub list: Arc<List>,
    /// Shell comments, `#` to the end of the line.
    pub comments: Arc<[TextRange]>,
    /// Whether the text comes from a heredoc body.
    pub in_heredoc: bool,
    /// Whether the shell is bash for sure.
    pub bash: bool,
}

impl Script<'_> {
    /// The text of a range.
    #[must_use]
    pub fn str(&self, range: TextRange) -> &str {
        // The ranges of a script end between characters.
        self.written.get(range.range()).unwrap_or_default()
    }

    /// The whole text.
    #[must_use]
    pub fn whole(&self) -> &str {
        &self.written
    }

    /// Where a range stands in the file.
    #[must_use]
    pub fn span(&self, range: TextRange) -> Span {
        self.text.span(range)
    }

    /// The top-level chain where the script is just one: `a && b || c`, not `a; b`.
    #[must_use]
    pub fn single_chain(&self) -> Option<&Chain> {
        match self.list.items.as_slice() {
            [item] if item.end == Terminator::None => Some(&item.chain),
            _ => None,
        }
    }

    /// Each word of a command, where it is written out, or is a pattern of names with nothing else in it that
    /// stands for something.
    #[must_use]
    pub fn words_and_patterns<'w>(&'w self, simple: &'w Simple) -> Vec<Option<&'w str>> {
        let pattern = |raw: &str| !raw.contains(['$', '`', '"', '\'', '\\', '~', '(', '{', '<', '>']);
        let words = simple.words.iter().map(|word| (word.literal.as_deref(), self.str(word.range)));
        words.map(|(literal, raw)| literal.or_else(|| pattern(raw).then_some(raw))).collect()
    }

    /// Every simple command in the order of the text.
    #[must_use]
    pub fn commands_in_order(&self) -> Commands<'_> {
        let mut commands = self.simple_commands();
        commands.sort_by_key(|simple| simple.range);
        commands
    }

    /// Every simple command, those within groups, loops and branches included.
    #[must_use]
    pub fn simple_commands(&self) -> Commands<'_> {
        let mut found = Commands::new();
        self.list.visit(&mut |command| {
            if let Command::Simple(simple) = command {
                found.push(simple);
            }
        });
        found
    }
}
