//! The catalogue: one folder a transform, with its code, its page and its cases.

#[path = "add-to-copy/mod.rs"]
pub mod add_to_copy;
#[path = "apt-clean-lists/mod.rs"]
pub mod apt_clean_lists;
#[path = "apt-update-with-install/mod.rs"]
pub mod apt_update_with_install;
#[path = "cd-to-workdir/mod.rs"]
pub mod cd_to_workdir;
#[path = "copy-chmod/mod.rs"]
pub mod copy_chmod;
#[path = "copy-chown/mod.rs"]
pub mod copy_chown;
#[path = "copy-manifests-first/mod.rs"]
pub mod copy_manifests_first;
#[path = "merge-copies/mod.rs"]
pub mod merge_copies;
#[path = "merge-runs/mod.rs"]
pub mod merge_runs;
#[path = "sort-packages/mod.rs"]
pub mod sort_packages;

use crate::edit::Transform;

/// All transforms; where two touch the same instruction, the earlier one goes first.
pub static ALL: &[&Transform] = &[
    &apt_update_with_install::TRANSFORM,
    &merge_runs::TRANSFORM,
    &copy_manifests_first::TRANSFORM,
    &apt_clean_lists::TRANSFORM,
    &sort_packages::TRANSFORM,
    &add_to_copy::TRANSFORM,
    &merge_copies::TRANSFORM,
    &copy_chown::TRANSFORM,
    &copy_chmod::TRANSFORM,
    &cd_to_workdir::TRANSFORM,
];

/// The transform of an id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Transform> {
    ALL.iter().copied().find(|transform| transform.id == id)
}
