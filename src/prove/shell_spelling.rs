//! A shell word is written otherwise, and stands for the same: `` `x` `` became `$(x)`, or `$x` became `"$x"`.
//!
//! The two texts are laid side by side: they may differ in the two marks of a substitution and in pairs of quotes,
//! and every other byte must be equal. Each difference is then looked up in what the first text says there, and
//! both texts must be read as the same commands.

use crate::model::{Model, Words};
use crate::shell::lexed::{self, Expansion, ExpansionKind, Within};
use crate::shell::{Script, Simple, Word};
use crate::syntax::{Keyword, TextRange};

use super::commands::{outline, says};
use super::{Demand, Facts, Refusal, Version};

/// Checks the claim.
pub fn check(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    demand: Demand,
    _facts: Facts<'_>,
) -> Result<(), Refusal> {
    let (old, new) = (&before.model, &after.model);
    if outline(old) != outline(new) {
        return Err(Refusal::new("an instruction or a comment appeared, moved or is gone"));
    }
    for index in 0..old.instructions.len() {
        if says(old, index) != says(new, index) {
            in_instruction(old, new, index, demand)
                .map_err(|reason| Refusal::new(format!("line {}: {reason}", old.instructions[index].first_line)))?;
        }
    }
    Ok(())
}

fn in_instruction(old: &Model<'_, '_>, new: &Model<'_, '_>, index: usize, demand: Demand) -> Result<(), &'static str> {
    let (says_old, says_new) = (says(old, index), says(new, index));
    let runs = matches!(old.keyword(index), Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck);
    if !runs || says_old.flags != says_new.flags || says_old.json || says_new.json {
        return Err("an instruction that runs no script changed");
    }
    let (Some(script), Some(other)) = (old.script(index), new.script(index)) else {
        return Err("what it runs can't be read");
    };
    let (text, changed) = (whole(script), whole(other));
    // What is no script must be the same: the heredoc's line, the word behind HEALTHCHECK.
    let around = says_old.value.len() == says_new.value.len()
        && says_old.value.iter().zip(&says_new.value).rev().skip(usize::from(!script.in_heredoc)).all(|(a, b)| a == b);
    let names = |model: &Model<'_, '_>| {
        let docs = model.instructions[index].heredocs.iter();
        docs.map(|doc| (doc.name.clone(), doc.chomp, doc.expand)).collect::<Vec<_>>()
    };
    if !around || names(old) != names(new) || script.in_heredoc != other.in_heredoc || script.bash != other.bash {
        return Err("more than its script changed");
    }
    let differences = side_by_side(text, changed).ok_or("more than backticks and quotes changed")?;
    let lexed = lexed::lex(text).ok_or("its quoting can't be read with certainty")?;
    if differences.is_empty() {
        return Err("its layout changed");
    }
    for difference in &differences {
        let range = difference.range;
        let found = lexed.expansions.iter().find(|found| found.range == range);
        let found = found.ok_or("what changed is no expansion there")?;
        match difference.kind {
            Kind::Backticks => same_substitution(text, found)?,
            Kind::Quotes => same_words(old, index, script, found, demand)?,
        }
    }
    read_the_same(script, other, &differences)
}

fn whole<'t>(script: &'t Script<'_>) -> &'t str {
    script.whole()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Backticks,
    Quotes,
}

/// An expansion that is written otherwise, by its place in the text before.
#[derive(Debug, Clone, Copy)]
struct Difference {
    kind: Kind,
    range: TextRange,
}

/// Lays two texts side by side; `None` where they differ in anything else.
fn side_by_side(before: &str, after: &str) -> Option<Vec<Difference>> {
    let (old, new) = (before.as_bytes(), after.as_bytes());
    let (mut i, mut j) = (0, 0);
    let mut open: Option<(Kind, usize)> = None;
    let mut found = Vec::new();
    while i < old.len() || j < new.len() {
        match (open, old.get(i), new.get(j)) {
            (Some((Kind::Backticks, start)), Some(b'`'), Some(b')')) => {
                found.push(Difference { kind: Kind::Backticks, range: TextRange::new(start, i + 1) });
                open = None;
                i += 1;
                j += 1;
            }
            (None, Some(b'`'), Some(b'$')) if new.get(j + 1) == Some(&b'(') => {
                open = Some((Kind::Backticks, i));
                i += 1;
                j += 2;
            }
            (_, Some(a), Some(b)) if a == b => {
                i += 1;
                j += 1;
            }
            (Some((Kind::Quotes, start)), _, Some(b'"')) => {
                found.push(Difference { kind: Kind::Quotes, range: TextRange::new(start, i) });
                open = None;
                j += 1;
            }
            (None, Some(b'$'), Some(b'"')) => {
                open = Some((Kind::Quotes, i));
                j += 1;
            }
            _ => return None,
        }
    }
    open.is_none().then_some(found)
}

/// Between backticks a backslash and, in double quotes, a quote mean something else than in `$(…)`.
fn same_substitution(text: &str, found: &Expansion) -> Result<(), &'static str> {
    if found.kind != ExpansionKind::Backticks || found.within == Within::Operand {
        return Err("what changed is no substitution there");
    }
    let inner = &text[found.inner.range()];
    if text[..found.range.start].ends_with('$') {
        return Err("a `$` before the substitution would become part of another one");
    }
    if inner.contains('\\') || found.quoted && inner.contains('"') {
        return Err("what is quoted in backticks is read otherwise in `$(…)`");
    }
    if inner.trim_start().starts_with('(') {
        return Err("`$((` is arithmetic");
    }
    // By itself the inner text must be a clean script without a comment, which would reach over the bracket.
    let script = crate::shell::script_of(inner.to_owned(), true);
    let script = script.map_err(|_| "what stands in the backticks can't be read")?;
    if !script.comments.is_empty() || inner.split_ascii_whitespace().any(|word| word.starts_with('#')) {
        return Err("a comment would reach over the bracket");
    }
    let closed = lexed::lex(&format!("$({inner})"))
        .is_some_and(|lexed| lexed.expansions.first().is_some_and(|found| found.range.len() == inner.len() + 3));
    if closed { Ok(()) } else { Err("the brackets in the substitution do not close") }
}

/// Quotes change nothing where the expansion is one word anyway.
fn same_words(
    model: &Model<'_, '_>,
    index: usize,
    script: &Script<'_>,
    found: &Expansion,
    demand: Demand,
) -> Result<(), &'static str> {
    if found.quoted || found.within != Within::Text || found.kind == ExpansionKind::Backticks {
        return Err("what was quoted is quoted already, or stands in another expansion");
    }
    let place = argument(script, found.range).ok_or("what was quoted is no part of an argument")?;
    let text = script.str(place.word.range);
    let (start, end) = (found.range.start - place.word.range.start, found.range.end - place.word.range.start);
    let braces = lexed::lex(text).is_none_or(|lexed| lexed.bare.contains('{'));
    if braces || text.starts_with('~') {
        return Err("braces and tildes beside an expansion are read by it");
    }
    if text[..start].ends_with(['"', '$', '\\']) || text[end..].starts_with('"') {
        return Err("quotes stand beside the expansion");
    }
    let declares = matches!(place.simple.name(), Some("export" | "readonly" | "local" | "declare" | "typeset"));
    if declares {
        return Err("what declares a variable splits its words otherwise");
    }
    let words = model.words_of(index, script, found);
    match (words, demand) {
        (Words::One, _) | (Words::OneOrNone, Demand::OnlyTheClaim) => Ok(()),
        (Words::OneOrNone, Demand::SameImage) if stands_without(text) => Ok(()),
        (Words::OneOrNone, Demand::SameImage) => Err("nothing would become an empty word"),
        (Words::Unknown, _) => Err("how many words it stands for is not known"),
    }
}

struct Argument<'t> {
    simple: &'t Simple,
    word: &'t Word,
}

fn argument<'t>(script: &'t Script<'_>, range: TextRange) -> Option<Argument<'t>> {
    script.simple_commands().into_iter().find_map(|simple| {
        let word = simple.words.iter().find(|word| word.range.start <= range.start && range.end <= word.range.end)?;
        let is_name = simple.words.first() == Some(word);
        (!is_name || word.range != range).then_some(Argument { simple, word })
    })
}

/// Whether the word is there even where all of its expansions are empty.
fn stands_without(word: &str) -> bool {
    let Some(lexed) = lexed::lex(word) else { return false };
    let outer = lexed.expansions.iter().filter(|found| found.within == Within::Text && !found.quoted);
    outer.map(|found| found.range.len()).sum::<usize>() < word.len()
}

/// Both texts must hold the same commands, word by word.
fn read_the_same(script: &Script<'_>, other: &Script<'_>, differences: &[Difference]) -> Result<(), &'static str> {
    let (before, after) = (script.simple_commands(), other.simple_commands());
    let counts = |simples: &[&Simple]| {
        simples
            .iter()
            .map(|simple| (simple.words.len(), simple.assignments.len(), simple.redirects.len()))
            .collect::<Vec<_>>()
    };
    if counts(&before) != counts(&after) || script.list.items.len() != other.list.items.len() {
        return Err("other commands are read");
    }
    // Every word grew by just the marks that stand in it.
    for (old, new) in before.iter().zip(&after) {
        for (old, new) in old.words.iter().zip(&new.words) {
            let grown: usize = differences
                .iter()
                .filter(|difference| old.range.start <= difference.range.start && difference.range.end <= old.range.end)
                .map(|difference| if difference.kind == Kind::Quotes { 2 } else { 1 })
                .sum();
            if new.range.len() != old.range.len() + grown || old.literal.is_some() && old.literal != new.literal {
                return Err("a word is read otherwise");
            }
        }
    }
    Ok(())
}
