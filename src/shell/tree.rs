//! The nodes of a shell script; ranges count bytes of the script's text.

use compact_str::CompactString;
use smallvec::SmallVec;

use crate::syntax::TextRange;

/// Commands in sequence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    /// The commands in order.
    pub items: Vec<ListItem>,
}

/// A chain and what ends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListItem {
    /// The chain.
    pub chain: Chain,
    /// What follows it.
    pub end: Terminator,
    /// The chain without its terminator and the blanks around.
    pub range: TextRange,
}

/// What ends a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terminator {
    /// Nothing: the end of the list.
    None,
    /// A line end.
    Newline,
    /// `;`
    Semicolon,
    /// `&`
    Background,
}

/// Pipelines joined by `&&` and `||`, which bind alike and from the left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The pipelines; the first one's joiner is `None`.
    pub links: Vec<ChainLink>,
}

/// A pipeline of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainLink {
    /// The operator before it.
    pub joiner: Option<Link>,
    /// The pipeline.
    pub pipeline: Pipeline,
    /// The pipeline without the blanks around.
    pub range: TextRange,
}

/// An operator of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Which one.
    pub kind: Joiner,
    /// Where it stands.
    pub range: TextRange,
}

/// The operators of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joiner {
    /// `&&`
    And,
    /// `||`
    Or,
}

impl Chain {
    /// Whether all operators are `&&`.
    #[must_use]
    pub fn is_and_only(&self) -> bool {
        self.links.iter().all(|link| !matches!(link.joiner, Some(Link { kind: Joiner::Or, .. })))
    }
}

/// Commands joined by `|`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// Whether `!` stands before it.
    pub negated: bool,
    /// The commands in order.
    pub commands: Vec<Command>,
}

impl Pipeline {
    /// The command where the pipeline is just one simple command without `!`.
    #[must_use]
    pub fn simple(&self) -> Option<&Simple> {
        match self.commands.as_slice() {
            [Command::Simple(simple)] if !self.negated => Some(simple),
            _ => None,
        }
    }
}

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Words, assignments and redirections.
    Simple(Simple),
    /// A group, a loop, a branch, a function …
    Compound(Compound),
}

/// The words of a command, each where it is written out. Few commands have more than these, which need no memory of their
/// own.
pub type Literals<'t> = SmallVec<[Option<&'t str>; 12]>;

/// Simple commands, of which few scripts have more than these.
pub type Commands<'t> = SmallVec<[&'t Simple; 16]>;

/// A simple command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simple {
    /// `NAME=value` before the first word.
    pub assignments: Vec<Assignment>,
    /// The command's name and its arguments.
    pub words: Vec<Word>,
    /// Redirections, wherever they stand.
    pub redirects: Vec<Redirect>,
    /// From its first to its last part.
    pub range: TextRange,
}

impl Simple {
    /// Each word, where it is written out.
    #[must_use]
    pub fn literals(&self) -> Literals<'_> {
        self.words.iter().map(|word| word.literal.as_deref()).collect()
    }

    /// The command's name, where it is written out.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.words.first()?.literal.as_deref()
    }
}

/// `NAME=value` before a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The variable.
    pub name: String,
    /// The whole assignment.
    pub range: TextRange,
    /// The value, where it is written out.
    pub literal: Option<CompactString>,
}

/// A word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The word as written.
    pub range: TextRange,
    /// What the command gets, where nothing in the word expands.
    pub literal: Option<CompactString>,
}

/// A redirection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The whole redirection.
    pub range: TextRange,
    /// The file or descriptor, where it is written out; none for heredocs.
    pub target: Option<CompactString>,
    /// Whether it writes to a file.
    pub writes: bool,
    /// Whether it is a heredoc.
    pub heredoc: bool,
}

/// A command made of other commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compound {
    /// Which kind.
    pub kind: CompoundKind,
    /// The lists within, in order.
    pub lists: Vec<List>,
    /// Whether redirections are attached to it.
    pub redirected: bool,
}

/// The kinds of compound commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompoundKind {
    /// `( … )`
    Subshell,
    /// `{ …; }`
    Braces,
    /// `if`
    If,
    /// `for`, `while`, `until`, `select`
    Loop,
    /// `case`
    Case,
    /// A function definition.
    Function,
    /// `[[ … ]]`, `(( … ))`, `time`, `coproc` and what only some shells know.
    Other,
}

impl List {
    /// Calls `visit` for every command, outer ones first.
    pub fn visit<'t>(&'t self, visit: &mut impl FnMut(&'t Command)) {
        self.visit_dyn(visit);
    }

    fn visit_dyn<'t>(&'t self, visit: &mut dyn FnMut(&'t Command)) {
        let pipelines = self.items.iter().flat_map(|item| &item.chain.links).map(|link| &link.pipeline);
        for command in pipelines.flat_map(|pipeline| &pipeline.commands) {
            visit(command);
            if let Command::Compound(compound) = command {
                for list in &compound.lists {
                    list.visit_dyn(visit);
                }
            }
        }
    }
}
