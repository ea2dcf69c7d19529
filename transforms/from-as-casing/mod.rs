//! `as` of a FROM stands in the case of its FROM.

use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::prove::Claim;
use crate::syntax::{Args, Keyword, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "from-as-casing",
    summary: "write `AS` in the case of its `FROM`",
    offers: Offers::Safe,
    codes: &["FromAsCasing"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &[],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    for instruction in &subject.model.instructions {
        let (Keyword::From, Args::Words(words)) = (instruction.body.keyword, &instruction.body.args) else { continue };
        let [_, between, _] = words.as_slice() else { continue };
        let string = |range: crate::syntax::TextRange| lossy(range.slice(instruction.joined.text()));
        let (from, found) = (string(instruction.body.keyword_range), string(*between));
        // A FROM of mixed case is a finding of its own, and says nothing of its `as`.
        let wanted = if from == from.to_ascii_uppercase() {
            "AS"
        } else if from == from.to_ascii_lowercase() {
            "as"
        } else {
            continue;
        };
        if found == wanted {
            continue;
        }
        if !instruction.joined.is_contiguous(*between) {
            proposals.leave(instruction.span, format!("`{found}` would become `{wanted}`, but stands on two lines"));
            continue;
        }
        proposals.fixes.push(Fix {
            title: format!("write `{wanted}` for `{found}`"),
            reason: format!(
                "the two keywords of `{from} … {wanted}` belong together; BuildKit does not look at their case"
            ),
            edits: vec![Edit::replace(instruction.joined.span(*between), wanted)],
            safety: Safety::Safe,
            claim: Claim::Spelling,
            alternatives: Vec::new(),
        });
    }
}
