//! The repositories of a system's manager that a clean-up needs, and those that come later.
//!
//! Source: `yumcommands.py` of yum 3: `clean` stops where no repository is enabled, `install` does not where it is
//! given files.

use crate::knowledge::caches::Cleanup;
use crate::knowledge::{Family, managers};
use crate::model::caches::cleanup;
use crate::model::{Copy, Model};
use crate::shell::{Script, Simple};
use crate::syntax::{Keyword, lossy};

use super::{Facts, Refusal};

/// Parts of paths that name the settings of repositories.
const SETTINGS: &[&str] = &["repos.d", "/etc/yum", "/etc/dnf", "/etc/zypp"];

/// Checks the repositories of a system's manager.
///
/// # Errors
/// Where the clean-up may find none enabled, or a later command may not get at one again.
pub fn check(
    model: &Model<'_, '_>,
    index: usize,
    script: &Script<'_>,
    last: &Simple,
    cleanup: &Cleanup,
    facts: Facts<'_>,
) -> Result<(), Refusal> {
    if !cleanup.of_system {
        return Ok(());
    }
    for simple in script.simple_commands() {
        if managers::family(&simple.literals()) == Some(cleanup.family) && chooses_repositories(script, simple) {
            return Err(Refusal::new("the install chooses its repositories, and the clean-up would not"));
        }
        if takes_repositories_away(script, simple) {
            return Err(Refusal::new("the RUN changes which repositories are there"));
        }
    }
    if !needs_a_repository(last) {
        let emptied = model.earlier(index).find(|at| may_switch_off(model, *at));
        if let Some(at) = emptied {
            let line = model.instructions[at].first_line;
            return Err(Refusal::new(format!("line {line} may leave no repository, without which nothing is cleaned")));
        }
    }
    let used_later =
        ["yum", "dnf", "microdnf", "zypper"].iter().any(|program| cleanup::is_used_later(model, index, program));
    if !used_later {
        return Ok(());
    }
    if cleanup.family == Family::Suse {
        return Err(Refusal::new("a later RUN would have to fetch and trust the repositories anew"));
    }
    match model.up_to(index).find(|at| may_be_out_of_reach_later(model, *at, facts)) {
        Some(at) => {
            let line = model.instructions[at].first_line;
            Err(Refusal::new(format!(
                "a repository that line {line} brings, or reads by a secret, may not be there later"
            )))
        }
        None => Ok(()),
    }
}

/// Whether an install fails where no repository is enabled by the settings: it names packages of repositories only,
/// and switches none on.
fn needs_a_repository(install: &Simple) -> bool {
    let words = install.literals();
    let Some(found) = managers::invocation(&words) else { return false };
    let switches = words.iter().flatten().any(|word| word.contains("enablerepo") || word.contains("setopt"));
    found.unclear.is_none()
        && !switches
        && !found.operands.is_empty()
        && found.operands.iter().all(|at| words[*at].is_some_and(managers::is_plain_package))
}

/// Whether an instruction may switch repositories off, or take their settings away.
fn may_switch_off(model: &Model<'_, '_>, at: usize) -> bool {
    let text = text(model, at);
    match model.keyword(at) {
        Keyword::Run => match model.script(at) {
            Some(script) => script.simple_commands().into_iter().any(|simple| takes_repositories_away(script, simple)),
            None => SETTINGS.iter().any(|place| text.contains(place)),
        },
        // Settings of the file's own.
        Keyword::Copy | Keyword::Add => SETTINGS.iter().any(|place| text.contains(place)),
        _ => false,
    }
}

/// Whether an instruction reads a repository by a secret, or brings one that may be gone later: a folder, or one that
/// settings of the file's own name.
fn may_be_out_of_reach_later(model: &Model<'_, '_>, at: usize, facts: Facts<'_>) -> bool {
    let text = text(model, at);
    let local = |text: &str| ["file:/", "createrepo", "sslclient"].iter().any(|word| text.contains(word));
    match model.keyword(at) {
        Keyword::Run => {
            let flags = model.flags(at);
            let by_secret = flags.iter().any(|flag| flag.contains("type=secret") || flag.contains("type=ssh"));
            local(&text) || by_secret && ["yum", "dnf", "zypper"].iter().any(|program| text.contains(program))
        }
        Keyword::Copy | Keyword::Add if SETTINGS.iter().any(|place| text.contains(place)) => {
            let Some(copy) = Copy::bringing(model, at) else { return true };
            let read = |place: &str| {
                let file = facts.context.get()?.read(place)?;
                Some(lossy(&file).into_owned())
            };
            !copy.sources.iter().all(|source| read(source).is_some_and(|file| !local(&file)))
        }
        _ => false,
    }
}

fn text(model: &Model<'_, '_>, at: usize) -> String {
    lossy(model.instructions[at].span.slice(model.file.source)).into_owned()
}

/// Whether a command is told to use other repositories, or another root, than the system's settings say.
fn chooses_repositories(script: &Script<'_>, simple: &Simple) -> bool {
    let raw: Vec<&str> = simple.words.iter().map(|word| script.str(word.range)).collect();
    let others = ["--repo", "--installroot", "--config", "--root", "--reposd-dir", "--setopt=reposdir"];
    let says = |word: &&str| others.iter().any(|option| word.starts_with(option)) || matches!(*word, "-c" | "-R");
    let all_off = raw.iter().any(|word| word.contains("disablerepo")) && raw.iter().any(|word| word.contains('*'));
    raw.iter().any(says) || all_off
}

/// Whether a command may switch repositories off, or take their settings away.
fn takes_repositories_away(script: &Script<'_>, simple: &Simple) -> bool {
    let raw: Vec<&str> = simple.words.iter().map(|word| script.str(word.range)).collect();
    let names_settings = raw.iter().any(|word| SETTINGS.iter().any(|place| word.contains(place)));
    let says = |words: &[&str]| raw.iter().any(|word| words.iter().any(|other| word.contains(other)));
    match simple.name() {
        Some("rm" | "mv") => names_settings,
        Some("sed") => names_settings && says(&["enabled"]),
        Some("subscription-manager" | "SUSEConnect") => true,
        Some("yum-config-manager") => says(&["disable", "enabled"]),
        _ => {
            raw.contains(&"config-manager") && says(&["disable", "enabled"])
                || raw.iter().any(|word| matches!(*word, "removerepo" | "rr" | "modifyrepo" | "mr"))
        }
    }
}
