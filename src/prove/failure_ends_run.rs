//! A failing command ends its RUN: `cd x; y` became `cd x || exit 1; y`.

use crate::model::Model;
use crate::shell::{Command, CompoundKind, Joiner, Link, List, Script, Simple, Terminator};
use crate::syntax::Keyword;

use super::commands::{outline, says};
use super::{Demand, Facts, Refusal, Version};

/// Commands that change the folder.
const CHANGES_FOLDER: &[&str] = &["cd", "pushd", "popd"];

/// What may appear, with the blank before it.
const ADDED: &str = " || exit 1";

/// Checks the claim.
pub fn check(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    demand: Demand,
    _facts: Facts<'_>,
) -> Result<(), Refusal> {
    if demand == Demand::SameImage {
        return Err(Refusal::new("a RUN that passed over a failure no longer does"));
    }
    let (old, new) = (&before.model, &after.model);
    if outline(old) != outline(new) {
        return Err(Refusal::new("an instruction or a comment appeared, moved or is gone"));
    }
    let mut changed = false;
    for index in 0..old.instructions.len() {
        if says(old, index) != says(new, index) {
            in_run(old, new, index)?;
            changed = true;
        }
    }
    if changed { Ok(()) } else { Err(Refusal::new("nothing changed")) }
}

fn in_run(old: &Model<'_, '_>, new: &Model<'_, '_>, index: usize) -> Result<(), Refusal> {
    let line = old.instructions[index].first_line;
    let refuse = |what: &str| Err(Refusal::new(format!("line {line}: {what}")));
    if old.keyword(index) != Keyword::Run || old.flags(index) != new.flags(index) {
        return refuse("an instruction other than a RUN changed");
    }
    let (Some(script), Some(other)) = (old.script(index), new.script(index)) else {
        return refuse("what it runs can't be read");
    };
    let heredocs = |model: &Model<'_, '_>| {
        let docs = model.instructions[index].heredocs.iter();
        docs.map(|doc| (doc.name.clone(), doc.chomp, doc.expand)).collect::<Vec<_>>()
    };
    if heredocs(old) != heredocs(new) || script.in_heredoc != other.in_heredoc {
        return refuse("its heredocs changed");
    }
    if script.in_heredoc && says(old, index).value != says(new, index).value {
        return refuse("more than the heredoc's text changed");
    }
    if old.states[index].shell.errexit() || sets_errexit(script) {
        return refuse("a failure ends it already, or `-e` comes and goes");
    }
    if !old.states[index].shell.is_plain() {
        return refuse("the shell is given options that are not understood");
    }
    let (before, after) = (whole(script), whole(other));
    let mut places = Vec::new();
    passed_over(&script.list, true, &mut places);
    // The places where something was added: each must be right behind a command whose failure is passed over.
    let (mut i, mut j) = (0, 0);
    let mut found = 0;
    while i < before.len() || j < after.len() {
        if places.contains(&i) && after[j..].starts_with(ADDED) && !before[i..].starts_with(ADDED) {
            j += ADDED.len();
            found += 1;
            places.retain(|place| *place != i);
            continue;
        }
        if before.as_bytes().get(i) != after.as_bytes().get(j) {
            return refuse("more than `|| exit 1` behind a `cd` of its own was added");
        }
        i += 1;
        j += 1;
    }
    if found == 0 {
        return refuse("its layout changed");
    }
    // The new text must be read as meant: one command more for each place.
    let exits = other.simple_commands().len() - script.simple_commands().len().min(other.simple_commands().len());
    if exits == found { Ok(()) } else { refuse("what was added is not read as a command") }
}

fn whole<'t>(script: &'t Script<'_>) -> &'t str {
    script.whole()
}

fn sets_errexit(script: &Script<'_>) -> bool {
    let sets = script.simple_commands().into_iter().filter(|simple| simple.name() == Some("set"));
    sets.flat_map(|simple| simple.words.iter().skip(1)).any(|word| {
        word.literal.as_deref().is_none_or(|word| word == "errexit" || word.starts_with('-') && word.contains('e'))
    })
}

/// The ends of the commands that change the folder, stand by themselves, and are followed by another command.
fn passed_over(list: &List, top: bool, places: &mut Vec<usize>) {
    let final_item = list.items.len().saturating_sub(1);
    for (at, item) in list.items.iter().enumerate() {
        let [link] = item.chain.links.as_slice() else {
            let handled = item.chain.links.iter().filter_map(|link| link.joiner);
            let or = handled.into_iter().any(|Link { kind, .. }| kind == Joiner::Or);
            if top && !or && item.end != Terminator::Background {
                item.chain.links.iter().for_each(|link| in_subshell(&link.pipeline.commands, places));
            }
            continue;
        };
        if link.pipeline.negated || item.end == Terminator::Background {
            continue;
        }
        match link.pipeline.simple() {
            Some(simple) if at < final_item && changes_folder(simple) => places.push(simple.range.end),
            None if top => in_subshell(&link.pipeline.commands, places),
            _ => {}
        }
    }
}

fn in_subshell(commands: &[Command], places: &mut Vec<usize>) {
    let [Command::Compound(compound)] = commands else { return };
    if compound.kind == CompoundKind::Subshell {
        compound.lists.iter().for_each(|list| passed_over(list, false, places));
    }
}

fn changes_folder(simple: &Simple) -> bool {
    let heredoc = simple.redirects.iter().any(|redirect| redirect.heredoc);
    simple.assignments.is_empty() && !heredoc && simple.name().is_some_and(|name| CHANGES_FOLDER.contains(&name))
}
