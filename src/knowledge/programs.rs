//! Programs by their names: what only a shell knows, what starts others, what is likely a script.

use crate::knowledge::base_name;

/// Commands that the shell runs itself. Some exist as programs too, which do not behave the same.
///
/// Source: the manuals of dash, busybox ash and bash.
const BUILTINS: &[&str] = &[
    ".",
    ":",
    "[",
    "[[",
    "alias",
    "bg",
    "bind",
    "break",
    "builtin",
    "caller",
    "cd",
    "chdir",
    "command",
    "compgen",
    "complete",
    "compopt",
    "continue",
    "declare",
    "dirs",
    "disown",
    "echo",
    "enable",
    "eval",
    "exec",
    "exit",
    "export",
    "false",
    "fc",
    "fg",
    "getopts",
    "hash",
    "help",
    "history",
    "jobs",
    "kill",
    "let",
    "local",
    "logout",
    "mapfile",
    "popd",
    "printf",
    "pushd",
    "pwd",
    "read",
    "readarray",
    "readonly",
    "return",
    "set",
    "setvar",
    "shift",
    "shopt",
    "source",
    "suspend",
    "test",
    "time",
    "times",
    "trap",
    "true",
    "type",
    "typeset",
    "ulimit",
    "umask",
    "unalias",
    "unset",
    "wait",
];

/// Whether a shell runs a command of this name itself.
#[must_use]
pub fn is_shell_builtin(name: &str) -> bool {
    BUILTINS.contains(&name)
}

/// A program that does nothing but run the words that it is given.
struct Init {
    name: &'static str,
    /// Options that stand alone.
    plain: &'static [&'static str],
    /// Options that take the next word.
    valued: &'static [&'static str],
    /// Whether its first word names a user.
    user: bool,
}

/// Sources: `parse_args` of `tini.c`, `parse_command` of `dumb-init.c`, the usage of catatonit, gosu and su-exec.
const INITS: &[Init] = &[
    Init { name: "tini", plain: TINI_PLAIN, valued: TINI_VALUED, user: false },
    Init { name: "tini-static", plain: TINI_PLAIN, valued: TINI_VALUED, user: false },
    Init { name: "docker-init", plain: TINI_PLAIN, valued: TINI_VALUED, user: false },
    Init {
        name: "dumb-init",
        plain: &["-c", "--single-child", "-v", "--verbose"],
        valued: &["-r", "--rewrite"],
        user: false,
    },
    Init { name: "catatonit", plain: &["-g"], valued: &[], user: false },
    Init { name: "gosu", plain: &[], valued: &[], user: true },
    Init { name: "su-exec", plain: &[], valued: &[], user: true },
];

const TINI_PLAIN: &[&str] = &["-g", "-s", "-v", "-vv", "-vvv", "-w"];
const TINI_VALUED: &[&str] = &["-p", "-e"];

/// Whether a command runs the words that are put behind it, whatever they are, and adds none of its own: an init with
/// its options, or several of them. The words of `tini -- /start.sh` go to a script, which may look at them.
#[must_use]
pub fn only_starts_others<S: AsRef<str>>(words: &[S]) -> bool {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    adds_no_words(&words)
}

fn adds_no_words(words: &[&str]) -> bool {
    let Some((program, mut rest)) = words.split_first() else { return true };
    let Some(init) = INITS.iter().find(|init| init.name == base_name(program)) else { return false };
    if init.user {
        return rest.split_first().is_some_and(|(user, behind)| !user.starts_with('-') && adds_no_words(behind));
    }
    while let Some((word, behind)) = rest.split_first() {
        let (option, value) = word.split_once('=').map_or((*word, None), |(option, value)| (option, Some(value)));
        if *word == "--" {
            return adds_no_words(behind);
        }
        rest = if init.plain.contains(word) || init.valued.contains(&option) && value.is_some() {
            behind
        } else if init.valued.contains(word) {
            let Some((_, behind)) = behind.split_first() else { return false };
            behind
        } else {
            return adds_no_words(rest);
        };
    }
    true
}

/// Whether the kernel starts a file that begins so: a binary, or a script that names what reads it.
///
/// Source: `load_script` of `fs/binfmt_script.c`, which passes over blanks behind `#!`.
#[must_use]
pub fn kernel_starts(text: &str) -> bool {
    let interpreter = text.strip_prefix("#!").map(|rest| rest.trim_start_matches([' ', '\t']));
    interpreter.is_some_and(|path| path.starts_with('/')) || text.starts_with("\u{7f}ELF")
}

/// Whether a program is one of Windows by its name, or a script of its shells.
#[must_use]
pub fn is_of_windows(path: &str) -> bool {
    let end = path.rsplit_once('.').map_or("", |(_, end)| end);
    ["exe", "cmd", "bat", "ps1"].iter().any(|known| end.eq_ignore_ascii_case(known))
}

/// Ends of names that scripts have.
const SCRIPT_ENDS: &[&str] = &[
    "sh", "bash", "ash", "dash", "ksh", "zsh", "py", "pl", "rb", "js", "mjs", "ts", "php", "lua", "tcl", "r", "R",
    "groovy", "cmd", "bat", "ps1",
];

/// Parts of names that scripts of a project have.
const SCRIPT_PARTS: &[&str] = &[
    "entrypoint",
    "entry",
    "start",
    "startup",
    "run",
    "init",
    "launch",
    "boot",
    "bootstrap",
    "wrapper",
    "setup",
    "cmd",
    "command",
    "script",
];

/// Whether a file is, by its name, likely a script, which may lack its `#!` line.
#[must_use]
pub fn is_script_by_name(path: &str) -> bool {
    let name = base_name(path);
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    let lower = name.to_ascii_lowercase();
    // A file of the project; programs of a system such as `runsvdir` are called by their bare names.
    let starts = path.contains('/')
        && ["start", "run", "init", "boot", "launch", "setup", "entry"].iter().any(|start| lower.starts_with(start));
    SCRIPT_ENDS.contains(&end)
        || starts
        || name
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|part| SCRIPT_PARTS.contains(&part.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_scripts() {
        for name in [
            "./start.sh",
            "/run",
            "app.py",
            "/usr/local/bin/docker-entrypoint",
            "bin/start_server",
            "/scripts/StartServer",
            "./runserver",
        ] {
            assert!(is_script_by_name(name), "{name}");
        }
        for name in ["nginx", "/usr/sbin/sshd", "./server", "python3.11", "redis-server", "runsvdir"] {
            assert!(!is_script_by_name(name), "{name}");
        }
    }

    #[test]
    fn inits_and_what_stands_behind_them() {
        for words in [
            "/sbin/tini",
            "tini --",
            "tini -g -s -p SIGTERM -e 143 --",
            "dumb-init --rewrite 15:2 --",
            "dumb-init --rewrite=15:2 -c",
            "gosu app",
            "tini -- gosu app",
            "tini su-exec app:app",
            "",
        ] {
            let words: Vec<&str> = words.split_whitespace().collect();
            assert!(only_starts_others(&words), "{words:?}");
        }
        for words in [
            "docker-entrypoint.sh",
            "tini -- /entry.sh",
            "tini foo --",
            "tini -h",
            "tini -p",
            "dumb-init --rewrite 15:2 -- bash -c",
            "gosu",
            "gosu app server",
            "gosu --version",
        ] {
            let words: Vec<&str> = words.split_whitespace().collect();
            assert!(!only_starts_others(&words), "{words:?}");
        }
    }

    #[test]
    fn what_the_kernel_starts() {
        for text in ["#!/bin/sh\n", "#! /bin/sh\n", "#!\t/usr/bin/env python\n", "\u{7f}ELF\u{2}"] {
            assert!(kernel_starts(text), "{text:?}");
        }
        for text in ["", "echo hi\n", "\n#!/bin/sh\n", "#!\n", "# !/bin/sh\n"] {
            assert!(!kernel_starts(text), "{text:?}");
        }
    }
}
