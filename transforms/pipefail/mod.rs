//! The shell of a stage that pipes gets `-o pipefail`.

use std::collections::BTreeSet;

use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::base_name;
use crate::model::{Model, shells};
use crate::prove::Claim;
use crate::rewrite;
use crate::shell::{Body, Interpreter};
use crate::syntax::{Args, Keyword};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "pipefail",
    summary: "let a failure of any command of a pipe fail the RUN",
    offers: Offers::Unsafe,
    codes: &["DL4006"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["|"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    // Stages whose shell changes with that of the stage that they are built on.
    let mut settled: BTreeSet<usize> = BTreeSet::new();
    let mut grown: BTreeSet<usize> = BTreeSet::new();
    for stage in &model.stages {
        if stage.base.stage().is_some_and(|parent| settled.contains(&parent)) {
            settled.insert(stage.index);
            continue;
        }
        let Some(index) = stage.range.clone().find(|index| lacks_pipefail(model, *index)) else { continue };
        match plan(model, index) {
            Ok(Plan::Grow(shell)) if !grown.insert(shell) => {}
            Ok(plan) => {
                settled.insert(stage.index);
                proposals.fixes.push(fix(model, &plan));
            }
            Err(reason) => {
                let span = model.instructions[index].span;
                proposals.leave(span, format!("the shell of this pipe gets no `-o pipefail`: {reason}"));
            }
        }
    }
}

/// Whether it is a RUN with a pipe, whose shell passes over all but the pipe's last failure.
fn lacks_pipefail(model: &Model<'_, '_>, index: usize) -> bool {
    let shell = &model.states[index].shell;
    model.keyword(index) == Keyword::Run
        && !matches!(shell, Interpreter::Other(_))
        && !shell.options().iter().any(|option| option == "pipefail")
        && model.script(index).is_some_and(|script| shells::pipes(script) && !shells::sets_pipefail(script))
}

enum Plan {
    /// A SHELL of this text above an instruction.
    Add { above: usize, text: &'static str, why: &'static str },
    /// `-o pipefail` within a SHELL.
    Grow(usize),
}

fn plan(model: &Model<'_, '_>, index: usize) -> Result<Plan, String> {
    if let Some(shell) = model.shell_set_at(index) {
        grows(model, shell)?;
        stays_right(model, shell, false)?;
        return Ok(Plan::Grow(shell));
    }
    if model.has_bash(index) && !model.ash_knows_pipefail(index) {
        stays_right(model, index - 1, true)?;
        let why = "bash is in the image";
        return Ok(Plan::Add { above: index, text: r#"SHELL ["/bin/bash", "-o", "pipefail", "-c"]"#, why });
    }
    if model.ash_knows_pipefail(index) {
        stays_right(model, index - 1, false)?;
        let why = "busybox's ash is what /bin/sh is there, and knows the option since Alpine 3.7";
        return Ok(Plan::Add { above: index, text: r#"SHELL ["/bin/ash", "-o", "pipefail", "-c"]"#, why });
    }
    Err(match model.base_image(index) {
        Some(_) => {
            "nothing shows that bash is in the image and stays there, and its release may be one whose ash does \
                    not know the option"
                .to_owned()
        }
        None => "which shells are in the image is not known".to_owned(),
    })
}

/// Whether a SHELL instruction can take the option.
fn grows(model: &Model<'_, '_>, shell: usize) -> Result<(), String> {
    let Args::Json(strings) = &model.instructions[shell].body.args else {
        return Err("the SHELL above it is no list of words".to_owned());
    };
    let words: Vec<&str> = strings.iter().map(|string| string.value.as_str()).collect();
    let program = words.first().map(|word| base_name(word)).unwrap_or_default();
    match program {
        "bash" => {}
        "ash" if model.ash_knows_pipefail(shell) => {}
        _ => return Err(format!("SHELL names `{program}`, which may not know the option")),
    }
    let last = words.last().copied().unwrap_or_default();
    let plain = last.starts_with('-') && !last.starts_with("--") && last.ends_with('c') && !last.contains('o');
    if words.len() < 2 || !plain || !Interpreter::from_words(&words).is_plain() {
        return Err("the options of the SHELL above it are not understood".to_owned());
    }
    Ok(())
}

/// Whether all that a SHELL at `index`, or right behind it, reads means the same.
fn stays_right(model: &Model<'_, '_>, index: usize, another_shell: bool) -> Result<(), String> {
    for at in model.under_shell_behind(index) {
        let line = model.instructions[at].first_line;
        let script = match model.body(at) {
            None | Some(Body::Exec(_)) => continue,
            Some(Body::Opaque(opaque)) => return Err(format!("line {line} can't be read: {opaque}")),
            Some(Body::Script(script)) => script,
        };
        if model.sets_variable(at, "BASH_ENV") {
            return Err("bash would read the file that BASH_ENV names".to_owned());
        }
        let dialect = if another_shell {
            let variable = || model.echoes_escape_of(at).map(|name| format!("bash's `echo` prints `{name}` otherwise"));
            script.differs_in_bash(&model.states[at].shell).or_else(variable)
        } else {
            None
        };
        let pipes = || if shells::sets_pipefail(script) { None } else { shells::pipefail_hazard(script) };
        if let Some(reason) = dialect.or_else(pipes) {
            return Err(format!("line {line}: {reason}"));
        }
    }
    Ok(())
}

fn fix(model: &Model<'_, '_>, plan: &Plan) -> Fix {
    let (edit, title, first, why) = match plan {
        Plan::Add { above, text, why } => {
            (rewrite::insert_line_above_comments(model, *above, text), format!("add `{text}`"), above - 1, *why)
        }
        Plan::Grow(shell) => {
            (grown(model, *shell), "add `-o pipefail` to SHELL".to_owned(), *shell, "it is the shell in force already")
        }
    };
    let started = model
        .under_shell_behind(first)
        .into_iter()
        .any(|at| matches!(model.keyword(at), Keyword::Cmd | Keyword::Entrypoint) && model.script(at).is_some());
    let started = if started { ", and CMD or ENTRYPOINT in shell form are run by that shell too" } else { "" };
    Fix {
        title,
        reason: format!(
            "without `pipefail` a pipe succeeds where its last command does, so a failed download goes unseen; {why}; \
             unsafe because a pipe now fails where any command of it does, which ends the RUN or takes its other \
             branch (`if`, `||`){started}"
        ),
        edits: vec![edit],
        safety: Safety::Unsafe,
        claim: Claim::ShellInForce,
        alternatives: Vec::new(),
    }
}

/// The two words before the last one, in the list's own spacing.
fn grown(model: &Model<'_, '_>, shell: usize) -> Edit {
    let instruction = model.instructions[shell];
    let Args::Json(strings) = &instruction.body.args else { return Edit::insert(instruction.span.end, "") };
    let spaced = strings.windows(2).all(|pair| pair[1].range.start > pair[0].range.end + 1);
    let at = strings.last().map_or(instruction.body.rest.end, |last| last.range.start);
    let separator = if spaced { ", " } else { "," };
    let at = instruction.joined.file_offset(at);
    Edit::insert(at, format!("\"-o\"{separator}\"pipefail\"{separator}"))
}
