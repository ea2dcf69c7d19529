//! `$x` becomes `"$x"`, where it is one word anyway.

use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::model::{Model, Words};
use crate::prove::Claim;
use crate::shell::lexed::{self, Expansion, ExpansionKind, Lexed, Within};
use crate::shell::{Script, Simple, Word};
use crate::syntax::Keyword;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "quote-expansion",
    summary: "put double quotes around expansions that are one word",
    offers: Offers::SafeOrUnsafe,
    codes: &["SC2086", "SC2046"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["$"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for index in 0..model.instructions.len() {
        if model.keyword(index) != Keyword::Run {
            continue;
        }
        if let Some(script) = model.script(index) {
            in_script(model, index, script, proposals);
        }
    }
}

fn in_script(model: &Model<'_, '_>, index: usize, script: &Script<'_>, proposals: &mut Proposals) {
    let text = script.whole();
    if !text.contains(['$', '`']) {
        return;
    }
    let Some(lexed) = lexed::lex(text) else { return };
    let mut safe = Vec::new();
    let mut perhaps = Vec::new();
    for simple in script.simple_commands() {
        // What declares variables splits its words by rules of its own.
        if matches!(simple.name(), Some("export" | "readonly" | "local" | "declare" | "typeset")) {
            continue;
        }
        for (at, word) in simple.words.iter().enumerate() {
            for found in in_word(&lexed, word) {
                match verdict(model, index, script, simple, at, found) {
                    Verdict::Safe => safe.push(*found),
                    Verdict::Unsafe => perhaps.push(*found),
                    Verdict::Leave => proposals.leave(
                        script.span(found.range),
                        format!("no quotes around `{}`: it may be several words on purpose", script.str(found.range)),
                    ),
                    Verdict::Nothing => {}
                }
            }
        }
    }
    let all: Vec<Expansion> = safe.iter().chain(&perhaps).copied().collect();
    for found in [&mut safe, &mut perhaps] {
        found.retain(|one| !all.iter().any(|other| touches(one, other)));
    }
    proposals.fixes.extend(fix(script, &safe, Safety::Safe));
    proposals.fixes.extend(fix(script, &perhaps, Safety::Unsafe));
}

fn in_word<'l>(lexed: &'l Lexed, word: &Word) -> Vec<&'l Expansion> {
    let unquoted = |found: &&Expansion| !found.quoted && found.within == Within::Text;
    let inside = |found: &&Expansion| word.range.start <= found.range.start && found.range.end <= word.range.end;
    lexed.expansions.iter().filter(unquoted).filter(inside).collect()
}

/// Whether two expansions stand side by side: the quotes of one would stand at those of the other.
fn touches(one: &Expansion, other: &Expansion) -> bool {
    one.range.end == other.range.start || other.range.end == one.range.start
}

enum Verdict {
    Safe,
    Unsafe,
    /// It may be several words.
    Leave,
    /// Nothing is wrong with it.
    Nothing,
}

fn verdict(
    model: &Model<'_, '_>,
    index: usize,
    script: &Script<'_>,
    simple: &Simple,
    at: usize,
    found: &Expansion,
) -> Verdict {
    let word = &simple.words[at];
    let text = script.str(word.range);
    if at == 0 && word.range == found.range {
        return Verdict::Nothing;
    }
    let words = model.words_of(index, script, found);
    if words == Words::Unknown {
        let substitution = found.kind == ExpansionKind::Substitution;
        return if substitution { Verdict::Leave } else { Verdict::Nothing };
    }
    let (before, after) = (found.range.start - word.range.start, found.range.end - word.range.start);
    let quotes_beside = text[..before].ends_with(['"', '$', '\\']) || text[after..].starts_with('"');
    let Some(lexed) = lexed::lex(text) else { return Verdict::Nothing };
    if quotes_beside || text.starts_with('~') || lexed.bare.contains('{') {
        return Verdict::Nothing;
    }
    if words == Words::One {
        return Verdict::Safe;
    }
    // With anything beside it the word is there whether or not the command gives one.
    let expands: usize = in_word(&lexed, &Word { range: (0..text.len()).into(), literal: None })
        .iter()
        .map(|found| found.range.len())
        .sum();
    if expands < text.len() { Verdict::Safe } else { Verdict::Unsafe }
}

fn fix(script: &Script<'_>, found: &[Expansion], safety: Safety) -> Option<Fix> {
    let first = found.first()?;
    let mut names: Vec<String> = Vec::new();
    for expansion in found {
        let name = format!("`{}`", script.str(expansion.range));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let shown = match names.as_slice() {
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, rest @ ..] => format!("{one} and {} more", rest.len()),
        [] => script.str(first.range).to_owned(),
    };
    let reason = match safety {
        Safety::Safe => "each is one word here, whatever happens: quotes change nothing, and say so".to_owned(),
        Safety::Unsafe => {
            "the command gives one word; unsafe because where it fails, an empty word stands where none was".to_owned()
        }
    };
    let edits = found.iter().flat_map(|expansion| {
        let span = script.span(expansion.range);
        [Edit::insert(span.start, "\""), Edit::insert(span.end, "\"")]
    });
    Some(Fix {
        title: format!("put quotes around {shown}"),
        reason,
        edits: edits.collect(),
        safety,
        claim: Claim::ShellSpelling,
        alternatives: Vec::new(),
    })
}
