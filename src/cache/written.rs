//! The file of a cache as this run leaves it. While all is as it was, nothing is written.

use std::fs;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

use super::Key;
use super::block::{self, Block, Bounds};
use super::stored::{Stored, head};

/// The files of runs that nobody has done for so long go, and what runs left that were broken off.
const OLD: Duration = Duration::from_hours(30 * 24);
const UNFINISHED: &str = ".new-";

#[derive(Debug)]
pub(super) struct Written {
    path: PathBuf,
    identity: Key,
    state: State,
}

#[derive(Debug)]
enum State {
    /// So many blocks are as they were.
    Same(usize),
    /// Something changed.
    New(BufWriter<NamedTempFile>),
    /// The folder is full, or belongs to someone else: the next run works it out anew.
    Impossible,
}

impl Written {
    pub const fn new(path: PathBuf, identity: Key) -> Self {
        Self { path, identity, state: State::Same(0) }
    }

    /// Writes what was used of blocks and what was found out beside, of files within bounds.
    pub fn add(&mut self, stored: &mut Stored, bounds: &Bounds, blocks: &[(usize, Block)], mut fresh: Vec<u8>) {
        if let State::Same(count) = &mut self.state
            && fresh.is_empty()
            && let [(number, block)] = used(blocks).as_slice()
            && *number == *count
            && block.all_marked()
        {
            *count += 1;
            return;
        }
        let entries = blocks.iter().flat_map(|(_, block)| block.marked());
        entries.for_each(|(key, entry)| block::add(&mut fresh, key, entry));
        if fresh.is_empty() {
            return;
        }
        let Some(block) = block::sealed(bounds, &fresh) else { return };
        self.write(stored, |file| file.write_all(&block));
    }

    /// Puts the file in place as a whole, where something changed.
    pub fn finish(mut self, stored: &mut Stored) {
        if let State::Same(count) = self.state {
            if count == stored.len() {
                stored.note_use();
                return;
            }
            // Those that follow hold nothing that was used.
            self.write(stored, |_| Ok(()));
        }
        if let State::New(file) = self.state {
            let _ = put(file, &self.path);
        }
    }

    fn write(&mut self, stored: &mut Stored, write: impl FnOnce(&mut BufWriter<NamedTempFile>) -> io::Result<()>) {
        if let State::Same(count) = self.state {
            self.state = self.begin(stored, count).map_or(State::Impossible, State::New);
        }
        if let State::New(file) = &mut self.state
            && write(file).is_err()
        {
            self.state = State::Impossible;
        }
    }

    /// A new file, with the first `count` blocks of the one before.
    fn begin(&self, stored: &mut Stored, count: usize) -> io::Result<BufWriter<NamedTempFile>> {
        let folder = folder(&self.path);
        fs::create_dir_all(folder)?;
        let mut file = BufWriter::new(tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?);
        file.write_all(&head(&self.identity))?;
        stored.copy(count, &mut file)?;
        Ok(file)
    }
}

/// The blocks of which something was used.
fn used(blocks: &[(usize, Block)]) -> Vec<&(usize, Block)> {
    blocks.iter().filter(|(_, block)| block.marked().next().is_some()).collect()
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

fn put(file: BufWriter<NamedTempFile>, path: &Path) -> io::Result<()> {
    file.into_inner().map_err(io::IntoInnerError::into_error)?.persist(path).map_err(|error| error.error)?;
    remove_old(folder(path))
}

fn remove_old(folder: &Path) -> io::Result<()> {
    let now = SystemTime::now();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_ours = Path::new(&name).extension().is_some_and(|extension| extension == "cache")
            || name.to_str().is_some_and(|name| name.starts_with(UNFINISHED));
        let age = entry.metadata()?.modified().ok().and_then(|then| now.duration_since(then).ok());
        if is_ours && age.is_some_and(|age| age > OLD) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_long_ago_go_and_others_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        for name in ["old.cache", "young.cache", "old.other", ".new-old", ".new-young"] {
            let file = fs::File::create(path(name)).expect("a file");
            if name.contains("old") {
                file.set_modified(SystemTime::now() - 2 * OLD).expect("a time");
            }
        }
        let mut written = Written::new(path("new.cache"), [0; 16]);
        written.write(&mut Stored::default(), |_| Ok(()));
        written.finish(&mut Stored::default());
        let mut names: Vec<_> =
            fs::read_dir(folder.path()).expect("a folder").flatten().map(|e| e.file_name()).collect();
        names.sort();
        assert_eq!(names, [".new-young", "new.cache", "old.other", "young.cache"]);
    }
}
