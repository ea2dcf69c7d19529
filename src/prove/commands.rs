//! Which commands differ between two versions whose shell text is otherwise the same.
//!
//! Every instruction must have its counterpart, and say the same unless both are RUNs with a readable script.
//! Two scripts are compared with their simple commands taken out: what is left (operators, groups, branches,
//! heredoc bodies, comments) must be equal, and the commands are then compared one by one, those nested in
//! groups, loops and branches too.

use crate::model::Model;
use crate::shell::{Script, Simple};
use crate::syntax::{Item, Keyword, TriviaKind, dump, lossy};

use super::trace::{Part, parts, without_layout};
use super::{Refusal, Version};

/// A simple command that differs.
#[derive(Debug)]
pub struct Changed<'v, 's> {
    /// The number of its instruction, the same in both versions.
    pub index: usize,
    /// The script before.
    pub script: &'v Script<'s>,
    /// The command before, as a node of that script.
    pub simple: &'v Simple,
    /// Its parts before.
    pub before: Vec<Part>,
    /// Its parts after.
    pub after: Vec<Part>,
}

/// The commands that differ.
///
/// # Errors
/// Where anything else differs.
pub fn changed<'v, 's>(before: &'v Version<'_, 's>, after: &Version<'_, '_>) -> Result<Vec<Changed<'v, 's>>, Refusal> {
    let (old, new) = (&before.model, &after.model);
    if outline(old) != outline(new) {
        return Err(Refusal::new("an instruction or a comment appeared, moved or is gone"));
    }
    let mut found = Vec::new();
    for index in 0..old.instructions.len() {
        if says(old, index) != says(new, index) {
            in_run(old, new, index, &mut found)?;
        }
    }
    Ok(found)
}

/// What stands where: a keyword for each instruction, the text of each comment.
pub(super) fn outline(model: &Model<'_, '_>) -> Vec<String> {
    let text = |span: crate::syntax::Span| lossy(span.slice(model.file.source)).trim().to_owned();
    let mut lines = Vec::new();
    for item in &model.file.items {
        match item {
            Item::Directive(span) => lines.push(text(*span)),
            Item::Trivia(trivia) if trivia.kind == TriviaKind::Blank => {}
            Item::Trivia(trivia) => lines.push(text(trivia.span)),
            Item::Instruction(instruction) => {
                lines.push(instruction.body.keyword.to_string());
                let inner = instruction.inner.iter().filter(|trivia| trivia.kind == TriviaKind::Comment);
                lines.extend(inner.map(|trivia| text(trivia.span)));
            }
        }
    }
    lines
}

/// All that an instruction says, wherever it stands.
pub(super) fn says(model: &Model<'_, '_>, index: usize) -> dump::InstructionDump {
    dump::instruction(model.file, model.instructions[index]).without_lines()
}

pub(super) fn in_run<'v, 's>(
    old: &'v Model<'_, 's>,
    new: &Model<'_, '_>,
    index: usize,
    found: &mut Vec<Changed<'v, 's>>,
) -> Result<(), Refusal> {
    let line = old.instructions[index].first_line;
    if old.keyword(index) != Keyword::Run || old.flags(index) != new.flags(index) {
        return Err(Refusal::new(format!("what line {line} says changed")));
    }
    let names = |model: &Model<'_, '_>| {
        let docs = model.instructions[index].heredocs.iter();
        docs.map(|doc| (doc.name.clone(), doc.chomp)).collect::<Vec<_>>()
    };
    let (Some(script), Some(other)) = (old.script(index), new.script(index)) else {
        return Err(Refusal::new(format!("what line {line} runs changed, and can't be read")));
    };
    if names(old) != names(new) || script.bash != other.bash {
        return Err(Refusal::new(format!("how line {line} is read changed")));
    }
    let (commands, others) = (script.commands_in_order(), other.commands_in_order());
    if commands.len() != others.len() {
        return Err(Refusal::new(format!("a command appeared or is gone in line {line}")));
    }
    if skeleton(script, &commands) != skeleton(other, &others) {
        return Err(Refusal::new(format!("what joins the commands of line {line} changed")));
    }
    for (simple, changed) in commands.into_iter().zip(others) {
        let (before, after) = (parts(script, simple), parts(other, changed));
        if before != after {
            found.push(Changed { index, script, simple, before, after });
        }
    }
    Ok(())
}

/// The script's text without its simple commands and without layout; heredocs count byte by byte.
fn skeleton(script: &Script<'_>, commands: &[&Simple]) -> Vec<String> {
    let has_heredoc = commands.iter().any(|simple| simple.redirects.iter().any(|redirect| redirect.heredoc));
    let piece = |from: usize, to: usize| {
        let text = script.str((from..to).into());
        if has_heredoc { text.to_owned() } else { without_layout(text).trim_matches([' ', '\t']).to_owned() }
    };
    let mut pieces = Vec::with_capacity(commands.len() + 1);
    let mut at = 0;
    for simple in commands {
        pieces.push(piece(at, simple.range.start.max(at)));
        at = simple.range.end.max(at);
    }
    pieces.push(piece(at, script.whole().len()));
    pieces
}
