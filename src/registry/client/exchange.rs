//! One request and its answer.
#![allow(clippy::disallowed_methods, reason = "certificates are in files")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use ureq::config::RedirectAuthHeaders;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};
use ureq::{Agent, http};

use crate::registry::{DOCKER_HUB, Registries, RegistryError};

/// So many redirects are followed.
const REDIRECTS: u32 = 5;
/// An answer that tells of an error may be as large as this.
const ERROR_BYTES: u64 = 64 * 1024;

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Ask<'a> {
    /// Whom to ask, as configured; may be another host than that of `url`.
    pub host: &'a str,
    /// A path on that host, or a whole address.
    pub target: &'a str,
    method: Method,
    accept: Option<&'static str>,
    /// The value of the header.
    pub authorization: Option<&'a str>,
    limit: u64,
}

#[derive(Debug, Clone)]
enum Method {
    Head,
    Get,
    /// A form.
    Post(String),
}

impl<'a> Ask<'a> {
    /// For a body.
    pub fn get(host: &'a str, target: &'a str) -> Self {
        Self { host, target, method: Method::Get, accept: None, authorization: None, limit: ERROR_BYTES }
    }

    /// For headers.
    pub fn head(host: &'a str, target: &'a str) -> Self {
        Self { method: Method::Head, ..Self::get(host, target) }
    }

    /// With a form.
    pub fn post(host: &'a str, target: &'a str, form: String) -> Self {
        Self { method: Method::Post(form), ..Self::get(host, target) }
    }

    /// For these types.
    pub fn accepting(self, types: &'static str) -> Self {
        Self { accept: Some(types), ..self }
    }

    /// A longer body is an error; in bytes.
    pub fn at_most(self, limit: u64) -> Self {
        Self { limit, ..self }
    }

    /// With this value of `Authorization`.
    pub fn authorized(self, authorization: Option<&'a str>) -> Self {
        Self { authorization, ..self }
    }
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: u16,
    headers: http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of a name, where it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// All headers of a name that are text.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
    }

    /// What it means that the host does not give what was asked for; `words` are its own. What is not there is another
    /// thing for each who asks.
    pub fn refusal(&self, host: String, words: String, with_login: bool) -> RegistryError {
        match self.status {
            401 | 403 => RegistryError::Denied { host, words, with_login },
            429 => RegistryError::Limited { host, words, retry_after: self.retry_after() },
            status => RegistryError::Status { host, status, words },
        }
    }

    /// How long the host asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        let value = self.header("retry-after")?.trim();
        if let Ok(seconds) = value.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let until = httpdate::parse_http_date(value).ok()?;
        Some(until.duration_since(SystemTime::now()).unwrap_or_default())
    }
}

/// The host that speaks for a registry.
pub(super) fn api_host(host: &str) -> &str {
    if host == DOCKER_HUB { "registry-1.docker.io" } else { host }
}

/// Sends requests, by each host's own rules.
#[derive(Debug)]
pub(super) struct Exchange {
    default: Agent,
    own: BTreeMap<String, (Agent, bool)>,
    sent: AtomicUsize,
}

impl Exchange {
    pub fn new(registries: &Registries, timeout: Duration) -> Result<Self, String> {
        let mut own = BTreeMap::new();
        for (host, registry) in &registries.0 {
            let agent = agent(timeout, registry.plain_http, registry.ca_file.as_deref())?;
            own.insert(host.clone(), (agent, registry.plain_http));
        }
        Ok(Self { default: agent(timeout, false, None)?, own, sent: AtomicUsize::new(0) })
    }

    pub fn requests(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }

    pub fn send(&self, ask: &Ask<'_>) -> Result<Answer, RegistryError> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let (agent, plain) = self.own.get(ask.host).map_or((&self.default, false), |(agent, plain)| (agent, *plain));
        let url = if ask.target.starts_with('/') {
            format!("{}://{}{}", if plain { "http" } else { "https" }, api_host(ask.host), ask.target)
        } else {
            ask.target.to_owned()
        };
        let unreachable =
            |error: &ureq::Error| RegistryError::Unreachable { host: ask.host.to_owned(), reason: reason(error) };
        let mut response = match &ask.method {
            Method::Head => with_headers(agent.head(&url), ask).call(),
            Method::Get => with_headers(agent.get(&url), ask).call(),
            Method::Post(form) => with_headers(agent.post(&url), ask)
                .header("content-type", "application/x-www-form-urlencoded")
                .send(form.as_str()),
        }
        .map_err(|error| unreachable(&error))?;
        let status = response.status().as_u16();
        let limit = if status == 200 { ask.limit } else { ERROR_BYTES };
        let body = match response.body_mut().with_config().limit(limit).read_to_vec() {
            Ok(body) => body,
            Err(ureq::Error::BodyExceedsLimit(_)) if status == 200 => {
                return Err(RegistryError::Nonsense(format!("more than {limit} bytes")));
            }
            // The status says what is wrong.
            Err(ureq::Error::BodyExceedsLimit(_)) => Vec::new(),
            Err(error) => return Err(unreachable(&error)),
        };
        Ok(Answer { status, headers: response.headers().clone(), body })
    }
}

fn with_headers<B>(request: ureq::RequestBuilder<B>, ask: &Ask<'_>) -> ureq::RequestBuilder<B> {
    let request = match ask.accept {
        Some(types) => request.header("accept", types),
        None => request,
    };
    match ask.authorization {
        Some(value) => request.header("authorization", value),
        None => request,
    }
}

/// Proxies come from the environment, and a redirect never carries a login to where it leads.
fn agent(timeout: Duration, plain: bool, ca_file: Option<&Path>) -> Result<Agent, String> {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .https_only(!plain)
        .max_redirects(REDIRECTS)
        .redirect_auth_headers(RedirectAuthHeaders::Never)
        .timeout_global(Some(timeout))
        .user_agent(concat!("dockmod/", env!("CARGO_PKG_VERSION")))
        // The digest is that of the bytes as they are stored.
        .accept_encoding("identity")
        .tls_config(TlsConfig::builder().root_certs(roots(ca_file)?).build());
    Ok(config.build().new_agent())
}

/// The system's authorities, or those of `SSL_CERT_FILE`, and those of a file.
fn roots(ca_file: Option<&Path>) -> Result<RootCerts, String> {
    let system = rustls_native_certs::load_native_certs().certs;
    let mut roots: Vec<Certificate<'static>> =
        system.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
    if let Some(file) = ca_file {
        let wrong = |reason: String| format!("{}: {reason}", file.display());
        let text = fs::read(file).map_err(|error| wrong(format!("it can't be read: {error}")))?;
        let before = roots.len();
        for item in ureq::tls::parse_pem(&text) {
            if let PemItem::Certificate(certificate) = item.map_err(|error| wrong(error.to_string()))? {
                roots.push(certificate);
            }
        }
        if roots.len() == before {
            return Err(wrong("it holds no certificate in PEM form".to_owned()));
        }
    }
    Ok(RootCerts::from(roots))
}

fn reason(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "no answer in time".to_owned(),
        ureq::Error::HostNotFound => "there is no such host".to_owned(),
        ureq::Error::ConnectionFailed => "no connection".to_owned(),
        ureq::Error::TooManyRedirects => format!("it redirects more than {REDIRECTS} times"),
        ureq::Error::RequireHttpsOnly(_) => "it leads to a host without TLS".to_owned(),
        ureq::Error::InvalidProxyUrl => "the proxy of the environment has no proper address".to_owned(),
        other => other.to_string(),
    }
}
