//! Finds the Dockerfiles below the paths of the command line.
//!
//! The rules are ripgrep's, since people know them:
//!
//! - `.gitignore`, `.git/info/exclude` and git's global excludes count inside a git repository only.
//!   Outside of one git itself gives them no meaning, and a `.gitignore` above an unpacked archive or in
//!   a home folder must not hide files from a check that passed elsewhere. `.ignore` and `.dockmodignore`
//!   count everywhere.
//! - Hidden files and folders are left out; so are `node_modules`, `vendor` and `.git`, which hold other
//!   people's files.
//! - What the command line names is taken: a folder even if it is hidden or ignored, a file whatever its
//!   name, unless [`Options::force_exclude`] is set.
//! - Links are not followed, so no folder is seen twice and no loop is possible; a link that the command
//!   line names is.
#![allow(clippy::disallowed_methods, reason = "this room reads the file system")]

mod explicit;
pub mod lexical;
pub mod names;
mod ordered;
mod rules;
pub mod templates;

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::slice;

use explicit::Exclusion;
use names::NameKind;

/// Folders of other people's files, left out unless the command line names them.
const LEFT_OUT: [&str; 3] = [".git", "node_modules", "vendor"];

/// What to walk and which rules count.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Files and folders as the user gave them; none means the working folder.
    pub paths: Vec<PathBuf>,
    /// Ignore rules and the rules on names count for files named in `paths` too. For callers that pass
    /// every changed file, as pre-commit does.
    pub force_exclude: bool,
    /// Take hidden files and folders too. `.git` stays out.
    pub hidden: bool,
    /// Ignore files do not count. `node_modules`, `vendor` and `.git` stay out.
    pub no_ignore: bool,
}

/// One result of the walk.
#[derive(Debug)]
pub enum Entry {
    /// A Dockerfile to work on.
    Dockerfile(PathBuf),
    /// Close to a Dockerfile, or named on the command line, and still not taken.
    Skipped {
        /// The file.
        path: PathBuf,
        /// Why it is not taken.
        reason: Skip,
    },
    /// Could not be walked.
    Failed {
        /// The file or folder.
        path: PathBuf,
        /// What went wrong.
        error: WalkError,
    },
}

impl Entry {
    /// The path the entry is about, as the user would write it.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Dockerfile(path) | Self::Skipped { path, .. } | Self::Failed { path, .. } => path,
        }
    }
}

/// Why a file is not taken as a Dockerfile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// A text about a Dockerfile, such as `Dockerfile.md`.
    Document,
    /// By its name the input of a template engine, such as `Dockerfile.j2`.
    Template,
    /// A copy left behind by an editor or a merge, such as `Dockerfile.orig`.
    Backup,
    /// Named on the command line, and left out by an ignore rule under `force_exclude`.
    Excluded,
    /// Named on the command line, and by its name no Dockerfile, under `force_exclude`.
    NotADockerfile,
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Document => "its name says that it is a document about a Dockerfile",
            Self::Template => "its name says that it is a template of a Dockerfile",
            Self::Backup => "its name says that it is a backup copy",
            Self::Excluded => "an ignore rule leaves it out",
            Self::NotADockerfile => "its name is not one of a Dockerfile",
        })
    }
}

/// Why a path could not be walked. The text leaves out the path, which [`Entry::Failed`] holds.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalkError {
    /// Nothing is there.
    #[error("no such file or folder: check the spelling and the working folder")]
    NotFound,
    /// A link whose target is gone.
    #[error("the link leads nowhere: repair it, or name the file itself")]
    BrokenLink,
    /// The current user may not read it.
    #[error("permission denied: make it readable for the current user, or leave it out with an ignore file")]
    PermissionDenied,
    /// Any other error of the operating system.
    #[error("could not be read: {0}")]
    Io(#[from] io::Error),
}

/// Says of a file that its name alone does not make a Dockerfile whether it is one.
pub type Wanted<'w> = dyn Fn(&Path) -> bool + Sync + 'w;

/// An entry and whether the command line named it.
struct Found {
    entry: Entry,
    named: bool,
}

/// Finds the Dockerfiles of `options.paths`, and gives them to `take` in path order (byte order of the path's
/// components), each file once, while folders further on are still read.
///
/// `wanted` says of a file with another name whether it is a Dockerfile all the same; it may be called from several
/// threads. Paths read as the user would write them: relative to the given path, without a `./` that nobody typed.
/// Failures are entries like the rest; one bad folder never ends the walk. Only where the command line names files, or
/// folders within others, all entries are known before the first is given.
pub fn walk<T>(options: &Options, wanted: &Wanted<'_>, take: impl FnOnce(&mut dyn Iterator<Item = Entry>) -> T) -> T {
    if options.paths.is_empty() {
        return ordered::walk(&[PathBuf::from(".")], options, wanted, |entries| take(&mut entries.map(without_dot)));
    }
    let mut named = Vec::new();
    let mut folders = Vec::new();
    let mut exclusion = Exclusion::new(options);
    for path in &options.paths {
        match look_at(path) {
            Ok(Target::Folder(folder)) => folders.push(folder),
            Ok(Target::File) => named.push(named_file(path, &mut exclusion)),
            Err(error) => named.push(Entry::Failed { path: path.clone(), error }),
        }
    }
    if named.is_empty() && are_apart(&folders) {
        return ordered::walk(&folders, options, wanted, take);
    }
    let mut results: Vec<Found> = named.into_iter().map(|entry| Found { entry, named: true }).collect();
    for folder in &folders {
        ordered::walk(slice::from_ref(folder), options, wanted, |entries| {
            results.extend(entries.map(|entry| Found { entry, named: false }));
        });
    }
    let mut entries = without_duplicates(results);
    entries.sort_by(|a, b| a.path().cmp(b.path()));
    take(&mut entries.into_iter())
}

/// Whether no folder is in another one, as they are written and as they are meant: so each one's entries stand together
/// in path order, and no file is met twice.
fn are_apart(folders: &[PathBuf]) -> bool {
    let is_apart = |mut paths: Vec<PathBuf>| {
        paths.sort();
        paths.windows(2).all(|pair| !pair[1].starts_with(&pair[0]))
    };
    let meant: Result<Vec<_>, _> = folders.iter().map(|folder| lexical::absolute(folder)).collect();
    meant.is_ok_and(is_apart) && is_apart(folders.to_vec())
}

enum Target {
    /// Spelt so that the walker enters it.
    Folder(PathBuf),
    File,
}

fn look_at(path: &Path) -> Result<Target, WalkError> {
    let link = fs::symlink_metadata(path).map_err(io_error)?.is_symlink();
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound if link => WalkError::BrokenLink,
        _ => io_error(error),
    })?;
    if !metadata.is_dir() {
        return Ok(Target::File);
    }
    // As a folder that is entered, whatever link stands there.
    Ok(Target::Folder(if link { path.join("") } else { path.to_owned() }))
}

fn named_file(path: &Path, exclusion: &mut Exclusion) -> Entry {
    match exclusion.of(path) {
        Some(reason) => Entry::Skipped { path: path.to_owned(), reason },
        None => Entry::Dockerfile(path.to_owned()),
    }
}

fn skip_of(kind: NameKind) -> Option<Skip> {
    match kind {
        NameKind::Dockerfile => None,
        NameKind::Document => Some(Skip::Document),
        NameKind::Template => Some(Skip::Template),
        NameKind::Backup => Some(Skip::Backup),
        NameKind::Other => Some(Skip::NotADockerfile),
    }
}

fn io_error(error: io::Error) -> WalkError {
    match error.kind() {
        io::ErrorKind::NotFound => WalkError::NotFound,
        io::ErrorKind::PermissionDenied => WalkError::PermissionDenied,
        _ => WalkError::Io(error),
    }
}

fn without_dot(mut entry: Entry) -> Entry {
    let (Entry::Dockerfile(path) | Entry::Skipped { path, .. } | Entry::Failed { path, .. }) = &mut entry;
    if let Ok(stripped) = path.strip_prefix("./")
        && !stripped.as_os_str().is_empty()
    {
        *path = stripped.to_owned();
    }
    entry
}

/// Keeps one result for each file however many of the given paths lead to it: the one that the command
/// line named, else the one with the shortest path.
fn without_duplicates(results: Vec<Found>) -> Vec<Entry> {
    let mut best: HashMap<PathBuf, Found> = HashMap::with_capacity(results.len());
    for found in results {
        let path = found.entry.path();
        let key = lexical::absolute(path).unwrap_or_else(|_| path.to_owned());
        let better = best.get(&key).is_none_or(|kept| match (found.named, kept.named) {
            (true, false) => true,
            (false, true) => false,
            _ => spelling(&found.entry) < spelling(&kept.entry),
        });
        if better {
            best.insert(key, found);
        }
    }
    best.into_values().map(|found| found.entry).collect()
}

fn spelling(entry: &Entry) -> (usize, &Path) {
    (entry.path().as_os_str().len(), entry.path())
}

#[cfg(test)]
mod tests;
