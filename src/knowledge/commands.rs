//! What well-known commands do to a shell and to the file system.

use crate::knowledge::base_name;

/// Builtins that change the shell they run in: joined to what follows, the change would leak.
///
/// Source: POSIX special built-ins, and those of dash and bash that keep state.
const STATEFUL: &[&str] = &[
    "cd",
    "chdir",
    "pushd",
    "popd",
    "set",
    "unset",
    "export",
    "readonly",
    "declare",
    "typeset",
    "local",
    "eval",
    "exec",
    "exit",
    "return",
    "break",
    "continue",
    "trap",
    "umask",
    "ulimit",
    ".",
    "source",
    "shopt",
    "alias",
    "unalias",
    "shift",
    "read",
    "mapfile",
    "readarray",
    "getopts",
    "wait",
    "times",
    "hash",
    "enable",
    "builtin",
    "command",
    "bg",
    "fg",
    "jobs",
    "disown",
    "suspend",
    "let",
    "setopt",
    "emulate",
    "history",
    "bind",
    "complete",
    "dirs",
    "logout",
    "caller",
];

/// Commands that set files and users up, of which several in a row belong together.
const SET_UP: &[&str] = &[
    "mkdir", "chmod", "chown", "chgrp", "useradd", "adduser", "groupadd", "addgroup", "usermod", "groupmod", "ln",
    "touch", "install", "sed", "echo", "printf", "true",
];

/// Whether a builtin of this name changes the shell that runs it.
#[must_use]
pub fn changes_shell(name: &str) -> bool {
    STATEFUL.contains(&name)
}

/// Whether a command of this name is a set-up step.
#[must_use]
pub fn is_set_up(name: &str) -> bool {
    SET_UP.contains(&name)
}

/// Commands that never read the lists of apt, whatever their arguments.
///
/// Interpreters, build tools and package managers of languages are not here when they may run scripts of
/// the project: a script may call apt.
const NEVER_APT: &[&str] = &[
    "mkdir",
    "chmod",
    "chown",
    "chgrp",
    "useradd",
    "adduser",
    "groupadd",
    "addgroup",
    "usermod",
    "groupmod",
    "ln",
    "touch",
    "cp",
    "mv",
    "rm",
    "rmdir",
    "sed",
    "echo",
    "printf",
    "cat",
    "tee",
    "grep",
    "egrep",
    "awk",
    "cut",
    "tr",
    "sort",
    "uniq",
    "head",
    "tail",
    "wc",
    "tar",
    "unzip",
    "gunzip",
    "gzip",
    "xz",
    "bunzip2",
    "curl",
    "wget",
    "git",
    "ls",
    "test",
    "[",
    "true",
    "false",
    ":",
    "locale-gen",
    "update-locale",
    "localedef",
    "ldconfig",
    "update-ca-certificates",
    "update-alternatives",
    "dpkg-reconfigure",
    "sha256sum",
    "sha512sum",
    "sha1sum",
    "md5sum",
    "gpg",
    "pip",
    "pip3",
    "pip2",
    "gem",
    "npm",
    "yarn",
    "pnpm",
    "go",
    "rustup",
    "cargo",
    "composer",
    "bundle",
    "docker-php-ext-install",
    "docker-php-ext-configure",
    "docker-php-ext-enable",
    "pecl",
    "pear",
    "a2enmod",
    "a2dismod",
    "a2ensite",
    "a2dissite",
    "phpenmod",
    "virtualenv",
    "cmake",
    "ninja",
    "gcc",
    "g++",
    "cc",
    "strip",
    "date",
    "id",
    "whoami",
    "uname",
    "env",
    "which",
    "passwd",
    "chpasswd",
    "chsh",
    "getent",
    "find",
    "basename",
    "dirname",
    "readlink",
    "realpath",
    "stat",
    "du",
    "df",
    "sync",
    "sleep",
    "hostname",
    "install",
    "patch",
    "setcap",
    "dpkg",
    "debconf-set-selections",
    "sha384sum",
    "gpgconf",
    "docker-php-source",
    "apt-key",
    "ldd",
    "a2enconf",
    "fc-cache",
    "dbus-uuidgen",
    "gpasswd",
    "nproc",
    "mktemp",
    "openssl",
    "jq",
    "envsubst",
    "ssh-keygen",
    "ssh-keyscan",
    "javac",
    "jar",
    "export",
    "set",
    "cd",
    "unset",
    "umask",
    "exit",
];

fn verb_of<'w>(arguments: &[Option<&'w str>]) -> Option<&'w str> {
    arguments.iter().flatten().copied().find(|word| !word.starts_with('-'))
}

/// Whether a command is known not to read the lists of apt.
///
/// `arguments` are the words after the name; what runs another program counts as that program.
#[must_use]
pub fn never_reads_apt_lists(name: &str, arguments: &[Option<&str>]) -> bool {
    let base = base_name(name);
    if !NEVER_APT.contains(&base) {
        return matches!(base, "python" | "python3" | "python2")
            && matches!(
                arguments,
                [Some("--version" | "-V"), ..]
                    | [Some("-m"), Some("pip" | "venv" | "virtualenv" | "ensurepip" | "compileall"), ..]
            );
    }
    match base {
        // These run what their arguments name.
        "env" => arguments.iter().all(|word| word.is_some_and(|word| word.contains('='))),
        "go" => matches!(verb_of(arguments), Some("build" | "mod" | "get" | "install" | "vet" | "env" | "version")),
        "cargo" => matches!(verb_of(arguments), Some("build" | "fetch" | "install")),
        "bundle" | "composer" => {
            matches!(verb_of(arguments), Some("install" | "config" | "require" | "global" | "update"))
        }
        "git" => {
            !arguments.iter().any(|word| word.is_none_or(|word| matches!(word, "foreach" | "run" | "-x" | "--exec")))
        }
        "tar" => !arguments.iter().any(|word| {
            word.is_none_or(|word| word.starts_with("--to-command") || word.starts_with("--checkpoint-action"))
        }),
        "npm" | "yarn" | "pnpm" => {
            let verb = arguments.iter().flatten().find(|word| !word.starts_with('-'));
            verb.is_none_or(|verb| {
                matches!(*verb, "install" | "i" | "ci" | "add" | "cache" | "config" | "set" | "global" | "update")
            })
        }
        "find" => !arguments.iter().any(|word| matches!(word, Some("-exec" | "-execdir" | "-ok" | "-okdir"))),
        _ => true,
    }
}
