//! A RUN that installs by zypper cleans zypper's cache at its end.

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::knowledge::caches;
use crate::rewrite::{self, Cleaner};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "zypper-clean",
    summary: "clean zypper's cache in the RUN that filled it",
    offers: Offers::Safe,
    codes: &["DL3036"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["zypper"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    if let Some(cleanup) = caches::cleanup("zypper") {
        let saves = "zypper's cache takes some 10 to 40 MB in the layer";
        rewrite::propose_cleanups(subject, proposals, &Cleaner { cleanup, saves, wanted: |_, _| true });
    }
}
