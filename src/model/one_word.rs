//! How many words an unquoted expansion becomes.

use crate::knowledge::one_word;
use crate::shell::lexed::{self, Expansion, ExpansionKind, Within};
use crate::shell::{Command, CompoundKind, Script, Simple};
use crate::syntax::{Keyword, TextRange, lossy};

use super::{Model, User};

/// How many words an expansion becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// Exactly one, without characters of a pattern.
    One,
    /// One, or none where a command fails.
    OneOrNone,
    /// It can't be told.
    Unknown,
}

/// Commands that may set any variable.
const SETTERS: &[&str] = &[".", "source", "eval", "getopts", "read", "mapfile", "readarray", "let", "printf"];

impl Model<'_, '_> {
    /// How many words `expansion` of the RUN at `index` becomes, where it stands outside of quotes.
    #[must_use]
    pub fn words_of(&self, index: usize, script: &Script<'_>, expansion: &Expansion) -> Words {
        let text = script.whole();
        if self.keyword(index) != Keyword::Run || text.contains("IFS") || defines_function(script) {
            return Words::Unknown;
        }
        let inner = script.str(expansion.inner);
        match expansion.kind {
            ExpansionKind::Substitution if prints_one_word(inner) => Words::OneOrNone,
            ExpansionKind::Parameter | ExpansionKind::Braced if is_name(inner) => {
                self.words_of_variable(index, script, text, inner, expansion.range)
            }
            _ => Words::Unknown,
        }
    }

    fn words_of_variable(&self, index: usize, script: &Script<'_>, text: &str, name: &str, place: TextRange) -> Words {
        let mentions = mentions(text, name);
        if mentions > 1 || self.sets_variable(index, name) {
            return Words::Unknown;
        }
        // A secret may be mounted as a variable.
        if self.flags(index).iter().any(|flag| flag.contains("env=")) {
            return Words::Unknown;
        }
        let sets_any = script.simple_commands().iter().any(|simple| {
            simple
                .name()
                .is_none_or(|command| SETTERS.contains(&command) && (command != "printf" || text.contains("-v")))
                && !simple.words.is_empty()
        });
        if sets_any {
            return Words::Unknown;
        }
        match mentions {
            0 => {
                let known = match name {
                    "HOME" => self.home_is_one_word(index),
                    _ => self.written_out_base(index).is_some_and(|image| one_word::set_by_image(image, name)),
                };
                if known { Words::One } else { Words::Unknown }
            }
            1 if assigned_before(script, name, place) => Words::OneOrNone,
            _ => Words::Unknown,
        }
    }

    /// HOME comes from `/etc/passwd`: it is known for root of an image that is known.
    fn home_is_one_word(&self, index: usize) -> bool {
        let moved = self.earlier(index).any(|at| {
            let text = lossy(self.instructions[at].span.slice(self.file.source));
            text.contains("usermod") && text.contains("root") || text.contains("/etc/passwd")
        });
        let root = match &self.states[index].user {
            User::Root => true,
            User::Inherited => self.base_image(index).is_some_and(|image| image.bare) || self.root_by_default(index),
            User::Other(_) => false,
        };
        root && !moved && self.base_image(index).is_some_and(one_word::root_home_is_one_word)
    }

    fn root_by_default(&self, index: usize) -> bool {
        self.written_out_base(index).is_some_and(one_word::runs_as_root)
    }
}

/// Whether the text is one simple command that prints one word.
fn prints_one_word(text: &str) -> bool {
    let Ok(script) = crate::shell::script_of(text.to_owned(), false) else { return false };
    let Some(chain) = script.single_chain() else { return false };
    let [link] = chain.links.as_slice() else { return false };
    let Some(simple) = link.pipeline.simple() else { return false };
    simple.assignments.is_empty() && simple.redirects.is_empty() && one_word::prints_one_word(&simple.literals())
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn defines_function(script: &Script<'_>) -> bool {
    let mut found = false;
    script.list.visit(&mut |command| {
        found |= matches!(command, Command::Compound(compound) if compound.kind == CompoundKind::Function);
    });
    found
}

/// How often the name stands in the text other than as `$NAME` or `${NAME}`: each may set it.
fn mentions(text: &str, name: &str) -> usize {
    let bytes = text.as_bytes();
    let part_of_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.match_indices(name)
        .filter(|(at, _)| {
            let before = at.checked_sub(1).map(|at| bytes[at]);
            let after = bytes.get(at + name.len()).copied();
            let whole = !before.is_some_and(part_of_name) && !after.is_some_and(part_of_name);
            let read = before == Some(b'$') || before == Some(b'{') && after == Some(b'}');
            whole && !read
        })
        .count()
}

/// Whether `NAME=$(command)` stands as a command of its own, is run in every case, and before `place`.
fn assigned_before(script: &Script<'_>, name: &str, place: TextRange) -> bool {
    script.list.items.iter().any(|item| {
        let assigns = |simple: &Simple| {
            let [assignment] = simple.assignments.as_slice() else { return false };
            simple.words.is_empty() && assignment.name == name && has_one_word(script, assignment.range)
        };
        let link = item.chain.links.iter().find(|link| link.pipeline.simple().is_some_and(assigns));
        let Some(link) = link else { return false };
        let same_chain = item.chain.is_and_only() && place.start > link.range.end && place.end <= item.range.end;
        let later_command = item.chain.links.len() == 1 && place.start > item.range.end;
        item.end != crate::shell::Terminator::Background && (same_chain || later_command)
    })
}

/// Whether the value of `NAME=value` is nothing but a substitution that prints one word.
fn has_one_word(script: &Script<'_>, assignment: TextRange) -> bool {
    let text = script.str(assignment);
    let Some((_, value)) = text.split_once('=') else { return false };
    let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    let Some(lexed) = lexed::lex(value) else { return false };
    let [found] = lexed.expansions.as_slice() else { return false };
    let whole = found.range.len() == value.len() && found.within == Within::Text;
    let inner = &value[found.inner.range()];
    match found.kind {
        ExpansionKind::Substitution => whole && prints_one_word(inner),
        ExpansionKind::Backticks => whole && !inner.contains('\\') && prints_one_word(inner),
        _ => false,
    }
}
