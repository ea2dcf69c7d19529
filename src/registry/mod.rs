//! Registries of images: references, what stands behind them, and the client that asks.

mod digest;
mod error;
mod locations;
pub mod manifest;
mod patience;
pub mod platform;
mod reference;

#[cfg(feature = "registry")]
pub mod client;
#[cfg(not(feature = "registry"))]
#[path = "no_client.rs"]
pub mod client;

pub use digest::Digest;
pub use error::RegistryError;
pub use locations::{Location, LocationError, Registries, Registry};
pub use patience::Patience;
pub use platform::Platform;
pub use reference::{DOCKER_HUB, LATEST, Reference, ReferenceError, Repository};

/// What a reference stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The digest of the index where there is one, else of the only image.
    pub digest: Digest,
    /// The platforms that it is for, sorted.
    pub platforms: Vec<Platform>,
}

/// Who knows what references stand for.
pub trait Source: Sync {
    /// What a reference stands for, with its manifest read and checked.
    ///
    /// # Errors
    /// Where the registry does not tell, or tells what is not so.
    fn resolve(&self, reference: &Reference) -> Result<Resolved, RegistryError>;

    /// The digest of a reference alone, which registries count for less; `None` where there is no such image.
    ///
    /// # Errors
    /// As above, save for an image that is not there.
    fn digest(&self, reference: &Reference) -> Result<Option<Digest>, RegistryError>;

    /// All tags of a repository, in any order.
    ///
    /// # Errors
    /// As above.
    fn tags(&self, repository: &Repository) -> Result<Vec<String>, RegistryError>;
}
