//! A SHELL instruction appeared, or took the place of a replaced `/bin/sh`.
//!
//! What the new shell reads is found by comparing what is in force at each instruction of both versions.

use crate::knowledge::base_name;
use crate::model::{Model, shells};
use crate::shell::{Body, Interpreter, Literals, Script, Simple};
use crate::syntax::{Args, Keyword};

use super::commands::{outline, says};
use super::{Demand, Facts, Refusal, Version, taken_along};

/// Checks the claim.
pub fn check(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    demand: Demand,
    _facts: Facts<'_>,
) -> Result<(), Refusal> {
    if demand == Demand::SameImage {
        return Err(Refusal::new("another shell is not the same image"));
    }
    let (old, new) = (&before.model, &after.model);
    let at = (0..old.instructions.len()).find(|at| at + 1 > new.instructions.len() || says(old, *at) != says(new, *at));
    let at = at.ok_or_else(|| Refusal::new("no SHELL appeared"))?;
    let appeared = new.instructions.len() == old.instructions.len() + 1;
    let (behind_old, behind_new) = if appeared { (at, at + 1) } else { (at + 1, at + 1) };
    let rest = old.instructions.len() - behind_old;
    if new.instructions.len() != behind_new + rest
        || (0..rest).any(|step| says(old, behind_old + step) != says(new, behind_new + step))
    {
        return Err(Refusal::new("more than one SHELL changed"));
    }
    if new.keyword(at) != Keyword::Shell {
        return Err(Refusal::new("an instruction other than SHELL changed"));
    }
    same_places(old, new, at, appeared)?;
    let words = shell_words(new, at).ok_or_else(|| Refusal::new("a SHELL that is no list of words"))?;
    let to_bash = if appeared {
        appears(old, at, &words)?
    } else if old.keyword(at) == Keyword::Shell {
        grows(old, at, &words)?;
        false
    } else {
        replaces(old, at, &words)?;
        return Ok(());
    };
    for index in behind_old..old.instructions.len() {
        let shell = &old.states[index].shell;
        if *shell != new.states[index - behind_old + behind_new].shell {
            harmless(old, index, to_bash.then_some(shell))?;
        }
    }
    Ok(())
}

/// Comments and keywords stand in the same order, and no comment that means something is above the new SHELL.
fn same_places(old: &Model<'_, '_>, new: &Model<'_, '_>, at: usize, appeared: bool) -> Result<(), Refusal> {
    let (lines, mut after) = (outline(old), outline(new));
    let mut shells = (0..=at).filter(|index| new.keyword(*index) == Keyword::Shell).count();
    let place = after.iter().position(|line| {
        shells -= usize::from(line == "SHELL");
        shells == 0
    });
    let place = place.ok_or_else(|| Refusal::new("no SHELL appeared"))?;
    if appeared {
        let above = after[..place].iter().rev().take_while(|line| line.starts_with('#'));
        let mut meant = above.filter(|line| ["hadolint", "check=", "dockmod"].iter().any(|word| line.contains(word)));
        if meant.next().is_some() {
            return Err(Refusal::new("a comment for the instruction below it would hold for SHELL"));
        }
        after.remove(place);
    } else {
        after[place] = lines.get(place).cloned().unwrap_or_default();
    }
    if lines == after { Ok(()) } else { Err(Refusal::new("an instruction or a comment moved or is gone")) }
}

fn shell_words(model: &Model<'_, '_>, index: usize) -> Option<Vec<String>> {
    match &model.instructions[index].body.args {
        Args::Json(strings) if model.flags(index).is_empty() => {
            Some(strings.iter().map(|string| string.value.clone()).collect())
        }
        _ => None,
    }
}

/// A new SHELL stands above a RUN that pipes; gives whether another shell reads it than before.
fn appears(old: &Model<'_, '_>, at: usize, words: &[String]) -> Result<bool, Refusal> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let piping =
        at < old.instructions.len() && old.run_script(at).or_else(|| old.script(at)).is_some_and(shells::pipes);
    if !piping || old.keyword(at) != Keyword::Run {
        return Err(Refusal::new("the new SHELL stands above no RUN that pipes"));
    }
    if old.shell_set_at(at).is_some() || old.states[at].shell != Interpreter::default_linux() {
        return Err(Refusal::new("another SHELL is in force"));
    }
    match words.as_slice() {
        ["/bin/bash", "-o", "pipefail", "-c"] if old.has_bash(at) => Ok(true),
        ["/bin/ash", "-o", "pipefail", "-c"] if old.ash_knows_pipefail(at) => Ok(false),
        _ => Err(Refusal::new("the new SHELL is not known to be in the image, or does more than `pipefail`")),
    }
}

/// A SHELL got `-o pipefail`, and nothing else.
fn grows(old: &Model<'_, '_>, at: usize, words: &[String]) -> Result<(), Refusal> {
    let before = shell_words(old, at).ok_or_else(|| Refusal::new("a SHELL that is no list of words"))?;
    let (last, first) = before.split_last().ok_or_else(|| Refusal::new("an empty SHELL"))?;
    let mut grown: Vec<&str> = first.iter().map(String::as_str).collect();
    grown.extend(["-o", "pipefail", last.as_str()]);
    let interpreter = Interpreter::from_words(&before);
    let program = base_name(&before[0]);
    let knows = match program {
        "bash" => true,
        "ash" => old.ash_knows_pipefail(at),
        _ => false,
    };
    let short = last.starts_with('-') && !last.starts_with("--") && last.ends_with('c') && !last.contains('o');
    if grown == words.iter().map(String::as_str).collect::<Vec<_>>()
        && knows
        && short
        && interpreter.is_plain()
        && !before.iter().any(|word| word == "pipefail")
    {
        return Ok(());
    }
    Err(Refusal::new("more than `-o pipefail` was added, or to a shell that does not know it"))
}

/// What the shell in force reads must mean the same under `pipefail`, and in bash where that is another shell.
fn harmless(old: &Model<'_, '_>, index: usize, other: Option<&Interpreter>) -> Result<(), Refusal> {
    let line = old.instructions[index].first_line;
    let script = match old.body(index) {
        None | Some(Body::Exec(_)) => return Ok(()),
        Some(Body::Opaque(_)) => return Err(Refusal::new(format!("what line {line} runs can't be read"))),
        Some(Body::Script(script)) => script,
    };
    if old.sets_variable(index, "BASH_ENV") {
        return Err(Refusal::new("bash reads the file that BASH_ENV names"));
    }
    let echoed = || old.echoes_escape_of(index).map(|name| format!("the `echo` of bash prints `{name}` otherwise"));
    let reason = other.and_then(|shell| script.differs_in_bash(shell).or_else(echoed));
    let reason = reason.or_else(|| if shells::sets_pipefail(script) { None } else { shells::pipefail_hazard(script) });
    match reason {
        Some(reason) => Err(Refusal::new(format!("line {line}: {reason}"))),
        None => Ok(()),
    }
}

/// A RUN that did nothing but put bash in the place of `/bin/sh` became `SHELL ["/bin/bash", "-c"]`.
fn replaces(old: &Model<'_, '_>, at: usize, words: &[String]) -> Result<(), Refusal> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let script = old.run_script(at).filter(|_| old.flags(at).is_empty());
    let script = script.ok_or_else(|| Refusal::new("a RUN with flags, or one that can't be read, is gone"))?;
    if !links_bash(script) {
        return Err(Refusal::new("the RUN did more than put bash in the place of `/bin/sh`"));
    }
    if old.shell_set_at(at).is_some() || old.states[at].shell != Interpreter::default_linux() {
        return Err(Refusal::new("another SHELL is in force"));
    }
    if words != ["/bin/bash", "-c"] && words != ["/usr/bin/bash", "-c"] {
        return Err(Refusal::new("the SHELL is not bash alone"));
    }
    let used = old.shell_is_used_later(at);
    if !used && !old.has_bash(at) {
        return Err(Refusal::new("nothing shows that bash is in the image"));
    }
    sh_may_be_another(old, at)
}

/// Nothing may count on bash as `/bin/sh`, or on bash being called by that name.
fn sh_may_be_another(old: &Model<'_, '_>, at: usize) -> Result<(), Refusal> {
    let refuse = |index: usize, what: &str| {
        let line = old.instructions[index].first_line;
        Err(Refusal::new(format!("line {line} {what}")))
    };
    let mut reached = old.later(at).chain(old.started_with(at));
    if let Some(index) = reached.find(|index| old.names_sh(*index)) {
        return refuse(index, "names or starts `sh`, which would no longer be bash");
    }
    let sources = |index: &usize| old.sets_variable(*index, "BASH_ENV");
    if let Some(index) = old.later(at).chain(old.started_with(at)).find(sources) {
        return refuse(index, "runs under BASH_ENV, whose file bash reads where it is not called `sh`");
    }
    for index in old.read_by_sh_anyway(at) {
        let same = matches!(
            old.body(index),
            Some(Body::Script(script)) if script.differs_in_bash(&Interpreter::default_linux()).is_none()
        );
        // Under a SHELL the text was taken for that shell's.
        if !same || old.shell_set_at(index).is_some() || old.echoes_escape_of(index).is_some() {
            return refuse(index, "is read by `/bin/sh`, which would no longer be bash");
        }
    }
    taken_along::none_of(old, at, "/bin/sh")?;
    taken_along::none_of(old, at, "/usr/bin/sh")
}

/// `ln -sf /bin/bash /bin/sh`, or `rm /bin/sh && ln -s /bin/bash /bin/sh`, and nothing else.
fn links_bash(script: &Script<'_>) -> bool {
    let Some(chain) = script.single_chain().filter(|chain| chain.is_and_only()) else { return false };
    let commands: Option<Vec<&Simple>> = chain.links.iter().map(|link| link.pipeline.simple()).collect();
    let Some(commands) = commands.filter(|_| script.comments.is_empty()) else { return false };
    let plain = |simple: &Simple| simple.redirects.is_empty() && simple.assignments.is_empty();
    if !commands.iter().all(|simple| plain(simple)) {
        return false;
    }
    let words: Vec<Literals<'_>> = commands.iter().map(|simple| simple.literals()).collect();
    let removes = |words: &[Option<&str>]| {
        matches!(words, [Some("rm"), Some("/bin/sh")] | [Some("rm"), Some("-f" | "-rf"), Some("/bin/sh")])
    };
    let links = |words: &[Option<&str>], forced: bool| {
        let [Some("ln"), options @ .., Some("/bin/bash" | "/usr/bin/bash" | "bash"), Some("/bin/sh")] = words else {
            return false;
        };
        let letters: Option<String> = options.iter().map(|word| word.and_then(|word| word.strip_prefix('-'))).collect();
        letters.is_some_and(|letters| {
            letters.contains('s')
                && (!forced || letters.contains('f'))
                && letters.chars().all(|letter| matches!(letter, 's' | 'f' | 'n' | 'v'))
        })
    };
    match words.as_slice() {
        [link] => links(link, true),
        [remove, link] => removes(remove) && links(link, false),
        _ => false,
    }
}
