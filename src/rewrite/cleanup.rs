//! A clean-up of a package manager's cache at the end of the RUNs that install by it.

use crate::edit::{Fix, Proposals, Safety, Subject};
use crate::knowledge::Family;
use crate::knowledge::caches::Cleanup;
use crate::model::Model;
use crate::model::caches::{Use, cleanup};
use crate::prove::Claim;
use crate::shell::{Script, Simple, Terminator};
use crate::syntax::Keyword;

/// A transform's clean-up, in words.
#[derive(Debug, Clone, Copy)]
pub struct Cleaner {
    /// What is run.
    pub cleanup: &'static Cleanup,
    /// What would stay in the image without it.
    pub saves: &'static str,
    /// Whether a RUN's stage is worth it.
    pub wanted: fn(&Model<'_, '_>, usize) -> bool,
}

/// Proposes the clean-up for each RUN that installs and does not clean.
pub fn propose_cleanups(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals, cleaner: &Cleaner) {
    let model = subject.model;
    let cleanup = cleaner.cleanup;
    for index in 0..model.instructions.len() {
        if model.keyword(index) != Keyword::Run {
            continue;
        }
        let Some(script) = model.script(index) else { continue };
        let Some(last) = last_install(script, cleanup) else { continue };
        if cleans_after(script, last, cleanup) || !(cleaner.wanted)(model, index) {
            continue;
        }
        let span = model.instructions[index].span;
        let leave = |reason: String| format!("what {} downloaded stays in the image: {reason}", cleanup.program);
        match place(model, index, script, last, cleanup) {
            Err(reason) => proposals.leave(span, leave(reason)),
            Ok(separator) => {
                let doubt = match cleanup.family {
                    Family::Yarn => cleanup::yarn_runs_from_cache(model, index, script, subject.context),
                    _ => Use::None,
                };
                match doubt {
                    Use::Surely(reason) => proposals.leave(span, leave(reason)),
                    Use::Perhaps(_) if subject.beside.is_some_and(cleanup::is_project_of_later_yarn) => {
                        let reason =
                            "the project beside the file uses yarn 2 or later, which runs programs from its cache";
                        proposals.leave(span, leave(reason.to_owned()));
                    }
                    Use::Perhaps(reason) => {
                        proposals.fixes.push(fix(model, index, script, separator, cleaner, Some(&reason)));
                    }
                    Use::None => proposals.fixes.push(fix(model, index, script, separator, cleaner, None)),
                }
            }
        }
    }
}

fn last_install<'t>(script: &'t Script<'_>, cleanup: &Cleanup) -> Option<&'t Simple> {
    let commands = script.simple_commands().into_iter();
    commands.filter(|simple| cleanup.installs(&simple.literals())).max_by_key(|simple| simple.range)
}

/// Whether the RUN cleans, or removes the cache, behind its last install.
fn cleans_after(script: &Script<'_>, last: &Simple, cleanup: &Cleanup) -> bool {
    let mut later = script.simple_commands().into_iter().filter(|simple| simple.range > last.range);
    later.any(|simple| {
        cleanup.cleans(&simple.literals())
            || simple.words.iter().any(|word| cleanup.places.iter().any(|place| script.str(word.range).contains(place)))
    })
}

/// What joins the clean-up to the RUN.
fn place(
    model: &Model<'_, '_>,
    index: usize,
    script: &Script<'_>,
    last: &Simple,
    cleanup: &Cleanup,
) -> Result<&'static str, String> {
    let joiner = if cleanup.of_system {
        super::joiner_at_end(model, index, script)?
    } else {
        super::joiner_for_any_user(model, index, script)?
    };
    if script.simple_commands().iter().any(|simple| simple.name() == Some("sudo")) {
        return Err("the RUN uses sudo".to_owned());
    }
    let on_top = script.list.items.iter().any(|item| {
        item.end != Terminator::Background
            && item.chain.is_and_only()
            && item.chain.links.iter().any(|link| link.pipeline.simple() == Some(last))
    });
    if !on_top {
        return Err("the install stands in a group, a branch or a loop, or its failure is handled".to_owned());
    }
    cleanup::reason_to_keep(model, index, cleanup).map_or(Ok(joiner), Err)
}

fn fix(
    model: &Model<'_, '_>,
    index: usize,
    script: &Script<'_>,
    separator: &str,
    cleaner: &Cleaner,
    doubt: Option<&str>,
) -> Fix {
    let saves = cleaner.saves;
    let command = cleaner.cleanup.command;
    Fix {
        title: format!("add `{command}` at the end of the RUN"),
        reason: doubt.map_or_else(
            || format!("{saves}; nothing later in this file works from it"),
            |doubt| format!("{saves}; unsafe because {doubt}"),
        ),
        edits: vec![super::append_command(model, index, script, separator, command)],
        safety: if doubt.is_some() { Safety::Unsafe } else { Safety::Safe },
        claim: Claim::CacheCleanup,
        alternatives: Vec::new(),
    }
}
