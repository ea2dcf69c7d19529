//! Of several ENTRYPOINT instructions of a stage only the last one stays.

use crate::edit::{Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::prove::Claim;
use crate::rewrite;
use crate::syntax::Keyword;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "last-entrypoint-only",
    summary: "remove ENTRYPOINT instructions that a later one of the same stage overrides",
    offers: Offers::Safe,
    codes: &["DL4004", "MultipleInstructionsDisallowed"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["entrypoint"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for (index, last) in rewrite::overridden(model, Keyword::Entrypoint) {
        // hadolint reports the later instruction, and its ignore comment stands above that one.
        let ignored = rewrite::comments_above(model, last).iter().any(|comment| comment.contains("DL4004"));
        if ignored {
            continue;
        }
        let line = model.instructions[last].first_line;
        match rewrite::drop_uncommented(model, index) {
            Err(reason) => proposals.leave(
                model.instructions[index].span,
                format!("this ENTRYPOINT has no effect, as line {line} overrides it, but stays: {reason}"),
            ),
            Ok(edit) => proposals.fixes.push(Fix {
                title: "remove the ENTRYPOINT that a later one overrides".to_owned(),
                reason: format!("only the last ENTRYPOINT of a stage has an effect, that of line {line}"),
                edits: vec![edit],
                safety: Safety::Safe,
                claim: Claim::OverriddenInstruction,
                alternatives: Vec::new(),
            }),
        }
    }
}
