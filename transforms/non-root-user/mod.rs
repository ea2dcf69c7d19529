//! Containers that run as root.

use crate::context::LazyContext;
use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::knowledge::{base_name, started};
use crate::model::copy::{self, RuntimeProgram};
use crate::model::{Model, User};
use crate::shell::Body;
use crate::syntax::{Args, Keyword, Span, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "non-root-user",
    summary: "find containers that run as root",
    offers: Offers::Findings,
    codes: &["DL3002"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &[],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    let mut reported = Vec::new();
    for stage in model.targets() {
        let line = model.line_of(stage);
        let user = line.iter().find_map(|stage| last(model, *stage, Keyword::User));
        match user {
            Some(at) => {
                let by_root = is_root(model, at) && !gives_root_up(model, &line);
                if by_root && !reported.contains(&at) {
                    reported.push(at);
                    proposals.leave(
                        argument(model, at),
                        "the container runs as root, as this is the last USER: a flaw in the program then gives away the \
                         whole container; end the stage with a user of its own",
                    );
                }
            }
            None if stage + 1 == model.stages.len() => no_user(model, &line, subject.context, proposals),
            None => {}
        }
    }
}

fn last(model: &Model<'_, '_>, stage: usize, keyword: Keyword) -> Option<usize> {
    model.stages[stage].range.clone().rev().find(|index| model.keyword(*index) == keyword)
}

fn is_root(model: &Model<'_, '_>, index: usize) -> bool {
    let instruction = model.instructions[index];
    let Args::Text(range) = &instruction.body.args else { return false };
    let name = lossy(range.slice(instruction.joined.text()));
    let user = name.trim_matches(['"', '\'']).split(':').next().unwrap_or_default();
    matches!(user, "root" | "0")
}

fn argument(model: &Model<'_, '_>, index: usize) -> Span {
    let instruction = model.instructions[index];
    instruction.joined.span(instruction.body.rest)
}

/// No USER at all on a bare distribution, where the file starts a program of its own.
fn no_user(model: &Model<'_, '_>, line: &[usize], context: LazyContext<'_>, proposals: &mut Proposals) {
    let start = |keyword: Keyword| line.iter().find_map(|stage| last(model, *stage, keyword));
    let Some(at) = start(Keyword::Entrypoint).or_else(|| start(Keyword::Cmd)) else { return };
    let bare = model.base_image(at).is_some_and(|image| image.bare);
    // A tool that works on files of its caller may need root; a server that opens a port does not.
    let serves = line.iter().any(|stage| last(model, *stage, Keyword::Expose).is_some());
    if !bare || !serves || model.states[at].user != User::Inherited || gives_root_up(model, line) {
        return;
    }
    // CMD goes on where the ENTRYPOINT ends: `ENTRYPOINT ["tini", "--"]`.
    let mut words = started(model, at);
    // In shell form it takes no arguments.
    if model.keyword(at) == Keyword::Entrypoint && matches!(model.body(at), Some(Body::Exec(_))) {
        words.extend(start(Keyword::Cmd).map(|cmd| started(model, cmd)).unwrap_or_default());
    }
    let words = &words[started::wrapper_len(&words)..];
    let Some(program) = words.first() else { return };
    if started::is_shell(program) && words.len() == 1 || changes_user(words.iter().map(String::as_str)) {
        return;
    }
    if is_unread_from_context(model, line, at, program, context) {
        return;
    }
    // Further words are arguments, unless they are paths of scripts.
    let scripts = words.iter().enumerate().filter(|(at, word)| *at < 2 || word.contains('/') || is_shell_script(word));
    if scripts.into_iter().any(|(_, word)| may_give_root_up(model, at, word, context)) {
        return;
    }
    let instruction = model.instructions[at];
    proposals.leave(
        instruction.joined.span(instruction.body.keyword_range),
        "the container runs as root, as no USER is set: a flaw in the program then gives away the whole container; add \
         a user and a USER instruction",
    );
}

/// Whether a command line, or a script word by word, names a program that changes the user or that only root may
/// use, or an option that names the user.
fn changes_user<'w>(words: impl IntoIterator<Item = &'w str>) -> bool {
    let mut program = "";
    words.into_iter().any(|word| {
        if program.is_empty() || started::is_interpreter(word) {
            program = word;
        }
        started::drops_root(word)
            || started::starts_as_root(word)
            || started::needs_root(word)
            || started::names_user(word, program)
    })
}

/// Whether a word names a start script that changes the user, or one that can't be looked into.
fn may_give_root_up(model: &Model<'_, '_>, index: usize, word: &str, context: LazyContext<'_>) -> bool {
    match copy::runtime_program(model, index, word, context) {
        RuntimeProgram::Script(text) => {
            let words =
                text.split(|c: char| c.is_whitespace() || matches!(c, ';' | '"' | '\'' | '(' | ')' | '[' | ']' | ','));
            changes_user(words) || text.contains("setuid") || text.contains("setgid")
        }
        RuntimeProgram::Unknown(_) | RuntimeProgram::System => {
            let name = base_name(word);
            is_shell_script(name)
                || word.is_empty()
                || ["entrypoint", "start", "run", "init", "boot", "launch"].iter().any(|part| name.contains(part))
        }
    }
}

fn is_shell_script(word: &str) -> bool {
    [".sh", ".bash"].iter().any(|end| word.ends_with(end))
}

/// Whether the program is a file of the build context that can't be read: it may be a script that changes the user.
fn is_unread_from_context(
    model: &Model<'_, '_>,
    line: &[usize],
    index: usize,
    program: &str,
    context: LazyContext<'_>,
) -> bool {
    let name = base_name(program);
    let named = |path: &String| base_name(path) == name;
    let from_context = line.iter().flat_map(|stage| model.stages[*stage].range.clone()).any(|at| {
        copy::Copy::bringing(model, at).is_some_and(|copy| copy.sources.iter().chain([&copy.destination]).any(named))
    });
    from_context && !matches!(copy::runtime_program(model, index, program, context), RuntimeProgram::Script(_))
}

/// The words of the command, variables left blank.
fn started(model: &Model<'_, '_>, index: usize) -> Vec<String> {
    match model.body(index) {
        Some(Body::Exec(words)) => {
            // The script of `sh -c` counts word by word.
            words.iter().flat_map(|word| word.split_whitespace()).map(str::to_owned).collect()
        }
        Some(Body::Script(script)) => {
            let words = script.simple_commands().into_iter().flat_map(|simple| &simple.words);
            words.map(|word| word.literal.as_deref().unwrap_or_default().to_owned()).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether the file brings or runs a program that takes a root process down to another user.
fn gives_root_up(model: &Model<'_, '_>, line: &[usize]) -> bool {
    line.iter().flat_map(|stage| model.stages[*stage].range.clone()).any(|index| {
        let text = lossy(model.instructions[index].span.slice(model.file.source));
        text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '[' | ']' | '=' | ';'))
            .any(|word| started::drops_root(word) && !matches!(word, "su" | "sudo") || word == "PUID")
    }) || line.iter().any(|stage| {
        [Keyword::Cmd, Keyword::Entrypoint].into_iter().filter_map(|keyword| last(model, *stage, keyword)).any(
            |index| {
                let words = started(model, index);
                words.iter().any(|word| started::drops_root(word) || started::is_supervisor(word) || word == "/init")
            },
        )
    })
}
