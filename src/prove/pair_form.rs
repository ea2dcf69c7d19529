//! ENV or LABEL says its key and value as `key=value`; the values are the same.
//!
//! Source: `parseNameVal` of `frontend/dockerfile/parser/line_parsers.go`: the old form is one key and the rest of
//! the line. In both forms key and value are then expanded alike.

use crate::syntax::{Keyword, lossy};

use super::trace::Token;
use super::{Demand, Facts, Refusal, Version, pairs};

/// Checks the claim.
pub fn check(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    _demand: Demand,
    _facts: Facts<'_>,
) -> Result<(), Refusal> {
    let (old, new) = (&before.trace().tokens, &after.trace().tokens);
    if old.len() != new.len() {
        return Err(Refusal::new("an instruction, a command or a comment appeared or is gone"));
    }
    for (old, new) in old.iter().zip(new) {
        if old != new {
            same_pair(before, after, old, new)?;
        }
    }
    Ok(())
}

fn same_pair(before: &Version<'_, '_>, after: &Version<'_, '_>, old: &Token, new: &Token) -> Result<(), Refusal> {
    let differ = || Refusal::new(format!("{old} became {new}"));
    let (Token::Step { index: was, keyword, says }, Token::Step { index: is, keyword: new_keyword, says: new_says }) =
        (old, new)
    else {
        return Err(differ());
    };
    let pair_keyword = matches!(keyword, Keyword::Env | Keyword::Label);
    if !pair_keyword || keyword != new_keyword || says.flags != new_says.flags {
        return Err(differ());
    }
    let written = pairs::old_form(before.model.instructions[was.0]).ok_or_else(differ)?;
    let rewritten = pairs::new_form(after.model.instructions[is.0]).ok_or_else(differ)?;
    let [rewritten] = rewritten.as_slice() else {
        return Err(Refusal::new(format!("one pair became {}", rewritten.len())));
    };
    let (old, new) = (&before.model, &after.model);
    if pairs::word(old, written.key)? != pairs::word(new, rewritten.key)? {
        return Err(Refusal::new("the key is another one"));
    }
    if pairs::word(old, written.value)? != pairs::word(new, rewritten.value)? {
        let key = lossy(written.key);
        return Err(Refusal::new(format!("the value of `{key}` is another one")));
    }
    Ok(())
}
