//! Asks for all images of a run at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::registry::{Reference, RegistryError, Resolved, Source};

use super::Images;
use super::tags::Scheme;

/// So many requests run at once, over all hosts.
const WORKERS: usize = 32;
/// So many tags are asked for whether they are `latest`.
const LIKELY: usize = 48;

/// What a run needs to know of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// What it stands for.
    Digest,
    /// And the version tags that stand for the same.
    Versions,
}

/// Adds to `images` what is needed of references, each asked for once; `told` hears of each that is done. Where nobody
/// can be asked, `source` is what to say of them.
pub fn gather(
    images: &mut Images,
    needs: &BTreeSet<(Reference, Need)>,
    source: Result<&dyn Source, &RegistryError>,
    told: &(dyn Fn() + Sync),
) {
    let unknown: Vec<&Reference> = {
        let wanted: BTreeSet<&Reference> = needs.iter().map(|(reference, _)| reference).collect();
        wanted.into_iter().filter(|reference| images.answer(reference).is_none()).collect()
    };
    let answers = at_once(&unknown, |reference| {
        let answer = match source {
            Ok(source) => source.resolve(reference),
            Err(error) => Err((*error).clone()),
        };
        told();
        answer
    });
    for (reference, answer) in unknown.into_iter().zip(answers) {
        images.learn(reference.clone(), answer);
    }
    let Ok(source) = source else { return };
    let nameless: Vec<&Reference> = needs
        .iter()
        .filter(|(reference, need)| *need == Need::Versions && images.versions(reference).is_empty())
        .filter(|(reference, _)| images.digest(reference).is_some())
        .map(|(reference, _)| reference)
        .collect();
    for reference in nameless {
        let Some(Ok(resolved)) = images.answer(&reference.by_tag()).cloned() else { continue };
        match versions(reference, &resolved, source) {
            Ok((versions, found)) => {
                for reference in found {
                    images.learn(reference, Ok(resolved.clone()));
                }
                images.learn_versions(reference.by_tag(), versions);
            }
            // What is not told stays as it is, and is told.
            Err(error) => images.learn(reference.by_tag(), Err(error)),
        }
    }
}

/// The most specific version tags of a digest, and all references that were found to have it.
fn versions(
    reference: &Reference,
    resolved: &Resolved,
    source: &dyn Source,
) -> Result<(Vec<String>, Vec<Reference>), RegistryError> {
    let tags = source.tags(&reference.repository)?;
    let likely = Scheme::likely_latest(&tags, LIKELY);
    let answers = at_once(&likely.iter().collect::<Vec<_>>(), |tag| source.digest(&reference.with_tag(tag)));
    let mut same = Vec::new();
    for (tag, answer) in likely.into_iter().zip(answers) {
        if answer?.as_ref() == Some(&resolved.digest) {
            same.push(tag);
        }
    }
    let found = same.iter().map(|tag| reference.with_tag(tag)).collect();
    Ok((Scheme::most_specific(&same), found))
}

/// Does `work` for all items, several at once; the results are in the order of the items.
pub(super) fn at_once<T: Sync, R: Send>(items: &[&T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS.min(items.len()) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { return };
                    let result = work(item);
                    results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(at, result);
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).into_values().collect()
}
