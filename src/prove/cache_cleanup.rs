//! A RUN removes what its package manager downloaded, at its end.

use crate::knowledge::caches::{CLEANUPS, Cleanup};
use crate::knowledge::{Family, commands, managers};
use crate::model::caches::{Use, cleanup};
use crate::model::copy::join;
use crate::model::{Model, User, Workdir};
use crate::shell::{Script, Simple, Terminator};

use super::trace::{Part, Pipeline};
use super::{Demand, Facts, Refusal, Version, appended, joining};

/// Checks the claim.
pub fn check(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    demand: Demand,
    facts: Facts<'_>,
) -> Result<(), Refusal> {
    let model = &before.model;
    let mut seen = None;
    for added in appended::commands(before, after)? {
        let index = added.index;
        if seen.replace(index) == Some(index) {
            return Err(Refusal::new("a RUN got two commands"));
        }
        let wanted = one_command(added.pipeline);
        let cleanup = CLEANUPS
            .iter()
            .find(|cleanup| wanted.as_deref() == Some(cleanup.command))
            .ok_or_else(|| Refusal::new(format!("`{}` is no clean-up that is known", added.pipeline)))?;
        let script = appended::script(model, index)?;
        appended::keeps_the_result(script, &model.states[index].shell, added.joint)?;
        may_be_run_by_its_user(model, index, script, cleanup)?;
        let last = last_install(script, cleanup)?;
        program_stays(script, last, cleanup)?;
        folder_stays(model, index, script)?;
        repositories_stay(model, index, script, cleanup)?;
        if let Some(reason) = cleanup::reason_to_keep(model, index, cleanup) {
            return Err(Refusal::new(reason));
        }
        if !cleanup.of_system && cleanup::project_works_from_cache(model, index, facts.context) {
            return Err(Refusal::new("the project's settings work from the cache"));
        }
        if cleanup.family == Family::Yarn {
            match cleanup::yarn_runs_from_cache(model, index, script, facts.context) {
                Use::Surely(reason) => return Err(Refusal::new(reason)),
                Use::Perhaps(reason) if demand == Demand::SameImage => return Err(Refusal::new(reason)),
                _ => {}
            }
        }
    }
    Ok(())
}

/// The words of a pipeline that is one plain command.
fn one_command(pipeline: &Pipeline) -> Option<String> {
    let Pipeline::Simple { negated: false, commands } = pipeline else { return None };
    let [parts] = commands.as_slice() else { return None };
    let words: Option<Vec<&str>> = parts
        .iter()
        .map(|part| match part {
            Part::Word { raw, literal: Some(literal) } if raw == literal => Some(raw.as_str()),
            _ => None,
        })
        .collect();
    words.map(|words| words.join(" "))
}

fn may_be_run_by_its_user(
    model: &Model<'_, '_>,
    index: usize,
    script: &Script<'_>,
    cleanup: &Cleanup,
) -> Result<(), Refusal> {
    if cleanup.of_system && matches!(model.states[index].user, User::Other(_)) {
        return Err(Refusal::new("the RUN's user is not root and may not clean the system's cache"));
    }
    let other_user = script
        .simple_commands()
        .into_iter()
        .any(|simple| matches!(simple.name(), Some("sudo" | "su" | "gosu" | "su-exec" | "runuser")));
    if other_user { Err(Refusal::new("the RUN installs as another user than the one who would clean")) } else { Ok(()) }
}

/// The last install, which must be run whatever happens before the end.
fn last_install<'t>(script: &'t Script<'_>, cleanup: &Cleanup) -> Result<&'t Simple, Refusal> {
    let installs = |simple: &Simple| cleanup.installs(&simple.literals());
    let all = script.simple_commands().into_iter().filter(|simple| installs(simple));
    let last = all.max_by_key(|simple| simple.range).ok_or_else(|| Refusal::new("the RUN installs nothing by it"))?;
    // The program of a system is there in any case; one that the RUN brings itself only if all before went well.
    let in_order = script.single_chain().is_some() || appended::sets_errexit(script);
    if !cleanup.of_system && !in_order {
        return Err(Refusal::new(format!("`{}` may be missing where a command before it failed", cleanup.program)));
    }
    let surely = script.list.items.iter().any(|item| {
        item.end != Terminator::Background
            && item.chain.is_and_only()
            && item.chain.links.iter().any(|link| link.pipeline.simple().is_some_and(installs))
    });
    if surely { Ok(last) } else { Err(Refusal::new("the install is not run in every case")) }
}

/// Words that ask a package manager to take packages away.
const REMOVES: &[&str] = &[
    "remove",
    "purge",
    "autoremove",
    "autopurge",
    "erase",
    "del",
    "uninstall",
    "rm",
    "unlink",
    "-e",
    "--purge",
    "--erase",
    "-r",
];

/// What follows the install must leave the program where it is.
fn program_stays(script: &Script<'_>, last: &Simple, cleanup: &Cleanup) -> Result<(), Refusal> {
    if cleanup.of_system {
        return Ok(());
    }
    let brings_itself = last_brings(script, &["npm", "yarn", "n", "node", "corepack", "nodejs", "nvm"]);
    if brings_itself {
        return Err(Refusal::new(format!("the RUN puts another `{}` in place, which may not start", cleanup.program)));
    }
    for simple in script.simple_commands().into_iter().filter(|simple| simple.range > last.range) {
        let words = simple.literals();
        let words = &words[managers::wrapper_len(&words)..];
        let Some(Some(name)) = words.first() else {
            return Err(Refusal::new("a command that is not written out may take the program away"));
        };
        let base = managers::base_name(name);
        let removes = match base {
            "rm" | "mv" | "unlink" => {
                !simple.words.iter().skip(1).all(|word| is_harmless_removal(script.str(word.range)))
            }
            "node" | "npx" | "ng" | "gulp" | "grunt" | "bower" | "tsc" | "webpack" => false,
            "npm" | "yarn" | "pnpm" => words[1..].iter().any(|word| word.is_none_or(|word| REMOVES.contains(&word))),
            _ if managers::family(words).is_some() => {
                words[1..].iter().any(|word| word.is_none_or(|word| REMOVES.contains(&word)))
            }
            _ => !commands::never_reads_apt_lists(name, &words[1..]),
        };
        if removes {
            return Err(Refusal::new(format!("`{name}` may take `{}` away before the RUN's end", cleanup.program)));
        }
    }
    Ok(())
}

/// Whether an install by npm or yarn names one of these packages, or may by a variable.
fn last_brings(script: &Script<'_>, packages: &[&str]) -> bool {
    script.simple_commands().into_iter().any(|simple| {
        let family = managers::family(&simple.literals());
        matches!(family, Some(Family::Npm | Family::Yarn))
            && simple
                .words
                .iter()
                .skip(1)
                .map(|word| script.str(word.range).trim_matches(['"', '\'']))
                .any(|word| word.starts_with(['$', '`']) || packages.contains(&managers::package_name(word)))
    })
}

/// A removal that reaches neither programs nor modules of the system.
fn is_harmless_removal(word: &str) -> bool {
    let places = [
        "/var/cache/",
        "/var/lib/apt/lists",
        "/var/log/",
        "/tmp/",
        "/var/tmp/",
        "/root/.npm",
        "~/.npm",
        "/root/.cache",
    ];
    word.starts_with('-')
        || !word.contains("..") && !word.contains(['$', '`']) && places.iter().any(|place| word.starts_with(place))
}

/// The folder that the clean-up starts in must still be there.
fn folder_stays(model: &Model<'_, '_>, index: usize, script: &Script<'_>) -> Result<(), Refusal> {
    let bare = model.base_image(index).is_some_and(|image| image.bare);
    let mut folder = match &model.states[index].workdir {
        Workdir::Inherited if bare => Workdir::Known("/".to_owned()),
        workdir => workdir.clone(),
    };
    let mut moved_to_unknown = false;
    let links = script.list.items.iter().flat_map(|item| &item.chain.links);
    let on_top: Vec<&Simple> = links.filter_map(|link| link.pipeline.simple()).collect();
    let mut commands = script.simple_commands();
    commands.sort_by_key(|simple| simple.range);
    for simple in commands {
        let words = simple.literals();
        let words = &words[managers::wrapper_len(&words)..];
        let Some(Some(name)) = words.first() else { continue };
        let name = managers::base_name(name);
        match name {
            // In a group of its own, or in a pipeline, it may move no further than that.
            "cd" | "pushd" | "popd" if !on_top.contains(&simple) => {
                folder = Workdir::Unknown;
                moved_to_unknown = true;
            }
            "cd" | "pushd" | "popd" => {
                folder = match words.get(1) {
                    Some(Some(to)) if name == "cd" && to.starts_with('/') => Workdir::Known(join("/", to)),
                    Some(Some(to)) if name == "cd" && !to.starts_with(['-', '~']) => match &folder {
                        Workdir::Known(from) => Workdir::Known(join(from, to)),
                        _ => Workdir::Unknown,
                    },
                    _ => Workdir::Unknown,
                };
                moved_to_unknown = !matches!(folder, Workdir::Known(_));
            }
            "rm" | "rmdir" | "mv" | "unlink" | "find" => {
                let arguments: Vec<String> = simple
                    .words
                    .iter()
                    .skip(1)
                    .map(|word| script.str(word.range).trim_matches(['"', '\'']).to_owned())
                    .collect();
                let below = |path: &String| {
                    path.starts_with('-')
                        || !path.starts_with(['/', '~', '$', '`'])
                            && !path.contains("..")
                            && !matches!(path.as_str(), "." | "./")
                };
                let reaches = arguments.iter().any(|path| {
                    if moved_to_unknown {
                        !below(path)
                    } else {
                        joining::may_be_folder_in_force(path, name, &arguments, &folder)
                    }
                });
                let deletes = name != "find"
                    || arguments.iter().any(|word| matches!(word.as_str(), "-delete" | "-exec" | "-execdir"));
                if reaches && deletes {
                    return Err(Refusal::new(format!("`{name}` may take the folder away that the clean-up starts in")));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// `yum clean all` fails where no repository is enabled, and what is cleaned must be fetched again by those that
/// come later.
fn repositories_stay(
    model: &Model<'_, '_>,
    index: usize,
    script: &Script<'_>,
    cleanup: &Cleanup,
) -> Result<(), Refusal> {
    if !cleanup.of_system {
        return Ok(());
    }
    let text = String::from_utf8_lossy(script.text.text()).into_owned();
    for simple in script.simple_commands() {
        if managers::family(&simple.literals()) == Some(cleanup.family) && chooses_repositories(script, simple) {
            return Err(Refusal::new("the install chooses its repositories, and the clean-up would not"));
        }
        if takes_repositories_away(script, simple) {
            return Err(Refusal::new("the RUN changes which repositories are there"));
        }
    }
    let used_later =
        ["yum", "dnf", "microdnf", "zypper"].iter().any(|program| cleanup::is_used_later(model, index, program));
    if used_later && (text.contains("file:/") || text.contains("createrepo")) {
        return Err(Refusal::new("a repository of the RUN's own may not be there later"));
    }
    if used_later && cleanup.family == Family::Suse {
        return Err(Refusal::new("a later RUN would have to fetch and trust the repositories anew"));
    }
    Ok(())
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
    let settings = ["repos.d", "/etc/yum", "/etc/dnf", "/etc/zypp"];
    let names_settings = raw.iter().any(|word| settings.iter().any(|place| word.contains(place)));
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
