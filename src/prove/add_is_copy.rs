//! ADD of plain files or folders became COPY.
//!
//! Where no source is fetched or unpacked, ADD and COPY do the same in all that they share: flags, patterns,
//! heredocs, destination.

use crate::context::LazyContext;
use crate::model::{Added, Model, copy};
use crate::syntax::{Args, Body, Keyword};

use super::trace::Token;
use super::{Demand, Facts, Refusal, Version};

/// Flags that ADD and COPY read alike.
const SHARED_FLAGS: &[&str] = &["chown", "chmod", "link", "exclude"];

/// Checks the claim.
pub fn check(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    demand: Demand,
    facts: Facts<'_>,
) -> Result<(), Refusal> {
    let (old, new) = (&before.trace().tokens, &after.trace().tokens);
    if old.len() != new.len() {
        return Err(Refusal::new("an instruction, a command or a comment appeared or is gone"));
    }
    for (old, new) in old.iter().zip(new) {
        if old == new {
            continue;
        }
        let index = is_add_of(old, new).ok_or_else(|| Refusal::new(format!("{old} became {new}")))?;
        copies_alike(&before.model, index, demand, facts)?;
    }
    Ok(())
}

/// Which ADD it was, where nothing but its keyword changed.
fn is_add_of(old: &Token, new: &Token) -> Option<usize> {
    let (Token::Step { index, says, .. }, Token::Step { says: new, .. }) = (old, new) else { return None };
    let mut expected = says.clone();
    match (says.keyword.as_str(), says.value.first().map(String::as_str)) {
        ("ADD", _) => "COPY".clone_into(&mut expected.keyword),
        ("ONBUILD", Some("ONBUILD:ADD")) => "ONBUILD:COPY".clone_into(&mut expected.value[0]),
        _ => return None,
    }
    (expected == *new).then_some(index.0)
}

/// Nothing that this ADD brings is fetched or unpacked.
fn copies_alike(model: &Model<'_, '_>, index: usize, demand: Demand, facts: Facts<'_>) -> Result<(), Refusal> {
    let instruction = model.instructions[index];
    let (body, context): (&Body, _) = match &instruction.body.args {
        // The build context is that of an image to come.
        Args::Onbuild(inner) => (inner, LazyContext::NONE),
        _ => (&instruction.body, facts.context),
    };
    if body.keyword != Keyword::Add {
        return Err(Refusal::new("what became COPY is no ADD"));
    }
    if let Some(flag) = body.flags.iter().find(|flag| !SHARED_FLAGS.contains(&flag.name())) {
        return Err(Refusal::new(format!("COPY has no `{}`", flag.text)));
    }
    let text = instruction.joined.text();
    let paths = copy::paths(body, text).ok_or_else(|| Refusal::new("what is added can't be read"))?;
    let Some((_, sources)) = paths.split_last() else { return Err(Refusal::new("an ADD without sources")) };
    if sources.is_empty() {
        return Err(Refusal::new("an ADD without sources"));
    }
    let is_heredoc =
        |source: &String| instruction.heredocs.iter().any(|doc| doc.marker.slice(text) == source.as_bytes());
    for source in sources.iter().filter(|source| !is_heredoc(source)) {
        match Added::of(source, context) {
            Added::Copied => {}
            Added::CopiedByName if demand == Demand::OnlyTheClaim => {}
            Added::CopiedByName => {
                return Err(Refusal::new(format!("only the name of `{source}` says that it is no archive")));
            }
            Added::Unpacked => return Err(Refusal::new(format!("ADD unpacks `{source}`"))),
            Added::Fetched => return Err(Refusal::new(format!("ADD fetches `{source}`"))),
            Added::Unclear(why) => return Err(Refusal::new(format!("`{source}` {why}"))),
        }
    }
    Ok(())
}
