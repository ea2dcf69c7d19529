//! ADD of a remote file without a checksum.

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::syntax::Keyword;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "add-checksum",
    summary: "find an ADD from the net that checks nothing",
    offers: Offers::Findings,
    codes: &[],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
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
            let text = match kind(source.trim_matches(['"', '\''])) {
                Kind::Local => continue,
                Kind::Git => {
                    "the repository is taken as it is on the day of the build: a branch or tag may move; name a commit, \
                     or give `--checksum` with one (Dockerfile 1.16 on)"
                }
                Kind::Plain => {
                    "the file comes over plain HTTP and nothing checks it: anyone on the way can change it; use `https` \
                     and give `--checksum=sha256:…` (Dockerfile 1.6 on)"
                }
                Kind::Https => {
                    "nothing checks the file: the build takes whatever the address gives on that day; give \
                     `--checksum=sha256:…` (Dockerfile 1.6 on)"
                }
            };
            proposals.leave(instruction.joined.span(range), text);
        }
    }
}

/// Addresses that are fetched for the very reason that their content changes: to void the cache.
const ALWAYS_NEW: &[&str] = &["https://api.github.com/", "https://www.random.org/"];

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
    if ALWAYS_NEW.iter().any(|host| address.starts_with(host)) {
        return Kind::Local;
    }
    if address.starts_with("https://") {
        Kind::Https
    } else if address.starts_with("http://") {
        Kind::Plain
    } else {
        Kind::Local
    }
}

fn is_commit(reference: &str) -> bool {
    matches!(reference.len(), 40 | 64) && reference.bytes().all(|byte| byte.is_ascii_hexdigit())
}
