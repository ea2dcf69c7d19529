//! Options that commands lack.

use crate::edit::{Edit, Fix, Proposals, Safety};
use crate::knowledge::invocation;
use crate::knowledge::options::{self, Addition};
use crate::model::Model;
use crate::prove::Claim;
use crate::shell::{Place, Script, Simple};
use crate::syntax::{Keyword, Span};

use super::insert_word_after;

/// A command of a RUN that lacks an option.
#[derive(Debug, Clone, Copy)]
pub struct Lacking<'m, 's> {
    /// The number of its instruction.
    pub index: usize,
    /// The script that it stands in.
    pub script: &'m Script<'s>,
    /// The command.
    pub simple: &'m Simple,
    /// The option.
    pub addition: Addition,
    /// The word behind which the option goes.
    pub at: usize,
    /// What stands around the command.
    pub place: Place,
}

impl<'m> Lacking<'m, '_> {
    /// The command's program and verb: `apt-get install`.
    #[must_use]
    pub fn name(&self) -> String {
        let words = self.simple.literals();
        let (start, program) = options::program(&words).unwrap_or((self.at, ""));
        let verb = invocation(&words).map(|found| found.verb_word);
        let mut name = vec![program];
        name.extend(verb);
        // The second word of a verb, and the verb of what is no package manager of the tables.
        let last = words[self.at].filter(|word| self.at > start && !word.starts_with('-'));
        name.extend(last.filter(|word| verb != Some(*word)));
        name.join(" ")
    }

    /// The name of its program.
    #[must_use]
    pub fn program(&self) -> &'m str {
        options::program(&self.simple.literals()).map_or("", |(_, name)| name)
    }

    /// The edit that adds the option.
    #[must_use]
    pub fn edit(&self) -> Edit {
        insert_word_after(self.script, &self.simple.words[self.at], self.addition.text())
    }

    /// Where the command stands in the file.
    #[must_use]
    pub fn span(&self) -> Span {
        self.script.span(self.simple.range)
    }
}

/// The commands of all RUN instructions that lack an option, in file order.
#[must_use]
pub fn lacking<'m, 's>(model: &'m Model<'_, 's>, addition: Addition) -> Vec<Lacking<'m, 's>> {
    let mut found = Vec::new();
    for index in 0..model.instructions.len() {
        if model.keyword(index) != Keyword::Run {
            continue;
        }
        let Some(script) = model.script(index) else { continue };
        if !script.simple_commands().iter().any(|simple| addition.place(&simple.literals()).is_some()) {
            continue;
        }
        for (simple, place) in script.placed_commands() {
            let Some(at) = addition.place(&simple.literals()) else { continue };
            found.push(Lacking { index, script, simple, addition, at, place });
        }
    }
    found
}

impl Lacking<'_, '_> {
    /// Whether a variable of the command is set, in this lower-case text, to words of which one is like this.
    #[must_use]
    pub fn variable_holds(&self, text: &str, like: impl Fn(&str) -> bool) -> bool {
        self.simple.words.iter().filter(|word| word.literal.is_none()).any(|word| {
            let name = self.script.str(word.range).trim_matches(['"', '$', '{', '}']).to_ascii_lowercase();
            !name.is_empty()
                && text.lines().any(|line| {
                    line.contains(&name)
                        && line.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '=')).any(&like)
                        && (line.contains(&format!("{name}=")) || line.contains(&format!("{name} ")))
                })
        })
    }
}

/// What is done about a command that lacks an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The option is added, for this reason.
    Add(Safety, String),
    /// The command is left alone, for this reason.
    Leave(String),
    /// Nothing is wrong with it.
    Silent,
}

/// Proposes one fix for each instruction and safety: the option is added to all of its commands.
pub fn add_options(
    model: &Model<'_, '_>,
    proposals: &mut Proposals,
    addition: Addition,
    judge: impl Fn(&Lacking<'_, '_>) -> Verdict,
) {
    let mut fixes: Vec<(usize, Fix)> = Vec::new();
    for command in lacking(model, addition) {
        let (safety, reason) = match judge(&command) {
            Verdict::Add(safety, reason) => (safety, reason),
            Verdict::Leave(reason) => {
                proposals.leave(command.span(), reason);
                continue;
            }
            Verdict::Silent => continue,
        };
        let fix = Fix {
            title: format!("add `{}` to `{}`", addition.text(), command.name()),
            reason,
            edits: vec![command.edit()],
            safety,
            claim: Claim::CommandOptions,
            alternatives: Vec::new(),
        };
        let mut of_this_run = fixes.iter_mut().rev().take_while(|(index, _)| *index == command.index);
        match of_this_run.find(|(_, other)| other.safety == safety) {
            Some((_, other)) => join(other, fix),
            None => fixes.push((command.index, fix)),
        }
    }
    proposals.fixes.extend(fixes.into_iter().map(|(_, fix)| fix));
}

/// Takes a command more into a fix; each on its own stays as an alternative.
fn join(whole: &mut Fix, part: Fix) {
    if whole.alternatives.is_empty() {
        whole.alternatives.push(whole.clone());
    }
    if !whole.title.contains(&part.title) {
        let name = part.title.split_once(" to ").map_or(part.title.as_str(), |(_, name)| name);
        if !whole.title.contains(name) {
            whole.title = format!("{} and {name}", whole.title.replace(" and ", ", "));
        }
    }
    for clause in part.reason.split("; ") {
        let news = match clause.split_once(": ") {
            Some((head, tail)) if whole.reason.contains(head) => tail,
            _ => clause,
        };
        if !whole.reason.contains(news) {
            whole.reason = format!("{}; {news}", whole.reason);
        }
    }
    whole.edits.extend(part.edits.iter().cloned());
    whole.alternatives.push(part);
}
