//! A build context in which one source file differs: what a developer's next build is about.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::TempDir;

use crate::context::Context;
use crate::knowledge::{base_name, files};
use crate::model::copy::Copy;
use crate::model::{Model, literal_sources};

/// A context with more files than this is not copied.
const MAX_FILES: usize = 50_000;
/// A context with more bytes than this is not copied.
const MAX_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// So deep folders are looked for a source file.
const MAX_DEPTH: usize = 12;

/// Endings of files that people edit between two builds.
const CODE: &[&str] = &[
    "c", "cc", "clj", "cpp", "cs", "css", "ex", "go", "h", "html", "java", "js", "jsx", "kt", "php", "pl", "py", "rb",
    "rs", "scala", "sh", "swift", "ts", "tsx", "vue",
];

/// A source file that the Dockerfile copies, and no manifest: code where there is some. The last COPY that
/// has one counts, as that is what changes most often; the first name in it.
#[must_use]
pub fn source_file(model: &Model<'_, '_>, context: &Context) -> Option<String> {
    let copies = (0..model.instructions.len()).rev().filter_map(|index| Copy::bringing(model, index));
    let sources: Vec<String> = copies.flat_map(|copy| copy.sources).chain(literal_sources(model)).collect();
    let candidates = |wanted: &dyn Fn(&str) -> bool| {
        sources.iter().find_map(|source| {
            context
                .glob(if source.is_empty() { "." } else { source })
                .iter()
                .find_map(|path| first(context, path, wanted, 0))
        })
    };
    candidates(&is_code).or_else(|| candidates(&|name| !is_left_alone(name)))
}

fn first(context: &Context, path: &str, wanted: &dyn Fn(&str) -> bool, depth: usize) -> Option<String> {
    let name = base_name(path);
    if !context.is_dir(path) {
        return (wanted(name) && context.size(path).is_some()).then(|| path.to_owned());
    }
    if depth > MAX_DEPTH {
        return None;
    }
    let entries = context.list(path)?;
    let (folders, files): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| entry.is_dir);
    let inside = |name: &str| if path == "." { name.to_owned() } else { format!("{path}/{name}") };
    let is_own = |name: &str| !name.starts_with('.') && name != "node_modules" && name != "vendor";
    files
        .iter()
        .filter(|entry| !entry.is_symlink)
        .find_map(|entry| first(context, &inside(&entry.name), wanted, depth + 1))
        .or_else(|| {
            folders
                .iter()
                .filter(|entry| is_own(&entry.name))
                .find_map(|entry| first(context, &inside(&entry.name), wanted, depth + 1))
        })
}

fn is_code(name: &str) -> bool {
    !is_left_alone(name) && name.rsplit_once('.').is_some_and(|(_, ending)| CODE.contains(&ending))
}

/// Dockerfiles and manifests: a change of these is another kind of build.
fn is_left_alone(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    name.starts_with('.') || lower.contains("dockerfile") || files::is_manifest_name(name)
}

/// Why there is no such context.
#[derive(Debug, thiserror::Error)]
pub enum TouchError {
    /// It is too large to be copied for a measurement.
    #[error("the build context is too large to be copied")]
    TooLarge,
    /// A file can't be read or written.
    #[error("the build context can't be copied: {0}")]
    Io(#[from] io::Error),
}

/// A copy of what the build sees of a context, with a line feed more at the end of `touched`. Files are
/// linked where that is possible.
///
/// # Errors
/// Where it is too large, or can't be copied.
pub fn touched_copy(context: &Context, touched: &str) -> Result<TempDir, TouchError> {
    let folder = tempfile::Builder::new().prefix("dockmod-context-").tempdir()?;
    let mut left = Left { files: MAX_FILES, bytes: MAX_BYTES };
    copy_folder(context, ".", touched, folder.path(), &mut left)?;
    let ignore = context.root.join(".dockerignore");
    let copied = folder.path().join(".dockerignore");
    if ignore.is_file() && !copied.exists() {
        fs::copy(ignore, copied)?;
    }
    Ok(folder)
}

struct Left {
    files: usize,
    bytes: u64,
}

fn copy_folder(context: &Context, rel: &str, touched: &str, to: &Path, left: &mut Left) -> Result<(), TouchError> {
    for entry in context.list(rel).unwrap_or_default() {
        let path = if rel == "." { entry.name.clone() } else { format!("{rel}/{}", entry.name) };
        let (from, to) = (context.root.join(&path), to.join(&entry.name));
        left.files = left.files.checked_sub(1).ok_or(TouchError::TooLarge)?;
        if entry.is_symlink {
            copy_link(&from, &to)?;
        } else if entry.is_dir {
            fs::create_dir(&to)?;
            fs::set_permissions(&to, fs::metadata(&from)?.permissions())?;
            copy_folder(context, &path, touched, &to, left)?;
        } else if from.is_file() {
            left.bytes = left.bytes.checked_sub(fs::metadata(&from)?.len()).ok_or(TouchError::TooLarge)?;
            if path == touched {
                fs::copy(&from, &to)?;
                fs::OpenOptions::new().append(true).open(&to)?.write_all(b"\n")?;
            } else if fs::hard_link(&from, &to).is_err() {
                fs::copy(&from, &to)?;
            }
        }
    }
    Ok(())
}

#[cfg(unix)]
fn copy_link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(fs::read_link(from)?, to)
}

#[cfg(not(unix))]
fn copy_link(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to).map(drop)
}
