//! The catalogue: one folder a transform, with its code, its page and its cases.

#[path = "apt-clean-lists/mod.rs"]
pub mod apt_clean_lists;
#[path = "apt-update-with-install/mod.rs"]
pub mod apt_update_with_install;
#[path = "backtick-substitution/mod.rs"]
pub mod backtick_substitution;
#[path = "cd-or-exit/mod.rs"]
pub mod cd_or_exit;
#[path = "copy-manifests-first/mod.rs"]
pub mod copy_manifests_first;
#[path = "merge-runs/mod.rs"]
pub mod merge_runs;
#[path = "pipefail/mod.rs"]
pub mod pipefail;
#[path = "quote-expansion/mod.rs"]
pub mod quote_expansion;
#[path = "sort-packages/mod.rs"]
pub mod sort_packages;
#[path = "use-shell-instruction/mod.rs"]
pub mod use_shell_instruction;

use crate::edit::Transform;

/// All transforms; where two touch the same instruction, the earlier one goes first.
pub static ALL: &[&Transform] = &[
    &apt_update_with_install::TRANSFORM,
    &merge_runs::TRANSFORM,
    &copy_manifests_first::TRANSFORM,
    &apt_clean_lists::TRANSFORM,
    &sort_packages::TRANSFORM,
    &backtick_substitution::TRANSFORM,
    &quote_expansion::TRANSFORM,
    &cd_or_exit::TRANSFORM,
    &use_shell_instruction::TRANSFORM,
    &pipefail::TRANSFORM,
];

/// The transform of an id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Transform> {
    ALL.iter().copied().find(|transform| transform.id == id)
}
