//! dnf commands that would ask are given `-y`.

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::rewrite;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "dnf-assume-yes",
    summary: "add `-y` to dnf commands that would ask",
    offers: Offers::SafeOrUnsafe,
    codes: &["DL3038"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["dnf"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    rewrite::assume_yes(subject, proposals, &["dnf", "microdnf", "tdnf"], Some("assumeyes"));
}
