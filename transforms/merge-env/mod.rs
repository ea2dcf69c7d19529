//! Neighbouring ENV instructions become one.

use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::model::Model;
use crate::prove::Claim;
use crate::style::blanks_before;
use crate::syntax::expand::{Word, expand};
use crate::syntax::{Args, Keyword, Pair, Span, TriviaKind};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "merge-env",
    summary: "set neighbouring variables in one ENV",
    offers: Offers::Safe,
    codes: &[],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: true,
    asks_registries: false,
    words: &["env"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    let mut index = 0;
    while index < model.instructions.len() {
        let (end, stopped_by) = group(model, index);
        if end - index > 1 {
            proposals.fixes.push(fix(model, index, end));
        }
        if let Some(reason) = stopped_by {
            proposals.leave(model.instructions[end].span, reason);
        }
        index = end;
    }
}

/// The first instruction that can't join those from `start` on, and why, where it is an ENV that could have.
fn group(model: &Model<'_, '_>, start: usize) -> (usize, Option<String>) {
    let mut end = start + 1;
    let Some(mut set) = keys(model, start) else { return (end, None) };
    while end < model.instructions.len() && side_by_side(model, end - 1, end) {
        let Some(keys) = keys(model, end) else { return (end, None) };
        if let Some(name) = used(model, end).into_iter().find(|name| has(&set, name)) {
            return (end, Some(format!("it would join the ENV above: it uses `{name}`, which that one sets")));
        }
        if let Some(name) = keys.iter().find(|name| has(&set, name)) {
            return (end, Some(format!("it would join the ENV above: that one sets `{name}` too")));
        }
        set.extend(keys);
        end += 1;
    }
    (end, None)
}

/// Windows does not tell upper from lower case.
fn has(set: &[String], name: &str) -> bool {
    set.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn pairs<'m>(model: &'m Model<'_, '_>, index: usize) -> &'m [Pair] {
    match &model.instructions[index].body.args {
        Args::Pairs(pairs) if model.keyword(index) == Keyword::Env => pairs,
        _ => &[],
    }
}

/// The keys that an ENV sets, where each is written out and set once.
fn keys(model: &Model<'_, '_>, index: usize) -> Option<Vec<String>> {
    let text = model.instructions[index].joined.text();
    let pairs = pairs(model, index);
    if pairs.last()?.value.end != model.instructions[index].body.rest.end {
        // An escape character at the very end is dropped, and would escape what follows.
        return None;
    }
    let mut keys: Vec<String> = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let word = expand(pair.key.slice(text), model.file.escape).ok()?;
        expand(pair.value.slice(text), model.file.escape).ok()?;
        let key = word.literal()?;
        if has(&keys, key) {
            return None;
        }
        keys.push(key.to_owned());
    }
    Some(keys)
}

/// The variables that an ENV refers to.
fn used(model: &Model<'_, '_>, index: usize) -> Vec<String> {
    let text = model.instructions[index].joined.text();
    let words = pairs(model, index).iter().flat_map(|pair| [pair.key, pair.value]);
    let words: Vec<Word> = words.filter_map(|range| expand(range.slice(text), model.file.escape).ok()).collect();
    words.iter().flat_map(Word::names).map(str::to_owned).collect()
}

/// Whether no line stands between two instructions, and no comment inside of the first one or at the start of the
/// second. A blank line is there to part what it stands between.
fn side_by_side(model: &Model<'_, '_>, first: usize, second: usize) -> bool {
    let (first, second) = (model.instructions[first], model.instructions[second]);
    let first_key = second.joined.span(second.body.rest).start;
    let in_head = second.inner.iter().any(|trivia| trivia.span.start < first_key);
    let commented = first.inner.iter().any(|trivia| trivia.kind == TriviaKind::Comment);
    first.span.end == second.span.start && !commented && !in_head
}

fn fix(model: &Model<'_, '_>, start: usize, end: usize) -> Fix {
    let style = model.style();
    let indent = (start..end).find_map(|index| indent_shown(model, index)).unwrap_or_else(|| "    ".to_owned());
    let seam = |second: usize| {
        let (first, second) = (model.instructions[second - 1], model.instructions[second]);
        let from = first.joined.span(first.body.rest).end;
        let to = second.joined.span(second.body.rest).start;
        Edit::replace(Span::new(from, to), format!("{}{indent}", style.continuation()))
    };
    Fix {
        title: format!("set the variables of {} ENV in one", end - start),
        reason: "they stand side by side, and none of them uses another one".to_owned(),
        edits: (start + 1..end).map(seam).collect(),
        safety: Safety::Safe,
        claim: Claim::EnvMerged,
        alternatives: Vec::new(),
    }
}

/// What the lines of an ENV that is laid out over several begin with.
fn indent_shown(model: &Model<'_, '_>, index: usize) -> Option<String> {
    let joined = &model.instructions[index].joined;
    let mut pairs = pairs(model, index).iter().skip(1);
    let blanks = pairs.find_map(|pair| blanks_before(model.file.source, joined.span(pair.key).start));
    blanks.map(str::to_owned)
}
