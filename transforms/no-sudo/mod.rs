//! No `sudo` where root runs the command anyway.

use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::sudo;
use crate::model::{Model, User};
use crate::prove::Claim;
use crate::shell::{Command, CompoundKind, Script, Simple};
use crate::syntax::{Keyword, Span, TriviaKind};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "no-sudo",
    summary: "take sudo away in front of commands that root runs anyway",
    offers: Offers::Unsafe,
    codes: &["DL3004"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["sudo"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for index in 0..model.instructions.len() {
        if model.keyword(index) != Keyword::Run {
            continue;
        }
        let Some(script) = model.script(index) else { continue };
        let calls: Vec<&Simple> =
            script.simple_commands().into_iter().filter(|simple| simple.name() == Some("sudo")).collect();
        if calls.is_empty() {
            continue;
        }
        let span = model.instructions[index].span;
        let assumption = match root(model, index, script) {
            Ok(assumption) => assumption,
            Err(reason) => {
                proposals.leave(span, format!("`sudo` stays: {reason}"));
                continue;
            }
        };
        let (mut edits, mut left): (Vec<Edit>, Vec<String>) = (Vec::new(), Vec::new());
        for simple in calls {
            match without(model, index, script, simple) {
                Ok(edit) => edits.push(edit),
                Err(reason) if !left.contains(&reason) => left.push(reason),
                Err(_) => {}
            }
        }
        for reason in left {
            proposals.leave(span, format!("a `sudo` stays: {reason}"));
        }
        if !edits.is_empty() {
            proposals.fixes.push(fix(edits, assumption));
        }
    }
}

/// Shows that root runs the RUN; gives what that rests on.
fn root(model: &Model<'_, '_>, index: usize, script: &Script<'_>) -> Result<&'static str, String> {
    let assumption = match &model.states[index].user {
        User::Root => "",
        User::Inherited if model.base_image(index).is_some_and(|image| image.bare) => {
            ", and the base image is taken to run as root"
        }
        User::Inherited => return Err("the user of the base image is not known; a `USER root` would tell".to_owned()),
        User::Other(user) => return Err(format!("the RUN is run as `{user}`")),
    };
    let mut function = false;
    script.list.visit(&mut |command| {
        function |= matches!(command, Command::Compound(compound) if compound.kind == CompoundKind::Function);
    });
    if let Some(reason) = sudo::relied_on(script.whole()) {
        return Err(reason.to_owned());
    }
    if function || script.simple_commands().iter().any(|simple| matches!(simple.name(), Some("alias" | "hash"))) {
        return Err("the RUN defines functions or aliases".to_owned());
    }
    Ok(assumption)
}

/// Takes `sudo` and its options out of a command, up to the command itself.
fn without(model: &Model<'_, '_>, index: usize, script: &Script<'_>, simple: &Simple) -> Result<Edit, String> {
    let count = sudo::idle_words(&simple.literals())?;
    let (Some(first), Some(command)) = (simple.words.first(), simple.words.get(count)) else {
        return Err("it runs no command".to_owned());
    };
    if script.str(first.range) != "sudo" {
        return Err("it is written in another way".to_owned());
    }
    let span = Span::new(script.span(first.range).start, script.span(command.range).start);
    let redirected = simple.redirects.iter().any(|redirect| script.span(redirect.range).overlaps(span));
    let mut inner = model.instructions[index].inner.iter();
    let commented = inner.any(|trivia| trivia.kind == TriviaKind::Comment && trivia.span.overlaps(span));
    if redirected || commented {
        return Err("a comment or a redirection stands between it and its command".to_owned());
    }
    Ok(Edit::delete(span))
}

fn fix(edits: Vec<Edit>, assumption: &str) -> Fix {
    Fix {
        title: "take sudo away".to_owned(),
        reason: format!(
            "root runs the command anyway{assumption}; unsafe because sudo gives it another PATH and HOME, \
             holds back the variables of ENV and ARG, and sets SUDO_USER and the like, which a script may read"
        ),
        edits,
        safety: Safety::Unsafe,
        claim: Claim::OtherProgram,
        alternatives: Vec::new(),
    }
}
