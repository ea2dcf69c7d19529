//! LABEL is written as `key=value`.

use crate::edit::{Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::prove::Claim;
use crate::rewrite;
use crate::syntax::{Args, Keyword, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "label-key-value",
    summary: "write LABEL as key=value",
    offers: Offers::Safe,
    codes: &["LegacyKeyValueFormat"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["label"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for (index, instruction) in model.instructions.iter().enumerate() {
        let (body, in_onbuild) = match &instruction.body.args {
            Args::Onbuild(inner) => (&**inner, true),
            _ => (&instruction.body, false),
        };
        let Args::LegacyPair(pair) = &body.args else { continue };
        if body.keyword != Keyword::Label {
            continue;
        }
        let key = lossy(pair.key.slice(instruction.joined.text()));
        let leave = |reason: &str| format!("LABEL would say `{key}` as key=value: {reason}");
        if in_onbuild {
            let reason = "ONBUILD keeps it as text, for a file whose escape character is not known";
            proposals.leave(instruction.span, leave(reason));
            continue;
        }
        match rewrite::as_key_value(model, index) {
            Err(reason) => proposals.leave(instruction.span, leave(&reason)),
            Ok(edits) => proposals.fixes.push(Fix {
                title: format!("write `{key}` as key=value"),
                reason: "the form with a blank after the key is deprecated; the value stays the same, whatever the \
                         variables in it hold"
                    .to_owned(),
                edits,
                safety: Safety::Safe,
                claim: Claim::PairForm,
                alternatives: Vec::new(),
            }),
        }
    }
}
