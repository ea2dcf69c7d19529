//! A RUN that installs by npm cleans npm's cache at its end.

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::knowledge::caches;
use crate::model::Model;
use crate::rewrite::{self, Cleaner};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "npm-cache-clean",
    summary: "clean npm's cache in the RUN that filled it",
    offers: Offers::Safe,
    codes: &[],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["npm"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    if let Some(cleanup) = caches::cleanup("npm") {
        let saves = "npm's cache holds every package a second time in the layer";
        rewrite::propose_cleanups(subject, proposals, &Cleaner { cleanup, saves, wanted: reaches_the_image });
    }
}

/// Whether the layers of a RUN are part of the image that the file ends in: no other image is made smaller.
fn reaches_the_image(model: &Model<'_, '_>, index: usize) -> bool {
    let Some(mut stage) = model.stages.last() else { return false };
    loop {
        if stage.range.contains(&index) {
            return true;
        }
        let Some(parent) = stage.base.stage() else { return false };
        stage = &model.stages[parent];
    }
}
