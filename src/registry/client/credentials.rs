//! Logins, as Docker and Podman keep them.
#![allow(clippy::disallowed_methods, reason = "logins are in files that the environment names")]

use std::path::PathBuf;
use std::{fs, io};

use docker_credential::{CredentialRetrievalError, DockerCredential};

use crate::registry::{DOCKER_HUB, RegistryError};

/// The name under which Docker keeps the login for Docker Hub.
const DOCKER_HUB_LOGIN: &str = "https://index.docker.io/v1/";

/// A login. It has no `Debug` that would show it.
pub(super) enum Login {
    /// A user and a password.
    Password(String, String),
    /// A token that others are given for.
    Identity(String),
}

/// The login for a host, where there is one: Docker's first, then Podman's.
///
/// # Errors
/// Where one is named and can't be read.
pub(super) fn login(host: &str) -> Result<Option<Login>, RegistryError> {
    for (path, name) in files(host) {
        let wrong = |reason: String| RegistryError::Login { host: host.to_owned(), reason };
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(wrong(format!("{}: {error}", path.display()))),
        };
        match docker_credential::get_credential_from_reader(&text[..], name) {
            Ok(DockerCredential::UsernamePassword(user, password)) if !user.is_empty() || !password.is_empty() => {
                return Ok(Some(Login::Password(user, password)));
            }
            Ok(DockerCredential::IdentityToken(token)) => return Ok(Some(Login::Identity(token))),
            Ok(DockerCredential::UsernamePassword(..))
            | Err(CredentialRetrievalError::NoCredentialConfigured | CredentialRetrievalError::ConfigNotFound) => {}
            // A helper that has no login for the host says so on its standard output.
            Err(CredentialRetrievalError::HelperFailure { stdout, .. })
                if stdout.to_ascii_lowercase().contains("credentials not found") => {}
            Err(error) => return Err(wrong(format!("{}: {}", path.display(), reason(&error)))),
        }
    }
    Ok(None)
}

/// Where logins are kept, and under which name that for the host is.
///
/// Sources: `docker login`; containers' `auth.json(5)`.
fn files(host: &str) -> Vec<(PathBuf, &str)> {
    let folder = |name: &str| std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    let home = folder("HOME");
    let below_home = |path: &str| home.as_ref().map(|home| home.join(path));
    let docker = folder("DOCKER_CONFIG").or_else(|| below_home(".docker")).map(|folder| folder.join("config.json"));
    let podman = match folder("REGISTRY_AUTH_FILE") {
        Some(file) => vec![Some(file)],
        None => vec![
            folder("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json")),
            folder("XDG_CONFIG_HOME")
                .or_else(|| below_home(".config"))
                .map(|folder| folder.join("containers/auth.json")),
        ],
    };
    let of_docker = if host == DOCKER_HUB { DOCKER_HUB_LOGIN } else { host };
    let docker = docker.map(|path| (path, of_docker));
    docker.into_iter().chain(podman.into_iter().flatten().map(|path| (path, host))).collect()
}

/// What went wrong, without what a helper printed: that may be the password.
fn reason(error: &CredentialRetrievalError) -> String {
    match error {
        CredentialRetrievalError::HelperFailure { helper, .. } => format!("the credential helper `{helper}` failed"),
        CredentialRetrievalError::HelperCommunicationError => "its credential helper can't be started".to_owned(),
        CredentialRetrievalError::MalformedHelperResponse => "its credential helper answers nonsense".to_owned(),
        CredentialRetrievalError::CredentialDecodingError => "it is not encoded as it should be".to_owned(),
        CredentialRetrievalError::CredentialMismatchError => "it is there twice, and differs".to_owned(),
        _ => "it is no file of logins".to_owned(),
    }
}
