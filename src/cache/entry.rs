//! One entry: what became of a file, and the questions that this rests on.

use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::context::disk::{Asked, Digest, Question, What};
use crate::edit::Transform;
use crate::report::summary::{Counts, Tally};
use crate::transforms;

use super::answers::Answers;
use super::{Kept, Place};

#[derive(Serialize, Deserialize)]
struct Entry<'e> {
    #[serde(borrow)]
    kept: Written<'e>,
    questions: Vec<Questions<'e>>,
    /// Of all answers in order.
    answers: Digest,
}

/// A [`Kept`] as it is written; transforms by their number.
#[derive(Serialize, Deserialize)]
enum Written<'e> {
    Looked { changed: bool, counts: Vec<(usize, Counts)> },
    Skipped(&'e str),
    Failed(&'e str),
}

/// One question, put to the same path in several of the folders above a file.
#[derive(Serialize, Deserialize)]
struct Questions<'e> {
    what: What,
    /// How many folders up.
    up: Vec<u32>,
    /// The path from there.
    down: &'e str,
}

/// The entry; `None` where it can't be told by its questions alone that it still holds.
pub(super) fn write(place: &Place, kept: &Kept, asked: Asked) -> Option<Vec<u8>> {
    if asked.told {
        return None;
    }
    let mut asked = asked.questions;
    let own = &place.folder;
    let mut placed = Vec::with_capacity(asked.len());
    asked.sort_unstable();
    asked.dedup();
    for (question, digest) in &asked {
        let (up, down) = from(own, &question.path)?;
        placed.push((question.what, down, up, *digest));
    }
    placed.sort_unstable();
    // The disk changed under the work.
    if placed.windows(2).any(|pair| (pair[0].0, &pair[0].1, pair[0].2) == (pair[1].0, &pair[1].1, pair[1].2)) {
        return None;
    }
    let mut questions: Vec<Questions<'_>> = Vec::new();
    for (what, down, up, _) in &placed {
        match questions.last_mut() {
            Some(last) if last.what == *what && last.down == down => last.up.push(*up),
            _ => questions.push(Questions { what: *what, up: vec![*up], down }),
        }
    }
    let answers = of_all(placed.iter().map(|(_, _, _, digest)| *digest));
    let kept = match kept {
        Kept::Looked(tally) => {
            let number = |id: &str| transforms::ALL.iter().position(|transform| transform.id == id);
            let counts = tally.transforms.iter().map(|(id, counts)| Some((number(id)?, *counts)));
            Written::Looked { changed: tally.changed, counts: counts.collect::<Option<_>>()? }
        }
        Kept::Skipped(reason) => Written::Skipped(reason),
        Kept::Failed(message) => Written::Failed(message),
    };
    postcard::to_allocvec(&Entry { kept, questions, answers }).ok()
}

/// What the entry says, where its questions have the answers that they had.
pub(super) fn read(entry: &[u8], place: &Place, answers: &Answers) -> Option<Kept> {
    let entry: Entry<'_> = postcard::from_bytes(entry).ok()?;
    let above: Vec<&Path> = place.folder.ancestors().collect();
    let mut digests = Vec::new();
    for Questions { what, up, down } in &entry.questions {
        for up in up {
            let folder = above.get(usize::try_from(*up).ok()?)?;
            let question = Question { path: join(folder, down), what: *what };
            // Nobody else asks for what is in a file's own folder.
            digests.push(if *up == 0 { question.answer() } else { answers.get(question) });
        }
    }
    if of_all(digests.into_iter()) != entry.answers {
        return None;
    }
    Some(match entry.kept {
        Written::Looked { changed, counts } => {
            let transform = |(number, counts): (usize, Counts)| {
                let transform: &Transform = transforms::ALL.get(number)?;
                Some((transform.id, counts))
            };
            Kept::Looked(Tally { changed, transforms: counts.into_iter().map(transform).collect::<Option<_>>()? })
        }
        Written::Skipped(reason) => Kept::Skipped(reason.to_owned()),
        Written::Failed(message) => Kept::Failed(message.to_owned()),
    })
}

fn of_all(digests: impl Iterator<Item = Digest>) -> Digest {
    let mut hash = Sha256::new();
    digests.for_each(|digest| hash.update(digest));
    let mut all = Digest::default();
    all.copy_from_slice(&hash.finalize()[..16]);
    all
}

/// The way from a folder to a path: how many folders up, then the path from there. `None` for what is no text, or not
/// clean.
fn from(folder: &Path, path: &Path) -> Option<(u32, String)> {
    let clean = path.components().all(|component| matches!(component, Component::RootDir | Component::Normal(_)));
    let (up, above) = folder.ancestors().enumerate().find(|(_, above)| path.starts_with(above))?;
    let down = path.strip_prefix(above).ok()?.to_str()?.to_owned();
    clean.then_some((u32::try_from(up).ok()?, down))
}

fn join(folder: &Path, down: &str) -> PathBuf {
    // `join` with nothing adds a slash, which would ask for a folder.
    if down.is_empty() { folder.to_path_buf() } else { folder.join(down) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_lead_back() {
        let folder = Path::new("/a/b/c");
        for (path, up, down) in [
            ("/a/b/c", 0, ""),
            ("/a/b/c/d/e", 0, "d/e"),
            ("/a/b/cc", 1, "cc"),
            ("/a", 2, ""),
            ("/x y/z", 3, "x y/z"),
            ("/", 3, ""),
        ] {
            let way = from(folder, Path::new(path)).expect("a way");
            assert_eq!(way, (up, down.to_owned()), "{path}");
            let above = folder.ancestors().nth(up as usize).expect("a folder above");
            assert_eq!(join(above, &way.1), Path::new(path));
        }
        assert_eq!(from(folder, Path::new("/a/../b")), None);
    }

    #[test]
    fn what_is_written_is_read() {
        let place = Place::of(Path::new("/nowhere/a/Dockerfile")).expect("a place");
        let counts = Counts { applied: 3, withheld: 0, left: 300, advice: 1, refused: 70_000 };
        let tally = Tally { changed: true, transforms: vec![(transforms::ALL[2].id, counts)] };
        for kept in [Kept::Looked(tally), Kept::Skipped("a ü".to_owned()), Kept::Failed(String::new())] {
            let entry = write(&place, &kept, Asked::default()).expect("an entry");
            assert_eq!(read(&entry, &place, &Answers::default()), Some(kept));
        }
    }
}
