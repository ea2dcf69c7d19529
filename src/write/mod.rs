//! Writing a changed file: all of it or nothing, mode and owner kept.
#![allow(clippy::disallowed_methods, reason = "this room writes files")]

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::walk::lexical::folder_of;

/// What is not in place yet is named like this.
const PREFIX: &str = ".dockmod-";

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Somebody changed it meanwhile.
    #[error("it changed while it was being fixed; run again")]
    Changed,
    /// It is a link to a file elsewhere.
    #[error("it is a link to {}, outside of the folders given; name that file to change it", .0.display())]
    LinkOutside(PathBuf),
    /// The operating system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Replaces the content of `path` by `new`, if it still is `old`.
///
/// The text goes to a temporary file in the same folder, which is then renamed: readers see the old file or
/// the new one. A link is followed only to a file below one of `roots`.
///
/// # Errors
/// Where the file changed since it was read, is a link to somewhere else, or can't be written.
pub fn replace(path: &Path, old: &[u8], new: &[u8], roots: &[PathBuf]) -> Result<(), WriteError> {
    let target = real_target(path, roots)?;
    let metadata = fs::metadata(&target)?;
    if fs::read(&target)? != old {
        return Err(WriteError::Changed);
    }
    let mut temporary = tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder_of(&target))?;
    temporary.write_all(new)?;
    temporary.as_file().set_permissions(metadata.permissions())?;
    keep_owner(temporary.path(), &metadata)?;
    temporary.as_file().sync_all()?;
    // As late as can be: whoever saves the file in an editor meanwhile must not lose it.
    if fs::read(&target)? != old {
        return Err(WriteError::Changed);
    }
    temporary.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

/// Puts a file of ours in place as a whole, be there one already or not. It keeps the mode of the one before; a new one has
/// what the user's mask leaves.
///
/// # Errors
/// Where it can't be written.
pub fn put(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut temporary = new_file(folder_of(path))?;
    temporary.write_all(text)?;
    if let Ok(before) = fs::metadata(path) {
        temporary.as_file().set_permissions(before.permissions())?;
    }
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(unix)]
fn new_file(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::PermissionsExt as _;
    // What the user's mask leaves of it; a temporary file is else its owner's alone.
    let mode = fs::Permissions::from_mode(0o666);
    tempfile::Builder::new().prefix(PREFIX).permissions(mode).tempfile_in(folder)
}

#[cfg(not(unix))]
fn new_file(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder)
}

fn real_target(path: &Path, roots: &[PathBuf]) -> Result<PathBuf, WriteError> {
    if !fs::symlink_metadata(path)?.file_type().is_symlink() {
        return Ok(path.to_owned());
    }
    let target = fs::canonicalize(path)?;
    // A link that is named itself stands for the folder that it lies in, not for the one it leads to.
    let folder = |root: &PathBuf| match fs::metadata(root) {
        Ok(metadata) if metadata.is_dir() => fs::canonicalize(root).ok(),
        _ => fs::canonicalize(folder_of(root)).ok(),
    };
    let inside = roots.iter().filter_map(folder).any(|root| target.starts_with(root));
    if inside { Ok(target) } else { Err(WriteError::LinkOutside(target)) }
}

#[cfg(unix)]
fn keep_owner(temporary: &Path, metadata: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, chown};
    let made = fs::metadata(temporary)?;
    if made.uid() == metadata.uid() && made.gid() == metadata.gid() {
        return Ok(());
    }
    chown(temporary, Some(metadata.uid()), Some(metadata.gid()))
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn mode_stays_and_no_temporary_file_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Dockerfile");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o751)).unwrap();
        replace(&path, b"old", b"new", &[]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o751);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_of_ours_keeps_its_mode_and_a_new_one_is_as_the_mask_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
        fs::write(folder.path().join("by hand"), "").unwrap();
        put(&folder.path().join("new"), b"1").unwrap();
        assert_eq!(mode("new"), mode("by hand"));
        fs::set_permissions(folder.path().join("new"), fs::Permissions::from_mode(0o640)).unwrap();
        put(&folder.path().join("new"), b"2").unwrap();
        assert_eq!((mode("new"), fs::read(folder.path().join("new")).unwrap()), (0o640, b"2".to_vec()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_file_that_changed_meanwhile_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Dockerfile");
        fs::write(&path, "newer").unwrap();
        assert!(matches!(replace(&path, b"old", b"new", &[]), Err(WriteError::Changed)));
        assert_eq!(fs::read(&path).unwrap(), b"newer");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn links_are_followed_within_the_tree_only() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        let (inner, outer) = (folder.path().join("a"), outside.path().join("b"));
        fs::write(&inner, "old").unwrap();
        fs::write(&outer, "old").unwrap();
        let (good, bad) = (folder.path().join("good"), folder.path().join("bad"));
        symlink(&inner, &good).unwrap();
        symlink(&outer, &bad).unwrap();
        let roots = [folder.path().to_path_buf()];
        replace(&good, b"old", b"new", &roots).unwrap();
        assert_eq!(fs::read(&inner).unwrap(), b"new");
        assert!(fs::symlink_metadata(&good).unwrap().file_type().is_symlink());
        assert!(matches!(replace(&bad, b"old", b"new", &roots), Err(WriteError::LinkOutside(_))));
        assert_eq!(fs::read(&outer).unwrap(), b"old");
        let named = [bad.clone()];
        assert!(matches!(replace(&bad, b"old", b"new", &named), Err(WriteError::LinkOutside(_))));
        assert_eq!(fs::read(&outer).unwrap(), b"old");
    }
}
