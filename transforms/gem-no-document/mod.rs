//! gem installs no documentation.

use crate::edit::{Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::options::{self, Addition};
use crate::rewrite::{self, Verdict};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "gem-no-document",
    summary: "install gems without their generated documentation",
    offers: Offers::Unsafe,
    codes: &[],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["gem"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    rewrite::add_options(model, proposals, Addition::NoDocument, |command| {
        let text = model.text_up_to(command.index);
        let image = model.image_below(command.index).unwrap_or_default();
        let decided = |word: &str| options::decides_on_documents(word);
        if text.contains("gemrc") || options::brings_gemrc(image) || command.variable_holds(text, decided) {
            return Verdict::Silent;
        }
        if !options::knows_no_document(image, text) {
            return Verdict::Leave(format!(
                "`{}` generates documentation: its RubyGems is older than 2.0 and does not know `--no-document`",
                command.name()
            ));
        }
        let reason = "documentation takes time and room, and a container has no reader for it; unsafe because the \
                      image no longer holds what `ri` and `gem server` show, and a RubyGems older than 2.0 fails at \
                      the option";
        Verdict::Add(Safety::Unsafe, reason.to_owned())
    });
}
