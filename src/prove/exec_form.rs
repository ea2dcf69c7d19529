//! CMD or ENTRYPOINT names its words as JSON, without a shell.
//!
//! Two ways lead there: a command of plain words that a shell would only split, and a list that was meant as
//! JSON but is none for its quotes or commas (then VOLUME too). Either way the words are read anew here.
//! The image is never the same: another process is PID 1, and what the shell sets (`PWD`, `SHLVL`) is gone.

use crate::knowledge::{base_name, programs};
use crate::model::program::{self, Program};
use crate::model::{Base, Model, SearchFolder};
use crate::shell::{self, Interpreter, Simple};
use crate::syntax::{Args, Keyword};

use super::counterparts::{differing, says};
use super::{Demand, Facts, Refusal, Version};

/// Checks the claim.
pub fn check(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    demand: Demand,
    facts: Facts<'_>,
) -> Result<(), Refusal> {
    let (old, new) = (&before.model, &after.model);
    for index in differing(before, after)? {
        if demand == Demand::SameImage {
            return Err(Refusal::new("without a shell another process is PID 1, and its environment differs"));
        }
        let words = now_json(old, new, index)?;
        let written = text(old, index)?;
        if written.starts_with('[') {
            meant_as_list(old, index, &written, &words)?;
        } else {
            plain_command(old, index, &words, facts)?;
        }
    }
    Ok(())
}

/// The elements after, of an instruction that was none before.
fn now_json(old: &Model<'_, '_>, new: &Model<'_, '_>, index: usize) -> Result<Vec<String>, Refusal> {
    let (was, is) = (says(old, index), says(new, index));
    let line = old.instructions[index].first_line;
    if was.json || !is.json || was.flags != is.flags || !was.heredocs.is_empty() || !is.heredocs.is_empty() {
        return Err(Refusal::new(format!("more than the form of line {line} changed")));
    }
    if is.value.is_empty() || is.value[0].is_empty() {
        return Err(Refusal::new(format!("line {line} names nothing to run")));
    }
    Ok(is.value)
}

fn text(model: &Model<'_, '_>, index: usize) -> Result<String, Refusal> {
    let instruction = model.instructions[index];
    let text = instruction.body.rest.slice(instruction.joined.text());
    std::str::from_utf8(text).map(str::to_owned).map_err(|_| Refusal::new("it is not UTF-8"))
}

/// A command of plain words in shell form.
fn plain_command(model: &Model<'_, '_>, index: usize, words: &[String], facts: Facts<'_>) -> Result<(), Refusal> {
    let line = model.instructions[index].first_line;
    if !matches!(model.keyword(index), Keyword::Cmd | Keyword::Entrypoint) {
        return Err(Refusal::new(format!("line {line} is no CMD or ENTRYPOINT")));
    }
    if model.states[index].shell != Interpreter::default_linux() || chain_has(model, index, Keyword::Shell) {
        return Err(Refusal::new(format!("line {line} is read by another shell than `/bin/sh -c`")));
    }
    let simple = only_command(model, index)?;
    let mut literals = Vec::with_capacity(simple.words.len());
    for word in &simple.words {
        let script = model.script(index).ok_or_else(|| Refusal::new("no readable script"))?;
        let literal = shell::literal(script.str(word.range)).map(String::from);
        literals.push(literal.ok_or_else(|| Refusal::new(format!("the shell expands a word of line {line}")))?);
    }
    let instruction = model.instructions[index];
    let swallowed = |word: &String| {
        let keyword = Keyword::from_word(word.as_bytes());
        keyword != Keyword::Unknown && keyword.name() == word
    };
    if instruction.first_line != instruction.last_line && literals.iter().any(swallowed) {
        return Err(Refusal::new(format!("line {line} seems to hold the instruction below it")));
    }
    let expected = match literals.as_slice() {
        [whole] if whole.contains(' ') => split_whole(whole)
            .ok_or_else(|| Refusal::new(format!("the command in the quotes of line {line} is not plain words")))?,
        [exec, program @ ..] if exec == "exec" => {
            if program.first().is_none_or(|program| program.starts_with('-')) {
                return Err(Refusal::new(format!("`exec` of line {line} names no program")));
            }
            program.to_vec()
        }
        _ => literals.clone(),
    };
    if expected != words {
        return Err(Refusal::new(format!("the words of line {line} changed")));
    }
    let program = &words[0];
    if literals[0] != "exec" && programs::is_shell_builtin(program) {
        return Err(Refusal::new(format!("only a shell knows `{program}` of line {line}")));
    }
    if program.starts_with('-') || program.contains([' ', '\t', '=']) {
        return Err(Refusal::new(format!("`{program}` of line {line} is no program's name")));
    }
    can_be_executed(model, index, program, facts)?;
    same_arguments(model, index)
}

/// The one simple command that the script is, without anything around.
fn only_command<'m>(model: &'m Model<'_, '_>, index: usize) -> Result<&'m Simple, Refusal> {
    let line = model.instructions[index].first_line;
    let refuse = |what: &str| Refusal::new(format!("line {line} {what}"));
    let script = model.script(index).ok_or_else(|| refuse("is no script that can be read"))?;
    if !script.comments.is_empty() || script.in_heredoc {
        return Err(refuse("holds a comment or a heredoc"));
    }
    let commands = script.simple_commands();
    let (Some(chain), [simple]) = (script.single_chain(), commands.as_slice()) else {
        return Err(refuse("is more than one command"));
    };
    let [only] = chain.links.as_slice() else { return Err(refuse("is more than one command")) };
    if only.pipeline.simple() != Some(simple) || !simple.assignments.is_empty() || !simple.redirects.is_empty() {
        return Err(refuse("needs a shell"));
    }
    Ok(simple)
}

/// The words of a whole command in one pair of quotes, where no character of it means anything to a shell.
fn split_whole(whole: &str) -> Option<Vec<String>> {
    let plain = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '/' | ':' | ',' | '+' | '@' | '%' | '=')
    };
    let words: Vec<String> = whole.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    (whole.chars().all(plain) && words.len() > 1).then_some(words)
}

/// The kernel starts no script without `#!`; a shell does. Nothing may tell that it is one.
fn can_be_executed(model: &Model<'_, '_>, index: usize, program: &str, facts: Facts<'_>) -> Result<(), Refusal> {
    if programs::is_of_windows(program) {
        return Err(Refusal::new(format!("`{program}` is started by `cmd`, which reads quotes otherwise")));
    }
    if !program.contains('/') {
        is_searched_for_alike(model, index, program)?;
    }
    let like_a_script = |path: &str| programs::is_script_by_name(&format!("/{path}"));
    for what in program::may_be(model, index, program, facts.context) {
        let starts = match what {
            Program::File(text) => programs::kernel_starts(&text),
            Program::System => !programs::is_script_by_name(program),
            Program::Unseen { source, printed } => {
                !printed && !programs::is_script_by_name(program) && !source.as_deref().is_some_and(like_a_script)
            }
        };
        if !starts {
            return Err(Refusal::new(format!("`{program}` may be a script without `#!`, which only a shell can run")));
        }
    }
    Ok(())
}

/// A shell looks into relative folders of PATH too; a container runtime finds a program there and does not start it.
///
/// Source: `LookPath` of Go's `os/exec` since Go 1.19, which runc calls in `libcontainer/standard_init_linux.go`.
fn is_searched_for_alike(model: &Model<'_, '_>, index: usize, program: &str) -> Result<(), Refusal> {
    let own = model.stage_of(index).map(|stage| stage.index);
    let mut stages: Vec<usize> = own.map(|own| model.line_of(own)).unwrap_or_default();
    stages.extend(
        model
            .stages
            .iter()
            .map(|stage| stage.index)
            .filter(|stage| own.is_some_and(|own| *stage != own && model.line_of(*stage).contains(&own))),
    );
    let relative = |folder: &SearchFolder| matches!(folder, SearchFolder::Relative(_));
    if model.search_folders(&stages).iter().any(|(_, folder)| relative(folder)) {
        return Err(Refusal::new(format!(
            "`{program}` may be found by a relative folder of PATH, which no runtime takes"
        )));
    }
    Ok(())
}

/// What else the program gets as arguments: the shell form of ENTRYPOINT drops CMD, and CMD of the exec form goes
/// to an ENTRYPOINT word by word.
fn same_arguments(model: &Model<'_, '_>, index: usize) -> Result<(), Refusal> {
    let line = model.instructions[index].first_line;
    if model.keyword(index) == Keyword::Entrypoint {
        let stage = model.stage_of(index).map_or(0..0, |stage| stage.range.clone());
        let mut sees = stage.chain(model.later(index)).chain(parents(model, index));
        return if sees.any(|other| is(model, other, Keyword::Cmd)) {
            Err(Refusal::new(format!("ENTRYPOINT of line {line} would be given the words of CMD as arguments")))
        } else {
            Ok(())
        };
    }
    let stage = model.stage_of(index).map_or(0..0, |stage| stage.range.clone());
    for other in stage.chain(model.later(index)).chain(parents(model, index)) {
        if !is(model, other, Keyword::Entrypoint) {
            continue;
        }
        let starts_others = match &model.instructions[other].body.args {
            Args::Json(strings) => {
                let words: Vec<&str> = strings.iter().map(|string| string.value.as_str()).collect();
                programs::only_starts_others(&words)
            }
            _ => false,
        };
        if !starts_others {
            return Err(Refusal::new(format!("ENTRYPOINT would be given other arguments by line {line}")));
        }
    }
    Ok(())
}

/// Whether an instruction is of this kind, or an ONBUILD of it.
fn is(model: &Model<'_, '_>, index: usize, keyword: Keyword) -> bool {
    match &model.instructions[index].body.args {
        Args::Onbuild(inner) => inner.keyword == keyword,
        _ => model.keyword(index) == keyword,
    }
}

fn chain_has(model: &Model<'_, '_>, index: usize, keyword: Keyword) -> bool {
    let start = model.stage_of(index).map_or(index, |stage| stage.range.start);
    (start..index).chain(parents(model, index)).any(|other| is(model, other, keyword))
}

/// The instructions of the stages that the stage of instruction `index` is built on.
fn parents(model: &Model<'_, '_>, index: usize) -> impl Iterator<Item = usize> {
    let first = model.stage_of(index).and_then(|stage| stage.base.stage());
    let up = |parent: &usize| model.stages[*parent].base.stage();
    std::iter::successors(first, up).flat_map(|parent| model.stages[parent].range.clone())
}

/// A list in brackets that only its quotes or commas keep from being JSON.
fn meant_as_list(model: &Model<'_, '_>, index: usize, written: &str, words: &[String]) -> Result<(), Refusal> {
    let line = model.instructions[index].first_line;
    let keyword = model.keyword(index);
    if !matches!(keyword, Keyword::Cmd | Keyword::Entrypoint | Keyword::Volume) {
        return Err(Refusal::new(format!("line {line} may mean the text as it stands")));
    }
    if matches!(model.states[index].shell, Interpreter::Other(_)) {
        return Err(Refusal::new(format!("line {line} is read by another shell than sh or bash")));
    }
    if list(written).as_deref() != Some(words) {
        return Err(Refusal::new(format!("the words of line {line} are not those of its list")));
    }
    let expands = words.iter().any(|word| word.contains('$'));
    let program = base_name(&words[0]);
    if keyword == Keyword::Volume {
        return if expands {
            Err(Refusal::new(format!("a variable of line {line} would be filled in")))
        } else {
            Ok(())
        };
    }
    if words[0].contains([' ', '\t']) || programs::is_shell_builtin(&words[0]) {
        return Err(Refusal::new(format!("the first word of line {line} is no program's name")));
    }
    if words[0].starts_with('-') && !(keyword == Keyword::Cmd && goes_to_an_entrypoint(model, index)) {
        return Err(Refusal::new(format!("line {line} names no program, and may be a test that a shell runs")));
    }
    if expands && !matches!(program, "sh" | "bash" | "dash" | "ash") {
        return Err(Refusal::new(format!("no shell fills in the variable of line {line}")));
    }
    Ok(())
}

/// Whether CMD may be the arguments of an ENTRYPOINT: of one in the file, or of an image that may bring one.
fn goes_to_an_entrypoint(model: &Model<'_, '_>, index: usize) -> bool {
    let Some(stage) = model.stage_of(index) else { return false };
    let line = model.line_of(stage.index);
    let all = line.iter().flat_map(|stage| model.stages[*stage].range.clone()).chain(model.later(index));
    let listed = |at: usize| {
        let words = matches!(&model.instructions[at].body.args, Args::Json(strings) if !strings.is_empty());
        model.keyword(at) == Keyword::Entrypoint && words
    };
    let nothing_below = line.iter().any(|stage| model.stages[*stage].base == Base::Scratch);
    let bare = model.base_image(index).is_some_and(|image| image.bare);
    all.into_iter().any(listed) || !nothing_below && !bare
}

/// The strings of `[…]`, each in quotes of any kind; a comma may lack where blanks part two, or be one too many
/// at the end.
fn list(written: &str) -> Option<Vec<String>> {
    let mut rest = written.strip_prefix('[')?.strip_suffix(']')?.trim();
    let mut words = Vec::new();
    while !rest.is_empty() {
        let open = rest.chars().next()?;
        let inner = &rest[open.len_utf8()..];
        let closes: &[char] = match open {
            '\'' | '‘' | '’' => &['\'', '‘', '’'],
            '"' | '“' | '”' => &['"', '“', '”'],
            _ => return None,
        };
        let end = inner.find(closes)?;
        let close = inner[end..].chars().next()?;
        // A backslash or a control character would have to be understood, not copied.
        let value = &inner[..end];
        if value.is_empty() || value.contains('\\') || value.chars().any(char::is_control) {
            return None;
        }
        words.push(value.to_owned());
        let after = &inner[end + close.len_utf8()..];
        let next = after.trim_start();
        rest = match next.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if next.is_empty() || next.len() < after.len() => next,
            None => return None,
        };
    }
    (!words.is_empty()).then_some(words)
}
