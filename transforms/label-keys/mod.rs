//! LABEL keys that are not as Docker recommends them.

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::syntax::{Keyword, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "label-keys",
    summary: "find LABEL keys that are not as Docker recommends",
    offers: Offers::Findings,
    codes: &["DL3048"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["label"],
    propose,
};

/// Namespaces that Docker keeps for itself.
const RESERVED: &[&str] = &["com.docker.", "io.docker.", "org.dockerproject."];

/// Parts of them that Docker tells others to use.
const GIVEN_OUT: &[&str] = &["com.docker.desktop.", "com.docker.extension.", "com.docker.compose."];

/// Keys that tools read in just this spelling: `podman container runlabel`, and Red Hat's build system.
const READ_BY_TOOLS: &[&str] = &["RUN", "INSTALL", "UNINSTALL", "STOP", "BZComponent"];

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for index in 0..model.instructions.len() {
        let instruction = model.instructions[index];
        let body = model.inner(index);
        if body.keyword != Keyword::Label {
            continue;
        }
        for pair in body.pairs() {
            let key = lossy(pair.key.slice(instruction.joined.text()));
            let key = key.trim_matches(['"', '\'']);
            if key.contains('$') || READ_BY_TOOLS.contains(&key) {
                continue;
            }
            if let Some(text) = wrong(key) {
                proposals.leave(instruction.joined.span(pair.key), text);
            }
        }
    }
}

/// Source: "Key format recommendations" of Docker's manual on labels; `_` within a key is taken as hadolint takes
/// it, for many tools read keys that hold one.
fn wrong(key: &str) -> Option<String> {
    let reserved = RESERVED.iter().any(|prefix| key.starts_with(prefix));
    if reserved && !GIVEN_OUT.iter().any(|prefix| key.starts_with(prefix)) {
        return Some(format!(
            "`{key}` is in a namespace that Docker keeps for itself; use the reversed name of a domain of your own"
        ));
    }
    let small = |c: char| c.is_ascii_lowercase();
    if !key.chars().all(|c| small(c) || c.is_ascii_digit() || matches!(c, '.' | '-' | '_')) {
        return Some(format!(
            "`{key}` holds characters other than the small letters, digits, `.` and `-` that Docker recommends for the keys \
             of labels; spell it with these, unless a tool reads it as it is"
        ));
    }
    let ends = key.starts_with(small) && key.ends_with(|c: char| small(c) || c.is_ascii_digit());
    if !ends || key.contains("..") || key.contains("--") {
        return Some(format!(
            "`{key}` does not start with a letter, does not end in a letter or digit, or has two `.` or `-` in a row, against \
             what Docker recommends for the keys of labels; spell it without, unless a tool reads it as it is"
        ));
    }
    None
}
