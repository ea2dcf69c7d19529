//! zypper commands that would ask are given `-y`.

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::rewrite;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "zypper-assume-yes",
    summary: "add `-y` to zypper commands that would ask",
    offers: Offers::SafeOrUnsafe,
    codes: &["DL3034"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["zypper"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    rewrite::assume_yes(subject, proposals, &["zypper"], None);
}
