//! ENTRYPOINT and CMD that do not fit each other.

use crate::context::LazyContext;
use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::knowledge::base_name;
use crate::knowledge::started;
use crate::model::copy::{self, RuntimeProgram};
use crate::model::{Model, Stage};
use crate::shell::{Body, Interpreter};
use crate::syntax::{Args, Keyword, Span, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "entrypoint-and-cmd",
    summary: "find a CMD that ENTRYPOINT ignores or misreads",
    offers: Offers::Findings,
    codes: &[],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &[],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    // The ENTRYPOINT in force at the end of each stage, be it one of a stage below.
    let mut in_force: Vec<Option<usize>> = Vec::with_capacity(model.stages.len());
    for stage in &model.stages {
        let below = stage.base.stage().and_then(|parent| in_force[parent]);
        let entrypoint = last(model, stage, Keyword::Entrypoint).or(below);
        in_force.push(entrypoint);
        let (Some(entrypoint), Some(cmd)) = (entrypoint, last(model, stage, Keyword::Cmd)) else { continue };
        if is_empty(model, cmd) || is_empty(model, entrypoint) || !is_posix(&model.states[entrypoint].shell) {
            continue;
        }
        if let Some(text) = at_odds(model, entrypoint, cmd, subject.context) {
            proposals.leave(keyword(model, cmd), text);
        }
    }
}

fn last(model: &Model<'_, '_>, stage: &Stage, keyword: Keyword) -> Option<usize> {
    stage.range.clone().rev().find(|index| model.keyword(*index) == keyword)
}

/// `CMD []` takes away what the base image says.
fn is_empty(model: &Model<'_, '_>, index: usize) -> bool {
    match &model.instructions[index].body.args {
        Args::Json(strings) => strings.is_empty(),
        Args::None => true,
        _ => false,
    }
}

fn is_posix(shell: &Interpreter) -> bool {
    !matches!(shell, Interpreter::Other(_))
}

fn keyword(model: &Model<'_, '_>, index: usize) -> Span {
    let instruction = model.instructions[index];
    instruction.joined.span(instruction.body.keyword_range)
}

fn at_odds(model: &Model<'_, '_>, entrypoint: usize, cmd: usize, context: LazyContext<'_>) -> Option<String> {
    let instruction = model.instructions[entrypoint];
    let shell_form = matches!(instruction.body.args, Args::Text(_));
    if shell_form {
        let text = instruction.body.rest.slice(instruction.joined.text());
        return (!uses_arguments(text)).then(|| {
            "this CMD is never used: an ENTRYPOINT in shell form gets no arguments, of CMD or of `docker run`; write \
             the ENTRYPOINT as a JSON array, or drop the CMD"
                .to_owned()
        });
    }
    let Some(Body::Exec(words)) = model.body(entrypoint) else { return None };
    let at = started::wrapper_len(words);
    let (program, arguments) = words[at..].split_first()?;
    if started::is_shell(program) {
        return behind_a_shell(model, arguments, cmd);
    }
    let cmd_in_shell_form = matches!(model.instructions[cmd].body.args, Args::Text(_));
    let hands_on = words.last().is_some_and(|word| word == "--" || word == "exec" || word == "run")
        || words.iter().any(|word| {
            word.contains("entrypoint") || word.contains("entry_point") || word.strip_suffix(".sh").is_some()
        });
    let reads = started::keeps_its_words(program)
        && !hands_on
        && (!started::is_interpreter(program) || keeps_arguments(model, entrypoint, arguments, context));
    (cmd_in_shell_form && reads).then(|| {
        format!(
            "`{}` of the ENTRYPOINT gets `/bin/sh -c …` as its arguments, as this CMD is in shell form; write the CMD as \
             a JSON array",
            base_name(program)
        )
    })
}

/// Parts of a script that may run its arguments, or hand them to something that does.
const MAY_RUN: &[&str] = &["exec", "spawn", "subprocess", "popen", "Popen", "system", "fork", "argv", "ARGV"];

/// Whether what an interpreter is told to run does not run its own arguments: no script at all, so that CMD becomes
/// the script; a module of Python; a script that can be read and holds nothing of the kind.
fn keeps_arguments(model: &Model<'_, '_>, entrypoint: usize, arguments: &[String], context: LazyContext<'_>) -> bool {
    let Some(script) = arguments.iter().find(|word| !is_plain_option(word)) else { return true };
    if script == "-m" {
        return true;
    }
    match copy::runtime_program(model, entrypoint, script, context) {
        RuntimeProgram::Script(text) => !MAY_RUN.iter().any(|part| text.contains(part)),
        RuntimeProgram::Unknown(_) | RuntimeProgram::System => false,
    }
}

/// Options of interpreters that take no word of their own.
fn is_plain_option(word: &str) -> bool {
    matches!(word, "-u" | "-O" | "-OO" | "-B" | "-w") || word.starts_with("--") && word.contains('=')
}

/// An ENTRYPOINT of a shell with `-c`: what CMD adds becomes `$0` and `$1` of the script.
fn behind_a_shell(model: &Model<'_, '_>, arguments: &[String], cmd: usize) -> Option<String> {
    let at =
        arguments.iter().position(|word| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c'))?;
    if let Some(script) = arguments.get(at + 1) {
        return (!uses_arguments(script.as_bytes())).then(|| {
            "this CMD is never used: the script of the ENTRYPOINT does not read its arguments; pass them on by \
             `\"$@\"`, or drop the CMD"
                .to_owned()
        });
    }
    match &model.instructions[cmd].body.args {
        Args::Text(_) => Some(
            "the shell of the ENTRYPOINT runs only `/bin/sh`, the first word that this CMD in shell form makes; drop \
             the ENTRYPOINT"
                .to_owned(),
        ),
        Args::Json(strings) if strings.len() > 1 => Some(format!(
            "the shell of the ENTRYPOINT runs only `{}`, the first word of this CMD; write the command as one word, or \
             drop the ENTRYPOINT",
            strings[0].value
        )),
        _ => None,
    }
}

/// Whether a script reads what it is called with.
fn uses_arguments(script: &[u8]) -> bool {
    let text = lossy(script);
    text.match_indices('$').any(|(at, _)| {
        let rest = text[at + 1..].trim_start_matches('{');
        rest.starts_with(['@', '*', '#']) || rest.starts_with(|c: char| c.is_ascii_digit())
    })
}
