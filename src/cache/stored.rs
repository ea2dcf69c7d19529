//! The file of a cache as an earlier run left it: a head, then blocks in the order of its files.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::Key;
use super::block::{self, Block, Bounds};

/// What the file begins with: this, and the identity of the runs.
const MAGIC: &[u8; 8] = b"dockmod2";
const HEAD: usize = MAGIC.len() + 16;
const DAY: Duration = Duration::from_hours(24);

/// Where blocks lie. They are read when files come that they can hold.
#[derive(Debug, Default)]
pub(super) struct Stored {
    file: Option<File>,
    outlines: Vec<Outline>,
}

#[derive(Debug)]
struct Outline {
    start: u64,
    length: usize,
    bounds: Bounds,
}

/// What a file of these runs begins with.
pub(super) fn head(identity: &Key) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..MAGIC.len()].copy_from_slice(MAGIC);
    head[MAGIC.len()..].copy_from_slice(identity);
    head
}

impl Stored {
    /// Opens the file; one that is missing or of other runs holds nothing, one that is cut holds what is before.
    pub fn open(path: &Path, identity: &Key) -> Self {
        let Ok(mut file) = File::open(path) else { return Self::default() };
        let outlines = outlines(&mut file, identity).unwrap_or_default();
        Self { file: Some(file), outlines }
    }

    /// How many blocks there are.
    pub const fn len(&self) -> usize {
        self.outlines.len()
    }

    /// Sets the time of the file to now, if that is long ago: what is used does not go for its age.
    pub fn note_use(&self) {
        let Some(file) = &self.file else { return };
        let written = file.metadata().and_then(|metadata| metadata.modified()).ok();
        if written.and_then(|written| written.elapsed().ok()).is_some_and(|age| age > DAY) {
            // Where it is not ours it goes, and is written anew.
            let _ = file.set_modified(SystemTime::now());
        }
    }

    /// The blocks, with their numbers, that can hold files within bounds.
    pub fn within(&mut self, bounds: &Bounds) -> Vec<(usize, Block)> {
        let Self { file: Some(file), outlines } = self else { return Vec::new() };
        let of_interest = outlines.iter().enumerate().filter(|(_, outline)| outline.bounds.meet(bounds));
        of_interest.filter_map(|(number, outline)| Some((number, outline.load(file)?))).collect()
    }

    /// Copies the first `count` blocks.
    pub fn copy(&mut self, count: usize, to: &mut impl Write) -> io::Result<()> {
        let (Some(file), Some(last)) = (&mut self.file, count.checked_sub(1).and_then(|last| self.outlines.get(last)))
        else {
            return Ok(());
        };
        file.seek(SeekFrom::Start(HEAD as u64))?;
        io::copy(&mut file.take(last.start + last.length as u64 - HEAD as u64), to)?;
        Ok(())
    }
}

impl Outline {
    /// `None` where it can't be read, or is not what was written.
    fn load(&self, file: &mut File) -> Option<Block> {
        let mut bytes = vec![0; self.length];
        file.seek(SeekFrom::Start(self.start)).ok()?;
        file.read_exact(&mut bytes).ok()?;
        Block::read(bytes)
    }
}

fn outlines(file: &mut File, identity: &Key) -> io::Result<Vec<Outline>> {
    let end = file.metadata()?.len();
    let mut found = [0; HEAD];
    file.read_exact(&mut found)?;
    let mut outlines = Vec::new();
    if found != head(identity) {
        return Ok(outlines);
    }
    let mut start = HEAD as u64;
    while start + block::HEAD as u64 <= end {
        let mut head = [0; block::HEAD];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut head)?;
        let lengths = block::lengths(&head);
        let length = block::HEAD + lengths.iter().sum::<usize>();
        if start + length as u64 > end {
            break;
        }
        let mut bound = |length: usize| {
            let mut bound = vec![0; length];
            file.read_exact(&mut bound).map(|()| bound)
        };
        let bounds = Bounds { first: bound(lengths[0])?, last: bound(lengths[1])? };
        outlines.push(Outline { start, length, bounds });
        start += length as u64;
    }
    Ok(outlines)
}
