//! Package managers: verbs, options that take a value, which words are packages.
//!
//! Sources: apt-get(8), apk(8), dnf(8), yum(8), zypper(8), `pip install --help`, npm, yarn and pnpm docs.

mod tables;

use crate::knowledge::base_name;

/// Managers that share a store of packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Debian: apt-get, apt, dpkg.
    Debian,
    /// Alpine: apk.
    Alpine,
    /// Red Hat: yum, dnf, microdnf, rpm.
    RedHat,
    /// SUSE: zypper.
    Suse,
    /// Python: pip.
    Pip,
    /// Node: npm.
    Npm,
    /// Node: yarn.
    Yarn,
    /// Node: pnpm.
    Pnpm,
    /// Ruby: gem, bundle.
    Ruby,
    /// PHP: composer, pecl, docker-php-ext-install.
    Php,
    /// Go.
    Go,
    /// Rust.
    Cargo,
}

/// What a package manager is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Install named packages.
    Install,
    /// Refresh the index of packages.
    Update,
    /// Anything else.
    Other,
}

/// A package manager's command line.
#[derive(Debug)]
pub struct Manager {
    /// Names of the program.
    pub names: &'static [&'static str],
    /// Its family.
    pub family: Family,
    /// Verbs that install the packages that follow.
    install: &'static [&'static str],
    /// Verbs that refresh the index.
    update: &'static [&'static str],
    /// Letters of short options without a value.
    letters: &'static str,
    /// Letters of short options with a value, attached or in the next word.
    valued_letters: &'static str,
    /// Long options without a value.
    flags: &'static [&'static str],
    /// Long options with a value, after `=` or in the next word.
    valued: &'static [&'static str],
    /// Whether the order of packages on the command line can matter to the result.
    pub order_matters: bool,
    /// Whether `true` or `false` behind an option without a value is its value.
    ///
    /// Source: the README of nopt, by which npm reads its options.
    flags_take_booleans: bool,
}

/// The managers whose command lines are known in full.
pub static MANAGERS: &[Manager] = &[tables::APT, tables::APK, tables::DNF, tables::ZYPPER, tables::PIP, tables::NPM];

/// A command line of a package manager, taken apart.
#[derive(Debug, Clone)]
pub struct Invocation<'w> {
    /// The manager.
    pub manager: &'static Manager,
    /// The program as named.
    pub program: &'w str,
    /// What it is asked to do.
    pub verb: Verb,
    /// The verb as written.
    pub verb_word: &'w str,
    /// Which words are packages (or other operands of the verb), by index.
    pub operands: Vec<usize>,
    /// Which words are options or their values, by index.
    pub options: Vec<usize>,
    /// A word that can't be told apart with certainty, by index: what follows may be its value.
    pub unclear: Option<usize>,
}

/// How many words run the rest of the command as it stands: `sudo`, `env A=b`, `exec` not among them.
#[must_use]
pub fn wrapper_len(words: &[Option<&str>]) -> usize {
    match words.first() {
        Some(Some("sudo")) => {
            1 + words[1..].iter().take_while(|word| matches!(word, Some("-E" | "-H" | "-n" | "--preserve-env"))).count()
        }
        Some(Some("env")) => {
            1 + words[1..]
                .iter()
                .take_while(|word| word.is_some_and(|word| word.contains('=') && !word.starts_with('-')))
                .count()
        }
        _ => 0,
    }
}

/// The family of the program that a command runs, wrappers left aside.
#[must_use]
pub fn family(words: &[Option<&str>]) -> Option<Family> {
    let words = &words[wrapper_len(words)..];
    let program = base_name((*words.first()?)?);
    if is_python_pip(words) {
        return Some(Family::Pip);
    }
    let manager = MANAGERS.iter().find(|manager| manager.names.contains(&program)).map(|manager| manager.family);
    manager.or_else(|| tables::RELATIVES.iter().find(|(name, _)| *name == program).map(|(_, family)| *family)).or_else(
        || {
            program
                .strip_prefix("pip")
                .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
                .map(|_| Family::Pip)
        },
    )
}

/// The family, where the command manages packages: `npm ci`, not `npm run build`.
#[must_use]
pub fn package_action(words: &[Option<&str>]) -> Option<Family> {
    let family = family(words)?;
    let words = &words[wrapper_len(words)..];
    let verbs: &[&str] = match family {
        Family::Npm | Family::Yarn | Family::Pnpm => {
            &["install", "i", "ci", "add", "global", "cache", "config", "update", "uninstall", "set"]
        }
        Family::Go => &["get", "install", "mod"],
        Family::Cargo => &["install", "fetch"],
        Family::Ruby => &["install", "config", "update", "uninstall"],
        Family::Php => &["install", "require", "update", "global", "config", "dump-autoload"],
        _ => return Some(family),
    };
    let program = words.first().copied().flatten().map(base_name)?;
    if program.starts_with("docker-php-ext") {
        return Some(family);
    }
    let verb = words.iter().skip(1).copied().flatten().find(|word| !word.starts_with('-'));
    verb.is_some_and(|verb| verbs.contains(&verb)).then_some(family)
}

fn is_python_pip(words: &[Option<&str>]) -> bool {
    let [Some(python), Some("-m"), Some("pip"), ..] = words else { return false };
    base_name(python).starts_with("python")
}

/// Whether a command that begins with this word may run a known manager.
#[must_use]
pub fn may_begin(first: &str) -> bool {
    let name = base_name(first);
    matches!(name, "sudo" | "env")
        || name.starts_with("pip")
        || name.starts_with("python")
        || MANAGERS.iter().any(|manager| manager.names.contains(&name))
}

/// Takes the words of a simple command apart, where it runs a known manager.
///
/// A word that is not written out is `None`.
#[must_use]
pub fn invocation<'w>(words: &[Option<&'w str>]) -> Option<Invocation<'w>> {
    let start = wrapper_len(words);
    let program = base_name((*words.get(start)?)?);
    let (manager, mut at) = if is_python_pip(&words[start..]) {
        (MANAGERS.iter().find(|manager| manager.family == Family::Pip)?, start + 3)
    } else {
        let exact = MANAGERS.iter().find(|manager| manager.names.contains(&program));
        let manager = exact.or_else(|| {
            let versioned =
                program.strip_prefix("pip").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            MANAGERS.iter().find(|manager| versioned && manager.family == Family::Pip)
        })?;
        (manager, start + 1)
    };
    let mut found = Invocation {
        manager,
        program,
        verb: Verb::Other,
        verb_word: "",
        operands: Vec::new(),
        options: Vec::new(),
        unclear: None,
    };
    let mut only_operands = false;
    while at < words.len() {
        let Some(word) = words[at] else {
            // What a variable holds may be an option, a package or nothing.
            found.unclear.get_or_insert(at);
            if found.verb_word.is_empty() {
                return None;
            }
            found.operands.push(at);
            at += 1;
            continue;
        };
        if !only_operands && word == "--" {
            only_operands = true;
            found.options.push(at);
        } else if !only_operands && word.len() > 1 && word.starts_with('-') {
            found.options.push(at);
            match manager.option(word) {
                OptionKind::Flag => {
                    let next = words.get(at + 1).copied().flatten();
                    let takes = manager.flags_take_booleans && !word.contains('=');
                    if takes && matches!(next, Some("true" | "false")) {
                        at += 1;
                        found.options.push(at);
                    }
                }
                OptionKind::TakesNext => {
                    at += 1;
                    if at < words.len() {
                        found.options.push(at);
                    }
                }
                OptionKind::Unknown => {
                    found.unclear.get_or_insert(at);
                }
            }
        } else if found.verb_word.is_empty() {
            found.verb_word = word;
            found.verb = manager.verb(word);
        } else {
            found.operands.push(at);
        }
        at += 1;
    }
    Some(found)
}

impl<'w> Invocation<'w> {
    /// The manager's name for people: the program, and `pip` for `python -m pip`.
    #[must_use]
    pub fn name(&self) -> &'w str {
        if self.program.starts_with("python") { self.manager.names[0] } else { self.program }
    }
}

enum OptionKind {
    Flag,
    TakesNext,
    Unknown,
}

impl Manager {
    fn verb(&self, word: &str) -> Verb {
        if self.install.contains(&word) {
            Verb::Install
        } else if self.update.contains(&word) {
            Verb::Update
        } else {
            Verb::Other
        }
    }

    fn option(&self, word: &str) -> OptionKind {
        if let Some(long) = word.strip_prefix("--") {
            return match long.split_once('=') {
                Some((name, _)) if self.valued.contains(&name) || self.flags.contains(&name) => OptionKind::Flag,
                None if self.flags.contains(&long) => OptionKind::Flag,
                None if self.valued.contains(&long) => OptionKind::TakesNext,
                _ => OptionKind::Unknown,
            };
        }
        let letters = &word[1..];
        for (at, letter) in letters.char_indices() {
            if self.valued_letters.contains(letter) {
                let attached = at + letter.len_utf8() < letters.len();
                return if attached { OptionKind::Flag } else { OptionKind::TakesNext };
            }
            if letter == '=' && at > 0 {
                // `-q=2`
                return OptionKind::Flag;
            }
            if !self.letters.contains(letter) {
                return OptionKind::Unknown;
            }
        }
        OptionKind::Flag
    }
}

/// The package that a word asks for, without version, release or constraint.
#[must_use]
pub fn package_name(word: &str) -> &str {
    let end = word
        .char_indices()
        .skip(1)
        .find(|(_, c)| matches!(c, '=' | '@' | '/' | '<' | '>' | '~' | '!'))
        .map_or(word.len(), |(at, _)| at);
    &word[..end]
}

/// Whether a word is the plain name of a package of an index: no file, no address, no group, nothing that
/// removes.
#[must_use]
pub fn is_plain_package(word: &str) -> bool {
    let file = [".deb", ".rpm", ".apk", ".whl"].iter().any(|end| word.ends_with(end));
    !word.is_empty()
        && !word.ends_with('-')
        && !word.starts_with(['.', '/', '<', '>', '@', '^', '-'])
        && !word.contains("://")
        && !file
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(line: &str) -> (Vec<String>, Option<usize>) {
        let words: Vec<Option<&str>> =
            line.split(' ').map(|word| if word.contains('$') { None } else { Some(word) }).collect();
        let found = invocation(&words).expect("a package manager");
        (found.operands.iter().map(|index| words[*index].unwrap_or("?").to_owned()).collect(), found.unclear)
    }

    #[test]
    fn options_and_their_values_are_no_packages() {
        assert_eq!(take("apt-get -qq install -y -t stretch-backports -o Dpkg::Use-Pty=0 git zip").0, ["git", "zip"]);
        assert_eq!(take("apk add --no-cache --virtual .deps gcc -t x musl").0, ["gcc", "musl"]);
        assert_eq!(take("pip install -U -r req.txt -f URL numpy").0, ["numpy"]);
        assert_eq!(take("yum -y --enablerepo epel install git").0, ["git"]);
        assert_eq!(take("sudo apt-get install -yq sudo curl").0, ["sudo", "curl"]);
        assert_eq!(take("python3 -m pip install a b").0, ["a", "b"]);
        assert_eq!(take("npm install -g true --unsafe-perm false zx --audit eslint").0, ["zx", "eslint"]);
        assert_eq!(take("npm install --unsafe-perm=true true").0, ["true"]);
    }

    #[test]
    fn unknown_options_and_variables_are_unclear() {
        assert_eq!(take("apt-get install --frobnicate x").1, Some(2));
        assert_eq!(take("apt-get install $A x").1, Some(2));
        assert_eq!(take("apt-get install -y x").1, None);
    }
}
