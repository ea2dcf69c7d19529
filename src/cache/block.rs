//! Entries of files that follow each other, as they lie in the file of a cache.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest as _, Sha256};

use super::Key;

const HASH: usize = 32;
/// The hash of all that follows, the lengths of the two bounds, and that of the entries.
pub(super) const HEAD: usize = HASH + 4 + 4 + 4;

/// The first and the last path of a run of files, so written that the order of bytes is that of paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bounds {
    pub first: Vec<u8>,
    pub last: Vec<u8>,
}

impl Bounds {
    /// Of absolute paths in any order; `None` where there are none.
    pub fn of(paths: &[PathBuf]) -> Option<Self> {
        Some(Self { first: in_order(paths.iter().min()?), last: in_order(paths.iter().max()?) })
    }

    /// Whether a path can be in both.
    pub fn meet(&self, other: &Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// The components with a byte between them that no name holds and that comes before all others.
fn in_order(path: &Path) -> Vec<u8> {
    path.components().map(|part| part.as_os_str().as_encoded_bytes()).collect::<Vec<_>>().join(&0)
}

/// Adds an entry to those of a block.
pub(super) fn add(entries: &mut Vec<u8>, key: &Key, entry: &[u8]) {
    // An entry of 4 GiB would need as many questions.
    let Ok(length) = u32::try_from(entry.len()) else { return };
    entries.extend_from_slice(key);
    entries.extend_from_slice(&length.to_le_bytes());
    entries.extend_from_slice(entry);
}

/// The block of these entries; `None` where it is too long for its head.
pub(super) fn sealed(bounds: &Bounds, entries: &[u8]) -> Option<Vec<u8>> {
    let mut block = vec![0; HASH];
    for part in [&bounds.first, &bounds.last, entries] {
        block.extend_from_slice(&u32::try_from(part.len()).ok()?.to_le_bytes());
    }
    for part in [&bounds.first, &bounds.last, entries] {
        block.extend_from_slice(part);
    }
    let hash = Sha256::digest(&block[HASH..]);
    block[..HASH].copy_from_slice(&hash);
    Some(block)
}

/// The lengths of what follows the head of a block: of its first bound, its last bound and its entries.
pub(super) fn lengths(head: &[u8; HEAD]) -> [usize; 3] {
    let length = |at: usize| {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&head[HASH + at..HASH + at + 4]);
        u32::from_le_bytes(bytes) as usize
    };
    [length(0), length(4), length(8)]
}

/// The entries of a block, and which of them were used.
#[derive(Debug)]
pub(super) struct Block {
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

impl Block {
    /// Reads a block; `None` where its bytes are not those that were written.
    pub fn read(bytes: Vec<u8>) -> Option<Self> {
        let head = bytes.first_chunk::<HEAD>()?;
        if head[..HASH] != *Sha256::digest(&bytes[HASH..]) {
            return None;
        }
        let [first, last, _] = lengths(head);
        let mut entries = HashMap::new();
        let mut at = HEAD + first + last;
        while let Some((key, rest)) = bytes.get(at..)?.split_first_chunk::<16>()
            && let Some((length, rest)) = rest.split_first_chunk::<4>()
        {
            let start = bytes.len() - rest.len();
            let end = start + u32::from_le_bytes(*length) as usize;
            if end > bytes.len() {
                return None;
            }
            entries.insert(*key, Stretch { start, end, used: AtomicBool::new(false) });
            at = end;
        }
        Some(Self { bytes, entries })
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
        self.marked().count() == self.entries.len()
    }

    /// The entries that were used.
    pub fn marked(&self) -> impl Iterator<Item = (&Key, &[u8])> {
        let used = self.entries.iter().filter(|(_, stretch)| stretch.used.load(Ordering::Relaxed));
        used.map(|(key, stretch)| (key, &self.bytes[stretch.start..stretch.end]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_in_the_order_of_paths() {
        let mut paths: Vec<PathBuf> =
            ["/a", "/a/b", "/a-b", "/a/b/c", "/a/b-c", "/b", "/a.b/c", "/"].iter().map(PathBuf::from).collect();
        paths.sort();
        let mut by_bytes = paths.clone();
        by_bytes.sort_by_key(|path| in_order(path));
        assert_eq!(by_bytes, paths);
        let of = |paths: &[&str]| Bounds::of(&paths.iter().map(PathBuf::from).collect::<Vec<_>>());
        let bounds = of(&["/c", "/b/x", "/a/y", "/b"]).expect("paths");
        assert_eq!(bounds, Bounds { first: in_order(Path::new("/a/y")), last: in_order(Path::new("/c")) });
        let one = |path: &str| of(&[path]).expect("a path");
        assert!(bounds.meet(&one("/b/z")) && bounds.meet(&one("/c")) && bounds.meet(&one("/a/y")));
        assert!(!bounds.meet(&one("/a")) && !bounds.meet(&one("/c/d")));
        assert_eq!(of(&[]), None);
    }
}
