//! ARG and ENV that hold secrets.

use std::collections::BTreeSet;

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::syntax::{Keyword, TextRange, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "no-secrets",
    summary: "find secrets in ARG and ENV",
    offers: Offers::Findings,
    codes: &["SecretsUsedInArgOrEnv", "DL3064"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &[],
    propose,
};

/// Parts of a name, between underscores, that tell of a secret.
///
/// Source: `getSecretsRegex` of BuildKit's `dockerfile2llb/validate.go`.
const SECRET: &[&str] =
    &["apikey", "auth", "credential", "credentials", "key", "password", "pword", "passwd", "secret", "token"];

/// Parts of a name that tell of no secret. Source: the same.
const NO_SECRET: &[&str] = &["public", "file", "version"];

/// Names that are known to hold none.
const KNOWN_HARMLESS: &[&str] = &["apt_key_dont_warn_on_dangerous_usage", "secret_key_base_dummy"];

/// Ends of the names of files, which a secret may lie in but which are none.
const FILE_ENDS: &[&str] =
    &[".pub", ".asc", ".gpg", ".pem", ".key", ".crt", ".txt", ".json", ".yml", ".yaml", ".htpasswd"];

/// Ends of such parts: `PGPASSWORD`. hadolint looks for these anywhere in a name.
const SECRET_END: &[&str] = &["password", "passwd", "apikey", "secret"];

/// Last parts of a name that tell of something about a secret, but not of the secret: `KEY_SIZE`.
const ABOUT: &[&str] = &[
    "size",
    "length",
    "bits",
    "host",
    "port",
    "dir",
    "path",
    "folder",
    "type",
    "method",
    "mode",
    "enabled",
    "disabled",
    "ttl",
    "timeout",
    "expiry",
    "url",
    "uri",
    "endpoint",
    "backend",
    "adapter",
    "algorithm",
    "namespace",
    "prefix",
    "header",
    "format",
    "server",
    "servers",
    "keyserver",
    "scheme",
    "ver",
    "location",
    "interval",
    "map",
    "name",
    "service",
    "count",
    "limit",
    "expiration",
    "expires",
    "algo",
    "sha256",
    "id",
];

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    let shipped: BTreeSet<usize> = model.targets().into_iter().flat_map(|stage| model.line_of(stage)).collect();
    for index in 0..model.instructions.len() {
        let instruction = model.instructions[index];
        let body = model.inner(index);
        // An ARG above the first FROM is known to FROM alone, and gets nowhere.
        let Some(stage) = model.stage_of(index) else { continue };
        let in_the_image = shipped.contains(&stage.index);
        let text = instruction.joined.text();
        match body.keyword {
            Keyword::Arg => {
                for (range, word) in body.operands(text) {
                    let (name, value) =
                        word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
                    if !is_secret(name) || value.is_some_and(|value| is_harmless(name, value)) {
                        continue;
                    }
                    let place = TextRange::new(range.start, (range.start + name.len()).min(range.end));
                    proposals.leave(instruction.joined.span(place), reason(name, body.keyword, in_the_image));
                }
            }
            Keyword::Env => {
                for pair in body.pairs() {
                    let name = lossy(pair.key.slice(text));
                    let value = lossy(pair.value.slice(text));
                    if !is_secret(&name) || is_empty(&value) || is_harmless(&name, &value) {
                        continue;
                    }
                    proposals.leave(instruction.joined.span(pair.key), reason(&name, body.keyword, in_the_image));
                }
            }
            _ => {}
        }
    }
}

/// What is wrong with a secret here. The history and the variables of a stage that others only copy from are not in
/// the image.
fn reason(name: &str, keyword: Keyword, in_the_image: bool) -> String {
    match keyword {
        _ if !in_the_image => format!(
            "`{name}` looks like a secret: the image of this stage stays behind, but each RUN of it sees the value, and the \
             records of the build may list it; hand it to the RUN that needs it by `--mount=type=secret`"
        ),
        Keyword::Arg => format!(
            "`{name}` looks like a secret, and the value of an ARG stays in the history of the image; hand it to the RUN \
             that needs it by `--mount=type=secret`"
        ),
        _ => format!(
            "`{name}` looks like a secret, and whoever gets the image can read an ENV; set it when the container starts, \
             or hand it to the RUN that needs it by `--mount=type=secret`"
        ),
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let parts: Vec<&str> = name.split('_').collect();
    let of = |list: &[&str]| parts.iter().any(|part| list.contains(part));
    let ends = || parts.iter().any(|part| SECRET_END.iter().any(|end| part.ends_with(end)));
    // `AWS_ACCESS_KEY_ID` is half of a secret.
    let about =
        parts.len() > 1 && parts.last().is_some_and(|last| ABOUT.contains(last)) && !name.ends_with("access_key_id");
    // `Filters__0__Key` of .NET is a field of a setting.
    let field = name.ends_with("__key");
    if field || KNOWN_HARMLESS.contains(&name.as_str()) {
        return false;
    }
    (of(SECRET) || ends()) && !of(NO_SECRET) && !about
}

fn is_empty(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']).trim_matches(['*', '<', '>']).to_ascii_lowercase();
    matches!(value.as_str(), "" | "none" | "null" | "unset" | "undefined")
}

/// Whether a value is no secret by its looks: a switch, a path, an address, the fingerprint of a public key.
fn is_harmless(name: &str, value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    let lower = value.to_ascii_lowercase();
    let switch = matches!(lower.as_str(), "true" | "false" | "yes" | "no" | "on" | "off" | "0" | "1" | "none" | "null");
    let path = value.starts_with('/') && value[1..].contains('/') && !value.contains(['=', '+']);
    let address = value.contains("://") && !value.contains('@');
    let is_fingerprint = |word: &str| {
        let digits = word.trim_start_matches("0x");
        digits.len() >= 8 && digits.chars().all(|c| c.is_ascii_hexdigit())
    };
    let name = name.to_ascii_lowercase();
    let public_key =
        ["gpg", "gnupg", "pgp", "signing", "apt", "rpm"].iter().any(|part| name.split('_').any(|have| have == *part));
    let fingerprints = || {
        let mut words = value.split([' ', '\t']).filter(|word| !word.is_empty()).peekable();
        words.peek().is_some() && words.all(is_fingerprint)
    };
    let file = FILE_ENDS.iter().any(|end| lower.ends_with(end));
    switch || file || path || address || public_key && fingerprints()
}
