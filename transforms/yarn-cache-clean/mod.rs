//! A RUN that installs by yarn 1 cleans yarn's cache at its end.

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::knowledge::caches;
use crate::rewrite::{self, Cleaner};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "yarn-cache-clean",
    summary: "clean yarn's cache in the RUN that filled it",
    offers: Offers::SafeOrUnsafe,
    codes: &["DL3060"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["yarn"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    if let Some(cleanup) = caches::cleanup("yarn") {
        let saves = "yarn's cache holds every package a second time in the layer";
        rewrite::propose_cleanups(subject, proposals, &Cleaner { cleanup, saves, wanted: |_, _| true });
    }
}
