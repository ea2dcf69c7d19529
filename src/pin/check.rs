//! Whether registries still have what is locked.

use crate::registry::{Digest, Reference, RegistryError, Source};

use super::Lock;
use super::gather::at_once;

/// A locked image, and what became of it.
#[derive(Debug, Clone)]
pub struct Checked {
    /// By its tag.
    pub reference: Reference,
    /// What is locked.
    pub digest: Digest,
    /// The files that name it.
    pub files: Vec<String>,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a locked image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is there, and its tag stands for it.
    Kept,
    /// It is there, and its tag stands for another.
    Moved(Digest),
    /// It is there, and its tag is not.
    TagGone,
    /// It is not there.
    Gone,
    /// The registry did not say.
    Failed(RegistryError),
}

/// Asks for all that is locked.
pub fn check(lock: &Lock, source: &dyn Source) -> Vec<Checked> {
    let entries: Vec<_> = lock.entries().collect();
    let fates = at_once(&entries.iter().collect::<Vec<_>>(), |(reference, digest, _)| {
        fate(reference, digest, source).unwrap_or_else(Fate::Failed)
    });
    let checked = entries.into_iter().zip(fates).map(|((reference, digest, entry), fate)| Checked {
        reference: reference.clone(),
        digest: digest.clone(),
        files: entry.files.iter().cloned().collect(),
        fate,
    });
    checked.collect()
}

fn fate(reference: &Reference, digest: &Digest, source: &dyn Source) -> Result<Fate, RegistryError> {
    if source.digest(&reference.with_digest(digest.clone()))?.is_none() {
        return Ok(Fate::Gone);
    }
    Ok(match source.digest(reference)? {
        Some(now) if now == *digest => Fate::Kept,
        Some(now) => Fate::Moved(now),
        None => Fate::TagGone,
    })
}
