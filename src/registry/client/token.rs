//! What a registry wants to know of who asks.
//!
//! Sources: distribution's `spec/auth/token.md` and `spec/auth/oauth.md`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::registry::RegistryError;

use super::credentials::{self, Login};
use super::exchange::{Answer, Ask};
use super::words;

/// How long a token holds that does not say it.
const LIFETIME: Duration = Duration::from_mins(1);
/// A token that holds no longer than this is asked for anew.
const RESERVE: Duration = Duration::from_secs(10);

/// Tokens and logins that hosts took, by host and path.
#[derive(Default)]
pub(super) struct Tokens {
    known: Mutex<BTreeMap<(String, String), Known>>,
    secrets: Mutex<Vec<String>>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

struct Known {
    authorization: String,
    until: Option<Instant>,
}

#[derive(Deserialize)]
struct Granted {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

/// Sends a request to the service that gives tokens.
pub(super) type Send<'s> = dyn Fn(&Ask<'_>) -> Result<Answer, RegistryError> + 's;

impl Tokens {
    /// What was sent for a path last, while it holds.
    pub fn known(&self, host: &str, path: &str) -> Option<String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { authorization, until } = known.get(&(host.to_owned(), path.to_owned()))?;
        until.is_none_or(|until| until > Instant::now() + RESERVE).then(|| authorization.clone())
    }

    /// What to answer to a challenge, and whether that holds a login; `None` where there is nothing to say.
    pub fn answer_to(
        &self,
        challenged: &Answer,
        host: &str,
        path: &str,
        send: &Send<'_>,
    ) -> Result<Option<(String, bool)>, RegistryError> {
        let login = credentials::login(host)?;
        if let Some(Login::Password(_, secret) | Login::Identity(secret)) = &login {
            self.keep_secret(secret);
        }
        for header in challenged.headers("www-authenticate") {
            let Ok(read) = http_auth::parse_challenges(header) else { continue };
            for challenge in read {
                if challenge.scheme.eq_ignore_ascii_case("bearer") {
                    let parameter = |name: &str| {
                        let found = challenge.params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
                        found.map(|(_, value)| value.to_unescaped())
                    };
                    let Some(realm) = parameter("realm") else { continue };
                    let scope = parameter("scope").unwrap_or_else(|| format!("repository:{path}:pull"));
                    let asked = Asked { host, realm, service: parameter("service"), scope };
                    let granted = self.token(&asked, login.as_ref(), send)?;
                    let authorization = self.keep(host, path, &granted);
                    return Ok(Some((authorization, login.is_some())));
                }
                if challenge.scheme.eq_ignore_ascii_case("basic")
                    && let Some(Login::Password(user, password)) = &login
                {
                    let authorization = basic(user, password);
                    let known = Known { authorization: authorization.clone(), until: None };
                    let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                    all.insert((host.to_owned(), path.to_owned()), known);
                    return Ok(Some((authorization, true)));
                }
            }
        }
        Ok(None)
    }

    /// A text of others without what must not be shown.
    pub fn without_secrets(&self, text: String) -> String {
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.iter().fold(text, |text, secret| text.replace(secret, "…"))
    }

    fn keep_secret(&self, secret: &str) {
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        if !secret.is_empty() && !secrets.iter().any(|known| known == secret) {
            secrets.push(secret.to_owned());
            secrets.push(STANDARD.encode(secret));
        }
    }

    fn keep(&self, host: &str, path: &str, granted: &Granted) -> String {
        let token = granted.token.as_ref().or(granted.access_token.as_ref()).map(String::as_str).unwrap_or_default();
        self.keep_secret(token);
        let authorization = format!("Bearer {token}");
        let lifetime = granted.expires_in.map_or(LIFETIME, Duration::from_secs);
        let known = Known { authorization: authorization.clone(), until: Instant::now().checked_add(lifetime) };
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert((host.to_owned(), path.to_owned()), known);
        authorization
    }

    fn token(&self, asked: &Asked<'_>, login: Option<&Login>, send: &Send<'_>) -> Result<Granted, RegistryError> {
        let Asked { host, realm, service, scope } = asked;
        let service = service.as_deref().unwrap_or(host);
        let answer = match login {
            Some(Login::Identity(token)) => {
                let form = form(&[
                    ("grant_type", "refresh_token"),
                    ("service", service),
                    ("client_id", "dockmod"),
                    ("scope", scope),
                    ("refresh_token", token),
                ]);
                send(&Ask::post(host, realm, form))?
            }
            login => {
                let separator = if realm.contains('?') { '&' } else { '?' };
                let url = format!("{realm}{separator}{}", form(&[("service", service), ("scope", scope)]));
                let authorization = match login {
                    Some(Login::Password(user, password)) => Some(basic(user, password)),
                    _ => None,
                };
                if let Some(value) = &authorization {
                    self.keep_secret(value.trim_start_matches("Basic "));
                }
                send(&Ask::get(host, &url).authorized(authorization.as_deref()))?
            }
        };
        if answer.status != 200 {
            let words = self.without_secrets(words::of(&answer));
            return Err(answer.refusal((*host).to_owned(), words, login.is_some()));
        }
        let granted: Granted = serde_json::from_slice(&answer.body)
            .map_err(|_| RegistryError::Nonsense("a token that is no JSON".to_owned()))?;
        let token = granted.token.as_ref().or(granted.access_token.as_ref());
        let is_token = |token: &String| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        if token.is_some_and(is_token) { Ok(granted) } else { Err(RegistryError::Nonsense("no token".to_owned())) }
    }
}

/// What a challenge asks for.
struct Asked<'a> {
    host: &'a str,
    realm: String,
    service: Option<String>,
    scope: String,
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

fn form(pairs: &[(&str, &str)]) -> String {
    let encoded = pairs.iter().map(|(key, value)| format!("{key}={}", encoded(value)));
    encoded.collect::<Vec<_>>().join("&")
}

/// As in the query of an address.
fn encoded(value: &str) -> String {
    use std::fmt::Write as _;
    value.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':' | b'/' | b',') {
            text.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}
