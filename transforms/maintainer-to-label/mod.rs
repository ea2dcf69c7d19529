//! MAINTAINER becomes a LABEL of the same text.

use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::model::Model;
use crate::prove::Claim;
use crate::syntax::expand::expand;
use crate::syntax::{Args, Instruction, Keyword, Pair, Span, TextRange, TriviaKind};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "maintainer-to-label",
    summary: "name the maintainer in a LABEL, as MAINTAINER is deprecated",
    offers: Offers::Unsafe,
    codes: &["DL4000", "MaintainerDeprecated"],
    readme: include_str!("README.md"),
    options: &[("key", &["maintainer", "org.opencontainers.image.authors"])],
    opt_in: false,
    asks_registries: false,
    words: &["maintainer"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    let key = subject.options.get(TRANSFORM.id, "key").unwrap_or("maintainer");
    for (index, instruction) in model.instructions.iter().enumerate() {
        if instruction.body.keyword != Keyword::Maintainer {
            continue;
        }
        let Args::Text(text) = instruction.body.args else { continue };
        let edits = may_be_labelled(model, index, key).and_then(|()| edits(model, index, text, key));
        match edits {
            Err(reason) => {
                proposals.leave(instruction.span, format!("MAINTAINER would become the label `{key}`: {reason}"));
            }
            Ok((edits, unquoted)) => proposals.fixes.push(fix(key, edits, unquoted)),
        }
    }
}

fn fix(key: &str, edits: Vec<Edit>, unquoted: bool) -> Fix {
    let dropped = if unquoted { ", without the quotes around it" } else { "" };
    Fix {
        title: format!("name the maintainer in the label `{key}`{dropped}"),
        reason: "MAINTAINER is deprecated, and a label can be seen and searched; unsafe because the image's author \
                 field empties or names the author of the base image, and a label appears, in place of one that the \
                 base image may have"
            .to_owned(),
        edits,
        safety: Safety::Unsafe,
        claim: Claim::AuthorLabel,
        alternatives: Vec::new(),
    }
}

/// Nobody else is named in this stage, in those below it and in those built on it.
fn may_be_labelled(model: &Model<'_, '_>, index: usize, key: &str) -> Result<(), String> {
    let stage = model.stage_of(index).ok_or("it stands in no stage")?;
    let mut family: Vec<usize> = stage.range.clone().collect();
    let mut parent = stage.base.stage();
    while let Some(number) = parent {
        family.extend(model.stages[number].range.clone());
        parent = model.stages[number].base.stage();
    }
    family.extend(model.later(index));
    family.retain(|other| *other != index);
    if let Some(other) = family.iter().copied().find(|other| model.keyword(*other) == Keyword::Maintainer) {
        return Err(format!("line {} has another MAINTAINER", model.instructions[other].first_line));
    }
    match family.into_iter().find(|other| may_set(model, model.instructions[*other], key)) {
        Some(other) => Err(format!("line {} sets that label, or may", model.instructions[other].first_line)),
        None => Ok(()),
    }
}

/// Whether the instruction, or the one inside of its ONBUILD, sets the label.
fn may_set(model: &Model<'_, '_>, instruction: &Instruction<'_>, key: &str) -> bool {
    let body = match &instruction.body.args {
        Args::Onbuild(inner) => inner,
        _ => &instruction.body,
    };
    let pairs: &[Pair] = match &body.args {
        Args::Pairs(pairs) => pairs,
        Args::LegacyPair(pair) => std::slice::from_ref(pair),
        _ => &[],
    };
    let is_or_may_be = |pair: &Pair| {
        let word = expand(pair.key.slice(instruction.joined.text()), model.file.escape);
        word.is_err() || word.is_ok_and(|word| word.literal().is_none_or(|name| name == key))
    };
    body.keyword == Keyword::Label && pairs.iter().any(is_or_may_be)
}

/// The edits, and whether quotes around the whole text go.
fn edits(model: &Model<'_, '_>, index: usize, text: TextRange, key: &str) -> Result<(Vec<Edit>, bool), String> {
    let instruction = model.instructions[index];
    let joined = &instruction.joined;
    let keyword = instruction.body.keyword_range;
    let bytes = text.slice(joined.text());
    let (unquoted, inner) = match without_enclosing_quotes(bytes) {
        Some(inner) => (true, inner.shifted(text.start)),
        None => (false, text),
    };
    if commented_before(instruction, joined.span(inner).start) {
        return Err("a comment stands before the name".to_owned());
    }
    if bytes.iter().all(|byte| matches!(byte, b'"' | b'\'' | b' ')) {
        return Err("it names nobody".to_owned());
    }
    let lower = keyword.slice(joined.text()).iter().all(u8::is_ascii_lowercase);
    let label = if lower { "label" } else { "LABEL" };
    // Quotes that go are replaced together with what stands before and after them.
    let start = joined.span(inner).start;
    let end = joined.span(inner).end;
    let mut edits = vec![Edit::replace(Span::new(joined.span(keyword).start, start), format!("{label} {key}=\""))];
    for at in inner.range() {
        let byte = joined.text()[at];
        if matches!(byte, b'"' | b'$') || byte == model.file.escape {
            edits.push(Edit::insert(joined.file_offset(at), char::from(model.file.escape).to_string()));
        }
    }
    let close = if unquoted { Span::new(end, joined.span(text).end) } else { Span::new(end, end) };
    edits.push(Edit::replace(close, "\""));
    Ok((edits, unquoted))
}

fn commented_before(instruction: &Instruction<'_>, at: usize) -> bool {
    instruction.inner.iter().any(|trivia| trivia.kind == TriviaKind::Comment && trivia.span.start < at)
}

/// The text between quotes that enclose the whole of it.
fn without_enclosing_quotes(text: &[u8]) -> Option<TextRange> {
    let (first, rest) = text.split_first()?;
    let (last, inner) = rest.split_last()?;
    let quoted = matches!(first, b'"' | b'\'') && first == last && !inner.is_empty() && !inner.contains(first);
    quoted.then(|| TextRange::new(1, text.len() - 1))
}
