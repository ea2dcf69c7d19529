//! What differs between any two builds of one Dockerfile, so that a difference there says nothing of a fix.
//!
//! It is learnt by building the original twice, once before and once after the changed file is built: what
//! depends on the time of a build then differs between the two originals at least as much. Only what a build
//! writes of its own commands is a fixed list.

use std::collections::BTreeSet;

use super::difference::{Aspect, Difference, Place};
use super::image::ImagePath;

/// Folders and endings of files whose content tells of the build itself: the commands as they were given, the
/// order of their steps, the time of each source file. That they are there still counts.
const TELLS_OF_THE_BUILD: &[(&[u8], &[u8])] = &[
    (b"var/log/", b""),
    (b"var/cache/apt/", b".bin"),
    (b"var/cache/debconf/", b""),
    (b"var/cache/ldconfig/aux-cache", b""),
    (b"var/cache/fontconfig/", b""),
    (b"var/cache/man/", b""),
    (b"", b".pyc"),
    // What Node's compiler made of yarn, which depends on how far it got before yarn ended.
    (b"tmp/v8-compile-cache-", b""),
];

/// Logs with a place for each user id instead of lines: what they hold depends on the users that there are.
const COUNTS_USERS: &[&[u8]] = &[b"var/log/lastlog", b"var/log/faillog"];

/// What two builds of the original have taught.
#[derive(Debug, Clone, Default)]
pub struct Volatile {
    places: BTreeSet<Place>,
    names: Vec<Name>,
}

/// How far a difference is known to be the build's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// It is.
    Whole,
    /// The file's content differs from build to build; the lines that don't must still be equal.
    SomeLines,
    /// It is not.
    None,
}

/// A file or folder that each build names otherwise, such as `/tmp/tmp.Xb12aa`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    folder: Vec<u8>,
    kind: Option<String>,
    pattern: Pattern,
}

/// What the names have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    /// All but the numbers, such as `_logs/2026-01-31T10_11_12_345Z-debug-0.log`: each stands as `0`.
    Numbers(Vec<u8>),
    /// So many letters and digits between a beginning and an end.
    Letters { prefix: Vec<u8>, len: usize, suffix: Vec<u8> },
}

impl Volatile {
    /// Out of the differences between two builds of the original.
    #[must_use]
    pub fn learnt(between_originals: &[Difference]) -> Self {
        let places = between_originals.iter().map(|difference| difference.place.clone()).collect();
        let presence = |difference: &&Difference| matches!(difference.place, Place::File(_, Aspect::Presence));
        let gone: Vec<_> =
            between_originals.iter().filter(presence).filter(|difference| difference.after.is_none()).collect();
        let new: Vec<_> =
            between_originals.iter().filter(presence).filter(|difference| difference.before.is_none()).collect();
        let mut names = Vec::new();
        for left in &gone {
            for right in &new {
                if let (Some(a), Some(b)) = (left.path(), right.path())
                    && left.before == right.after
                {
                    names.extend(Name::of(a, b, left.before.clone()));
                }
            }
        }
        names.dedup();
        Self { places, names }
    }

    /// Whether a difference between the original and the changed file is one that any two builds have.
    #[must_use]
    pub fn covers(&self, difference: &Difference) -> Cover {
        let Place::File(path, aspect) = &difference.place else {
            return if self.places.contains(&difference.place) { Cover::Whole } else { Cover::None };
        };
        if *aspect == Aspect::Content && tells_of_the_build(path) {
            return Cover::Whole;
        }
        if self.places.contains(&difference.place) {
            return if *aspect == Aspect::Content { Cover::SomeLines } else { Cover::Whole };
        }
        let kind = difference.before.as_ref().or(difference.after.as_ref());
        if *aspect == Aspect::Presence && self.names.iter().any(|name| name.fits(path, kind)) {
            return Cover::Whole;
        }
        Cover::None
    }

    /// How many places differ from build to build.
    #[must_use]
    pub fn places(&self) -> usize {
        self.places.len()
    }
}

fn tells_of_the_build(path: &[u8]) -> bool {
    !COUNTS_USERS.contains(&path)
        && TELLS_OF_THE_BUILD.iter().any(|(folder, ending)| path.starts_with(folder) && path.ends_with(ending))
}

/// Whether a content differs from the original's only in lines that differ between two builds of it too.
///
/// Where those have not the same number of lines, or are no text, it can't be told which lines are meant,
/// and any content will do.
#[must_use]
pub fn differs_only_where_builds_do(original: &[u8], again: &[u8], changed: &[u8]) -> bool {
    if original.contains(&0) || again.contains(&0) {
        return true;
    }
    let (original, again, changed) = (split(original), split(again), split(changed));
    if original.len() != again.len() {
        return true;
    }
    changed.len() == original.len()
        && original.iter().zip(&again).zip(&changed).all(|((first, second), third)| first != second || first == third)
}

fn split(text: &[u8]) -> Vec<&[u8]> {
    text.split(|byte| *byte == b'\n').collect()
}

impl Pattern {
    fn of(left: &[u8], right: &[u8]) -> Option<Self> {
        let without_numbers = without_numbers(left);
        if without_numbers == self::without_numbers(right) {
            return Some(Self::Numbers(without_numbers));
        }
        if left.len() != right.len() {
            return None;
        }
        let same = |(a, b): &(&u8, &u8)| a == b;
        let prefix = left.iter().zip(right).take_while(same).count();
        let suffix = left.iter().rev().zip(right.iter().rev()).take_while(same).count();
        let end = left.len() - suffix;
        Some(Self::Letters { prefix: left[..prefix].to_vec(), len: end - prefix, suffix: left[end..].to_vec() })
    }

    fn fits(&self, name: &[u8]) -> bool {
        match self {
            Self::Numbers(pattern) => without_numbers(name) == *pattern,
            Self::Letters { prefix, len, suffix } => {
                let middle = name.strip_prefix(prefix.as_slice()).and_then(|rest| rest.strip_suffix(suffix.as_slice()));
                middle.is_some_and(|middle| middle.len() == *len && middle.iter().all(u8::is_ascii_alphanumeric))
            }
        }
    }
}

/// A name with each number as `0`.
fn without_numbers(name: &[u8]) -> Vec<u8> {
    let mut pattern = Vec::with_capacity(name.len());
    for &byte in name {
        if !byte.is_ascii_digit() {
            pattern.push(byte);
        } else if pattern.last() != Some(&b'0') {
            pattern.push(b'0');
        }
    }
    pattern
}

impl Name {
    /// The pattern of two names in one folder.
    fn of(left: &ImagePath, right: &ImagePath, kind: Option<String>) -> Option<Self> {
        let (folder, a) = parted(left);
        let (other, b) = parted(right);
        if folder != other {
            return None;
        }
        Some(Self { folder: folder.to_vec(), kind, pattern: Pattern::of(a, b)? })
    }

    /// Whether the path, or a folder above it, has a name of this pattern.
    fn fits(&self, path: &[u8], kind: Option<&String>) -> bool {
        let rest = if self.folder.is_empty() {
            path
        } else {
            let Some(rest) = path.strip_prefix(self.folder.as_slice()).and_then(|rest| rest.strip_prefix(b"/")) else {
                return false;
            };
            rest
        };
        let end = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
        let name = &rest[..end];
        let same_kind = end < rest.len() || kind == self.kind.as_ref();
        same_kind && self.pattern.fits(name)
    }
}

fn parted(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (&[], path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presence(path: &str, before: bool) -> Difference {
        let kind = |there: bool| there.then(|| "a file".to_owned());
        let place = Place::File(path.as_bytes().to_vec(), Aspect::Presence);
        Difference { place, before: kind(before), after: kind(!before) }
    }

    fn content(path: &str) -> Difference {
        let place = Place::File(path.as_bytes().to_vec(), Aspect::Content);
        Difference { place, before: Some("1".to_owned()), after: Some("2".to_owned()) }
    }

    #[test]
    fn names_that_each_build_makes_up() {
        let learnt = Volatile::learnt(&[presence("tmp/tmp.aB3x", true), presence("tmp/tmp.Zz9y", false)]);
        assert_eq!(learnt.covers(&presence("tmp/tmp.QwEr", false)), Cover::Whole);
        assert_eq!(learnt.covers(&presence("tmp/tmp.QwEr/inside", false)), Cover::Whole);
        assert_eq!(learnt.covers(&presence("tmp/tmp.QwErt", false)), Cover::None, "longer");
        assert_eq!(learnt.covers(&presence("tmp/other", false)), Cover::None);
        assert_eq!(learnt.covers(&presence("srv/tmp.QwEr", false)), Cover::None, "another folder");
        let numbers = Volatile::learnt(&[presence("run/9-x.log", true), presence("run/10-x.log", false)]);
        assert_eq!(numbers.covers(&presence("run/111-x.log", false)), Cover::Whole);
        assert_eq!(numbers.covers(&presence("run/a-x.log", false)), Cover::None);
        let several = Volatile::learnt(&[presence("l/01T9_59-d-0.log", true), presence("l/01T10_00-d-0.log", false)]);
        assert_eq!(several.covers(&presence("l/01T10_03-d-0.log", false)), Cover::Whole);
        assert_eq!(several.covers(&presence("l/01T10-d-0.log", false)), Cover::None);
    }

    #[test]
    fn a_content_that_differs_is_looked_at_by_lines() {
        let learnt = Volatile::learnt(&[content("srv/stamp")]);
        assert_eq!(learnt.covers(&content("srv/stamp")), Cover::SomeLines);
        assert_eq!(learnt.covers(&content("srv/other")), Cover::None);
        assert_eq!(learnt.covers(&presence("srv/stamp", true)), Cover::None, "it is gone");
        assert!(differs_only_where_builds_do(b"a\n1\n", b"a\n2\n", b"a\n3\n"));
        assert!(!differs_only_where_builds_do(b"a\n1\n", b"a\n2\n", b"b\n3\n"));
        assert!(!differs_only_where_builds_do(b"a\n1\n", b"a\n2\n", b"a\n3\nmore\n"));
        assert!(differs_only_where_builds_do(b"\0", b"\0\0", b"any"));
    }

    #[test]
    fn logs_tell_of_the_build_but_must_be_there() {
        let nothing = Volatile::default();
        assert_eq!(nothing.covers(&content("var/log/apt/history.log")), Cover::Whole);
        assert_eq!(nothing.covers(&presence("var/log/apt/history.log", true)), Cover::None);
        assert_eq!(nothing.covers(&content("var/cache/app/data")), Cover::None);
        assert_eq!(nothing.covers(&content("var/log/lastlog")), Cover::None, "its size counts users");
    }
}
