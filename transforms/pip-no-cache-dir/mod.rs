//! `pip install` keeps no downloads in the image.

use crate::edit::{self, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::releases::Age;
use crate::knowledge::{self, Family, Verb};
use crate::model::caches::{pip, pip_age};
use crate::prove::Claim;
use crate::rewrite;
use crate::shell::Simple;
use crate::syntax::Keyword;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "pip-no-cache-dir",
    summary: "let pip install without its cache",
    offers: Offers::SafeOrUnsafe,
    codes: &["DL3042"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["pip"],
    propose,
};

/// What is added.
const OPTION: &str = "--no-cache-dir";

/// What speaks against it.
const OLDER_PIP: &str = "a pip older than 19.1 that may not cache installs what it builds by `setup.py install`, which \
                         leaves other files than a wheel";

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for index in 0..model.instructions.len() {
        if model.keyword(index) != Keyword::Run {
            continue;
        }
        let Some(script) = model.script(index) else { continue };
        let mut edits = Vec::new();
        let mut age = Age::Modern;
        for simple in script.simple_commands() {
            if let Some(verb) = verb_to_follow(simple) {
                edits.push(rewrite::insert_word_after(script, &simple.words[verb], OPTION));
                age = age.min(pip_age::age(model, index, simple));
            }
        }
        if edits.is_empty() || pip::is_switched_off(model, index) {
            continue;
        }
        let span = model.instructions[index].span;
        if let Some(reason) = pip::reason_to_keep(model, index) {
            proposals.leave(span, format!("`{OPTION}` is not added: {reason}"));
            continue;
        }
        let saves = "pip's cache stays in the layer, and nothing later in this file uses it";
        let (safety, reason) = match age {
            Age::Old => {
                let reason = "the pip of this base image is older than 6.0 and does not know it";
                proposals.leave(span, format!("`{OPTION}` is not added: {reason}"));
                continue;
            }
            Age::Unknown => (Safety::Unsafe, format!("{saves}; unsafe because the pip is not known, and {OLDER_PIP}")),
            Age::Recent => (Safety::Unsafe, format!("{saves}; unsafe because {OLDER_PIP}")),
            Age::Modern => (Safety::Safe, saves.to_owned()),
        };
        edit::sort(&mut edits);
        proposals.fixes.push(Fix {
            title: format!("add `{OPTION}` to pip install"),
            reason,
            edits,
            safety,
            claim: Claim::DownloadCache,
            alternatives: Vec::new(),
        });
    }
}

/// The place of `install` in a command that lacks the option; none where a variable or an unknown option
/// before it may make something else of it.
fn verb_to_follow(simple: &Simple) -> Option<usize> {
    let words = simple.literals();
    let found = knowledge::invocation(&words)?;
    let says = |word: &&str| word.starts_with("--no-cache") || word.starts_with("--cache");
    if found.manager.family != Family::Pip || found.verb != Verb::Install || words.iter().flatten().any(says) {
        return None;
    }
    let verb = (0..words.len()).find(|at| words[*at] == Some(found.verb_word) && !found.options.contains(at))?;
    found.unclear.is_none_or(|at| at > verb).then_some(verb)
}
