//! Users with high numbers.
//!
//! Source: useradd(8) of shadow-utils.

use super::program;

/// Letters of short options with a value.
const VALUED: &str = "bcdefgGkKpRsuZPF";

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
        Uid::Written(uid) => uid.trim_start_matches('0').len() >= HIGH && uid.bytes().all(|byte| byte.is_ascii_digit()),
        Uid::Outside => true,
    };
    (high && !options.no_log_init).then_some(at)
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

#[derive(Default)]
struct Options<'w> {
    uid: Uid<'w>,
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
                    }
                    break;
                }
            }
        }
        found
    }
}
