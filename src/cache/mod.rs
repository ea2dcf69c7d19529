//! What an earlier run found out, where it would find out the same.
//!
//! An entry belongs to a file's path and text, to the settings that are in force for it, to the folders that are walked,
//! and to the program by the hash of its sources. It also holds every question that the work put to the disk, with a
//! digest of the answers: `.dockerignore`, manifests, compose files, whether a path is there. It counts only where these
//! questions, asked again, have the same answers. So a run with the cache tells what a run without it tells.
//!
//! Only counts are kept, no fixes and no texts: a diff is always worked out anew. The file of a cache has the order of the
//! files that it tells of, and only the part that is needed is held in memory.
#![allow(clippy::disallowed_methods, reason = "this room reads and writes its own files")]

mod answers;
mod block;
mod entry;
mod stored;
mod written;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::context::disk::Asked;
use crate::report::summary::Tally;
use crate::walk::lexical;

use answers::Answers;
use block::{Block, Bounds};
use stored::Stored;
use written::Written;

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
    stored: Stored,
    answers: Answers,
    written: Written,
}

/// The entries of files that follow each other.
#[derive(Debug)]
pub struct Batch<'c> {
    cache: &'c mut Cache,
    /// Of the files; none where there are none.
    bounds: Option<Bounds>,
    blocks: Vec<(usize, Block)>,
    fresh: Mutex<Vec<u8>>,
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
        let stored = Stored::open(&path, &identity);
        Some(Self { stored, answers: Answers::default(), written: Written::new(path, identity) })
    }

    /// What is known of files that are looked at next.
    pub fn batch<'p>(&mut self, paths: impl Iterator<Item = &'p Path>) -> Batch<'_> {
        let paths: Vec<PathBuf> = paths.filter_map(|path| lexical::absolute(path).ok()).collect();
        let bounds = Bounds::of(&paths);
        let blocks = bounds.as_ref().map_or_else(Vec::new, |bounds| self.stored.within(bounds));
        Batch { cache: self, bounds, blocks, fresh: Mutex::default() }
    }

    /// Writes what this run used and found out. Nothing fails where that can't be: the next run works it out anew.
    pub fn finish(mut self) {
        self.written.finish(&mut self.stored);
    }
}

impl Batch<'_> {
    /// What is known of a file of this text, where that still holds.
    #[must_use]
    pub fn get(&self, place: &Place, key: &Key) -> Option<Kept> {
        let (block, entry) = self.blocks.iter().find_map(|(_, block)| Some((block, block.get(key)?)))?;
        let kept = entry::read(entry, place, &self.cache.answers)?;
        block.mark(key);
        Some(kept)
    }

    /// Keeps what was found out by asking these questions.
    pub fn keep(&self, place: &Place, key: &Key, kept: &Kept, asked: Asked) {
        if let Some(entry) = entry::write(place, kept, asked) {
            block::add(&mut self.fresh.lock().unwrap_or_else(PoisonError::into_inner), key, &entry);
        }
    }

    /// Notes what was used and found out.
    pub fn finish(self) {
        let Self { cache: Cache { stored, written, .. }, bounds: Some(bounds), blocks, fresh } = self else { return };
        written.add(stored, &bounds, &blocks, fresh.into_inner().unwrap_or_else(PoisonError::into_inner));
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
    use std::time::{Duration, SystemTime};

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

    fn known(mut cache: Cache, place: &Place, key: &Key) -> Option<Kept> {
        cache.batch([place.path.as_path()].into_iter()).get(place, key)
    }

    /// A run that keeps entries of one file.
    fn keep(mut cache: Cache, place: &Place, entries: &[(Key, Asked)]) {
        let batch = cache.batch([place.path.as_path()].into_iter());
        for (key, asked) in entries {
            batch.keep(place, key, &skipped("x"), asked.clone());
        }
        batch.finish();
        cache.finish();
    }

    /// How many entries of one file there are.
    fn count(mut cache: Cache, place: &Place) -> usize {
        cache.batch([place.path.as_path()].into_iter()).blocks.iter().map(|(_, block)| block.len()).sum()
    }

    #[test]
    fn an_entry_holds_while_path_text_settings_and_folders_are_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::of(Path::new("/a/Dockerfile")).expect("a place");
        let key = place.key(&SETTINGS, b"FROM a");
        assert_eq!(known(open(folder.path(), &["/a"], &SETTINGS), &place, &key), None);
        keep(open(folder.path(), &["/a"], &SETTINGS), &place, &[(key, Asked::default())]);

        assert_eq!(known(open(folder.path(), &["/a"], &SETTINGS), &place, &key), Some(skipped("x")));
        let other = Place::of(Path::new("/b/Dockerfile")).expect("a place");
        for other in [place.key(&SETTINGS, b"FROM b"), place.key(&[8; 16], b"FROM a"), other.key(&SETTINGS, b"FROM a")]
        {
            assert_ne!(other, key);
        }
        assert_eq!(known(open(folder.path(), &["/a", "/b"], &SETTINGS), &place, &key), None);
        assert_eq!(known(open(folder.path(), &["/a"], &[8; 16]), &place, &key), None);
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
        keep(open(folder.path(), &["/a"], &SETTINGS), &place, &[(key, asked)]);
        let now = || known(open(folder.path(), &["/a"], &SETTINGS), &place, &key);
        assert_eq!(now(), Some(skipped("x")));
        fs::write(&manifest, "{}").expect("a file");
        assert_eq!(now(), None);
        fs::remove_file(&manifest).expect("it is there");
        assert_eq!(now(), Some(skipped("x")));
    }

    #[test]
    fn what_was_told_beside_or_changed_meanwhile_is_not_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::of(Path::new("/a/Dockerfile")).expect("a place");
        let question = disk::Question { path: "/a/x".into(), what: disk::What::Entry };
        let told = Asked { told: true, ..Asked::default() };
        let changed = Asked { questions: vec![(question.clone(), [0; 16]), (question, [1; 16])], told: false };
        keep(open(folder.path(), &["/a"], &SETTINGS), &place, &[([1; 16], told), ([2; 16], changed)]);
        assert_eq!(count(open(folder.path(), &["/a"], &SETTINGS), &place), 0);
    }

    #[test]
    fn entries_that_a_run_does_not_use_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::of(Path::new("/a/Dockerfile")).expect("a place");
        let open = || open(folder.path(), &["/a"], &SETTINGS);
        keep(open(), &place, &[1, 2, 3].map(|number| ([number; 16], Asked::default())));
        assert_eq!(count(open(), &place), 3);
        let mut cache = open();
        let batch = cache.batch([place.path.as_path()].into_iter());
        assert!(batch.get(&place, &[2; 16]).is_some());
        batch.finish();
        cache.finish();
        assert_eq!(count(open(), &place), 1);
        assert_eq!(known(open(), &place, &[2; 16]), Some(skipped("x")));
    }

    #[test]
    fn a_file_that_is_used_stays_young() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::of(Path::new("/a/Dockerfile")).expect("a place");
        let open = || open(folder.path(), &["/a"], &SETTINGS);
        keep(open(), &place, &[([1; 16], Asked::default())]);
        let path = fs::read_dir(folder.path()).expect("a folder").flatten().next().expect("it was written").path();
        let file = fs::File::options().append(true).open(&path).expect("a file");
        let age = || file.metadata().expect("it is there").modified().expect("a time").elapsed().expect("in the past");
        for (before, after) in [(20 * 24, 0), (10, 10)] {
            file.set_modified(SystemTime::now() - Duration::from_hours(before)).expect("a time");
            let mut cache = open();
            let batch = cache.batch([place.path.as_path()].into_iter());
            assert!(batch.get(&place, &[1; 16]).is_some());
            batch.finish();
            cache.finish();
            assert_eq!(age().as_secs() / 3600, after);
        }
    }

    /// Runs over files that come, change and go: each file that is as it was is known.
    #[test]
    fn what_is_as_it_was_is_known_in_each_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = || open(folder.path(), &["/a"], &SETTINGS);
        let places: Vec<Place> =
            (100..140).filter_map(|n| Place::of(Path::new(&format!("/a/{n}/Dockerfile")))).collect();
        let mut state: u64 = 3;
        let mut step = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 40).expect("24 bits")
        };
        let mut texts: Vec<Option<u8>> = vec![Some(0); places.len()];
        let mut before: Vec<Option<u8>> = vec![None; places.len()];
        for run in 0..60 {
            let mut cache = open();
            // Files as they follow each other, so many at a time.
            let there: Vec<usize> = (0..places.len()).filter(|at| texts[*at].is_some()).collect();
            for at_once in there.chunks(if run % 7 == 6 { 5 } else { 8 }) {
                let batch = cache.batch(at_once.iter().map(|at| places[*at].path.as_path()));
                for at in at_once {
                    let key = places[*at].key(&SETTINGS, &[texts[*at].expect("it is there")]);
                    let known = batch.get(&places[*at], &key);
                    assert_eq!(known.is_some(), texts[*at] == before[*at], "run {run}, file {at}");
                    if known.is_none() {
                        batch.keep(&places[*at], &key, &skipped("x"), Asked::default());
                    }
                }
                batch.finish();
            }
            cache.finish();
            before.clone_from(&texts);
            for _ in 0..step() % 3 {
                let at = step() % places.len();
                texts[at] = [None, Some(0), Some(1), Some(2)][step() % 4];
            }
        }
    }

    #[test]
    fn a_broken_file_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::of(Path::new("/a/Dockerfile")).expect("a place");
        let open = || open(folder.path(), &["/a"], &SETTINGS);
        keep(open(), &place, &[1, 2].map(|number| ([number; 16], Asked::default())));
        let path = fs::read_dir(folder.path()).expect("a folder").flatten().next().expect("it was written").path();
        let whole = fs::read(&path).expect("it was written");
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).expect("a file");
            assert_eq!(known(open(), &place, &[2; 16]), None, "{length} of {} bytes", whole.len());
        }
        for at in 0..whole.len() {
            let mut other = whole.clone();
            other[at] ^= 0x40;
            fs::write(&path, &other).expect("a file");
            assert_eq!(count(open(), &place), 0, "byte {at} is another");
        }
    }
}
