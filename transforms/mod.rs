//! The catalogue: one folder a transform, with its code, its page and its cases.

#[path = "apt-assume-yes/mod.rs"]
pub mod apt_assume_yes;
#[path = "apt-clean-lists/mod.rs"]
pub mod apt_clean_lists;
#[path = "apt-no-install-recommends/mod.rs"]
pub mod apt_no_install_recommends;
#[path = "apt-update-with-install/mod.rs"]
pub mod apt_update_with_install;
#[path = "copy-manifests-first/mod.rs"]
pub mod copy_manifests_first;
#[path = "dnf-assume-yes/mod.rs"]
pub mod dnf_assume_yes;
#[path = "gem-no-document/mod.rs"]
pub mod gem_no_document;
#[path = "merge-runs/mod.rs"]
pub mod merge_runs;
#[path = "sort-packages/mod.rs"]
pub mod sort_packages;
#[path = "useradd-no-log-init/mod.rs"]
pub mod useradd_no_log_init;
#[path = "wget-quiet-progress/mod.rs"]
pub mod wget_quiet_progress;
#[path = "yum-assume-yes/mod.rs"]
pub mod yum_assume_yes;
#[path = "zypper-assume-yes/mod.rs"]
pub mod zypper_assume_yes;

use crate::edit::Transform;

/// All transforms; where two touch the same instruction, the earlier one goes first.
pub static ALL: &[&Transform] = &[
    &apt_update_with_install::TRANSFORM,
    &merge_runs::TRANSFORM,
    &copy_manifests_first::TRANSFORM,
    &apt_clean_lists::TRANSFORM,
    &sort_packages::TRANSFORM,
    &apt_assume_yes::TRANSFORM,
    &apt_no_install_recommends::TRANSFORM,
    &dnf_assume_yes::TRANSFORM,
    &gem_no_document::TRANSFORM,
    &useradd_no_log_init::TRANSFORM,
    &wget_quiet_progress::TRANSFORM,
    &yum_assume_yes::TRANSFORM,
    &zypper_assume_yes::TRANSFORM,
];

/// The transform of an id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Transform> {
    ALL.iter().copied().find(|transform| transform.id == id)
}
