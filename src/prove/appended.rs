//! A command that was added at the very end of a RUN.

use crate::model::Model;
use crate::shell::{Command, CompoundKind, Interpreter, Script, Simple};

use super::trace::{Joint, Pipeline, Token};
use super::{Refusal, Version};

/// A command that only the new version has.
#[derive(Debug)]
pub struct Added<'v> {
    /// The RUN's number, the same in both versions.
    pub index: usize,
    /// What joins it to the commands before.
    pub joint: Joint,
    /// The command.
    pub pipeline: &'v Pipeline,
}

/// The commands that were added, where nothing else differs and each stands at the end of its RUN.
///
/// # Errors
/// Where anything else differs.
pub fn commands<'v>(before: &Version<'_, '_>, after: &'v Version<'_, '_>) -> Result<Vec<Added<'v>>, Refusal> {
    let (old, new) = (&before.trace().tokens, &after.trace().tokens);
    let (mut i, mut run) = (0, None);
    let mut found = Vec::new();
    for token in new {
        if old.get(i) == Some(token) {
            match &old[i] {
                Token::Open { index, .. } => run = Some(index.0),
                Token::Close { .. } => run = None,
                _ => {}
            }
            i += 1;
            continue;
        }
        let (Token::Link { joint, pipeline }, Some(index)) = (token, run) else {
            return Err(Refusal::new(format!("{token} appeared or changed")));
        };
        if !matches!(old.get(i), Some(Token::Close { end: Joint::None, comments }) if comments.is_empty()) {
            return Err(Refusal::new(format!("{token} stands before the RUN's end, or behind a comment")));
        }
        found.push(Added { index, joint: *joint, pipeline });
    }
    if i == old.len() { Ok(found) } else { Err(Refusal::new("an instruction or a command is gone")) }
}

/// The script that instruction `index` runs.
///
/// # Errors
/// Where it can't be read.
pub fn script<'m, 's>(model: &'m Model<'_, 's>, index: usize) -> Result<&'m Script<'s>, Refusal> {
    model.script(index).ok_or_else(|| Refusal::new("a RUN that is no readable script"))
}

/// Shows that a failure of what stood at the end of a RUN still fails it, where a command is added by `joint`.
///
/// # Errors
/// With what may hide a failure, or keep the command from being run.
pub fn keeps_the_result(script: &Script<'_>, shell: &Interpreter, joint: Joint) -> Result<(), Refusal> {
    if !shell.is_plain() {
        return Err(Refusal::new("the shell is given options that are not understood"));
    }
    let last = script.list.items.last().ok_or_else(|| Refusal::new("an empty RUN"))?;
    let errexit = shell.errexit() || sets_errexit(script);
    let perhaps_errexit = shell.errexit() || may_set_errexit(script);
    if defines_function(script) {
        return Err(Refusal::new("a function hides what fails in it"));
    }
    let ends_the_shell = script.simple_commands().iter().any(|simple| {
        simple.name().is_none_or(|name| matches!(name, "exit" | "exec" | "return" | "trap" | "eval" | "." | "source"))
            && !simple.words.is_empty()
    });
    if ends_the_shell {
        return Err(Refusal::new("the shell may end or be replaced before the removal"));
    }
    match joint {
        Joint::And => {
            let simple = last
                .chain
                .links
                .iter()
                .all(|link| link.pipeline.commands.iter().all(|command| matches!(command, Command::Simple(_))));
            if perhaps_errexit && !simple {
                return Err(Refusal::new("a failure inside a group would no longer count on the left of `&&`"));
            }
            let negated = last.chain.links.last().is_some_and(|link| link.pipeline.negated);
            if negated { Err(Refusal::new("the last command is negated")) } else { Ok(()) }
        }
        // With `;` only errexit keeps the failure, and it is off on the left of `&&` and `||`.
        Joint::Semicolon if errexit && last.chain.links.len() == 1 && !last.chain.links[0].pipeline.negated => Ok(()),
        _ => Err(Refusal::new("the removal would hide a failure")),
    }
}

/// Whether any `set` in the script may switch errexit on.
fn may_set_errexit(script: &Script<'_>) -> bool {
    let sets = script.simple_commands().into_iter().filter(|simple| simple.name() == Some("set"));
    sets.flat_map(|simple| simple.words.iter().skip(1)).any(|word| {
        word.literal.as_deref().is_none_or(|word| word == "errexit" || word.starts_with('-') && word.contains('e'))
    })
}

fn defines_function(script: &Script<'_>) -> bool {
    let mut found = false;
    script.list.visit(&mut |command| {
        found |= matches!(command, Command::Compound(compound) if compound.kind == CompoundKind::Function);
    });
    found
}

/// Whether the script starts with `set -e`, alone in its place, and never takes it back.
pub fn sets_errexit(script: &Script<'_>) -> bool {
    let is_set = |simple: &&Simple| simple.name() == Some("set");
    let commands = script.simple_commands();
    if commands.iter().filter(|simple| is_set(simple)).count() != 1 {
        return false;
    }
    let Some(first) = script.list.items.first() else { return false };
    let [link] = first.chain.links.as_slice() else { return false };
    let Some(simple) = link.pipeline.simple().filter(is_set) else { return false };
    let on = simple.words.iter().skip(1).filter_map(|word| word.literal.as_deref());
    on.clone().any(|word| word == "errexit" || (word.starts_with('-') && !word.starts_with("--") && word.contains('e')))
        && !on.clone().any(|word| word.starts_with('+'))
}
