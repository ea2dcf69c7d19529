//! The catalogue: one folder a transform, with its code, its page and its cases.

#[path = "apt-clean-lists/mod.rs"]
pub mod apt_clean_lists;
#[path = "apt-get-not-apt/mod.rs"]
pub mod apt_get_not_apt;
#[path = "apt-update-with-install/mod.rs"]
pub mod apt_update_with_install;
#[path = "copy-manifests-first/mod.rs"]
pub mod copy_manifests_first;
#[path = "last-cmd-only/mod.rs"]
pub mod last_cmd_only;
#[path = "last-entrypoint-only/mod.rs"]
pub mod last_entrypoint_only;
#[path = "last-healthcheck-only/mod.rs"]
pub mod last_healthcheck_only;
#[path = "merge-runs/mod.rs"]
pub mod merge_runs;
#[path = "no-apt-upgrade/mod.rs"]
pub mod no_apt_upgrade;
#[path = "no-sudo/mod.rs"]
pub mod no_sudo;
#[path = "npm-ci/mod.rs"]
pub mod npm_ci;
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
    &apt_get_not_apt::TRANSFORM,
    &last_cmd_only::TRANSFORM,
    &last_entrypoint_only::TRANSFORM,
    &last_healthcheck_only::TRANSFORM,
    &no_apt_upgrade::TRANSFORM,
    &no_sudo::TRANSFORM,
    &npm_ci::TRANSFORM,
];

/// The transform of an id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Transform> {
    ALL.iter().copied().find(|transform| transform.id == id)
}
