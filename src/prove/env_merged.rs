//! Neighbouring ENV instructions became one.
//!
//! An ENV sets all of its keys at once: what it refers to has the value from before it. So the parts of a merged
//! one may not refer to what an earlier part sets.

use crate::model::Model;
use crate::syntax::Keyword;

use super::pairs::{self, Written};
use super::trace::Token;
use super::{Demand, Facts, Refusal, Version};

/// Checks the claim.
pub fn check(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    _demand: Demand,
    _facts: Facts<'_>,
) -> Result<(), Refusal> {
    let (old, new) = (&before.trace().tokens, &after.trace().tokens);
    let mut at = 0;
    for token in new {
        let same = old.get(at).is_some_and(|old| old == token);
        at += if same { 1 } else { merged(before, after, &old[at..], token)? };
    }
    if at == old.len() { Ok(()) } else { Err(Refusal::new(format!("{} is gone", old[at]))) }
}

/// How many ENV at the start of `old` the instruction `new` stands for.
fn merged(before: &Version<'_, '_>, after: &Version<'_, '_>, old: &[Token], new: &Token) -> Result<usize, Refusal> {
    let one = env_of(&after.model, new)
        .ok_or_else(|| Refusal::new(format!("{new} appeared, or stands for something else")))?;
    let mut parts: Vec<Vec<Written<'_>>> = Vec::new();
    while parts.iter().map(Vec::len).sum::<usize>() < one.len() {
        let next = old.get(parts.len()).and_then(|token| env_of(&before.model, token));
        parts.push(next.ok_or_else(|| Refusal::new(format!("{new} is not made of the ENV that stood there")))?);
    }
    if parts.concat() != one {
        return Err(Refusal::new(format!("{new} does not set what the ENV that stood there set")));
    }
    independent(&before.model, &parts)?;
    Ok(parts.len())
}

/// The pairs of an ENV in the form `key=value …`.
fn env_of<'m>(model: &'m Model<'_, '_>, token: &Token) -> Option<Vec<Written<'m>>> {
    let Token::Step { index, keyword: Keyword::Env, says } = token else { return None };
    if says.flags.is_empty() { pairs::new_form(model.instructions[index.0]) } else { None }
}

/// No part refers to a key of an earlier part, and no key is set twice.
fn independent(model: &Model<'_, '_>, parts: &[Vec<Written<'_>>]) -> Result<(), Refusal> {
    let mut set: Vec<String> = Vec::new();
    for part in parts {
        let mut keys = Vec::new();
        for pair in part {
            let (key, value) = (pairs::word(model, pair.key)?, pairs::word(model, pair.value)?);
            for name in key.names().into_iter().chain(value.names()) {
                // Windows does not tell upper from lower case.
                if set.iter().any(|earlier| earlier.eq_ignore_ascii_case(name)) {
                    return Err(Refusal::new(format!("`{name}` has its old value inside of one ENV")));
                }
            }
            let name = key.literal().ok_or_else(|| Refusal::new("which key it sets depends on a variable"))?;
            if set.iter().chain(&keys).any(|earlier| earlier == name) {
                return Err(Refusal::new(format!("`{name}` is set twice")));
            }
            keys.push(name.to_owned());
        }
        set.extend(keys);
    }
    Ok(())
}
