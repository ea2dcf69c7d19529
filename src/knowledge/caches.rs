//! What package managers keep of their downloads, what cleans it, and what reads it.
//!
//! Sources: yum(8), dnf(8), zypper(8), apk(8); `npm help cache`, `yarn help cache`.

use super::bases::Distribution;
use super::managers::{self, Family, Verb};
use crate::knowledge::base_name;

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
    /// What the program is made of, by the names of programs, folders and packages; what follows one of these in a
    /// name may be a version. `yum` is a script of `/usr/bin/python`, `dnf` one of `/usr/bin/python3`.
    parts: &'static [&'static str],
}

/// Every cleanup that is known.
pub static CLEANUPS: &[Cleanup] = &[
    Cleanup {
        program: "dnf",
        command: "dnf clean all",
        family: Family::RedHat,
        of_system: true,
        places: &["/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5", "/var/cache/*"],
        parts: &["dnf", "python3", "platform-python", "rpm"],
    },
    Cleanup {
        program: "microdnf",
        command: "microdnf clean all",
        family: Family::RedHat,
        of_system: true,
        places: &["/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5", "/var/cache/*"],
        parts: &["microdnf", "rpm"],
    },
    Cleanup {
        program: "yum",
        command: "yum clean all",
        family: Family::RedHat,
        of_system: true,
        places: &["/var/cache/yum", "/var/cache/dnf", "/var/cache/*"],
        parts: &["yum", "yum-cli", "dnf", "python", "platform-python", "rpm"],
    },
    Cleanup {
        program: "zypper",
        command: "zypper clean --all",
        family: Family::Suse,
        of_system: true,
        places: &["/var/cache/zypp", "/var/cache/*"],
        parts: &["zypper", "libzypp", "rpm"],
    },
    Cleanup {
        program: "npm",
        command: "npm cache clean --force",
        family: Family::Npm,
        of_system: false,
        places: &["/.npm", "~/.npm", "_cacache", "npm_config_cache"],
        parts: &["npm", "node", "nodejs"],
    },
    Cleanup {
        program: "yarn",
        command: "yarn cache clean",
        family: Family::Yarn,
        of_system: false,
        places: &[".cache", "yarn-cache", "yarn_cache_folder", "yarn_global_folder", "cache-folder"],
        parts: &["yarn", "yarnpkg", "node", "nodejs"],
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

    /// Whether a program, a folder or a package of this name is a part of the program, or may be by a glob.
    #[must_use]
    pub fn is_part(&self, name: &str) -> bool {
        let pieces = name.split(['{', ',', '}']);
        let version = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-'));
        pieces.filter(|piece| !piece.is_empty()).any(|piece| {
            let piece = piece.trim_end_matches("-libs");
            let glob = |c: char| matches!(c, '*' | '?' | '[' | ']');
            let (Some(first), Some(last)) = (piece.find(glob), piece.rfind(glob)) else {
                return self.parts.iter().any(|part| piece.strip_prefix(part).is_some_and(version));
            };
            let (start, end) = (&piece[..first], &piece[last + 1..]);
            self.parts.iter().any(|part| {
                let starts = part.starts_with(start) || start.strip_prefix(part).is_some_and(version);
                starts && (version(end) || part.ends_with(end))
            })
        })
    }

    /// Whether the image of this name surely brings the program.
    #[must_use]
    pub fn is_in(&self, reference: &str) -> bool {
        let Some(distribution) = super::bases::base_image(reference).map(|image| image.distribution) else {
            return false;
        };
        let named = |names: &[&str]| names.iter().any(|name| reference.contains(name));
        match self.program {
            "yum" => distribution == Distribution::RedHat,
            "dnf" => distribution == Distribution::RedHat && named(&["fedora", "rockylinux", "almalinux", "ubi"]),
            "zypper" => distribution == Distribution::Suse,
            _ => false,
        }
    }
}

/// Folders of a system that hold its programs and what they are made of.
const OF_SYSTEM: &[&str] = &[
    "/bin",
    "/sbin",
    "/usr/bin",
    "/usr/sbin",
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/share",
    "/etc/alternatives",
    "/var/lib/rpm",
];

/// Whether a path is one of the system's folders of programs.
#[must_use]
pub fn is_folder_of_programs(path: &str) -> bool {
    OF_SYSTEM.contains(&path.trim_end_matches('/'))
}

impl Cleanup {
    /// Whether what stands at this path, or below it, may be a part of the program.
    #[must_use]
    pub fn is_reached_by(&self, path: &str) -> bool {
        let whole = path.trim_end_matches(['/', '*']);
        let holds =
            |folder: &&str| **folder == *whole || folder.strip_prefix(whole).is_some_and(|rest| rest.starts_with('/'));
        path.starts_with('/') && OF_SYSTEM.iter().any(holds) || self.is_at(path)
    }

    /// Whether a path names a part of the program itself.
    #[must_use]
    pub fn is_at(&self, path: &str) -> bool {
        if !path.starts_with('/') {
            // What the folder in force is is not looked at.
            return self.is_part(base_name(path));
        }
        let below = OF_SYSTEM.iter().find_map(|folder| path.strip_prefix(folder)?.strip_prefix('/'));
        below.is_some_and(|rest| {
            let mut names = rest.split('/');
            rest.starts_with(['$', '`']) || names.any(|name| self.is_part(name))
        })
    }
}

/// What yarn is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum YarnVerb {
    /// Install the dependencies of a project, or add to them.
    Project,
    /// `yarn global add`, which only yarn 1 knows.
    Global,
    /// A question about yarn itself: its version, its cache, its settings.
    Itself,
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
            return Some(YarnVerb::Itself);
        } else if !word.starts_with('-') {
            plain.push(word);
        }
        at += 1;
    }
    Some(match plain.as_slice() {
        [] | ["install" | "add", ..] => YarnVerb::Project,
        ["global", "add"] => YarnVerb::Global,
        ["cache" | "config" | "global" | "versions" | "help", ..] => YarnVerb::Itself,
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
    let begins = |names: &[&str]| flags.iter().any(|flag| names.iter().any(|name| flag.starts_with(name)));
    if has(&["--no-network"]) || begins(&["--cache-dir", "--cache-max-age", "--root", "-p"]) {
        return Some(ApkIndex::Needed);
    }
    Some(match found.verb_word {
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
            ("apk add --root=/rootfs a", ApkIndex::Needed),
            ("apk -p/rootfs add a", ApkIndex::Needed),
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
        assert_eq!(yarn_verb(&words("yarn --version")), Some(YarnVerb::Itself));
        assert_eq!(yarn_verb(&words("yarn cache list")), Some(YarnVerb::Itself));
    }

    #[test]
    fn parts_of_a_program() {
        let yum = cleanup("yum").expect("yum");
        for path in [
            "/usr/bin/python",
            "/usr/bin/python2.7",
            "/usr/bin/yum",
            "/usr/lib/python2.7",
            "/usr/lib/python2.7/site-packages/yum",
            "/bin/py*",
            "/usr/bin/{python,pip}",
            "/usr/bin/*",
            "/usr",
            "/usr/bin/$program",
            "python",
        ] {
            assert!(yum.is_reached_by(path), "{path}");
        }
        for path in [
            "/usr/local/bin/python",
            "/opt/python",
            "/usr/share/doc",
            "/usr/bin/pip",
            "/tmp/yum",
            "/var/cache/yum",
            "*.zip",
        ] {
            assert!(!yum.is_reached_by(path), "{path}");
        }
        assert!(!cleanup("dnf").expect("dnf").is_reached_by("/usr/bin/python"));
    }
}
