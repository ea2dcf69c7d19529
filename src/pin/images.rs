//! What is known of images.

use std::collections::BTreeMap;

use crate::registry::{Digest, LATEST, Platform, Reference, RegistryError, Resolved};

use super::Lock;
use super::tags::Scheme;

/// What references stand for, as far as a lock or registries told.
#[derive(Debug, Clone, Default)]
pub struct Images {
    known: BTreeMap<Reference, Result<Resolved, RegistryError>>,
    versions: BTreeMap<Reference, Vec<String>>,
    moves: BTreeMap<Reference, Reference>,
}

impl Images {
    /// What a lock tells.
    #[must_use]
    pub fn of(lock: &Lock) -> Self {
        let mut images = Self::default();
        for (reference, resolved) in lock.known() {
            images.learn(reference, Ok(resolved));
        }
        let tags = || images.known.keys().filter(|reference| reference.digest.is_none());
        let latest: Vec<Reference> =
            tags().filter(|reference| reference.tag.as_deref() == Some(LATEST)).cloned().collect();
        for reference in latest {
            let of_one_digest = images.known.keys().filter(|other| {
                other.digest.is_none()
                    && other.repository == reference.repository
                    && images.digest(other) == images.digest(&reference)
            });
            let tags: Vec<String> = of_one_digest.filter_map(|other| other.tag.clone()).collect();
            let versions = Scheme::most_specific(&tags);
            if !versions.is_empty() {
                images.versions.insert(reference, versions);
            }
        }
        images
    }

    /// Notes what a reference stands for, by its tag or its digest.
    pub fn learn(&mut self, reference: Reference, answer: Result<Resolved, RegistryError>) {
        self.known.insert(reference, answer);
    }

    /// Notes version tags of the digest that a reference stands for, the most specific first; those that are equally
    /// specific are all of them.
    pub fn learn_versions(&mut self, reference: Reference, versions: Vec<String>) {
        self.versions.insert(reference, versions);
    }

    /// Notes that a reference with a digest becomes another.
    pub fn learn_move(&mut self, from: Reference, to: Reference) {
        self.moves.insert(from, to);
    }

    /// What is known of a reference as it stands.
    #[must_use]
    pub fn answer(&self, reference: &Reference) -> Option<&Result<Resolved, RegistryError>> {
        self.known.get(reference)
    }

    /// The digest of a reference without one.
    #[must_use]
    pub fn digest(&self, reference: &Reference) -> Option<&Digest> {
        let answer = self.known.get(&reference.by_tag())?;
        answer.as_ref().ok().map(|resolved| &resolved.digest)
    }

    /// The platforms of a reference.
    #[must_use]
    pub fn platforms(&self, reference: &Reference) -> Option<&[Platform]> {
        let by_tag = || self.known.get(&reference.by_tag());
        let answer = self.known.get(reference).or_else(by_tag)?;
        answer.as_ref().ok().map(|resolved| resolved.platforms.as_slice())
    }

    /// Why an image does not do for the platform that FROM asks for; that of an argument is whatever the build says.
    #[must_use]
    pub fn lacks(&self, reference: &Reference, platform: Option<&str>) -> Option<String> {
        let wanted = platform.filter(|wanted| !wanted.contains('$'))?;
        let Some(platform) = Platform::read(wanted) else { return Some(format!("`{wanted}` is no platform")) };
        let platforms = self.platforms(reference)?;
        if platforms.iter().any(|has| has.serves(&platform)) {
            return None;
        }
        let there: Vec<String> = platforms.iter().map(ToString::to_string).collect();
        Some(format!("it is not there for {wanted}, only for {}", there.join(", ")))
    }

    /// The most specific version tags of the digest that a reference stands for; several where none is the most.
    #[must_use]
    pub fn versions(&self, reference: &Reference) -> &[String] {
        self.versions.get(&reference.by_tag()).map(Vec::as_slice).unwrap_or_default()
    }

    /// What a reference with a digest is to become.
    #[must_use]
    pub fn moved(&self, reference: &Reference) -> Option<&Reference> {
        self.moves.get(reference)
    }
}
