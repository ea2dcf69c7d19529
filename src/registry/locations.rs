//! Where a registry is asked: itself, a mirror, or another in its place.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::Repository;

/// Host, port and a path before that of the repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// Host and port.
    pub host: String,
    /// A path in it, without slashes around; empty where there is none.
    pub prefix: String,
}

/// A text is no location.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not of the form HOST[:PORT][/PATH]")]
pub struct LocationError(pub String);

impl Location {
    /// Reads `HOST[:PORT][/PATH]`.
    ///
    /// # Errors
    /// Where it has a scheme, a login or no host.
    pub fn read(text: &str) -> Result<Self, LocationError> {
        let (host, prefix) = text.split_once('/').unwrap_or((text, ""));
        let prefix = prefix.trim_end_matches('/');
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
        let in_path = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/');
        let is_fine = !host.is_empty()
            && host.bytes().all(is_plain)
            && !host.ends_with(':')
            && prefix.bytes().all(in_path)
            && !prefix.split('/').any(|part| part == "..");
        if is_fine {
            Ok(Self { host: host.to_owned(), prefix: prefix.to_owned() })
        } else {
            Err(LocationError(text.to_owned()))
        }
    }

    /// The path of a repository there.
    #[must_use]
    pub fn path_of(&self, repository: &Repository) -> String {
        if self.prefix.is_empty() { repository.path.clone() } else { format!("{}/{}", self.prefix, repository.path) }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        if self.prefix.is_empty() { Ok(()) } else { write!(f, "/{}", self.prefix) }
    }
}

/// What is configured for a registry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registry {
    /// Asked in its place.
    pub rewrite: Option<Location>,
    /// Asked before it, in this order.
    pub mirrors: Vec<Location>,
    /// Whether it is spoken to without TLS.
    pub plain_http: bool,
    /// Certificates of authorities that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// How many requests it gets at once.
    pub concurrent: Option<usize>,
}

/// What is configured for all registries, by host and port.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registries(pub BTreeMap<String, Registry>);

impl Registries {
    /// What is configured for a host.
    #[must_use]
    pub fn of(&self, host: &str) -> Registry {
        self.0.get(host).cloned().unwrap_or_default()
    }

    /// Where a repository is asked for, in this order.
    #[must_use]
    pub fn locations(&self, repository: &Repository) -> Vec<Location> {
        let Registry { rewrite, mirrors, .. } = self.of(&repository.registry);
        let itself = Location { host: repository.registry.clone(), prefix: String::new() };
        let mut locations = mirrors;
        locations.push(rewrite.unwrap_or(itself));
        locations
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_come_first_and_a_rewrite_replaces() {
        let repository = Repository { registry: "docker.io".to_owned(), path: "library/debian".to_owned() };
        let mut registries = Registries::default();
        let shown = |registries: &Registries| {
            let locations = registries.locations(&repository).into_iter();
            locations.map(|place| format!("{} {}", place.host, place.path_of(&repository))).collect::<Vec<_>>()
        };
        assert_eq!(shown(&registries), ["docker.io library/debian"]);
        let mirror = Location::read("m.internal:5000").unwrap();
        let registry = Registry { mirrors: vec![mirror], ..Registry::default() };
        registries.0.insert("docker.io".to_owned(), registry.clone());
        assert_eq!(shown(&registries), ["m.internal:5000 library/debian", "docker.io library/debian"]);
        let rewrite = Location::read("r.internal/hub/").ok();
        registries.0.insert("docker.io".to_owned(), Registry { rewrite, ..registry });
        assert_eq!(shown(&registries), ["m.internal:5000 library/debian", "r.internal hub/library/debian"]);
    }

    #[test]
    fn locations_hold_neither_schemes_nor_logins() {
        for wrong in ["", "https://a.io", "user:password@a.io", "/a", "a.io:", "a.io/../b", "a b"] {
            assert!(Location::read(wrong).is_err(), "{wrong}");
        }
    }
}
