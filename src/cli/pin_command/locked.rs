//! From a pinned text to the lock.

use std::io;
use std::path::Path;

use crate::cli::images::named_in;
use crate::pin::{Images, Lock, Locked};
use crate::write;

/// The images that a text names by digest, as far as they are known. One without a tag needs no lock: nothing could
/// stand for another digest.
pub(super) fn of(text: &[u8], known: &Images) -> Vec<Locked> {
    let pinned = named_in(text).into_iter().map(|used| used.reference).filter(|reference| reference.tag.is_some());
    let locked = pinned.filter_map(|reference| {
        let digest = reference.digest.clone()?;
        let is_todays = known.digest(&reference) == Some(&digest);
        let by_tag = reference.by_tag();
        let answer = if is_todays { known.answer(&by_tag) } else { known.answer(&reference) };
        let resolved = answer?.as_ref().ok()?.clone();
        Some(Locked { reference: by_tag, resolved, is_todays })
    });
    locked.collect()
}

/// Writes the lock in the place of the one that is there; one that holds nothing is taken away.
pub(super) fn write(path: &Path, lock: &Lock) -> io::Result<()> {
    if lock.is_empty() {
        return std::fs::remove_file(path);
    }
    write::put(path, lock.text().as_bytes())
}
