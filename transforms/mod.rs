//! The catalogue: one folder a transform, with its code, its page and its cases.

#[path = "apt-clean-lists/mod.rs"]
pub mod apt_clean_lists;
#[path = "apt-update-with-install/mod.rs"]
pub mod apt_update_with_install;
#[path = "copy-manifests-first/mod.rs"]
pub mod copy_manifests_first;
#[path = "env-key-value/mod.rs"]
pub mod env_key_value;
#[path = "label-key-value/mod.rs"]
pub mod label_key_value;
#[path = "maintainer-to-label/mod.rs"]
pub mod maintainer_to_label;
#[path = "merge-env/mod.rs"]
pub mod merge_env;
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
    &env_key_value::TRANSFORM,
    &label_key_value::TRANSFORM,
    &maintainer_to_label::TRANSFORM,
    &merge_env::TRANSFORM,
];

/// The transform of an id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Transform> {
    ALL.iter().copied().find(|transform| transform.id == id)
}
