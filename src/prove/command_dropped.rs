//! A command was taken out of a RUN: an upgrade of all that is installed.
//!
//! What is left must be joined as before, must handle failures as before, and must still have a purpose.

use crate::knowledge::apt;
use crate::knowledge::bases::{self, Distribution};
use crate::model::{Copy, Model};
use crate::shell::{Command, Script, Simple, Terminator};
use crate::syntax::{Keyword, TriviaKind, lossy};

use super::trace::{Joint, Token};
use super::{Demand, Facts, Refusal, Version};

/// Checks the claim.
pub fn check(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    demand: Demand,
    facts: Facts<'_>,
) -> Result<(), Refusal> {
    if demand == Demand::SameImage {
        return Err(Refusal::new("without the command the image holds other versions"));
    }
    let dropped = dropped(&before.trace().tokens, &after.trace().tokens)?;
    if dropped.is_empty() {
        return Err(Refusal::new("no command is gone"));
    }
    for (at, (index, link)) in dropped.iter().enumerate() {
        let others = dropped.iter().enumerate().filter(|(other, _)| *other != at);
        if others.into_iter().any(|(_, (other, _))| other == index) {
            return Err(Refusal::new("two commands of one RUN are gone at once"));
        }
        may_go(&before.model, *index, *link, facts)?;
    }
    Ok(())
}

/// The commands that are gone, each as its instruction and its number among the RUN's top-level pipelines.
fn dropped(old: &[Token], new: &[Token]) -> Result<Vec<(usize, usize)>, Refusal> {
    let mut gone = Vec::new();
    let mut new = new.iter().peekable();
    let (mut run, mut link) = (0, 0);
    let mut left_by: Option<Joint> = None;
    let mut below_comment = false;
    for token in old {
        let expected = match (token, left_by) {
            (Token::Link { joint, pipeline }, Some(before)) => {
                Token::Link { joint: takes_over(before, *joint)?, pipeline: pipeline.clone() }
            }
            _ => token.clone(),
        };
        if new.peek() == Some(&&expected) {
            new.next();
            left_by = None;
            below_comment = is_inside(old, token);
            match token {
                Token::Open { index, .. } => (run, link) = (index.0, 0),
                Token::Link { .. } => link += 1,
                _ => {}
            }
            continue;
        }
        let Token::Link { joint, .. } = &expected else {
            return Err(Refusal::new(format!("{token} changed, moved or is gone")));
        };
        if below_comment {
            return Err(Refusal::new("a comment would come to speak of another command"));
        }
        gone.push((run, link));
        left_by = Some(*joint);
        link += 1;
    }
    if new.peek().is_some() {
        return Err(Refusal::new("an instruction, a command or a comment appeared"));
    }
    Ok(gone)
}

/// Whether a token is a comment inside of a RUN.
fn is_inside(tokens: &[Token], comment: &Token) -> bool {
    if !matches!(comment, Token::Comment(_)) {
        return false;
    }
    let at = tokens.iter().position(|token| std::ptr::eq(token, comment)).unwrap_or(0);
    let last = tokens[..at].iter().rev().find(|token| !matches!(token, Token::Comment(_)));
    matches!(last, Some(Token::Open { .. } | Token::Link { .. }))
}

/// The joint of what follows a command that is gone.
fn takes_over(gone: Joint, next: Joint) -> Result<Joint, Refusal> {
    match (gone, next) {
        (_, Joint::And) | (Joint::None | Joint::Semicolon, Joint::Semicolon) => Ok(gone),
        (Joint::And, Joint::Semicolon) => Ok(Joint::Semicolon),
        _ => Err(Refusal::new("what joins the command to the next one can't go with it")),
    }
}

/// Whether the pipeline of this number is an upgrade that may go.
fn may_go(model: &Model<'_, '_>, index: usize, link: usize, facts: Facts<'_>) -> Result<(), Refusal> {
    let script = model.run_script(index).ok_or_else(|| Refusal::new("a RUN that is no readable script"))?;
    let mut numbers = script
        .list
        .items
        .iter()
        .enumerate()
        .flat_map(|(item_at, item)| (0..item.chain.links.len()).map(move |link_at| (item_at, link_at)));
    let Some((item_at, link_at)) = numbers.nth(link) else { return Err(Refusal::new("the command is not found")) };
    let item = &script.list.items[item_at];
    let Some(simple) = item.chain.links[link_at].pipeline.simple() else {
        return Err(Refusal::new("what is gone is no simple command"));
    };
    is_plain_upgrade(script, simple)?;
    if model.base_image(index).is_some_and(|image| image.distribution != Distribution::Debian) {
        return Err(Refusal::new("apt is not Debian's on this image"));
    }
    if !item.chain.is_and_only() || item.end == Terminator::Background {
        return Err(Refusal::new("a failure of the command is handled, or it runs in the background"));
    }
    failures_count_as_before(model, index, script, (item_at, link_at))?;
    something_is_left(script, simple)?;
    if model.image_below(index).is_some_and(bases::is_rolling) {
        return Err(Refusal::new("the image is of a rolling release, where installs count on the upgrade"));
    }
    sources_are_the_bases(model, index, (script, simple), facts)?;
    no_comment_names_it(model, index)
}

fn is_plain_upgrade(script: &Script<'_>, simple: &Simple) -> Result<(), Refusal> {
    let words = simple.literals();
    let Some(found) = apt::call(&words).filter(|found| apt::is_upgrade(found.verb_word)) else {
        return Err(Refusal::new("a command is gone that is no upgrade"));
    };
    if let Some(reason) = apt::upgrade_does_more(&words, &found) {
        return Err(Refusal::new(reason));
    }
    if !script.prints_to_the_log(simple) {
        return Err(Refusal::new("what the upgrade prints is kept"));
    }
    Ok(())
}

/// Each other command must count, where it fails, if and only if it did before.
fn failures_count_as_before(
    model: &Model<'_, '_>,
    index: usize,
    script: &Script<'_>,
    (item_at, link_at): (usize, usize),
) -> Result<(), Refusal> {
    let items = &script.list.items;
    let links = items[item_at].chain.links.len();
    let shell = &model.states[index].shell;
    if !shell.is_plain() {
        return Err(Refusal::new("the shell is given options that are not understood"));
    }
    let errexit = shell.errexit() || script.starts_with_errexit();
    let perhaps = shell.errexit() || script.simple_commands().iter().any(|simple| simple.name() == Some("set"));
    let last_item = item_at + 1 == items.len();
    if links == 1 && last_item {
        // What stands before becomes the end of the RUN.
        let Some(before) = item_at.checked_sub(1).map(|before| &items[before]) else {
            return Err(Refusal::new("the RUN would be empty"));
        };
        let counted = errexit && before.chain.links.len() == 1 && before.end == Terminator::Semicolon;
        if !counted {
            return Err(Refusal::new("a failure of the command before would count, which it did not"));
        }
    }
    if links > 1 && link_at + 1 == links && !last_item && perhaps {
        return Err(Refusal::new("a failure of the command before would end the RUN, which it did not"));
    }
    Ok(())
}

/// A RUN that is left with fetching lists and cleaning up has no purpose.
fn something_is_left(script: &Script<'_>, gone: &Simple) -> Result<(), Refusal> {
    let mut left = false;
    script.list.visit(&mut |command| {
        left |= match command {
            Command::Simple(simple) => simple != gone && !apt::serves_others(&simple.literals()),
            Command::Compound(_) => false,
        };
    });
    if left { Ok(()) } else { Err(Refusal::new("nothing but fetching lists and cleaning up would be left")) }
}

/// Where the file changes apt's sources, or may, the upgrade is how packages of these come in.
fn sources_are_the_bases(
    model: &Model<'_, '_>,
    index: usize,
    (script, upgrade): (&Script<'_>, &Simple),
    facts: Facts<'_>,
) -> Result<(), Refusal> {
    for at in model.earlier(index) {
        let instruction = model.instructions[at];
        let text = lossy(instruction.joined.text());
        let changes = match model.keyword(at) {
            Keyword::Run => apt::names_sources(&text) || apt::may_add_sources(&text),
            Keyword::Copy | Keyword::Add => apt::names_sources(&text) || reaches_sources(model, at, facts),
            _ => false,
        };
        if changes {
            return Err(Refusal::new(format!("line {} may change apt's sources", instruction.first_line)));
        }
    }
    let own = script.whole();
    let before = lossy(&script.text.text()[..upgrade.range.start]);
    if apt::names_sources(own) || apt::may_add_sources(&before) {
        return Err(Refusal::new("the RUN may change apt's sources"));
    }
    Ok(())
}

/// Whether a COPY or ADD may write below `/etc/apt`; its destination is `/` or `/etc` then.
fn reaches_sources(model: &Model<'_, '_>, index: usize, facts: Facts<'_>) -> bool {
    let Some(place) = model.destination(index) else { return false };
    if !matches!(place.as_str(), "/" | "/etc") {
        return false;
    }
    Copy::bringing(model, index).is_none_or(|copy| copy.may_bring("/etc/apt", facts.context))
}

fn no_comment_names_it(model: &Model<'_, '_>, index: usize) -> Result<(), Refusal> {
    let instruction = model.instructions[index];
    let speaks =
        |span: crate::syntax::Span| apt::speaks_of_upgrade(&lossy(span.slice(model.file.source)).to_ascii_lowercase());
    let inside = instruction.inner.iter().filter(|trivia| trivia.kind == TriviaKind::Comment).any(|it| speaks(it.span));
    let mut start = instruction.span.start;
    let mut above = false;
    for item in model.file.items.iter().rev() {
        if let crate::syntax::Item::Trivia(trivia) = item
            && trivia.span.end == start
            && trivia.kind == TriviaKind::Comment
        {
            start = trivia.span.start;
            above |= speaks(trivia.span);
        }
    }
    if inside || above { Err(Refusal::new("a comment speaks of the upgrade")) } else { Ok(()) }
}
