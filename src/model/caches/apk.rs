//! Alpine's index of packages: which commands store it, and which count on a stored one.

use crate::context::LazyContext;
use crate::knowledge::caches::{ApkIndex, apk_index};
use crate::knowledge::releases::{self, Age};
use crate::knowledge::{base_name, commands, managers};
use crate::shell::{Body, Script, Simple, Terminator};
use crate::syntax::{Keyword, lossy};

use super::super::Model;
use super::super::copy::{self, RuntimeProgram};
use super::{Use, is_forced, runs, text};

/// How recent the apk is that instruction `index` finds.
#[must_use]
pub fn age(model: &Model<'_, '_>, index: usize) -> Age {
    let Some((name, written_out)) = model.base_reference(index) else { return Age::Unknown };
    let age = releases::apk(name);
    if age == Age::Old || age > Age::Unknown && written_out {
        return age;
    }
    // A file that uses the option elsewhere in the stage shows that its apk knows it.
    let Some(stage) = model.stage_of(index) else { return Age::Unknown };
    let shown = stage.range.clone().filter_map(|at| model.script(at)).any(|script| {
        script.simple_commands().into_iter().any(|simple| {
            let words = simple.literals();
            apk_index(&words).is_some() && words.contains(&Some("--no-cache"))
        })
    });
    if shown { Age::Recent } else { Age::Unknown }
}

/// Whether the index is kept for good in this file: `/etc/apk/cache` is apk's own cache of packages.
#[must_use]
pub fn has_lasting_cache(model: &Model<'_, '_>) -> bool {
    let text = lossy(model.file.source);
    text.contains("/etc/apk/cache") || text.contains("setup-apkcache")
}

/// Whether flags of a RUN mount something where apk keeps its index or its settings.
#[must_use]
pub fn is_mounted(model: &Model<'_, '_>, index: usize) -> bool {
    let flags = model.flags(index);
    let mut mounts = flags.iter().filter(|flag| flag.starts_with("--mount="));
    mounts.any(|mount| {
        mount.contains("apk") || mount.contains("/var/cache") || mount.contains("/etc") || mount.contains('$')
    })
}

/// The apk commands of a script in order, with what they have to do with the index.
#[must_use]
pub fn commands_of<'t>(script: &'t Script<'_>) -> Vec<(&'t Simple, ApkIndex)> {
    let commands = script.commands_in_order().into_iter();
    commands.filter_map(|simple| Some((simple, apk_index(&simple.literals())?))).collect()
}

/// Whether a command stands in an `&&` chain at the top of its script.
#[must_use]
pub fn is_on_top(script: &Script<'_>, simple: &Simple) -> bool {
    script.list.items.iter().any(|item| {
        item.end != Terminator::Background
            && item.chain.is_and_only()
            && item.chain.links.iter().any(|link| link.pipeline.simple() == Some(simple))
    })
}

/// Whether the repositories may have changed between the last stored index and the command `simple` of instruction
/// `index`, which reads it: one that is fetched anew would be another.
#[must_use]
pub fn repositories_may_change(model: &Model<'_, '_>, index: usize, simple: &Simple) -> bool {
    const SETTINGS: &str = "/etc/apk";
    let (mut stored, mut changed) = (false, false);
    for at in model.up_to(index) {
        let whole = text(model, at);
        let Some(script) = model.script(at).filter(|_| model.keyword(at) == Keyword::Run) else {
            changed |= whole.contains(SETTINGS) || model.keyword(at) == Keyword::Run;
            continue;
        };
        let in_order = script.commands_in_order();
        let within: usize = in_order.iter().map(|command| script.str(command.range).matches(SETTINGS).count()).sum();
        // A redirection of a group, a loop's list.
        let elsewhere = whole.matches(SETTINGS).count() > within;
        changed |= elsewhere;
        for command in in_order {
            if at == index && command.range.start >= simple.range.start {
                return stored && changed;
            }
            let words = command.literals();
            let of_apk = apk_index(&words);
            if of_apk == Some(ApkIndex::Stored) && is_on_top(script, command) {
                (stored, changed) = (true, elsewhere);
                continue;
            }
            let known = words[managers::wrapper_len(&words)..].split_first().is_none_or(|(name, arguments)| {
                of_apk.is_some() || name.is_some_and(|name| commands::never_reads_apt_lists(name, arguments))
            });
            changed |= !known || script.str(command.range).contains(SETTINGS);
        }
    }
    stored && changed
}

/// Whether a text names apk, or a script of an image that calls it.
#[must_use]
pub fn is_named_in(text: &str) -> bool {
    let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.')));
    words.any(|word| matches!(word, "apk" | "/sbin/apk" | "apk-install"))
}

/// A command of a script that may call apk itself, by its name.
#[must_use]
pub fn unknown_command(script: &Script<'_>) -> Option<String> {
    script.simple_commands().into_iter().find_map(|simple| {
        let words = simple.literals();
        let words = &words[managers::wrapper_len(&words)..];
        let first = words.first()?;
        let known =
            first.is_some_and(|name| commands::never_reads_apt_lists(name, &words[1..]) || apk_index(words).is_some());
        (!known).then(|| first.unwrap_or("a command that is not written out").to_owned())
    })
}

/// Whether a command that is not known names apk among its words, as in `sh -c "apk add git"`.
fn names_it_otherwise(script: &Script<'_>) -> bool {
    script.simple_commands().into_iter().any(|simple| {
        let words = simple.literals();
        let words = &words[managers::wrapper_len(&words)..];
        let known = words.first().is_none_or(|first| {
            first.is_some_and(|name| commands::never_reads_apt_lists(name, &words[1..]) || apk_index(words).is_some())
        });
        !known && simple.words.iter().any(|word| is_named_in(script.str(word.range)))
    })
}

/// What counts on the index that instruction `index` leaves behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Later {
    /// RUNs that install by it, and would not by themselves fetch one.
    pub installs: Vec<usize>,
    /// Anything else.
    pub other: Use,
}

/// Looks through all that sees the files of instruction `index`.
#[must_use]
pub fn later_use(model: &Model<'_, '_>, index: usize, age: Age, context: LazyContext<'_>) -> Later {
    let mut later = Later { installs: Vec::new(), other: Use::None };
    for at in model.seen_by(index).filter(|at| runs(model, *at)) {
        let line = model.instructions[at].first_line;
        let found = match model.script(at) {
            Some(script) if model.keyword(at) == Keyword::Run => match needs(script, age) {
                Need::None if names_it_otherwise(script) => {
                    Use::Surely(format!("line {line} names apk in other words"))
                }
                Need::None => of_unknown(age, || {
                    let name = unknown_command(script)?;
                    Some(format!("`{name}` in line {line} may call apk"))
                }),
                Need::Install => {
                    later.installs.push(at);
                    Use::None
                }
                Need::Other => Use::Surely(format!("line {line} uses the stored index")),
            },
            _ if is_named_in(&text(model, at)) => Use::Surely(format!("line {line} names apk")),
            _ if model.keyword(at) == Keyword::Run => {
                of_unknown(age, || Some(format!("what line {line} runs can't be read and may call apk")))
            }
            _ => started(model, at, age, context),
        };
        later.other = later.other.or(|| found);
    }
    let reader = std::iter::once(index).chain(model.seen_by(index)).find(|at| counts_on_files(model, *at));
    if let Some(at) = reader {
        let line = model.instructions[at].first_line;
        later.other = Use::Surely(format!("line {line} counts on files in `/var/cache/apk`"));
    }
    let taken = (index + 1..model.instructions.len()).find(|at| takes_index_along(model, *at));
    if let Some(at) = taken.filter(|_| age != Age::Modern) {
        let line = model.instructions[at].first_line;
        later.other = Use::Surely(format!("line {line} may copy the stored index"));
    }
    later
}

/// Whether an instruction fails, or does something else, where `/var/cache/apk` is empty: `rm /var/cache/apk/*`.
fn counts_on_files(model: &Model<'_, '_>, at: usize) -> bool {
    let names = |text: &str| text.contains("/var/cache/apk") || text.contains("/var/cache/*");
    if !runs(model, at) || !names(&text(model, at)) {
        return false;
    }
    let Some(script) = model.script(at) else { return true };
    let whole = script.whole().matches("/var/cache").count();
    let mut within = 0;
    for simple in script.simple_commands() {
        let raw: Vec<&str> = simple.words.iter().map(|word| script.str(word.range)).collect();
        within += raw.iter().map(|word| word.matches("/var/cache").count()).sum::<usize>();
        let words = simple.literals();
        let words = &words[managers::wrapper_len(&words)..];
        let idle = match words.first().copied().flatten() {
            Some("rm") => is_forced(words),
            Some("mkdir") => words.contains(&Some("-p")),
            Some("echo" | "printf") => true,
            _ => false,
        };
        if !idle && raw.iter().any(|word| names(word)) {
            return true;
        }
    }
    // A loop's list, a redirection, a test: not judged.
    within < whole
}

/// Whether an instruction copies files of another stage that may be the index.
fn takes_index_along(model: &Model<'_, '_>, at: usize) -> bool {
    if !model.flags(at).iter().any(|flag| flag.starts_with("--from=") || flag.contains(",from=")) {
        return false;
    }
    let text = text(model, at);
    let mut words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '"' | '[' | ']' | '=' | '\''));
    words.any(|word| {
        let path = word.trim_end_matches(['/', '*']);
        word.starts_with('/') && ["", "/var", "/var/cache"].contains(&path) || path.starts_with("/var/cache/apk")
    })
}

/// A modern apk fetches an index that it misses: then what can't be read counts on none.
fn of_unknown(age: Age, doubt: impl FnOnce() -> Option<String>) -> Use {
    if age == Age::Modern { Use::None } else { doubt().map_or(Use::None, Use::Perhaps) }
}

enum Need {
    None,
    Install,
    Other,
}

/// What a script needs of an index that an earlier RUN stored.
fn needs(script: &Script<'_>, age: Age) -> Need {
    let mut need = Need::None;
    for (simple, index) in commands_of(script) {
        match index {
            ApkIndex::Stored if is_on_top(script, simple) => return need,
            ApkIndex::NeededToInstall if age != Age::Modern => need = Need::Install,
            ApkIndex::Needed => return Need::Other,
            ApkIndex::NotNeeded | ApkIndex::Stored | ApkIndex::NeededToInstall => {}
        }
    }
    need
}

fn started(model: &Model<'_, '_>, at: usize, age: Age, context: LazyContext<'_>) -> Use {
    let line = model.instructions[at].first_line;
    let words: Vec<String> = match model.body(at) {
        Some(Body::Exec(words)) => words.clone(),
        Some(Body::Script(script)) => {
            let simple = script.simple_commands().into_iter();
            simple
                .flat_map(|simple| simple.words.iter().filter_map(|word| word.literal.as_deref().map(str::to_owned)))
                .collect()
        }
        _ => return Use::None,
    };
    let mut result = Use::None;
    for (place, word) in words.iter().enumerate() {
        result = result.or(|| match copy::runtime_program(model, at, word, context) {
            RuntimeProgram::Script(text) if is_named_in(&text) => {
                Use::Surely(format!("`{word}`, which line {line} starts, uses apk"))
            }
            RuntimeProgram::Unknown(path) if place == 0 || is_script_name(&path) => {
                of_unknown(age, || Some(format!("`{path}`, which line {line} starts, can't be read and may call apk")))
            }
            _ => Use::None,
        });
    }
    result
}

fn is_script_name(path: &str) -> bool {
    let name = base_name(path);
    name.contains("entrypoint")
        || [".sh", ".bash"].iter().any(|end| name.ends_with(end))
        || !name.contains('.') && path.starts_with("./")
}
