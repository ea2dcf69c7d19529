//! A RUN that installs by yum cleans yum's cache at its end.

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::knowledge::caches;
use crate::rewrite::{self, Cleaner};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "yum-clean",
    summary: "clean yum's cache in the RUN that filled it",
    offers: Offers::Safe,
    codes: &["DL3032"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["yum"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    if let Some(cleanup) = caches::cleanup("yum") {
        let saves = "yum's cache takes up to some 100 MB in the layer";
        rewrite::propose_cleanups(subject, proposals, &Cleaner { cleanup, saves, wanted: |_, _| true });
    }
}
