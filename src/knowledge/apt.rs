//! What `apt` and `apt-get` have in common, and upgrades of a whole system.
//!
//! Sources: `cmdline/apt.cc`, `cmdline/apt-get.cc` and `apt-private/private-main.cc` of apt; apt(8), apt-get(8).

use super::managers::{self, Family, Invocation};
use crate::knowledge::base_name;

/// The command of apt-get that runs the same code as one of apt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Twin {
    /// Its verb.
    pub verb: &'static str,
    /// The option that stands for a setting which is apt's alone.
    pub option: Option<&'static str>,
}

/// The twin of a verb of apt; an error says what to use instead, as far as there is something.
///
/// # Errors
/// Where apt-get has no such verb, or it is not known to mean the same.
pub fn twin(verb: &str) -> Result<Twin, &'static str> {
    const SAME: &[&str] = &[
        "install",
        "update",
        "remove",
        "purge",
        "autoremove",
        "auto-remove",
        "clean",
        "autoclean",
        "auto-clean",
        "build-dep",
        "source",
        "download",
        "dist-upgrade",
    ];
    if let Some(verb) = SAME.iter().find(|known| **known == verb) {
        return Ok(Twin { verb, option: None });
    }
    match verb {
        "full-upgrade" => Ok(Twin { verb: "dist-upgrade", option: None }),
        // apt sets `APT::Get::Upgrade-Allow-New` for itself.
        "upgrade" => Ok(Twin { verb: "upgrade", option: Some("--with-new-pkgs") }),
        "search" | "show" | "depends" | "rdepends" | "policy" | "showsrc" => {
            Err("apt-get has no such command; `apt-cache` has it, and prints it otherwise")
        }
        "list" => Err("apt-get has no such command; `dpkg-query --list` lists what is installed"),
        "edit-sources" => Err("apt-get has no such command"),
        _ => Err("it is not known to mean the same for apt-get"),
    }
}

/// How apt and apt-get read the name of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Alike.
    Alike,
    /// Alike where a package of just that name is there; else apt-get reads it as a regular expression.
    AlikeIfThere,
    /// It is not known, as the word holds a variable.
    Unknown,
    /// As a pattern, of which since version 2.0 each has its own kinds.
    Otherwise,
}

/// How both read a word behind the verb, given as it is written.
#[must_use]
pub fn reading(raw: &str) -> Reading {
    let quoted = raw.len() > 1 && raw.starts_with('"') && raw.ends_with('"');
    let single = raw.len() > 1 && raw.starts_with('\'') && raw.ends_with('\'');
    let word = if quoted || single { &raw[1..raw.len() - 1] } else { raw };
    if word.is_empty() || word.contains(['"', '\'', '\\', '`', '(']) {
        return Reading::Unknown;
    }
    let expands = word.contains('$') && !single;
    if expands && !quoted {
        return Reading::Unknown;
    }
    if word.starts_with(['.', '/']) {
        return Reading::Alike;
    }
    let name = word.split(['=', '/']).next().unwrap_or_default();
    if name.contains('$') && expands {
        return Reading::Unknown;
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '_');
    if name.chars().all(plain) {
        return Reading::Alike;
    }
    // `.*`, `.+` and `.?` are meant as patterns.
    let dotted = name.chars().all(|c| plain(c) || matches!(c, '.' | '+')) && !name.contains(".+");
    if dotted { Reading::AlikeIfThere } else { Reading::Otherwise }
}

/// A call of apt or apt-get, words that are not written out taken for packages; `None` where it is none, or its
/// verb is not written out.
#[must_use]
pub fn call<'w>(words: &[Option<&'w str>]) -> Option<Invocation<'w>> {
    let start = managers::wrapper_len(words);
    let program = (*words.get(start)?)?;
    if !matches!(program, "apt" | "apt-get") {
        return None;
    }
    let filled: Vec<Option<&'w str>> = words.iter().map(|word| word.or(Some("\u{1}"))).collect();
    let found = managers::invocation(&filled)?;
    (found.manager.family == Family::Debian && found.verb_word != "\u{1}" && !found.verb_word.is_empty())
        .then_some(found)
}

/// Why an upgrade may do more than bring what is installed up to date; `None` where it does just that.
///
/// `words` are those of a command whose [`call`] is an upgrade.
#[must_use]
pub fn upgrade_does_more(words: &[Option<&str>], found: &Invocation<'_>) -> Option<String> {
    if let Some(at) = found.operands.first() {
        return Some(words.get(*at).copied().flatten().map_or_else(
            || "what a variable in it stands for is not known".to_owned(),
            |name| format!("it also installs `{name}`"),
        ));
    }
    if let Some(at) = found.unclear {
        return Some(format!("its option `{}` is not known", words.get(at).copied().flatten().unwrap_or("$…")));
    }
    let does_more = |word: &str| match word.strip_prefix("--") {
        Some(long) => {
            let name = long.split('=').next().unwrap_or_default();
            matches!(
                name,
                "fix-broken"
                    | "download-only"
                    | "simulate"
                    | "dry-run"
                    | "just-print"
                    | "print-uris"
                    | "target-release"
                    | "default-release"
                    | "config-file"
                    | "purge"
                    | "autoremove"
                    | "auto-remove"
                    | "no-download"
                    | "assume-no"
            )
        }
        None => word.starts_with('-') && word.chars().skip(1).any(|c| matches!(c, 'f' | 'd' | 's' | 't' | 'b' | 'c')),
    };
    // The value of `-o` may begin with a letter of these, but never with a dash.
    let options = found.options.iter().filter_map(|at| words.get(*at).copied().flatten());
    options.into_iter().find(|word| does_more(word)).map(|word| format!("its option `{word}` asks for something else"))
}

/// Whether a verb upgrades all that is installed.
#[must_use]
pub fn is_upgrade(verb: &str) -> bool {
    matches!(verb, "upgrade" | "dist-upgrade" | "full-upgrade")
}

/// Whether a comment, in lower case, speaks of an upgrade of the system: by that word, as an update of what is
/// there, or by what it is for.
#[must_use]
pub fn speaks_of_upgrade(comment: &str) -> bool {
    const OF_THE_SYSTEM: &[&str] = &[
        "system",
        "image",
        "base",
        "baseline",
        "os",
        "all",
        "everything",
        "latest",
        "distribution",
        "distro",
        "ubuntu",
        "debian",
        "kali",
        "existing",
        "installed",
        "machine",
        "container",
    ];
    let update = comment.contains("updat") || comment.contains("up to date") || comment.contains("up-to-date");
    let mut words = comment.split(|c: char| !c.is_ascii_alphanumeric());
    ["upgrad", "secur", "patch"].iter().any(|part| comment.contains(part))
        || update && words.any(|word| OF_THE_SYSTEM.contains(&word))
}

/// Whether a text names what apt's sources are changed by.
#[must_use]
pub fn names_sources(text: &str) -> bool {
    ["sources.list", "/etc/apt", "add-apt-repository", "apt-add-repository", ".sources", "ppa:", "dpkg --add"]
        .iter()
        .any(|part| text.contains(part))
}

/// Whether a text runs what may add sources without naming them: a script from the net, or the install of a package
/// from a file.
#[must_use]
pub fn may_add_sources(text: &str) -> bool {
    let downloads = text.contains("curl") || text.contains("wget");
    let is_shell = |word: &str| matches!(base_name(word), "sh" | "bash" | "dash");
    let handled = text.replace("||", ";");
    let mut piped = handled.split('|').skip(1).map(|rest| {
        let wrapper = |word: &str| matches!(word, "sudo" | "env") || word.starts_with('-') || word.contains('=');
        rest.split_whitespace().find(|word| !wrapper(word)).is_some_and(is_shell)
    });
    let substituted = ["sh <(", "sh -c \"$(", "sh -c '$(", "sh -c $("].iter().any(|part| text.contains(part));
    let from_file = |word: &str| word.starts_with(['.', '/']) && word.strip_suffix(".deb").is_some();
    downloads && (substituted || piped.any(|runs| runs))
        || text.contains("dpkg -i")
        || text.contains("dpkg --install")
        || text.contains("dpkg --unpack")
        || text.contains("install") && text.split_whitespace().any(from_file)
}

/// Whether a command has no purpose of its own beside installing or upgrading packages: it fetches lists,
/// cleans up, or sets the shell up.
#[must_use]
pub fn serves_others(words: &[Option<&str>]) -> bool {
    if let Some(found) = call(words) {
        let verb = found.verb_word;
        return found.operands.is_empty()
            && (is_upgrade(verb)
                || matches!(
                    verb,
                    "update" | "clean" | "autoclean" | "auto-clean" | "autoremove" | "auto-remove" | "check"
                ));
    }
    match words {
        [] | [Some("set" | "true" | ":" | "echo" | "export"), ..] => true,
        [Some("rm"), rest @ ..] => rest.iter().all(|word| {
            word.is_none_or(|word| {
                word.starts_with('-')
                    || ["/var/lib/apt", "/var/cache", "/tmp", "/var/tmp", "/var/log"]
                        .iter()
                        .any(|place| word.starts_with(place))
            })
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<Option<&str>> {
        line.split(' ').map(|word| if word.contains('$') { None } else { Some(word) }).collect()
    }

    #[test]
    fn names_and_patterns() {
        for word in ["curl", "gcc-12", "libc6:i386", "curl=7.*", "./x.deb", "/tmp/*.deb", "\"x=$V\"", "a/stable", "b-"]
        {
            assert_eq!(reading(word), Reading::Alike, "{word}");
        }
        for word in ["g++", "python3.8", "libstdc++6"] {
            assert_eq!(reading(word), Reading::AlikeIfThere, "{word}");
        }
        for word in ["$A", "x-$V", "\"$A\"", "$(cat l)", "x=$V"] {
            assert_eq!(reading(word), Reading::Unknown, "{word}");
        }
        for word in ["'foo*'", "foo*", "foo.*", "?installed", "~nfoo", "^foo", "lamp-server^", "lib.+"] {
            assert_eq!(reading(word), Reading::Otherwise, "{word}");
        }
    }

    #[test]
    fn comments_on_upgrades() {
        for comment in [
            "# upgrade",
            "# update underlying ubuntu image and all necessary packages.",
            "# update image",
            "# update basic os",
            "# update the baseline",
            "# bring security patches",
            "# keep it up to date with the base",
        ] {
            assert!(speaks_of_upgrade(comment), "{comment}");
        }
        for comment in ["# install packages", "# update the package lists and install what we need", "# system tools"] {
            assert!(!speaks_of_upgrade(comment), "{comment}");
        }
    }

    #[test]
    fn sources_that_may_be_added() {
        for text in [
            "curl -fsSL https://x/setup | bash -",
            "wget -O- https://x | sudo -E sh",
            "bash <(curl x)",
            "sh -c \"$(curl x)\"",
            "dpkg -i x.deb",
            "apt-get install -y ./x.deb",
        ] {
            assert!(may_add_sources(text), "{text}");
        }
        for text in ["curl x | tar xz", "echo a | sh", "apt-get install -y x", "curl x || bash y"] {
            assert!(!may_add_sources(text), "{text}");
        }
    }

    #[test]
    fn upgrades_that_do_more() {
        let more = |line: &str| {
            let words = words(line);
            let found = call(&words).expect("a call of apt-get");
            upgrade_does_more(&words, &found)
        };
        for line in ["apt-get upgrade -y", "apt-get -qq -o Dpkg::Options::=--force-confold dist-upgrade"] {
            assert_eq!(more(line), None, "{line}");
        }
        for line in
            ["apt-get upgrade -y systemd", "apt-get -yf upgrade", "apt-get -t sid upgrade", "apt-get upgrade $X"]
        {
            assert!(more(line).is_some(), "{line}");
        }
    }
}
