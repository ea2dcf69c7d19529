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
pub mod templates;

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering as Atomic};
use std::sync::mpsc;

use ignore::{DirEntry, WalkBuilder, WalkState};

use explicit::Exclusion;
use names::NameKind;

/// The ignore file that is ours alone; gitignore syntax.
const IGNORE_FILE: &str = ".dockmodignore";

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
        /// The file or folder; empty where the walker names none.
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
    /// An error of the walker itself, such as a malformed ignore rule.
    #[error("could not be walked: {0}")]
    Other(String),
}

/// Says of a file that its name alone does not make a Dockerfile whether it is one.
pub type Wanted<'w> = dyn Fn(&Path) -> bool + Sync + 'w;

/// An entry and whether the command line named it.
struct Found {
    entry: Entry,
    named: bool,
}

/// Finds the Dockerfiles of `options.paths`, in path order (byte order of the path's components), each
/// file once.
///
/// `wanted` says of a file with another name whether it is a Dockerfile all the same. `found` is told the number of
/// Dockerfiles found so far. Both may be called from several threads. Paths
/// read as the user would write them: relative to the given path, without a `./` that nobody typed.
/// Failures are entries like the rest; one bad folder never ends the walk.
pub fn walk(options: &Options, wanted: &Wanted<'_>, found: &(dyn Fn(usize) + Sync)) -> Vec<Entry> {
    let count = Counter { count: AtomicUsize::new(0), found };
    let mut results = Vec::new();
    let mut folders = Vec::new();
    let mut exclusion = Exclusion::new(options);
    for path in &options.paths {
        match look_at(path) {
            Ok(Target::Folder(folder)) => folders.push(folder),
            Ok(Target::File) => {
                let entry = named_file(path, &mut exclusion);
                count.add(&entry);
                results.push(Found { entry, named: true });
            }
            Err(error) => {
                let entry = Entry::Failed { path: path.clone(), error };
                results.push(Found { entry, named: true });
            }
        }
    }
    let implicit = options.paths.is_empty();
    if implicit {
        folders.push(PathBuf::from("."));
    }
    results.extend(walk_folders(&folders, options, wanted, &count));
    if implicit {
        for found in &mut results {
            strip_dot(&mut found.entry);
        }
    } else {
        results = without_duplicates(results);
    }
    results.sort_by(|a, b| in_order(&a.entry, &b.entry));
    results.into_iter().map(|found| found.entry).collect()
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
    // The walker takes `-` for standard input, and enters a link only if a slash follows.
    let folder = if path == Path::new("-") { PathBuf::from("./-") } else { path.to_owned() };
    Ok(Target::Folder(if link { folder.join("") } else { folder }))
}

fn named_file(path: &Path, exclusion: &mut Exclusion) -> Entry {
    match exclusion.of(path) {
        Some(reason) => Entry::Skipped { path: path.to_owned(), reason },
        None => Entry::Dockerfile(path.to_owned()),
    }
}

fn walk_folders(folders: &[PathBuf], options: &Options, wanted: &Wanted<'_>, count: &Counter<'_>) -> Vec<Found> {
    let Some((first, rest)) = folders.split_first() else {
        return Vec::new();
    };
    let mut builder = builder(first, options);
    for folder in rest {
        builder.add(folder);
    }
    builder.filter_entry(|entry| entry.depth() == 0 || !is_left_out_folder(entry));
    let (sender, receiver) = mpsc::channel();
    builder.build_parallel().run(|| {
        let sender = sender.clone();
        Box::new(move |item| {
            let entry = match item {
                Ok(file) => walked_file(file, wanted),
                Err(error) => Some(failure(error)),
            };
            if let Some(entry) = entry {
                count.add(&entry);
                // The receiver outlives the walk; a failed send could only lose its own entry.
                let _ = sender.send(Found { entry, named: false });
            }
            WalkState::Continue
        })
    });
    drop(sender);
    receiver.into_iter().collect()
}

/// The walker that applies the ignore rules below `root`.
fn builder(root: &Path, options: &Options) -> WalkBuilder {
    let mut builder = WalkBuilder::new(root);
    builder.standard_filters(!options.no_ignore).hidden(!options.hidden).follow_links(false);
    if !options.no_ignore {
        builder.add_custom_ignore_filename(IGNORE_FILE);
    }
    builder
}

fn is_left_out_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_dir()) && LEFT_OUT.iter().any(|name| entry.file_name() == *name)
}

fn walked_file(file: DirEntry, wanted: &Wanted<'_>) -> Option<Entry> {
    // Links, pipes and devices are not taken: writing through them would change another file.
    if !file.file_type().is_some_and(|kind| kind.is_file()) {
        return None;
    }
    let kind = names::classify(file.file_name());
    let path = file.into_path();
    match skip_of(kind) {
        None => Some(Entry::Dockerfile(path)),
        Some(Skip::NotADockerfile) => wanted(&path).then_some(Entry::Dockerfile(path)),
        Some(reason) => Some(Entry::Skipped { path, reason }),
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

fn failure(error: ignore::Error) -> Entry {
    let mut path = PathBuf::new();
    let mut error = error;
    loop {
        error = match error {
            ignore::Error::WithPath { path: of, err } => {
                path = of;
                *err
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => *err,
            ignore::Error::Io(error) => return Entry::Failed { path, error: io_error(error) },
            other => return Entry::Failed { path, error: WalkError::Other(other.to_string()) },
        };
    }
}

fn io_error(error: io::Error) -> WalkError {
    match error.kind() {
        io::ErrorKind::NotFound => WalkError::NotFound,
        io::ErrorKind::PermissionDenied => WalkError::PermissionDenied,
        _ => WalkError::Io(error),
    }
}

fn strip_dot(entry: &mut Entry) {
    let (Entry::Dockerfile(path) | Entry::Skipped { path, .. } | Entry::Failed { path, .. }) = entry;
    if let Ok(stripped) = path.strip_prefix("./")
        && !stripped.as_os_str().is_empty()
    {
        *path = stripped.to_owned();
    }
}

/// Keeps one result for each file however many of the given paths lead to it: the one that the command
/// line named, else the one with the shortest path.
fn without_duplicates(results: Vec<Found>) -> Vec<Found> {
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
    best.into_values().collect()
}

fn spelling(entry: &Entry) -> (usize, &Path) {
    (entry.path().as_os_str().len(), entry.path())
}

fn in_order(a: &Entry, b: &Entry) -> Ordering {
    a.path().cmp(b.path())
}

struct Counter<'a> {
    count: AtomicUsize,
    found: &'a (dyn Fn(usize) + Sync),
}

impl Counter<'_> {
    fn add(&self, entry: &Entry) {
        if matches!(entry, Entry::Dockerfile(_)) {
            (self.found)(self.count.fetch_add(1, Atomic::Relaxed) + 1);
        }
    }
}

#[cfg(test)]
mod tests;
