//! Programs by their names: what only a shell knows, what starts others, what is likely a script.

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

/// Programs that do nothing but run the words that they are given.
const INITS: &[&str] = &["tini", "tini-static", "dumb-init", "catatonit", "docker-init", "gosu", "su-exec"];

/// Whether a program runs the words that it is given, whatever they are.
#[must_use]
pub fn only_starts_others(path: &str) -> bool {
    INITS.contains(&base_name(path))
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

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
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
        assert!(only_starts_others("/sbin/tini") && !only_starts_others("docker-entrypoint.sh"));
    }
}
