//! Package managers that ask before they change anything.
//!
//! Sources: apt-get(8) and `apt-private/private-install.cc`, yum(8), dnf(8), `microdnf --help`, `tdnf --help`,
//! zypper(8).

use crate::knowledge::{Invocation, invocation};

use super::verb_at;

/// A manager's verbs that may ask; those of two words are written with a blank.
struct Asks {
    programs: &'static [&'static str],
    verbs: &'static [&'static str],
    /// Whether the words hold an answer already, or nothing would be done anyway.
    answered: fn(&[Option<&str>], usize) -> bool,
}

static MANAGERS: &[Asks] = &[
    Asks {
        programs: &["apt-get", "apt"],
        verbs: &[
            "install",
            "reinstall",
            "remove",
            "purge",
            "autoremove",
            "auto-remove",
            "autopurge",
            "upgrade",
            "dist-upgrade",
            "full-upgrade",
            "dselect-upgrade",
            "build-dep",
            "satisfy",
        ],
        answered: apt_is_answered,
    },
    Asks {
        programs: &["yum", "dnf"],
        verbs: &[
            "install",
            "localinstall",
            "groupinstall",
            "group install",
            "groups install",
            "reinstall",
            "update",
            "upgrade",
            "update-to",
            "upgrade-to",
            "update-minimal",
            "upgrade-minimal",
            "localupdate",
            "groupupdate",
            "group update",
            "group upgrade",
            "downgrade",
            "distro-sync",
            "distribution-synchronization",
            "swap",
            "remove",
            "erase",
            "autoremove",
            "groupremove",
            "group remove",
            "module install",
            "module enable",
            "module disable",
            "module reset",
            "module switch-to",
        ],
        answered: dnf_is_answered,
    },
    Asks {
        programs: &["microdnf"],
        verbs: &["install", "reinstall", "update", "upgrade", "remove"],
        answered: dnf_is_answered,
    },
    Asks {
        programs: &["tdnf"],
        verbs: &["install", "reinstall", "update", "upgrade", "remove", "erase", "autoremove", "downgrade"],
        answered: dnf_is_answered,
    },
    Asks {
        // `source-install` has no `-y`.
        programs: &["zypper"],
        verbs: &["install", "in", "remove", "rm", "update", "up", "patch", "dist-upgrade", "dup"],
        answered: zypper_is_answered,
    },
];

pub(super) fn place(words: &[Option<&str>]) -> Option<usize> {
    let found = invocation(words)?;
    let asks = MANAGERS.iter().find(|asks| asks.programs.contains(&found.program))?;
    let verb = verb_at(words, &found)?;
    let last = last_word_of_verb(asks, words, verb, &found)?;
    (!(asks.answered)(words, verb)).then_some(last)
}

fn last_word_of_verb(asks: &Asks, words: &[Option<&str>], verb: usize, found: &Invocation<'_>) -> Option<usize> {
    if asks.verbs.contains(&found.verb_word) {
        return Some(verb);
    }
    let next = (*words.get(verb + 1)?)?;
    let both = format!("{} {next}", found.verb_word);
    asks.verbs.contains(&both.as_str()).then_some(verb + 1)
}

/// Whether a program that gets no answer fails, so that nobody overlooks it.
///
/// apt-get, yum and dnf exit with a failure at the end of their input, and so does zypper; older ones of it gave up
/// with status 0 (`src/utils/prompt.cc`). Of tdnf this is not documented. `image` is the base image's name.
#[must_use]
pub fn fails_without_answer(program: &str, image: Option<&str>) -> bool {
    match program {
        "tdnf" => false,
        "zypper" => image.is_some_and(|image| RECENT_SUSE.iter().any(|name| image.contains(name))),
        _ => true,
    }
}

/// Parts of the names of images whose zypper fails at the end of its input.
const RECENT_SUSE: &[&str] = &["opensuse/leap", "opensuse/tumbleweed", "suse/sle15", "suse.com/bci/"];

fn apt_is_answered(words: &[Option<&str>], _: usize) -> bool {
    let mut quiet = 0;
    for word in words.iter().flatten() {
        let lower = word.to_ascii_lowercase();
        if lower.contains("get::assume-") || lower.contains("get::simulate") || lower.contains("get::force-yes") {
            return true;
        }
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long.split_once('=').unwrap_or((long, "1"));
            match name {
                "yes" | "assume-yes" | "force-yes" | "assume-no" | "trivial-only" | "print-uris" | "simulate"
                | "just-print" | "dry-run" | "recon" | "no-act" => return true,
                "quiet" => quiet += value.parse().unwrap_or(2),
                _ => {}
            }
        } else if let Some(letters) = word.strip_prefix('-') {
            for (at, letter) in letters.char_indices() {
                match letter {
                    'y' | 's' => return true,
                    'q' => quiet += 1,
                    // `-q=2`
                    '=' => quiet += letters[at + 1..].parse().unwrap_or(2),
                    // What follows is a value.
                    't' | 'o' | 'c' | 'a' => break,
                    _ => {}
                }
            }
        }
    }
    quiet >= 2
}

fn dnf_is_answered(words: &[Option<&str>], _: usize) -> bool {
    words.iter().flatten().any(|word| {
        let short = word.starts_with('-') && !word.starts_with("--");
        short && word.contains('y') || word.contains("assumeyes") || word.contains("assumeno")
    })
}

fn zypper_is_answered(words: &[Option<&str>], verb: usize) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        let Some(word) = word else { return false };
        // Before the verb `-n` is `--non-interactive`, behind it is `--name`.
        let letter = if at < verb { 'n' } else { 'y' };
        let short = word.starts_with('-') && !word.starts_with("--") && (word.contains(letter) || word.contains('D'));
        short || matches!(*word, "--no-confirm" | "--non-interactive" | "--dry-run")
    })
}
