//! What package managers keep of their downloads, what cleans it, and what reads it.
//!
//! Sources: yum(8), dnf(8), zypper(8), apk(8); `npm help cache`, `yarn help cache`.

use super::managers::{self, Family, Verb, base_name};

/// A command that removes what a package manager downloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cleanup {
    /// The program, which is also what installs.
    pub program: &'static str,
    /// The whole command.
    pub command: &'static str,
    /// Its family.
    pub family: Family,
    /// Whether the cache is the system's, so that root alone may clean it.
    pub of_system: bool,
    /// Parts of paths that name the cache.
    pub places: &'static [&'static str],
}

/// Every cleanup that is known.
pub static CLEANUPS: &[Cleanup] = &[
    Cleanup {
        program: "dnf",
        command: "dnf clean all",
        family: Family::RedHat,
        of_system: true,
        places: &["/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5", "/var/cache/*"],
    },
    Cleanup {
        program: "microdnf",
        command: "microdnf clean all",
        family: Family::RedHat,
        of_system: true,
        places: &["/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5", "/var/cache/*"],
    },
    Cleanup {
        program: "yum",
        command: "yum clean all",
        family: Family::RedHat,
        of_system: true,
        places: &["/var/cache/yum", "/var/cache/dnf", "/var/cache/*"],
    },
    Cleanup {
        program: "zypper",
        command: "zypper clean --all",
        family: Family::Suse,
        of_system: true,
        places: &["/var/cache/zypp", "/var/cache/*"],
    },
    Cleanup {
        program: "npm",
        command: "npm cache clean --force",
        family: Family::Npm,
        of_system: false,
        places: &["/.npm", "~/.npm", "_cacache", "npm_config_cache"],
    },
    Cleanup {
        program: "yarn",
        command: "yarn cache clean",
        family: Family::Yarn,
        of_system: false,
        places: &[".cache", "yarn-cache", "yarn_cache_folder", "yarn_global_folder", "cache-folder"],
    },
];

/// The cleanup of a program.
#[must_use]
pub fn cleanup(program: &str) -> Option<&'static Cleanup> {
    CLEANUPS.iter().find(|cleanup| cleanup.program == program)
}

impl Cleanup {
    /// Whether a command installs by this program, without a wrapper such as `sudo`.
    #[must_use]
    pub fn installs(&self, words: &[Option<&str>]) -> bool {
        if words.first().copied().flatten().map(base_name) != Some(self.program) {
            return false;
        }
        match self.family {
            Family::Yarn => matches!(yarn_verb(words), Some(YarnVerb::Project | YarnVerb::Global)),
            _ => managers::invocation(words).is_some_and(|found| found.verb == Verb::Install),
        }
    }

    /// Whether a command asks this program to clean something.
    #[must_use]
    pub fn cleans(&self, words: &[Option<&str>]) -> bool {
        let words = &words[managers::wrapper_len(words)..];
        let Some(program) = words.first().copied().flatten().map(base_name) else { return false };
        let says = |verbs: &[&str]| words[1..].iter().flatten().any(|word| verbs.contains(word));
        match self.family {
            Family::RedHat => matches!(program, "dnf" | "yum" | "microdnf") && says(&["clean"]),
            Family::Suse => program == "zypper" && says(&["clean", "cc"]),
            _ => program == self.program && says(&["cache"]) && says(&["clean", "clear", "rm"]),
        }
    }
}

/// What yarn is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum YarnVerb {
    /// Install the dependencies of a project, or add to them.
    Project,
    /// `yarn global add`, which only yarn 1 knows.
    Global,
    /// Anything else.
    Other,
}

/// Options of yarn 1 that take the next word.
const YARN_VALUED: &[&str] = &[
    "--cwd",
    "--network-timeout",
    "--network-concurrency",
    "--registry",
    "--cache-folder",
    "--modules-folder",
    "--mutex",
    "--preferred-cache-folder",
    "--global-folder",
    "--prefix",
];

/// What a command asks yarn to do; `None` where it is not yarn, or not written out.
#[must_use]
pub fn yarn_verb(words: &[Option<&str>]) -> Option<YarnVerb> {
    let words = &words[managers::wrapper_len(words)..];
    if base_name((*words.first()?)?) != "yarn" {
        return None;
    }
    let mut plain = Vec::new();
    let mut at = 1;
    while at < words.len() && plain.len() < 2 {
        let word = words[at]?;
        if YARN_VALUED.contains(&word) {
            at += 1;
        } else if matches!(word, "--version" | "-v" | "--help" | "-h") && plain.is_empty() {
            return Some(YarnVerb::Other);
        } else if !word.starts_with('-') {
            plain.push(word);
        }
        at += 1;
    }
    Some(match plain.as_slice() {
        [] | ["install" | "add", ..] => YarnVerb::Project,
        ["global", "add"] => YarnVerb::Global,
        _ => YarnVerb::Other,
    })
}

/// What an apk command has to do with the index of packages that an earlier one stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApkIndex {
    /// It does not read an index, or fetches it for itself alone.
    NotNeeded,
    /// It fetches the index and stores it.
    Stored,
    /// It reads a stored index; a modern apk fetches a missing one itself, and stores it.
    NeededToInstall,
    /// It reads a stored index, and does without where there is none, or it is not known.
    Needed,
}

/// Reads an apk command; `None` where it is none.
#[must_use]
pub fn apk_index(words: &[Option<&str>]) -> Option<ApkIndex> {
    let words = &words[managers::wrapper_len(words)..];
    if base_name((*words.first()?)?) != "apk" {
        return None;
    }
    let Some(found) = managers::invocation(words) else { return Some(ApkIndex::Needed) };
    let flags: Vec<&str> = words[1..].iter().flatten().copied().filter(|word| word.starts_with('-')).collect();
    let has = |names: &[&str]| flags.iter().any(|flag| names.contains(flag));
    if has(&["--no-network", "--cache-dir", "--cache-max-age"]) || has(&["--root", "-p"]) {
        return Some(ApkIndex::Needed);
    }
    Some(match found.verb_word.as_str() {
        "update" => ApkIndex::Stored,
        "add" | "upgrade" | "fix" if has(&["--no-cache"]) => ApkIndex::NotNeeded,
        "add" | "upgrade" | "fix" if flags.iter().any(|flag| is_apk_update(flag)) => ApkIndex::Stored,
        "add" | "upgrade" | "fix" => ApkIndex::NeededToInstall,
        "del" | "audit" | "verify" => ApkIndex::NotNeeded,
        "info" if flags.iter().all(|flag| matches!(*flag, "-e" | "-v" | "-vv" | "--installed" | "--verbose")) => {
            ApkIndex::NotNeeded
        }
        _ if has(&["--no-cache"]) => ApkIndex::NotNeeded,
        _ if has(&["--version", "--help", "-V", "-h"]) => ApkIndex::NotNeeded,
        _ => ApkIndex::Needed,
    })
}

/// Whether an option tells apk to fetch the index: `--update`, `-U`, `-Uu`.
#[must_use]
pub fn is_apk_update(word: &str) -> bool {
    matches!(word, "--update" | "--update-cache")
        || word.strip_prefix('-').is_some_and(|letters| !letters.starts_with('-') && letters.contains('U'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<Option<&str>> {
        line.split(' ').map(Some).collect()
    }

    #[test]
    fn what_apk_needs() {
        for (line, need) in [
            ("apk add --no-cache a", ApkIndex::NotNeeded),
            ("apk --no-cache add a", ApkIndex::NotNeeded),
            ("apk add -U a", ApkIndex::Stored),
            ("apk update", ApkIndex::Stored),
            ("apk add a", ApkIndex::NeededToInstall),
            ("apk add --no-network a", ApkIndex::Needed),
            ("apk del a", ApkIndex::NotNeeded),
            ("apk info -e a", ApkIndex::NotNeeded),
            ("apk info -a a", ApkIndex::Needed),
            ("apk search a", ApkIndex::Needed),
        ] {
            assert_eq!(apk_index(&words(line)), Some(need), "{line}");
        }
        assert_eq!(apk_index(&words("echo apk add a")), None);
    }

    #[test]
    fn what_yarn_is_asked() {
        assert_eq!(yarn_verb(&words("yarn")), Some(YarnVerb::Project));
        assert_eq!(yarn_verb(&words("yarn --cwd app install")), Some(YarnVerb::Project));
        assert_eq!(yarn_verb(&words("yarn global add serve")), Some(YarnVerb::Global));
        assert_eq!(yarn_verb(&words("yarn build")), Some(YarnVerb::Other));
        assert_eq!(yarn_verb(&words("yarn --version")), Some(YarnVerb::Other));
    }
}
