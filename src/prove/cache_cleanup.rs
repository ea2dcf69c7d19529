//! A RUN removes what its package manager downloaded, at its end.

use crate::knowledge::caches::{CLEANUPS, Cleanup};
use crate::knowledge::{Family, base_name, managers};
use crate::model::caches::{Use, cleanup};
use crate::model::copy::join;
use crate::model::{Model, User, Workdir};
use crate::shell::{Script, Simple, Terminator};

use super::trace::{Joint, Part, Pipeline};
use super::{Demand, Facts, Refusal, Version, appended, joining, program_stays, repositories_stay};

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
        let last = last_install(model, index, script, cleanup, added.joint)?;
        program_stays::check(script, last, cleanup)?;
        folder_stays(model, index, script)?;
        repositories_stay::check(model, index, script, last, cleanup, facts)?;
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

/// The last install, which must be run whatever happens before the clean-up.
fn last_install<'t>(
    model: &Model<'_, '_>,
    index: usize,
    script: &'t Script<'_>,
    cleanup: &Cleanup,
    joint: Joint,
) -> Result<&'t Simple, Refusal> {
    let installs = |simple: &Simple| cleanup.installs(&simple.literals());
    let all = script.simple_commands().into_iter().filter(|simple| installs(simple));
    let last = all.max_by_key(|simple| simple.range).ok_or_else(|| Refusal::new("the RUN installs nothing by it"))?;
    // Only if all before went well the RUN itself shows that the program is there.
    let in_order = script.single_chain().is_some() || appended::sets_errexit(script);
    let brought = model.base_reference(index).is_some_and(|(name, written_out)| written_out && cleanup.is_in(name));
    if !in_order && !brought {
        return Err(Refusal::new(format!("`{}` may be missing where a command before it failed", cleanup.program)));
    }
    let end = script.list.items.last().map(|item| item.range);
    let surely = script.list.items.iter().any(|item| {
        let mut links = item.chain.links.iter();
        let place = links.position(|link| link.pipeline.simple().is_some_and(installs));
        // Behind `&&` it may be passed over, also under errexit; then the clean-up must be so too.
        let passed_over = place != Some(0) && !(Some(item.range) == end && joint == Joint::And);
        item.end != Terminator::Background && item.chain.is_and_only() && place.is_some() && !passed_over
    });
    if surely { Ok(last) } else { Err(Refusal::new("the install is not run in every case")) }
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
    for simple in script.commands_in_order() {
        let words = simple.literals();
        let words = &words[managers::wrapper_len(&words)..];
        let Some(Some(name)) = words.first() else { continue };
        let name = base_name(name);
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
