//! Paths as text: no disk access, so the answers are the same whether or not the path exists.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

/// Drops `.` and resolves `..` by the text alone, as Go's `path.Clean` does for Docker.
///
/// A `..` that would climb above the start of a relative path is kept; above `/` it is dropped.
#[must_use]
pub fn normalize(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => match clean.components().next_back() {
                Some(Component::Normal(_)) => {
                    clean.pop();
                }
                Some(Component::RootDir | Component::Prefix(_)) => {}
                _ => clean.push(".."),
            },
            other => clean.push(other),
        }
    }
    if clean.as_os_str().is_empty() {
        clean.push(".");
    }
    clean
}

/// The folder that a path stands in; the working folder, `.`, for a name alone.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// `path` made absolute against the working folder and normalized; links are not resolved.
///
/// # Errors
/// When `path` is empty or the working folder is gone.
pub fn absolute(path: &Path) -> io::Result<PathBuf> {
    static HERE: OnceLock<PathBuf> = OnceLock::new();
    if path.as_os_str().is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "an empty path"));
    }
    if path.is_absolute() {
        return Ok(normalize(path));
    }
    // A process of ours does not move, and asking is a call to the kernel for each file.
    let here = if let Some(here) = HERE.get() {
        here
    } else {
        let here = std::env::current_dir()?;
        HERE.get_or_init(|| here)
    };
    Ok(normalize(&here.join(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalizes_like_path_clean() {
        for (given, wanted) in [
            ("a/./b", "a/b"),
            ("./a", "a"),
            ("a/../b", "b"),
            ("a/b/../../..", ".."),
            ("../a", "../a"),
            ("../../a/..", "../.."),
            ("/../a", "/a"),
            ("/", "/"),
            ("a//b/", "a/b"),
            ("", "."),
            ("a/..", "."),
        ] {
            assert_eq!(normalize(Path::new(given)), Path::new(wanted), "{given}");
        }
    }

    #[test]
    fn absolute_starts_at_the_working_folder() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(absolute(Path::new("x/../y")).unwrap(), here.join("y"));
        assert!(absolute(Path::new("")).is_err());
    }
}
