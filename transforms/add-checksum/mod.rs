//! ADD of a remote file without a checksum.

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::model::Model;
use crate::syntax::Keyword;

mod checked_later;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "add-checksum",
    summary: "find an ADD from the net that checks nothing",
    offers: Offers::Findings,
    codes: &[],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["add"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for index in 0..model.instructions.len() {
        let instruction = model.instructions[index];
        let body = model.inner(index);
        if body.keyword != Keyword::Add || body.flags.iter().any(|flag| flag.name() == "checksum") {
            continue;
        }
        let mut operands = body.operands(instruction.joined.text());
        operands.pop();
        for (range, source) in operands {
            let source = source.trim_matches(['"', '\'']);
            let text = match kind(source) {
                Kind::Local => continue,
                Kind::Git if is_pinned_by_variable(model, index, source) => continue,
                Kind::Git => {
                    "the repository is taken as it is on the day of the build: a branch or tag may move; name a commit, \
                     or give `--checksum` with one (Dockerfile 1.16 on)"
                }
                Kind::Plain | Kind::Https if checked_later::is_checked_later(model, index) => continue,
                Kind::Plain => {
                    "the file comes over plain HTTP without a checksum: anyone on the way can change it; use `https` and \
                     give `--checksum=sha256:…` (Dockerfile 1.6 on)"
                }
                Kind::Https => {
                    "no checksum is given: the build takes whatever the address gives on that day; give \
                     `--checksum=sha256:…` (Dockerfile 1.6 on)"
                }
            };
            proposals.leave(instruction.joined.span(range), text);
        }
    }
}

/// Hosts whose answers are fetched for the very reason that they change: to void the cache.
const ALWAYS_NEW: &[&str] =
    &["api.github.com", "www.random.org", "worldtimeapi.org", "worldclockapi.com", "www.worldclockapi.com"];

enum Kind {
    Local,
    Git,
    Plain,
    Https,
}

/// Source: `gitutil.ParseGitRef` and `isHTTPSource` of BuildKit.
fn kind(source: &str) -> Kind {
    let (address, fragment) = source.split_once('#').unwrap_or((source, ""));
    let (address, query) = address.split_once('?').unwrap_or((address, ""));
    let git = address.starts_with("git@")
        || address.starts_with("git://")
        || address.starts_with("ssh://")
        || address.starts_with("github.com/")
        || address.starts_with("http") && address.strip_suffix(".git").is_some();
    if git {
        let reference = fragment.split(':').next().unwrap_or_default();
        let pinned = is_commit(reference)
            || query.split('&').any(|part| {
                part.split_once('=').is_some_and(|(key, value)| {
                    matches!(key, "checksum" | "commit") || key == "ref" && is_commit(value)
                })
            });
        return if pinned { Kind::Local } else { Kind::Git };
    }
    let host = address.split_once("://").and_then(|(_, rest)| rest.split('/').next()).unwrap_or_default();
    if ALWAYS_NEW.contains(&host) {
        return Kind::Local;
    }
    if address.starts_with("https://") {
        // `raw.githubusercontent.com/…/<commit>/file` names its content.
        if address.split(['/', '.']).any(is_commit) { Kind::Local } else { Kind::Https }
    } else if address.starts_with("http://") {
        Kind::Plain
    } else {
        Kind::Local
    }
}

/// Whether the reference holds a variable that stands for a commit, or for what is not known.
fn is_pinned_by_variable(model: &Model<'_, '_>, index: usize, source: &str) -> bool {
    let Some((_, after)) = source.split_once(['#', '?']) else { return false };
    after.contains('$') && model.with_defaults(index, source).is_none_or(|source| matches!(kind(&source), Kind::Local))
}

fn is_commit(reference: &str) -> bool {
    matches!(reference.len(), 40 | 64) && reference.bytes().all(|byte| byte.is_ascii_hexdigit())
}
