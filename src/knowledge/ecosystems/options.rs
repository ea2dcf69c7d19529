//! Options of dependency installs: which of them name a file that is read or a folder that is written.
//!
//! Sources: `pip install --help`; the pages of npm, yarn, pnpm, bundler, cargo and composer on their install
//! commands. What no table lists is not understood.

/// The options of one tool, long ones without their dashes.
pub(super) struct Options {
    /// Without a value, or with one behind `=` that names no file.
    pub flags: &'static [&'static str],
    /// With a value that names no file, behind `=` or in the next word.
    pub valued: &'static [&'static str],
    /// With a value that names what is read.
    pub reads: &'static [&'static str],
    /// With a value that names what is written.
    pub writes: &'static [&'static str],
    /// Short ones without a value.
    pub letters: &'static str,
    /// Short ones with a value, and the long one that each stands for.
    pub valued_letters: &'static [(char, &'static str)],
}

/// A command line taken apart.
#[derive(Debug, Default)]
pub(super) struct CommandLine<'w> {
    /// The words that are no options.
    pub plain: Vec<&'w str>,
    /// The options that are known, by their long name, with their values.
    given: Vec<(&'w str, Option<&'w str>)>,
    /// What options name to be read.
    pub reads: Vec<&'w str>,
    /// What options name to be written.
    pub writes: Vec<&'w str>,
    /// Options that no table lists.
    pub unclear: Vec<&'w str>,
}

impl<'w> CommandLine<'w> {
    /// Takes the words behind the program apart.
    pub fn of(words: &[&'w str], options: &Options) -> Self {
        let mut found = Self::default();
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            if let Some(long) = word.strip_prefix("--") {
                let (name, attached) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
                found.take(word, name, attached, options, &mut words);
            } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
                found.take_letters(word, letters, options, &mut words);
            } else {
                found.plain.push(word);
            }
        }
        found
    }

    fn take(
        &mut self,
        word: &'w str,
        name: &'w str,
        attached: Option<&'w str>,
        options: &Options,
        rest: &mut impl Iterator<Item = &'w str>,
    ) {
        if options.flags.contains(&name) {
            self.given.push((name, attached));
            return;
        }
        let (reads, writes) = (options.reads.contains(&name), options.writes.contains(&name));
        if !reads && !writes && !options.valued.contains(&name) {
            self.unclear.push(word);
            return;
        }
        let Some(value) = attached.or_else(|| rest.next()) else {
            self.unclear.push(word);
            return;
        };
        self.given.push((name, Some(value)));
        if reads {
            self.reads.push(value);
        }
        if writes {
            self.writes.push(value);
        }
    }

    /// `-qr file`: letters in one word, the last one may have a value in the word or after it.
    fn take_letters(
        &mut self,
        word: &'w str,
        letters: &'w str,
        options: &Options,
        rest: &mut impl Iterator<Item = &'w str>,
    ) {
        for (at, letter) in letters.char_indices() {
            if let Some((_, name)) = options.valued_letters.iter().find(|(short, _)| *short == letter) {
                let behind = &letters[at + letter.len_utf8()..];
                let attached = (!behind.is_empty()).then(|| behind.trim_start_matches('='));
                self.take(word, name, attached, options, rest);
                return;
            }
            if !options.letters.contains(letter) {
                self.unclear.push(word);
                return;
            }
        }
    }

    /// The values of an option.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &'w str> {
        self.given.iter().filter(move |(given, _)| *given == name).filter_map(|(_, value)| *value)
    }

    /// Whether an option is given.
    pub fn has(&self, name: &str) -> bool {
        self.given.iter().any(|(given, _)| *given == name)
    }

    /// Whether a switch is given and on, however often it is given.
    pub fn is_on(&self, name: &str) -> bool {
        let mut values = self.given.iter().filter(|(given, _)| *given == name).map(|(_, value)| *value).peekable();
        values.peek().is_some() && values.all(|value| matches!(value, None | Some("true")))
    }
}

pub(super) const PIP: Options = Options {
    flags: &[
        "upgrade",
        "no-cache-dir",
        "no-deps",
        "no-dependencies",
        "user",
        "quiet",
        "verbose",
        "pre",
        "force-reinstall",
        "ignore-installed",
        "no-build-isolation",
        "no-compile",
        "compile",
        "disable-pip-version-check",
        "no-input",
        "isolated",
        "require-hashes",
        "prefer-binary",
        "break-system-packages",
        "no-index",
        "no-warn-script-location",
        "use-pep517",
        "no-python-version-warning",
        "no-clean",
        "no-warn-conflicts",
        "require-virtualenv",
        "no-color",
        "egg",
    ],
    valued: &[
        "platform",
        "python-version",
        "implementation",
        "abi",
        "trusted-host",
        "timeout",
        "default-timeout",
        "retries",
        "progress-bar",
        "proxy",
        "exists-action",
        "no-binary",
        "only-binary",
        "upgrade-strategy",
        "root-user-action",
        "use-feature",
        "use-deprecated",
        "requirement",
        "constraint",
        "editable",
    ],
    // An index may be a folder as well as an address.
    reads: &["find-links", "index-url", "extra-index-url", "cert", "client-cert"],
    writes: &["target", "prefix", "root", "src", "cache-dir", "log", "build", "report"],
    letters: "UqvI",
    valued_letters: &[
        ('r', "requirement"),
        ('c', "constraint"),
        ('e', "editable"),
        ('t', "target"),
        ('i', "index-url"),
        ('f', "find-links"),
    ],
};

pub(super) const NPM: Options = Options {
    flags: &[
        "production",
        "dev",
        "optional",
        "no-optional",
        "legacy-peer-deps",
        "no-legacy-peer-deps",
        "strict-peer-deps",
        "no-strict-peer-deps",
        "legacy-bundling",
        "global-style",
        "prefer-dedupe",
        "ignore-scripts",
        "foreground-scripts",
        "audit",
        "no-audit",
        "fund",
        "no-fund",
        "unsafe-perm",
        "no-unsafe-perm",
        "engine-strict",
        "no-engine-strict",
        "strict-ssl",
        "no-strict-ssl",
        "always-auth",
        "silent",
        "quiet",
        "verbose",
        "progress",
        "no-progress",
        "prefer-offline",
        "prefer-online",
        "update-notifier",
        "no-update-notifier",
        "color",
        "no-color",
        "unicode",
        "no-unicode",
        "force",
        "save",
        "no-save",
        "save-exact",
        "package-lock",
        "no-package-lock",
        "no-shrinkwrap",
        "bin-links",
        "no-bin-links",
        "no-cache",
        "timing",
        "build-from-source",
    ],
    valued: &[
        "registry",
        "loglevel",
        "only",
        "omit",
        "include",
        "also",
        "install-strategy",
        "fetch-retries",
        "fetch-retry-factor",
        "fetch-retry-mintimeout",
        "fetch-retry-maxtimeout",
        "fetch-timeout",
        "network-timeout",
        "maxsockets",
        "cpu",
        "os",
        "libc",
        "depth",
    ],
    reads: &[],
    writes: &["cache"],
    letters: "sqdfSDOEPB",
    valued_letters: &[],
};

pub(super) const YARN: Options = Options {
    flags: &[
        "frozen-lockfile",
        "immutable",
        "pure-lockfile",
        "no-lockfile",
        "production",
        "prod",
        "dev",
        "ignore-scripts",
        "ignore-engines",
        "ignore-optional",
        "ignore-platform",
        "skip-integrity-check",
        "non-interactive",
        "no-progress",
        "silent",
        "verbose",
        "prefer-offline",
        "check-files",
        "force",
        "flat",
        "link-duplicates",
        "no-bin-links",
        "no-default-rc",
        "json",
        "emoji",
        "no-emoji",
        "no-cache",
        "inline-builds",
    ],
    valued: &["network-timeout", "network-concurrency", "child-concurrency", "registry", "mutex"],
    reads: &["use-yarnrc"],
    writes: &["cache-folder", "preferred-cache-folder"],
    letters: "s",
    valued_letters: &[],
};

pub(super) const PNPM: Options = Options {
    flags: &[
        "frozen-lockfile",
        "no-frozen-lockfile",
        "prefer-frozen-lockfile",
        "prod",
        "production",
        "dev",
        "no-optional",
        "ignore-scripts",
        "ignore-pnpmfile",
        "prefer-offline",
        "silent",
        "shamefully-hoist",
        "no-hoist",
        "strict-peer-dependencies",
        "no-strict-peer-dependencies",
        "no-verify-store-integrity",
        "unsafe-perm",
        "force",
        "color",
        "no-color",
    ],
    valued: &[
        "registry",
        "reporter",
        "loglevel",
        "node-linker",
        "network-concurrency",
        "child-concurrency",
        "fetch-retries",
        "fetch-timeout",
    ],
    reads: &[],
    writes: &["store-dir", "cache-dir", "state-dir"],
    letters: "PDs",
    valued_letters: &[],
};

pub(super) const CARGO: Options = Options {
    flags: &["locked", "frozen", "quiet", "verbose"],
    valued: &["target", "color"],
    reads: &[],
    writes: &[],
    letters: "qv",
    valued_letters: &[],
};

pub(super) const BUNDLER: Options = Options {
    flags: &[
        "frozen",
        "deployment",
        "quiet",
        "no-cache",
        "clean",
        "no-clean",
        "no-prune",
        "system",
        "verbose",
        "full-index",
        "force",
        "redownload",
        "no-color",
    ],
    valued: &["jobs", "retry", "without", "with", "trust-policy"],
    reads: &["target-rbconfig"],
    writes: &["path"],
    letters: "V",
    valued_letters: &[('j', "jobs"), ('P', "trust-policy")],
};

pub(super) const COMPOSER: Options = Options {
    flags: &[
        "no-scripts",
        "no-autoloader",
        "no-plugins",
        "no-dev",
        "dev",
        "prefer-dist",
        "prefer-source",
        "no-interaction",
        "no-progress",
        "no-suggest",
        "no-cache",
        "no-audit",
        "audit",
        "quiet",
        "verbose",
        "profile",
        "ansi",
        "no-ansi",
        "optimize-autoloader",
        "classmap-authoritative",
        "apcu-autoloader",
        "ignore-platform-reqs",
    ],
    valued: &["prefer-install", "ignore-platform-req"],
    reads: &[],
    writes: &[],
    letters: "nqvoa",
    valued_letters: &[],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_options_in_one_word() {
        let words = ["-qr", "a.txt", "install", "-rb.txt", "--cert=c.pem", "-t", "lib", "x"];
        let line = CommandLine::of(&words, &PIP);
        assert_eq!(line.plain, ["install", "x"]);
        assert_eq!(line.values("requirement").collect::<Vec<_>>(), ["a.txt", "b.txt"]);
        assert_eq!((line.reads, line.writes), (vec!["c.pem"], vec!["lib"]));
        assert!(line.unclear.is_empty());
    }

    #[test]
    fn what_is_not_understood() {
        let words = ["ci", "--cafile=ca.pem", "--userconfig", "x", "-w"];
        let line = CommandLine::of(&words, &NPM);
        assert_eq!(line.unclear, ["--cafile=ca.pem", "--userconfig", "-w"]);
        assert!(!CommandLine::of(&["--ignore-scripts=false"], &NPM).is_on("ignore-scripts"));
    }
}
