//! The protocol of an EXPOSE in lower case.

use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::prove::Claim;
use crate::syntax::{Args, Keyword, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "expose-protocol-casing",
    summary: "write the protocol of EXPOSE in lower case",
    offers: Offers::Safe,
    codes: &["ExposeProtoCasing"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["expose"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    for instruction in &subject.model.instructions {
        let (Keyword::Expose, Args::Words(words)) = (instruction.body.keyword, &instruction.body.args) else {
            continue;
        };
        let mut edits = Vec::new();
        let mut titles = Vec::new();
        for word in words {
            let text = lossy(word.slice(instruction.joined.text()));
            let Some((port, protocol)) = text.split_once('/') else { continue };
            let lower = protocol.to_ascii_lowercase();
            if protocol == lower || !matches!(lower.as_str(), "tcp" | "udp" | "sctp") {
                continue;
            }
            if port.contains(['"', '\'', '\\', '`']) || port.matches('{').count() != port.matches('}').count() {
                continue;
            }
            let start = word.start + port.len() + 1;
            let range = crate::syntax::TextRange::new(start, word.end);
            if !instruction.joined.is_contiguous(range) {
                proposals.leave(
                    instruction.span,
                    format!("`{text}` would become `{port}/{lower}`, but stands on two lines"),
                );
                continue;
            }
            edits.push(Edit::replace(instruction.joined.span(range), lower.as_str()));
            titles.push(format!("`{port}/{lower}`"));
        }
        if edits.is_empty() {
            continue;
        }
        proposals.fixes.push(Fix {
            title: format!("write {}", titles.join(", ")),
            reason: "BuildKit stores the protocol in lower case, whatever is written".to_owned(),
            edits,
            safety: Safety::Safe,
            claim: Claim::Spelling,
            alternatives: Vec::new(),
        });
    }
}
