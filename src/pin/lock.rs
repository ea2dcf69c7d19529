//! `dockmod.lock`: what references stood for when they were pinned.
#![allow(clippy::disallowed_methods, reason = "the lock is a file")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Deserialize;

use crate::registry::{Digest, Platform, Reference, Resolved};

/// The name of the file.
pub const LOCK_NAME: &str = "dockmod.lock";
/// The version of its form.
const VERSION: u64 = 1;
/// A longer file is no lock.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

const HEAD: &str =
    "# Written by `dockmod pin`. Keep it with the Dockerfiles: later runs read it instead of asking registries.\n";

/// What is locked, by reference (its tag, without a digest) and digest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    entries: BTreeMap<(Reference, Digest), Entry>,
}

/// One image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When the registry said that the tag stands for this digest, as `2026-01-31T12:00:00Z`; `None` where it was never
    /// asked, as the digest was there before.
    pub resolved: Option<String>,
    /// The platforms that the image is for.
    pub platforms: Vec<Platform>,
    /// The Dockerfiles that name it, from the lock's folder, with `/`.
    pub files: BTreeSet<String>,
}

/// Why a lock is not read or written.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// It can't be read.
    #[error("{}: it can't be read: {error}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is no lock.
    #[error("{}: {reason}; it is written by `dockmod pin`: restore it, or delete it and pin anew", path.display())]
    Form {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it, with its place.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u64,
    #[serde(default)]
    image: Vec<Image>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Image {
    reference: String,
    digest: String,
    resolved: Option<String>,
    platforms: Vec<String>,
    files: Vec<String>,
}

impl Lock {
    /// Reads a lock; one that is not there is empty.
    ///
    /// # Errors
    /// Where it can't be read, or is no lock.
    pub fn load(path: &Path) -> Result<Self, LockError> {
        let failed = |error| LockError::Read { path: path.to_path_buf(), error };
        match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(failed(error)),
            Ok(metadata) if metadata.len() > MOST_BYTES => {
                let reason = "it is too long".to_owned();
                return Err(LockError::Form { path: path.to_path_buf(), reason });
            }
            Ok(_) => {}
        }
        let text = fs::read_to_string(path).map_err(failed)?;
        Self::read(&text).map_err(|reason| LockError::Form { path: path.to_path_buf(), reason })
    }

    /// Reads the text of a lock.
    ///
    /// # Errors
    /// With what is wrong, where it is none.
    pub fn read(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| in_one_line(text, &error))?;
        if file.version != VERSION {
            return Err(format!("its form is {}, and this dockmod reads form {VERSION}", file.version));
        }
        let mut entries = BTreeMap::new();
        for image in file.image {
            let wrong = |what: &str| format!("the image `{}` has {what}", image.reference);
            let reference =
                Reference::read(&image.reference).map_err(|error| wrong(&format!("a wrong name: {error}")))?;
            if reference.tag.is_none() || reference.digest.is_some() {
                return Err(wrong("no tag, or a digest in its name"));
            }
            let digest = Digest::read(&image.digest).ok_or_else(|| wrong("a wrong digest"))?;
            let platforms = image.platforms.iter().map(|platform| Platform::read(platform));
            let platforms = platforms.collect::<Option<Vec<_>>>().ok_or_else(|| wrong("a wrong platform"))?;
            let files = image.files.iter().cloned().collect();
            let entry = Entry { resolved: image.resolved.clone(), platforms, files };
            if entries.insert((reference, digest), entry).is_some() {
                return Err(wrong("two entries of one digest"));
            }
        }
        Ok(Self { entries })
    }

    /// The text of the lock, which depends on nothing but what it holds.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{HEAD}version = {VERSION}\n");
        for ((reference, digest), entry) in &self.entries {
            let list = |words: Vec<String>| {
                let quoted: Vec<String> = words.into_iter().map(|word| toml::Value::String(word).to_string()).collect();
                quoted.join(", ")
            };
            let platforms = list(entry.platforms.iter().map(ToString::to_string).collect());
            let files = entry.files.iter().map(|file| toml::Value::String(file.clone()).to_string());
            let files: String = files.fold(String::new(), |mut lines, file| {
                // Writing to a string does not fail.
                let _ = write!(lines, "\n    {file},");
                lines
            });
            let resolved = entry.resolved.clone().map(|time| format!("resolved = {}\n", toml::Value::String(time)));
            let resolved = resolved.unwrap_or_default();
            let _ = write!(
                text,
                "\n[[image]]\nreference = \"{reference}\"\ndigest = \"{digest}\"\n{resolved}platforms = [{platforms}]\n\
                 files = [{files}\n]\n",
            );
        }
        text
    }

    /// Whether nothing is locked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Its entries: a reference by its tag, its digest, and the rest.
    pub fn entries(&self) -> impl Iterator<Item = (&Reference, &Digest, &Entry)> {
        self.entries.iter().map(|((reference, digest), entry)| (reference, digest, entry))
    }

    /// What it says that references stand for: by their digest, and by their tag where that was asked for. Of a tag that
    /// moved, the last one holds.
    #[must_use]
    pub fn known(&self) -> Vec<(Reference, Resolved)> {
        let resolved =
            |digest: &Digest, entry: &Entry| Resolved { digest: digest.clone(), platforms: entry.platforms.clone() };
        let mut known: Vec<(Reference, Resolved)> = self
            .entries()
            .map(|(reference, digest, entry)| (reference.with_digest(digest.clone()), resolved(digest, entry)))
            .collect();
        let tags: BTreeSet<&Reference> = self.entries().map(|(reference, ..)| reference).collect();
        for reference in tags {
            if let Some((digest, entry)) = self.newest(reference) {
                known.push((reference.clone(), resolved(digest, entry)));
            }
        }
        known
    }

    /// What a tag stood for when it was asked for last.
    fn newest(&self, reference: &Reference) -> Option<(&Digest, &Entry)> {
        let of_tag = self.entries().filter(|(other, ..)| *other == reference);
        let asked = of_tag.filter_map(|(_, digest, entry)| Some((entry.resolved.as_deref()?, digest, entry)));
        asked.max_by_key(|(time, ..)| *time).map(|(_, digest, entry)| (digest, entry))
    }

    /// Takes what `files` name in the place of what they named before; `remains` says whether another file is still
    /// there. An image that its tag stood for already keeps its time, another has `now`. Images that nothing names are
    /// gone.
    pub fn take(&mut self, files: &BTreeMap<String, Vec<Locked>>, now: &str, remains: &dyn Fn(&str) -> bool) {
        for entry in self.entries.values_mut() {
            entry.files.retain(|file| !files.contains_key(file) && remains(file));
        }
        for (file, images) in files {
            for Locked { reference, resolved, is_todays } in images {
                let tag = reference.by_tag();
                let stays = self.newest(&tag).is_some_and(|(digest, _)| *digest == resolved.digest);
                let entry = self.entries.entry((tag, resolved.digest.clone())).or_insert_with(|| Entry {
                    resolved: None,
                    platforms: resolved.platforms.clone(),
                    files: BTreeSet::new(),
                });
                if *is_todays && !stays {
                    entry.resolved = Some(now.to_owned());
                }
                entry.files.insert(file.clone());
            }
        }
        self.entries.retain(|_, entry| !entry.files.is_empty());
    }
}

fn in_one_line(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().lines().collect::<Vec<_>>().join(" ");
    match error.span() {
        Some(span) => {
            let line = text[..span.start].matches('\n').count() + 1;
            format!("line {line}: {message}")
        }
        None => message,
    }
}

/// An image that a file names by its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locked {
    /// With a tag.
    pub reference: Reference,
    /// What its digest stands for.
    pub resolved: Resolved,
    /// Whether its tag stands for it, as far as is known.
    pub is_todays: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn image(tag: &str, content: &[u8]) -> Locked {
        let platforms = vec![Platform::read("linux/amd64").unwrap(), Platform::read("linux/arm64").unwrap()];
        let resolved = Resolved { digest: Digest::of(content), platforms };
        Locked { reference: Reference::read(tag).unwrap(), resolved, is_todays: true }
    }

    fn taken(lock: &mut Lock, files: &[(&str, Vec<Locked>)], now: &str) {
        let files = files.iter().map(|(file, images)| ((*file).to_owned(), images.clone())).collect();
        lock.take(&files, now, &|file| file != "gone");
    }

    #[test]
    fn a_lock_is_read_as_it_was_written() {
        let mut lock = Lock::default();
        let other = image("r.io:5000/b/c:2", b"x");
        taken(
            &mut lock,
            &[("a/Dockerfile", vec![image("debian:12", b""), other]), ("b \"q\"", vec![image("debian", b"")])],
            "t1",
        );
        assert_eq!(Lock::read(&lock.text()), Ok(lock.clone()));
        assert!(lock.text().contains(&format!("reference = \"debian:12\"\ndigest = \"{A}\"")), "{}", lock.text());
        assert_eq!(lock.known().len(), 6);
    }

    #[test]
    fn what_is_known_keeps_its_time_and_what_nothing_names_is_gone() {
        let mut lock = Lock::default();
        let old = image("debian:12", b"");
        taken(
            &mut lock,
            &[("a", vec![old.clone()]), ("gone", vec![image("nginx:1", b"")]), ("b", vec![image("c:1", b"")])],
            "t1",
        );
        let stale = Locked { is_todays: false, ..old };
        taken(&mut lock, &[("a", vec![stale, image("debian:12", b"new")])], "t2");
        let shown = |lock: &Lock| -> Vec<String> {
            let entries = lock.entries().map(|(reference, digest, entry)| {
                format!("{reference} {} {}", &digest.as_str()[7..9], entry.resolved.as_deref().unwrap_or("-"))
            });
            entries.collect()
        };
        assert_eq!(shown(&lock), ["c:1 e3 t1", "debian:12 11 t2", "debian:12 e3 t1"]);
        let known = |lock: &Lock| {
            let found = lock.known().into_iter().find(|(reference, _)| reference.to_string() == "debian:12");
            found.map(|(_, resolved)| resolved.digest)
        };
        assert_eq!(known(&lock), Some(Digest::of(b"new")));
        taken(&mut lock, &[("a", vec![image("debian:12", b"new")])], "t3");
        assert_eq!(shown(&lock), ["c:1 e3 t1", "debian:12 11 t2"], "what the tag stands for already keeps its time");
        let mut lock = Lock::default();
        taken(&mut lock, &[("a", vec![Locked { is_todays: false, ..image("debian:12", b"") }])], "t1");
        assert_eq!(
            (shown(&lock).concat().as_str(), known(&lock)),
            ("debian:12 e3 -", None),
            "its tag was never asked for"
        );
    }

    #[test]
    fn a_broken_lock_is_refused_with_its_place() {
        let good = format!(
            "version = 1\n[[image]]\nreference = \"a:1\"\ndigest = \"{A}\"\nresolved = \"t\"\nplatforms = []\nfiles = []\n"
        );
        assert!(Lock::read(&good).is_ok());
        for (from, to, says) in [
            ("version = 1", "version = 2", "form 1"),
            ("a:1", "A:1", "a wrong name"),
            ("a:1", "a", "no tag"),
            ("sha256:e3", "sha256:", "a wrong digest"),
            ("platforms = []", "platforms = [\"x/y/z/u\"]", "a wrong platform"),
            ("files = []", "fils = []", "line 7"),
            ("[[image]]", "<<<<<<< HEAD\n[[image]]", "line 2"),
        ] {
            let error = Lock::read(&good.replace(from, to)).unwrap_err();
            assert!(error.contains(says), "{to}: {error}");
        }
    }
}
