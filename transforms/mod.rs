//! The catalogue: one folder a transform, with its code, its page and its cases.

#[path = "add-checksum/mod.rs"]
pub mod add_checksum;
#[path = "apt-clean-lists/mod.rs"]
pub mod apt_clean_lists;
#[path = "apt-update-with-install/mod.rs"]
pub mod apt_update_with_install;
#[path = "copy-manifests-first/mod.rs"]
pub mod copy_manifests_first;
#[path = "copy-workdir/mod.rs"]
pub mod copy_workdir;
#[path = "dockerignore/mod.rs"]
pub mod dockerignore;
#[path = "entrypoint-and-cmd/mod.rs"]
pub mod entrypoint_and_cmd;
#[path = "invalid-expose/mod.rs"]
pub mod invalid_expose;
#[path = "label-keys/mod.rs"]
pub mod label_keys;
#[path = "merge-runs/mod.rs"]
pub mod merge_runs;
#[path = "no-secrets/mod.rs"]
pub mod no_secrets;
#[path = "no-ssh-or-power/mod.rs"]
pub mod no_ssh_or_power;
#[path = "non-root-user/mod.rs"]
pub mod non_root_user;
#[path = "one-process/mod.rs"]
pub mod one_process;
#[path = "pin-base/mod.rs"]
pub mod pin_base;
#[path = "pinned-packages/mod.rs"]
pub mod pinned_packages;
#[path = "platform-in-from/mod.rs"]
pub mod platform_in_from;
#[path = "sort-packages/mod.rs"]
pub mod sort_packages;
#[path = "stage-names/mod.rs"]
pub mod stage_names;
#[path = "undefined-variables/mod.rs"]
pub mod undefined_variables;
#[path = "wget-and-curl/mod.rs"]
pub mod wget_and_curl;

use crate::edit::Transform;

/// All transforms; where two touch the same instruction, the earlier one goes first.
pub static ALL: &[&Transform] = &[
    &apt_update_with_install::TRANSFORM,
    &merge_runs::TRANSFORM,
    &copy_manifests_first::TRANSFORM,
    &apt_clean_lists::TRANSFORM,
    &sort_packages::TRANSFORM,
    &one_process::TRANSFORM,
    &entrypoint_and_cmd::TRANSFORM,
    &no_secrets::TRANSFORM,
    &add_checksum::TRANSFORM,
    &pin_base::TRANSFORM,
    &dockerignore::TRANSFORM,
    &non_root_user::TRANSFORM,
    &stage_names::TRANSFORM,
    &undefined_variables::TRANSFORM,
    &invalid_expose::TRANSFORM,
    &platform_in_from::TRANSFORM,
    &label_keys::TRANSFORM,
    &pinned_packages::TRANSFORM,
    &copy_workdir::TRANSFORM,
    &wget_and_curl::TRANSFORM,
    &no_ssh_or_power::TRANSFORM,
];

/// The transform of an id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Transform> {
    ALL.iter().copied().find(|transform| transform.id == id)
}
