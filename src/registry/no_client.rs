//! Stands in for the client of registries in a program that is built without it: it asks nobody.

pub use super::Patience;
use super::{Digest, Reference, Registries, RegistryError, Repository, Resolved, Source};

/// How many requests a host takes in a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// In all.
    pub limit: u64,
    /// Still.
    pub remaining: u64,
}

/// A client that can't ask.
#[derive(Debug)]
pub struct Client;

impl Client {
    /// A client that can't ask.
    ///
    /// # Errors
    /// Never.
    pub fn new(_: Registries, _: Patience) -> Result<Self, String> {
        Ok(Self)
    }

    /// None.
    #[must_use]
    pub fn requests(&self) -> usize {
        0
    }

    /// None.
    #[must_use]
    pub fn limits(&self) -> Vec<(String, Limit)> {
        Vec::new()
    }
}

impl Source for Client {
    fn resolve(&self, _: &Reference) -> Result<Resolved, RegistryError> {
        Err(RegistryError::NoClient)
    }

    fn digest(&self, _: &Reference) -> Result<Option<Digest>, RegistryError> {
        Err(RegistryError::NoClient)
    }

    fn tags(&self, _: &Repository) -> Result<Vec<String>, RegistryError> {
        Err(RegistryError::NoClient)
    }
}
