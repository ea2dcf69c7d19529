//! `-y` for package managers that ask.

use crate::edit::{Proposals, Safety, Subject};
use crate::knowledge::options::{self, Addition};
use crate::model::Model;

use super::options::{Lacking, Verdict, add_options};

/// Adds `-y` to all commands of these programs that may ask and are not told what to answer.
pub fn assume_yes(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals, programs: &[&str], setting: Option<&str>) {
    let model = subject.model;
    add_options(model, proposals, Addition::Assent, |command| {
        if programs.contains(&command.program()) { verdict(model, command, setting) } else { Verdict::Silent }
    });
}

fn verdict(model: &Model<'_, '_>, command: &Lacking<'_, '_>, setting: Option<&str>) -> Verdict {
    let text = model.text_up_to(command.index);
    if setting.is_some_and(|setting| configured(text, setting)) || command.variable_holds(text, says_yes) {
        return Verdict::Silent;
    }
    let name = command.name();
    if command.place.input_given {
        return Verdict::Leave(format!("`{name}` is given no `-y`: what it reads may hold the answer"));
    }
    if command.place.failure_handled {
        return Verdict::Leave(format!(
            "`{name}` is given no `-y`: the file says what follows when it gives up at a question"
        ));
    }
    let why = if command.program() == "microdnf" {
        "nobody answers a question in a build; microdnf asks none in older releases, and else gives up without an answer"
    } else {
        "nobody answers a question in a build, and without an answer the command gives up"
    };
    let shell = command.script.run_by(&model.states[command.index].shell);
    if !command.script.failure_is_final(command.simple, &shell) {
        return Verdict::Add(
            Safety::Unsafe,
            format!("{why}; unsafe because the RUN passes over its failure: what was skipped would now be done"),
        );
    }
    if !options::fails_without_answer(command.program(), model.image_below(command.index)) {
        return Verdict::Add(
            Safety::Unsafe,
            format!("{why}; unsafe because it may do so without a failure: what was skipped would now be done"),
        );
    }
    Verdict::Add(Safety::Safe, format!("{why}, which fails the RUN: builds that went well never met a question"))
}

/// Whether the setting stands in the text otherwise than as an option of a command.
fn configured(text: &str, setting: &str) -> bool {
    text.match_indices(setting).any(|(at, _)| !text[..at].ends_with("--"))
}

/// Whether an option says yes.
fn says_yes(word: &str) -> bool {
    matches!(word, "-y" | "-yq" | "-yqq" | "-qy" | "-qqy" | "-qq" | "--yes" | "--assume-yes" | "--assumeyes")
}
