//! CMD and ENTRYPOINT of plain words in exec form.

use std::collections::BTreeSet;

use crate::context::LazyContext;
use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::{programs, started};
use crate::model::program::{self, Program};
use crate::model::{Base, Model, SearchFolder};
use crate::prove::Claim;
use crate::shell::{Body, Interpreter, Script, Simple, Word};
use crate::syntax::{Args, Keyword, Span, TriviaKind};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "exec-form",
    summary: "write CMD and ENTRYPOINT as JSON where no shell is needed",
    offers: Offers::Unsafe,
    codes: &["DL3025", "JSONArgsRecommended"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &[],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for index in 0..model.instructions.len() {
        let instruction = model.instructions[index];
        let (Keyword::Cmd | Keyword::Entrypoint, Args::Text(range)) = (model.keyword(index), &instruction.body.args)
        else {
            continue;
        };
        // A list that is no JSON for its quotes is another matter.
        if range.slice(instruction.joined.text()).starts_with(b"[") {
            continue;
        }
        let found = words(model, index).and_then(|command| {
            arguments_stay(model, index)?;
            let caution = starts(model, index, &command, subject.context)?;
            Ok((command, caution))
        });
        match found {
            Err(reason) => {
                let keyword = model.keyword(index);
                proposals.leave(instruction.span, format!("{keyword} stays in shell form: {reason}"));
            }
            Ok((command, caution)) => {
                let span = with_idle_continuation(model, index, instruction.joined.span(*range));
                proposals.fixes.push(fix(model, index, &command, caution.as_deref(), span));
            }
        }
    }
}

/// `span` and a continuation character behind it after which nothing comes, which would stand behind the list.
fn with_idle_continuation(model: &Model<'_, '_>, index: usize, span: Span) -> Span {
    let (source, end) = (model.file.source, model.instructions[index].span.end);
    let rest = &source[span.end..end];
    let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let idle = rest.get(blanks) == Some(&model.file.escape) && rest[blanks + 1..].iter().all(u8::is_ascii_whitespace);
    if idle { Span::new(span.start, span.end + blanks + 1) } else { span }
}

/// How a command came to its words.
#[derive(PartialEq, Eq)]
enum Kind {
    /// The shell only splits it.
    Plain,
    /// `exec` before it: the program is PID 1 already.
    Exec,
    /// The program is a shell that is given a script.
    Script,
    /// All of it in one pair of quotes: it never starts.
    OneWord,
}

struct Command {
    words: Vec<String>,
    kind: Kind,
}

/// The words of the one simple command that the instruction is.
fn words(model: &Model<'_, '_>, index: usize) -> Result<Command, String> {
    let instruction = model.instructions[index];
    if instruction.inner.iter().any(|trivia| trivia.kind == TriviaKind::Comment) {
        return Err("a comment stands in it".to_owned());
    }
    let stage_start = model.stage_of(index).map_or(index, |stage| stage.range.start);
    let shell_set = (stage_start..index).chain(parents(model, index)).any(|at| is(model, at, Keyword::Shell));
    if shell_set || model.states[index].shell != Interpreter::default_linux() {
        return Err("a SHELL instruction, or the base image, says what runs it".to_owned());
    }
    let script = match model.body(index) {
        Some(Body::Script(script)) => script,
        Some(Body::Opaque(reason)) => return Err(reason.to_string()),
        _ => return Err("it can't be read".to_owned()),
    };
    let simple = only_command(script)
        .ok_or("it is more than one command, or one that redirects, sets a variable or has a comment")?;
    let literals =
        simple.words.iter().map(|word| word.literal.as_deref().map(str::to_owned)).collect::<Option<Vec<String>>>();
    let Some(literals) = literals.filter(|literals| !literals.is_empty()) else {
        return Err("it needs a shell, which fills in a variable, a pattern or a home folder".to_owned());
    };
    let is_keyword = |word: &&String| Keyword::from_word(word.as_bytes()).name() == word.as_str();
    if instruction.first_line < instruction.last_line
        && let Some(word) = literals[1..].iter().find(|word| !word.is_empty() && is_keyword(word))
    {
        return Err(format!("`{word}` is a word of it, and was most likely meant as an instruction"));
    }
    if let [whole] = literals.as_slice()
        && whole.contains(' ')
    {
        let words = one_word(whole).ok_or("in the quotes stands more than plain words")?;
        return Ok(Command { words, kind: Kind::OneWord });
    }
    if literals[0] == "exec" {
        let words = literals[1..].to_vec();
        if words.first().is_none_or(|word| word.starts_with('-')) {
            return Err("`exec` has options, or names no program".to_owned());
        }
        return Ok(Command { words, kind: Kind::Exec });
    }
    if programs::is_shell_builtin(&literals[0]) {
        return Err(format!("`{}` is a part of the shell", literals[0]));
    }
    if !is_shell_with_script(&literals) {
        return Ok(Command { words: literals, kind: Kind::Plain });
    }
    let over_lines = |word: &Word| script.span(word.range).slice(model.file.source).contains(&b'\n');
    if simple.words.iter().any(over_lines) {
        return Err("it is a script over several lines, which JSON would put on one".to_owned());
    }
    Ok(Command { words: literals, kind: Kind::Script })
}

/// `sh -c 'a; b'`
fn is_shell_with_script(words: &[String]) -> bool {
    let Some((program, rest)) = words.split_first() else { return false };
    let mut options = rest.iter().take_while(|word| word.starts_with('-'));
    started::is_shell(program) && options.any(|option| !option.starts_with("--") && option.contains('c'))
}

fn only_command<'t>(script: &'t Script<'_>) -> Option<&'t Simple> {
    let [link] = script.single_chain()?.links.as_slice() else { return None };
    let simple = link.pipeline.simple()?;
    let plain = simple.assignments.is_empty() && simple.redirects.is_empty() && script.comments.is_empty();
    plain.then_some(simple)
}

/// A whole command that stands in quotes, and so is one word to the shell.
fn one_word(text: &str) -> Option<Vec<String>> {
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    let plain = |c: char| c.is_ascii_alphanumeric() || " _-./:,+@%=".contains(c);
    let program = words.first()?;
    let certain = text.chars().all(plain) && words.len() > 1 && !program.contains('=');
    (certain && !programs::is_shell_builtin(program)).then(|| words.iter().map(|word| (*word).to_owned()).collect())
}

/// Whether the kernel can start the program; what is not known for sure is said.
fn starts(
    model: &Model<'_, '_>,
    index: usize,
    command: &Command,
    context: LazyContext<'_>,
) -> Result<Option<String>, String> {
    let program = &command.words[0];
    if program.is_empty() || program.starts_with('-') || program.contains([' ', '\t', '=']) {
        return Err(format!("`{program}` is no program's name"));
    }
    if programs::is_of_windows(program) {
        return Err(format!("`{program}` is a program of Windows, whose shell reads quotes otherwise"));
    }
    if !program.contains('/') {
        found_without_a_shell(model, index, program)?;
    }
    let doubt = |path: &str| format!("`{path}` may be a script without `#!`, which only a shell can run");
    let mut seen = true;
    for what in program::may_be(model, index, program, context) {
        match what {
            Program::File(text) if programs::kernel_starts(&text) => {}
            Program::File(_) => return Err(format!("`{program}` has no `#!` line, and only a shell can run it")),
            _ if programs::is_script_by_name(program) => return Err(doubt(program)),
            Program::System => {}
            Program::Unseen { printed: true, .. } => {
                return Err(format!("a RUN writes `{program}` without `#!`, and only a shell can run it"));
            }
            // Of the project, even where it bears a bare name.
            Program::Unseen { source: Some(source), .. } if programs::is_script_by_name(&format!("/{source}")) => {
                return Err(format!("{}: it is made of `{source}`", doubt(program)));
            }
            Program::Unseen { .. } => seen = false,
        }
    }
    Ok((!seen).then(|| format!("`{program}` has to be a binary or to begin with `#!`")))
}

/// A container runtime does not start a program that it finds by a relative folder of PATH; a shell does.
fn found_without_a_shell(model: &Model<'_, '_>, index: usize, program: &str) -> Result<(), String> {
    let family: BTreeSet<usize> = [index]
        .into_iter()
        .chain(parents(model, index))
        .chain(model.later(index))
        .filter_map(|at| Some(model.stage_of(at)?.index))
        .collect();
    let family: Vec<usize> = family.into_iter().collect();
    for (at, folder) in model.search_folders(&family) {
        if let SearchFolder::Relative(folder) = folder {
            let line = model.instructions[at].first_line;
            return Err(format!(
                "PATH of line {line} holds `{folder}`, which is no absolute folder: if `{program}` is found there, only \
                 a shell starts it"
            ));
        }
    }
    Ok(())
}

/// Whether program and ENTRYPOINT still get the arguments that they get now.
fn arguments_stay(model: &Model<'_, '_>, index: usize) -> Result<(), String> {
    let own = model.stage_of(index).map_or(0..0, |stage| stage.range.clone());
    let mut others: Vec<usize> = own.chain(model.later(index)).chain(parents(model, index)).collect();
    others.sort_unstable();
    if model.keyword(index) == Keyword::Entrypoint {
        return match others.into_iter().find(|at| is(model, *at, Keyword::Cmd)) {
            Some(at) => {
                let line = model.instructions[at].first_line;
                Err(format!("in shell form it drops CMD of line {line}, which would become its arguments"))
            }
            None => Ok(()),
        };
    }
    for at in others.into_iter().filter(|at| is(model, *at, Keyword::Entrypoint)) {
        let starts_others = match &model.instructions[at].body.args {
            Args::Json(strings) => {
                programs::only_starts_others(&strings.iter().map(|string| &string.value).collect::<Vec<_>>())
            }
            _ => false,
        };
        if !starts_others {
            let line = model.instructions[at].first_line;
            return Err(format!("ENTRYPOINT of line {line} gets it as arguments, which would be others"));
        }
    }
    Ok(())
}

fn is(model: &Model<'_, '_>, index: usize, keyword: Keyword) -> bool {
    match &model.instructions[index].body.args {
        Args::Onbuild(inner) => inner.keyword == keyword,
        _ => model.keyword(index) == keyword,
    }
}

fn parents(model: &Model<'_, '_>, index: usize) -> impl Iterator<Item = usize> {
    let first = model.stage_of(index).and_then(|stage| stage.base.stage());
    std::iter::successors(first, |parent| model.stages[*parent].base.stage())
        .flat_map(|parent| model.stages[parent].range.clone())
}

/// Whether an ENTRYPOINT of the base image may hold: none of the file takes its place.
fn may_have_entrypoint(model: &Model<'_, '_>, index: usize) -> bool {
    let own = model.stage_of(index).map_or(0..0, |stage| stage.range.clone());
    if own.chain(parents(model, index)).any(|at| model.keyword(at) == Keyword::Entrypoint) {
        return false;
    }
    let mut stage = model.stage_of(index);
    while let Some(parent) = stage.and_then(|stage| stage.base.stage()) {
        stage = model.stages.get(parent);
    }
    let scratch = stage.is_some_and(|stage| stage.base == Base::Scratch);
    !scratch && model.base_image(index).is_none_or(|base| !base.bare)
}

fn fix(model: &Model<'_, '_>, index: usize, command: &Command, caution: Option<&str>, span: Span) -> Fix {
    let strings: Vec<String> =
        command.words.iter().map(|word| serde_json::Value::from(word.as_str()).to_string()).collect();
    let json = format!("[{}]", strings.join(", "));
    let mut doubts = vec![match command.kind {
        Kind::Plain => "the program becomes PID 1 and gets the signals itself".to_owned(),
        Kind::Exec => "the shell that `exec` replaces no longer sets `PWD`".to_owned(),
        Kind::Script => format!("`{}` becomes PID 1 and gets the signals itself", command.words[0]),
        Kind::OneWord => "the command runs now".to_owned(),
    }];
    if model.keyword(index) == Keyword::Cmd && may_have_entrypoint(model, index) {
        doubts.push("an ENTRYPOINT of the base image gets these words instead of `/bin/sh -c`".to_owned());
    }
    if model.keyword(index) == Keyword::Entrypoint {
        doubts.push("what `docker run` names behind the image becomes its arguments".to_owned());
    }
    doubts.extend(caution.map(str::to_owned));
    let why = match command.kind {
        Kind::Plain => "no word of it needs a shell, which stands between the program and the signals of `docker stop`",
        Kind::Script => "it names the shell that runs its script, and needs no other one in front",
        Kind::Exec => "the exec form starts the program without a shell that only replaces itself",
        Kind::OneWord => "the quotes make the whole command the name of a program, which is not found",
    };
    Fix {
        title: format!("write `{} {json}`", model.keyword(index)),
        reason: format!("{why}; unsafe because {}", doubts.join(", and ")),
        edits: vec![Edit::replace(span, json)],
        safety: Safety::Unsafe,
        claim: Claim::ExecForm,
        alternatives: Vec::new(),
    }
}
