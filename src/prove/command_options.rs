//! A known option was added to commands that understand it.

use crate::knowledge::Family;
use crate::knowledge::bases::{Distribution, Wget};
use crate::knowledge::options::{self, Addition, recommends};
use crate::model::{Mention, Model};
use crate::shell::{Place, Simple};
use crate::syntax::{Keyword, lossy};

use super::commands::{self, Changed};
use super::trace::Part;
use super::{Demand, Facts, Refusal, Version};

/// Checks the claim.
pub fn check(before: &Version<'_, '_>, after: &Version<'_, '_>, demand: Demand, _: Facts<'_>) -> Result<(), Refusal> {
    let changes = commands::changed(before, after)?;
    if changes.is_empty() {
        return Err(Refusal::new("no option was added"));
    }
    let configured = Mention::new(&recommends::configures);
    let mut placed: Option<(usize, Vec<(&Simple, Place)>)> = None;
    for change in &changes {
        let addition = added(change)?;
        // The commands of a script come one after the other.
        let commands = match &mut placed {
            Some((index, commands)) if *index == change.index => commands,
            other => &mut other.insert((change.index, change.script.placed_commands())).1,
        };
        let at = commands.binary_search_by_key(&change.simple.range, |(simple, _)| simple.range);
        let at = at.map_err(|_| Refusal::new("where the command stands can't be told"))?;
        let place = commands[at].1;
        let model = &before.model;
        match addition {
            Addition::Assent => answers_nothing_else(model, change, place, demand)?,
            Addition::NoRecommends => {
                image_may_change(demand, "recommended packages are no longer installed")?;
                if configured.is_up_to(model, change.index) {
                    return Err(Refusal::new("the file configures already what apt does with recommended packages"));
                }
            }
            Addition::NoDocument => {
                image_may_change(demand, "documentation is no longer generated")?;
                gem_knows_it(model, change)?;
            }
            Addition::NoLogInit => image_may_change(demand, "the logs of logins no longer hold the user")?,
            Addition::DotProgress => prints_to_the_log_of_gnu_wget(model, change, place)?,
        }
    }
    Ok(())
}

/// The one option that was added, in its place.
fn added(change: &Changed<'_, '_>) -> Result<Addition, Refusal> {
    let (before, after) = (&change.before, &change.after);
    let at = before.iter().zip(after).take_while(|(old, new)| old == new).count();
    if after.len() != before.len() + 1 || before[at..] != after[at + 1..] {
        return Err(Refusal::new("more than one word was added to a command, or one is gone"));
    }
    let Part::Word { raw, .. } = &after[at] else {
        return Err(Refusal::new("what was added to a command is no option"));
    };
    let known = Addition::ALL.iter().find(|addition| addition.text() == raw);
    let Some(addition) = known else { return Err(Refusal::new(format!("`{raw}` is no option that is known"))) };
    let words_before = before[..at].iter().filter(|part| matches!(part, Part::Word { .. })).count();
    // A redirection in between would be read otherwise: `install 2 >x`.
    let follows_word = at > 0 && matches!(before[at - 1], Part::Word { .. });
    match addition.place(&change.simple.literals()) {
        Some(place) if place + 1 == words_before && follows_word => Ok(*addition),
        Some(_) => Err(Refusal::new(format!("`{raw}` does not stand where the command surely takes it for an option"))),
        None => Err(Refusal::new(format!("the command does not know `{raw}`, or says already what it wants"))),
    }
}

fn image_may_change(demand: Demand, what: &str) -> Result<(), Refusal> {
    match demand {
        Demand::SameImage => Err(Refusal::new(what)),
        Demand::OnlyTheClaim => Ok(()),
    }
}

/// A build that went well never met a question: one without an answer would have ended it.
fn answers_nothing_else(
    model: &Model<'_, '_>,
    change: &Changed<'_, '_>,
    place: Place,
    demand: Demand,
) -> Result<(), Refusal> {
    if place.input_given {
        return Err(Refusal::new("the command is given its answers"));
    }
    let shell = change.script.run_by(&model.states[change.index].shell);
    let is_final = change.script.failure_is_final(change.simple, &shell);
    match demand {
        Demand::SameImage if !is_final => {
            Err(Refusal::new("a command that gave up at a question may have been passed over, and would now go on"))
        }
        Demand::SameImage
            if !options::program(&change.simple.literals())
                .is_some_and(|(_, name)| options::fails_without_answer(name, model.image_below(change.index))) =>
        {
            Err(Refusal::new("the command may go well when nobody answers it"))
        }
        Demand::OnlyTheClaim if place.failure_handled => {
            Err(Refusal::new("what the command does when nobody answers it is handled"))
        }
        _ => Ok(()),
    }
}

fn gem_knows_it(model: &Model<'_, '_>, change: &Changed<'_, '_>) -> Result<(), Refusal> {
    let text = model.text_up_to(change.index);
    if text.contains("gemrc") {
        return Err(Refusal::new("the file configures gem already"));
    }
    let image = model.image_below(change.index).unwrap_or_default();
    if options::knows_no_document(image, text) {
        Ok(())
    } else {
        Err(Refusal::new("the gem of this image is too old for the option"))
    }
}

fn prints_to_the_log_of_gnu_wget(model: &Model<'_, '_>, change: &Changed<'_, '_>, place: Place) -> Result<(), Refusal> {
    if place.messages_taken {
        return Err(Refusal::new("what wget prints does not go to the log"));
    }
    let others = ["bin/wget", "wget()", "wget ()", "alias wget", "function wget", "wget2"];
    if others.iter().any(|part| model.said_up_to(change.index, part)) {
        return Err(Refusal::new("another program may have taken the place of wget"));
    }
    if brings_a_wget(model, change.index) {
        return Err(Refusal::new("a COPY brings another wget"));
    }
    if no_other_wget_there(model, change.index) {
        return Ok(());
    }
    match model.installed_before(change.index, change.simple.range, "wget") {
        Some(Family::Debian | Family::Alpine) => Ok(()),
        _ => Err(Refusal::new("it is not sure that wget is GNU wget here")),
    }
}

fn brings_a_wget(model: &Model<'_, '_>, index: usize) -> bool {
    model.earlier(index).any(|at| {
        let copies = matches!(model.keyword(at), Keyword::Copy | Keyword::Add);
        let instruction = model.instructions[at];
        let text = lossy(instruction.joined.text());
        let mut words = text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '[' | ']'));
        copies && words.any(|word| crate::knowledge::base_name(word) == "wget")
    })
}

/// Whether the image below brings GNU wget, or none and a package manager that knows no other wget.
fn no_other_wget_there(model: &Model<'_, '_>, index: usize) -> bool {
    let Some(base) = model.base_image(index) else { return false };
    // Fedora's wget is Wget2 now, which knows no `dot`.
    let fedora = model.image_below(index).is_some_and(|image| image.contains("fedora"));
    let distribution = match base.distribution {
        Distribution::Debian => true,
        Distribution::RedHat => !fedora,
        Distribution::Alpine | Distribution::Busybox | Distribution::Suse | Distribution::Arch => false,
    };
    base.wget == Wget::Gnu || base.wget == Wget::Unknown && distribution && !model.said_up_to(index, "busybox")
}
