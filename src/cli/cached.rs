//! Files of which an earlier run knows what becomes of them.

use std::path::{Path, PathBuf};

use crate::cache::{self, Cache, Kept, Place};
use crate::config::{Configuration, Resolved};
use crate::context::disk;
use crate::walk::Entry;

use super::args::RunArgs;
use super::numbers::{self, Numbers};
use super::run::{FAILED_ITSELF, FileResult};

/// The cache of a run, and what the run needs to be told.
pub struct Cached {
    cache: Cache,
    /// For which files numbers are enough.
    numbers: Numbers,
}

/// The cache of this run: none where it is not wanted, or where the run tells more than is kept.
pub fn open(args: &RunArgs, numbers: Numbers, configuration: &Configuration, roots: &[PathBuf]) -> Option<Cached> {
    if args.no_cache || numbers == Numbers::No {
        return None;
    }
    let cache = Cache::open(&folder()?, roots, configuration.plain().fingerprint())?;
    Some(Cached { cache, numbers })
}

/// `DOCKMOD_CACHE_DIR`, else `dockmod` in the user's folder for caches.
#[allow(clippy::disallowed_methods, reason = "the command line's edge reads the environment")]
fn folder() -> Option<PathBuf> {
    let named = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let of_user = || {
        let absolute = named("XDG_CACHE_HOME").filter(|folder| folder.is_absolute());
        absolute.or_else(|| Some(named("HOME")?.join(".cache"))).map(|caches| caches.join("dockmod"))
    };
    named("DOCKMOD_CACHE_DIR").or_else(of_user)
}

impl Cached {
    /// What is known of files that follow each other.
    pub fn batch(&mut self, entries: &[Entry]) -> Batch<'_> {
        Batch { known: self.cache.batch(entries.iter().map(Entry::path)), numbers: self.numbers }
    }

    /// Writes what this run found out.
    pub fn finish(self) {
        self.cache.finish();
    }
}

/// What is known of the files of a batch.
pub struct Batch<'c> {
    known: cache::Batch<'c>,
    numbers: Numbers,
}

impl Batch<'_> {
    /// What is known of the file, else what `work` makes of it.
    pub fn look_up(
        &self,
        path: &Path,
        source: Vec<u8>,
        resolved: &Resolved,
        work: impl FnOnce(Vec<u8>) -> FileResult,
    ) -> FileResult {
        let Some(place) = Place::of(path) else { return work(source) };
        let key = place.key(resolved.fingerprint(), &source);
        match self.known.get(&place, &key) {
            Some(Kept::Looked(tally)) if self.numbers.are_enough(&tally) => return FileResult::Known(tally),
            Some(Kept::Skipped(reason)) => return FileResult::Skipped(reason),
            Some(Kept::Failed(message)) => return FileResult::Failed(message),
            Some(Kept::Looked(_)) => return work(source),
            None => {}
        }
        let (result, asked) = disk::recorded(|| work(source));
        if let Some(kept) = kept(&result) {
            self.known.keep(&place, &key, &kept, asked);
        }
        result
    }

    /// Notes what was used and found out.
    pub fn finish(self) {
        self.known.finish();
    }
}

/// What numbers tell of a result; `None` where it is told in words too.
fn kept(result: &FileResult) -> Option<Kept> {
    match result {
        FileResult::Fixed { .. } => numbers::tally(result).map(Kept::Looked),
        FileResult::Skipped(reason) => Some(Kept::Skipped(reason.clone())),
        FileResult::Failed(message) if message != FAILED_ITSELF => Some(Kept::Failed(message.clone())),
        FileResult::Known(_) | FileResult::Failed(_) | FileResult::Unconfigured(_) => None,
    }
}
