//! From a pinned text to the lock.

use std::io::{self, Write as _};
use std::path::Path;

use crate::cli::images::named_in;
use crate::pin::{Images, Lock, Locked};

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
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temporary = tempfile::Builder::new().prefix(".dockmod-").tempfile_in(folder)?;
    temporary.write_all(lock.text().as_bytes())?;
    readable(temporary.path())?;
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A temporary file is its owner's alone; the lock goes into the repository like any other file.
#[cfg(unix)]
fn readable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &Path) -> io::Result<()> {
    Ok(())
}
