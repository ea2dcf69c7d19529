//! All keywords of a file stand in one case: the one that most of them have.

use std::borrow::Cow;

use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::model::Model;
use crate::prove::Claim;
use crate::syntax::{Args, Keyword, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "keyword-casing",
    summary: "write all keywords in the case that most of the file's keywords have",
    offers: Offers::Safe,
    codes: &["ConsistentInstructionCasing"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &[],
    propose,
};

/// The two cases that BuildKit knows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Lower,
    Upper,
}

impl Case {
    fn of(word: &str) -> Option<Self> {
        if !word.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Some(Self::Lower);
        }
        (!word.bytes().any(|byte| byte.is_ascii_lowercase())).then_some(Self::Upper)
    }

    fn applied(self, word: &str) -> String {
        match self {
            Self::Lower => word.to_ascii_lowercase(),
            Self::Upper => word.to_ascii_uppercase(),
        }
    }
}

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    let case = majority(model);
    let deviates = |index: &usize| Case::of(&keyword(model, *index)) != Some(case);
    // BuildKit does not look at ARG above the first FROM: alone it is no finding.
    let first = model.stages.first().map_or(0, |stage| stage.range.start);
    if !(first..model.instructions.len()).any(|index| deviates(&index)) {
        return;
    }
    for index in (0..model.instructions.len()).filter(deviates) {
        let instruction = model.instructions[index];
        let (found, wanted) = (keyword(model, index), case.applied(&keyword(model, index)));
        let range = instruction.body.keyword_range;
        if !instruction.joined.is_contiguous(range) {
            proposals.leave(instruction.span, format!("`{found}` would become `{wanted}`, but stands on two lines"));
            continue;
        }
        let mut edits = vec![Edit::replace(instruction.joined.span(range), wanted.as_str())];
        edits.extend(as_along(model, index, case));
        let most = if case == Case::Lower { "lower" } else { "upper" };
        proposals.fixes.push(Fix {
            title: format!("write `{wanted}` for `{found}`"),
            reason: format!("the file's other keywords are in {most} case; BuildKit does not look at it"),
            edits,
            safety: Safety::Safe,
            claim: Claim::Spelling,
            alternatives: Vec::new(),
        });
    }
}

fn keyword<'m>(model: &'m Model<'_, '_>, index: usize) -> Cow<'m, str> {
    let instruction = model.instructions[index];
    lossy(instruction.body.keyword_range.slice(instruction.joined.text()))
}

/// The case of more keywords than the other; upper where they are as many. Mixed ones, and what stands above
/// the first FROM, do not count.
///
/// Source: `validateCommandCasing` of `frontend/dockerfile/dockerfile2llb/convert.go`.
fn majority(model: &Model<'_, '_>) -> Case {
    let first = model.stages.first().map_or(0, |stage| stage.range.start);
    let cases: Vec<Case> =
        (first..model.instructions.len()).filter_map(|index| Case::of(&keyword(model, index))).collect();
    let lower = cases.iter().filter(|case| **case == Case::Lower).count();
    if lower * 2 > cases.len() { Case::Lower } else { Case::Upper }
}

/// `as` of a FROM goes with its keyword: else the two would no longer match.
fn as_along(model: &Model<'_, '_>, index: usize, case: Case) -> Option<Edit> {
    let instruction = model.instructions[index];
    let (Keyword::From, Args::Words(words)) = (model.keyword(index), &instruction.body.args) else { return None };
    let [_, between, _] = words.as_slice() else { return None };
    let found = lossy(between.slice(instruction.joined.text()));
    let wanted = case.applied(&found);
    let changes = found != wanted && instruction.joined.is_contiguous(*between);
    changes.then(|| Edit::replace(instruction.joined.span(*between), wanted))
}
