//! What `pipefail` makes of the commands of a pipeline.
//!
//! A reader that stops early has its writer killed by SIGPIPE (status 141), which `pipefail` lets count; so does a
//! writer whose status 1 says nothing but "not found".

use super::{interpreters, managers};
use crate::knowledge::base_name;

/// Commands that read their input to its end before they stop, whatever their arguments.
const READ_ALL: &[&str] = &[
    "tar",
    "bsdtar",
    "tee",
    "cat",
    "sort",
    "uniq",
    "wc",
    "cut",
    "tr",
    "base64",
    "gunzip",
    "gzip",
    "zcat",
    "bzip2",
    "bunzip2",
    "xz",
    "unxz",
    "zstd",
    "unzstd",
    "lz4",
    "cpio",
    "sha1sum",
    "sha256sum",
    "sha384sum",
    "sha512sum",
    "md5sum",
    "b2sum",
    "apt-key",
    "gpg",
    "gpg2",
    "gpgv",
    "debconf-set-selections",
    "chpasswd",
    "passwd",
    "patch",
    "xargs",
    "psql",
    "mysql",
    "mariadb",
    "sqlite3",
    "crontab",
    "jq",
    "sed",
    "awk",
    "gawk",
    "mawk",
    "grep",
    "egrep",
    "fgrep",
    "envsubst",
    "iconv",
    "rev",
    "tac",
    "nl",
    "fold",
    "column",
    "paste",
    "hexdump",
    "od",
    "xxd",
    "openssl",
    "tail",
    "dpkg",
    "rpm2cpio",
    "docker-php-entrypoint",
    "dos2unix",
    "newusers",
    "ssh-add",
    "rustup-init",
];

/// Commands that read nothing and are done at once.
const READ_NOTHING: &[&str] = &["true", "false", ":", "exit", "echo", "printf", "cd", "export", "set", "return"];

/// Commands whose failure may mean no more than that there is nothing to print.
const MAY_FAIL: &[&str] = &[
    "yes",
    "scanelf",
    "apk",
    "pacman",
    "zypper",
    "locate",
    "update-alternatives",
    "wait",
    "ssh",
    "grep",
    "egrep",
    "fgrep",
    "zgrep",
    "rgrep",
    "rg",
    "ag",
    "pgrep",
    "diff",
    "cmp",
    "comm",
    "test",
    "[",
    "find",
    "ls",
    "which",
    "type",
    "whereis",
    "command",
    "expr",
    "ldd",
    "file",
    "ps",
    "getent",
    "xargs",
    "dpkg-query",
    "rpm",
    "ssh-keyscan",
    "kill",
    "killall",
    "pkill",
    "lsof",
    "fuser",
    "du",
    "df",
    "false",
    "timeout",
    "strings",
    "readelf",
    "nm",
    "objdump",
    "mount",
    "umount",
    "service",
    "systemctl",
    "lsmod",
    "modprobe",
    "pidof",
    "stat",
    "readlink",
    "realpath",
    "let",
    "ping",
    "nc",
    "netcat",
    "ncat",
    "telnet",
    "dig",
    "host",
    "nslookup",
    "id",
    "groups",
    "apt-cache",
    "dnf",
    "yum",
    "conda",
    "gpgconf",
    "npm",
    "yarn",
    "crontab",
    "script",
    "expect",
];

fn program<'w>(words: &'w [Option<&'w str>]) -> Option<(&'w str, &'w [Option<&'w str>])> {
    let words = &words[managers::wrapper_len(words)..];
    let (first, rest) = words.split_first()?;
    // Of `sudo -u app psql` it is not known which word is the program.
    let name = first.filter(|word| !word.starts_with('-'))?;
    Some((base_name(name), rest))
}

/// Why a command that reads from a pipe may stop before its writer is done; `None` where it surely reads on.
///
/// `raw` is the command as written.
#[must_use]
pub fn stops_early(words: &[Option<&str>], raw: &str) -> Option<String> {
    let Some((name, arguments)) = program(words) else {
        return Some("a command that is not written out may stop reading early".to_owned());
    };
    let cluster = |letters: &str| {
        arguments.iter().flatten().any(|word| {
            let short = word.strip_prefix('-').is_some_and(|rest| !rest.starts_with('-'));
            short && word.chars().any(|letter| letters.contains(letter))
        })
    };
    let long = |names: &[&str]| arguments.iter().flatten().any(|word| names.iter().any(|name| word.starts_with(name)));
    let stops = match name {
        "grep" | "egrep" | "fgrep" => cluster("qmlL") || long(&["--quiet", "--silent", "--max-count", "--files"]),
        "sed" => sed_quits(raw) || arguments.iter().any(Option::is_none) && raw.contains('q'),
        "awk" | "gawk" | "mawk" => raw.contains("exit") || raw.contains("getline"),
        "dpkg" => !long(&["--set-selections"]),
        "openssl" => !arguments
            .iter()
            .flatten()
            .any(|word| matches!(*word, "sha1" | "sha256" | "dgst" | "enc" | "base64" | "md5")),
        _ if interpreters::is_one(name) => !interpreters::reads_all(name, arguments, raw),
        _ => !READ_ALL.contains(&name),
    };
    stops.then(|| format!("`{name}` may stop reading early, and its writer's SIGPIPE would count"))
}

/// Whether a command that reads a pipe ends without a look at it.
#[must_use]
pub fn reads_nothing(words: &[Option<&str>]) -> bool {
    program(words).is_none_or(|(name, _)| READ_NOTHING.contains(&name))
}

/// Whether a writer prints so little that it is done before its reader stops.
#[must_use]
pub fn writes_little(words: &[Option<&str>]) -> bool {
    matches!(words.first(), Some(Some("echo" | "printf")))
}

/// Why a command that writes into a pipe may fail though nothing is wrong.
#[must_use]
pub fn may_fail_rightly(words: &[Option<&str>]) -> Option<String> {
    let Some((name, arguments)) = program(words) else {
        return Some("a command that is not written out writes into a pipe".to_owned());
    };
    let query =
        matches!(name, "dpkg" | "pip" | "pip3" | "gem" | "apt" | "apt-get" | "git" | "java" | "brew" | "composer");
    let harmless = match name {
        "dpkg" => matches!(arguments, [Some("--print-architecture" | "--get-selections")]),
        // A server that ends the connection is an error to it.
        "openssl" => !arguments.contains(&Some("s_client")),
        "git" => !arguments
            .iter()
            .flatten()
            .any(|word| matches!(*word, "grep" | "diff" | "describe" | "rev-parse" | "config")),
        _ => !query,
    };
    let fails = MAY_FAIL.contains(&name) || !harmless;
    fails.then(|| format!("`{name}` may fail though nothing is wrong, and that would count"))
}

/// A `q` that stands as a command of sed: behind nothing, an address or a bracket.
fn sed_quits(raw: &str) -> bool {
    let bytes = raw.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| {
        let before = at.checked_sub(1).map(|at| bytes[at]);
        let after = bytes.get(at + 1);
        matches!(byte, b'q' | b'Q')
            && before.is_none_or(|byte| !byte.is_ascii_alphabetic())
            && after.is_none_or(|byte| !byte.is_ascii_alphabetic() && *byte != b'/')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<Option<&str>> {
        line.split(' ').map(Some).collect()
    }

    #[test]
    fn readers() {
        for line in ["head -1", "grep -q x", "grep -m1 x", "sed 3q", "sed -n '/x/{p;q}'", "awk '{print;exit}'", "less"]
        {
            assert!(stops_early(&words(line), line).is_some(), "{line}");
        }
        for line in
            ["tar xz", "sudo -E bash -", "grep x", "sed s/iraq/q/", "apt-key add -", "awk '{print $1}'", "sort -u"]
        {
            assert!(stops_early(&words(line), line).is_none(), "{line}");
        }
        assert!(reads_nothing(&words("true")) && !reads_nothing(&words("make")));
    }

    #[test]
    fn writers() {
        for line in ["yes", "grep x f", "sudo find /", "dpkg -l", "git describe"] {
            assert!(may_fail_rightly(&words(line)).is_some(), "{line}");
        }
        for line in ["curl -fsSL x", "cat f", "wget -qO- x", "echo a", "git archive HEAD", "sed s/a/b/ f"] {
            assert!(may_fail_rightly(&words(line)).is_none(), "{line}");
        }
    }
}
