//! The file of a cache: a head, then entries one behind the other.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};

use super::Key;

/// What the file begins with: this, the identity of the runs, and the SHA-256 of all that follows.
const MAGIC: &[u8; 8] = b"dockmod1";
const HEAD: usize = MAGIC.len() + 16 + 32;
/// The files of runs that nobody has done for so long go.
const OLD: Duration = Duration::from_hours(30 * 24);

/// What was read of the file.
#[derive(Debug, Default)]
pub(super) struct Stored {
    bytes: Vec<u8>,
    entries: HashMap<Key, Stretch>,
}

/// Where an entry lies, and whether it was used.
#[derive(Debug)]
struct Stretch {
    start: usize,
    end: usize,
    used: AtomicBool,
}

impl Stored {
    /// Reads the file; one that is missing, of other runs or not whole holds nothing.
    pub fn read(path: &Path, identity: &Key) -> Self {
        let Ok(bytes) = fs::read(path) else { return Self::default() };
        let Some((head, body)) = bytes.split_at_checked(HEAD) else { return Self::default() };
        let expected = [MAGIC.as_slice(), identity, Sha256::digest(body).as_slice()].concat();
        if head != expected {
            return Self::default();
        }
        let mut entries = HashMap::new();
        let mut at = HEAD;
        while let Some((key, rest)) = bytes[at..].split_first_chunk::<16>()
            && let Some((length, rest)) = rest.split_first_chunk::<4>()
        {
            let (start, length) = (bytes.len() - rest.len(), u32::from_le_bytes(*length) as usize);
            let end = start + length;
            if end > bytes.len() {
                break;
            }
            entries.insert(*key, Stretch { start, end, used: AtomicBool::new(false) });
            at = end;
        }
        Self { bytes, entries }
    }

    pub fn get(&self, key: &Key) -> Option<&[u8]> {
        let stretch = self.entries.get(key)?;
        Some(&self.bytes[stretch.start..stretch.end])
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Notes that the entry is used.
    pub fn mark(&self, key: &Key) {
        if let Some(stretch) = self.entries.get(key) {
            stretch.used.store(true, Ordering::Relaxed);
        }
    }

    pub fn all_marked(&self) -> bool {
        self.entries.values().all(|stretch| stretch.used.load(Ordering::Relaxed))
    }

    /// The entries that were used.
    pub fn marked(&self) -> impl Iterator<Item = (&Key, &[u8])> {
        let used = self.entries.iter().filter(|(_, stretch)| stretch.used.load(Ordering::Relaxed));
        used.map(|(key, stretch)| (key, &self.bytes[stretch.start..stretch.end]))
    }
}

/// The file of this run.
#[derive(Debug)]
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub fn new(identity: &Key) -> Self {
        let mut bytes = Vec::with_capacity(HEAD);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(identity);
        bytes.resize(HEAD, 0);
        Self { bytes }
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.len() == HEAD
    }

    pub fn add(&mut self, key: &Key, entry: &[u8]) {
        // An entry of 4 GiB would need as many questions.
        let Ok(length) = u32::try_from(entry.len()) else { return };
        self.bytes.extend_from_slice(key);
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(entry);
    }

    /// Puts the file in place as a whole, and takes away those of runs long ago.
    pub fn write(mut self, path: &Path) -> io::Result<()> {
        let hash = Sha256::digest(&self.bytes[HEAD..]);
        self.bytes[HEAD - hash.len()..HEAD].copy_from_slice(&hash);
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?;
        file.write_all(&self.bytes)?;
        file.persist(path).map_err(|error| error.error)?;
        remove_old(folder)
    }
}

fn remove_old(folder: &Path) -> io::Result<()> {
    let now = SystemTime::now();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let ours = entry.path().extension().is_some_and(|extension| extension == "cache");
        let age = entry.metadata()?.modified().ok().and_then(|then| now.duration_since(then).ok());
        if ours && age.is_some_and(|age| age > OLD) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_long_ago_go_and_others_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        for name in ["old.cache", "young.cache", "old.other"] {
            let file = fs::File::create(path(name)).expect("a file");
            if name.starts_with("old") {
                file.set_modified(SystemTime::now() - 2 * OLD).expect("a time");
            }
        }
        Writer::new(&[0; 16]).write(&path("new.cache")).expect("it can be written");
        let mut names: Vec<_> =
            fs::read_dir(folder.path()).expect("a folder").flatten().map(|e| e.file_name()).collect();
        names.sort();
        assert_eq!(names, ["new.cache", "old.other", "young.cache"]);
    }
}
