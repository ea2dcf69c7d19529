//! Where the lock is, and how it names files.

use std::path::{Component, Path, PathBuf};

use crate::cli::images::nearest_lock;
use crate::pin::LOCK_NAME;
use crate::walk::lexical;

/// The lock that was named; else the nearest one upward; else one to be made in the repository's root, or here.
pub(super) fn lock(named: Option<&PathBuf>) -> PathBuf {
    if let Some(path) = named.cloned().or_else(nearest_lock) {
        return path;
    }
    let here = lexical::absolute(Path::new(".")).unwrap_or_default();
    let root = here.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&here);
    let place = root.join(LOCK_NAME);
    place.strip_prefix(&here).map_or(place.clone(), Path::to_path_buf)
}

/// The folder of a lock, absolute.
pub(super) fn folder(lock: &Path) -> PathBuf {
    let absolute = lexical::absolute(lock).unwrap_or_else(|_| lock.to_path_buf());
    absolute.parent().map(Path::to_path_buf).unwrap_or_default()
}

/// A file as the lock names it: from its folder, with `/`.
pub(super) fn within(folder: &Path, file: &Path) -> String {
    let file = lexical::absolute(file).unwrap_or_else(|_| file.to_path_buf());
    let shared = folder.components().zip(file.components()).take_while(|(one, two)| one == two).count();
    let up = folder.components().skip(shared).map(|_| "..".to_owned());
    let down = file.components().skip(shared).filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    });
    up.chain(down).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_from_the_lock() {
        assert_eq!(within(Path::new("/a/b"), Path::new("/a/b/c/Dockerfile")), "c/Dockerfile");
        assert_eq!(within(Path::new("/a/b"), Path::new("/a/x/Dockerfile")), "../x/Dockerfile");
    }
}
