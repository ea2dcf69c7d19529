//! A command is run by another program that does the same, or no longer through a wrapper.
//!
//! Three such changes are known: `apt` became `apt-get`, `sudo` in front of what root runs is gone, and
//! `npm install` became `npm ci`. Each changed command must be exactly one of these.

mod apt;
mod npm;
mod sudo;

use super::commands::{self, Changed};
use super::trace::Part;
use super::{Demand, Facts, Refusal, Version};

/// Checks the claim.
pub fn check(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    demand: Demand,
    facts: Facts<'_>,
) -> Result<(), Refusal> {
    let changed = commands::changed(before, after)?;
    if changed.is_empty() {
        return Err(Refusal::new("no command changed"));
    }
    for command in &changed {
        let words = words(&command.before);
        match words.first() {
            Some(Some("npm")) => npm::check(before, command, &words, demand, facts)?,
            Some(Some("sudo")) if words_of_sudo_are_gone(command) => sudo::check(before, command, &words, demand)?,
            _ => apt::check(before, command, &words, demand, facts)?,
        }
    }
    Ok(())
}

/// The words of a command; what is not written out is `None`.
fn words(parts: &[Part]) -> Vec<Option<&str>> {
    parts
        .iter()
        .filter_map(|part| match part {
            Part::Word { literal, .. } => Some(literal.as_deref()),
            Part::Assignment(_) | Part::Redirect { .. } => None,
        })
        .collect()
}

/// Where word `at` stands among the parts.
fn place_of_word(parts: &[Part], at: usize) -> Option<usize> {
    let places = parts.iter().enumerate().filter(|(_, part)| matches!(part, Part::Word { .. })).map(|(place, _)| place);
    places.into_iter().nth(at)
}

/// A word that stands for itself.
fn plain(word: &str) -> Part {
    Part::Word { raw: word.into(), literal: Some(word.into()) }
}

fn words_of_sudo_are_gone(command: &Changed<'_, '_>) -> bool {
    words(&command.after).first() != Some(&Some("sudo"))
}

/// A function or an alias may stand in for any program.
fn programs_are_themselves(command: &Changed<'_, '_>) -> Result<(), Refusal> {
    let mut defines = false;
    command.script.list.visit(&mut |node| {
        defines |= matches!(
            node,
            crate::shell::Command::Compound(compound) if compound.kind == crate::shell::CompoundKind::Function
        );
    });
    let aliases = command.script.simple_commands().iter().any(|simple| matches!(simple.name(), Some("alias" | "hash")));
    if defines || aliases {
        return Err(Refusal::new("a function or an alias may stand for the program"));
    }
    Ok(())
}
