//! Moves pinned images on: to what their tags stand for today, or to later tags.

use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Reference, RegistryError, Repository, Resolved, Source};

use super::gather::at_once;
use super::tags::{Level, Scheme};

/// A reference, and what it becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// With its digest where it has one.
    pub from: Reference,
    /// With a tag and a digest.
    pub to: Reference,
    /// What that stands for.
    pub resolved: Resolved,
}

/// What an update comes to.
#[derive(Debug, Default)]
pub struct Moves {
    /// What moves, and what stays with the digest it has.
    pub steps: Vec<Step>,
    /// What could not be asked.
    pub failed: Vec<(Reference, RegistryError)>,
}

/// What becomes of references, to later tags where a level allows it.
pub fn moves(
    references: &BTreeSet<Reference>,
    level: Option<Level>,
    source: &dyn Source,
    told: &(dyn Fn() + Sync),
) -> Moves {
    let mut tags: BTreeMap<&Repository, Result<Vec<String>, RegistryError>> = BTreeMap::new();
    if level.is_some() {
        let repositories: BTreeSet<&Repository> = references.iter().map(|reference| &reference.repository).collect();
        let repositories: Vec<&Repository> = repositories.into_iter().collect();
        let lists = at_once(&repositories, |repository| source.tags(repository));
        tags = repositories.into_iter().zip(lists).collect();
    }
    let mut moves = Moves::default();
    let mut targets: Vec<(&Reference, Reference)> = Vec::new();
    for reference in references {
        let mut target = reference.by_tag();
        if let (Some(level), Some(known)) = (level, tags.get(&reference.repository)) {
            match known {
                Ok(known) => {
                    let later = Scheme::update(reference.tag_or_latest(), known.iter().map(String::as_str), level);
                    if let Some(later) = later {
                        target = reference.with_tag(later);
                    }
                }
                Err(error) => {
                    moves.failed.push((reference.clone(), error.clone()));
                    continue;
                }
            }
        }
        targets.push((reference, target));
    }
    let wanted: BTreeSet<&Reference> = targets.iter().map(|(_, target)| target).collect();
    let wanted: Vec<&Reference> = wanted.into_iter().collect();
    let answers = at_once(&wanted, |reference| {
        let answer = source.resolve(reference);
        told();
        answer
    });
    let answers: BTreeMap<&Reference, Result<Resolved, RegistryError>> = wanted.into_iter().zip(answers).collect();
    for (from, target) in &targets {
        match answers.get(target) {
            Some(Ok(resolved)) => {
                let to = target.with_digest(resolved.digest.clone());
                moves.steps.push(Step { from: (*from).clone(), to, resolved: resolved.clone() });
            }
            Some(Err(error)) => moves.failed.push(((*from).clone(), error.clone())),
            None => {}
        }
    }
    moves
}
