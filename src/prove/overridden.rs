//! An instruction that a later one of its stage overrides is gone.
//!
//! CMD, ENTRYPOINT and HEALTHCHECK each replace their whole key of the image's configuration. Beside that,
//! ENTRYPOINT clears a CMD of the base image unless the stage has set one before; as the last of each keyword
//! stays, it is cleared, or set by the stage, all the same.
//!
//! Source: `dispatchCmd`, `dispatchEntrypoint` and `dispatchHealthcheck` of
//! `frontend/dockerfile/dockerfile2llb/convert.go`.

use crate::model::Model;
use crate::syntax::{Item, Keyword, TriviaKind, lossy};

use super::trace::Token;
use super::{Demand, Facts, Refusal, Version, run_boundaries};

/// Checks the claim.
pub fn check(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    _demand: Demand,
    _facts: Facts<'_>,
) -> Result<(), Refusal> {
    let mut new = after.trace().tokens.iter().rev().peekable();
    let mut gone = Vec::new();
    // From the end: of two that say the same the earlier one is the one that is gone.
    for token in before.trace().tokens.iter().rev() {
        if new.peek() == Some(&token) {
            new.next();
            continue;
        }
        match token {
            Token::Step { index, keyword: Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck, .. } => {
                gone.push(index.0);
            }
            other => return Err(Refusal::new(format!("{other} changed, moved or is gone"))),
        }
    }
    if new.peek().is_some() {
        return Err(Refusal::new("an instruction, a command or a comment appeared"));
    }
    if gone.is_empty() {
        return Err(Refusal::new("nothing is gone"));
    }
    gone.into_iter().try_for_each(|index| is_overridden(&before.model, index))
}

fn is_overridden(model: &Model<'_, '_>, index: usize) -> Result<(), Refusal> {
    let keyword = model.keyword(index);
    let line = model.instructions[index].first_line;
    let Some(stage) = model.stage_of(index) else { return Err(Refusal::new("it belongs to no stage")) };
    if !(index + 1..stage.range.end).any(|later| model.keyword(later) == keyword) {
        return Err(Refusal::new(format!("no later {keyword} of the stage overrides that of line {line}")));
    }
    no_comment_speaks_of(model, index)
}

/// A comment in it, directly above or below it, or one for a tool, would come to speak of another instruction.
fn no_comment_speaks_of(model: &Model<'_, '_>, index: usize) -> Result<(), Refusal> {
    let instruction = model.instructions[index];
    let refuse = || Err(Refusal::new(format!("a comment speaks of what line {} says", instruction.first_line)));
    if instruction.inner.iter().any(|trivia| trivia.kind == TriviaKind::Comment) {
        return refuse();
    }
    let items = &model.file.items;
    let Some(at) = items.iter().position(|item| matches!(item, Item::Instruction(it) if it.span == instruction.span))
    else {
        return Err(Refusal::new("the instruction is not found"));
    };
    let mut directly = true;
    for item in items[..at].iter().rev() {
        let Item::Trivia(trivia) = item else { break };
        if trivia.kind == TriviaKind::Blank {
            directly = false;
            continue;
        }
        if directly {
            return refuse();
        }
        run_boundaries::is_no_tool_comment(lossy(trivia.span.slice(model.file.source)).trim())?;
    }
    let below = items[at + 1..]
        .iter()
        .take_while(|item| matches!(item, Item::Trivia(trivia) if trivia.kind == TriviaKind::Comment));
    let count = below.count();
    let goes_on = matches!(items.get(at + 1 + count), Some(Item::Instruction(_)));
    if count > 0 && !goes_on { refuse() } else { Ok(()) }
}
