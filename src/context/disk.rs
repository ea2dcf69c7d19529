//! The disk as this room sees it, and what was asked of it.
//!
//! What becomes of a file rests on its text, on the settings, and on the answers that are given here. [`recorded`] notes
//! both questions and answers, so that a later run can ask them again instead of doing the work again.

use std::cell::RefCell;
use std::fs::{self, FileType, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::compose;

/// What was asked of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum What {
    /// What stands there, a link being one.
    Entry,
    /// What a link leads to, or what stands there.
    Target,
    /// How long the file is.
    Size,
    /// Where a link leads.
    Link,
    /// What a folder holds.
    Names,
    /// Which compose files a folder holds.
    ComposeFiles,
    /// The first so many bytes of a file.
    Bytes(u64),
}

/// A question to the disk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question {
    /// The path.
    pub path: PathBuf,
    /// What of it.
    pub what: What,
}

/// Half of the SHA-256 of an answer.
pub type Digest = [u8; 16];

/// Questions with the digests of their answers.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Each, as often as it was asked.
    pub questions: Vec<(Question, Digest)>,
    /// Something was told beside the answers, which asking again does not tell.
    pub told: bool,
}

impl Question {
    /// Asks it now.
    #[must_use]
    pub fn answer(&self) -> Digest {
        let path = &self.path;
        match self.what {
            What::Entry => of_kind(&look(fs::symlink_metadata(path))),
            What::Target => of_kind(&look(fs::metadata(path))),
            What::Size => of(&fs::symlink_metadata(path).map_or(u64::MAX, |metadata| metadata.len()).to_le_bytes()),
            What::Link => of_link(fs::read_link(path).ok().as_deref()),
            What::Names => of_names(list(path).as_deref()),
            What::ComposeFiles => of_compose_files(&compose_names(path)),
            What::Bytes(most) => of_bytes(&load(path, most)),
        }
    }
}

thread_local! {
    static ASKED: RefCell<Option<Asked>> = const { RefCell::new(None) };
}

/// Does `work` and notes what it asks of the disk, on this thread.
pub fn recorded<T>(work: impl FnOnce() -> T) -> (T, Asked) {
    /// Puts back what was noted before, also where `work` panics.
    struct Outer(Option<Asked>);
    impl Drop for Outer {
        fn drop(&mut self) {
            ASKED.set(self.0.take());
        }
    }
    let outer = Outer(ASKED.replace(Some(Asked::default())));
    let done = work();
    let asked = ASKED.take().unwrap_or_default();
    drop(outer);
    (done, asked)
}

/// Notes what was asked for a result that is used once more.
pub(super) fn asked_before(asked: &Asked) {
    ASKED.with_borrow_mut(|noted| {
        if let Some(noted) = noted {
            noted.questions.extend_from_slice(&asked.questions);
            noted.told |= asked.told;
        }
    });
}

/// Notes that something is told beside the answers.
pub(super) fn told() {
    ASKED.with_borrow_mut(|noted| {
        if let Some(noted) = noted {
            noted.told = true;
        }
    });
}

fn note(what: What, path: &Path, digest: impl FnOnce() -> Digest) {
    ASKED.with_borrow_mut(|noted| {
        if let Some(noted) = noted {
            noted.questions.push((Question { path: path.to_owned(), what }, digest()));
        }
    });
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Link,
    Other,
}

impl From<FileType> for Kind {
    fn from(kind: FileType) -> Self {
        match () {
            () if kind.is_symlink() => Self::Link,
            () if kind.is_dir() => Self::Folder,
            () if kind.is_file() => Self::File,
            () => Self::Other,
        }
    }
}

/// What stands at the path itself, a link being one.
pub(super) fn entry(path: &Path) -> io::Result<Kind> {
    let found = look(fs::symlink_metadata(path));
    note(What::Entry, path, || of_kind(&found));
    found
}

/// What stands at the path once links are followed.
pub(super) fn target(path: &Path) -> io::Result<Kind> {
    let found = look(fs::metadata(path));
    note(What::Target, path, || of_kind(&found));
    found
}

/// How many bytes the file at the path has; no link is followed.
pub(super) fn size(path: &Path) -> Option<u64> {
    let found = fs::symlink_metadata(path).ok().map(|metadata| metadata.len());
    note(What::Size, path, || of(&found.unwrap_or(u64::MAX).to_le_bytes()));
    found
}

/// Where a link leads.
pub(super) fn link(path: &Path) -> Option<PathBuf> {
    let found = fs::read_link(path).ok();
    note(What::Link, path, || of_link(found.as_deref()));
    found
}

/// What a folder holds, by name.
pub(super) fn names(path: &Path) -> Option<Vec<(String, Kind)>> {
    let found = list(path);
    note(What::Names, path, || of_names(found.as_deref()));
    found
}

/// The names of a folder's compose files, sorted.
pub(super) fn compose_files(path: &Path) -> Vec<String> {
    let found = compose_names(path);
    note(What::ComposeFiles, path, || of_compose_files(&found));
    found
}

/// The first `most` bytes of a file.
pub(super) fn bytes(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let found = load(path, most);
    note(What::Bytes(most), path, || of_bytes(&found));
    found
}

fn look(metadata: io::Result<Metadata>) -> io::Result<Kind> {
    metadata.map(|metadata| metadata.file_type().into())
}

fn list(path: &Path) -> Option<Vec<(String, Kind)>> {
    let entry = |entry: io::Result<fs::DirEntry>| -> io::Result<_> {
        let entry = entry?;
        Ok((entry.file_name().to_string_lossy().into_owned(), entry.file_type()?.into()))
    };
    let mut found: Vec<(String, Kind)> = fs::read_dir(path).ok()?.map(entry).collect::<Result<_, _>>().ok()?;
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Some(found)
}

fn compose_names(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).into_iter().flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| compose::is_compose_name(name)).collect();
    names.sort_unstable();
    names
}

fn load(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn of(bytes: &[u8]) -> Digest {
    half(Sha256::digest(bytes).as_slice())
}

fn half(hash: &[u8]) -> Digest {
    let mut digest = Digest::default();
    digest.copy_from_slice(&hash[..16]);
    digest
}

fn of_kind(kind: &io::Result<Kind>) -> Digest {
    match kind {
        Ok(Kind::File) => [1; 16],
        Ok(Kind::Folder) => [2; 16],
        Ok(Kind::Link) => [3; 16],
        Ok(Kind::Other) => [4; 16],
        Err(error) => of_error(error),
    }
}

/// That a path is not there is by far the most frequent answer.
fn of_error(error: &io::Error) -> Digest {
    if error.kind() == io::ErrorKind::NotFound { [0; 16] } else { of(format!("error {error}").as_bytes()) }
}

fn of_link(target: Option<&Path>) -> Digest {
    target.map_or([0; 16], |target| of(target.as_os_str().as_encoded_bytes()))
}

fn of_names(names: Option<&[(String, Kind)]>) -> Digest {
    let Some(names) = names else { return [0; 16] };
    let mut hash = Sha256::new();
    for (name, kind) in names {
        hash.update([*kind as u8]);
        hash.update(name.as_bytes());
        hash.update([0]);
    }
    half(hash.finalize().as_slice())
}

fn of_compose_files(names: &[String]) -> Digest {
    if names.is_empty() { [0; 16] } else { of(names.join("\0").as_bytes()) }
}

fn of_bytes(bytes: &io::Result<Vec<u8>>) -> Digest {
    match bytes {
        Ok(bytes) => of(bytes),
        Err(error) => of_error(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_what_asking_again_gives() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("compose.yaml");
        fs::write(&file, "services:").expect("a file");
        let missing = folder.path().join("missing");
        let ((), asked) = recorded(|| {
            let _ = (entry(&file), entry(&missing), target(&file), size(&file), link(&file), names(folder.path()));
            let _ = (compose_files(folder.path()), bytes(&file, 4), bytes(&missing, 4), names(&missing));
        });
        assert_eq!(asked.questions.len(), 10);
        assert!(asked.questions.iter().all(|(question, digest)| question.answer() == *digest));
        fs::write(&missing, "no more").expect("a file");
        let other: Vec<_> = asked.questions.iter().filter(|(question, digest)| question.answer() != *digest).collect();
        let paths: Vec<_> = other.iter().map(|(question, _)| (&*question.path, question.what)).collect();
        assert_eq!(paths, [(&*missing, What::Entry), (folder.path(), What::Names), (&*missing, What::Bytes(4))]);
    }

    #[test]
    fn questions_of_within_are_noted_where_they_are_asked_for_again() {
        let nowhere = Path::new("/nowhere/at all");
        let (inner, outer) = recorded(|| recorded(|| entry(nowhere).is_ok()));
        assert!(outer.questions.is_empty() && !inner.0);
        let ((), again) = recorded(|| asked_before(&inner.1));
        assert_eq!(again.questions, inner.1.questions);
        let ((), told) = recorded(told);
        assert!(told.told && !again.told);
    }
}
