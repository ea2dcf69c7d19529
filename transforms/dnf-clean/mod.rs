//! A RUN that installs by dnf or microdnf cleans its cache at its end.

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::knowledge::caches;
use crate::rewrite::{self, Cleaner};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "dnf-clean",
    summary: "clean dnf's cache in the RUN that filled it",
    offers: Offers::Safe,
    codes: &["DL3040"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["dnf"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    for cleanup in ["dnf", "microdnf"].into_iter().filter_map(caches::cleanup) {
        let saves = "dnf's cache takes up to some 100 MB in the layer";
        rewrite::propose_cleanups(subject, proposals, &Cleaner { cleanup, saves, wanted: |_, _| true });
    }
}
