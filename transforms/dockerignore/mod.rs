//! What the build gets to see: a missing `.dockerignore`, and files that it leaves out.

use crate::context::Context;
use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::model::copy::has_pattern;
use crate::syntax::Keyword;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "dockerignore",
    summary: "find a COPY of everything without a .dockerignore, and of files that one leaves out",
    offers: Offers::Findings,
    codes: &["CopyIgnoredFile"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &[],
    propose,
};

/// What is better left out, as far as it is there.
const UNWANTED: &[&str] = &[
    ".git",
    ".env",
    "node_modules",
    ".venv",
    "venv",
    "target",
    "dist",
    "build",
    "__pycache__",
    ".idea",
    ".vscode",
    "vendor/bundle",
    ".terraform",
];

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for index in 0..model.instructions.len() {
        let instruction = model.instructions[index];
        let body = &instruction.body;
        if !matches!(body.keyword, Keyword::Copy | Keyword::Add) || body.flags.iter().any(|flag| flag.name() == "from")
        {
            continue;
        }
        // What `--exclude` leaves out is not copied, ignore file or not.
        let excludes = body.flags.iter().any(|flag| flag.name() == "exclude");
        let mut operands = body.operands(instruction.joined.text());
        operands.pop();
        for (range, source) in operands {
            let Some(source) = local(&source) else { continue };
            let place = instruction.joined.span(range);
            let Some(context) = subject.context.get() else { return };
            if is_root(source) {
                if !excludes && context.leaves_nothing_out() {
                    proposals.leave(place, everything(context));
                }
            } else if !has_pattern(source) && context.keeps_out(source) {
                proposals.leave(
                    place,
                    format!(
                        "`{source}` is left out of the build by the ignore file, so that the build fails here; take it \
                         back in there, or drop it here"
                    ),
                );
            }
        }
    }
}

/// A path of the context that is written out, relative to the root.
fn local(source: &str) -> Option<&str> {
    let written_out = !source.contains(['$', '\\', '"', '\'', '`', '@']);
    let path = !source.starts_with("<<") && !source.contains("://");
    (written_out && path).then(|| source.trim_start_matches('/'))
}

fn is_root(source: &str) -> bool {
    source.chars().all(|c| matches!(c, '.' | '/')) && !source.contains("..") || source == "*" || source == "./*"
}

fn everything(context: &Context) -> String {
    let there: Vec<&str> = UNWANTED.iter().copied().filter(|path| context.on_disk(path)).collect();
    if there.is_empty() {
        return "the whole context is copied and no `.dockerignore` leaves anything out: what lies there later gets into \
                the image too; add one"
            .to_owned();
    }
    format!(
        "the whole context is copied and no `.dockerignore` leaves anything out: what is no part of the program gets \
         into the image, and a change to it voids the cache; add one that names `{}`",
        there.join(", ")
    )
}
