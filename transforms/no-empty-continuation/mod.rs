//! No blank line inside of a continued instruction.

use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::prove::Claim;
use crate::syntax::{Instruction, Keyword, TriviaKind, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "no-empty-continuation",
    summary: "delete blank lines inside of a continued instruction",
    offers: Offers::Safe,
    codes: &["NoEmptyContinuation"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &[],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    for instruction in &subject.model.instructions {
        let blank: Vec<_> = instruction.inner.iter().filter(|line| line.kind == TriviaKind::Blank).collect();
        let Some(first) = blank.first() else { continue };
        if let Some(word) = swallowed(subject.model.file.source, instruction) {
            proposals.leave(
                first.span,
                format!(
                    "the blank lines would go, but the line below starts with `{word}`, which is a part of this \
                     {} because the line above ends in `{}`: most likely one of the two is a mistake",
                    instruction.body.keyword,
                    char::from(subject.model.file.escape)
                ),
            );
            continue;
        }
        let title = match blank.len() {
            1 => "delete the blank line inside of the instruction".to_owned(),
            count => format!("delete {count} blank lines inside of the instruction"),
        };
        proposals.fixes.push(Fix {
            title,
            reason: "BuildKit passes over them with a warning, and means to refuse them one day".to_owned(),
            edits: blank.iter().map(|line| Edit::delete(line.span)).collect(),
            safety: Safety::Safe,
            claim: Claim::Layout,
            alternatives: Vec::new(),
        });
    }
}

/// The word that looks like a keyword, where a line after a blank one starts with such a word: it was most likely
/// meant as an instruction of its own.
fn swallowed(source: &[u8], instruction: &Instruction<'_>) -> Option<String> {
    let own = instruction.body.keyword_range.slice(instruction.joined.text());
    let lower = own.iter().all(u8::is_ascii_lowercase);
    let mut end = instruction.span.start;
    for piece in instruction.joined.spans() {
        let gap = instruction
            .inner
            .iter()
            .any(|line| line.kind == TriviaKind::Blank && end <= line.span.start && line.span.start < piece.start);
        end = piece.end;
        if !gap {
            continue;
        }
        let text = lossy(piece.slice(source));
        let word = text.split_whitespace().next().unwrap_or_default();
        let is_keyword = Keyword::from_word(word.as_bytes()) != Keyword::Unknown;
        let as_written = word.bytes().all(|byte| byte.is_ascii_uppercase())
            || lower && word.bytes().all(|byte| byte.is_ascii_lowercase())
            || word.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
        if is_keyword && as_written {
            return Some(word.to_owned());
        }
    }
    None
}
