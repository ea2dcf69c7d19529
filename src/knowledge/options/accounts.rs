//! Users with high numbers.
//!
//! Source: useradd(8) of shadow-utils.

use super::program;
use crate::knowledge::base_name;

/// Letters of short options with a value.
const VALUED: &str = "bcdefgGkKpRsuZP";

/// Long options with a value.
const LONG_VALUED: &[&str] = &[
    "base-dir",
    "comment",
    "home-dir",
    "home",
    "expiredate",
    "inactive",
    "gid",
    "groups",
    "skel",
    "key",
    "password",
    "root",
    "prefix",
    "shell",
    "uid",
    "selinux-user",
];

/// From how many digits on a number is high: what the log of the last logins grows by is some 300 bytes a number.
const HIGH: usize = 6;

pub(super) fn place(words: &[Option<&str>]) -> Option<usize> {
    let (at, name) = program(words)?;
    if name != "useradd" {
        return None;
    }
    let options = Options::of(words, at + 1);
    let high = match options.uid {
        Uid::Next => false,
        Uid::Written(uid) => is_high(uid),
        Uid::Outside => true,
    };
    (high && !options.no_log_init).then_some(at)
}

/// Whether a number is so high that its place in the logs takes room.
#[must_use]
pub fn is_high(uid: &str) -> bool {
    uid.trim_start_matches('0').len() >= HIGH && uid.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the useradd of an image, by its name, leaves the logs as short as they are: since shadow 4.13 it resets an
/// entry only where there is one (`lastlog_reset` and `faillog_reset` in `src/useradd.c`).
///
/// Debian 12, Ubuntu 23.04, Fedora 38 and Red Hat's release 10 ship that or a newer one.
#[must_use]
pub fn resets_only_what_is_there(image: &str) -> bool {
    let image = image.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let last = base_name(&image);
    let (name, tag) = last.split_once(':').unwrap_or((last, "latest"));
    if image.contains('$') {
        return false;
    }
    if ["bookworm", "trixie", "noble"].iter().any(|release| tag.split(['-', '.']).any(|part| part == *release)) {
        return true;
    }
    // Names that others take for images of their own, too.
    let official = image == last || image.ends_with(&format!("library/{last}"));
    let since = match name {
        "debian" => 12,
        "ubuntu" => 23,
        "fedora" => 38,
        "rockylinux" | "almalinux" => 10,
        "archlinux" => return official,
        _ => return false,
    };
    let moving = matches!(tag, "latest" | "stable" | "testing" | "unstable" | "sid" | "rolling" | "devel" | "rawhide");
    // Rocky and Alma have a plain tag of an older release, or none.
    let moves_on = moving && matches!(name, "debian" | "ubuntu" | "fedora");
    let release = tag.split(['.', '-']).next().and_then(|release| release.parse::<u32>().ok());
    official && (moves_on || release.is_some_and(|release| release >= since))
}

/// The number that a user gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Uid<'w> {
    /// The next one that is free.
    #[default]
    Next,
    /// This one.
    Written(&'w str),
    /// One that is not written out.
    Outside,
}

impl<'w> From<Option<&'w str>> for Uid<'w> {
    fn from(value: Option<&'w str>) -> Self {
        value.map_or(Self::Outside, Self::Written)
    }
}

/// The number that a useradd asks for.
#[must_use]
pub fn uid<'w>(words: &[Option<&'w str>]) -> Uid<'w> {
    match program(words) {
        Some((at, "useradd")) => Options::of(words, at + 1).uid,
        _ => Uid::Next,
    }
}

/// The word that is the number and nothing else, by index, of a useradd; `None` where there is none.
#[must_use]
pub fn uid_word(words: &[Option<&str>]) -> Option<usize> {
    match program(words) {
        // Nothing may follow the option.
        Some((at, "useradd")) => Options::of(words, at + 1).uid_word.filter(|at| *at < words.len()),
        _ => None,
    }
}

#[derive(Default)]
struct Options<'w> {
    uid: Uid<'w>,
    uid_word: Option<usize>,
    no_log_init: bool,
}

impl<'w> Options<'w> {
    fn of(words: &[Option<&'w str>], from: usize) -> Self {
        let mut found = Self::default();
        let mut at = from;
        while at < words.len() {
            let word = words[at];
            at += 1;
            let Some(word) = word else { continue };
            if let Some(long) = word.strip_prefix("--") {
                let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
                found.no_log_init |= name == "no-log-init";
                if !LONG_VALUED.contains(&name) {
                    continue;
                }
                let value = if value.is_some() {
                    value
                } else {
                    at += 1;
                    words.get(at - 1).copied().flatten()
                };
                if name == "uid" {
                    found.uid = value.into();
                    found.uid_word = (!long.contains('=')).then_some(at - 1);
                }
            } else if let Some(letters) = word.strip_prefix('-') {
                for (place, letter) in letters.char_indices() {
                    found.no_log_init |= letter == 'l';
                    if !VALUED.contains(letter) {
                        continue;
                    }
                    let attached = &letters[place + letter.len_utf8()..];
                    let value = if attached.is_empty() {
                        at += 1;
                        words.get(at - 1).copied().flatten()
                    } else {
                        Some(attached)
                    };
                    if letter == 'u' {
                        found.uid = value.into();
                        found.uid_word = attached.is_empty().then_some(at - 1);
                    }
                    break;
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_useradd() {
        for image in
            ["debian:12", "debian", "ubuntu:24.04", "ubuntu:23.04", "fedora:40", "archlinux", "python:3-slim-bookworm"]
        {
            assert!(resets_only_what_is_there(image), "{image}");
        }
        for image in ["debian:11", "ubuntu:22.04", "fedora:37", "rockylinux:9", "me/debian:12", "python:3", "debian:$V"]
        {
            assert!(!resets_only_what_is_there(image), "{image}");
        }
    }
}
