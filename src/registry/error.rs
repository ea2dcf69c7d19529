//! Why a registry gave no answer.

use std::time::Duration;

/// What went wrong with a registry. None of it holds a credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// The registry knows no such image.
    #[error("{host} knows no such image{}", in_own_words(.words))]
    Unknown {
        /// Who was asked.
        host: String,
        /// The registry's own words.
        words: String,
    },
    /// The registry gives the image to others only.
    #[error("{host} refuses access{}{}", in_own_words(.words), if *.with_login { "" } else { "; no login for it was found" })]
    Denied {
        /// Who was asked.
        host: String,
        /// The registry's own words.
        words: String,
        /// Whether a login was sent.
        with_login: bool,
    },
    /// The registry wants fewer requests, and waiting did not help or would take too long.
    #[error("{host} takes no more requests{}{}", in_own_words(.words), after(*.retry_after))]
    Limited {
        /// Who was asked.
        host: String,
        /// The registry's own words.
        words: String,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// The registry answered with another status.
    #[error("{host} answers {status}{}", in_own_words(.words))]
    Status {
        /// Who was asked.
        host: String,
        /// The status.
        status: u16,
        /// The registry's own words.
        words: String,
    },
    /// The registry can't be reached.
    #[error("{host} can't be reached: {reason}")]
    Unreachable {
        /// Who was asked.
        host: String,
        /// Why not.
        reason: String,
    },
    /// The answer makes no sense.
    #[error("the registry sends {0}")]
    Nonsense(String),
    /// The digest that the registry names is not that of what it sent.
    #[error("the registry says {said} and sends {sent}")]
    WrongDigest {
        /// What it says.
        said: String,
        /// What it sent.
        sent: String,
    },
    /// A manifest of the first kind, which has no digest that all clients agree on.
    #[error("its manifest is of the old kind (schema 1), which newer builders refuse: push it anew")]
    OldManifest,
    /// A login could not be read.
    #[error("the login for {host} can't be read: {reason}")]
    Login {
        /// For whom.
        host: String,
        /// Why not.
        reason: String,
    },
    /// Only the lock may be asked, and it does not hold the image.
    #[error("it is not in dockmod.lock: run `dockmod pin` where registries can be reached")]
    NotLocked,
    /// This program was built without the registry client.
    #[error("this dockmod was built without its registry client (cargo feature `registry`)")]
    NoClient,
}

fn in_own_words(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(": {words}") }
}

fn after(wait: Option<Duration>) -> String {
    wait.map(|wait| format!("; it asks to wait {} s", wait.as_secs())).unwrap_or_default()
}
