//! Adjacent RUN instructions became one.

use crate::knowledge::{managers, processes};
use crate::model::Model;
use crate::shell::{Body, Script};

use super::joining::{self, Remembered};
use super::trace::{Joint, Pipeline, Token, links};
use super::{Refusal, Version};

/// Comments that speak to a tool about the instruction below them.
const TOOL_COMMENTS: &[&str] = &[
    "hadolint",
    "dockmod:",
    "check=",
    "shellcheck",
    "nosemgrep",
    "trivy:",
    "checkov:",
    "kics-scan",
    "renovate",
    "tally",
    "droast",
    "noqa",
    "nolint",
];

/// Checks the claim.
pub fn check(before: &Version<'_, '_>, after: &Version<'_, '_>) -> Result<(), Refusal> {
    let (old, new) = (&before.trace().tokens, &after.trace().tokens);
    let (mut i, mut j) = (0, 0);
    // The RUN that the next one may be joined to: its last part, its length, what its shell remembers of it.
    let mut last = None;
    let (mut length, mut remembered) = (0, Remembered::default());
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            if let Token::Open { index, .. } = &old[i] {
                last = Some(index.0);
                (length, remembered) = (0, Remembered::default());
            }
            i += 1;
            j += 1;
            continue;
        }
        if !matches!(&old[i], Token::Close { end: Joint::None, comments } if comments.is_empty()) {
            return Err(Refusal::new(format!("{} became {}", old[i], new[j])));
        }
        let first = last.ok_or_else(|| Refusal::new("commands outside of a RUN"))?;
        i += 1;
        while let (Some(Token::Comment(text)), Some(other)) = (old.get(i), new.get(j)) {
            if old[i] != *other {
                break;
            }
            is_no_tool_comment(text)?;
            i += 1;
            j += 1;
        }
        let (joined, second) = joined_here(before, old, new, (i, j), first)?;
        let (left, right) = (script(&before.model, first)?, script(&before.model, second)?);
        length += left.text.text().len() + 16;
        if length + right.text.text().len() > processes::LONGEST_ARGUMENT {
            return Err(Refusal::new("the joined command is too long for one `sh -c`"));
        }
        remembered.add(left);
        remembered.finds_the_same_commands(right)?;
        (i, j) = joined;
        last = Some(second);
    }
    if i == old.len() && j == new.len() {
        return Ok(());
    }
    Err(Refusal::new("an instruction or a command appeared or is gone"))
}

/// A comment that rules an instruction must keep ruling just that one.
pub(super) fn is_no_tool_comment(text: &str) -> Result<(), Refusal> {
    let preprocessed =
        ["#if", "#else", "#elif", "#endif", "#include", "#define"].iter().any(|word| text.starts_with(word));
    let says = text.trim_start_matches('#').trim_start().to_ascii_lowercase();
    if preprocessed || TOOL_COMMENTS.iter().any(|word| says.starts_with(word)) {
        return Err(Refusal::new(format!("`{text}` speaks of the instruction below it alone")));
    }
    Ok(())
}

/// At `old[i]` the second RUN opens; at `new[j]` its first command is joined to the first RUN.
fn joined_here(
    before: &Version<'_, '_>,
    old: &[Token],
    new: &[Token],
    (i, j): (usize, usize),
    first: usize,
) -> Result<((usize, usize), usize), Refusal> {
    let (Some(Token::Open { index, flags }), Some(Token::Link { joint: Joint::And, pipeline })) =
        (old.get(i), new.get(j))
    else {
        return Err(Refusal::new("what was joined are not two adjacent RUN instructions"));
    };
    let second = index.0;
    let model = &before.model;
    if first + 1 != second || model.stage_of(first) != model.stage_of(second) {
        return Err(Refusal::new("an instruction stands between the two RUNs"));
    }
    let first_flags: Vec<&str> = model.instructions[first].body.flags.iter().map(|flag| flag.text.as_str()).collect();
    if first_flags != flags.iter().map(String::as_str).collect::<Vec<_>>() {
        return Err(Refusal::new("the two RUNs have different flags"));
    }
    joining::mounts_are_lasting(&first_flags)?;
    let (left, right) = (script(model, first)?, script(model, second)?);
    joining::leaves_only_files(model, first, left)?;
    match old.get(i + 1) {
        Some(Token::Link { joint: Joint::None, pipeline: alone }) if alone == pipeline => {
            // What follows must be an `&&` chain too, or a failure of the first RUN would be handled.
            joining::leaves_only_files(model, second, right)
                .or_else(|refusal| ends_the_group(model, right, second, new, j).map_err(|()| refusal))?;
            Ok(((i + 2, j + 1), second))
        }
        _ => braced(right, old, (i, j), pipeline, second),
    }
}

/// The last RUN of a group may leave something behind in its shell, as nothing follows; it must still be
/// an `&&` chain.
fn ends_the_group(model: &Model<'_, '_>, right: &Script<'_>, second: usize, new: &[Token], j: usize) -> Result<(), ()> {
    let is_chain = right.single_chain().is_some_and(crate::shell::Chain::is_and_only);
    let shell = &model.states[second].shell;
    let quiet = right.comments.is_empty() && shell.is_plain() && !shell.errexit();
    let links = right.single_chain().map_or(0, |chain| chain.links.len());
    let close = new.iter().skip(j).filter(|token| !matches!(token, Token::Comment(_))).nth(links);
    let ends = matches!(close, Some(Token::Close { .. }));
    let text = right.whole();
    let simple = right.single_chain().is_some_and(|chain| {
        chain.links.iter().all(|link| {
            !link.pipeline.negated
                && link.pipeline.commands.iter().all(|command| match command {
                    crate::shell::Command::Simple(simple) => simple.redirects.iter().all(|redirect| !redirect.heredoc),
                    crate::shell::Command::Compound(_) => false,
                })
        })
    });
    let own_place = text.contains("/dev/shm") || text.contains("/etc/hosts") || text.contains("/proc/");
    let starts_process = right.simple_commands().iter().any(|simple| {
        let words = simple.literals();
        simple.name().is_none() || processes::leaves_process(&words[managers::wrapper_len(&words)..])
    });
    if is_chain && quiet && ends && simple && !own_place && !starts_process { Ok(()) } else { Err(()) }
}

/// The second RUN stands in braces: `first && { second; }`.
fn braced(
    right: &Script<'_>,
    old: &[Token],
    (i, j): (usize, usize),
    pipeline: &Pipeline,
    second: usize,
) -> Result<((usize, usize), usize), Refusal> {
    let refuse = || Refusal::new("the joined command is not the second RUN's");
    let Pipeline::Other(text) = pipeline else { return Err(refuse()) };
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).ok_or_else(refuse)?.trim();
    let inner = inner.strip_suffix(';').ok_or_else(refuse)?;
    let source = format!("RUN {inner}");
    let file = crate::syntax::parse(source.as_bytes()).map_err(|_| refuse())?;
    let instruction = file.instructions().next().ok_or_else(refuse)?;
    let shell = crate::shell::Interpreter::default_linux();
    let Some(Body::Script(inner)) = crate::shell::body_of(&file, instruction, &shell) else { return Err(refuse()) };
    if !right.comments.is_empty() || !inner.comments.is_empty() {
        return Err(Refusal::new("a shell comment runs to the end of the command"));
    }
    let (expected, end) = links(right);
    let (found, found_end) = links(&inner);
    let same = expected.iter().map(|(_, token)| token).eq(found.iter().map(|(_, token)| token));
    if !same || end != found_end || end != Joint::None {
        return Err(refuse());
    }
    let between = &old[i + 1..i + 1 + expected.len()];
    if between.iter().any(|token| matches!(token, Token::Comment(_))) {
        return Err(refuse());
    }
    // Under errexit too the braces run as before: they are the last command of their chain.
    Ok(((i + 1 + expected.len(), j + 1), second))
}

fn script<'m, 's>(model: &'m Model<'_, 's>, index: usize) -> Result<&'m Script<'s>, Refusal> {
    model.script(index).ok_or_else(|| Refusal::new("a RUN that is no readable script"))
}
