//! MAINTAINER became a LABEL of the same text.
//!
//! The text of MAINTAINER is data: nothing in it expands, and its quotes are part of it. One pair of quotes around
//! the whole text may go: it was meant for a reader that takes it off.

use crate::model::Model;
use crate::syntax::{Args, Keyword, lossy};

use super::trace::Token;
use super::{Demand, Facts, Refusal, Version, pairs};

/// Keys of labels that name who maintains an image.
const KEYS: &[&str] = &["maintainer", "org.opencontainers.image.authors"];

/// Checks the claim.
pub fn check(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    demand: Demand,
    _facts: Facts<'_>,
) -> Result<(), Refusal> {
    let (old, new) = (&before.trace().tokens, &after.trace().tokens);
    if old.len() != new.len() {
        return Err(Refusal::new("an instruction, a command or a comment appeared or is gone"));
    }
    for (old, new) in old.iter().zip(new) {
        if old == new {
            continue;
        }
        if demand == Demand::SameImage {
            return Err(Refusal::new("the image's author is gone, and a label appears"));
        }
        labelled(before, after, old, new)?;
    }
    Ok(())
}

fn labelled(before: &Version<'_, '_>, after: &Version<'_, '_>, old: &Token, new: &Token) -> Result<(), Refusal> {
    let differ = || Refusal::new(format!("{old} became {new}"));
    let Token::Step { index: was, keyword: Keyword::Maintainer, .. } = old else { return Err(differ()) };
    let Token::Step { index: is, keyword: Keyword::Label, says } = new else { return Err(differ()) };
    let maintainer = before.model.instructions[was.0];
    let Args::Text(range) = maintainer.body.args else { return Err(differ()) };
    let text = lossy(range.slice(maintainer.joined.text()));
    let written = pairs::new_form(after.model.instructions[is.0]).ok_or_else(differ)?;
    let [pair] = written.as_slice() else { return Err(Refusal::new("the LABEL does not set one label")) };
    if !says.flags.is_empty() {
        return Err(differ());
    }
    let key = pairs::word(&after.model, pair.key)?;
    let key = key.literal().filter(|key| KEYS.contains(key));
    let key = key.ok_or_else(|| Refusal::new("the label is none that names a maintainer"))?;
    let value = pairs::word(&after.model, pair.value)?;
    let value = value.literal().ok_or_else(|| Refusal::new("MAINTAINER expands no variable"))?;
    if value != text && Some(value) != without_enclosing_quotes(&text) {
        return Err(Refusal::new("the label's value is not the text of MAINTAINER"));
    }
    speaks_alone(&before.model, was.0, key)
}

fn without_enclosing_quotes(text: &str) -> Option<&str> {
    ['"', '\''].into_iter().find_map(|quote| {
        let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.is_empty() && !inner.contains(quote)).then_some(inner)
    })
}

/// No other MAINTAINER and no label of the key, in the stage, in those below and in those built on it: the new one would
/// replace that label or be replaced by it, and then the text is nowhere.
fn speaks_alone(model: &Model<'_, '_>, index: usize, key: &str) -> Result<(), Refusal> {
    let stage = model.stage_of(index).ok_or_else(|| Refusal::new("it stands in no stage"))?;
    let mut family = vec![stage.index];
    let mut parent = stage.base.stage();
    while let Some(below) = parent {
        family.push(below);
        parent = model.stages[below].base.stage();
    }
    let mut others: Vec<usize> = family.iter().flat_map(|stage| model.stages[*stage].range.clone()).collect();
    others.extend(model.later(index));
    others.retain(|other| *other != index);
    if others.iter().copied().any(|other| model.keyword(other) == Keyword::Maintainer) {
        return Err(Refusal::new("another MAINTAINER names another author"));
    }
    for other in others {
        let instruction = model.instructions[other];
        let label = match &instruction.body.args {
            Args::Onbuild(inner) => inner.keyword == Keyword::Label,
            _ => instruction.body.keyword == Keyword::Label,
        };
        if !label {
            continue;
        }
        for pair in pairs::of_body(instruction, &instruction.body) {
            if pairs::word(model, pair.key)?.literal().is_none_or(|other| other == key) {
                return Err(Refusal::new(format!("the label `{key}` is, or may be, set already")));
            }
        }
    }
    Ok(())
}
