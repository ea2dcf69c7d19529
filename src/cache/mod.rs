//! What an earlier run found out, where it would find out the same.
//!
//! An entry belongs to a file's path and text, to the settings that are in force for it, to the folders that are walked,
//! and to the program by the hash of its sources. It also holds every question that the work put to the disk, with a
//! digest of the answers: `.dockerignore`, manifests, compose files, whether a path is there. It counts only where these
//! questions, asked again, have the same answers. So a run with the cache tells what a run without it tells.
//!
//! Only counts are kept, no fixes and no texts: a diff is always worked out anew.
#![allow(clippy::disallowed_methods, reason = "this room reads and writes its own files")]

mod answers;
mod entry;
mod stored;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::context::disk::Asked;
use crate::report::summary::Tally;
use crate::walk::lexical;

use answers::Answers;
use stored::{Stored, Writer};

/// Names an entry, a set of settings, or the files of a run.
pub type Key = [u8; 16];

/// What became of a file, as far as it is told without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It was looked at.
    Looked(Tally),
    /// It is no Dockerfile to work on, and why.
    Skipped(String),
    /// It could not be parsed, and why.
    Failed(String),
}

/// The entries of earlier runs over the same folders, and those of this run.
#[derive(Debug)]
pub struct Cache {
    path: PathBuf,
    stored: Stored,
    answers: Answers,
    fresh: Mutex<Writer>,
}

/// The first half of a SHA-256 over parts, each with its length.
#[must_use]
pub fn key<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> Key {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let mut key = Key::default();
    key.copy_from_slice(&hash.finalize()[..16]);
    key
}

impl Cache {
    /// The cache in `folder` of runs over `roots` whose settings, where no file says otherwise, are `settings`.
    ///
    /// `None` where a root can't be named.
    #[must_use]
    pub fn open(folder: &Path, roots: &[PathBuf], settings: &Key) -> Option<Self> {
        let roots: Vec<PathBuf> = roots.iter().map(|root| lexical::absolute(root)).collect::<Result<_, _>>().ok()?;
        let parts = [env!("CARGO_PKG_VERSION").as_bytes(), env!("DOCKMOD_SOURCES").as_bytes(), settings];
        let roots = roots.iter().map(|root| root.as_os_str().as_encoded_bytes());
        let identity = key(parts.into_iter().chain(roots));
        let path = folder.join(format!("{}.cache", name(&identity)));
        let stored = Stored::read(&path, &identity);
        let fresh = Mutex::new(Writer::new(&identity));
        Some(Self { path, stored, answers: Answers::default(), fresh })
    }

    /// What is known of a file of this text, where that still holds.
    #[must_use]
    pub fn known(&self, place: &Place, key: &Key) -> Option<Kept> {
        let entry = self.stored.get(key)?;
        let kept = entry::read(entry, place, &self.answers)?;
        self.stored.mark(key);
        Some(kept)
    }

    /// Keeps what was found out by asking these questions.
    pub fn keep(&self, place: &Place, key: &Key, kept: &Kept, asked: Asked) {
        if let Some(entry) = entry::write(place, kept, asked) {
            self.fresh.lock().unwrap_or_else(PoisonError::into_inner).add(key, &entry);
        }
    }

    /// Writes what this run used and found out. Nothing fails where that can't be: the next run works it out anew.
    pub fn finish(self) {
        let mut fresh = self.fresh.into_inner().unwrap_or_else(PoisonError::into_inner);
        if fresh.is_empty() && self.stored.all_marked() {
            return;
        }
        self.stored.marked().for_each(|(key, entry)| fresh.add(key, entry));
        // The folder may be full or belong to someone else.
        let _ = fresh.write(&self.path);
    }
}

/// Where a file stands: questions are noted from its folder on.
#[derive(Debug)]
pub struct Place {
    folder: PathBuf,
    path: PathBuf,
}

impl Place {
    /// Of the file at `path`; `None` where that can't be made absolute.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let path = lexical::absolute(path).ok()?;
        Some(Self { folder: path.parent()?.to_path_buf(), path })
    }

    /// The key of its entry.
    #[must_use]
    pub fn key(&self, settings: &Key, text: &[u8]) -> Key {
        key([settings.as_slice(), self.path.as_os_str().as_encoded_bytes(), text])
    }
}

fn name(key: &Key) -> String {
    format!("{:032x}", u128::from_be_bytes(*key))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::context::disk;

    use super::*;

    const SETTINGS: Key = [7; 16];

    fn open(folder: &Path, roots: &[&str], settings: &Key) -> Cache {
        let roots: Vec<PathBuf> = roots.iter().map(PathBuf::from).collect();
        Cache::open(folder, &roots, settings).expect("roots that have names")
    }

    fn skipped(why: &str) -> Kept {
        Kept::Skipped(why.to_owned())
    }

    #[test]
    fn an_entry_holds_while_path_text_settings_and_folders_are_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::of(Path::new("/a/Dockerfile")).expect("a place");
        let key = place.key(&SETTINGS, b"FROM a");
        let cache = open(folder.path(), &["/a"], &SETTINGS);
        assert_eq!(cache.known(&place, &key), None);
        cache.keep(&place, &key, &skipped("x"), Asked::default());
        cache.finish();

        assert_eq!(open(folder.path(), &["/a"], &SETTINGS).known(&place, &key), Some(skipped("x")));
        let other = Place::of(Path::new("/b/Dockerfile")).expect("a place");
        for other in [place.key(&SETTINGS, b"FROM b"), place.key(&[8; 16], b"FROM a"), other.key(&SETTINGS, b"FROM a")]
        {
            assert_ne!(other, key);
        }
        assert_eq!(open(folder.path(), &["/a", "/b"], &SETTINGS).known(&place, &key), None);
        assert_eq!(open(folder.path(), &["/a"], &[8; 16]).known(&place, &key), None);
    }

    #[test]
    fn an_entry_holds_while_the_answers_are_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let project = folder.path().join("project/api");
        fs::create_dir_all(&project).expect("folders");
        let place = Place::of(&project.join("Dockerfile")).expect("a place");
        let key = place.key(&SETTINGS, b"");
        let manifest = folder.path().join("project/package.json");
        let ((), asked) = disk::recorded(|| {
            let beside = crate::context::Context::beside(&manifest).expect("a folder");
            assert!(!beside.exists("package.json"));
        });
        let cache = open(folder.path(), &["/a"], &SETTINGS);
        cache.keep(&place, &key, &skipped("x"), asked);
        cache.finish();
        let known = || open(folder.path(), &["/a"], &SETTINGS).known(&place, &key);
        assert_eq!(known(), Some(skipped("x")));
        fs::write(&manifest, "{}").expect("a file");
        assert_eq!(known(), None);
        fs::remove_file(&manifest).expect("it is there");
        assert_eq!(known(), Some(skipped("x")));
    }

    #[test]
    fn what_was_told_beside_or_changed_meanwhile_is_not_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::of(Path::new("/a/Dockerfile")).expect("a place");
        let question = disk::Question { path: "/a/x".into(), what: disk::What::Entry };
        let told = Asked { told: true, ..Asked::default() };
        let changed = Asked { questions: vec![(question.clone(), [0; 16]), (question, [1; 16])], told: false };
        let cache = open(folder.path(), &["/a"], &SETTINGS);
        cache.keep(&place, &[1; 16], &skipped("x"), told);
        cache.keep(&place, &[2; 16], &skipped("x"), changed);
        cache.finish();
        assert_eq!(open(folder.path(), &["/a"], &SETTINGS).stored.len(), 0);
    }

    #[test]
    fn entries_that_a_run_does_not_use_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::of(Path::new("/a/Dockerfile")).expect("a place");
        let cache = open(folder.path(), &["/a"], &SETTINGS);
        for number in 1..4 {
            cache.keep(&place, &[number; 16], &skipped("x"), Asked::default());
        }
        cache.finish();
        let cache = open(folder.path(), &["/a"], &SETTINGS);
        assert_eq!(cache.stored.len(), 3);
        assert!(cache.known(&place, &[2; 16]).is_some());
        cache.finish();
        let cache = open(folder.path(), &["/a"], &SETTINGS);
        assert_eq!(cache.stored.len(), 1);
        assert!(cache.known(&place, &[2; 16]).is_some());
    }

    #[test]
    fn a_broken_file_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::of(Path::new("/a/Dockerfile")).expect("a place");
        let cache = open(folder.path(), &["/a"], &SETTINGS);
        let path = cache.path.clone();
        cache.keep(&place, &[1; 16], &skipped("x"), Asked::default());
        cache.keep(&place, &[2; 16], &skipped("y"), Asked::default());
        cache.finish();
        let whole = fs::read(&path).expect("it was written");
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).expect("a file");
            let cache = open(folder.path(), &["/a"], &SETTINGS);
            assert_eq!(cache.known(&place, &[2; 16]), None, "{length} of {} bytes", whole.len());
        }
        for at in 0..whole.len() {
            let mut other = whole.clone();
            other[at] ^= 0x40;
            fs::write(&path, &other).expect("a file");
            assert_eq!(open(folder.path(), &["/a"], &SETTINGS).stored.len(), 0, "byte {at} is another");
        }
    }
}
