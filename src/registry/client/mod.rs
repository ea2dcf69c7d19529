//! Asks registries, by the OCI distribution specification.
//!
//! `ureq` carries the requests, `http-auth` reads challenges, `docker_credential` finds logins.

mod credentials;
mod exchange;
mod pace;
mod token;
mod words;

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::manifest::{self, Manifest};
use super::{Digest, Location, Reference, Registries, RegistryError, Repository, Resolved, Source};
use exchange::{Answer, Ask, Exchange};
use pace::Pace;
use token::Tokens;

pub use super::Patience;
pub use words::Limit;

/// A manifest may be as large as this; Docker's registry takes no larger ones.
const MANIFEST_BYTES: u64 = 4 * 1024 * 1024;
/// A page of tags, or a configuration of an image, may be as large as this.
const PAGE_BYTES: u64 = 8 * 1024 * 1024;
/// So many pages of tags are read.
const PAGES: usize = 200;

/// A client of registries.
#[derive(Debug)]
pub struct Client {
    registries: Registries,
    exchange: Exchange,
    pace: Pace,
    tokens: Tokens,
    limits: Mutex<BTreeMap<String, Limit>>,
}

impl Client {
    /// A client that asks as configured.
    ///
    /// # Errors
    /// Where a certificate file can't be read.
    pub fn new(registries: Registries, patience: Patience) -> Result<Self, String> {
        let exchange = Exchange::new(&registries, patience.answer)?;
        let pace = Pace::new(&registries, patience);
        Ok(Self { registries, exchange, pace, tokens: Tokens::default(), limits: Mutex::default() })
    }

    /// How many requests were sent.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.exchange.requests()
    }

    /// What the hosts said last of how many requests they still take.
    #[must_use]
    pub fn limits(&self) -> Vec<(String, Limit)> {
        let limits = self.limits.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        limits.iter().map(|(host, limit)| (host.clone(), *limit)).collect()
    }

    /// Asks each place in order until one knows.
    fn anywhere<T>(
        &self,
        repository: &Repository,
        ask: impl Fn(&Location) -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        let mut refused = None;
        for location in self.registries.locations(repository) {
            match ask(&location) {
                Ok(answer) => return Ok(answer),
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.unwrap_or(RegistryError::NoClient))
    }

    /// Sends a request, with what the host wants to know of who asks.
    fn send(&self, location: &Location, repository: &Repository, ask: &Ask<'_>) -> Result<Answer, RegistryError> {
        let path = location.path_of(repository);
        let host = &location.host;
        let mut authorization = self.tokens.known(host, &path);
        let mut with_login = authorization.is_some();
        let mut answer = self.once(host, ask, authorization.as_deref())?;
        if answer.status == 401 {
            let fresh = self
                .tokens
                .answer_to(&answer, host, &path, &|ask| self.pace.paced(ask.host, || self.exchange.send(ask)))?;
            if let Some((fresh, logged_in)) = fresh {
                authorization = Some(fresh);
                with_login = logged_in;
                answer = self.once(host, ask, authorization.as_deref())?;
            }
        }
        if let Some(limit) = Limit::of(&answer) {
            let mut limits = self.limits.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            limits.insert(host.clone(), limit);
        }
        if answer.status == 200 {
            return Ok(answer);
        }
        let words = self.tokens.without_secrets(words::of(&answer));
        let host = host.clone();
        Err(match answer.status {
            404 => RegistryError::Unknown { host, words },
            _ => answer.refusal(host, words, with_login),
        })
    }

    fn once(&self, host: &str, ask: &Ask<'_>, authorization: Option<&str>) -> Result<Answer, RegistryError> {
        self.pace.paced(host, || self.exchange.send(&ask.clone().authorized(authorization)))
    }

    fn manifest_path(location: &Location, reference: &Reference) -> String {
        let path = location.path_of(&reference.repository);
        match &reference.digest {
            Some(digest) => format!("/v2/{path}/manifests/{digest}"),
            None => format!("/v2/{path}/manifests/{}", reference.tag_or_latest()),
        }
    }

    fn resolve_at(&self, location: &Location, reference: &Reference) -> Result<Resolved, RegistryError> {
        let path = Self::manifest_path(location, reference);
        let ask = Ask::get(&location.host, &path).accepting(manifest::ACCEPTED).at_most(MANIFEST_BYTES);
        let answer = self.send(location, &reference.repository, &ask)?;
        let digest = checked_digest(&answer, reference)?;
        let platforms = match manifest::read(answer.header("content-type"), &answer.body)? {
            Manifest::Index(platforms) => platforms,
            Manifest::Image { config } => {
                let path = format!("/v2/{}/blobs/{config}", location.path_of(&reference.repository));
                let ask = Ask::get(&location.host, &path).at_most(PAGE_BYTES);
                let answer = self.send(location, &reference.repository, &ask)?;
                if !config.is_of(&answer.body) {
                    let sent = Digest::of(&answer.body);
                    return Err(RegistryError::WrongDigest { said: config.to_string(), sent: sent.to_string() });
                }
                vec![manifest::platform(&answer.body)?]
            }
        };
        Ok(Resolved { digest, platforms })
    }

    fn digest_at(&self, location: &Location, reference: &Reference) -> Result<Option<Digest>, RegistryError> {
        let path = Self::manifest_path(location, reference);
        let ask = Ask::head(&location.host, &path).accepting(manifest::ACCEPTED);
        let answer = match self.send(location, &reference.repository, &ask) {
            Ok(answer) => answer,
            Err(RegistryError::Unknown { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        match answer.header("docker-content-digest").map(Digest::read) {
            Some(Some(digest)) if reference.digest.as_ref().is_none_or(|wanted| *wanted == digest) => Ok(Some(digest)),
            Some(_) => Err(RegistryError::Nonsense("a digest that is none, or not the one asked for".to_owned())),
            // Not all registries tell it: the manifest itself does.
            None => self.resolve_at(location, reference).map(|resolved| Some(resolved.digest)),
        }
    }

    fn tags_at(&self, location: &Location, repository: &Repository) -> Result<Vec<String>, RegistryError> {
        let mut tags = Vec::new();
        let mut path = format!("/v2/{}/tags/list?n=1000", location.path_of(repository));
        for _ in 0..PAGES {
            let answer = self.send(location, repository, &Ask::get(&location.host, &path).at_most(PAGE_BYTES))?;
            let page: Page = serde_json::from_slice(&answer.body)
                .map_err(|error| RegistryError::Nonsense(format!("a list of tags that is no JSON ({error})")))?;
            let before = tags.len();
            tags.extend(page.tags.unwrap_or_default());
            match answer.header("link").map(|link| next_page(link, &location.host)) {
                // A page without tags that names a next one would go on for ever.
                None => return Ok(tags),
                Some(_) if tags.len() == before => return Ok(tags),
                Some(Some(next)) => path = next,
                Some(None) => return Err(RegistryError::Nonsense("a next page of tags on another host".to_owned())),
            }
        }
        Err(RegistryError::Nonsense(format!("more than {PAGES} pages of tags")))
    }
}

impl Source for Client {
    fn resolve(&self, reference: &Reference) -> Result<Resolved, RegistryError> {
        self.anywhere(&reference.repository, |location| self.resolve_at(location, reference))
    }

    fn digest(&self, reference: &Reference) -> Result<Option<Digest>, RegistryError> {
        let found = self.anywhere(&reference.repository, |location| {
            self.digest_at(location, reference)?
                .map(Some)
                .ok_or_else(|| RegistryError::Unknown { host: location.host.clone(), words: String::new() })
        });
        match found {
            Err(RegistryError::Unknown { .. }) => Ok(None),
            other => other,
        }
    }

    fn tags(&self, repository: &Repository) -> Result<Vec<String>, RegistryError> {
        self.anywhere(repository, |location| self.tags_at(location, repository))
    }
}

#[derive(serde::Deserialize)]
struct Page {
    tags: Option<Vec<String>>,
}

/// The digest of what was sent, which the header and the reference must not contradict.
fn checked_digest(answer: &Answer, reference: &Reference) -> Result<Digest, RegistryError> {
    let said = match answer.header("docker-content-digest") {
        None => None,
        Some(said) => {
            Some(Digest::read(said).ok_or_else(|| RegistryError::Nonsense("a digest that is none".to_owned()))?)
        }
    };
    for said in said.iter().chain(&reference.digest) {
        if !said.is_of(&answer.body) {
            let sent = Digest::of(&answer.body).to_string();
            return Err(RegistryError::WrongDigest { said: said.to_string(), sent });
        }
    }
    Ok(reference.digest.clone().unwrap_or_else(|| Digest::of(&answer.body)))
}

/// The path of the next page out of a `Link` header; `None` where it is on another host.
///
/// Source: OCI distribution specification, "Listing Tags"; RFC 5988.
fn next_page(link: &str, host: &str) -> Option<String> {
    let target = link.trim_start().strip_prefix('<')?.split_once('>')?.0;
    if target.starts_with('/') && !target.starts_with("//") {
        return Some(target.to_owned());
    }
    let rest = target.strip_prefix("https://").or_else(|| target.strip_prefix("http://"))?;
    let (named, path) = rest.split_once('/')?;
    let is_same = named == host || named == exchange::api_host(host);
    is_same.then(|| format!("/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_stays_on_its_host() {
        let next = |link| next_page(link, "r.io:5000");
        assert_eq!(next(r#"</v2/a/tags/list?last=b&n=2>; rel="next""#).as_deref(), Some("/v2/a/tags/list?last=b&n=2"));
        assert_eq!(next(r#"<https://r.io:5000/v2/a?n=2>; rel="next""#).as_deref(), Some("/v2/a?n=2"));
        assert_eq!(next(r#"<https://evil.io/v2/a?n=2>; rel="next""#), None);
        assert_eq!(next(r#"<//evil.io/v2/a>; rel="next""#), None);
        assert_eq!(next("nonsense"), None);
    }
}
