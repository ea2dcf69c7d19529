//! What a command leaves behind in its shell, its namespaces and its processes.
//!
//! Two RUNs are two shells, two mount and process namespaces; joined by `&&` they are one of each.

use std::collections::BTreeSet;

use crate::knowledge::commands;
use crate::shell::{Command, Interpreter, List, Pipeline, Script};

use super::Refusal;

/// The longest string that `sh -c` takes, in bytes (`MAX_ARG_STRLEN` of Linux).
pub const MAX_SCRIPT: usize = 128 * 1024;

/// Places that each RUN gets anew, or that are mounted for one RUN alone.
const PER_RUN_PLACES: &[&str] = &["/dev/shm", "/etc/hosts", "/etc/resolv.conf", "/etc/hostname", "/proc/", "/sys/"];

/// Commands that change mounts or kernel state for the rest of their RUN.
const NAMESPACE_COMMANDS: &[&str] = &["mount", "umount", "losetup", "sysctl", "hostname", "swapon", "modprobe"];

/// Shows that nothing but files is left for what runs next in the same shell.
///
/// # Errors
/// With the first thing that may be left behind.
pub fn leaves_only_files(script: &Script<'_>, shell: &Interpreter) -> Result<(), Refusal> {
    if !shell.is_plain() {
        return Err(Refusal::new("the shell is given options that are not understood"));
    }
    if !script.comments.is_empty() {
        return Err(Refusal::new("a shell comment runs to the end of the command"));
    }
    let Some(chain) = script.single_chain() else {
        return Err(Refusal::new("the commands are not one chain: a `;` or `&` hides a failure"));
    };
    if !chain.is_and_only() {
        return Err(Refusal::new("an `||` handles a failure"));
    }
    let whole = String::from_utf8_lossy(script.text.text());
    if let Some(place) = PER_RUN_PLACES.iter().find(|place| whole.contains(**place)) {
        return Err(Refusal::new(format!("{place} is another one in each RUN")));
    }
    if assigns_by_expansion(&whole) {
        return Err(Refusal::new("`${NAME:=value}` sets the variable for what follows"));
    }
    for link in &chain.links {
        pipeline_leaves_nothing(script, &link.pipeline)?;
    }
    Ok(())
}

/// Whether a `${NAME=value}` or `${NAME:=value}` is in the text.
fn assigns_by_expansion(text: &str) -> bool {
    text.match_indices("${").any(|(at, _)| {
        let rest = text[at + 2..].trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
        rest.starts_with('=') || rest.starts_with(":=")
    })
}

/// Shows that what the flags of two RUNs mount is the same for both, and kept or unchanged from one to the
/// next.
///
/// # Errors
/// With the flag that makes something anew for each RUN.
pub fn mounts_are_lasting(flags: &[&str]) -> Result<(), Refusal> {
    for flag in flags {
        let Some(mount) = flag.strip_prefix("--mount=") else { continue };
        let options: Vec<&str> = mount.split(',').collect();
        let kind = options.iter().find_map(|option| option.strip_prefix("type=")).unwrap_or("bind");
        let writable = options.iter().any(|option| matches!(option.split('=').next(), Some("rw" | "readwrite" | "ro" | "readonly")));
        let lasting = match kind {
            "cache" | "secret" | "ssh" => true,
            "bind" => !writable,
            _ => false,
        };
        if !lasting {
            return Err(Refusal::new(format!("`{flag}` is made anew for each RUN")));
        }
    }
    Ok(())
}

fn pipeline_leaves_nothing(script: &Script<'_>, pipeline: &Pipeline) -> Result<(), Refusal> {
    if pipeline.negated {
        return Err(Refusal::new("a negated command"));
    }
    for command in &pipeline.commands {
        match command {
            Command::Compound(compound) if compound.kind == crate::shell::CompoundKind::Subshell => {
                for list in &compound.lists {
                    subshell_leaves_nothing(script, list)?;
                }
            }
            Command::Compound(_) => return Err(Refusal::new("a group, a branch, a loop or a function")),
            Command::Simple(simple) => {
                let Some(name) = simple.name() else {
                    return Err(Refusal::new("an assignment, or a command whose name is not written out"));
                };
                if commands::changes_shell(name) {
                    return Err(Refusal::new(format!("`{name}` changes the shell for what follows")));
                }
                leaves_no_process(name)?;
                if simple.redirects.iter().any(|redirect| redirect.heredoc) {
                    return Err(Refusal::new("a heredoc"));
                }
            }
        }
    }
    Ok(())
}

/// A subshell keeps its folder and variables to itself; only an `&&` chain fails alike with and without `-e`.
fn subshell_leaves_nothing(script: &Script<'_>, list: &List) -> Result<(), Refusal> {
    let [item] = list.items.as_slice() else {
        return Err(Refusal::new("a subshell with several commands in sequence"));
    };
    if !item.chain.is_and_only() || item.end != crate::shell::Terminator::None {
        return Err(Refusal::new("a subshell that hides a failure"));
    }
    for command in item.chain.links.iter().flat_map(|link| &link.pipeline.commands) {
        let Command::Simple(simple) = command else {
            return Err(Refusal::new("a subshell with commands nested in it"));
        };
        let Some(name) = simple.name() else {
            return Err(Refusal::new("a command whose name is not written out"));
        };
        leaves_no_process(name)?;
        if simple.redirects.iter().any(|redirect| redirect.heredoc) {
            return Err(Refusal::new("a heredoc"));
        }
    }
    let _ = script;
    Ok(())
}

fn leaves_no_process(name: &str) -> Result<(), Refusal> {
    if commands::leaves_process(name) {
        return Err(Refusal::new(format!("`{name}` may leave a process running, which ends with its RUN")));
    }
    if NAMESPACE_COMMANDS.contains(&name) {
        return Err(Refusal::new(format!("`{name}` holds for its own RUN only")));
    }
    Ok(())
}

/// Shows that no command that both scripts run may have moved in between.
///
/// A shell remembers where it found a command: `pip install -U pip` in one RUN and `pip` in the next find two
/// programs, and one when joined.
///
/// # Errors
/// With the command that may have moved.
pub fn finds_the_same_commands(first: &Script<'_>, second: &Script<'_>) -> Result<(), Refusal> {
    let names = |script: &Script<'_>| -> BTreeSet<String> {
        let names = script.simple_commands().into_iter().filter_map(|simple| simple.name().map(str::to_owned));
        names.collect()
    };
    let both: BTreeSet<String> = names(first).intersection(&names(second)).cloned().collect();
    for simple in first.simple_commands() {
        for word in simple.words.iter().skip(1) {
            let text = script_word(first, word);
            let mut tokens = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '.' | '+' | '_')));
            if let Some(name) = tokens.find(|token| both.contains(*token)) {
                return Err(Refusal::new(format!(
                    "`{name}` may be found in another place after the first RUN, and a shell remembers the old one"
                )));
            }
        }
    }
    Ok(())
}

fn script_word(script: &Script<'_>, word: &crate::shell::Word) -> String {
    word.literal.clone().unwrap_or_else(|| script.str(word.range).to_owned())
}
