//! Whether a later RUN checks what was added.

use crate::model::Model;
use crate::syntax::{Keyword, lossy};

/// Programs that compare a file with its checksum or signature.
const CHECKERS: &[&str] = &[
    "md5sum",
    "sha1sum",
    "sha224sum",
    "sha256sum",
    "sha384sum",
    "sha512sum",
    "shasum",
    "sha256",
    "sha512",
    "b2sum",
    "b3sum",
    "cksum",
    "sum",
    "rhash",
    "gpgv",
    "gpgv2",
    "minisign",
    "signify",
    "cosign",
    "rpmkeys",
    "Get-FileHash",
];

/// Programs that do so when they are asked to.
const WITH_A_VERB: &[(&str, &str)] = &[
    ("gpg", "--verify"),
    ("gpg", "--print-md"),
    ("gpg2", "--verify"),
    ("openssl", "dgst"),
    ("apksigner", "verify"),
    ("jarsigner", "-verify"),
];

/// Whether a RUN that sees the files of instruction `index` runs a program that may check them. Which file it
/// reads is not asked: the name may stand in a list of checksums, a pattern or a variable.
pub(super) fn is_checked_later(model: &Model<'_, '_>, index: usize) -> bool {
    model.later(index).filter(|at| model.inner(*at).keyword == Keyword::Run).any(|at| {
        let text = lossy(model.instructions[at].span.slice(model.file.source));
        let part_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let words: Vec<&str> = text.split(|c: char| !part_of_name(c)).collect();
        words.iter().any(|word| CHECKERS.contains(word))
            || WITH_A_VERB.iter().any(|(program, verb)| words.contains(program) && words.contains(verb))
    })
}
