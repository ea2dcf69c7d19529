//! References to images, with what they leave unsaid filled in.

use std::fmt;

use crate::syntax::image;

use super::Digest;

/// The registry of a reference that names none.
pub const DOCKER_HUB: &str = "docker.io";
/// The tag of a reference that has none.
pub const LATEST: &str = "latest";

/// A repository in a registry: `docker.io/library/debian`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    /// Host and port.
    pub registry: String,
    /// The path in it.
    pub path: String,
}

/// A reference to an image, checked and complete.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// Where it is.
    pub repository: Repository,
    /// Its tag; `None` where it has none, which stands for `latest` where there is no digest either.
    pub tag: Option<String>,
    /// Its digest.
    pub digest: Option<Digest>,
}

/// Why a text is no reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// The name has capitals, or other letters that are not allowed.
    #[error("its name is not one that an image can have")]
    Name,
    /// The tag is too long, or has letters that are not allowed.
    #[error("its tag is not one that an image can have")]
    Tag,
    /// The digest is of no known algorithm, or has too few digits.
    #[error("its digest is not of the form `sha256:` and 64 digits")]
    Digest,
}

impl Reference {
    /// Reads a reference without variables.
    ///
    /// Source: `distribution/reference`, `normalize.go` and `regexp.go`.
    ///
    /// # Errors
    /// Where it is none.
    pub fn read(text: &str) -> Result<Self, ReferenceError> {
        let parts = image::read(text.as_bytes());
        let part = |range: crate::syntax::TextRange| &text[range.range()];
        let registry = match parts.registry.map(part) {
            None | Some("index.docker.io") => DOCKER_HUB,
            Some(host) => host,
        };
        let path = part(parts.path);
        if !is_host(registry) || !is_path(path) || path.len() > 255 {
            return Err(ReferenceError::Name);
        }
        let path =
            if registry == DOCKER_HUB && !path.contains('/') { format!("library/{path}") } else { path.to_owned() };
        let tag = parts.tag.map(part);
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(ReferenceError::Tag);
        }
        let digest = match parts.digest.map(part) {
            None => None,
            Some(digest) => Some(Digest::read(digest).ok_or(ReferenceError::Digest)?),
        };
        Ok(Self { repository: Repository { registry: registry.to_owned(), path }, tag: tag.map(str::to_owned), digest })
    }

    /// The tag that a registry is asked for where there is no digest.
    #[must_use]
    pub fn tag_or_latest(&self) -> &str {
        self.tag.as_deref().unwrap_or(LATEST)
    }

    /// The same image by its tag alone, `latest` where it has none.
    #[must_use]
    pub fn by_tag(&self) -> Self {
        self.with_tag(self.tag_or_latest())
    }

    /// Another tag of the same repository, without a digest.
    #[must_use]
    pub fn with_tag(&self, tag: &str) -> Self {
        Self { repository: self.repository.clone(), tag: Some(tag.to_owned()), digest: None }
    }

    /// The same with a digest.
    #[must_use]
    pub fn with_digest(&self, digest: Digest) -> Self {
        Self { digest: Some(digest), ..self.clone() }
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.registry != DOCKER_HUB {
            return write!(f, "{}/{}", self.registry, self.path);
        }
        f.write_str(self.path.strip_prefix("library/").filter(|name| !name.contains('/')).unwrap_or(&self.path))
    }
}

/// As people write it: without Docker Hub's name and its `library/`.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.repository.fmt(f)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

fn is_host(text: &str) -> bool {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !text.ends_with(']') => (name, Some(port)),
        _ => (text, None),
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_name = match address {
        Some(address) => address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':'),
        None => name.split('.').all(is_label),
    };
    is_name && port.is_none_or(is_port)
}

/// Components of lower-case letters and digits, separated by `.`, `_`, `__` or any number of `-`.
fn is_path(path: &str) -> bool {
    path.split('/').all(|component| {
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let letters_around =
            component.bytes().next().is_some_and(is_letter) && component.bytes().next_back().is_some_and(is_letter);
        let is_separator = |text: &str| matches!(text, "" | "." | "_" | "__") || text.bytes().all(|byte| byte == b'-');
        letters_around && component.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()).all(is_separator)
    })
}

fn is_tag(tag: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    (1..=128).contains(&tag.len()) && tag.bytes().all(inner) && !tag.starts_with(['.', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(text: &str) -> String {
        let Reference { repository, tag, digest } = Reference::read(text).expect(text);
        let digest = digest.map(|digest| digest.short().to_owned());
        format!("{} {} {tag:?} {digest:?}", repository.registry, repository.path)
    }

    #[test]
    fn what_is_unsaid_is_filled_in() {
        assert_eq!(full("debian"), "docker.io library/debian None None");
        assert_eq!(full("grafana/grafana:9"), r#"docker.io grafana/grafana Some("9") None"#);
        assert_eq!(full("docker.io/debian:12"), r#"docker.io library/debian Some("12") None"#);
        assert_eq!(full("index.docker.io/library/debian"), "docker.io library/debian None None");
        assert_eq!(full("localhost/a"), "localhost a None None");
        assert_eq!(full("[::1]:5000/a/b:1"), r#"[::1]:5000 a/b Some("1") None"#);
        let digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(
            full(&format!("r.io:5000/a-b__c:1@{digest}")),
            r#"r.io:5000 a-b__c Some("1") Some("sha256:e3b0c44298fc")"#
        );
    }

    #[test]
    fn what_is_no_reference_is_told() {
        for name in ["Debian", "a//b", "-a", "a-", "a___b", "a..b", "", "r.io/", "${X}", "a b", "-.io/a"] {
            assert_eq!(Reference::read(name), Err(ReferenceError::Name), "{name}");
        }
        for tag in ["a:", "a:-1", "a:.x", "a:b$c", "a:é"] {
            assert_eq!(Reference::read(tag), Err(ReferenceError::Tag), "{tag}");
        }
        assert_eq!(Reference::read("a@sha256:12"), Err(ReferenceError::Digest));
        assert_eq!(Reference::read(&format!("a:{}", "x".repeat(129))), Err(ReferenceError::Tag));
    }

    #[test]
    fn references_are_shown_as_people_write_them() {
        for (text, shown) in [
            ("docker.io/library/debian:12", "debian:12"),
            ("grafana/grafana", "grafana/grafana"),
            ("ghcr.io/a/b:c", "ghcr.io/a/b:c"),
        ] {
            assert_eq!(Reference::read(text).map(|read| read.to_string()).as_deref(), Ok(shown));
        }
        assert_eq!(Reference::read("debian").map(|read| read.by_tag().to_string()).as_deref(), Ok("debian:latest"));
    }
}
