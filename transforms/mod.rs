//! The catalogue: one folder a transform, with its code, its page and its cases.

#[path = "absolute-workdir/mod.rs"]
pub mod absolute_workdir;
#[path = "add-checksum/mod.rs"]
pub mod add_checksum;
#[path = "add-to-copy/mod.rs"]
pub mod add_to_copy;
#[path = "apk-no-cache/mod.rs"]
pub mod apk_no_cache;
#[path = "apt-assume-yes/mod.rs"]
pub mod apt_assume_yes;
#[path = "apt-clean-lists/mod.rs"]
pub mod apt_clean_lists;
#[path = "apt-get-not-apt/mod.rs"]
pub mod apt_get_not_apt;
#[path = "apt-no-install-recommends/mod.rs"]
pub mod apt_no_install_recommends;
#[path = "apt-update-with-install/mod.rs"]
pub mod apt_update_with_install;
#[path = "backtick-substitution/mod.rs"]
pub mod backtick_substitution;
#[path = "cd-or-exit/mod.rs"]
pub mod cd_or_exit;
#[path = "cd-to-workdir/mod.rs"]
pub mod cd_to_workdir;
#[path = "copy-chmod/mod.rs"]
pub mod copy_chmod;
#[path = "copy-chown/mod.rs"]
pub mod copy_chown;
#[path = "copy-manifests-first/mod.rs"]
pub mod copy_manifests_first;
#[path = "copy-workdir/mod.rs"]
pub mod copy_workdir;
#[path = "dnf-assume-yes/mod.rs"]
pub mod dnf_assume_yes;
#[path = "dnf-clean/mod.rs"]
pub mod dnf_clean;
#[path = "dockerignore/mod.rs"]
pub mod dockerignore;
#[path = "entrypoint-and-cmd/mod.rs"]
pub mod entrypoint_and_cmd;
#[path = "env-key-value/mod.rs"]
pub mod env_key_value;
#[path = "exec-form/mod.rs"]
pub mod exec_form;
#[path = "expose-protocol-casing/mod.rs"]
pub mod expose_protocol_casing;
#[path = "from-as-casing/mod.rs"]
pub mod from_as_casing;
#[path = "gem-no-document/mod.rs"]
pub mod gem_no_document;
#[path = "invalid-expose/mod.rs"]
pub mod invalid_expose;
#[path = "json-form-quotes/mod.rs"]
pub mod json_form_quotes;
#[path = "keyword-casing/mod.rs"]
pub mod keyword_casing;
#[path = "label-key-value/mod.rs"]
pub mod label_key_value;
#[path = "label-keys/mod.rs"]
pub mod label_keys;
#[path = "last-cmd-only/mod.rs"]
pub mod last_cmd_only;
#[path = "last-entrypoint-only/mod.rs"]
pub mod last_entrypoint_only;
#[path = "last-healthcheck-only/mod.rs"]
pub mod last_healthcheck_only;
#[path = "maintainer-to-label/mod.rs"]
pub mod maintainer_to_label;
#[path = "merge-copies/mod.rs"]
pub mod merge_copies;
#[path = "merge-env/mod.rs"]
pub mod merge_env;
#[path = "merge-runs/mod.rs"]
pub mod merge_runs;
#[path = "no-apt-upgrade/mod.rs"]
pub mod no_apt_upgrade;
#[path = "no-empty-continuation/mod.rs"]
pub mod no_empty_continuation;
#[path = "no-secrets/mod.rs"]
pub mod no_secrets;
#[path = "no-ssh-or-power/mod.rs"]
pub mod no_ssh_or_power;
#[path = "no-sudo/mod.rs"]
pub mod no_sudo;
#[path = "non-root-user/mod.rs"]
pub mod non_root_user;
#[path = "npm-cache-clean/mod.rs"]
pub mod npm_cache_clean;
#[path = "npm-ci/mod.rs"]
pub mod npm_ci;
#[path = "one-process/mod.rs"]
pub mod one_process;
#[path = "pin-base/mod.rs"]
pub mod pin_base;
#[path = "pin-digest/mod.rs"]
pub mod pin_digest;
#[path = "pin-tag/mod.rs"]
pub mod pin_tag;
#[path = "pinned-packages/mod.rs"]
pub mod pinned_packages;
#[path = "pip-no-cache-dir/mod.rs"]
pub mod pip_no_cache_dir;
#[path = "pipefail/mod.rs"]
pub mod pipefail;
#[path = "platform-in-from/mod.rs"]
pub mod platform_in_from;
#[path = "quote-expansion/mod.rs"]
pub mod quote_expansion;
#[path = "sort-packages/mod.rs"]
pub mod sort_packages;
#[path = "stage-name-casing/mod.rs"]
pub mod stage_name_casing;
#[path = "stage-names/mod.rs"]
pub mod stage_names;
#[path = "undefined-variables/mod.rs"]
pub mod undefined_variables;
#[path = "use-shell-instruction/mod.rs"]
pub mod use_shell_instruction;
#[path = "useradd-no-log-init/mod.rs"]
pub mod useradd_no_log_init;
#[path = "wget-and-curl/mod.rs"]
pub mod wget_and_curl;
#[path = "wget-quiet-progress/mod.rs"]
pub mod wget_quiet_progress;
#[path = "yarn-cache-clean/mod.rs"]
pub mod yarn_cache_clean;
#[path = "yum-assume-yes/mod.rs"]
pub mod yum_assume_yes;
#[path = "yum-clean/mod.rs"]
pub mod yum_clean;
#[path = "zypper-assume-yes/mod.rs"]
pub mod zypper_assume_yes;
#[path = "zypper-clean/mod.rs"]
pub mod zypper_clean;

use crate::edit::Transform;

/// All transforms; where two touch the same instruction, the earlier one goes first.
pub static ALL: &[&Transform] = &[
    &last_cmd_only::TRANSFORM,
    &last_entrypoint_only::TRANSFORM,
    &last_healthcheck_only::TRANSFORM,
    &apt_update_with_install::TRANSFORM,
    &merge_runs::TRANSFORM,
    &merge_copies::TRANSFORM,
    &copy_chown::TRANSFORM,
    &copy_chmod::TRANSFORM,
    &copy_manifests_first::TRANSFORM,
    &cd_to_workdir::TRANSFORM,
    &use_shell_instruction::TRANSFORM,
    &pipefail::TRANSFORM,
    &no_sudo::TRANSFORM,
    &apt_get_not_apt::TRANSFORM,
    &no_apt_upgrade::TRANSFORM,
    &apt_assume_yes::TRANSFORM,
    &dnf_assume_yes::TRANSFORM,
    &yum_assume_yes::TRANSFORM,
    &zypper_assume_yes::TRANSFORM,
    &apt_no_install_recommends::TRANSFORM,
    &apk_no_cache::TRANSFORM,
    &pip_no_cache_dir::TRANSFORM,
    &gem_no_document::TRANSFORM,
    &npm_ci::TRANSFORM,
    &useradd_no_log_init::TRANSFORM,
    &wget_quiet_progress::TRANSFORM,
    &apt_clean_lists::TRANSFORM,
    &dnf_clean::TRANSFORM,
    &yum_clean::TRANSFORM,
    &zypper_clean::TRANSFORM,
    &npm_cache_clean::TRANSFORM,
    &yarn_cache_clean::TRANSFORM,
    &sort_packages::TRANSFORM,
    &backtick_substitution::TRANSFORM,
    &quote_expansion::TRANSFORM,
    &cd_or_exit::TRANSFORM,
    &add_to_copy::TRANSFORM,
    &exec_form::TRANSFORM,
    &json_form_quotes::TRANSFORM,
    &absolute_workdir::TRANSFORM,
    &env_key_value::TRANSFORM,
    &label_key_value::TRANSFORM,
    &merge_env::TRANSFORM,
    &maintainer_to_label::TRANSFORM,
    &no_empty_continuation::TRANSFORM,
    &keyword_casing::TRANSFORM,
    &from_as_casing::TRANSFORM,
    &stage_name_casing::TRANSFORM,
    &expose_protocol_casing::TRANSFORM,
    &pin_tag::TRANSFORM,
    &pin_digest::TRANSFORM,
    &pin_base::TRANSFORM,
    &add_checksum::TRANSFORM,
    &platform_in_from::TRANSFORM,
    &stage_names::TRANSFORM,
    &undefined_variables::TRANSFORM,
    &no_secrets::TRANSFORM,
    &invalid_expose::TRANSFORM,
    &label_keys::TRANSFORM,
    &dockerignore::TRANSFORM,
    &copy_workdir::TRANSFORM,
    &entrypoint_and_cmd::TRANSFORM,
    &one_process::TRANSFORM,
    &non_root_user::TRANSFORM,
    &no_ssh_or_power::TRANSFORM,
    &wget_and_curl::TRANSFORM,
    &pinned_packages::TRANSFORM,
];

/// The transform of an id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Transform> {
    ALL.iter().copied().find(|transform| transform.id == id)
}
