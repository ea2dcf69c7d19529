//! A lone `apt-get update` moved to the front of the RUN that installs.

use crate::knowledge::{self, Family, Verb, processes};
use crate::syntax::Keyword;

use super::trace::{Joint, Part, Pipeline, Token};
use super::{Refusal, Version, joining, run_boundaries};

/// Instructions that write nothing but their own key of the image's configuration.
const METADATA: &[Keyword] =
    &[Keyword::Label, Keyword::Expose, Keyword::Cmd, Keyword::Stopsignal, Keyword::Healthcheck, Keyword::Maintainer];

/// Checks the claim.
pub fn check(before: &Version<'_, '_>, after: &Version<'_, '_>) -> Result<(), Refusal> {
    let (mut old, new) = (before.trace().tokens.clone(), &after.trace().tokens);
    let mut i = 0;
    // Take each lone update that `after` no longer has at its place to the front of the next RUN.
    while i < old.len() {
        let same = i < new.len() && old[i] == new[i] && !loses_its_own_run(&old, new, i);
        if same {
            i += 1;
            continue;
        }
        i = moved_up(before, &mut old, i)?;
    }
    super::equal(&old, new)
}

/// Whether `old` closes right after the update where `new` goes on.
fn loses_its_own_run(old: &[Token], new: &[Token], i: usize) -> bool {
    is_lone_update(old, i) && (old.get(i + 1) != new.get(i + 1) || old.get(i + 2) != new.get(i + 2))
}

fn is_lone_update(tokens: &[Token], open: usize) -> bool {
    let [
        Token::Open { .. },
        Token::Link { joint: Joint::None, pipeline },
        Token::Close { end: Joint::None, comments },
        ..,
    ] = &tokens[open..]
    else {
        return false;
    };
    comments.is_empty() && is_update(pipeline)
}

/// Whether a pipeline is just `apt-get update` with options, which leaves nothing in its shell.
pub(super) fn is_update(pipeline: &Pipeline) -> bool {
    let Pipeline::Simple { negated: false, commands } = pipeline else { return false };
    let [parts] = commands.as_slice() else { return false };
    let words: Option<Vec<Option<&str>>> = parts
        .iter()
        .map(|part| match part {
            Part::Word { literal: Some(literal), .. } => Some(Some(literal.as_str())),
            _ => None,
        })
        .collect();
    let invocation = words.as_deref().and_then(knowledge::invocation);
    invocation.is_some_and(|invocation| {
        invocation.manager.family == Family::Debian
            && invocation.verb == Verb::Update
            && invocation.unclear.is_none()
            && invocation.operands.is_empty()
    })
}

/// Turns the lone update at `open` into the first command of the next RUN; gives where to go on.
fn moved_up(before: &Version<'_, '_>, tokens: &mut Vec<Token>, open: usize) -> Result<usize, Refusal> {
    if !is_lone_update(tokens, open) {
        return Err(Refusal::new("what changed is no lone `apt-get update`"));
    }
    let Token::Open { index: update, flags } = tokens[open].clone() else {
        return Err(Refusal::new("a command outside of a RUN"));
    };
    let mut at = open + 3;
    let mut stepped_over = false;
    let target = loop {
        match tokens.get(at) {
            Some(Token::Comment(text)) => run_boundaries::is_no_tool_comment(text)?,
            Some(Token::Step { keyword, .. }) if METADATA.contains(keyword) => stepped_over = true,
            Some(Token::Open { index, .. }) => break index.0,
            _ => return Err(Refusal::new("what stands between the update and the install may matter to either")),
        }
        at += 1;
    };
    let model = &before.model;
    if model.stage_of(update.0) != model.stage_of(target) || model.states[update.0] != model.states[target] {
        return Err(Refusal::new("the update and the install do not run in the same state"));
    }
    joining::mounts_are_lasting(&flags.iter().map(String::as_str).collect::<Vec<_>>())?;
    if !matches!(&tokens[at], Token::Open { flags: other, .. } if *other == flags) {
        return Err(Refusal::new("the two RUNs have different flags"));
    }
    install_is_one_chain(before, target)?;
    let Token::Link { pipeline: update, .. } = tokens[open + 1].clone() else {
        return Err(Refusal::new("a command outside of a RUN"));
    };
    match tokens.get_mut(at + 1) {
        Some(Token::Link { joint, .. }) => *joint = Joint::And,
        _ => return Err(Refusal::new("a comment stands before the install's first command")),
    }
    let link = Token::Link { joint: Joint::None, pipeline: update };
    if stepped_over {
        if open > 0 && matches!(tokens[open - 1], Token::Comment(_)) {
            return Err(Refusal::new("a comment above the update would lose what it speaks of"));
        }
        // Comments stay where they are; the update goes down to the install.
        tokens.insert(at + 1, link);
        tokens.drain(open..open + 3);
        return Ok(open);
    }
    // The install comes up: the comments between the two come to stand inside the RUN.
    let comments: Vec<Token> = tokens[open + 3..at].to_vec();
    let replacement = [tokens[open].clone(), link].into_iter().chain(comments);
    tokens.splice(open..=at, replacement);
    Ok(open + 2)
}

fn install_is_one_chain(before: &Version<'_, '_>, target: usize) -> Result<(), Refusal> {
    let Some(script) = before.model.script(target) else {
        return Err(Refusal::new("the RUN that installs is no readable script"));
    };
    if script.whole().len() + 64 > processes::LONGEST_ARGUMENT {
        return Err(Refusal::new("the joined command is too long for one `sh -c`"));
    }
    if !before.model.states[target].shell.is_plain() {
        return Err(Refusal::new("the shell is given options that are not understood"));
    }
    let chain = script.single_chain().filter(|chain| chain.is_and_only());
    let Some(chain) = chain else {
        return Err(Refusal::new("the RUN that installs handles a failure, and would handle the update's too"));
    };
    let first = chain.links.first().and_then(|link| link.pipeline.simple());
    let installs = first.is_some_and(|simple| {
        let words = simple.literals();
        knowledge::invocation(&words)
            .is_some_and(|found| found.manager.family == Family::Debian && found.verb == Verb::Install)
    });
    if installs { Ok(()) } else { Err(Refusal::new("the RUN does not start with the install")) }
}
