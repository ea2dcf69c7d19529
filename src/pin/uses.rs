//! Which images a file names.

use crate::model::Model;
use crate::model::images::{Naming, images};
use crate::registry::{LATEST, Reference};

use super::gather::Need;

/// An image that a file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The line, from 1.
    pub line: usize,
    /// Which image.
    pub reference: Reference,
    /// The value of FROM's `--platform`, where it is written out.
    pub platform: Option<String>,
}

/// The images that a file names, in its order; those that can't be told are left out.
#[must_use]
pub fn uses(model: &Model<'_, '_>) -> Vec<Use> {
    let source = model.file.source;
    let read = |naming: &Naming| {
        let reference = Reference::read(naming.reference()?).ok()?;
        let line = memchr::memchr_iter(b'\n', &source[..naming.span.start]).count() + 1;
        let platform = naming.platform.clone().filter(|platform| !platform.contains('$'));
        Some(Use { line, reference, platform })
    };
    images(model).iter().filter_map(read).collect()
}

impl Use {
    /// What has to be known to pin it, and with `versions` to name the version of `latest`.
    #[must_use]
    pub fn needs(&self, versions: bool) -> Vec<(Reference, Need)> {
        let of_latest = versions && self.reference.tag_or_latest() == LATEST;
        let by_tag = || (self.reference.by_tag(), if of_latest { Need::Versions } else { Need::Digest });
        match (&self.reference.digest, &self.reference.tag) {
            (None, _) => vec![by_tag()],
            (Some(_), Some(_)) if of_latest => vec![(self.reference.clone(), Need::Digest), by_tag()],
            (Some(_), _) => vec![(self.reference.clone(), Need::Digest)],
        }
    }
}
