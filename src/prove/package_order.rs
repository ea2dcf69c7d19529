//! The packages of an install command stand in another order.

use std::collections::BTreeSet;

use crate::knowledge::{self, Verb, managers};
use crate::shell::Script;
use crate::syntax::{TriviaKind, lossy};

use super::trace::{Part, Pipeline, Token};
use super::{Demand, Refusal, Version};

/// Checks the claim.
pub fn check(before: &Version<'_, '_>, after: &Version<'_, '_>, demand: Demand) -> Result<(), Refusal> {
    let links = |token: &&Token| !matches!(token, Token::Comment(_));
    let old: Vec<&Token> = before.trace().tokens.iter().filter(links).collect();
    let new: Vec<&Token> = after.trace().tokens.iter().filter(links).collect();
    if old.len() != new.len() {
        return Err(Refusal::new("an instruction or a command appeared or is gone"));
    }
    for (old, new) in old.iter().zip(&new) {
        if old == new {
            continue;
        }
        let (Token::Link { joint, pipeline: old }, Token::Link { joint: new_joint, pipeline: new }) = (old, new) else {
            return Err(Refusal::new(format!("{old} became {new}")));
        };
        if joint != new_joint {
            return Err(Refusal::new("an operator between commands changed"));
        }
        same_packages(old, new, demand)?;
    }
    comments_keep_their_packages(before, after)
}

fn same_packages(old: &Pipeline, new: &Pipeline, demand: Demand) -> Result<(), Refusal> {
    let (Pipeline::Simple { negated, commands: old }, Pipeline::Simple { negated: new_negated, commands: new }) =
        (old, new)
    else {
        return Err(Refusal::new("a command that is no simple one changed"));
    };
    if negated != new_negated || old.len() != new.len() {
        return Err(Refusal::new("a pipeline changed"));
    }
    for (old, new) in old.iter().zip(new) {
        if old == new {
            continue;
        }
        let (old, new) = (Split::of(old, demand)?, Split::of(new, demand)?);
        if old.rest != new.rest {
            return Err(Refusal::new("a word that is no package changed or moved"));
        }
        if old.packages != new.packages {
            return Err(Refusal::new("the packages are not the same"));
        }
    }
    Ok(())
}

struct Split<'p> {
    rest: Vec<&'p Part>,
    packages: BTreeSet<&'p str>,
}

impl<'p> Split<'p> {
    fn of(parts: &'p [Part], demand: Demand) -> Result<Self, Refusal> {
        let words: Vec<(usize, Option<&str>)> = parts
            .iter()
            .enumerate()
            .filter_map(|(at, part)| match part {
                Part::Word { literal, raw } => Some((at, literal.as_deref().or_else(|| quoted_version(raw)))),
                _ => None,
            })
            .collect();
        let literals: Vec<Option<&str>> = words.iter().map(|(_, literal)| *literal).collect();
        let Some(invocation) = knowledge::invocation(&literals) else {
            return Err(Refusal::new("a command that is no known package manager changed"));
        };
        if invocation.verb != Verb::Install {
            return Err(Refusal::new("a command that installs nothing changed"));
        }
        if invocation.unclear.is_some() {
            return Err(Refusal::new("an option or a variable that is not understood stands in the list"));
        }
        if invocation.manager.order_matters && demand == Demand::SameImage {
            return Err(Refusal::new("the order of packages may matter to this manager"));
        }
        let packages: BTreeSet<usize> = invocation.operands.iter().map(|word| words[*word].0).collect();
        for at in &packages {
            let Part::Word { raw, literal } = &parts[*at] else { continue };
            let value = literal.as_deref().unwrap_or_else(|| raw.trim_matches('"'));
            if !managers::is_plain_package(value) {
                return Err(Refusal::new(format!("`{raw}` is no plain package name")));
            }
        }
        one_constraint_each(&packages, parts)?;
        no_redirection_within(&packages, parts)?;
        Ok(Self {
            rest: parts.iter().enumerate().filter(|(at, _)| !packages.contains(at)).map(|(_, part)| part).collect(),
            packages: packages.iter().map(|at| parts[*at].raw()).collect(),
        })
    }
}

/// Of two words for one package the last one counts.
fn one_constraint_each(packages: &BTreeSet<usize>, parts: &[Part]) -> Result<(), Refusal> {
    let words: BTreeSet<&str> = packages.iter().map(|at| parts[*at].raw()).collect();
    let names: BTreeSet<&str> =
        words.iter().map(|word| managers::package_name(word.trim_matches(['"', '\'']))).collect();
    if names.len() < words.len() {
        return Err(Refusal::new("one package is asked for in two ways, of which the last one counts"));
    }
    Ok(())
}

/// `zlib>1.2` is a redirection that reads like a constraint of the word before it.
fn no_redirection_within(packages: &BTreeSet<usize>, parts: &[Part]) -> Result<(), Refusal> {
    let last = packages.last().copied().unwrap_or(0);
    let first = packages.first().copied().unwrap_or(0);
    let within =
        parts.iter().enumerate().any(|(at, part)| at > first && at < last && matches!(part, Part::Redirect { .. }));
    let constraint = parts.iter().any(|part| match part {
        Part::Redirect { raw, .. } => {
            raw.trim_start_matches(['<', '>']).starts_with(|c: char| c == '=' || c.is_ascii_digit())
                && !raw.contains('&')
        }
        _ => false,
    });
    if within || constraint {
        Err(Refusal::new("a redirection stands between the packages, or reads like a version"))
    } else {
        Ok(())
    }
}

/// `"pkg=${V}"` is one word whatever the variable holds, and the name comes first: no option.
fn quoted_version(raw: &str) -> Option<&str> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    let (name, version) = inner.split_once('=')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.' | '_' | ':');
    let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    (starts && name.chars().all(plain) && !version.contains(['"', '`', '(', '\\'])).then_some(raw)
}

/// A comment inside a list must go on standing above the same word, or above the same group of words.
fn comments_keep_their_packages(before: &Version<'_, '_>, after: &Version<'_, '_>) -> Result<(), Refusal> {
    let (old, new) = (anchors(before), anchors(after));
    if old.len() != new.len() {
        return Err(Refusal::new("a comment moved out of its instruction"));
    }
    for anchor in &old {
        let kept = new.iter().any(|other| {
            other.comment == anchor.comment
                && other.instruction == anchor.instruction
                && (other.next == anchor.next || other.group == anchor.group)
        });
        if !kept {
            return Err(Refusal::new(format!("the comment `{}` lost what it speaks of", anchor.comment)));
        }
    }
    Ok(())
}

struct Anchor {
    instruction: usize,
    comment: String,
    next: Option<String>,
    group: BTreeSet<String>,
}

fn anchors(version: &Version<'_, '_>) -> Vec<Anchor> {
    let model = &version.model;
    let mut anchors = Vec::new();
    for (index, instruction) in model.instructions.iter().enumerate() {
        let comments: Vec<_> = instruction.inner.iter().filter(|trivia| trivia.kind == TriviaKind::Comment).collect();
        if comments.is_empty() {
            continue;
        }
        let words = model.script(index).map(placed_words).unwrap_or_default();
        for (at, comment) in comments.iter().enumerate() {
            let from = comment.span.end;
            // Comment lines in a row are one comment: what follows the last of them counts.
            let block = comments[at..].windows(2).take_while(|pair| pair[0].span.end == pair[1].span.start).count();
            let from = comments[at + block].span.end.max(from);
            let to = comments.get(at + block + 1).map_or(usize::MAX, |next| next.span.start);
            let below = words.iter().filter(|(place, _)| *place >= from);
            anchors.push(Anchor {
                instruction: index,
                comment: lossy(comment.span.slice(model.file.source)).trim().to_owned(),
                next: below.clone().next().map(|(_, word)| word.clone()),
                group: below.filter(|(place, _)| *place < to).map(|(_, word)| word.clone()).collect(),
            });
        }
    }
    anchors
}

fn placed_words(script: &Script<'_>) -> Vec<(usize, String)> {
    let mut words = Vec::new();
    for simple in script.simple_commands() {
        for word in &simple.words {
            words.push((script.span(word.range).start, script.str(word.range).to_owned()));
        }
    }
    words.sort_unstable();
    words
}
